"""Which files a request adds to the queue, and the reports of the files that it does not add."""

from __future__ import annotations

import itertools
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple

from desktop_kb.errors import DocumentProblem, Problem, StorageProblem
from desktop_kb.extract import Passing, find_files
from desktop_kb.files import as_spelled, is_placeholder, look, problem_of, sha256
from desktop_kb.followed import Followed
from desktop_kb.formats import HTML, MARKDOWN
from desktop_kb.records import AddStatus, FileReport, PathLike, Place, PlaceState, is_of_others
from desktop_kb.store import Store

#: Problems that are not failures for a file found in a folder: nobody asked for this file by name, or it
#: has nothing to read.
_PASSED_OVER: Final = frozenset(
    (
        *("unsupported", "broken-link", "not-a-file", "vanished"),
        *("hidden", "ignored", "git-ignored", "linked-folder", "linked-circle", "of-notes", "not-fetched"),
    )
)
#: What stands at a place: a file, or that it is gone or away, or why it may not be looked at.
_Seen = os.stat_result | Literal["gone", "away"] | Problem
#: So many files are looked at where a moved one may be.
_MOST_LOOKED_AT: Final = 50_000


def added(store: Store, files: Iterable[PathLike], passing: Passing) -> tuple[list[str], list[FileReport]]:
    """The new and changed ones of these files and of all files in these folders, and reports of the others.
    Known files of these folders that are not there are marked."""
    found: list[str] = []
    reports: list[FileReport] = []
    as_before: list[Place] = []
    for file in files:
        asked = as_spelled(Path(os.path.abspath(file)))  # noqa: PTH100 - symlinks stay
        known = _known(store, asked)
        for path, problem, status in find_files(asked, passing):
            place = known.pop(path, None)
            if problem is not None and not (place and status and _is_as_before(place, status)):
                if problem.code == "vanished" and place is None and Path(path) == asked:
                    problem = DocumentProblem("no-such-file", path=path)
                passed_over = Path(path) != asked and problem.code in _PASSED_OVER
                reports.append(report_of(path, "skipped" if passed_over else "failed", problem))
            elif place is None or status is None or not _is_as_before(place, status):
                found.append(path)
            else:
                as_before.append(place)
                reports.append(_unchanged(place))
        _look_at(store, known.values())
    store.saw(as_before)
    return found, reports


def _known(store: Store, asked: Path) -> dict[str, Place]:
    """What the library knows there. Of a team's, while its engine is away, nothing: all of it waits in the queue, and
    is compared when its turn comes."""
    try:
        return {place.path: place for place in store.documents.places(str(asked)) if not place.part}
    except StorageProblem as problem:
        if problem.code != "engine-away":
            raise
        return {}


def changed(store: Store, documents: Collection[str], passing: Passing) -> tuple[list[str], list[FileReport]]:
    """The paths of these documents' originals that have changed since they were read, and where moved ones are
    now; and reports of the others. An original that is not there any more is marked. A part changes with its file."""
    found: list[str] = []
    reports: list[FileReport] = []
    places, chosen = _files(store, documents)
    gone: list[Place] = []
    for place, seen in _look_at(store, chosen):
        if isinstance(seen, Problem):
            reports.append(report_of(place.path, "failed", seen))
        elif seen == "gone":
            gone.append(place)
        elif seen == "away":
            problem = Problem("away", path=place.path)
            reports.append(report_of(place.path, "skipped", problem))
        elif _is_as_before(place, seen):
            reports.append(_unchanged(place))
        elif is_placeholder(seen):
            reports.append(report_of(place.path, "skipped", Problem("not-fetched", path=place.path)))
        else:
            found.append(place.path)
    moved, vanished = _sought(gone, places, passing)
    return [*found, *moved], [*reports, *vanished]


def noticed(store: Store, passing: Passing, followed: Followed) -> tuple[list[str], list[FileReport]]:
    """What has become of all originals since they were looked at last: as `changed`, but for what was known: those
    that were gone or away before, and those that failed and have not changed. Who follows folders looks at those in
    them."""
    found: list[str] = []
    gone: list[Place] = []
    reports: list[FileReport] = []
    files = [place for place in store.documents.places() if not place.part]
    apart = [place for place in files if followed.of(place.path) is None] if followed.all() else files
    for place, seen in _look_at(store, apart):
        if isinstance(seen, os.stat_result):
            if not _is_untouched(place, seen) and not is_placeholder(seen):
                found.append(place.path)
        elif seen == "gone" and place.state != "gone":
            gone.append(place)
        elif seen == "away" and place.state != "away":
            reports.append(report_of(place.path, "skipped", Problem("away", path=place.path)))
    moved, vanished = _sought(gone, files, passing)
    return [*found, *moved], [*reports, *vanished]


class Looked(NamedTuple):
    """What has become of files in a followed folder: those to be read, with what was known of them; those that are
    back as they were; those that are gone by now; and what may not be looked at."""

    found: list[tuple[str, Place | None]]
    back: list[Place]
    gone: list[Place]
    problems: list[DocumentProblem]


def looked_at(store: Store, folder: str, passing: Passing, among: Collection[str] | None = None) -> Looked:
    """What has become of the files in a folder since they were looked at last, of these paths and what is below them
    if some are given. Those that are not there any more are marked; what the person removed stays in the trash."""
    looked = Looked([], [], [], [])
    as_before: list[Place] = []
    below = store.documents.places
    places = below(folder) if among is None else itertools.chain.from_iterable(map(below, among))
    known = {place.path: place for place in places if not place.part}

    def is_of_notes() -> bool:
        return any(place.type in (MARKDOWN.type, HTML.type) for place in below(folder))

    for path, problem, status in find_files(Path(folder), passing, among=among, is_of_notes=is_of_notes):
        place = known.pop(path, None)
        if problem is not None:
            if problem.code not in _PASSED_OVER:
                looked.problems.append(problem)
        elif place is None or status is None or (status.st_size, status.st_mtime_ns) != place.stamp:
            looked.found.append((path, place))
        elif place.state != "there":
            looked.back.append(place)
        else:
            as_before.append(place)
    store.saw(as_before)
    if any(place is None for _, place in looked.found):
        removed = {path for document in store.documents.find(removed=True) for path in document.places}
        looked.found[:] = [one for one in looked.found if one[1] is not None or one[0] not in removed]
    if looked.back and store.writable:
        store.documents.mark({place.path: "there" for place in looked.back})
    looked.gone.extend(
        place for place, seen in _look_at(store, known.values()) if seen == "gone" and place.state != "gone"
    )
    return looked


def mark_all(store: Store, documents: Collection[str]) -> None:
    """Mark which originals of these documents are there, gone or away."""
    _, places = _files(store, documents)
    there = {place.path for place, seen in _look_at(store, places) if isinstance(seen, os.stat_result)}
    store.documents.mark(
        {place.path: "there" for place in places if place.path in there and place.state != "there"}
    )


def _files(store: Store, documents: Collection[str]) -> tuple[list[Place], list[Place]]:
    """All files that are known, and those among them that are these documents or hold one as a part."""
    places = store.documents.places()
    chosen = {place.path for place in places if place.document in documents}
    files = [place for place in places if not place.part]
    return files, [place for place in files if place.path in chosen]


def report_of(path: str, status: AddStatus, problem: Problem) -> FileReport:
    """The report of a file that a problem kept from being added."""
    return FileReport(path, status, error_code=problem.code, error_details=problem.details)


def _unchanged(place: Place) -> FileReport:
    return FileReport(place.path, "unchanged", place.pages, place.chunks)


def _is_as_before(place: Place, seen: os.stat_result) -> bool:
    """Whether a file was read and has not changed since; one that failed is tried, and says so again."""
    return place.status == "ready" and _is_untouched(place, seen)


def _is_untouched(place: Place, seen: os.stat_result) -> bool:
    return place.state == "there" and (seen.st_size, seen.st_mtime_ns) == place.stamp


def _look_at(store: Store, places: Iterable[Place]) -> list[tuple[Place, _Seen]]:
    """Look at originals, and mark those that are gone or away by now."""
    looked: list[tuple[Place, _Seen]] = []
    states: dict[str, PlaceState] = {}
    as_before: list[Place] = []
    for place in places:
        if is_of_others(place.path):  # it is on another machine of the team
            continue
        try:
            seen = look(place.path, place.volume)
        except OSError as error:
            looked.append((place, problem_of(error, place.path)))
            continue
        if not isinstance(seen, os.stat_result) and seen != place.state:
            states[place.path] = seen
        elif isinstance(seen, os.stat_result) and _is_untouched(place, seen):
            as_before.append(place)
        looked.append((place, seen))
    if store.writable:
        store.documents.mark(states)
        store.saw(as_before)
    return looked


def _sought(
    gone: Sequence[Place], places: Sequence[Place], passing: Passing
) -> tuple[list[str], list[FileReport]]:
    """Where the files of these places are now, and reports of those that were not found."""
    moved = dict(_moved(gone, places, passing))
    left = [place.path for place in gone if place.path not in moved]
    return list(moved.values()), [report_of(path, "skipped", Problem("vanished", path=path)) for path in left]


def _moved(gone: Sequence[Place], places: Sequence[Place], passing: Passing) -> Iterator[tuple[str, str]]:
    """Where the files of these places are now, as far as they were moved or renamed near others that are known."""
    wanted: dict[int, list[Place]] = {}
    for place in gone:
        wanted.setdefault(place.size, []).append(place)
    known = {place.path for place in places}
    looked_at = 0
    for folder in _folders(gone, places) if gone else ():
        for path, problem, status in find_files(folder, passing):
            looked_at += 1
            if looked_at > _MOST_LOOKED_AT:
                return
            alike = [] if status is None else wanted.get(status.st_size, [])
            if problem is not None or path in known or not alike:
                continue
            try:
                content_hash = sha256(Path(path))
            except OSError:  # it is not there any more
                continue
            known.add(path)
            left = next((place for place in alike if place.content_hash == content_hash), None)
            if left is not None:
                alike.remove(left)
                yield left.path, path


def _folders(gone: Sequence[Place], places: Sequence[Place]) -> list[Path]:
    """The folders to look for moved files in: those that known files are in, and the nearest of each gone file's that
    is there if known files are below it. Each is looked through with all that is below it, so a person's home and
    what is above it are not among them."""
    lost = {place.path for place in gone}
    parents = {Path(place.path).parent for place in places}
    holding = {folder for place in places if place.path not in lost for folder in Path(place.path).parents}
    there = (next(filter(Path.is_dir, Path(place.path).parents), None) for place in gone)
    found = {folder for folder in parents if folder.is_dir()} | (holding & set(there))
    found -= {Path.home(), *Path.home().parents}
    return sorted(folder for folder in found if found.isdisjoint(folder.parents))
