"""Text -> token ids, token counts and coverage, with the `tokenizers` library alone.

Hides the special tokens and what a tokenizer file brings along: all-MiniLM-L6-v2's asks for
truncation and padding to 128 tokens, which would make every count wrong.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from tokenizers import Encoding, Tokenizer

from desktop_kb.inference.catalogue import EmbeddingModel
from desktop_kb.records import Floats, Ints

_OTHER: Final = 0
_DIGIT: Final = 1
_LETTER: Final = 2
_FOREIGN: Final = 3


class Tokens:
    """The tokenizer of one model.

    Attributes:
        prefix: ids of the special tokens before a text.
        suffix: ids of those after it.
    """

    def __init__(self, model: EmbeddingModel, folder: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        probe = self._tokenizer.encode("a")
        text = [i for i, special in enumerate(probe.special_tokens_mask) if not special]
        self.prefix: list[int] = probe.ids[: text[0]]
        self.suffix: list[int] = probe.ids[text[-1] + 1 :]
        unknown = getattr(self._tokenizer.model, "unk_token", None)
        self._unknown = None if unknown is None else self._tokenizer.token_to_id(unknown)
        self._scripts = model.scripts
        self._kinds: dict[str, int] = {}

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, without special tokens."""
        return [e.ids for e in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]

    def measure(self, texts: Sequence[str]) -> tuple[Ints, Floats]:
        """Token counts (n,) and coverage 0..1 (n,); see `records.Embedder.measure`."""
        encodings = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        counts = np.array([len(e.ids) for e in encodings], np.int32)
        pairs = zip(texts, encodings, strict=True)
        return counts, np.array([self._coverage(text, e) for text, e in pairs], np.float32)

    def _coverage(self, text: str, encoding: Encoding) -> float:
        """The share of the text's letters that the model reads: known to the tokenizer and of its scripts.

        Digits count only where there is no letter ('2022' is readable, but the year in a Chinese
        question does not make the question so). Without either there is nothing to read: 0.
        """
        if self._unknown not in encoding.ids and text.isascii():
            return float(any(map(str.isalnum, text)))
        known = bytearray(b"\1" * len(text))
        for token, (start, end) in zip(encoding.ids, encoding.offsets, strict=True):
            if token == self._unknown:
                known[start:end] = bytes(end - start)
        seen = [0, 0, 0, 0]
        read = [0, 0, 0, 0]
        for character, is_known in zip(text, known, strict=True):
            kind = self._kind(character)
            seen[kind] += 1
            read[kind] += is_known
        if letters := seen[_LETTER] + seen[_FOREIGN]:
            return read[_LETTER] / letters
        return read[_DIGIT] / seen[_DIGIT] if seen[_DIGIT] else 0.0

    def _kind(self, character: str) -> int:
        kind = self._kinds.get(character)
        if kind is None:
            kind = self._kinds[character] = self._classify(character)
        return kind

    def _classify(self, character: str) -> int:
        category = unicodedata.category(character)[0]
        if category == "N":
            return _DIGIT
        if category != "L":
            return _OTHER
        if self._scripts and not unicodedata.name(character, "").startswith(self._scripts):
            return _FOREIGN
        return _LETTER
