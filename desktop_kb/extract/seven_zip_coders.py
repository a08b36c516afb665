"""What unpacks the folders of a 7-Zip archive: the standard library's decoders, one after the other.

PPMd, and what makes one stream of four (BCJ2, for programs), are not among them.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Mapping
from typing import Final, NamedTuple

from desktop_kb.errors import Problem

AES: Final = "06f10701"  # what locks a folder
#: Filters that write jumps in machine code otherwise, by their identity; the first ones are those of newer versions.
_JUMPS: Final[Mapping[str, int]] = {
    **{"04": lzma.FILTER_X86, "05": lzma.FILTER_POWERPC, "06": lzma.FILTER_IA64},
    **{"07": lzma.FILTER_ARM, "08": lzma.FILTER_ARMTHUMB, "09": lzma.FILTER_SPARC},
    **{"03030103": lzma.FILTER_X86, "03030205": lzma.FILTER_POWERPC, "03030401": lzma.FILTER_IA64},
    **{"03030501": lzma.FILTER_ARM, "03030701": lzma.FILTER_ARMTHUMB, "03030805": lzma.FILTER_SPARC},
}
_LEAST_DICTIONARY = 4_096
_WIDEST = 39  # of LZMA2's sizes of a dictionary: 3 GiB
_STORED = 2**16  # bytes of a chunk of LZMA2 that is stored as it is


class Coder(NamedTuple):
    identity: str
    properties: bytes


def decoded(coder: Coder, data: bytes, size: int) -> bytes:
    """What a coder makes of what is packed, which are `size` bytes.

    Raises:
        Problem: other-packing.
    """
    said = coder.properties
    match coder.identity:
        case "00":
            return data
        case "030101":
            return _whole(_raw(_lzma(said, size)), data, size)
        case "21":
            bits = min(said[0], _WIDEST)
            held = _dictionary((2 | bits & 1) << bits // 2 + 11, size)
            return _whole(_raw({"id": lzma.FILTER_LZMA2, "dict_size": held}), data, size)
        case "040108":
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, size)
        case "040202":
            return _whole(bz2.BZ2Decompressor(), data, size)
        case "03":
            return _filtered({"id": lzma.FILTER_DELTA, "dist": said[0] + 1}, data)
        case identity if identity in _JUMPS:
            return _filtered({"id": _JUMPS[identity]}, data)
    raise Problem("other-packing")


def _lzma(said: bytes, size: int) -> dict[str, int]:
    first = said[0]
    held = _dictionary(int.from_bytes(said[1:5], "little"), size)
    counts = {"lc": first % 9, "lp": first // 9 % 5, "pb": first // 45}
    return {"id": lzma.FILTER_LZMA1, "dict_size": held, **counts}


def _dictionary(stated: int, size: int) -> int:
    """How far back a decoder has to look: never further than what it makes is long."""
    return max(_LEAST_DICTIONARY, min(stated, size))


def _raw(*filters: dict[str, int]) -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=list(filters))


def _filtered(filter: dict[str, int], data: bytes) -> bytes:
    """What a filter makes of bytes. The decoder takes filters only before LZMA, and behind the first LZMA, which has
    no mark at its end, it keeps the last bytes to itself; so they are given to it as LZMA2 that is stored as it is."""
    chunks = (data[at : at + _STORED] for at in range(0, len(data), _STORED))
    stored = b"".join(
        (b"\2" if at else b"\1") + (len(chunk) - 1).to_bytes(2, "big") + chunk
        for at, chunk in enumerate(chunks)
    )
    held = {"id": lzma.FILTER_LZMA2, "dict_size": _LEAST_DICTIONARY}
    return _whole(_raw(filter, held), stored + b"\0", len(data))


def _whole(decoder: lzma.LZMADecompressor | bz2.BZ2Decompressor, data: bytes, size: int) -> bytes:
    """What a decoder makes, as far as it should be long."""
    pieces = [decoder.decompress(data, size)]
    left = size - len(pieces[0])
    while left > 0 and pieces[-1]:
        pieces.append(decoder.decompress(b"", left) if not decoder.eof else b"")
        left -= len(pieces[-1])
    return b"".join(pieces)
