"""What programs of ours say to each other over a pipe or a socket: frames of JSON and raw bytes. A frame is

    4 bytes big-endian length | JSON header (ASCII) | raw blobs

where `blobs` in the header lists the blobs' sizes. Never pickle, which would run what the other side likes.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

_LENGTH = struct.Struct(">I")
_HEADER_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Message:
    """A frame: its header and the raw blobs after it."""

    header: dict[str, Any]
    blobs: tuple[bytes, ...] = ()


class FrameTooLong(ValueError):
    """A frame is longer than its reader allows."""


def frame(header: Mapping[str, Any], blobs: Sequence[bytes] = ()) -> bytes:
    """One frame as bytes."""
    head = json.dumps({**header, "blobs": [len(blob) for blob in blobs]}).encode("ascii")
    return b"".join((_LENGTH.pack(len(head)), head, *blobs))


def write_frame(stream: IO[bytes], header: Mapping[str, Any], blobs: Sequence[bytes] = ()) -> None:
    """Write one frame and flush it."""
    stream.write(frame(header, blobs))
    stream.flush()


def read_frame(stream: IO[bytes], limit: Callable[[], int]) -> Message | None:
    """Read one frame; None at the end of the stream.

    `limit` is called when the frame starts, not when the wait starts, because a request sent in between
    may have raised the limit.

    Raises:
        FrameTooLong: it is longer than `limit()` bytes.
        ValueError: it is not a frame.
    """
    prefix = _read_exactly(stream, _LENGTH.size)
    if prefix is None:
        return None
    (length,) = _LENGTH.unpack(prefix)
    limit_bytes = limit()
    if length > min(limit_bytes, _HEADER_BYTES):
        raise FrameTooLong("header too long")
    head = _read_exactly(stream, length)
    if head is None:
        return None
    try:
        header = json.loads(head)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    sizes = header.pop("blobs", None) if isinstance(header, dict) else None
    if not isinstance(sizes, list) or not all(type(n) is int and n >= 0 for n in sizes):
        raise ValueError("not a frame")
    if length + sum(sizes) > limit_bytes:
        raise FrameTooLong("answer too long")
    blobs = []
    for size in sizes:
        blob = _read_exactly(stream, size)
        if blob is None:
            return None
        blobs.append(blob)
    return Message(header, tuple(blobs))


def _read_exactly(stream: IO[bytes], size: int) -> bytes | None:
    data = stream.read(size)
    return data if len(data) == size else None
