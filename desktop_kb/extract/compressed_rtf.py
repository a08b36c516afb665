"""Rich Text as Outlook keeps it, compressed: [MS-OXRTFCP]."""

from __future__ import annotations

import struct
from typing import Final

from desktop_kb.errors import Problem

_COMPRESSED, _PLAIN = 0x75465A4C, 0x414C454D
_WINDOW = 4096
_MOST = 64 * 2**20
#: What the window holds at first (2.1.2.1): what most Rich Text begins with.
_BEFORE: Final = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
    b"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def unpack(data: bytes) -> bytes:
    """The Rich Text; of a damaged one what precedes the damage.

    Raises:
        Problem: damaged: it is neither compressed nor kept as it is.
    """
    if len(data) < 16:
        raise Problem("damaged")
    _, length, kind = struct.unpack_from("<III", data)
    if kind == _PLAIN:
        return data[16 : 16 + length]
    if kind != _COMPRESSED:
        raise Problem("damaged")
    found = bytearray(_BEFORE.rjust(_WINDOW, b"\0"))
    at, end = 16, len(data)
    while at < end and len(found) < _WINDOW + _MOST:
        control = data[at]
        at += 1
        for bit in range(8):
            if not control >> bit & 1:
                found += data[at : at + 1]
                at += 1
                continue
            if at + 2 > end:
                return bytes(found[_WINDOW:])
            token = data[at] << 8 | data[at + 1]
            at += 2
            # It says a place in a window of the last 4096 bytes, which is written round and round.
            back = (len(_BEFORE) + len(found) - (token >> 4)) % _WINDOW
            if not back:  # the end
                return bytes(found[_WINDOW:])
            for _ in range((token & 0xF) + 2):
                found.append(found[-back])  # what is copied may reach into what is being written
    return bytes(found[_WINDOW:])
