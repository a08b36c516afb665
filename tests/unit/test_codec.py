"""What is packed is unpacked as it was, and blobs of earlier schemas still are."""

from __future__ import annotations

import json
import zlib

import numpy as np
import pytest

from desktop_kb import codec
from desktop_kb.records import Edit, Extracted, Heading, Layout, Page

LAYOUT = Layout(
    (Page(0, 9, "ix"), Page(9, 20, "1")), (Heading(2, 5, 1, "蜜蜂"),), (Edit(3, 4), Edit(7, 9, " "))
)


def test_a_layout_comes_back() -> None:
    assert codec.unpack_layout(codec.pack_layout(LAYOUT)) == LAYOUT


def test_a_layout_of_the_fourth_schema_is_read() -> None:
    rows = {
        "pages": [[0, 9, "ix"], [9, 20, "1"]],
        "headings": [[2, 5, 1, "蜜蜂"]],
        "edits": [[3, 4, ""], [7, 9, " "]],
    }
    assert codec.unpack_layout(zlib.compress(json.dumps(rows).encode())) == LAYOUT


def test_a_text_comes_back_with_its_layout() -> None:
    extracted = Extracted("蜜 bees", "Bees", LAYOUT, {"year": 2022}, ("a", "b"))
    packed = codec.pack_text(extracted), codec.pack_layout(extracted.layout)
    assert codec.unpack_text(*packed) == extracted


@pytest.mark.parametrize(
    "blob", [b"", b"\x01", b"\x01x", b"\x02rubbish", zlib.compress(b"{}"), zlib.compress(b"[1]")]
)
def test_what_is_damaged_says_so(blob: bytes) -> None:
    with pytest.raises(codec.UNREADABLE):
        codec.unpack_layout(blob)


@pytest.mark.parametrize("dimensions", [384, 25])
@pytest.mark.parametrize("coarse", [False, True])
def test_directions_are_packed_again_as_they_were(coarse: bool, dimensions: int) -> None:
    """A generation is built from another's passages without a loss."""
    chance = np.random.default_rng(3)
    vectors = chance.normal(size=(200, dimensions)).astype(np.float32)
    vectors[7] = 0
    packed = codec.pack_directions(vectors, coarse=coarse)
    assert len(packed) == 200 * (codec.half_of(dimensions) if coarse else dimensions)
    directions = codec.unit_directions(packed, dimensions, 200)
    assert directions is not None
    assert codec.pack_directions(directions, coarse=coarse) == packed
    assert not directions[7].any()
    assert codec.unpack_directions(packed, dimensions, 200).shape == (200, dimensions)
    lengths = np.linalg.norm(vectors, axis=1)
    cosines = (directions * vectors).sum(axis=1) / np.where(lengths > 0, lengths, 1)
    assert np.delete(cosines, 7).min() > (0.97 if coarse else 0.9998)
    assert codec.unit_directions(None, dimensions, 3) is codec.unit_directions(b"", dimensions, 0) is None


@pytest.mark.parametrize("dimensions", [32, 31])
def test_all_directions_are_those_of_each(dimensions: int) -> None:
    """Of a library, one document's in eight bits and the next one's in four."""
    chance = np.random.default_rng(4)
    counts = [3, 1, 5, 0, 2]
    blobs = [
        codec.pack_directions(chance.normal(size=(count, dimensions)).astype(np.float32), coarse=bool(at % 2))
        for at, count in enumerate(counts)
    ]
    found = codec.unpack_all_directions(blobs, dimensions, counts)
    for blob, count, own in zip(blobs, counts, found, strict=True):
        np.testing.assert_array_equal(own, codec.unpack_directions(blob, dimensions, count))
    assert codec.unpack_all_directions([], dimensions, []) == []
    with pytest.raises(codec.UNREADABLE):
        codec.unpack_all_directions([blobs[0][:-1]], dimensions, counts[:1])


def test_arrays_come_back() -> None:
    vector = np.linspace(-1, 1, 24, dtype=np.float32)
    np.testing.assert_allclose(codec.unpack_vector(codec.pack_vector(vector)), vector, atol=1e-3)
    spans = np.array([[0, 5], [6, 2**31 - 1]], np.int32)
    assert codec.unpack_sentences(codec.pack_sentences(spans)).tolist() == spans.tolist()
    sums = np.arange(12, dtype=np.float32).reshape(4, 3)
    assert codec.unpack_window(codec.pack_window(sums), 3).tolist() == sums.tolist()
