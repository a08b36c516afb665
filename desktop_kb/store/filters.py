"""Filters as SQL. Both retrievers, words and vectors, apply them before top-k."""

from __future__ import annotations

from collections.abc import Sequence

from desktop_kb.formats import types_named
from desktop_kb.language.values import bounds, folded
from desktop_kb.records import Filter, Value

_SQL_OPERATOR = {":": "=", ">": ">", ">=": ">=", "<": "<", "<=": "<="}
#: Keys that every library has; any other key is looked up in the documents' metadata.
BUILT_IN = frozenset(("tag", "type", "title", "path", "lang", "added", "date", "modified"))
#: Where a document says its date, the best first.
DATES = ("date", "created", "published")


def documents_where(filters: Sequence[Filter], *, removed: bool = False) -> tuple[str, list[Value]]:
    """A condition on `documents` and its parameters; values are always passed as parameters."""
    conditions = [f"documents.removed is {'not null' if removed else 'null'}"]
    values: list[Value] = []
    for filter in filters:
        condition, parameters = _condition(filter)
        conditions.append(f"not ({condition})" if filter.excluded else condition)
        values += parameters
    return " and ".join(conditions), values


def _condition(filter: Filter) -> tuple[str, list[Value]]:
    value = folded(str(filter.value))
    if filter.key == "tag":
        # A tag is also its parents: garden holds for garden/soil.
        tag = f"{value.strip('#/')}/"
        return (
            "documents.id in (select document_id from tags where instr(folded(tag) || '/', ?) = 1)",
            [tag],
        )
    if filter.key == "type":
        types = types_named(str(filter.value))
        return f"documents.type in ({', '.join('?' * len(types))})", list(types)
    if filter.key == "title":
        return "instr(folded(documents.title), ?) > 0", [value]
    if filter.key == "path":
        return (
            "documents.id in (select document_id from places where "
            "instr(folded(cast(path as text) || iif(part = '', '', '/' || part)), ?) > 0)",
            [value],
        )
    if filter.key == "lang":
        return "documents.language = ?", [value]
    if filter.key == "added":
        return _compared("documents.added", filter)
    if filter.key == "modified":
        comparison, values = _compared("strftime('%Y-%m-%d', mtime_ns / 1000000000, 'unixepoch')", filter)
        return f"documents.id in (select document_id from places where {comparison})", values
    return _metadata(filter)


def _metadata(filter: Filter) -> tuple[str, list[Value]]:
    """A condition on a metadata key; the person's own value overrides the file's."""
    keys = DATES if filter.key == "date" else (filter.key,)
    comparison, values = _compared("text", filter)
    if isinstance(filter.value, int):
        plain = "number between -9999999 and 9999999"  # what has eight digits may be a date
        comparison = f"iif({plain}, number {_SQL_OPERATOR[filter.operator]} ?, {comparison})"
        values = [filter.value, *values]
    return (
        "documents.id in (select document_id from metadata as m "
        f"where key in ({', '.join('?' * len(keys))}) and "
        f"{comparison} and (source = 'user' or not exists (select 1 from metadata as own "
        "where own.document_id = m.document_id and own.key = m.key and own.source = 'user')))",
        [*keys, *values],
    )


def _compared(column: str, filter: Filter) -> tuple[str, list[Value]]:
    """Values are kept as they are written; the functions of language/values.py read them."""
    wanted = str(filter.value)
    if filter.operator != ":":
        return f"value_order({column}, ?) {filter.operator} 0", [wanted]
    if between := bounds(wanted):
        ends = [(operator, end) for operator, end in zip((">=", "<="), between, strict=True) if end]
        return (
            " and ".join(f"value_order({column}, ?) {operator} 0" for operator, _ in ends),
            [end for _, end in ends],
        )
    return f"value_says({column}, ?)", [wanted]
