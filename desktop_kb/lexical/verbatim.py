"""What is looked up of a text that is to stand word for word: the rarest run of its terms, neighbours in their order.
The rest is compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from desktop_kb import language
from desktop_kb.lexical.query import Vocabulary

#: Only the first _MOST_TERMS terms of a text are considered, and the _ASKED rarest neighbours among them are asked
#: for. A whole sentence of common words took 7 ms in 200,000 passages.
_MOST_TERMS: Final = 256
_ASKED: Final = 4
#: If even the rarest term of a phrase is in more passages than this, a lookup would take too long.
_MOST_HELD: Final = 20_000


def terms_in_order(text: str) -> tuple[list[str], list[str]]:
    """The grams of a text, and separately the single Chinese characters at its ends: in a longer text such a
    character may be part of a bigram and no gram itself."""
    terms = language.grams(text, edges=True)
    ends = []
    for at in (0, -1):
        if len(terms) > 1 and len(terms[at]) == 1 and language.is_han(terms[at]):
            ends.append(terms.pop(at))
    return terms, ends


def rarest_run(words: Vocabulary, name: str, terms: Sequence[str]) -> list[str]:
    """The rarest run of neighbouring terms. Empty if a term occurs nowhere, or if even the rarest is in more than
    _MOST_HELD passages."""
    terms = terms[:_MOST_TERMS]
    counts = words.frequencies(name, list(dict.fromkeys(terms)))
    if not terms or any(term not in counts for term in terms) or min(counts.values()) > _MOST_HELD:
        return []
    starts = range(max(1, len(terms) - _ASKED + 1))
    first = min(starts, key=lambda at: sum(counts[term] for term in terms[at : at + _ASKED]))
    return list(terms[first : first + _ASKED])


def is_character(terms: Sequence[str]) -> bool:
    """Whether a text is one Chinese character, which may be a part of bigrams only."""
    return len(terms) == len(terms[0]) == 1 and language.is_han(terms[0])
