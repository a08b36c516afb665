from __future__ import annotations

import random
import struct
from pathlib import Path

import numpy as np
import pytest
from packed import EPSILON, INSTEAD, SIZES, SPECIAL, WORDS, numbers_of, tensors, written

from desktop_kb.errors import ModelProblem
from desktop_kb.inference.q4 import read_vocabulary, read_weights

ROWS = len(SPECIAL) + len(WORDS) + 3


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path / "tiny-q4.bin")


def read_all(path: Path) -> None:
    """As the encoder child does."""
    read_vocabulary(path)
    weights = read_weights(path)
    shape = weights.shape
    weights.blocks("emb.word", shape.vocabulary, shape.hidden)
    weights.values("emb.pos", shape.positions, shape.hidden)
    for layer in range(shape.layers):
        weights.values(f"l{layer}.fi.w", shape.inner, shape.hidden)
        weights.values(f"l{layer}.oln.b", shape.hidden)


def test_the_vocabulary_is_what_was_written(file: Path) -> None:
    found = read_vocabulary(file)
    assert found.pieces == (*SPECIAL, *WORDS)
    assert (found.start, found.end, found.unknown) == (0, 2, 3)
    assert found.instead == INSTEAD
    assert found.scores.shape == (len(found.pieces),)


def test_every_tensor_is_what_was_written(file: Path) -> None:
    weights = read_weights(file)
    assert weights.shape.vocabulary == ROWS
    assert (weights.shape.hidden, weights.shape.heads) == (SIZES["hidden"], SIZES["heads"])
    assert weights.shape.epsilon == pytest.approx(EPSILON)
    for name, tensor in tensors(ROWS).items():
        expected = numbers_of(tensor)
        assert np.array_equal(weights.values(name, *expected.shape), expected), name
    scales, halves = weights.blocks("emb.word", ROWS, SIZES["hidden"])
    assert (scales.shape, halves.shape) == ((ROWS, 2), (ROWS, 2, 16))


@pytest.mark.parametrize(
    ("name", "size"),
    [("emb.pos", (7, 64)), ("l0.q.w", (64, 96)), ("l2.q.w", (64, 64)), ("emb.word", (ROWS,))],
)
def test_a_tensor_that_is_missing_or_of_another_size_is_refused(
    file: Path, name: str, size: tuple[int, ...]
) -> None:
    with pytest.raises(ModelProblem, match=r"model-truncated.*tiny-q4\.bin"):
        read_weights(file).values(name, *size)


def test_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    held = tensors(ROWS)
    held["emb.pos"][3, 3] = np.nan
    held["l0.q.w"][0][1, 1] = np.inf
    weights = read_weights(written(tmp_path / "model.bin", held))
    for name, size in (("emb.pos", (48, 64)), ("l0.q.w", (64, 64))):
        with pytest.raises(ModelProblem, match="model-truncated"):
            weights.values(name, *size)


def test_a_file_cut_short_anywhere_is_refused(file: Path) -> None:
    whole = file.read_bytes()
    for size in [*range(0, 1500, 7), *range(1500, len(whole), 997), len(whole) - 1]:
        file.write_bytes(whole[:size])
        with pytest.raises(ModelProblem):
            read_all(file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.bin", tmp_path):
        with pytest.raises(ModelProblem, match="model-damaged"):
            read_vocabulary(path)


@pytest.mark.parametrize("place", range(0, 300, 4))
def test_a_length_that_lies_reads_or_allocates_nothing(file: Path, place: int) -> None:
    """Every number of the header and of the first tables, set to what would be more than the file has."""
    whole = bytearray(file.read_bytes())
    for lie in (-1, 2**31 - 1, 2**24):
        whole[place : place + 4] = struct.pack("<i", lie)
        file.write_bytes(whole)
        try:
            read_all(file)
        except ModelProblem:
            continue


def test_bytes_at_random_are_refused_or_read(file: Path) -> None:
    """Whatever is changed, a file is read or refused, and no other exception comes."""
    whole = file.read_bytes()
    chance = random.Random(7)
    refused = 0
    for _ in range(400):
        changed = bytearray(whole)
        for _ in range(chance.choice((1, 2, 8, 64))):
            changed[chance.randrange(min(len(whole), 2600))] = chance.randrange(256)
        file.write_bytes(changed)
        try:
            read_all(file)
        except ModelProblem:
            refused += 1
    assert refused > 100
