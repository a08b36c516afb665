"""The searchable part of a library: writing a document's passages, finding them by words and by vectors.

The next generation can be built beside the one that serves (see `generations`), and the flip is one row.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import apsw

from desktop_kb import language
from desktop_kb.records import Chunk, Extracted, FileReport, Fingerprint, Floats, Reader
from desktop_kb.store import codec, generations, vectors, words
from desktop_kb.store.cache import Cache
from desktop_kb.store.check import damaged_documents
from desktop_kb.store.database import Database
from desktop_kb.store.documents import File, drop_derived, put_document
from desktop_kb.store.queue import Job, finish, unstage
from desktop_kb.store.snapshot import Snapshot
from desktop_kb.store.words import Terms

#: Documents of an old generation that one transaction clears away.
_CLEARED_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Generation:
    """What one was made with, and how much of the library it holds."""

    id: int
    fingerprint: Fingerprint
    documents: int
    chunks: int
    covered: int

    @property
    def reader(self) -> Reader | None:
        """Its first reader; None where it was built without a model: words only."""
        return next(iter(self.fingerprint.readers), None)


class Index:
    """The searchable part of one library."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cache = Cache()

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The active generation as it is at this moment, for one search."""
        with self._database.read_twice() as (connection, beside):
            row = connection.execute(
                "select id, ifnull(dimensions, 0), created from generations "
                "left join readers on generation = id and number = 1 where state = 'active'"
            ).fetchone()
            generation, dimensions, made = row or (0, 0, "")
            yield Snapshot(connection, beside, generation, dimensions, made, self._cache)

    def chunks(self, document: str) -> list[Chunk]:
        """A document's chunks in the active generation, in order. Their vectors are the stored ones: in half
        precision, and of sentences int8 stretched back to unit length, float32 (n, d)."""
        with self._database.read() as connection:
            rows = connection.execute(
                'select start, "end", page, last_page, heading, tokens, chunks.text, coverage, sentences, '
                "sentence_vectors, vector from chunks join generations "
                "on generations.id = generation and state = 'active' join documents on documents.id = document_id "
                "join chunk_vectors on chunk_id = chunks.id "
                "where uid = ? order by start, chunks.id",
                (document,),
            ).fetchall()
        return [
            Chunk(
                start=row[0],
                end=row[1],
                page=row[2],
                last_page=row[3],
                heading=tuple(json.loads(row[4])),
                tokens=row[5],
                text=row[6],
                coverage=row[7],
                sentences=(sentences := codec.unpack_sentences(row[8])),
                sentence_vectors=codec.unit_directions(row[9], len(sentences)),
                vector=codec.unpack_vector(row[10]) if row[10] else None,
            )
            for row in rows
        ]

    # --- generations

    def generation(self, state: str = "active") -> Generation | None:
        """The generation that serves, or the one that is 'building'."""
        with self._database.read() as connection:
            row = connection.execute(
                "select id, count(document_id), ifnull(sum(chunks), 0), "
                "ifnull(sum(max(covered, 0)), 0) from generations left join indexed on generation = id "
                "where state = ? group by id order by id desc limit 1",
                (state,),
            ).fetchone()
            if row is None:
                return None
            id, *counts = row
            return Generation(id, generations.fingerprint_of(connection, id), *counts)

    def start_generation(self, fingerprint: Fingerprint) -> Generation:
        """Make sure a generation with this fingerprint exists: the active one if it has it or if
        the library is empty, else one that is building. Another unfinished one becomes old."""

        def write(connection: apsw.Connection) -> str:
            rows = connection.execute("select id, state from generations where state != 'old'").fetchall()
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
            state = "active" if empty else "building"
            generations.insert(connection, fingerprint, state)
            return state

        state = self._database.write(write)
        generation = self.generation(state)
        assert generation is not None
        return generation

    def missing_from(self, generation: int, *, encoded: bool) -> tuple[int, str, str] | None:
        """A document (row, public id, title) that this generation does not hold yet; if `encoded`,
        also one of which it holds only the words."""
        with self._database.read() as connection:
            row: tuple[int, str, str] | None = connection.execute(
                "select id, uid, title from documents where removed is null and status = 'ready' "
                "and id in (select document_id from texts) and id not in "
                "(select document_id from indexed where generation = ? and covered >= ?) order by id limit 1",
                (generation, 0 if encoded else -1),
            ).fetchone()
        return row

    def flip(self, generation: int) -> None:
        """The generation being built serves from now on. One transaction, two rows; what served
        before is cleared away afterwards."""

        def write(connection: apsw.Connection) -> None:
            connection.execute("update generations set state = 'old' where state = 'active'")
            connection.execute("update generations set state = 'active' where id = ?", (generation,))

        self._database.write(write)

    def clear_old(self) -> bool:
        """Clear away some of an old generation, a short transaction; False if there is none."""
        with self._database.read() as connection:
            if not connection.execute("select count(*) from generations where state = 'old'").get:
                return False
        self._database.write(_clear_old)
        return True

    # --- writing

    def put(
        self,
        file: File,
        extracted: Extracted,
        text_hash: str,
        chunks: Mapping[int, Sequence[Chunk]],
        job: Job,
        report: FileReport,
    ) -> None:
        """Store a document with its chunks for each generation, and end its job: one transaction.

        Before it nothing of the document is visible, after it all of it is.
        """
        language_code = language.language_of(extracted.text[:20_000])
        layout = codec.pack_layout(extracted.layout)
        rows = {
            generation: [(chunk, _terms(extracted.title, chunk)) for chunk in some]
            for generation, some in chunks.items()
        }

        def write(connection: apsw.Connection) -> None:
            id = put_document(connection, file, extracted, job.options)
            connection.execute(
                "update documents set status = 'ready', error_code = null, error_details = null, language = ?, "
                "pages = ?, revision = revision + 1 where id = ?",
                (language_code, len(extracted.layout.pages), id),
            )
            connection.execute(
                "insert or replace into texts values (?, ?, ?, ?)", (id, extracted.text, text_hash, layout)
            )
            drop_derived(connection, id)
            for generation, some in rows.items():
                _insert(connection, generation, id, extracted.title, some)
            unstage(connection, file.content_hash, text_hash)
            finish(connection, job, report)

        self._database.write(write)

    def put_generation(
        self,
        document_id: int,
        extracted: Extracted,
        text_hash: str,
        generation: int,
        chunks: Sequence[Chunk],
    ) -> None:
        """Store a document's chunks in one more generation, unless the document has changed since."""
        rows = [(chunk, _terms(extracted.title, chunk)) for chunk in chunks]

        def write(connection: apsw.Connection) -> None:
            current = connection.execute(
                "select text from texts join documents on id = document_id "
                "where document_id = ? and removed is null",
                (document_id,),
            ).get
            if current == extracted.text:
                drop_derived(connection, document_id, generation)
                _insert(connection, generation, document_id, extracted.title, rows)
                connection.execute("delete from staged_windows where text_hash = ?", (text_hash,))

        self._database.write(write)

    def rebuild(self) -> None:
        """Make the derived tables of every generation again from the chunks and their vectors."""

        def write(connection: apsw.Connection) -> None:
            for (id,) in connection.execute("select id from generations where state != 'old'").fetchall():
                generations.drop_tables(connection, id)
                generations.create_tables(connection, id)
                for row in connection.execute(
                    "select id, title, heading, text, vector from chunks "
                    "left join chunk_vectors on chunk_id = id where generation = ?",
                    (id,),
                ).fetchall():
                    terms = words.cut(row[1], json.loads(row[2]), row[3])
                    vector = codec.unpack_vector(row[4]) if row[4] else None
                    _insert_derived(connection, id, row[0], terms, vector)

        self._database.write(write)

    def forget_damaged(self) -> int:
        """Drop what is derived from documents whose passages are wrong; they are cut again from
        their stored text. Returns how many."""

        def write(connection: apsw.Connection) -> int:
            damaged = damaged_documents(connection)
            for id in damaged:
                drop_derived(connection, id)
            return len(damaged)

        return self._database.write(write)

    def compact(self) -> None:
        """Give freed space back: vec0 keeps holes that VACUUM alone does not free."""
        self.rebuild()
        self._database.maintain(lambda connection: connection.execute("vacuum"))


def _clear_old(connection: apsw.Connection) -> None:
    """First the derived tables of an old generation, then its chunks, in the end its row: a reader that
    began before keeps what it saw."""
    id = connection.execute("select min(id) from generations where state = 'old'").get
    if connection.execute("select count(*) from sqlite_schema where name = ?", (f"words_{id}",)).get:
        generations.drop_tables(connection, id)
        return
    documents = connection.execute(
        "select document_id from indexed where generation = ? limit ?", (id, _CLEARED_AT_ONCE)
    ).fetchall()
    for (document,) in documents:
        connection.execute("delete from chunks where document_id = ? and generation = ?", (document, id))
        connection.execute("delete from indexed where document_id = ? and generation = ?", (document, id))
    if not documents:
        generations.drop(connection, id)


def _terms(title: str, chunk: Chunk) -> Terms:
    return words.cut(title, chunk.heading, chunk.text)


def _insert(
    connection: apsw.Connection,
    generation: int,
    document_id: int,
    title: str,
    rows: Sequence[tuple[Chunk, Terms]],
) -> None:
    encoded = all(chunk.sentence_vectors is not None for chunk, _ in rows)
    covered = sum(chunk.vector is not None for chunk, _ in rows) if encoded else -1
    for chunk, terms in rows:
        connection.execute(
            'insert into chunks (generation, document_id, start, "end", page, last_page, heading, tokens, '
            "coverage, text, title) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                generation,
                document_id,
                chunk.start,
                chunk.end,
                chunk.page,
                chunk.last_page,
                json.dumps(chunk.heading),
                chunk.tokens,
                chunk.coverage,
                chunk.text,
                title,
            ),
        )
        id = connection.last_insert_rowid()
        connection.execute(
            "insert into chunk_vectors values (?, ?, ?, ?)",
            (
                id,
                None if chunk.vector is None else codec.pack_vector(chunk.vector),
                codec.pack_sentences(chunk.sentences),
                None if chunk.sentence_vectors is None else codec.pack_directions(chunk.sentence_vectors),
            ),
        )
        _insert_derived(connection, generation, id, terms, chunk.vector)
    connection.execute(
        "insert into indexed (document_id, generation, chunks, covered, reader) values (?, ?, ?, ?, ?)",
        (document_id, generation, len(rows), covered, int(encoded)),
    )


def _insert_derived(
    connection: apsw.Connection, generation: int, id: int, terms: Terms, vector: Floats | None
) -> None:
    words.insert(connection, generation, id, terms)
    if vector is not None:
        vectors.insert(connection, f"vectors_{generation}", id, vector)
