"""7-Zip archives, made as its format says: one folder, which holds all files."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Mapping, Sequence

DICTIONARY = 2**16
_LZMA2 = {"id": lzma.FILTER_LZMA2, "dict_size": DICTIONARY}
_LZMA = {"id": lzma.FILTER_LZMA1, "dict_size": DICTIONARY, "lc": 3, "lp": 0, "pb": 2}
Packing = tuple[Sequence[tuple[str, bytes]], Callable[[bytes], bytes]]


def raw(*filters: dict[str, int]) -> Callable[[bytes], bytes]:
    return lambda data: lzma.compress(data, lzma.FORMAT_RAW, filters=list(filters))


def _deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


#: The coders in the order in which they stand in an archive, and what packs so.
PACKINGS: dict[str, Packing] = {
    "LZMA2": ([("21", bytes([10]))], raw(_LZMA2)),
    "LZMA": ([("030101", bytes([93]) + DICTIONARY.to_bytes(4, "little"))], raw(_LZMA)),
    "Delta": ([("03", b"\3"), ("21", bytes([10]))], raw({"id": lzma.FILTER_DELTA, "dist": 4}, _LZMA2)),
    "x86": ([("03030103", b""), ("21", bytes([10]))], raw({"id": lzma.FILTER_X86}, _LZMA2)),
    "bzip2": ([("040202", b"")], bz2.compress),
    "Deflate": ([("040108", b"")], _deflated),
    "Copy": ([("00", b"")], bytes),
}


def number(value: int) -> bytes:
    return bytes([value]) if value < 0x80 else b"\xff" + value.to_bytes(8, "little")


def _folder(coders: Sequence[tuple[str, bytes]]) -> bytes:
    said = [number(len(coders))]
    for identity, properties in coders:
        name = bytes.fromhex(identity)
        said.append(bytes([len(name) | (0x20 if properties else 0)]) + name)
        said.append(number(len(properties)) + properties if properties else b"")
    said += [number(at - 1) + number(at) for at in range(1, len(coders))]  # each feeds the one before
    return b"".join(said)


def _streams(packed: bytes, start: int, coders: Sequence[tuple[str, bytes]], size: int) -> bytes:
    place = b"\6" + number(start) + b"\1\x09" + number(len(packed)) + b"\0"
    return place + b"\7\x0b\1\0" + _folder(coders) + b"\x0c" + number(size) * len(coders) + b"\0"


def _property(kind: int, data: bytes) -> bytes:
    return bytes([kind]) + number(len(data)) + data


def seven_zipped(
    files: Mapping[str, bytes], packing: Packing = PACKINGS["LZMA2"], *, pack_header: bool = False
) -> bytes:
    """An archive; an empty entry whose name ends in '/' is a folder of the disk."""
    coders, pack = packing
    held = [data for data in files.values() if data]
    whole = b"".join(held)
    packed = pack(whole)
    sizes = b"".join(number(len(data)) for data in held[:-1])
    sums = b"".join(zlib.crc32(data).to_bytes(4, "little") for data in held)
    inside = b"\x08\x0d" + number(len(held)) + (b"\x09" + sizes if sizes else b"") + b"\x0a\1" + sums + b"\0"
    names = b"\0" + b"".join(name.rstrip("/").encode("utf-16-le") + b"\0\0" for name in files)
    without = [not data for data in files.values()]
    empty = [not name.endswith("/") for name, data in files.items() if not data]
    header = b"\1\4" + _streams(packed, 0, coders, len(whole)) + inside + b"\0"
    header += b"\5" + number(len(files)) + _property(0x0E, _bits(without))
    header += (_property(0x0F, _bits(empty)) if empty else b"") + _property(0x11, names) + b"\0\0"
    if pack_header:
        coders, pack = PACKINGS["LZMA"]
        start, size, more = len(packed), len(header), pack(header)
        header = b"\x17" + _streams(more, start, coders, size) + b"\0"
        packed += more
    head = len(packed).to_bytes(8, "little") + len(header).to_bytes(8, "little")
    head += zlib.crc32(header).to_bytes(4, "little")
    return b"7z\xbc\xaf\x27\x1c\0\4" + zlib.crc32(head).to_bytes(4, "little") + head + packed + header


def _bits(values: Sequence[bool]) -> bytes:
    data = bytearray((len(values) + 7) // 8)
    for at, value in enumerate(values):
        data[at // 8] |= 0x80 >> at % 8 if value else 0
    return bytes(data)
