"""A library that several share, with the paths of this machine: what others have is told as theirs, and a file that
says something else here than there is kept beside it.

What has no path goes through as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar, cast

from desktop_kb.errors import Conflict, DocumentProblem
from desktop_kb.records import (
    CONFLICT,
    Document,
    Documents,
    Extracted,
    File,
    FileReport,
    Filter,
    Job,
    JobOptions,
    Left,
    Location,
    Place,
    PlaceState,
    SearchSort,
)
from desktop_kb.remote.folder import ELSEWHERE, Folder, is_here, is_shared
from desktop_kb.remote.sights import Sight

_Stored = TypeVar("_Stored")
_ORDER: Final[dict[PlaceState, int]] = {"there": 0, "away": 1, "gone": 2}


class PlacedDocuments:
    """`records.Documents` over another one. What is not here is the other's."""

    def __init__(self, documents: Documents, folder: Folder) -> None:
        self._documents, self._folder = documents, folder
        #: The documents with marks that a filter asks for, by public id.
        self.marked: Callable[[Filter], Collection[str]] = lambda _: ()
        self._told: dict[Location, FileReport] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._documents, name)

    # --- reading

    def find(
        self,
        filters: Sequence[Filter] = (),
        *,
        only: Sequence[str] | None = None,
        removed: bool = False,
        sort: SearchSort = "score",
    ) -> list[Document]:
        """See `records.Documents`."""
        found = self._documents.find(self.asked(filters), only=only, removed=removed, sort=sort)
        return [self._document(one) for one in found]

    def ids(self, filters: Sequence[Filter], *, removed: bool = False) -> frozenset[str]:
        """See `records.Documents`."""
        return cast(Any, self._documents).ids(self.asked(filters), removed=removed)  # type: ignore[no-any-return]

    def below(self, path: str) -> list[str]:
        """See `records.Documents`."""
        found = dict.fromkeys(id for way in self._folder.ways(path) for id in self._documents.below(way))
        if not self._folder.apart():
            return list(found)
        return [one.document for one in self.find(only=list(found)) if any(map(is_here, one.places))]

    def files(self, document: str) -> tuple[str, str | None, tuple[str, ...]]:
        """See `records.Documents`."""
        content_hash, stored, places = self._documents.files(document)
        return content_hash, stored, tuple(filter(is_here, map(self._folder.here, places)))

    def counts(self) -> Mapping[str, int]:
        """How many documents are in which state; gone and away as this machine sees it."""
        stands: dict[str, set[PlaceState]] = {}
        for place in self.places():
            stands.setdefault(place.document, set()).add(place.state)
        gone = sum(states == {"gone"} for states in stands.values())
        away = sum("there" not in states and "away" in states for states in stands.values())
        return {**self._documents.counts(), "gone": gone, "away": away}

    def place(self, path: str, part: str = "") -> Place | None:
        """See `records.Documents`."""
        found = self._documents.place(self._folder.kept(path), part)
        return found and self._place(found)

    def places(self, path: str | None = None, *, state: PlaceState | None = None) -> list[Place]:
        """See `records.Documents`."""
        ways = [None] if path is None else self._folder.ways(path)
        found = [self._place(one) for way in ways for one in self._documents.places(way)]
        return sorted(
            (
                one
                for one in found
                if state in (None, one.state) and (path is None or is_here(one.path) or not is_here(path))
            ),
            key=lambda place: place.location,
        )

    def with_content(self, content_hash: str) -> list[Place]:
        """See `records.Documents`."""
        found = [self._place(one) for one in self._documents.with_content(content_hash)]
        return sorted(found, key=lambda place: _ORDER[place.state])

    def read_before(self, version: int) -> list[Place]:
        """See `records.Documents`: of those whose file is here."""
        found = [self._place(one) for one in self._documents.read_before(version)]
        return [one for one in found if is_here(one.path)]

    def asked(self, filters: Sequence[Filter]) -> tuple[Filter, ...]:
        """The filters as the library can answer them: with paths as it has them, and marks as their documents."""
        return tuple(map(self._asked, filters))

    def _asked(self, one: Filter) -> Filter:
        if one.key == "path" and is_here(str(one.value)):
            return replace(one, value=self._folder.kept(str(one.value)))
        if one.key in ("has", "mark"):
            return replace(one, key="document", value=",".join(sorted(self.marked(one))))
        return one

    def _document(self, found: Document) -> Document:
        here = self._folder.here
        stands = {path: self._state(path, found) for path in found.places}
        places = tuple(
            dict.fromkeys(here(path) for path in sorted(stands, key=lambda one: _ORDER[stands[one]]))
        )
        path = places[0] if places and not found.part else here(found.path)

        def in_state(state: PlaceState) -> tuple[str, ...]:
            return tuple(dict.fromkeys(here(path) for path, stand in stands.items() if stand == state))

        return replace(
            found,
            path=path,
            places=places,
            missing_places=in_state("gone"),
            away_places=in_state("away"),
        )

    def _state(self, kept: str, found: Document) -> PlaceState:
        if not is_here(self._folder.here(kept)):
            return "away"
        if is_shared(kept):
            sight = self._folder.sights.known().get(kept)
            return sight.state if sight else "there"
        return "gone" if kept in found.missing_places else "away" if kept in found.away_places else "there"

    def _place(self, found: Place) -> Place:
        path = self._folder.here(found.path)
        if not is_here(path):
            return replace(found, path=path, state="away", volume=ELSEWHERE)
        if not is_shared(found.path):
            return replace(found, path=path)
        sight = self._folder.sights.known().get(found.path)
        found = replace(found, path=path, volume=self._folder.volume, state="there")
        if sight is None:
            return found
        size = found.size if found.part else sight.size
        return replace(found, size=size, mtime_ns=sight.mtime_ns, state=sight.state)

    def is_behind(self, file: File) -> bool:
        """Whether a file is as this machine saw it last, and the library has somebody's newer text."""
        kept = self._folder.kept(file.path)
        sight = self._folder.sights.known().get(kept) if is_shared(kept) and not file.part else None
        if sight is None or sight.content != file.content_hash:
            return False
        place = self._documents.place(kept)
        return place is not None and place.content_hash != sight.content

    # --- writing

    def saw(self, places: Sequence[Place]) -> None:
        """The files at these places were looked at, and are as the library has them."""
        files = (one for one in places if not one.part and is_here(one.path))
        seen = [(self._folder.inside(one.path), one) for one in files]
        self._folder.sights.note(
            {
                kept: Sight(one.content_hash, one.size, one.mtime_ns)
                for kept, one in seen
                if kept is not None and not self._folder.is_apart(kept)
            }
        )

    def tag(self, paths: Sequence[str], options: JobOptions) -> None:
        """See `records.Documents`."""
        self._documents.tag([self._folder.kept(path) for path in paths], options)

    def touch(self, file: File) -> None:
        """See `records.Documents`: of a file in the team's folder it is this machine's own matter."""
        kept = self._folder.kept(file.path)
        if not is_shared(kept):
            self._documents.touch(replace(file, path=kept))
            return
        seen = self._folder.sights.known().get(kept) or self._unseen(kept)
        if seen is not None:
            content = seen.content if file.part else file.content_hash or seen.content
            size = seen.size if file.part else file.size
            self._folder.sights.note({kept: Sight(content, size, file.mtime_ns)})

    def rename(self, old: str, new: str) -> None:
        """See `records.Documents`."""
        self._documents.rename(self._folder.kept(old), self._folder.kept(new))

    def mark(self, states: Mapping[str, PlaceState]) -> None:
        """See `records.Documents`: of the team's folder each machine has its own view."""
        kept = {self._folder.kept(path): state for path, state in states.items() if is_here(path)}
        self._documents.mark({path: state for path, state in kept.items() if not is_shared(path)})
        known = self._folder.sights.known()
        seen = {}
        for path, state in kept.items():
            if is_shared(path) and (sight := known.get(path) or self._unseen(path)):
                seen[path] = sight._replace(state=state)
        self._folder.sights.note(seen)

    def _unseen(self, kept: str) -> Sight | None:
        place = self._documents.place(kept)
        return Sight(place.content_hash, place.size, place.mtime_ns) if place else None

    def add_place(
        self,
        file: File,
        document: str,
        options: JobOptions,
        job: Job,
        report: FileReport,
        *,
        left: Left | None = None,
    ) -> None:
        """See `records.Documents`."""
        was = left and replace(left, path=self._folder.kept(left.path))
        self.keep(
            file,
            options,
            report,
            lambda file, options, report: self._documents.add_place(
                file, document, options, job, report, left=was
            ),
        )

    def fail(self, file: File, problem: DocumentProblem, job: Job, report: FileReport) -> None:
        """See `records.Documents`."""
        self._keep(
            file, job, report, lambda file, job, report: self._documents.fail(file, problem, job, report)
        )

    def wait(self, file: File, states: str, job: Job, report: FileReport) -> None:
        """See `records.Documents`."""
        self._keep(
            file, job, report, lambda file, job, report: self._documents.wait(file, states, job, report)
        )

    def read_again(self, file: File, extracted: Extracted, job: Job, report: FileReport) -> None:
        """See `records.Documents`."""
        self._keep(
            file,
            job,
            report,
            lambda file, job, report: self._documents.read_again(file, extracted, job, report),
        )

    def restore(self, document: str) -> tuple[Location, ...]:
        """See `records.Documents`."""
        found = map(self._folder.at, self._documents.restore(document))
        return tuple(location for location in found if is_here(location.path))

    def remove_note(self, place: Place, content_hash: str, stored: str) -> str:
        """See `records.Documents`."""
        kept = replace(place, path=self._folder.kept(place.path))
        return cast(Any, self._documents).remove_note(kept, content_hash, stored)  # type: ignore[no-any-return]

    def stand_again(self, document: str, path: str, old: str) -> None:
        """See `records.Documents`."""
        cast(Any, self._documents).stand_again(document, self._folder.kept(path), self._folder.kept(old))

    def _keep(
        self, file: File, job: Job, report: FileReport, store: Callable[[File, Job, FileReport], None]
    ) -> None:
        """`keep` for what takes its options from the job."""
        self.keep(
            file,
            job.options,
            report,
            lambda file, options, report: store(file, replace(job, options=options), report),
        )

    def keep(
        self,
        file: File,
        options: JobOptions,
        report: FileReport,
        store: Callable[[File, JobOptions, FileReport], _Stored],
    ) -> _Stored:
        """Store a file where the library has it. Where another one's text stands that was not seen here it is kept
        apart, which its report says."""
        self._told.pop(file.location, None)  # of a turn that failed before it was said
        kept = self._settled(file)
        if not is_shared(kept):
            return store(replace(file, path=kept), options, report)
        sight = self._folder.sights.known().get(kept)
        seen = None if file.part else sight.content if sight else ""
        try:
            stored = store(replace(file, path=kept, instead_of=seen, volume=""), options, report)
        except Conflict as conflict:
            told = replace(report, error_code="kept-apart", error_details={"path": file.path})
            self._told[file.location] = told
            tagged = replace(options, tags=(*options.tags, CONFLICT))
            stored = store(replace(file, path=self._folder.own(file.path)), tagged, told)
            content = str(conflict.details["content"])  # only now: a kill before this tells it again
            self._folder.sights.note({kept: Sight(content, file.size, file.mtime_ns, apart=True)})
            return stored
        if not file.part:
            self._folder.sights.note({kept: Sight(file.content_hash, file.size, file.mtime_ns)})
        return stored

    def told(self, report: FileReport) -> FileReport:
        """What is to be said of a file that was stored."""
        return self._told.pop(report.location, report)

    def _settled(self, file: File) -> str:
        """Where the library has the file. One that stood apart is back in its place where the library has the same
        there, or nothing any more."""
        kept, inside = self._folder.kept(file.path), self._folder.inside(file.path)
        if is_shared(kept) or inside is None or file.part:
            return kept
        place = self._documents.place(inside)
        if place is not None and place.content_hash != file.content_hash:
            return kept
        apart = self._documents.place(kept)
        if apart is not None and apart.content_hash != file.content_hash:
            same = self._documents.with_content(apart.content_hash)
            if any(one.path != kept and one.state != "gone" for one in same):
                cast(Any, self._documents).leave(kept)  # who kept both texts has this one in another file
            else:
                self._documents.remove([apart.document])
        # Only now: after a kill before this it is settled again.
        self._folder.sights.note({inside: Sight(file.content_hash, file.size, file.mtime_ns)})
        return inside
