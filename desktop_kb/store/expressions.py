"""Expressions for FTS5's MATCH (https://www.sqlite.org/fts5.html#full_text_query_syntax)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from desktop_kb import language

#: At the end of a term: all terms that begin like this.
BEGINNING: Final = "*"
#: The most passages that FTS5 should score (.55 us each), and the fewest that an expression should match.
_MOST_SCORED = 20_000
_FEWEST_SCORED = 5_000
#: A hyphen within a word.
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u2010\u2011](?=[^\W\d_])")


def phrase(text: str) -> str | None:
    """An FTS5 expression over the grams for passages with these words in this order; None if the text has no
    grams."""
    terms = language.grams(text, edges=True)
    if not terms:
        return None
    if len(terms) == len(terms[0]) == 1 and language.is_han(terms[0]):
        return f"characters : {quoted(terms[0])}"
    # 'e-mail' and 'readFile' give their parts too, but not where a text has 'email' or 'readfile'.
    forms = (text, language.fold(text), _HYPHEN.sub("", text))
    ways = dict.fromkeys(" ".join(language.grams(form, edges=True)) for form in forms)
    return f"grams : ({' OR '.join(map(quoted, ways))})"


_NEAR = re.compile(r'"(.+)"~(\d{1,3})', re.DOTALL)


def choice(alternatives: Iterable[str]) -> str | None:
    """An FTS5 expression for passages with one of these, see `records.Scope`; None if none has grams."""
    found = [expression for one in alternatives if (expression := _one(one))]
    return " OR ".join(f"({expression})" for expression in found) or None


def _one(text: str) -> str | None:
    if near := _NEAR.fullmatch(text):
        terms = dict.fromkeys(language.grams(near[1], edges=True))
        return f"grams : NEAR({' '.join(map(quoted, terms))}, {near[2]})" if terms else None
    if text.endswith(BEGINNING) and (terms := dict.fromkeys(language.grams(text)[:1])):
        return f"grams : {quoted(next(iter(terms)) + BEGINNING)}"
    return phrase(text)


def selective(terms: Mapping[str, int], size: int, share: float) -> Iterator[str]:
    """FTS5 expressions to try in turn until one finds enough; the last matches any of the terms.

    A passage with a rare term is always scored. Common terms are dealt into groups, the rarest first, and a
    passage must have one term of each group. Example: eight words that are each in a tenth of a million
    passages match 570,000 of them; in three groups they match 14,000, and the best are among those.

    Args:
        terms: expression -> the number of passages that match it.
        size: the number of passages in the table.
        share: the share of the table's passages that are in scope.
    """
    ordered = sorted(terms, key=lambda term: (terms[term], term))
    scored, rare = 0.0, 0
    while rare < len(ordered) and scored + terms[ordered[rare]] * share <= _FEWEST_SCORED:
        scored += terms[ordered[rare]] * share
        rare += 1
    common = ordered[rare:]
    required = ""
    # At least two terms per group, because a passage that lacks one of many words may still be among the best.
    for count in range(2, max(2, len(common) // 2) + 1 if len(common) > 1 else 2):
        groups = [common[first::count] for first in range(count)]
        expected = share * size
        for group in groups:
            expected *= 1 - math.prod(1 - terms[term] / size for term in group)
        if expected < _FEWEST_SCORED:
            break
        required = " AND ".join(f"({' OR '.join(group)})" for group in groups)
        if expected <= _MOST_SCORED:
            break
    if required:
        yield " OR ".join([*ordered[:rare], f"({required})"])
    yield " OR ".join(ordered)


def quoted(term: str) -> str:
    """A term quoted for an FTS5 expression, so that nothing in it is syntax."""
    return f'"{term.rstrip(BEGINNING).replace(chr(34), "")}"{" *" * term.endswith(BEGINNING)}'
