"""A plain hybrid, as public programs have it, on the collections of `quality.py`: what this program's search is worth
beside words and one model, half and half.

    python tests/bench/hybrid.py COLLECTIONS [--only cisi xquad-en] [--keep DIR]

Each text is encoded whole by all-MiniLM-L6-v2, cut off where the model ends, and ranked by cosine; words are
lower-cased, without those that carry nothing, and ranked by BM25 (k1 1.2, b .75); both are half of the score,
the words' divided by their best. Nothing of the program's index, cutting or search is used, only its client of the
model. Prints nDCG@10 with 95 % intervals.
"""

from __future__ import annotations

import argparse
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import corpora
import numpy as np
from corpora import Library
from measures import interval, ndcg, table
from numpy.typing import NDArray
from said import Memory

from desktop_kb.inference import find_embedder

_K1, _B = 1.2, 0.75
#: The stop words of Lucene's EnglishAnalyzer.
_STOP = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be but by for if in into is it no not of on or such that the their then there these "
        "they this to was will with",
    )
)
_WAYS = {"words": 0.0, "meaning": 1.0, "half and half": 0.5}

Array = NDArray[np.float32]


class Bm25:
    """BM25 over these texts (Robertson & Zaragoza 2009)."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [Counter(words(text)) for text in texts]
        lengths = np.array([sum(count.values()) for count in counts], np.float32)
        self._norms = _K1 * (1 - _B + _B * lengths / max(1.0, lengths.mean()))
        self._holding: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for at, count in enumerate(counts):
            for word, times in count.items():
                self._holding[word].append((at, times))

    def scores(self, question: str) -> Array:
        """The score of each text, (n,)."""
        found = np.zeros(len(self._norms), np.float32)
        for word in words(question):
            holding = self._holding.get(word, [])
            idf = math.log(1 + (len(found) - len(holding) + 0.5) / (len(holding) + 0.5))
            for at, times in holding:
                found[at] += idf * times * (_K1 + 1) / (times + self._norms[at])
        return found


def words(text: str) -> list[str]:
    return [word for word in re.findall(r"\w+", text.lower()) if word not in _STOP]


def ranked(
    library: Library, vectors: Array, questions: Mapping[str, Array]
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """By way, nDCG@10 of each question."""
    names = list(library.texts)
    index = Bm25(list(library.texts.values()))
    (asked,) = library.cells.values()
    for way, meaning in _WAYS.items():
        values = []
        for one in asked:
            by_words = index.scores(one.text)
            by_words /= max(1e-9, float(by_words.max()))
            score = meaning * (vectors @ questions[one.text]) + (1 - meaning) * by_words
            best = np.argsort(-score, kind="stable")[:10]
            values.append(ndcg([names[at] for at in best], one.relevant))
        yield way, np.array(values, np.float64)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("collections", type=Path)
    parser.add_argument("--only", nargs="+", default=["cisi", "xquad-en"])
    parser.add_argument("--keep", type=Path, default=Path.home() / ".cache" / "desktop-kb-bench")
    options = parser.parse_args()
    embedder = find_embedder()
    if embedder is None:
        raise SystemExit("the embedding model is not installed")
    libraries = [*corpora.cisi(options.collections), *corpora.alone(options.collections)]
    with Memory(options.keep / "said.sqlite").remembering():
        for library in libraries:
            if library.name not in options.only:
                continue
            vectors = embedder.encode_passages(list(library.texts.values()))
            (asked,) = library.cells.values()
            questions = {one.text: embedder.encode_query(one.text) for one in asked}
            rows = [[way, interval(values)] for way, values in ranked(library, vectors, questions)]
            print(
                f"### {library.name}, {len(asked)} questions\n\n{table(['way', 'nDCG@10'], rows)}\n",
                flush=True,
            )
    embedder.close()


if __name__ == "__main__":
    main()
