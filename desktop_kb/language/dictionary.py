"""The words that a dictionary knows: jieba cuts Chinese into them, Snowball stems English ones."""

from __future__ import annotations

import logging
import threading
import time
import warnings
from array import array
from functools import cache, lru_cache
from typing import Any, BinaryIO

import snowballstemmer

_loading = threading.Lock()
_local = threading.local()


@lru_cache(maxsize=2**15)
def dictionary_words(run: str) -> array[int]:
    """Where each word of the run starts and ends, by turns.

    Kept, as a document is cut twice, where its borders are looked for and for the index: jieba takes
    4 us a character. Full, it holds the last 270,000 characters in 9 MB.
    """
    return array("H", (at for _, *place in _jieba().tokenize(run, mode="search") for at in place))


@lru_cache(maxsize=2**16)
def stem(word: str) -> str:
    """The stem of a folded English word."""
    # A Snowball stemmer keeps the word it works on in itself: one for each thread.
    stemmer = getattr(_local, "stemmer", None)
    if stemmer is None:
        stemmer = _local.stemmer = snowballstemmer.stemmer("english")
    return str(stemmer.stemWord(word))


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
    """jieba's dictionary as its `gen_pfdict` reads it: each word with how often it was counted, each
    beginning of a word with 0; and the sum.

    jieba's own loading (0.5 s too, even from the cache file it writes) keeps every other thread
    waiting for up to 180 ms: `marshal` holds the lock of the interpreter, and reading a file lets it
    go for too short a moment for anybody to take it. A real rest every thousand words makes it 10 ms.
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
