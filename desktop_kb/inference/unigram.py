"""Text -> ids of pieces by a Unigram vocabulary (Kudo 2018, 'Subword Regularization'), as XLM-R's tokenizer.

Written in Python because the `tokenizers` library keeps the 250,000 pieces of multilingual-e5-small in 271 MB,
more than the whole model takes; here they take 60. A million Chinese characters a second, and more where words
come again, which are looked up, against some thousands that the model reads.

A text is read as the vocabulary's map says it, runs of spaces as one; a word is what stands between spaces,
with its space in front as '▁'. No piece reaches over a space, so that each word is cut by itself. A character
that no piece holds is one unknown token.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final

from desktop_kb.inference.q4 import Vocabulary

_SPACE: Final = "▁"
_SPACES: Final = re.compile(" {2,}")
#: What an unknown character costs, below the rarest piece (sentencepiece, unigram_model.cc, kUnkPenalty).
_UNKNOWN_PENALTY: Final = 10.0
#: Words that are kept once they were cut, and the longest of them.
_WORDS: Final = 50_000
_WORD: Final = 24


class Unigram:
    """Cuts texts into pieces. Thread-safe.

    Attributes:
        prefix: ids of the special tokens before a text.
        suffix: ids of the special tokens after it.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.prefix, self.suffix = [vocabulary.start], [vocabulary.end]
        self._unknown = vocabulary.unknown
        self._instead = vocabulary.instead
        self._scores: list[float] = vocabulary.scores.tolist()
        self._unknown_score = min(self._scores) - _UNKNOWN_PENALTY
        self._ids = {piece: id for id, piece in enumerate(vocabulary.pieces) if id != vocabulary.unknown}
        self._known = set().union(*self._ids)
        self._longest: dict[str, int] = {}
        for piece in self._ids:
            start = piece[:2]
            self._longest[start] = max(self._longest.get(start, 0), len(piece))
        self._words: dict[str, list[int]] = {}

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Ids of each text's pieces, without special tokens; none for a text of spaces."""
        return [self._cut(text) for text in texts]

    def read(self, texts: Sequence[str]) -> list[tuple[int, bytes | None]]:
        """For each text the number of its pieces, and for each character 1 or 0, whether pieces hold it;
        None if they hold them all."""
        answers: list[tuple[int, bytes | None]] = []
        for text, ids in zip(texts, self.ids(texts), strict=True):
            holds = bytes(map(self._holds, text)) if self._unknown in ids else None
            answers.append((len(ids), holds))
        return answers

    def _holds(self, character: str) -> bool:
        return self._known.issuperset(self._instead.get(ord(character), character).replace(" ", _SPACE))

    def _cut(self, text: str) -> list[int]:
        read = _SPACES.sub(" ", text.translate(self._instead)).removeprefix(" ")
        if not read:
            return []
        ids: list[int] = []
        for word in read.split(" "):
            found = self._words.get(word)
            if found is None:
                found = self._best(_SPACE + word)
                if len(word) <= _WORD:
                    if len(self._words) >= _WORDS:
                        self._words.clear()
                    self._words[word] = found
            ids += found
        return ids

    def _best(self, word: str) -> list[int]:
        """The pieces that are together the likeliest (Viterbi)."""
        size = len(word)
        best = [-math.inf] * (size + 1)
        best[0] = 0.0
        last: list[tuple[int, int]] = [(0, 0)] * (
            size + 1
        )  # of the best way to here: its last piece's start and id
        id_of, scores, longest = self._ids.get, self._scores, self._longest
        for start in range(size):
            here = best[start]
            unknown = here + self._unknown_score
            reach = min(
                size - start, max(longest.get(word[start], 0), longest.get(word[start : start + 2], 0))
            )
            for end in range(start + 1, start + reach + 1):
                id = id_of(word[start:end])
                if id is not None and here + scores[id] > best[end]:
                    best[end] = here + scores[id]
                    last[end] = start, id
            if unknown > best[start + 1]:
                best[start + 1] = unknown
                last[start + 1] = start, self._unknown
        ids = []
        while size:
            size, id = last[size]
            ids.append(id)
        return ids[::-1]
