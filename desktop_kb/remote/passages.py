"""Passages as rows: put a document's passages, add a reader's vectors, delete them; parts of a transaction."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Final

from desktop_kb import codec, language
from desktop_kb.lexical import Terms, cut, said_about
from desktop_kb.records import Floats, Made, Passage, Vectors
from desktop_kb.remote import schema
from desktop_kb.remote.row import Row
from desktop_kb.remote.session import Session
from desktop_kb.remote.tokens import of_grams, of_words

#: The columns of every passage, in the order in which `insert` gives them.
_COLUMNS: Final = (
    "document, begins, ends, page, last_page, heading, tokens, coverage, text, sentences, terms, w, g"
)
#: The longest term that is kept to be found by its beginning.
_LONGEST_TERM: Final = 80
_AT_ONCE: Final = 2_000


def cut_all(title: str, made: Made) -> list[Terms]:
    """The search terms of each passage. Slow, so it is done before the transaction."""
    language.sounds(title)  # loads its dictionary, which takes a second
    return [cut(title, passage.heading, passage.text) for passage in made.passages]


def insert(session: Session, row: Row, made: Made, terms: Sequence[Terms]) -> None:
    """Insert a document's passages for one generation; `terms` are those that `cut_all` returned with its title."""
    if made.passages:
        first = made.passages[0]
        terms = [_first(row, first.heading, first.text), *terms[1:]]
    readers = (
        {made.reader: [Vectors(one.vector, one.sentence_vectors) for one in made.passages]}
        if made.reader
        else {}
    )
    readers |= {reader: list(further) for reader, further in made.further.items()}
    names = "".join(f", v{number}, h{number}, s{number}" for number in readers)
    required = row.required()
    rows = []
    for at, (passage, own) in enumerate(zip(made.passages, terms, strict=True)):
        vectors = [
            value
            for number, said in readers.items()
            for value in _packed(said[at], coarse=number != made.reader)
        ]
        rows.append((row.id, *_values(passage), *_indexed(own, required), *vectors))
    width = _COLUMNS.count(",") + 1 + 3 * len(readers)
    session.many(
        f"insert into passages_{made.generation} ({_COLUMNS}{names}) values ({', '.join(['%s'] * width)})",
        rows,
    )
    _remember(session, made.generation, terms)
    covered = sum(one.vector is not None for one in made.passages) if made.reader else -1
    session.run(
        "insert into indexed values (%s, %s, %s, %s, %s, %s, %s)",
        (row.id, made.generation, made.reader, len(made.passages), covered, *_lengths(terms)),
    )
    for number, further in made.further.items():
        _note_read(session, row.id, made.generation, number, further)


def add_vectors(
    session: Session, document: int, generation: int, reader: int, encoded: Sequence[Vectors]
) -> None:
    """Store one more reader's vectors of a document's passages, in the passages' order."""
    drop_vectors(session, document, generation, reader)
    ids = session.rows(
        f"select id from passages_{generation} where document = %s order by begins, id", (document,)
    )
    for (id,), one in zip(ids, encoded, strict=True):
        session.run(
            f"update passages_{generation} set v{reader} = %s, h{reader} = %s, s{reader} = %s where id = %s",
            (*_packed(one, coarse=True), id),
        )
    _note_read(session, document, generation, reader, encoded)


def _note_read(
    session: Session, document: int, generation: int, reader: int, encoded: Sequence[Vectors]
) -> None:
    covered = sum(one.whole is not None for one in encoded)
    session.run("insert into encoded values (%s, %s, %s, %s)", (document, generation, reader, covered))


def drop(session: Session, document: int, generation: int | None = None) -> None:
    """Delete a document's passages, of every generation or of one."""
    chosen = "" if generation is None else f"and generation = {generation}"
    for (number,) in session.rows(
        f"select generation from indexed where document = %s {chosen}", (document,)
    ):
        session.run(f"delete from passages_{number} where document = %s", (document,))
    for table in ("indexed", "encoded"):
        session.run(f"delete from {table} where document = %s {chosen}", (document,))


def drop_vectors(session: Session, document: int, generation: int, reader: int) -> None:
    """Delete a reader's vectors of a document's passages. If that reader cut the passages, they count as cut
    without a model from then on."""
    where = (document, generation, reader)
    session.run(
        f"update passages_{generation} set v{reader} = null, h{reader} = null, s{reader} = null "
        f"where document = %s and h{reader} is not null",
        (document,),
    )
    session.run("delete from encoded where document = %s and generation = %s and reader = %s", where)
    session.run(
        "update indexed set reader = 0, covered = -1 where document = %s and generation = %s and reader = %s",
        where,
    )


def count_anew(session: Session, *, always: bool = False) -> None:
    """Have the engine count its passages, if they are a tenth more or less than when it did so last. It ranks by their
    number and mean length: at 200,000 with the counts of 70,000, 65 to 76 of the hundred best were among its first
    hundred, with those of 200,000 98."""
    for generation, held in session.rows(
        "select id, coalesce(sum(chunks), 0) from generations left join indexed on generation = id "
        "where state in ('active', 'building') group by id"
    ):
        counted = session.value(
            "select table_rows from information_schema.tables where table_schema = database() and table_name = %s",
            (f"passages_{generation}",),
        )
        if always or abs(int(held) - int(counted or 0)) > int(held) / 10:
            session.run(f"analyze table passages_{generation}")


def index_again(session: Session, row: Row) -> None:
    """The title, names, tags or values of a document have changed: its passages are found by those it has now."""
    for (generation,) in session.rows("select generation from indexed where document = %s", (row.id,)):
        found = session.rows(
            f"select id, heading, text from passages_{generation} where document = %s order by begins, id",
            (row.id,),
        )
        terms = _cut(row, [(heading, text) for _, heading, text in found])
        required = row.required()
        for (id, _, _), own in zip(found, terms, strict=True):
            session.run(
                f"update passages_{generation} set terms = %s, w = %s, g = %s where id = %s",
                (*_indexed(own, required), id),
            )
        _remember(session, generation, terms)
        session.run(
            "update indexed set words = %s, grams = %s where document = %s and generation = %s",
            (*_lengths(terms), row.id, generation),
        )


def found_by(row: Row, held: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """What a document's passages, each with its heading as it is stored and its text, are found by in both word
    indexes."""
    required = row.required()
    return [(of_words(own, required), of_grams(own, required)) for own in _cut(row, held)]


def stored(session: Session, document: str, reader: int | None) -> list[Passage]:
    """A document's passages in the active generation; see `records.PassageIndex.passages`."""
    active = session.row("select id, fingerprint from generations where state = 'active'")
    id = session.value("select id from documents where uid = %s", (document,))
    if active is None or id is None:
        return []
    generation, readers = active[0], schema.unpacked(active[1]).readers
    if reader is None:
        reader = next(iter(readers_of(session, document)), 1)
    dimensions = readers[reader - 1].dimensions if reader <= len(readers) else 0
    vectors = f"s{reader}, h{reader}" if dimensions else "null, null"
    rows = session.rows(
        f"select begins, ends, page, last_page, heading, tokens, text, coverage, sentences, {vectors} "
        f"from passages_{generation} where document = %s order by begins, id",
        (id,),
    )
    return [codec.unpack_passage(row, dimensions) for row in rows]


def readers_of(session: Session, document: str) -> tuple[int, ...]:
    """The readers of a document in the active generation, the one that cut it first."""
    rows = session.rows(
        "select reader from (select 0 as later, reader, generation, document from indexed where reader > 0 "
        "union all select 1, reader, generation, document from encoded) as said "
        "join generations on generations.id = generation and state = 'active' "
        "join documents on documents.id = document where uid = %s order by later, reader",
        (document,),
    )
    return tuple(reader for (reader,) in rows)


# --- as columns ------------------------------------------------------------------------------


def vector_text(vector: Floats) -> str:
    """A vector as the engine reads it, to half precision, which is how it is compared."""
    return f"[{','.join(f'{value:.5g}' for value in vector.tolist())}]"


def terms_of(blob: bytes) -> Terms:
    """The terms that are stored with a passage."""
    return Terms(*zlib.decompress(blob).decode().split("\n"))


def _first(row: Row, heading: Sequence[str], text: str) -> Terms:
    """The terms of a document's first passage, which has those of what is said about the document as well."""
    about, sounds = said_about(row.title, *row.said())
    return cut(row.title, heading, text, about, sounds)


def _cut(row: Row, held: Sequence[tuple[str, str]]) -> list[Terms]:
    texts = [(codec.unpack_heading(heading), text) for heading, text in held]
    return [
        _first(row, heading, text) if at == 0 else cut(row.title, heading, text)
        for at, (heading, text) in enumerate(texts)
    ]


def _indexed(terms: Terms, required: Sequence[str]) -> tuple[bytes, str, str]:
    return zlib.compress("\n".join(terms).encode(), 1), of_words(terms, required), of_grams(terms, required)


def _lengths(terms: Sequence[Terms]) -> tuple[int, int]:
    words = sum(len(" ".join(one[:3]).split()) for one in terms)
    return words, sum(len(" ".join(one[3:]).split()) for one in terms)


def _remember(session: Session, generation: int, terms: Sequence[Terms]) -> None:
    """Keep the terms, so that those are found that begin like a word. None is deleted: how many passages have one is
    asked when it matters."""
    held = {
        (kind, term)
        for one in terms
        for kind, text in (("w", " ".join(one[:3])), ("g", " ".join(one[3:])))
        for term in text.split()
        if len(term) <= _LONGEST_TERM
    }
    new = [(kind, term) for _, kind, term in session.unknown((generation, *one) for one in sorted(held))]
    for kind in "wg":
        own = [term for found, term in new if found == kind]
        for first in range(0, len(own), _AT_ONCE):
            some = own[first : first + _AT_ONCE]
            asked = ", ".join(["%s"] * len(some))
            known = session.rows(
                f"select term from terms_{generation} where kind = %s and term in ({asked})", (kind, *some)
            )
            fresh = sorted(set(some).difference(term for (term,) in known))
            # Of terms that are there it takes a fifth of a millisecond each.
            session.many(
                f"insert ignore into terms_{generation} values (%s, %s)", [(kind, term) for term in fresh]
            )


def _values(passage: Passage) -> tuple[object, ...]:
    return (
        passage.start,
        passage.end,
        passage.page,
        passage.last_page,
        codec.pack_heading(passage.heading),
        passage.tokens,
        passage.coverage,
        passage.text,
        codec.pack_sentences(passage.sentences),
    )


def _packed(encoded: Vectors, *, coarse: bool = False) -> tuple[str | None, bytes | None, bytes | None]:
    """A reader's vectors for the engine's index, in half precision, and those of sentences."""
    whole, sentences = encoded
    return (
        None if whole is None else vector_text(codec.unpack_vector(codec.pack_vector(whole))),
        None if whole is None else codec.pack_vector(whole),
        None if sentences is None else codec.pack_directions(sentences, coarse=coarse),
    )
