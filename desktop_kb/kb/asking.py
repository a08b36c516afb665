"""Searching a library, and measuring how well it answers."""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final, Unpack

from desktop_kb.errors import Problem, StorageProblem
from desktop_kb.kb.opened import OpenLibrary
from desktop_kb.records import (
    QUESTIONS,
    Evaluation,
    Hit,
    PathLike,
    SearchKeywords,
    SearchOptions,
    SearchResult,
)
from desktop_kb.search import DEFAULT_OPTIONS, Searcher
from desktop_kb.settings import save

if TYPE_CHECKING:
    from desktop_kb.evaluate import Progress

log = logging.getLogger(__name__)

#: For tags that fit a document: of so many of its passages the neighbours are looked at, so many of each, and so many
#: tags are suggested.
_ASKED_FOR: Final = 4
_NEIGHBOURS: Final = 10
_SUGGESTED: Final = 5


class Asking(OpenLibrary):
    """Methods that search, load the model and evaluate."""

    def search(
        self,
        query: str,
        options: SearchOptions = DEFAULT_OPTIONS,
        *,
        cancelled: threading.Event | None = None,
        **changed: Unpack[SearchKeywords],
    ) -> SearchResult:
        """The hits for one query, best first.

            kb.search("how do bees keep warm", limit=5, filters=["year>=2020"])

        Args:
            options: all options in one object.
            cancelled: set this event to give the search up.
            changed: single options that replace those of `options`: limit, mode, rerank, rerank_seconds,
                filters, unit, per_document, merge.

        Raises:
            TypeError: there is no such option, or a single string was given instead of a list.
            ValueError: an option cannot have this value.
            UsageProblem: a filter is not valid.
            StorageProblem: the library cannot be read.
            Cancelled: it was given up.
        """
        options = dataclasses.replace(options, **changed)
        self.models.reload_if_changed()
        return self._searcher.search(query, options, cancelled=cancelled)

    def suggest_tags(self, document: str) -> list[str]:
        """Tags that a document's neighbours have and it has not, the most fitting first: of the documents that say
        something near its passages.

        Raises:
            Problem: there is no such document ('not-found').
        """
        own = self._store.documents.find(only=[document])
        if not own:
            raise Problem("not-found", what=document)
        near = self._surveyor.near(document) or self._found_near(document)
        weights: dict[str, float] = defaultdict(float)
        for one in self._store.documents.find(only=list(near)):
            for tag in set(one.tags) - set(own[0].tags):
                weights[tag] += near[one.document]
        return sorted(weights, key=lambda tag: (-weights[tag], tag))[:_SUGGESTED]

    def _found_near(self, document: str) -> dict[str, float]:
        """How much other documents are like a document, by searches for what it says here and there."""
        near: dict[str, float] = {}
        for found in self._near(document):
            for hit in found.hits:
                if not hit.weak and hit.document != document:
                    near[hit.document] = max(hit.score, near.get(hit.document, 0.0))
        return near

    def similar(
        self, document: str, start: int | None = None, end: int | None = None, *, limit: int = 10
    ) -> SearchResult:
        """Passages of other documents that say something near `[start, end)` of a document's text; without them near
        what the document says here and there.

        Raises:
            Problem: there is no such document ('not-found').
        """
        if not self._store.documents.find(only=[document]):
            raise Problem("not-found", what=document)
        if start is not None and end is not None:
            results = [self.search("", like=(document, start, end), limit=limit + _NEIGHBOURS, rerank="off")]
        else:
            results = self._near(document, limit)
        best: dict[tuple[str, int, int], Hit] = {}
        for hit in (hit for result in results for hit in result.hits if hit.document != document):
            place = (hit.document, hit.start, hit.end)
            if place not in best or best[place].score < hit.score:
                best[place] = hit
        ordered = sorted(best.values(), key=lambda hit: (hit.weak, -hit.score, hit.path, hit.start))[:limit]
        hits = tuple(dataclasses.replace(hit, rank=rank) for rank, hit in enumerate(ordered, 1))
        degraded = tuple(dict.fromkeys(code for result in results for code in result.degraded))
        seconds = {"total": sum(result.seconds["total"] for result in results)}
        return SearchResult("", degraded, seconds, hits)

    def _near(self, document: str, limit: int = _NEIGHBOURS) -> list[SearchResult]:
        """What is near some of a document's passages."""
        passages = self._store.index.passages(document)
        return [
            self.search(
                "", like=(document, passage.start, passage.end), limit=limit, rerank="off", per_document=1
            )
            for passage in passages[:: max(1, len(passages) // _ASKED_FOR)][:_ASKED_FOR]
        ]

    @property
    def model_ready(self) -> bool:
        """Whether a search by meaning answers at once, because the model is loaded or there is none.

        Does not access the disk; the answer is that of the last `status`.
        """
        return self.models.ready

    def load_model(self) -> None:
        """Load the model now, so that the first search need not wait. Blocks for seconds.

        Raises:
            ModelProblem: it cannot be loaded.
        """
        self.models.load()

    def share_models(self) -> None:
        """Load the models in the helper from now on, started where there is none, so that other programs have
        them too; without this they are loaded there only if it runs already."""
        self._link.starts = True

    def evaluate(
        self,
        questions: PathLike | None = None,
        *,
        most: int = QUESTIONS,
        progress: Progress = lambda what, share: None,
        cancelled: threading.Event | None = None,
    ) -> Evaluation:
        """Measure how well this library answers and what each stage of the search adds; takes minutes. The setting
        `diffusion` becomes what 20 or more questions of the person's own say of it.

        Args:
            questions: the person's question file (see `questions.read_questions`); None generates up to
                `most` questions from the documents.
            progress: called from this thread with what is being done and the share that is done, 0..1.
            cancelled: set this event to stop.

        Raises:
            UsageProblem: the file is not a question file, or names a file that is not in the library.
            Problem: no question can be generated from the library ('nothing-to-ask').
            Cancelled: it was stopped.
        """
        from desktop_kb.evaluate import evaluate
        from desktop_kb.questions import read_questions

        found = evaluate(
            self._store,
            self._models,
            self.settings,
            asked=None if questions is None else read_questions(Path(questions)),
            most=most,
            progress=progress,
            cancelled=cancelled or self._indexer.closing,
        )
        if found.diffusion is not None and found.diffusion != self.settings.diffusion:
            self._set_diffusion(found.diffusion)
        return dataclasses.replace(found, surface=self._surveyor.measures())

    def _set_diffusion(self, diffusion: bool) -> None:
        """Search so from now on, and only until the library is closed where it cannot be written: what was measured for
        minutes is not lost to a full disk."""
        try:
            save(self.library.settings, {"diffusion": diffusion})
        except StorageProblem:
            log.warning("how the library is searched is not kept", exc_info=True)
        self.settings = self.settings.change("diffusion", diffusion)
        self._searcher = Searcher(self._store, self._models, self.settings)
