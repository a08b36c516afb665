"""Pack values into the database's blobs and unpack them; no other module knows these formats.

    layout              a format byte, then zlib of JSON rows (no format byte up to schema 4); with recognized lines
                        another one, the length of that, and behind it their places
    staged text         zlib of JSON; its layout is in a column of its own
    passage's vector    float16 (d,)
    sentences' vectors  int8 (n, d), each row scaled so that its largest component is 127; those of a reader that
                        did not cut the passage 4 bits (n, d), up to 7, the even columns in the lower half of a byte
    heading             JSON
    sentences           int32 (n, 2), raw offsets
    window              float32 (sentences, d), sums of token vectors
    neighbours          uint32 (10,), ids of passages, 0 for none, then uint8 (10,), cosines of 255
    place               float32 (2,), NaN for none

Numbers are little-endian. Unpacking a damaged blob raises one of `UNREADABLE`.
"""

from __future__ import annotations

import itertools
import json
import struct
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from desktop_kb.records import (
    Edit,
    Extracted,
    Floats,
    Heading,
    Ints,
    Layout,
    OwnMark,
    Page,
    Passage,
    pack_states,
    unpack_states,
)
from desktop_kb.similarity import unit

#: The exceptions that unpacking a damaged blob raises.
UNREADABLE: Final = (zlib.error, struct.error, ValueError, TypeError, KeyError)
#: The first byte of a packed layout. Layouts of earlier schemas begin with zlib's own first byte, 'x'.
_LAYOUT: Final = b"\x01"
_WITH_PLACES: Final = b"\x02"
_LENGTH: Final = struct.Struct("<I")
_HALF: Final = np.dtype("<f2")
_OFFSET: Final = np.dtype("<i4")
_SUM: Final = np.dtype("<f4")
#: Neighbours that a passage has.
NEAREST: Final = 10
_NEIGHBOURS: Final = np.dtype([("near", "<u4", NEAREST), ("alike", "u1", NEAREST)])
#: The bytes of a passage's neighbours, and of its place.
NEIGHBOURS_SIZE: Final = _NEIGHBOURS.itemsize
PLACE_SIZE: Final = 2 * _SUM.itemsize


# --- texts -----------------------------------------------------------------------------------


def pack_layout(layout: Layout) -> bytes:
    """Pack the pages, headings and edits of a text, and the places of recognized lines."""
    rows = {
        "pages": [
            (page.start, page.end, page.label, *([True] if page.recognized else [])) for page in layout.pages
        ],
        "headings": [(h.start, h.end, h.level, h.title) for h in layout.headings],
        "edits": [(edit.start, edit.end, edit.text) for edit in layout.edits],
    }
    packed = zlib.compress(json.dumps(rows).encode("ascii"), 1)
    if not layout.seen:
        return _LAYOUT + packed
    return _WITH_PLACES + _LENGTH.pack(len(packed)) + packed + layout.seen


def unpack_layout(blob: bytes) -> Layout:
    """The layout that `pack_layout` packed."""
    seen = b""
    if blob.startswith(_WITH_PLACES):
        begin = 1 + _LENGTH.size
        end = begin + _LENGTH.unpack(blob[1:begin])[0]
        blob, seen = blob[begin:end], blob[end:]
    rows = json.loads(zlib.decompress(blob.removeprefix(_LAYOUT)))
    return Layout(
        tuple(Page(*row) for row in rows["pages"]),
        tuple(Heading(*row) for row in rows["headings"]),
        tuple(map(Edit._make, rows["edits"])),
        seen,
    )


def pack_text(extracted: Extracted) -> bytes:
    """Pack what was read from a file, without the layout."""
    fields = {
        "text": extracted.text,
        "title": extracted.title,
        "metadata": dict(extracted.metadata),
        "tags": extracted.tags,
        "page_states": pack_states(extracted.page_states),
        "parts_left_out": extracted.parts_left_out,
        "parts": extracted.parts,
        "marks": extracted.marks,
    }
    return zlib.compress(json.dumps(fields).encode("ascii"), 1)


def unpack_text(blob: bytes, layout: bytes) -> Extracted:
    """The text that `pack_text` packed, with the layout that `pack_layout` packed."""
    fields = json.loads(zlib.decompress(blob))
    return Extracted(
        fields["text"],
        fields["title"],
        unpack_layout(layout),
        fields["metadata"],
        tuple(fields["tags"]),
        # Texts that an earlier version staged have none of them.
        unpack_states(fields.get("page_states", "")),
        fields.get("parts_left_out", 0),
        tuple(fields.get("parts", ())),
        marks=tuple(map(OwnMark._make, fields.get("marks", ()))),
    )


# --- arrays ----------------------------------------------------------------------------------


def pack_vector(vector: Floats) -> bytes:
    """Pack a passage's vector, (d,), in half precision."""
    return vector.astype(_HALF).tobytes()


def unpack_vector(blob: bytes) -> Floats:
    """The vector to half precision, float32 (d,); its length is rounded too, so it is not exactly 1."""
    return np.frombuffer(blob, _HALF).astype(np.float32)


def unpack_vectors(blobs: Sequence[bytes]) -> list[Floats]:
    """As `unpack_vector` of each, all of one model: together those of 300 passages take .3 ms, one by one 1."""
    return list(unpack_vector(b"".join(blobs)).reshape(len(blobs), -1)) if blobs else []


def halves(blobs: bytes) -> NDArray[np.float16]:
    """The components of packed vectors, one after the other, as they are stored."""
    return np.frombuffer(blobs, _HALF)


def pack_heading(heading: Sequence[str]) -> str:
    """Pack the headings above a passage, the outermost first."""
    return json.dumps(heading)


@lru_cache(maxsize=1_024)
def unpack_heading(text: str) -> tuple[str, ...]:
    """The headings above a passage, the outermost first. Remembered, as many passages stand below one heading."""
    return tuple(json.loads(text))


def pack_sentences(sentences: Ints) -> bytes:
    """Pack the raw offsets of sentences, (n, 2)."""
    return sentences.astype(_OFFSET).tobytes()


def unpack_sentences(blob: bytes) -> Ints:
    """The raw offsets of sentences, int32 (n, 2)."""
    return np.frombuffer(blob, _OFFSET).reshape(-1, 2)


def pack_directions(vectors: Floats, *, coarse: bool = False) -> bytes:
    """Pack the directions of vectors, (n, d), as n * d bytes, or half of that if `coarse`; zero rows stay zero.

    The lengths are lost; they are not needed, because only cosines are computed. Coarse ones have a cosine of
    .99 with what they were.
    """
    most = 7 if coarse else 127
    largest = np.abs(vectors).max(axis=1, keepdims=True, initial=0)
    scaled = np.rint(vectors / np.where(largest > 0, largest, 1) * most).astype(np.int8)
    if not coarse:
        return scaled.tobytes()
    padded = np.pad(scaled, ((0, 0), (0, scaled.shape[1] % 2))).astype(np.uint8) & 15
    return (padded[:, ::2] | padded[:, 1::2] << 4).tobytes()


def unpack_directions(blob: bytes, dimensions: int, count: int) -> Floats:
    """The packed directions, float32 (count, d), not normalized; zero rows stay zero. Their size tells whether
    they are coarse."""
    if len(blob) == count * dimensions:
        return np.frombuffer(blob, np.int8).reshape(count, dimensions).astype(np.float32)
    halves = np.frombuffer(blob, np.int8).reshape(count, half_of(dimensions))
    both = np.empty((*halves.shape, 2), np.float32)
    both[:, :, 0], both[:, :, 1] = halves << 4 >> 4, halves >> 4
    return both.reshape(count, -1)[:, :dimensions]


def unpack_all_directions(blobs: Sequence[bytes], dimensions: int, counts: Sequence[int]) -> list[Floats]:
    """As `unpack_directions` of each, those of a size together: one by one the sentences of the 300 passages that
    a search looks at take 5 ms, so 1."""
    found: dict[int, Floats] = {}
    for width in {dimensions, half_of(dimensions)}:
        some = [at for at, count in enumerate(counts) if len(blobs[at]) == count * width and at not in found]
        ends = list(itertools.accumulate(counts[at] for at in some))
        rows = unpack_directions(b"".join(blobs[at] for at in some), dimensions, ends[-1] if ends else 0)
        # `np.split` takes 4 us for each piece, a slice .2.
        found |= {at: rows[start:end] for at, start, end in zip(some, [0, *ends], ends, strict=False)}
    return [found[at] for at in range(len(blobs))]


def half_of(dimensions: int) -> int:
    """The bytes of a coarse direction."""
    return -(-dimensions // 2)


def unit_directions(blob: bytes | None, dimensions: int, count: int) -> Floats | None:
    """The packed directions, float32 (count, d) of unit length; packing them again gives the same bytes.
    None if there are none."""
    return unit(unpack_directions(blob, dimensions, count)) if blob and count else None


def unpack_passage(row: Sequence[Any], dimensions: int) -> Passage:
    """A passage of start, end, page, last page, heading, tokens, text, coverage and sentences as a store keeps them,
    and a reader's directions of the sentences and vector, each None where it has none."""
    sentences = unpack_sentences(row[8])
    return Passage(
        start=row[0],
        end=row[1],
        page=row[2],
        last_page=row[3],
        heading=unpack_heading(row[4]),
        tokens=row[5],
        text=row[6],
        coverage=row[7],
        sentences=sentences,
        sentence_vectors=unit_directions(row[9], dimensions, len(sentences)),
        vector=unpack_vector(row[10]) if row[10] else None,
    )


def pack_window(sums: Floats) -> bytes:
    """Pack the encoder's output for the sentences of a window, (sentences, d)."""
    return np.ascontiguousarray(sums, _SUM).tobytes()


def unpack_window(blob: bytes, dimensions: int) -> Floats:
    """The encoder's output that `pack_window` packed, float32 (sentences, d)."""
    return np.frombuffer(blob, _SUM).reshape(-1, dimensions)


def pack_neighbours(near: NDArray[np.int64], alike: Floats) -> list[bytes]:
    """Pack the ids of neighbours, int64 (n, 10), and their cosines, (n, 10): a blob for each row."""
    rows = np.empty(len(near), _NEIGHBOURS)
    rows["near"], rows["alike"] = near, np.rint(np.clip(alike, 0, 1) * 255)
    return [row.tobytes() for row in rows]


def unpack_neighbours(blobs: Sequence[bytes]) -> tuple[NDArray[np.int64], Floats]:
    """The ids of neighbours, int64 (n, 10), and their cosines, float32 (n, 10)."""
    rows = np.frombuffer(b"".join(blobs), _NEIGHBOURS)
    return rows["near"].astype(np.int64), np.asarray(rows["alike"] / np.float32(255), np.float32)


def pack_places(places: Floats) -> list[bytes]:
    """Pack places, (n, 2): a blob for each."""
    return [row.tobytes() for row in np.ascontiguousarray(places, _SUM)]


def unpack_places(blobs: Sequence[bytes]) -> Floats:
    """Places, float32 (n, 2)."""
    return np.frombuffer(b"".join(blobs), _SUM).astype(np.float32).reshape(-1, 2)
