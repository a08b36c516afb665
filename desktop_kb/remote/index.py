"""The searchable part of a library on an engine: `records.PassageIndex`."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from desktop_kb import codec, language
from desktop_kb.errors import StorageProblem
from desktop_kb.records import (
    FileReport,
    Fingerprint,
    Generation,
    GenerationState,
    Incoming,
    Job,
    Made,
    Missing,
    Moment,
    Passage,
    ReaderProgress,
    Vectors,
)
from desktop_kb.remote import passages, schema
from desktop_kb.remote.catalogue import Catalogue
from desktop_kb.remote.engine import Engine
from desktop_kb.remote.jobs import Jobs
from desktop_kb.remote.moment import RemoteMoment
from desktop_kb.remote.row import Row
from desktop_kb.remote.rows import Rows
from desktop_kb.remote.session import Session

#: After so many passages the engine's statistics are looked at.
_COUNTED_AFTER: Final = 200


class _Changed(Exception):
    """The document's revision is not the expected one; raising this rolls the transaction back."""


class RemoteIndex:
    """The passages of one library. `records.PassageIndex` describes its methods."""

    def __init__(self, engine: Engine, catalogue: Catalogue, jobs: Jobs) -> None:
        self._engine = engine
        self._catalogue = catalogue
        self._jobs = jobs
        self._put = 0

    @contextlib.contextmanager
    def moment(self, cancelled: threading.Event | None = None) -> Iterator[Moment]:
        """One state of the library, for one search."""
        with self._engine.asking() as session:
            yield RemoteMoment(session, self._catalogue)

    def passages(self, document: str, reader: int | None = None) -> list[Passage]:
        """See `records.PassageIndex`."""
        with self._engine.reading() as session:
            return passages.stored(session, document, reader)

    def readers_of(self, document: str) -> tuple[int, ...]:
        """See `records.PassageIndex`."""
        with self._engine.reading() as session:
            return passages.readers_of(session, document)

    def read_by(self) -> Mapping[str, tuple[frozenset[int], str]]:
        """The readers that have read the file at each path in the active generation, and the states of its pages;
        without files of which pages wait."""
        with self._engine.reading() as session:
            read: dict[int, set[int]] = {}
            for table in ("indexed", "encoded"):
                for document, reader in session.rows(
                    f"select document, reader from {table} join generations on id = generation and state = 'active'"
                ):
                    read.setdefault(document, set()).add(reader)
            return {
                at.path: (frozenset(read[row.id]), row.states)
                for row in self._catalogue.rows(session)
                if row.id in read and row.status == "ready" and not row.removed and "w" not in row.states
                for at in row.places
                if not at.part
            }

    # --- documents

    def put(
        self, incoming: Incoming, *, expected: int | None = None, ended: tuple[Job, FileReport] | None = None
    ) -> bool:
        """See `records.PassageIndex`."""
        extracted = incoming.extracted
        code = language.language_of(extracted.text[:20_000])
        layout = codec.pack_layout(extracted.layout)
        cut = {extracted.title: [passages.cut_all(extracted.title, made) for made in incoming.made]}
        try:
            with self._engine.writing() as session:
                rows = Rows(session)
                row = rows.put(incoming.file, extracted, incoming.options)
                if expected not in (None, row.revision):
                    raise _Changed
                if row.id:
                    passages.drop(session, row.id)
                pages = len(extracted.layout.pages) or row.pages
                row = replace(row, status="ready", code=None, details={}, language=code, has_text=True)
                row = rows.save(replace(row, pages=pages, revision=row.revision + 1))
                session.put_text(row.id, extracted.text, incoming.text_hash, layout)
                own = cut.get(row.title) or [passages.cut_all(row.title, made) for made in incoming.made]
                for made, terms in zip(incoming.made, own, strict=True):
                    passages.insert(session, row, made, terms)
                if ended is not None:
                    # Before the commit: who was killed between the two would find the file unchanged, and its parts
                    # never. A bibliography means the file, not its parts.
                    held = rows.forget_parts(incoming.file, extracted)
                    self._jobs.enqueue(held, replace(ended[0].options, cited=None), "add")
        except _Changed:
            return False
        if ended is not None:
            self._jobs.end(*ended)
        self._came(sum(len(made.passages) for made in incoming.made))
        return True

    def put_made(self, missing: Missing, made: Made) -> bool:
        """See `records.PassageIndex`."""
        terms = passages.cut_all(missing.title, made)
        with self._engine.writing() as session:
            row = _unchanged(Rows(session), missing)
            if row is not None:
                passages.drop(session, row.id, made.generation)
                passages.insert(session, row, made, terms)
        self._came(len(made.passages))
        return row is not None

    def _came(self, count: int) -> None:
        """So many passages were put: from time to time the engine counts its own anew, by which it ranks."""
        self._put += count
        if self._put >= _COUNTED_AFTER:
            self._put = 0
            with (
                contextlib.suppress(StorageProblem),
                self._engine.writing() as session,
            ):  # they are put already
                passages.count_anew(session)

    def add_vectors(self, missing: Missing, generation: int, reader: int, encoded: Sequence[Vectors]) -> bool:
        """See `records.PassageIndex`."""
        with self._engine.writing() as session:
            row = _unchanged(Rows(session), missing)
            if row is not None:
                passages.add_vectors(session, row.id, generation, reader, encoded)
            return row is not None

    def drop(self, documents: Sequence[str], reader: int | None = None) -> None:
        """See `records.PassageIndex`."""
        with self._engine.writing() as session:
            rows = Rows(session)
            for row in filter(None, map(rows.find, documents)):
                if reader is None:
                    passages.drop(session, row.id)
                    continue
                for generation, fingerprint in session.rows(
                    "select id, fingerprint from generations join indexed on generation = id where document = %s",
                    (row.id,),
                ):
                    if reader <= len(schema.unpacked(fingerprint).readers):
                        passages.drop_vectors(session, row.id, generation, reader)

    # --- generations

    def generation(self, state: GenerationState = "active") -> Generation | None:
        """See `records.PassageIndex`."""
        with self._engine.asking() as session:
            found = _uncounted(session, state)
            return found and self._catalogue.counted(session, found, _counted)

    def uncounted(self, state: GenerationState = "active") -> Generation | None:
        """See `records.PassageIndex`."""
        with self._engine.asking() as session:
            return _uncounted(session, state)

    def start_generation(self, fingerprint: Fingerprint) -> Generation:
        """See `records.PassageIndex`."""
        with self._engine.writing() as session:
            rows = Rows(session)  # waits for its turn
            known = {
                id: (state, schema.unpacked(text))
                for id, state, text in session.rows("select id, state, fingerprint from generations")
            }
            for id, (state, found) in known.items():
                # A newer version of the file readers needs no new generation: each document records it.
                if found != fingerprint and replace(found, reading=fingerprint.reading) == fingerprint:
                    known[id] = state, fingerprint
                    session.run(
                        "update generations set fingerprint = %s where id = %s",
                        (schema.packed(fingerprint), id),
                    )
            same = {
                state: id for id, (state, found) in known.items() if found == fingerprint and state != "old"
            }
            for id, (state, _) in known.items():
                if state == "building" and ("active" in same or same.get("building") != id):
                    session.run("update generations set state = 'old' where id = %s", (id,))
            if "active" in same or "building" in same:
                state, opens = ("active" if "active" in same else "building"), 0
            else:
                state = "building" if session.value("select count(*) from indexed") else "active"
                if state == "active":
                    session.run("update generations set state = 'old' where state = 'active'")
                # No number is given twice, also of one that was deleted: `Session.unknown` counts on it.
                opens = rows.changed
                session.run(
                    "insert into generations values (%s, %s, %s)",
                    (opens, "new", schema.packed(fingerprint)),
                )
        if opens:
            self._open(opens, fingerprint, state)
        generation = self.generation("active" if state == "active" else "building")
        assert generation is not None
        return generation

    def _open(self, id: int, fingerprint: Fingerprint, state: str) -> None:
        """Make the tables of a new generation, and only then let it be seen: the engine commits with each table."""
        with self._engine.writing() as session:
            schema.create_generation(session, id, fingerprint)
            session.run("update generations set state = %s where id = %s", (state, id))

    def missing_from(self, generation: int, reader: int, after: str = "") -> Missing | None:
        """See `records.PassageIndex`."""
        read = "indexed.document is not null"
        if reader:
            read = (
                f"coalesce(indexed.reader, -1) = {reader} or exists (select 1 from encoded where "
                f"encoded.document = documents.id and generation = {generation} and reader = {reader})"
            )
        with self._engine.reading() as session:
            row = session.row(
                "select uid, title, revision, indexed.reader from documents left join indexed "
                f"on indexed.document = documents.id and indexed.generation = {generation} "
                "where not removed and (status = 'ready' or status = 'failed' and exists "
                "(select 1 from indexed as any_of where any_of.document = documents.id)) "
                "and documents.id > coalesce((select id from documents as last where uid = %s), 0) "
                "and exists (select 1 from texts where texts.document = documents.id) "
                f"and not ({read}) order by documents.id limit 1",
                (after,),
            )
        return Missing(*row) if row else None

    def flip(self, generation: int) -> None:
        """See `records.PassageIndex`."""
        with self._engine.writing() as session:
            Rows(session)
            session.run(
                "update generations set state = if(id = %s, 'active', 'old') where id = %s or state = 'active'",
                (generation, generation),
            )

    def clear_old(self) -> bool:
        """See `records.PassageIndex`."""
        with self._engine.writing() as session:
            id = session.value("select min(id) from generations where state = 'old'")
            if id is not None:
                schema.drop_generation(session, id)
            return id is not None


def _uncounted(session: Session, state: str) -> Generation | None:
    row = session.row(
        "select id, fingerprint from generations where state = %s order by id desc limit 1", (state,)
    )
    return Generation(row[0], schema.unpacked(row[1]), 0, 0, 0) if row else None


def _counted(session: Session, found: Generation) -> Generation:
    row: tuple[Any, ...] | None = session.row(
        "select count(*), coalesce(sum(chunks), 0), coalesce(sum(greatest(covered, 0)), 0) from indexed "
        "where generation = %s",
        (found.id,),
    )
    assert row is not None
    read = {
        reader: ReaderProgress(int(documents), int(covered))
        for reader, documents, covered in session.rows(
            "select reader, count(*), sum(covered) from (select reader, covered from indexed "
            "where generation = %s and reader > 0 union all "
            "select reader, covered from encoded where generation = %s) as said group by reader",
            (found.id, found.id),
        )
    }
    numbers = range(1, len(found.fingerprint.readers) + 1)
    progress = tuple(read.get(number, ReaderProgress()) for number in numbers)
    return replace(found, documents=int(row[0]), chunks=int(row[1]), covered=int(row[2]), read=progress)


def _unchanged(rows: Rows, missing: Missing) -> Row | None:
    """A document; None if its revision has changed since it was found missing."""
    row = rows.find(missing.document)
    return row if row and not row.removed and row.revision == missing.revision else None
