"""What a library on an engine should hold: each document its passages, each passage its document."""

from __future__ import annotations

from collections.abc import Iterator

from desktop_kb.records import Check, Finding
from desktop_kb.remote.engine import Session


def check(session: Session) -> list[Check]:
    """Run every check; changes nothing."""
    looks = {"index": _index(session), "passages": _passages(session)}
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
