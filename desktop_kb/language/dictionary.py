"""Chinese word segmentation by jieba, and the stems of European languages by Snowball."""

from __future__ import annotations

import logging
import math
import re
import threading
import time
import warnings
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, BinaryIO, Final

#: The languages that words are stemmed in besides English.
STEMMED: Final = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nb": "norwegian",
    "nl": "dutch",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}

#: The Han characters that jieba cuts into words; it takes each of the others alone.
_COMMON: Final = re.compile("(?P<common>[\u4e00-\u9fd5]+)|[^\u4e00-\u9fd5]+")

_loading = threading.Lock()
_local = threading.local()


@lru_cache(maxsize=2**15)
def dictionary_words(run: str) -> array[int]:
    """Start and end of each word of a run of Han characters, alternating: what jieba's search mode gives.

    Its own way takes 4.7 us a character, this 2.1 to 3.2: it lists all words of the dictionary at each character before
    it weighs them, and takes a logarithm for each. Cached because a document is segmented twice, for chunking and for
    the index. A full cache holds the last 270,000 characters in 9 MB.
    """
    known = _dictionary()
    found: list[int] = []
    for part in _COMMON.finditer(run):
        start, end = part.span()
        if not part["common"]:  # jieba knows none of these characters
            found += (at for place in range(start, end) for at in (place, place + 1))
            continue
        for first, last in _words(part[0], known):
            first, last = start + first, start + last
            for length in (2, 3):
                if last - first > length:
                    inside = range(first, last - length + 1)
                    found += (
                        at
                        for place in inside
                        if known.weights.get(run[place : place + length])
                        for at in (place, place + length)
                    )
            found += (first, last)
    return array("H", found)


def _words(run: str, known: _Dictionary) -> Iterator[tuple[int, int]]:
    """The likeliest words of a run; what the dictionary has no word of is cut by jieba's hidden Markov model."""
    ends = _likeliest(run, known)
    at, begun = 0, 0  # single characters from `begun` on are not cut yet
    while at < len(run):
        end = ends[at]
        if end - at > 1:
            yield from _strange(run, begun, at, known)
            yield at, end
            begun = end
        at = end
    yield from _strange(run, begun, at, known)


def _likeliest(run: str, known: _Dictionary) -> list[int]:
    """Where the word ends that begins at each character, on the likeliest way from there to the end (Viterbi over
    unigrams); of ways as likely the one with the longer word."""
    size, weight_of = len(run), known.weights.get
    best = [0.0] * (size + 1)
    ends = [0] * size
    for first in range(size - 1, -1, -1):
        most, chosen, end = 0.0, 0, first + 1
        weight = weight_of(run[first])
        while weight is not None:
            if weight:  # else only the beginning of a word
                way = weight + best[end]
                if not chosen or way >= most:
                    most, chosen = way, end
            end += 1
            weight = weight_of(run[first:end]) if end <= size else None
        best[first] = most if chosen else known.unknown + best[first + 1]
        ends[first] = chosen or first + 1
    return ends


def _strange(run: str, first: int, last: int, known: _Dictionary) -> Iterator[tuple[int, int]]:
    """The words of characters that stand alone in the likeliest cut."""
    piece = run[first:last]
    words = piece if last - first < 2 or known.weights.get(piece) else known.cut(piece)
    for word in words:
        yield first, first + len(word)
        first += len(word)


@lru_cache(maxsize=2**16)
def stem(word: str, language: str = "english") -> str:
    """The stem of a word in lower case."""
    # A Snowball stemmer is not thread-safe (it holds the current word), so each thread has its own.
    stemmers: dict[str, Any] = _local.__dict__.setdefault("stemmers", {})
    if language not in stemmers:
        import snowballstemmer  # here: it loads 35 languages, a fortieth of the time to start the program

        stemmers[language] = snowballstemmer.stemmer(language)
    return str(stemmers[language].stemWord(word))


@dataclass(frozen=True, slots=True)
class _Dictionary:
    """jieba's dictionary.

    Attributes:
        weights: of each word the logarithm of its share of all words, below 0; 0.0 for what only begins a word.
        unknown: the weight of a character that is no word.
        cut: cuts what it has no words of.
    """

    weights: Mapping[str, float]
    unknown: float
    cut: Callable[[str], Iterable[str]]


def _dictionary() -> _Dictionary:
    with _loading:
        return _load()


@cache
def _load() -> _Dictionary:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes, pkg_resources
        import jieba
        from jieba import finalseg
    jieba.default_logger.handlers.clear()  # it logs to stderr by itself
    jieba.setLogLevel(logging.WARNING)
    weights, total = _frequencies(jieba.dt.get_dict_file())
    whole = math.log(total)
    for number, (word, count) in enumerate(weights.items()):
        if count:
            weights[word] = math.log(count) - whole
        if number % 5000 == 0:
            time.sleep(1e-6)
    # Most are names of two or three characters, and a text repeats its names.
    return _Dictionary(weights, -whole, lru_cache(maxsize=2**14)(lambda run: tuple(finalseg.cut(run))))


def _frequencies(lines: BinaryIO) -> tuple[dict[str, float], int]:
    """jieba's dictionary as its `gen_pfdict` reads it: each word with its count, each proper prefix of a
    word with 0; and the total count.

    jieba's own loading (also 0.5 s, even from its cache file) blocks every other thread for up to 180 ms,
    since `marshal` holds the GIL, and reading a file releases it too briefly for another thread to get it.
    A sleep every thousand words reduces that to 10 ms.
    """
    frequencies: dict[str, float] = {}
    total = 0
    with lines:
        for number, line in enumerate(lines):
            word, count, _ = line.decode("utf-8").split(" ", 2)
            frequencies[word] = int(count)
            total += int(count)
            for end in range(1, len(word)):
                frequencies.setdefault(word[:end], 0.0)
            if number % 1000 == 0:
                time.sleep(1e-6)
    return frequencies, total
