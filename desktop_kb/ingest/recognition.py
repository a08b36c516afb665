"""Pages whose words can only be read in their pictures: which of them wait, and the work on one of them.

It is done when nothing else is to be read, a page at a time, so a kill costs one page. A document is read again with
what was recognized when its first page is, after some twenty pages, and at the end.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, MutableMapping
from dataclasses import replace
from typing import Final

from desktop_kb import recognize
from desktop_kb.diagnostics import alias
from desktop_kb.errors import DocumentProblem, Problem
from desktop_kb.extract import Extractor
from desktop_kb.formats import by_type
from desktop_kb.ingest.decide import Decider, known, refuse_changed
from desktop_kb.ingest.passages import PAGES_OF_WINDOWS
from desktop_kb.recognize import Recognizer
from desktop_kb.records import (
    Event,
    Extracted,
    File,
    Job,
    JobOptions,
    PageRecognized,
    PageState,
    Place,
    RecognizedLine,
    awaiting,
    pack_lines,
)
from desktop_kb.settings import Settings
from desktop_kb.store import Store, Waiting
from desktop_kb.worker import Flag

log = logging.getLogger(__name__)

#: A document is read again after so many pages at most.
_PAGES_TOGETHER: Final = 20
#: What is wrong with a page, not with its file: it holds nothing that can be read.
_OF_PAGE: Final = frozenset(
    {"damaged", "reader-crashed", "took-too-long", "too-much-memory", "too-much-text"}
)


class Recognition:
    """Recognizes the pages of one library.

    Args:
        recognizer: None where no page is ever recognized.
        decider: knows where files can be read.
        passwords: passwords of locked files, by path, for the job under way.
        stop: set it to interrupt; the page under way is begun again.
    """

    def __init__(
        self,
        store: Store,
        extractor: Extractor,
        recognizer: Recognizer | None,
        settings: Settings,
        decider: Decider,
        passwords: MutableMapping[str, str],
        emit: Callable[[Event], None],
        stop: Flag,
    ) -> None:
        self._store = store
        self._extractor = extractor
        self._recognizer = recognizer if recognize.is_available() else None
        self._decider = decider
        self._when = settings.recognize
        self._emit = emit
        self._stop = stop
        self._given = passwords
        self._passwords: dict[str, str] = {}  # of files with pages that wait

    def start(self) -> None:
        """Have those pages wait that nobody tried to recognize yet, if that is done unasked."""
        self._store.recognized.clean_up()
        if self._recognizer is not None and self._when == "auto":
            self._store.recognized.wait_for_all()

    def marked(self, extracted: Extracted, file: File, job: Job) -> Extracted:
        """The text of a file, with the states of its pages as `waiting` has them."""
        return replace(extracted, page_states=self.waiting(extracted.page_states, file, job))

    def waiting(self, states: tuple[PageState, ...], file: File, job: Job) -> tuple[PageState, ...]:
        """The states of a file's pages, once those wait that are to be recognized."""
        if self._recognizer is None or self._when == "off" or not by_type(file.type).pictured:
            return states
        if job.options.recognize:
            self._store.recognized.forget_empty(file.content_hash)
        after = awaiting(states, self._store.recognized.tried(file.content_hash))
        if self._when == "ask" and not job.options.recognize:
            before = self._store.recognized.states(file.content_hash)
            asked = {page for page, state in enumerate(before) if state == "waiting"}
            after = tuple(after[page] if page in asked else state for page, state in enumerate(states))
        if "waiting" in after and file.path in self._given:
            self._passwords[file.path] = self._given[file.path]
        return after

    def step(self) -> bool:
        """Recognize one page, or have its document read again; False if no page waits.

        Raises:
            Cancelled: `stop` was set.
        """
        if self._recognizer is None or self._when == "off":
            return False
        found = self._store.recognized.next()
        place = self._store.documents.place(*found.location) if found else None
        if found is None or place is None:
            self._recognizer.stop()
            return False
        if not found.pages:
            return self._read_again(found)
        log.debug("recognizing page %d of %s", found.pages[0] + 1, alias(found.location.path))
        try:
            lines = self._lines(self._recognizer, place, found.pages[0])
        except DocumentProblem as problem:
            if problem.code not in _OF_PAGE:
                return self._read_again(found)  # which says what is wrong with the file
            log.info("a page of %s cannot be drawn: %s", alias(found.location.path), problem.code)
            lines = ()
        except Problem as problem:
            if problem.code != "page-not-recognized":
                raise
            log.info(
                "a page of %s is not recognized: %s", alias(found.location.path), problem.details["reason"]
            )
            lines = ()
        self._store.recognized.put(found.content_hash, found.pages[0], pack_lines(lines), recognize.VERSION)
        self._emit(PageRecognized(found.location.path, found.done + 1, found.done + len(found.pages)))
        says_something = any(line.text for line in lines)  # lines in a script that is not read have no text
        if _are_enough(found) or (says_something and not found.is_seen):
            return self._read_again(found)
        return True

    def _lines(self, recognizer: Recognizer, place: Place, page: int) -> tuple[RecognizedLine, ...]:
        """The lines of a page (from 0) of the file at a place."""
        file, source = self._decider.keep(known(place))
        if file.stored is None:
            refuse_changed(file, source)
        picture = self._extractor.picture(
            source, page, part=file.part, password=self._passwords.get(file.path), cancelled=self._stop
        )
        return recognizer.recognize(picture, cancelled=self._stop)

    def _read_again(self, found: Waiting) -> bool:
        path = found.location.path
        if path in self._passwords:
            self._given[path] = self._passwords[path]
        self._store.queue.enqueue([found.location], JobOptions(), "renew")
        return True


def _are_enough(found: Waiting) -> bool:
    """Whether a document is to be read again once its next page is recognized: at the end of the pages that
    windows keep within, so that none of these is encoded again when more pages are there."""
    page, after = found.pages[0], found.pages[1:2]
    if not after:
        return True
    nearly = found.fresh + 1 > _PAGES_TOGETHER - PAGES_OF_WINDOWS
    return nearly and page // PAGES_OF_WINDOWS != after[0] // PAGES_OF_WINDOWS
