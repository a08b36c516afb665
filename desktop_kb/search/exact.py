"""What a question names: a document's title, a file's name, a text that occurs word for word, a number
or a code.

It counts only if it occurs in a few documents. Such passages come first, whatever their score.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from desktop_kb import language
from desktop_kb.records import Exact, Key, Standing
from desktop_kb.search.context import SearchContext

_MOST_DOCUMENTS: Final = 3
#: Characters of a number or code; shorter ones occur everywhere.
_SHORTEST_CODE: Final = 4
#: Codes of a question that are looked for, 7 ms each: a table pasted as a question has a thousand of them.
_MOST_CODES: Final = 16
#: Passages that are added to those the words found.
_MOST_ADDED: Final = 100


def find_named(context: SearchContext) -> None:
    """Find what the question names, and make it candidates whatever the legs found."""
    if not context.by_words or "exact" in context.without or context.options.like is not None:
        return
    _take_name_as_text(context)
    named = context.named
    first: dict[str, Key] = {}  # a passage of each document
    for kind, standing in _standings(context):
        for key in standing.passages:
            named.passages.setdefault(key, kind)
        for document, key in standing.documents.items():
            named.documents.setdefault(document, kind)
            first.setdefault(document, key)
    named.candidates = {*sorted(named.passages)[:_MOST_ADDED], *first.values()}


def _take_name_as_text(context: SearchContext) -> None:
    """What stands behind a minus in the name of a document is no exclusion: 'Song -live'."""
    query, moment = context.query, context.moment
    everywhere = replace(context.scope, excluded=())
    if query.excluded and (
        moment.titled(query.typed, everywhere, _MOST_DOCUMENTS).documents
        or moment.named(query.typed, everywhere, _MOST_DOCUMENTS).documents
    ):
        context.query, context.scope = query.as_text(), everywhere
        context.also += context.query.also


def mark_named(context: SearchContext) -> None:
    """Mark what was named; of a document named by its title or file, its best passage only."""
    marked: set[str] = set()
    for candidate in context.candidates:
        document = candidate.passage.document
        if document in context.named.documents and document not in marked:
            candidate.exact = context.named.documents[document]
            marked.add(document)
        else:
            candidate.exact = context.named.passages.get(candidate.passage.key)


def _standings(context: SearchContext) -> Iterator[tuple[Exact, Standing]]:
    text, scope, moment = context.query.text, context.scope, context.moment
    yield "title", moment.titled(text, scope, _MOST_DOCUMENTS)
    yield "name", moment.named(text, scope, _MOST_DOCUMENTS)
    codes = [code for code in language.codes(text) if len(code) >= _SHORTEST_CODE]
    for code in codes[:_MOST_CODES]:
        yield "number", moment.containing(code, scope, _MOST_DOCUMENTS)
    if _has_words(text):
        yield "phrase", moment.containing(text, scope, _MOST_DOCUMENTS)


def _has_words(text: str) -> bool:
    """Whether a word in it carries a topic; a short number or a single letter does not."""
    return any(
        not language.is_stop(term)
        and any(map(str.isalpha, term))
        and (len(term) > 1 or language.is_han(term))
        for term in language.grams(text)
    )
