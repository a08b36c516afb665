"""How values lie in the blobs of the database, and back: the only place that knows.

    layout              a byte for the form, zlib, JSON rows (up to schema 4 without the byte)
    staged text         zlib, JSON; its layout lies beside it
    passage's vector    float16 (d,)
    sentences' vectors  int8 (n, d), each row stretched to its largest component
    sentences           int32 (n, 2), raw offsets
    window              float32 (sentences, d), sums of token vectors

Numbers are little-endian. What does not fit raises `UNREADABLE`.
"""

from __future__ import annotations

import json
import zlib
from typing import Final

import numpy as np

from desktop_kb.records import Edit, Extracted, Floats, Heading, Ints, Layout, Page
from desktop_kb.similarity import unit

#: What unpacking a damaged blob raises.
UNREADABLE: Final = (zlib.error, ValueError, TypeError, KeyError)
#: The first byte of a packed layout. zlib's own, with which those of earlier schemas begin, is 'x'.
_LAYOUT: Final = b"\x01"
_HALF: Final = np.dtype("<f2")
_OFFSET: Final = np.dtype("<i4")
_SUM: Final = np.dtype("<f4")


# --- texts -----------------------------------------------------------------------------------


def pack_layout(layout: Layout) -> bytes:
    """Where things stand in a text."""
    rows = {
        "pages": [(page.start, page.end, page.label) for page in layout.pages],
        "headings": [(h.start, h.end, h.level, h.title) for h in layout.headings],
        "edits": [(edit.start, edit.end, edit.text) for edit in layout.edits],
    }
    return _LAYOUT + zlib.compress(json.dumps(rows).encode("ascii"), 1)


def unpack_layout(blob: bytes) -> Layout:
    """What `pack_layout` was given."""
    rows = json.loads(zlib.decompress(blob.removeprefix(_LAYOUT)))
    return Layout(
        tuple(Page(*row) for row in rows["pages"]),
        tuple(Heading(*row) for row in rows["headings"]),
        tuple(map(Edit._make, rows["edits"])),
    )


def pack_text(extracted: Extracted) -> bytes:
    """What was read of a file, but for its layout."""
    fields = {
        "text": extracted.text,
        "title": extracted.title,
        "metadata": dict(extracted.metadata),
        "tags": extracted.tags,
    }
    return zlib.compress(json.dumps(fields).encode("ascii"), 1)


def unpack_text(blob: bytes, layout: bytes) -> Extracted:
    """What `pack_text` was given, with what `pack_layout` made of its layout."""
    fields = json.loads(zlib.decompress(blob))
    return Extracted(
        fields["text"], fields["title"], unpack_layout(layout), fields["metadata"], tuple(fields["tags"])
    )


# --- arrays ----------------------------------------------------------------------------------


def pack_vector(vector: Floats) -> bytes:
    """A passage's vector, (d,), in half precision."""
    return vector.astype(_HALF).tobytes()


def unpack_vector(blob: bytes) -> Floats:
    """What `pack_vector` was given, as far as half precision goes: float32 (d,), not quite of its length."""
    return np.frombuffer(blob, _HALF).astype(np.float32)


def pack_sentences(sentences: Ints) -> bytes:
    """Raw offsets of sentences, (n, 2)."""
    return sentences.astype(_OFFSET).tobytes()


def unpack_sentences(blob: bytes) -> Ints:
    """What `pack_sentences` was given, int32 (n, 2)."""
    return np.frombuffer(blob, _OFFSET).reshape(-1, 2)


def pack_directions(vectors: Floats) -> bytes:
    """Directions, (n, d), as n * d bytes; zero rows stay zero.

    The length is lost and not needed: only cosines are taken.
    """
    largest = np.abs(vectors).max(axis=1, keepdims=True, initial=0)
    scaled = vectors / np.where(largest > 0, largest, 1) * 127
    return np.rint(scaled).astype(np.int8).tobytes()


def unpack_directions(blob: bytes, dimensions: int) -> Floats:
    """Those directions, float32 (n, d) of any length; zero rows stay zero."""
    return np.frombuffer(blob, np.int8).reshape(-1, dimensions).astype(np.float32)


def unit_directions(blob: bytes | None, count: int) -> Floats | None:
    """Those directions, float32 (count, d) of unit length: packed again they are the same. None without any."""
    return unit(unpack_directions(blob, len(blob) // count)) if blob and count else None


def pack_window(sums: Floats) -> bytes:
    """What the encoder said of the sentences of a window, (sentences, d)."""
    return np.ascontiguousarray(sums, _SUM).tobytes()


def unpack_window(blob: bytes, dimensions: int) -> Floats:
    """What `pack_window` was given."""
    return np.frombuffer(blob, _SUM).reshape(-1, dimensions)
