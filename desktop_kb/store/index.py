"""The searchable part of a library: `records.PassageIndex` over SQLite.

The next generation can be built while the active one serves (see `generations`); switching to it is one
short transaction.
"""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import apsw

from desktop_kb import codec, language
from desktop_kb.records import (
    FileReport,
    Fingerprint,
    Floats,
    Generation,
    GenerationState,
    Incoming,
    Job,
    Made,
    Missing,
    Moment,
    Passage,
    Vectors,
)
from desktop_kb.store import generations, marking, parts, passages
from desktop_kb.store.cache import Cache
from desktop_kb.store.check import damaged_documents
from desktop_kb.store.database import Database
from desktop_kb.store.landscape import keep_starts
from desktop_kb.store.pair import Pair
from desktop_kb.store.placing import known, put_document
from desktop_kb.store.queue import finish, unstage
from desktop_kb.store.snapshot import Snapshot

#: How many documents of an old generation one transaction deletes.
_CLEARED_AT_ONCE = 20


class _Changed(Exception):
    """The document's revision is not the expected one; raising this rolls the transaction back."""


class Index:
    """The passages of one library. `records.PassageIndex` describes its methods."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cache = Cache()
        # What each connection found, and the `data_version` at which it did.
        self._found: weakref.WeakKeyDictionary[
            apsw.Connection, tuple[int, dict[GenerationState, Generation | None]]
        ] = weakref.WeakKeyDictionary()

    @contextlib.contextmanager
    def moment(self, cancelled: threading.Event | None = None) -> Iterator[Moment]:
        """See `records.PassageIndex`."""
        with self._database.read_pair(cancelled) as (connection, second):
            yield Snapshot(Pair(connection, second, cancelled), self._cache)

    def nearest(self, reader: int, vectors: Sequence[Floats], k: int) -> list[list[int]]:
        """The ids of the `k` passages that are nearest to each of these vectors, the nearest first; by a reader of the
        active generation."""
        with self._database.read_pair() as (connection, second):
            snapshot = Snapshot(Pair(connection, second), self._cache)
            return [snapshot.nearest(reader, vector, k) for vector in vectors]

    def passages(self, document: str, reader: int | None = None) -> list[Passage]:
        """A document's passages in the active generation, in order, with the vectors of this reader, or of
        the one that cut them."""
        with self._database.read() as connection:
            return passages.stored(connection, document, reader)

    def readers_of(self, document: str) -> tuple[int, ...]:
        """The readers that have read a document in the active generation, the one that cut it first."""
        with self._database.read() as connection:
            return passages.readers_of(connection, document)

    def read_by(self) -> Mapping[str, tuple[frozenset[int], str]]:
        """The readers that have read the file at each path in the active generation, and the states of its pages;
        without files of which pages wait."""
        with self._database.read() as connection:
            return passages.read_by(connection)

    # --- documents

    def put(
        self, incoming: Incoming, *, expected: int | None = None, ended: tuple[Job, FileReport] | None = None
    ) -> bool:
        """Store a document with its passages for each generation and end its job, in one transaction.
        False, and nothing is stored, if the document's revision is not `expected`."""
        extracted = incoming.extracted
        code = language.language_of(extracted.text[:20_000])
        layout = codec.pack_layout(extracted.layout)
        terms = [passages.cut(extracted.title, made) for made in incoming.made]
        with self._database.read() as reading:
            foreseen = marking.foresee(reading, incoming.file, extracted.text)

        def write(connection: apsw.Connection) -> None:
            found = parts.limited(connection, incoming.file, extracted)
            id, revision = put_document(connection, incoming.file, found, incoming.options)
            if expected not in (None, revision):
                raise _Changed
            connection.execute(
                "update documents set status = 'ready', error_code = null, error_details = null, language = ?, "
                "pages = ?, revision = revision + 1 where id = ?",
                (code, len(extracted.layout.pages), id),
            )
            marking.follow(connection, id, extracted.text, foreseen)
            connection.execute(
                "insert or replace into texts values (?, ?, ?, ?)",
                (id, extracted.text, incoming.text_hash, layout),
            )
            if incoming.former:
                marking.copy(connection, known(connection, incoming.former), id)
            passages.drop(connection, id)
            for made, own in zip(incoming.made, terms, strict=True):
                passages.insert(connection, id, extracted.title, made, own)
            title = connection.execute("select title from documents where id = ?", (id,)).get
            if title != extracted.title:  # the person gave it another
                passages.set_title(connection, id, title)
            unstage(connection, incoming.file.content_hash, incoming.text_hash)
            if ended is not None:
                parts.queue(connection, incoming.file, found, ended[0])
                finish(connection, *ended)

        try:
            self._database.write(write)
        except _Changed:
            return False
        return True

    def put_made(self, missing: Missing, made: Made) -> bool:
        """Store a document's passages in one more generation; False if the document has changed."""
        terms = passages.cut(missing.title, made)

        def write(connection: apsw.Connection) -> bool:
            id = _unchanged(connection, missing)
            if id is not None:
                passages.drop(connection, id, made.generation)
                passages.insert(connection, id, missing.title, made, terms)
                _unstage(connection, id)
            return id is not None

        return self._database.write(write)

    def add_vectors(self, missing: Missing, generation: int, reader: int, encoded: Sequence[Vectors]) -> bool:
        """Store one more reader's vectors of a document's passages; False if the document has changed."""

        def write(connection: apsw.Connection) -> bool:
            id = _unchanged(connection, missing)
            if id is not None:
                passages.add_vectors(connection, id, generation, reader, encoded)
                _unstage(connection, id)
            return id is not None

        return self._database.write(write)

    def drop(self, documents: Sequence[str], reader: int | None = None) -> None:
        """Delete the passages of documents, or only this reader's vectors; `missing_from` then finds them."""

        def write(connection: apsw.Connection) -> None:
            for uid in documents:
                id = connection.execute("select id from documents where uid = ?", (uid,)).get
                if id is not None and reader is None:
                    passages.drop(connection, id)
                elif id is not None and reader is not None:
                    for (generation,) in connection.execute(
                        "select generation from indexed join readers using (generation) "
                        "where document_id = ? and number = ?",
                        (id, reader),
                    ).fetchall():
                        passages.drop_vectors(connection, id, generation, reader)

        self._database.write(write)

    # --- generations

    def generation(self, state: GenerationState = "active") -> Generation | None:
        """The active generation, or the one that is being built; None if there is none.

        Counted anew only after something was written: it takes .9 ms at 10,000 documents, every search asks.
        """
        with self._database.read() as connection:
            # It changes with every commit of another connection, and this one never writes.
            version = connection.pragma("data_version")
            known, found = self._found.get(connection, (None, {}))
            if known != version:
                self._found[connection] = version, (found := {})
            if state not in found:
                found[state] = generations.find(connection, state)
            return found[state]

    def uncounted(self, state: GenerationState = "active") -> Generation | None:
        """The same without its counts, all 0: at once, however many documents there are."""
        with self._database.read() as connection:
            return generations.uncounted(connection, state)

    def start_generation(self, fingerprint: Fingerprint) -> Generation:
        """The generation with this fingerprint; it is created if it does not exist."""

        def write(connection: apsw.Connection) -> GenerationState:
            rows = connection.execute("select id, state from generations where state != 'old'").fetchall()
            for id, _ in rows:
                # A newer version of the file readers needs no new generation: each document records
                # which version read it, and is read again by itself.
                if (
                    replace(generations.fingerprint_of(connection, id), reading=fingerprint.reading)
                    == fingerprint
                ):
                    reading = (fingerprint.reading, id)
                    connection.execute("update generations set reading = ? where id = ?", reading)
            known = {
                state: id for id, state in rows if generations.fingerprint_of(connection, id) == fingerprint
            }
            for id, state in rows:
                if state == "building" and ("active" in known or known.get("building") != id):
                    connection.execute("update generations set state = 'old' where id = ?", (id,))
            if known:
                return "active" if "active" in known else "building"
            empty = connection.execute("select count(*) from indexed").get == 0
            if empty:
                connection.execute("update generations set state = 'old' where state = 'active'")
            started: GenerationState = "active" if empty else "building"
            generations.insert(connection, fingerprint, started)
            return started

        generation = self.generation(self._database.write(write))
        assert generation is not None
        return generation

    def missing_from(self, generation: int, reader: int, after: str = "") -> Missing | None:
        """The first document after this one without this reader's vectors in this generation; for reader 0, one
        that is not in the generation at all. None if there is none."""
        read = "cut_by is not null"
        if reader:
            read = (
                "cut_by is :reader or exists (select 1 from encoded where document_id = documents.id "
                "and generation = :generation and reader = :reader)"
            )
        with self._database.read() as connection:
            row = connection.execute(
                "select uid, title, revision, (select reader from indexed where document_id = documents.id "
                # A document that was read before and is unreadable now is still searchable, so it
                # belongs in this generation too.
                "and generation = :generation) as cut_by from documents where removed is null "
                "and (status = 'ready' or status = 'failed' and id in (select document_id from indexed)) "
                "and id > ifnull((select id from documents where uid = :after), 0) "
                f"and exists (select 1 from texts where document_id = documents.id) and not ({read}) "
                "order by id limit 1",
                {"generation": generation, "reader": reader, "after": after},
            ).fetchone()
        return Missing(*row) if row else None

    def flip(self, generation: int) -> None:
        """Make the generation that was being built the active one: one transaction, two rows."""

        def write(connection: apsw.Connection) -> None:
            connection.execute("update generations set state = 'old' where state = 'active'")
            connection.execute("update generations set state = 'active' where id = ?", (generation,))

        self._database.write(write)

    def clear_old(self) -> bool:
        """Delete a part of an old generation, in a short transaction; False if there is none."""
        with self._database.read() as connection:
            if not connection.execute("select count(*) from generations where state = 'old'").get:
                return False
        self._database.write(_clear_old)
        return True

    # --- maintenance

    def rebuild(self) -> None:
        """Rebuild the derived tables of every generation from the passages and their vectors."""

        def write(connection: apsw.Connection) -> None:
            for (id,) in connection.execute("select id from generations where state != 'old'").fetchall():
                passages.derive(connection, id)

        self._database.write(write)

    def forget_damaged(self) -> int:
        """Delete the passages of documents whose passages are damaged; the indexer cuts them again from the
        stored text. Returns how many documents."""

        def write(connection: apsw.Connection) -> int:
            damaged = damaged_documents(connection)
            for id in damaged:
                passages.drop(connection, id)
            return len(damaged)

        return self._database.write(write)


def _unchanged(connection: apsw.Connection, missing: Missing) -> int | None:
    """The row of a document; None if its revision has changed since it was found missing."""
    found: int | None = connection.execute(
        "select id from documents where uid = ? and revision = ? and removed is null",
        (missing.document, missing.revision),
    ).get
    return found


def _unstage(connection: apsw.Connection, document: int) -> None:
    """Delete the encoder output that was staged for a document's text."""
    connection.execute(
        "delete from staged_windows where text_hash = (select text_hash from texts where document_id = ?)",
        (document,),
    )


def _clear_old(connection: apsw.Connection) -> None:
    """Delete the next part of an old generation: first its derived tables, then its passages, last its row.
    A read transaction that began before keeps what it saw."""
    id = connection.execute("select min(id) from generations where state = 'old'").get
    if connection.execute("select count(*) from sqlite_schema where name = ?", (f"words_{id}",)).get:
        generations.drop_tables(connection, id)
        return
    documents = connection.execute(
        "select document_id from indexed where generation = ? limit ?", (id, _CLEARED_AT_ONCE)
    ).fetchall()
    keep_starts(connection, id, [document for (document,) in documents])
    for (document,) in documents:
        connection.execute("delete from chunks where document_id = ? and generation = ?", (document, id))
        connection.execute("delete from indexed where document_id = ? and generation = ?", (document, id))
    if not documents:
        generations.drop(connection, id)
