"""The words' leg: BM25, and which words of a passage matched."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from desktop_kb import language
from desktop_kb.records import Leg, StoredPassage, Terms
from desktop_kb.search.context import Candidate, SearchContext

#: An answer holds a smaller share of a Chinese question, whose words are counted as words, pairs and characters:
#: of the general questions .178 against .230 of their translations, of XQuAD's .335 against .414.
_CHINESE: Final = 1.25


def score_words(context: SearchContext, candidates: Sequence[Candidate]) -> None:
    """Score all candidates, also those that another leg found."""
    factor = fullness(context.language)
    for candidate in candidates:
        if score := context.retrieved.by_words.get(candidate.passage.key, 0.0):
            candidate.scores[Leg.WORDS] = score
            candidate.evidence[Leg.WORDS] = min(1.0, factor * score)


def fullness(code: str) -> float:
    """What to multiply the share of a question's words by, so that it means the same in every language."""
    return _CHINESE if code == "zh" else 1.0


@lru_cache(maxsize=128)
def _written(text: str, beginning: frozenset[str]) -> tuple[bool, Sequence[tuple[str, str]]]:
    """The words of a text but Chinese ones, those at least that begin with one of these letters: whether they are
    stemmed, which is done by the text's language, and of each its term or else its gram, and how it is written there.
    Remembered, as hits are shown again with every letter typed."""
    others, code = language.without_han(text), language.language_of(text)
    stemmed = code in language.languages_marked()
    tokens = language.word_tokens(others, code) if stemmed else language.gram_tokens(others, beginning)
    return stemmed, [(term, text[start:end]) for term, start, end in tokens]


def with_headings(passage: StoredPassage) -> str:
    """The text of a passage below its title and headings, whose words count as its own."""
    return f"{passage.title}\n{' '.join(passage.heading)}\n{passage.text}"


def matched_terms(passage: StoredPassage, query: Terms) -> tuple[str, ...]:
    """The words of the passage that are in the query, as they are written there, each once."""
    text = with_headings(passage)
    folded = language.fold(text)
    initials = language.initials(query.words)
    stemmed, written = _written(text, initials)
    found: dict[str, str] = {}
    for term, word in written:
        if term[0] in initials:
            term = term if stemmed else language.word_of(term)
            if term in query.words:
                found[term] = word
    # A Chinese term is looked for as it is: cutting the passage again costs 5 ms, this nothing.
    for term in query.words:
        at = folded.find(term) if language.is_han(term[0]) else -1
        if at >= 0:
            found[term] = text[at : at + len(term)]
    if not found:
        grams = frozenset((*query.grams, *query.characters))
        for token in language.gram_tokens(text):
            if token.term in grams:
                found.setdefault(token.term, text[token.start : token.end])
    return tuple(dict.fromkeys(found.values()))
