"""Filters as SQL. Both retrievers, words and vectors, apply them before top-k."""

from __future__ import annotations

from collections.abc import Sequence

from desktop_kb.formats import types_named
from desktop_kb.language.dates import iso_date
from desktop_kb.records import Filter, Value

_SQL_OPERATOR = {":": "=", ">": ">", ">=": ">=", "<": "<", "<=": "<="}
#: Keys that every library has; any other key is looked up in the documents' metadata.
BUILT_IN = frozenset(("tag", "type", "title", "path", "lang", "added"))


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
    operator, value = _SQL_OPERATOR[filter.operator], str(filter.value)
    if filter.key == "tag":
        return (
            # A tag is also its parents: garden holds for garden/soil.
            "documents.id in (select document_id from tags where tag = ? collate nocase "
            "or instr(lower(tag), lower(?) || '/') = 1)",
            [value.strip("/"), value.strip("/")],
        )
    if filter.key == "type":
        types = types_named(value)
        return f"documents.type in ({', '.join('?' * len(types))})", list(types)
    if filter.key == "title":
        return "instr(lower(documents.title), lower(?)) > 0", [value]
    if filter.key == "path":
        return (
            "documents.id in (select document_id from places "
            "where instr(lower(cast(path as text)), lower(?)) > 0)",
            [value],
        )
    if filter.key == "lang":
        return "documents.language = ? collate nocase", [value]
    if filter.key == "added":
        # '2026-11' means the whole month, so compare only as many characters as the value has.
        return f"substr(documents.added, 1, ?) {operator} ?", [len(value), value]
    return _metadata(filter, operator)


def _metadata(filter: Filter, operator: str) -> tuple[str, list[Value]]:
    """A condition on a metadata key; the person's own value overrides the file's.

    Values are kept as they are written; `value_order` (language/values.py) reads them.
    """
    wanted = str(filter.value)
    values: list[Value] = [filter.key]
    if isinstance(filter.value, int):
        plain = "number between -9999999 and 9999999"  # what has eight digits may be a date
        comparison = f"iif({plain}, number {operator} ?, value_order(text, ?) {operator} 0)"
        values += [filter.value, wanted]
    elif filter.operator != ":":
        comparison = f"value_order(text, ?) {operator} 0"
        values.append(wanted)
    elif filter.key == "author":  # it may list several authors, so a part matches
        comparison = "instr(lower(text), lower(?)) > 0"
        values.append(wanted)
    else:
        comparison = "text = ? collate nocase"
        values.append(wanted)
        if iso_date(wanted):  # a date is itself in whatever form it is written
            comparison = f"({comparison} or value_order(text, ?) = 0)"
            values.append(wanted)
    return (
        "documents.id in (select document_id from metadata as m where key = ? and "
        f"{comparison} and (source = 'user' or not exists (select 1 from metadata as own "
        "where own.document_id = m.document_id and own.key = m.key and own.source = 'user')))",
        values,
    )
