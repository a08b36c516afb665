"""Which documents a filter lets through: by tokens of their passages where it asks for a tag, a type or a language,
else by looking at their records, exactly as the local store's SQL does."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from desktop_kb.formats import types_named
from desktop_kb.language.values import bounds, folded, order, says
from desktop_kb.records import Filter
from desktop_kb.remote.row import LEFT_OUT, Row
from desktop_kb.remote.tokens import token

#: The keys that every library has.
BUILT_IN: Final = frozenset(
    (
        *("tag", "type", "title", "path", "lang", "added", "date", "modified", "sort", "has", "mark"),
        "document",
    )
)


@lru_cache(maxsize=16)
def _folded(value: str) -> str:
    """A filter's value, folded once for all documents."""
    return folded(value)


@lru_cache(maxsize=16)
def _named(value: str) -> frozenset[str]:
    """The documents that a filter names: with marks they may be thousands."""
    return frozenset(value.split(","))


def tokens_of(filter: Filter) -> list[str] | None:
    """The tokens one of which a passage must have, or none if it is excluded; None if no token says it."""
    value = _folded(str(filter.value))
    match filter.key:
        case "tag":
            return [token("f", f"tag:{value.strip('#/')}")]
        case "type":
            return [token("f", f"type:{one}") for one in types_named(str(filter.value))] or [
                token("f", "none")
            ]
        case "lang":
            return [token("f", f"lang:{value}")]
    return None


def fits(row: Row, filters: Iterable[Filter]) -> bool:
    """Whether a document is let through by all filters."""
    return all(_fits(row, one) != one.excluded for one in filters)


def _fits(row: Row, one: Filter) -> bool:
    text = _folded(str(one.value))
    match one.key:
        case "tag":
            return any(f"{folded(tag)}/".startswith(f"{text.strip('#/')}/") for tag in row.tags)
        case "type":
            return row.type in types_named(str(one.value))
        case "title":
            return text in folded(row.title)
        case "path":
            places = (folded("/".join(filter(None, at))).replace("\\", "/") for at in row.places)
            return any(text.replace("\\", "/") in place for place in places)
        case "lang":
            return text == row.language
        case "document":
            return row.uid in _named(str(one.value))
        case "has" | "mark":  # marks are on each person's machine, which asks for their documents instead
            return False
        case "sort":
            return True
        case "date":
            return _stands(row.times.date, one)
        case "added":
            return _stands(row.added, one)
        case "modified":
            days = (datetime.fromtimestamp(at.mtime_ns // 10**9, UTC) for at in row.places.values())
            return any(_stands(day.strftime("%Y-%m-%d"), one) for day in days)
    value = row.left_out or None if one.key == LEFT_OUT else row.metadata.get(one.key)
    return value is not None and _stands(str(value), one)


def _stands(value: str, one: Filter) -> bool:
    """Whether a value stands to the filter's as its operator says."""
    said = str(one.value)
    if not value:
        return False
    if one.operator == ":":
        if ends := bounds(said):
            low, high = (order(value, end) if end else 0 for end in ends)
            return low is not None and high is not None and low >= 0 >= high
        return says(value, said)
    stands = order(value, said)
    ways = {">": (1,), ">=": (0, 1), "<": (-1,), "<=": (-1, 0)}
    return stands in ways[one.operator]
