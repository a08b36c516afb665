"""What a person typed -> text to look for, phrases, words to leave out, filters.

    quiet car "motorway speed" -diesel brand:BMW year>=2022 -tag:sold

A `key:value` whose key the library does not know is ordinary text ('note: buy milk', a URL).
Nothing that is typed can be an error: what is not understood is looked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from desktop_kb.errors import UsageProblem
from desktop_kb.records import Filter, Value

#: Longer questions are cut: nobody types them, and every stage takes time with length.
MOST_CHARACTERS = 10_000

_FILTER = re.compile(
    r'(?P<minus>-?)(?P<key>[^\W\d][\w-]*)(?P<operator>:|>=|<=|>|<|=)(?P<value>"(?:[^"]|"")*"|[^\s"]+)',
    re.UNICODE,
)
_TOKEN = re.compile(r'(?P<minus>(?<!\S)-)?"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+)')
#: '007' is a name, not the number seven.
_INTEGER = re.compile(r"[+-]?(?:0|(?!0)\d{1,18})")


@dataclass(frozen=True, slots=True)
class Query:
    """`text` is what the words and the vectors are made of; `phrases` must stand in a hit,
    `excluded` must not; the `begun` words may be the beginnings of words: the one that is being typed."""

    text: str
    phrases: tuple[str, ...]
    excluded: tuple[str, ...]
    filters: tuple[Filter, ...]
    begun: tuple[str, ...] = ()


def parse(query: str, keys: frozenset[str]) -> Query:
    """Take a query apart; `keys` are those that a filter can name."""
    query = clean(query)[:MOST_CHARACTERS]
    filters: list[Filter] = []
    rest, end = "", 0
    for start, after, filter in find_filters(query, keys):
        rest += f"{query[end:start]} "
        end = after
        filters.append(filter)
    rest += query[end:]
    words: list[str] = []
    phrases: list[str] = []
    excluded: list[str] = []
    for token in _TOKEN.finditer(rest):
        if token["phrase"] is not None:
            if token["phrase"].strip():
                (excluded if token["minus"] else phrases).append(token["phrase"])
                if not token["minus"]:
                    words.append(token["phrase"])
        elif len(token["word"]) > 1 and token["word"][0] == "-" and token["word"][1].isalnum():
            excluded.append(token["word"][1:])
        else:
            words.append(token["word"])
    begun = tuple(words[-1:]) if words and query.endswith(words[-1]) else ()
    return Query(" ".join(words), tuple(phrases), tuple(excluded), tuple(filters), begun)


def find_filters(query: str, keys: frozenset[str]) -> Iterator[tuple[int, int, Filter]]:
    """The filters within a query, each with its [start, end): they follow white space and have one of these
    keys."""
    for match in _FILTER.finditer(query):
        before = query[match.start() - 1] if match.start() else " "
        if before.isspace() and match["key"].lower() in keys:
            yield match.start(), match.end(), _filter(match)


def parse_filter(expression: str) -> tuple[Filter, ...]:
    """Filters written apart from a query, one or several; any key goes.

    Raises:
        UsageProblem: it is not a filter.
    """
    expression = clean(expression).strip()
    matches = list(_FILTER.finditer(expression))
    if not matches or _FILTER.sub("", expression).strip():
        raise UsageProblem("bad-filter", expression=expression)
    return tuple(_filter(match) for match in matches)


def parse_value(text: str) -> Value:
    """A value is an integer, else text (an ISO date sorts as text)."""
    return int(text) if _INTEGER.fullmatch(text) else text


def clean(text: str) -> str:
    """Without what no document holds and no library takes: lone surrogates and NUL."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")


def written(filters: Iterable[Filter]) -> tuple[str, ...]:
    """The filters as they were written."""
    return tuple(filter.text for filter in filters)


def _filter(match: re.Match[str]) -> Filter:
    operator, value = match["operator"], match["value"]
    if value.startswith('"'):
        value = value[1:-1].replace('""', '"')
    return Filter(
        key=match["key"].lower(),
        operator=":" if operator == "=" else operator,  # type: ignore[arg-type]
        value=parse_value(value),
        excluded=bool(match["minus"]),
        text=match[0],
    )
