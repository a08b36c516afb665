"""Text -> token ids, token counts and coverage, with the `tokenizers` library or `unigram`.

Hides the special tokens, how a pair is written for each kind of reranker, and settings in the tokenizer
file: all-MiniLM-L6-v2's asks for truncation and padding to 128 tokens, which would make every count wrong.
"""

from __future__ import annotations

import json
import threading
import unicodedata
from collections.abc import Sequence
from itertools import repeat
from pathlib import Path
from typing import Any, Final

import numpy as np
from tokenizers import Encoding, Tokenizer

from desktop_kb.errors import ModelProblem
from desktop_kb.inference.catalogue import Model
from desktop_kb.inference.q4 import read_vocabulary
from desktop_kb.inference.unigram import Unigram
from desktop_kb.records import Floats, Ints

_OTHER: Final = 0
_DIGIT: Final = 1
_LETTER: Final = 2
_FOREIGN: Final = 3
_LATIN: Final = 4  # a Latin letter, for a model of Chinese

#: The prompt of a 'yes-no' reranker of the Qwen3 family before and after '<Instruct>: ...' (model card).
_BEFORE: Final = (
    "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the "
    'Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n'
)
_AFTER: Final = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"


class Tokens:
    """The tokenizer of one model.

    Attributes:
        prefix: ids of the special tokens before a text.
        suffix: ids of the special tokens after it.
    """

    def __init__(self, model: Model, folder: Path) -> None:
        self._model = model
        self._tokenizer: Unigram | _Published = (
            Unigram(read_vocabulary(folder / model.packed)) if model.packed else _Published(folder)
        )
        self.prefix, self.suffix = self._tokenizer.prefix, self._tokenizer.suffix
        self._scripts = model.scripts
        self._reads_ascii = not model.scripts or "LATIN" in model.scripts
        self._kinds: dict[str, int] = {}

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, without special tokens."""
        return self._tokenizer.ids(texts)

    def pairs(self, query: str, passages: Sequence[str]) -> list[tuple[list[int], list[int]]]:
        """A reranker's input for each passage: token ids, special tokens included, and type ids.

        If a pair is too long, its longer text is truncated first, as in the model cards.
        """
        assert isinstance(self._tokenizer, _Published)
        room = self._model.window_tokens
        if self._model.pooling == "yes-no":
            before, after = self.ids([_BEFORE, _AFTER])
            asked = f"<Instruct>: {self._model.instruction}\n<Query>: {query}\n<Document>: "
            texts = [asked + passage for passage in passages]
            found = self._tokenizer.cut(texts, room - len(before) - len(after))
            rows = [[*before, *encoding.ids, *after] for encoding in found]
            return [(row, [0] * len(row)) for row in rows]
        found = self._tokenizer.cut([(query, passage) for passage in passages], room)
        return [(encoding.ids, encoding.type_ids) for encoding in found]

    def id_of(self, token: str) -> int:
        """The id of a token that must be in a reranker's vocabulary.

        Raises:
            ModelProblem: 'model-incomplete' if it is not.
        """
        assert isinstance(self._tokenizer, _Published)
        return self._tokenizer.id_of(token)

    def measure(self, texts: Sequence[str]) -> tuple[Ints, Floats]:
        """Token counts (n,) and coverage 0..1 (n,); see `records.Embedder.measure`."""
        found = self._tokenizer.read(texts)
        coverage = [self._coverage(text, known) for text, (_, known) in zip(texts, found, strict=True)]
        return np.array([count for count, _ in found], np.int32), np.array(coverage, np.float32)

    def _coverage(self, text: str, known: bytes | None) -> float:
        """The share of the text's letters that the model reads: known to its tokenizer and of its scripts.

        Digits count only in a text without letters: '2022' is readable, but the year in a Chinese query
        does not make the query readable. A text with neither has coverage 0. For a model of Chinese,
        Latin letters that its tokenizer knows count if there are Han characters too: 'MacBook怎么截图' is
        Chinese.
        """
        if self._reads_ascii and known is None and text.isascii():
            return float(any(map(str.isalnum, text)))
        seen = [0] * 5
        read = [0] * 5
        for character, is_known in zip(text, known or repeat(1), strict=False):
            kind = self._kind(character)
            seen[kind] += 1
            read[kind] += is_known
        if letters := seen[_LETTER] + seen[_FOREIGN] + seen[_LATIN]:
            return (read[_LETTER] + (read[_LATIN] if read[_LETTER] else 0)) / letters
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
        name = unicodedata.name(character, "")
        if not self._scripts or name.startswith(self._scripts):
            return _LETTER
        return _LATIN if self._scripts == ("CJK",) and name.startswith("LATIN") else _FOREIGN


class _Published:
    """A tokenizer as models are published with it, in `tokenizer.json`. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        try:
            written = (folder / "tokenizer.json").read_text(encoding="utf-8")
            self._tokenizer = Tokenizer.from_str(written)
        except Exception as error:  # the library raises bare exceptions for a file it cannot read
            raise ModelProblem("model-damaged", name="tokenizer.json") from error
        self._using = threading.Lock()  # because `cut` switches truncation on and off
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        probe = self._tokenizer.encode("a")
        text = [i for i, special in enumerate(probe.special_tokens_mask) if not special] or [0]
        self.prefix: list[int] = probe.ids[: text[0]]
        self.suffix: list[int] = probe.ids[text[-1] + 1 :]
        self._unknown = _unknown(self._tokenizer, written)

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, without special tokens."""
        with self._using:
            found = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [encoding.ids for encoding in found]

    def read(self, texts: Sequence[str]) -> list[tuple[int, bytes | None]]:
        """As `Unigram.read`."""
        with self._using:
            encodings = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [(len(e.ids), self._known(text, e)) for text, e in zip(texts, encodings, strict=True)]

    def _known(self, text: str, encoding: Encoding) -> bytes | None:
        if self._unknown not in encoding.ids:
            return None
        known = bytearray(b"\1" * len(text))
        for token, (start, end) in zip(encoding.ids, encoding.offsets, strict=True):
            if token == self._unknown:
                known[start:end] = bytes(end - start)
        return bytes(known)

    def cut(self, inputs: list[Any], room: int) -> list[Encoding]:
        """Texts, or pairs of texts, as inputs of at most `room` tokens, special tokens included."""
        with self._using:
            self._tokenizer.enable_truncation(room, strategy="longest_first")
            try:
                return list(self._tokenizer.encode_batch(inputs))
            finally:
                self._tokenizer.no_truncation()

    def id_of(self, token: str) -> int:
        """The id of a token that must be there."""
        found = self._tokenizer.token_to_id(token)
        if found is None:
            raise ModelProblem("model-incomplete", reason="token", name=token)
        return int(found)


def _unknown(tokenizer: Tokenizer, written: str) -> int | None:
    """The id of the unknown token; None if the vocabulary covers every byte."""
    token = getattr(tokenizer.model, "unk_token", None)
    if token is not None:
        found = tokenizer.token_to_id(token)
        return None if found is None else int(found)
    id = json.loads(written).get("model", {}).get("unk_id")  # Unigram's, which the Python class lacks
    return id if isinstance(id, int) else None
