"""Writes tiny files of the kind that `desktop_kb.inference.q4` reads, with random numbers in them."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from desktop_kb.files import sha256
from desktop_kb.inference.catalogue import MULTILINGUAL, Model

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
#: Has pieces that overlap in every way, and a character of each kind.
WORDS = (
    "▁", "a", "b", "e", "h", "s", "k", "p", "m", ":", ".", "0", "1", "2", "▁b", "ee", "▁be", "▁bees", "bees", "es",
    "eep", "▁keep", "ab", "ba", "abb", "bab", "▁ab", "蜂", "蜜", "蜜蜂", "▁蜜", "怎", "怎样", "样", "▁query", "q", "u",
    "r", "y", "▁passage", "g",
)  # fmt: skip
#: As in the published file: spaces of other kinds, a letter of another width, one that becomes two, one that goes.
INSTEAD = {0x09: " ", 0x3000: " ", 0x2581: " ", 0xFF42: "b", 0xFB01: "ab", 0x01: ""}
SIZES = {"hidden": 64, "layers": 2, "heads": 4, "inner": 96, "positions": 48, "types": 2}
EPSILON = 1e-5


def tensors(vocabulary: int, seed: int = 0, **sizes: int) -> dict[str, Any]:
    """Random tensors by name, those in four bits as (scales, halves)."""
    size = {**SIZES, **sizes}
    hidden, inner, numbers = size["hidden"], size["inner"], np.random.default_rng(seed)

    def four(rows: int, columns: int) -> tuple[Any, Any]:
        scales = numbers.uniform(0.02, 0.1, (rows, columns // 32)).astype(np.float16)
        return scales, numbers.integers(0, 256, (rows, columns // 32, 16), np.uint8)

    def plain(*shape: int) -> Any:
        return numbers.normal(0, 0.3, shape).astype(np.float32)

    found: dict[str, Any] = {
        "emb.word": four(vocabulary, hidden),
        "emb.pos": plain(size["positions"], hidden),
        "emb.type": plain(size["types"], hidden),
        "emb.ln.w": 1 + plain(hidden),
        "emb.ln.b": plain(hidden),
    }
    for layer in range(size["layers"]):
        for name, rows, columns in (
            *((name, hidden, hidden) for name in ("q", "k", "v", "ao")),
            ("fi", inner, hidden),
            ("fo", hidden, inner),
        ):
            found[f"l{layer}.{name}.w"] = four(rows, columns)
            found[f"l{layer}.{name}.b"] = plain(rows)
        for name in ("aln", "oln"):
            found[f"l{layer}.{name}.w"] = 1 + plain(hidden)
            found[f"l{layer}.{name}.b"] = plain(hidden)
    return found


def numbers_of(tensor: Any) -> Any:
    """A tensor in float32, one number after the other."""
    if not isinstance(tensor, tuple):
        return tensor
    scales, halves = tensor
    out = np.zeros((*scales.shape, 32), np.float32)
    for place in range(16):
        out[..., place] = (halves[..., place].astype(int) % 16 - 8) * scales.astype(np.float32)
        out[..., place + 16] = (halves[..., place].astype(int) // 16 - 8) * scales.astype(np.float32)
    return out.reshape(len(scales), -1)


def written(
    path: Path,
    held: Mapping[str, Any] | None = None,
    *,
    words: Sequence[str] = WORDS,
    scores: Sequence[float] | None = None,
    instead: Mapping[int, str] = INSTEAD,
    **sizes: int,
) -> Path:
    """Write a file with these pieces and tensors (by default random ones); returns its path."""
    size = {**SIZES, **sizes}
    pieces = [piece.encode() for piece in (*SPECIAL, *words)]
    rows = len(pieces) + 3  # the published table has some more than there are pieces
    held = tensors(rows, **sizes) if held is None else held
    if scores is None:
        scores = np.random.default_rng(1).uniform(-12, -2, len(words)).tolist()
    ends = np.cumsum([0, *map(len, pieces)])
    head = [
        struct.pack("<4sI7ifi", b"E5S1", 1, *(size[n] for n in ("hidden", "layers", "heads", "inner")), rows,
                    size["positions"], size["types"], EPSILON, 32),
        struct.pack("<5iQ", len(pieces), 0, 2, 1, 3, ends[-1]),
        ends.astype("<u4").tobytes(),
        np.array([0, 0, 0, 0, *scores], "<f4").tobytes(),
        b"".join(pieces),
    ]  # fmt: skip
    entries = b"".join(
        struct.pack(f"<IB{len(text)}I", code, len(text), *map(ord, text)) for code, text in instead.items()
    )
    head += [struct.pack("<iI", len(instead), len(entries)), entries]
    raws = {name: _raw(tensor) for name, tensor in held.items()}
    start = sum(map(len, head)) + 4 + sum(2 + len(name) + 21 for name in held)
    head.append(struct.pack("<i", len(held)))
    for name, tensor in held.items():
        kind = int(isinstance(tensor, tuple))
        numbers = len(raws[name]) // 18 * 32 if kind else len(raws[name]) // 4
        head.append(struct.pack("<H", len(name)) + name.encode())
        head.append(struct.pack("<BIQQ", kind, numbers, start, len(raws[name])))
        start += len(raws[name])
    path.write_bytes(b"".join((*head, *raws.values())))
    return path


def _raw(tensor: Any) -> bytes:
    if not isinstance(tensor, tuple):
        return bytes(tensor.astype("<f4").tobytes())
    scales, halves = tensor
    together = np.concatenate((scales.astype("<f2")[..., None].view(np.uint8), halves), axis=-1)
    return bytes(together.tobytes())


def model_of_file(path: Path, window_tokens: int = 30) -> Model:
    """The model in such a file."""
    return Model(
        id="tiny-q4",
        task="embed",
        revision="1",
        dimensions=SIZES["hidden"],
        window_tokens=window_tokens,
        pooling="mean",
        files={path.name: sha256(path)},
        query_prompt=MULTILINGUAL.query_prompt,
        passage_prompt=MULTILINGUAL.passage_prompt,
    )
