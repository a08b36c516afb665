"""Compound files for tests ([MS-CFB], version 3): streams of any size in storages."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Union

#: What a storage holds: streams and storages by name.
Storage = Mapping[str, Union[bytes, "Storage"]]
_SECTOR, _MINI, _CUTOFF = 512, 64, 4096
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def compound(root: Storage) -> bytes:
    """The bytes of a compound file."""
    entries: list[tuple[str, int, int, int, bytes]] = []  # name, kind, sibling, child, data
    _place("Root Entry", 5, root, entries)
    mini, sectors = b"", b""
    minifat: list[int] = []
    fat: list[int] = []
    starts = []
    for _, kind, _, _, data in entries:
        if kind != 2 or not data:
            starts.append(_END)
        elif len(data) < _CUTOFF:
            starts.append(len(minifat))
            minifat += _chain(len(minifat), data, _MINI)
            mini += _padded(data, _MINI)
        else:
            starts.append(len(fat))
            fat += _chain(len(fat), data, _SECTOR)
            sectors += _padded(data, _SECTOR)
    starts[0] = len(fat) if mini else _END
    fat += _chain(len(fat), mini, _SECTOR)
    sectors += _padded(mini, _SECTOR)
    tables = struct.pack(f"<{len(minifat)}I", *minifat)
    tables += struct.pack("<I", _FREE) * (-len(minifat) % 128)
    minifat_at = len(fat) if minifat else _END
    fat += _chain(len(fat), tables, _SECTOR)
    sectors += tables
    folder = b"".join(_entry(*entry, start, len(mini)) for entry, start in zip(entries, starts, strict=True))
    folder += (b"\0" * 68 + struct.pack("<III", _FREE, _FREE, _FREE) + b"\0" * 48) * (-len(entries) % 4)
    folder_at = len(fat)
    fat += _chain(len(fat), folder, _SECTOR)
    sectors += folder
    count = 1
    while (len(fat) + count) > 128 * count:
        count += 1
    fat_at = len(fat)
    fat += [_FAT] * count
    sectors += struct.pack(f"<{128 * count}I", *fat, *[_FREE] * (128 * count - len(fat)))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH", 62, 3, 0xFFFE, 9, 6)
    head += b"\0" * 6 + struct.pack("<IIIII", 0, count, folder_at, 0, _CUTOFF)
    head += struct.pack("<IIII", minifat_at, len(tables) // _SECTOR, _END, 0)
    head += struct.pack("<109I", *range(fat_at, fat_at + count), *[_FREE] * (109 - count))
    return head + sectors


def _place(
    name: str, kind: int, data: bytes | Storage, entries: list[tuple[str, int, int, int, bytes]]
) -> int:
    at = len(entries)
    entries.append((name, kind, _FREE, _FREE, data if isinstance(data, bytes) else b""))
    if not isinstance(data, bytes):
        before = _FREE
        for child, inside in sorted(
            data.items(), key=lambda one: (len(one[0]), one[0].upper()), reverse=True
        ):
            placed = _place(child, 2 if isinstance(inside, bytes) else 1, inside, entries)
            entries[placed] = (*entries[placed][:2], before, *entries[placed][3:])
            before = placed
        entries[at] = (name, kind, _FREE, before, b"")
    return at


def _entry(name: str, kind: int, sibling: int, child: int, data: bytes, start: int, mini: int) -> bytes:
    raw = name.encode("utf-16-le") + b"\0\0"
    size = mini if kind == 5 else len(data)
    return (
        raw.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(raw), kind, 1, _FREE, sibling, child)
        + b"\0" * 36
        + struct.pack("<IQ", start, size)
    )


def _chain(at: int, data: bytes, size: int) -> list[int]:
    count = -(-len(data) // size)
    return [*range(at + 1, at + count), _END] if count else []


def _padded(data: bytes, size: int) -> bytes:
    return data + b"\0" * (-len(data) % size)


def summary(title: str = "", author: str = "", created: int = 0) -> bytes:
    """A stream of what a document says of itself ([MS-OLEPS]), in UTF-8; `created` in 100 ns since 1601."""
    values = {1: struct.pack("<Ihh", 2, -535, 0)}
    for number, text in ((2, title), (4, author)):
        raw = text.encode() + b"\0"
        values[number] = struct.pack("<II", 30, len(raw)) + _padded(raw, 4)
    if created:
        values[12] = struct.pack("<IQ", 64, created)
    at = 8 + 8 * len(values)
    table, body = b"", b""
    for number, value in values.items():
        table += struct.pack("<II", number, at + len(body))
        body += value
    section = struct.pack("<II", at + len(body), len(values)) + table + body
    return (
        struct.pack("<HHI16sI16sI", 0xFFFE, 0, 2, b"", 1, b"\xe0\x85\x9f\xf2\xf9\x4f\x68\x10", 48) + section
    )
