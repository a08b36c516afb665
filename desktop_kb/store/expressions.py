"""Expressions for FTS5's MATCH (https://www.sqlite.org/fts5.html#full_text_query_syntax)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from desktop_kb import language
from desktop_kb.lexical import BEGINNING, Groups

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


def matching(groups: Groups) -> str:
    """An FTS5 expression for the passages of a lookup; its terms are expressions."""
    if not groups.one_of_each:
        return " OR ".join(groups.any_of)
    required = " AND ".join(f"({' OR '.join(group)})" for group in groups.one_of_each)
    return " OR ".join([*groups.any_of, f"({required})"])


def quoted(term: str) -> str:
    """A term quoted for an FTS5 expression, so that nothing in it is syntax."""
    return f'"{term.rstrip(BEGINNING).replace(chr(34), "")}"{" *" * term.endswith(BEGINNING)}'
