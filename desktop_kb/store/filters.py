"""Filters as SQL. Both retrievers, words and vectors, apply them before top-k."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from desktop_kb.formats import types_named
from desktop_kb.language.dates import DATE_KEYS
from desktop_kb.language.values import bounds, folded
from desktop_kb.records import Filter, SearchSort, Value

_SQL_OPERATOR = {":": "=", ">": ">", ">=": ">=", "<": "<", "<=": "<="}
#: Keys that every library has; any other key is looked up in the documents' metadata.
BUILT_IN = frozenset(
    (
        *("tag", "type", "title", "path", "lang", "added", "date", "modified", "sort", "has", "mark"),
        "document",
    )
)
_DATE_KEYS = ", ".join(f"'{key}'" for key in DATE_KEYS)
_ORDER = f"source desc, instr('|{'|'.join(DATE_KEYS)}|', '|' || key || '|')"
#: The date that a document says of itself, null if it says none.
DATE = (
    f"(select dated(text) from metadata where document_id = documents.id and +key in ({_DATE_KEYS}) "
    f"and dated(text) != '' order by {_ORDER} limit 1)"
)
#: When the newest of a document's files that is there was changed, in nanoseconds.
MODIFIED = "(select max(mtime_ns) from places where document_id = documents.id and missing = 0)"
#: By what documents are sorted.
SORTED: Mapping[SearchSort, str] = {
    "score": "documents.id",
    "date": f"{DATE} desc nulls last, documents.id",
    "added": "documents.added desc, documents.id",
    "modified": f"{MODIFIED} desc nulls last, documents.id",
    "title": "folded(documents.title), documents.id",
}


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
    if filter.key == "document":
        ids = str(filter.value).split(",")
        return f"documents.uid in ({', '.join('?' * len(ids))})", list(ids)
    if filter.key == "title":
        return "instr(folded(documents.title), ?) > 0", [value]
    if filter.key == "path":
        # Folders with either separator, as Windows takes both, and a part has '/' everywhere.
        return (
            "documents.id in (select document_id from places where "
            "instr(replace(folded(cast(path as text) || iif(part = '', '', '/' || part)), '\\', '/'), ?) > 0)",
            [value.replace("\\", "/")],
        )
    if filter.key == "has":
        return ("documents.id in (select document from marks)" if value in ("mark", "marks") else "0"), []
    if filter.key == "mark":
        return (
            "documents.id in (select document from marks where "
            "instr(folded(quote), ?) > 0 or instr(folded(comment), ?) > 0)",
            [value, value],
        )
    if filter.key == "lang":
        return "documents.language = ?", [value]
    if filter.key == "sort":
        return "1", []
    if filter.key == "date":
        comparison, values = _compared("said", filter)
        return (
            "documents.id in (select document_id from (select document_id, dated(text) as said, row_number() over "
            f"(partition by document_id order by {_ORDER}) as place from metadata where key in ({_DATE_KEYS}) "
            f"and dated(text) != '') where place = 1 and {comparison})",
            values,
        )
    if filter.key == "added":
        return _compared("documents.added", filter)
    if filter.key == "modified":
        comparison, values = _compared("strftime('%Y-%m-%d', mtime_ns / 1000000000, 'unixepoch')", filter)
        return f"documents.id in (select document_id from places where {comparison})", values
    return _metadata(filter)


def _metadata(filter: Filter) -> tuple[str, list[Value]]:
    """A condition on a metadata key; the person's own value overrides a bibliography's, and that the file's: they sort
    so."""
    comparison, values = _compared("text", filter)
    if isinstance(filter.value, int):
        plain = "number between -9999999 and 9999999"  # what has eight digits may be a date
        comparison = f"iif({plain}, number {_SQL_OPERATOR[filter.operator]} ?, {comparison})"
        values = [filter.value, *values]
    return (
        "documents.id in (select document_id from metadata as m "
        "where key = ? and "
        f"{comparison} and not exists (select 1 from metadata as own "
        "where own.document_id = m.document_id and own.key = m.key and own.source > m.source))",
        [filter.key, *values],
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
