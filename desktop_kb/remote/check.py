"""What a library on an engine should hold: each document its passages, each passage its document."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

from desktop_kb import codec
from desktop_kb.reading import Reading
from desktop_kb.records import Check, Finding
from desktop_kb.remote import passages, schema
from desktop_kb.remote.moment import MOST_EXACT
from desktop_kb.remote.row import unpacked
from desktop_kb.remote.rows import COLUMNS
from desktop_kb.remote.session import Session

#: So many documents are read again, one after the other of all; each takes some round trips.
_MOST_READ: Final = 1_000
#: Of so many vectors as many are sought that are next to them, and most of them have to be found.
_SAMPLES: Final = 20
_NEXT: Final = 10
_LEAST_FOUND: Final = 0.8
#: So many rows without a document are named of a table.
_MOST_NAMED: Final = 20


def check(session: Session) -> list[Check]:
    """Run every check; changes nothing."""
    looks = {
        "index": itertools.chain(_index(session), _vectors(session), _nearest(session)),
        "passages": itertools.chain(_passages(session), _orphans(session), _texts(session)),
    }
    return [Check(name, not found, found) for name, look in looks.items() for found in (tuple(look),)]


def _index(session: Session) -> Iterator[Finding]:
    """Every passage is found by its document's token in both word indexes."""
    for (generation,) in session.rows("select id from generations where state in ('active', 'building')"):
        table = f"passages_{generation}"
        documents = session.rows(f"select document, count(*) from {table} group by document")
        for column, name in (("w", "words"), ("g", "grams")):
            missing = 0
            for document, count in documents:
                found = session.value(
                    f"select count(*) from {table} where match({column}) against (%s in boolean mode)",
                    (f"d{document}",),
                )
                missing += max(0, count - found)
            if missing:
                yield Finding("passages-missing", {"count": missing, "table": name, "generation": generation})


def _passages(session: Session) -> Iterator[Finding]:
    """Documents have as many passages as were stored, and no passage is of a document that is not there."""
    without = session.value(
        "select count(*) from documents where not removed and status = 'ready' and id not in "
        "(select document from indexed join generations on id = generation and state = 'active')"
    )
    if without:
        yield Finding("passages-wrong", {"count": without})
    for (generation,) in session.rows("select id from generations where state in ('active', 'building')"):
        counted = (
            f"(select document, count(*) as held from passages_{generation} group by document) as counted"
        )
        lost = session.value(
            f"select count(*) from indexed left join {counted} on counted.document = indexed.document "
            "where generation = %s and chunks > coalesce(held, 0)",
            (generation,),
        )
        if lost:
            yield Finding("passages-lost", {"count": lost})
        left = session.value(
            f"select coalesce(sum(held), 0) from {counted} where document not in "
            "(select document from indexed join documents on documents.id = document where generation = %s)",
            (generation,),
        )
        if left:
            yield Finding(
                "passages-left-over", {"count": int(left), "table": "passages", "generation": generation}
            )


def _orphans(session: Session) -> Iterator[Finding]:
    """Every row is of a document that there is."""
    for table in ("texts", "found_by", "indexed", "encoded"):
        for (row,) in session.rows(
            f"select distinct document from {table} where document not in (select id from documents) "
            f"order by document limit {_MOST_NAMED}"
        ):
            yield Finding("orphan-row", {"table": table, "row": int(row)})


def _vectors(session: Session) -> Iterator[Finding]:
    """Each reader of a generation's fingerprint has as many vectors as were stored."""
    for generation, fingerprint in session.rows(
        "select id, fingerprint from generations where state = 'active'"
    ):
        for number in range(1, len(schema.unpacked(fingerprint).readers) + 1):
            said = session.value(
                "select coalesce(sum(covered), 0) from (select covered from indexed where generation = %s "
                "and reader = %s union all select covered from encoded where generation = %s and reader = %s) as said",
                (generation, number, generation, number),
            )
            held = session.value(f"select count(*) from passages_{generation} where h{number} is not null")
            if int(said) != held:
                yield Finding("vectors-different", {"count": abs(int(said) - held), "generation": generation})


def _nearest(session: Session) -> Iterator[Finding]:
    """The vector indexes find what stands next to some of their own vectors: deleted ones stay in them, and are in the
    way of those that are there. A smaller library's are not asked."""
    for generation, fingerprint in session.rows(
        "select id, fingerprint from generations where state = 'active'"
    ):
        table = f"passages_{generation}"
        for number in range(1, len(schema.unpacked(fingerprint).readers) + 1):
            there = f"from {table} where v{number} is not null"
            held = session.value(f"select count(*) {there}")
            if held <= MOST_EXACT:
                continue
            sought = found = 0
            for sample in range(_SAMPLES):
                (vector,) = session.rows(
                    f"select v{number} {there} order by id limit {sample * held // _SAMPLES}, 1"
                )[0]
                order = f"order by cosine_distance(v{number}, %s)"
                nearest = {
                    id for (id,) in session.rows(f"select id {there} {order} limit {_NEXT}", (vector,))
                }
                given = session.rows(f"select id from {table} {order} approximate limit {_NEXT}", (vector,))
                sought += len(nearest)
                found += len(nearest & {id for (id,) in given})
            if found < _LEAST_FOUND * sought:
                share = f"{100 * found // sought}"
                yield Finding("vectors-behind", {"share": share})


def _texts(session: Session) -> Iterator[Finding]:
    """Texts are what was read; passages are what their text reads there, and are found by its words."""
    changed = session.value("select count(*) from texts where sha2(text, 256) != text_hash")
    if changed:
        yield Finding("texts-changed", {"count": changed})
    generation = session.value("select id from generations where state = 'active'")
    if generation is None:
        return
    ids = [id for (id,) in session.rows("select id from documents where not removed and status = 'ready'")]
    read = ids[:: max(1, len(ids) // _MOST_READ)]
    wrong = sum(not _reads_as_stored(session, generation, id) for id in read)
    if wrong:
        yield Finding("passages-wrong", {"count": wrong})


def _reads_as_stored(session: Session, generation: int, document: int) -> bool:
    row = unpacked(session.rows(f"select {COLUMNS} from documents where id = %s", (document,))[0])
    text, layout = session.text_of(document) or "", session.layout_of(document)
    edits = codec.unpack_layout(layout).edits if layout else ()
    held = session.rows(
        f"select begins, ends, heading, text, w, g from passages_{generation} where document = %s "
        "order by begins, id",
        (document,),
    )
    said = passages.found_by(row, [(heading, body) for _, _, heading, body, _, _ in held])
    return all(
        0 <= begins < ends <= len(text) and Reading(text, edits, begins, ends).text.strip() == body
        for begins, ends, _, body, _, _ in held
    ) and said == [(words, grams) for *_, words, grams in held]
