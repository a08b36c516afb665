"""Terms as tokens of the engine's full-text index, and lookups in its boolean mode.

Every term has a letter before it, because the index drops English function words silently. What is not plain ASCII
letters and digits or Chinese characters could be an operator there, so it is a hash.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from desktop_kb.lexical import Groups, Terms

_PLAIN = re.compile(r"[0-9a-z]{1,40}|[\u4e00-\u9fff]{1,10}")


def token(kind: str, term: str) -> str:
    """A term as a token; `kind` is a letter: x a word or gram, c a character, d a document, f what a filter asks."""
    return kind + term if _PLAIN.fullmatch(term) else f"{kind}-".replace("-", "_") + digest(term)[:20]


def digest(text: str) -> str:
    """A key for any text, 32 hexadecimal digits."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def of_words(terms: Terms, required: Iterable[str]) -> str:
    """The indexed words of a passage, and what filters may require of it."""
    words = " ".join(terms[:3]).split()
    return " ".join([*(token("x", word) for word in words), *required])


def of_grams(terms: Terms, required: Iterable[str]) -> str:
    """The indexed grams and characters of a passage, the grams in their order, and what filters may require."""
    grams = [token("x", gram) for gram in terms.grams.split()]
    return " ".join([*grams, *(token("c", one) for one in terms.characters.split()), *required])


def any_of(tokens: Iterable[str]) -> str:
    """A lookup of passages with any of the tokens."""
    return " ".join(tokens)


def all_of(tokens: Iterable[str]) -> str:
    """A lookup of passages with all of the tokens."""
    return " ".join(f"+{one}" for one in dict.fromkeys(tokens))


def matching(groups: Groups, required: str = "") -> str:
    """A lookup of what `groups` says, terms being tokens, within what is required."""
    inner = ""
    if groups.one_of_each:
        inner = " ".join(f"+({' '.join(group)})" for group in groups.one_of_each)
        if groups.any_of:
            inner = f"{' '.join(groups.any_of)} ({inner})"
    else:
        inner = " ".join(groups.any_of)
    if not required:
        return inner
    return f"{required} {inner}" if groups.one_of_each and not groups.any_of else f"{required} +({inner})"
