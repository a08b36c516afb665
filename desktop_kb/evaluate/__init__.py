"""How well a library answers, measured on its own documents: an ablation with confidence intervals.

Every way to search gets the same questions, so that differences are paired by question. A sample of the
documents is copied into one temporary library for each way to cut, all encoded in one pass. The copies
are needed because the text that a question was made from is left out there (`questions`). What needs nothing left
out is asked of the person's library itself: documents by their names, and how much of what is found repeats
itself. In the library nothing is written but its passages' neighbours, where some have none.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_kb import language, paths, questions
from desktop_kb.errors import Cancelled, Problem
from desktop_kb.evaluate.statistics import RANKS, estimate, repeated, score
from desktop_kb.formats import TEXT
from desktop_kb.inference import Models
from desktop_kb.ingest import fingerprint, first_reader
from desktop_kb.ingest.passages import (
    Encoded,
    build_passages,
    encode,
    encode_together,
    reads,
    sentences_in,
    vectors_of,
)
from desktop_kb.known_items import find_items
from desktop_kb.landscape.keeping import Keeper
from desktop_kb.questions import Question
from desktop_kb.records import (
    QUESTIONS,
    Degraded,
    Document,
    Embedder,
    Estimate,
    Evaluation,
    Extracted,
    File,
    Incoming,
    ItemKind,
    KnownItems,
    LanguageEvaluation,
    Layout,
    Made,
    Measured,
    Passage,
    SearchOptions,
    SearchResult,
    Vectors,
)
from desktop_kb.scratch import scratch_folder
from desktop_kb.search import Searcher
from desktop_kb.search.stages import DIFFUSED, WAYS, ablations
from desktop_kb.settings import Settings
from desktop_kb.store import Store

#: Size of the sample in characters; encoding it takes about 25 s on two cores.
SAMPLE_CHARACTERS = 500_000
#: One document takes at most this fraction (1 / N) of the sample.
_LARGEST_SHARE = 4
#: A language with fewer questions is not measured: its interval would be too wide to mean anything.
_FEWEST = 5
#: So many of the person's questions can say how the library is to be searched.
_SURE = 20
#: Way to cut -> the way it is compared with; searched with fusion, without reranking.
CUTS = {"semantic": "recursive", "recursive": "fixed", "fixed": ""}
_NOT_BY_MEANING = frozenset((Degraded.NO_MODEL, Degraded.QUERY_NOT_COVERED, Degraded.VECTORS_BUILDING))

#: Called with what is being done and the share of it that is done, 0..1.
Progress = Callable[[str, float], None]
#: One row per question: (reciprocal rank, share of the answer read), see `score`.
_Scores = NDArray[np.float64]


def evaluate(
    store: Store,
    models: Models,
    settings: Settings,
    *,
    asked: Sequence[dict[str, Any]] | None = None,
    most: int = QUESTIONS,
    progress: Progress = lambda what, share: None,
    cancelled: threading.Event | None = None,
) -> Evaluation:
    """Ask a library questions in every way to search, and measure the answers.

    Args:
        asked: the person's questions, see `questions.read_questions`; None generates up to `most`.

    Raises:
        UsageProblem: a question names a file that is not in the library.
        Problem: no question can be generated from the library ('nothing-to-ask').
        ModelProblem, StorageProblem, Cancelled.
    """
    began = time.perf_counter()
    documents = [document for document in store.documents.find() if document.status == "ready"]
    own = [questions.locate(one, documents, store.documents.text) for one in asked or ()]
    sample = _sample(store, documents, [question.document for question in own])
    posed = own or questions.make([(id, extracted) for id, extracted in sample.items()], most)
    if not posed:
        raise Problem("nothing-to-ask")
    embedder = models.embedder
    with _Trial(models, settings, progress, cancelled or threading.Event()) as trial:
        trial.build(sample, posed)
        items, repeated = trial.ask_whole(store, documents, posed)
        stages, cuts, degraded = trial.ask(posed, store if own else None)
    diffusion = _gains(stages) if len(own) >= _SURE else None
    plain = np.array([question.kind != "across" for question in posed])
    return Evaluation(
        model=embedder.id if embedder else None,
        documents=len(sample),
        of=len(documents),
        characters=sum(len(extracted.text) for extracted in sample.values()),
        kinds=dict(Counter(question.kind for question in posed)),
        languages=_by_language(posed, stages, cuts, plain),
        degraded=degraded,
        seconds=round(time.perf_counter() - began, 2),
        across=_by_language(posed, stages, cuts, ~plain) if not plain.all() else (),
        items=items,
        repeated=repeated,
        diffusion=diffusion,
    )


def _gains(stages: Mapping[str, _Scores]) -> bool:
    """Whether it is sure that these questions gain by diffusion."""
    fused, diffusion = (np.nan_to_num(stages[way][:, 1]) for way in ("fused", DIFFUSED))
    return estimate(diffusion - fused).low > 0


# --- the sample ------------------------------------------------------------------------------


def _sample(store: Store, documents: Sequence[Document], first: Sequence[str]) -> dict[str, Extracted]:
    """A sample of `SAMPLE_CHARACTERS`, by document id: first the documents of the person's questions, whole,
    then others.

    Only the beginning of a long document is used, so that one book does not dominate the sample.
    """
    order = list(documents)
    random.Random(0).shuffle(order)
    order.sort(key=lambda document: document.document not in first)
    sample: dict[str, Extracted] = {}
    left = SAMPLE_CHARACTERS
    for document in order:
        text, layout = store.documents.text(document.document)
        extracted = Extracted(text, document.title, layout, document.metadata, document.tags)
        if document.document not in first:
            extracted = _cut_off(extracted, min(left, SAMPLE_CHARACTERS // _LARGEST_SHARE))
        if extracted.text.strip():
            sample[document.document] = extracted
            left -= len(extracted.text)
        if left <= 0:
            break
    return sample


def _cut_off(extracted: Extracted, most: int) -> Extracted:
    """The beginning of a document, up to the end of a line."""
    text, layout = extracted.text, extracted.layout
    if len(text) <= most:
        return extracted
    end = text.rfind("\n", 0, max(0, most)) + 1
    layout = Layout(
        tuple(replace(page, end=min(page.end, end)) for page in layout.pages if page.start < end),
        tuple(heading for heading in layout.headings if heading.end <= end),
        tuple(edit for edit in layout.edits if edit.end <= end),
    )
    return replace(extracted, text=text[:end], layout=layout)


# --- trials ----------------------------------------------------------------------------------


class _Trial:
    """A temporary library for each way to cut."""

    def __init__(
        self, models: Models, settings: Settings, progress: Progress, cancelled: threading.Event
    ) -> None:
        self._models = models
        self._fingerprint = fingerprint(*models.readers)
        self._ways = WAYS | ablations(models)
        self._settings = settings
        self._progress = progress
        self._cancelled = cancelled
        self._stores: dict[str, Store] = {}
        self._ids: dict[str, str] = {}  # path in the trial -> the document's id
        self._exit = ExitStack()

    def __enter__(self) -> _Trial:
        # In our cache, because nobody deletes what a killed process leaves in the system's temporary folder.
        folder = self._exit.enter_context(scratch_folder(paths.cache_dir()))
        for strategy in CUTS:
            store = Store(paths.library(folder / strategy))
            self._exit.callback(store.close)
            store.index.start_generation(self._fingerprint)
            self._stores[strategy] = store
        return self

    def __exit__(self, *error: object) -> None:
        self._exit.close()

    def build(self, sample: dict[str, Extracted], posed: Sequence[Question]) -> None:
        """Store the documents without the text that the questions were made from."""
        for number, (id, extracted) in enumerate(sample.items()):
            self._step("reading", number / len(sample))
            removed = [q.removed for q in posed if q.document == id and q.removed]
            extracted = questions.without(extracted, removed)
            path = str(Path(self._stores["semantic"].library.root) / f"{number:06}{TEXT.suffixes[0]}")
            self._ids[path] = id
            for strategy, made in self._cut(extracted).items():
                _put(self._stores[strategy], path, extracted, made)
        Keeper(self._stores["semantic"], self._models).step(self._cancelled.is_set)

    def ask_whole(
        self, store: Store, documents: Sequence[Document], posed: Sequence[Question]
    ) -> tuple[tuple[KnownItems, ...], Estimate]:
        """Ask the person's library for documents by name; measure how much of what is found repeats itself."""
        searcher = Searcher(store, self._models, self._settings)
        counts: dict[ItemKind, list[int]] = {}
        for item in find_items(store, documents):
            self._step("asking", 0)
            found = searcher.search(item.text, SearchOptions(limit=1)).hits
            first = [hit for hit in found if hit.document in item.documents]
            row = counts.setdefault(item.kind, [0, 0, 0])
            for at, more in enumerate((1, len(first), sum(hit.weak for hit in first))):
                row[at] += more
        again = []
        for question in posed:
            self._step("asking", 0)
            found = searcher.search(question.text, WAYS["fused"].options).hits
            again.append(repeated(hit.text for hit in found[:RANKS]))
        return tuple(KnownItems(kind, *row) for kind, row in counts.items()), estimate(again)

    def ask(
        self, posed: Sequence[Question], whole: Store | None
    ) -> tuple[dict[str, _Scores], dict[str, _Scores], tuple[Degraded, ...]]:
        """Scores by stage and by way to cut, arrays of shape (questions, 2), and how searches were degraded.

        Args:
            whole: the person's library if no question needed text to be left out; otherwise None.
        """
        ways = [(whole or self._stores["semantic"], way) for way in self._ways.values()]
        ways += [(self._stores[cut], WAYS["fused"]) for cut in CUTS]
        found = []
        degraded: dict[Degraded, None] = {}
        if whole is not None:
            self._link(whole)
        for number, (store, (options, _, without, diffusion)) in enumerate(ways):
            searcher = Searcher(store, self._models, replace(self._settings, diffusion=diffusion))
            scores = np.zeros((len(posed), 2))
            for at, question in enumerate(posed):
                self._step("asking", (number + at / len(posed)) / len(ways))
                own = replace(options, filters=question.filters)
                result = searcher.search(question.text, own, without=without)
                spans = [(self._ids.get(hit.path, hit.document), hit.start, hit.end) for hit in result.hits]
                scores[at] = score(question, spans)
                if number < len(self._ways) and _left_out(options, result):
                    scores[at] = np.nan
                degraded |= dict.fromkeys(result.degraded)
            found.append(scores)
        stages = dict(zip(self._ways, found, strict=False))
        return stages, dict(zip(CUTS, found[len(stages) :], strict=True)), tuple(degraded)

    def _link(self, store: Store) -> None:
        """Give passages that have none the neighbours along which scores spread, where they can be stored."""
        keeper = Keeper(store, self._models)
        while store.writable and keeper.step(self._cancelled.is_set):
            self._step("asking", 0)

    def _cut(self, extracted: Extracted) -> dict[str, Made]:
        """The passages of a document for every way to cut, with vectors of every reader, each from one pass."""
        text = extracted.text
        number, first = first_reader(self._models, self._fingerprint, lambda: language.language_of(text))
        encoded = encode(extracted, first)
        cuts = {strategy: build_passages(extracted, encoded, strategy) for strategy in CUTS}
        further: dict[str, dict[int, list[Vectors]]] = {strategy: {} for strategy in CUTS}
        for other, reader in enumerate(self._fingerprint.readers, 1):
            embedder = self._models.embedder_of(reader)
            if other != number and embedder is not None:
                for strategy, said in _said(extracted, cuts, embedder):
                    further[strategy][other] = said
        return {strategy: Made(0, number, cuts[strategy], further[strategy]) for strategy in CUTS}

    def _step(self, what: str, share: float) -> None:
        if self._cancelled.is_set():
            raise Cancelled
        self._progress(what, share)


def _left_out(options: SearchOptions, result: SearchResult) -> bool:
    """Whether the stage that this way measures (reranking or search by meaning) did not run for this
    question. The search by words always runs."""
    if options.mode == "words" or (options.rerank != "off" and any(hit.why.rerank for hit in result.hits)):
        return False
    return options.rerank != "off" or not _NOT_BY_MEANING.isdisjoint(result.degraded)


def _said(
    extracted: Extracted, cuts: Mapping[str, Sequence[Passage]], embedder: Embedder
) -> Iterator[tuple[str, list[Vectors]]]:
    """What a further reader says of the passages of each way to cut; equal sentences are encoded once."""
    known: dict[bytes, Encoded] = {}
    for strategy, passages in cuts.items():
        spans = b"".join(passage.sentences.tobytes() for passage in passages)
        if spans not in known:
            sentences = sentences_in(extracted, passages, (), embedder.measure)
            (known[spans],) = encode_together([sentences], embedder)
        found = zip(passages, vectors_of(passages, known[spans]), strict=True)
        gated = [own.whole if reads(embedder.languages, one.text) else None for one, own in found]
        yield strategy, [Vectors(whole, None) for whole in gated]


def _put(store: Store, path: str, extracted: Extracted, made: Made) -> None:
    generation = store.index.generation()
    assert generation is not None
    file = File(path, len(extracted.text), 0, TEXT.type, Path(path).name)
    store.index.put(Incoming(file, extracted, Path(path).name, [replace(made, generation=generation.id)]))


# --- by language ---------------------------------------------------------------------------


def _by_language(
    posed: Sequence[Question],
    stages: dict[str, _Scores],
    cuts: dict[str, _Scores],
    among: NDArray[np.bool_],
) -> tuple[LanguageEvaluation, ...]:
    """One evaluation of these questions for each language with enough of them; of all if none has enough."""
    languages = np.array([question.language for question in posed])
    counts = Counter(languages[among].tolist())
    often = [name for name, count in counts.most_common() if count >= _FEWEST]
    parts = []
    for name in often or [""]:
        rows = among & (languages == name) if often else among
        against = {stage: WAYS[stage].against if stage in WAYS else "fused" for stage in stages}
        parts.append(
            LanguageEvaluation(
                name,
                int(rows.sum()),
                tuple(_measured({stage: found[rows] for stage, found in stages.items()}, against)),
                tuple(_measured({cut: found[rows] for cut, found in cuts.items()}, CUTS)),
            )
        )
    return tuple(parts)


def _measured(scores: dict[str, _Scores], against: dict[str, str]) -> Iterator[Measured]:
    """The figures of the ways that worked for at least half of the questions. A question for which a way did
    not work counts as finding nothing."""
    known = {name: np.nan_to_num(found) for name, found in scores.items() if np.isnan(found).mean() < 0.5}
    for name, found in known.items():
        other = against[name]
        while other and other not in known:
            other = against[other]
        gain = estimate(found[:, 1] - known[other][:, 1]) if other else None
        yield Measured(name, estimate(found[:, 0]), estimate(found[:, 1]), other, gain)
