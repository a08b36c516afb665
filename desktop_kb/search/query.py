"""What a person typed -> text to look for, phrases, words to leave out, filters.

    quiet car "motorway speed" -diesel brand:BMW year>=2022 -tag:sold
    (petrol OR electr*) "price list"~5 NOT sold

A `key:value` whose key the library does not know is ordinary text ('note: buy milk', a URL), and so are
the options of a command line that was pasted. Nothing that is typed can be an error: what is not
understood is looked for, and said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import get_args

from desktop_kb import language
from desktop_kb.errors import UsageProblem
from desktop_kb.records import Also, Filter, SearchSort, Value

#: Longer questions are cut: nobody types them, and every stage takes time with length.
MOST_CHARACTERS = 10_000
#: What is longer, Chinese characters counted twice, was pasted and not typed: its dashes exclude nothing, and what
#: it quotes need not stand in an answer. 5 of 120 passages pasted whole did not find themselves.
_TYPED = 200

_TOKEN = re.compile(
    # An inch mark opens no phrase: 19" rack.
    r"""(?P<minus>(?<!\S)-)?(?<![A-Za-z0-9])["“”„＂](?P<phrase>[^"“”＂]*)["“”＂](?P<near>~\d{1,3}\b)?"""
    r"""|(?P<word>(?:[^\s"“”„＂]|(?<=[A-Za-z0-9])["”＂])+)"""
)
_QUOTES = str.maketrans("", "", '"“”„＂')
_HALF = str.maketrans("：＝＞＜", ":=><")
_OPERATORS = {"=": ":", "≥": ">=", "≤": "<="}
#: The key of what is no filter: the order of the hits.
SORT = "sort"
_SORTS = frozenset(get_args(SearchSort))
#: '007' is a name, not the number seven.
_INTEGER = re.compile(r"[+-]?(?:0|(?!0)\d{1,18})")
#: `key:value` with a key that no document has; not 10:30, C:\\, std::vector or a URL.
_UNKNOWN = re.compile(r"(?<!\S)-?[^\W\d_][\w.-]+(?::(?![:/\\])|[<>＜＞]=?|：)[^\s:]")
#: What stands in command lines and hardly in questions: a path, a URL, a long option, what a shell reads.
_COMMAND = re.compile(
    r"(?<!\S)(?:/|~/|\.{1,2}/|[A-Za-z]:\\|\w+://|--\w|\$\w|\$\()|\\\w"
    r"|(?<!\S)(?:\|\|?|&&|>>?|<|!|;|2>&1)(?!\S)"
)
_MINUS = re.compile(r"(?<!\S)-(?=\w)[^\s\"]+")
_NOT = re.compile(r"""(\S\s+)NOT\s+(?=["“”„＂\w])""")
_BEGINNING = re.compile(r"\w{2,}\*")
_SHORT = re.compile(r"-[A-Za-z0-9]{1,2}")
_BUNDLED = re.compile(r"-[A-Za-z]{3,4}")
_FILE_NAME = re.compile(r"(?<!\S)\S*\w\.[A-Za-z]\w{1,4}(?!\S)")


@dataclass(frozen=True, slots=True)
class Query:
    """A query taken apart.

    Attributes:
        text: what the words and the vectors are made of.
        phrases: must stand in a hit; `excluded` must not.
        choices: of each of these one must stand in a hit, see `records.Scope`.
        beginnings: words that are beginnings, without their '*'.
        begun: words that may be the beginnings of words: the one that is being typed.
        also: what looked like an exclusion and is searched as text.
        understood: whether it has no filter with an unknown key.
        typed: the query without its filters.
    """

    text: str
    phrases: tuple[str, ...]
    excluded: tuple[str, ...]
    filters: tuple[Filter, ...]
    choices: tuple[tuple[str, ...], ...] = ()
    beginnings: tuple[str, ...] = ()
    begun: tuple[str, ...] = ()
    also: tuple[Also, ...] = ()
    understood: bool = True
    typed: str = ""

    def as_text(self) -> Query:
        """The same, with what it excludes as text; its phrases stay."""
        found = _MINUS.findall(self.typed)
        also = tuple(Also(minus.lstrip("-"), minus, "variant") for minus in found)
        words = " ".join(token.lstrip("-") for token in self.typed.split())
        return replace(self, text=words.translate(_QUOTES), excluded=(), choices=(), also=also)


def of_text(text: str) -> Query:
    """A text as a question of which nothing is a filter, a phrase or an exclusion."""
    text = clean(text)[:MOST_CHARACTERS]
    return Query(text, (), (), (), typed=text)


def parse(query: str, keys: frozenset[str]) -> Query:
    """Take a query apart; `keys` are those that a filter can name."""
    query = clean(query)[:MOST_CHARACTERS]
    rest, filters = _apart(query, keys)
    words: list[str] = []
    phrases: list[str] = []
    excluded: list[str] = []
    choices: list[list[str]] = []
    joined = False  # whether OR stands before what comes next
    tokens = [token for token in _TOKEN.finditer(rest) if token["phrase"] is None or token["phrase"].strip()]
    for number, token in enumerate(tokens):
        word = token["word"] or ""
        if word == "OR" and words and number + 1 < len(tokens):
            joined = True
            continue
        if len(word) > 1 and word[0] == "-" and word[1].isalnum():
            excluded.append(word[1:])
            continue
        if token["minus"]:
            excluded.append(token["phrase"])
            continue
        next_word = tokens[number + 1]["word"] if number + 1 < len(tokens) else ""
        either = joined or (next_word == "OR" and number + 2 < len(tokens))
        one = token["phrase"] if token["phrase"] is not None else _operand(word, bracketed=either)
        wanted = f'"{one}"{token["near"]}' if token["near"] else one
        words.append(one.rstrip("*") if _BEGINNING.fullmatch(one) else one)
        if joined:
            choices[-1].append(wanted)
        elif either or token["near"] or _BEGINNING.fullmatch(one):
            choices.append([wanted])
        elif token["phrase"] is not None:
            phrases.append(one)
        joined = False
    beginnings = [one[:-1] for choice in choices for one in choice if _BEGINNING.fullmatch(one)]
    pasted = len(rest) + sum(map(language.is_han, rest)) > _TYPED
    command = _is_command(rest)
    found = Query(
        " ".join(words),
        tuple(phrases),
        tuple(excluded),
        tuple(filters),
        tuple(map(tuple, choices)),
        tuple(beginnings),
        begun=tuple(words[-1:]) if words and query.endswith(words[-1]) else (),
        understood=pasted or command or not _UNKNOWN.search(rest),
        typed=rest.strip(),
    )
    if pasted:
        return replace(found.as_text(), phrases=(), beginnings=())
    return found.as_text() if command else found


def _apart(query: str, keys: frozenset[str]) -> tuple[str, list[Filter]]:
    """A query without its filters, and the filters."""
    rest, end, filters = "", 0, []
    for start, after, filter in find_filters(query, keys):
        rest += f"{query[end:start]} "
        end = after
        filters.append(filter)
    return _with_minus(rest + query[end:]), filters


def is_filter(query: str, keys: frozenset[str]) -> bool:
    """Whether a query consists of filters and nothing else."""
    rest, filters = _apart(query, keys)
    return bool(filters) and not rest.strip()


def _with_minus(text: str) -> str:
    """A text with a minus for each NOT, unless the words beside it are in capitals too (DO NOT ENTER) or it was
    pasted."""
    if len(text) > _TYPED or text.replace("NOT", "").isupper():
        return text
    return _NOT.sub(r"\1-", text)


def _operand(word: str, *, bracketed: bool) -> str:
    """A word without quotation marks, and beside OR without brackets."""
    word = word.translate(_QUOTES)
    return word.strip("()（）") or word if bracketed else word


def _is_command(text: str) -> bool:
    """Whether this is a command line, or a file's name, and its minuses exclude nothing."""
    minuses = _MINUS.findall(text)
    if not minuses:
        return False
    short = [minus for minus in minuses if _SHORT.fullmatch(minus)]
    return bool(
        _COMMAND.search(text)
        or len(short) > 1
        or any(len(minus) == 2 for minus in short)
        or _FILE_NAME.search(minuses[-1])
        or (_FILE_NAME.search(text) and any(_BUNDLED.fullmatch(minus) for minus in (*minuses, *short)))
    )


def find_filters(query: str, keys: frozenset[str]) -> Iterator[tuple[int, int, Filter]]:
    """The filters within a query, each with its [start, end): they follow white space and have one of these
    keys."""
    known, pattern = _keys(keys)
    for match in pattern.finditer(query):
        before = query[match.start() - 1] if match.start() else " "
        key = known.get(language.fold(match["quoted"] or match["key"]).strip())
        if before.isspace() and key is not None:
            filter = _filter(match, key)
            if filter.key != SORT or _is_order(filter):
                yield match.start(), match.end(), filter


def _is_order(filter: Filter) -> bool:
    """Whether what was written with the key `sort` names an order."""
    return filter.operator == ":" and not filter.excluded and filter.value in _SORTS


@lru_cache(maxsize=8)
def _keys(keys: frozenset[str]) -> tuple[dict[str, str], re.Pattern[str]]:
    """The keys by what they are folded, and a pattern of filters with them."""
    return {language.fold(key): key for key in keys}, _pattern(keys)


def _pattern(keys: Iterable[str] = ()) -> re.Pattern[str]:
    odd = sorted((key for key in keys if not re.fullmatch(r"[^\W\d][\w.-]*", key)), key=len, reverse=True)
    names = "|".join([*map(re.escape, odd), r"[^\W\d][\w.-]*"])
    return re.compile(
        rf"""(?P<minus>-|(?-i:NOT[ ]+))?(?:["“”](?P<quoted>[^"“”]+)["“”]|(?P<key>{names}))"""
        r"""(?P<operator>[:：][ \u3000]?|[ ]?(?:[>＞<＜][=＝]|[≥≤<>=＜＞＝])[ ]?)"""
        r"""(?P<value>"(?:[^"]|"")*"|“[^”]*”|[^\s"]+)""",
        re.IGNORECASE,
    )


_ANY = _pattern()


def parse_filter(expression: str) -> tuple[Filter, ...]:
    """Filters written apart from a query, one or several; any key goes.

    Raises:
        UsageProblem: it is not a filter.
    """
    expression = clean(expression).strip()
    matches = list(_ANY.finditer(expression))
    if not matches or _ANY.sub("", expression).strip():
        raise UsageProblem("bad-filter", expression=expression)
    found = tuple(_filter(match, (match["quoted"] or match["key"]).lower()) for match in matches)
    if any(filter.key == SORT and not _is_order(filter) for filter in found):
        raise UsageProblem("bad-filter", expression=expression)
    return found


def parse_value(text: str) -> Value:
    """A value is an integer, else text (an ISO date sorts as text)."""
    return int(text) if _INTEGER.fullmatch(text) else text


def clean(text: str) -> str:
    """Without what no document holds and no library takes, lone surrogates and NUL; half-width kana composed."""
    return language.composed(text.encode("utf-8", "replace").decode("utf-8").replace("\0", " "))


def written(filters: Iterable[Filter]) -> tuple[str, ...]:
    """The filters as they were written."""
    return tuple(filter.text for filter in filters)


def _filter(match: re.Match[str], key: str) -> Filter:
    operator, value = match["operator"].strip(), match["value"]
    if value[0] == '"' and len(value) > 1:
        value = value[1:-1].replace('""', '"')
    elif value[0] == "“" and value[-1] == "”":
        value = value[1:-1]
    return Filter(
        key=key,
        operator=_OPERATORS.get(operator.translate(_HALF), operator.translate(_HALF)),  # type: ignore[arg-type]
        value=parse_value(value),
        excluded=bool(match["minus"]),
        text=match[0],
    )
