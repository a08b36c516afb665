"""Which files a request adds to the queue, and the reports of the files that it does not add."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

from desktop_kb.errors import Problem
from desktop_kb.extract import find_files
from desktop_kb.files import as_spelled, problem_of
from desktop_kb.records import AddStatus, FileReport, PathLike
from desktop_kb.store import Store

#: Problems that are not failures for a file found in a folder: nobody asked for this file by name, or it
#: has nothing to read.
_PASSED_OVER: Final = frozenset(("unsupported", "linked-folder", "broken-link", "not-a-file", "vanished"))


def added(files: Iterable[PathLike]) -> tuple[list[str], list[FileReport]]:
    """The readable ones of these files and of all files in these folders, and reports of the others."""
    found: list[str] = []
    reports: list[FileReport] = []
    for file in files:
        asked = as_spelled(Path(os.path.abspath(file)))  # noqa: PTH100 - symlinks stay
        for path, problem in find_files(asked):
            if problem is None:
                found.append(path)
            else:
                passed_over = Path(path) != asked and problem.code in _PASSED_OVER
                reports.append(report_of(path, "skipped" if passed_over else "failed", problem))
    return found, reports


def changed(store: Store, documents: Collection[str]) -> tuple[list[str], list[FileReport]]:
    """The paths of these documents' originals that have changed since they were read, and reports of the
    others. An original that does not exist any more is marked as missing."""
    found: list[str] = []
    reports: list[FileReport] = []
    for place in store.documents.places():
        if place.document not in documents:
            continue
        try:
            status = Path(place.path).stat()
            if str(as_spelled(Path(place.path))) != place.path:  # renamed, in capitals only
                raise FileNotFoundError(place.path)
        except OSError as error:
            problem = problem_of(error, place.path)
            gone = problem.code == "vanished"
            if gone:
                store.documents.mark_missing(place.path, True)
            reports.append(report_of(place.path, "skipped" if gone else "failed", problem))
            continue
        if (status.st_size, status.st_mtime_ns) != (place.size, place.mtime_ns) or place.missing:
            found.append(place.path)
        elif place.status == "ready":
            reports.append(FileReport(place.path, "unchanged", place.pages, place.chunks))
    return found, reports


def report_of(path: str, status: AddStatus, problem: Problem) -> FileReport:
    """The report of a file that a problem kept from being added."""
    return FileReport(path, status, error_code=problem.code, error_details=problem.details)
