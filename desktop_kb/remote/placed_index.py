"""The passages and the queue of a library that several share, with the paths of this machine: see `placed`."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

from desktop_kb.records import (
    File,
    FileReport,
    Incoming,
    Job,
    JobKind,
    JobOptions,
    Location,
    Moment,
    PassageIndex,
    Question,
    Scope,
    SearchSort,
    StoredPassage,
)
from desktop_kb.remote.folder import Folder, is_here
from desktop_kb.remote.jobs import Jobs
from desktop_kb.remote.placed import PlacedDocuments


class PlacedJobs:
    """The queue, which has this machine's paths."""

    def __init__(self, jobs: Jobs, folder: Folder) -> None:
        self._jobs, self._folder = jobs, folder

    def end(self, job: Job, report: FileReport) -> None:
        """See `Jobs`."""
        self._jobs.end(job, report)

    def enqueue(self, files: Sequence[Location], options: JobOptions, kind: JobKind) -> list[int]:
        """See `Jobs`."""
        return self._jobs.enqueue([self._folder.at(file) for file in files], options, kind)


class PlacedMoment:
    """`records.Moment` over another one."""

    def __init__(self, moment: Moment, documents: PlacedDocuments, folder: Folder) -> None:
        self._moment, self._documents, self._folder = moment, documents, folder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._moment, name)

    def retrieve(self, question: Question, scope: Scope, *rest: Any) -> Any:
        """See `records.Moment`."""
        return self._moment.retrieve(question, self._scope(scope), *rest)

    def first(self, scope: Scope, k: int, sort: SearchSort = "score") -> list[StoredPassage]:
        """See `records.Moment`."""
        return self._moment.first(self._scope(scope), k, sort)

    def places(self, documents: Sequence[str]) -> Mapping[str, tuple[Location, ...]]:
        """See `records.Moment`."""
        found = self._moment.places(documents)
        return {
            uid: tuple(sorted(map(self._folder.at, places), key=lambda at: not is_here(at.path)))
            for uid, places in found.items()
        }

    def _scope(self, scope: Scope) -> Scope:
        return replace(scope, filters=self._documents.asked(scope.filters))


class PlacedIndex:
    """`records.PassageIndex` over another one."""

    def __init__(self, index: PassageIndex, documents: PlacedDocuments, folder: Folder) -> None:
        self._index, self._documents, self._folder = index, documents, folder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)

    @contextmanager
    def moment(self, cancelled: threading.Event | None = None) -> Iterator[Moment]:
        """See `records.PassageIndex`."""
        with self._index.moment(cancelled) as moment:
            yield cast(Moment, PlacedMoment(moment, self._documents, self._folder))

    def read_by(self) -> Mapping[str, tuple[frozenset[int], str]]:
        """The readers that have read the file at each path of this machine, and the states of its pages."""
        found = cast(Any, self._index).read_by().items()
        return {path: said for kept, said in found if is_here(path := self._folder.here(kept))}

    def put(
        self, incoming: Incoming, *, expected: int | None = None, ended: tuple[Job, FileReport] | None = None
    ) -> bool:
        """See `records.PassageIndex`."""

        def store(file: File, options: JobOptions, report: FileReport) -> bool:
            brought = replace(incoming, file=file, options=options)
            told = (replace(ended[0], options=options), report) if ended else None
            return self._index.put(brought, expected=expected, ended=told)

        report = ended[1] if ended else FileReport(incoming.file.path, "indexed")
        return self._documents.keep(incoming.file, incoming.options, report, store)
