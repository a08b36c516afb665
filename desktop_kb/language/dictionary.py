"""Chinese word segmentation by jieba, and the stems of European languages by Snowball."""

from __future__ import annotations

import logging
import threading
import time
import warnings
from array import array
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

_loading = threading.Lock()
_local = threading.local()


@lru_cache(maxsize=2**15)
def dictionary_words(run: str) -> array[int]:
    """Start and end of each word of the run, alternating.

    Cached because a document is segmented twice, for chunking and for the index, and jieba takes 4 us a
    character. A full cache holds the last 270,000 characters in 9 MB.
    """
    return array("H", (at for _, *place in _jieba().tokenize(run, mode="search") for at in place))


@lru_cache(maxsize=2**16)
def stem(word: str, language: str = "english") -> str:
    """The stem of a word in lower case."""
    # A Snowball stemmer is not thread-safe (it holds the current word), so each thread has its own.
    stemmers: dict[str, Any] = _local.__dict__.setdefault("stemmers", {})
    if language not in stemmers:
        import snowballstemmer  # here: it loads 35 languages, a fortieth of the time to start the program

        stemmers[language] = snowballstemmer.stemmer(language)
    return str(stemmers[language].stemWord(word))


@cache
def _dictionary() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes, pkg_resources
        import jieba
    jieba.default_logger.handlers.clear()  # it logs to stderr by itself
    jieba.setLogLevel(logging.WARNING)
    jieba.dt.FREQ, jieba.dt.total = _frequencies(jieba.dt.get_dict_file())
    jieba.dt.initialized = True
    return jieba.dt


def _frequencies(lines: BinaryIO) -> tuple[dict[str, int], int]:
    """jieba's dictionary as its `gen_pfdict` reads it: each word with its count, each proper prefix of a
    word with 0; and the total count.

    jieba's own loading (also 0.5 s, even from its cache file) blocks every other thread for up to 180 ms,
    since `marshal` holds the GIL, and reading a file releases it too briefly for another thread to get it.
    A sleep every thousand words reduces that to 10 ms.
    """
    frequencies: dict[str, int] = {}
    total = 0
    with lines:
        for number, line in enumerate(lines):
            word, count, _ = line.decode("utf-8").split(" ", 2)
            frequencies[word] = int(count)
            total += int(count)
            for end in range(1, len(word)):
                frequencies.setdefault(word[:end], 0)
            if number % 1000 == 0:
                time.sleep(1e-6)
    return frequencies, total


def _jieba() -> Any:
    with _loading:
        return _dictionary()
