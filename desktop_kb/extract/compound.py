"""Compound files ([MS-CFB]): what Office wrote until 2003, and Outlook, Visio and WPS still do: streams in
storages, and beside them what the document says of itself ([MS-OLEPS])."""

from __future__ import annotations

import datetime
import io
import struct
from collections.abc import Iterator
from typing import Final

import olefile

from desktop_kb.errors import Problem
from desktop_kb.extract.decoding import decode_as
from desktop_kb.extract.properties import LONGEST
from desktop_kb.extract.titles import is_title

MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SUMMARY: Final = "\x05SummaryInformation"
_CODEPAGE, _TITLE, _SUBJECT, _AUTHOR, _KEYWORDS, _CREATED = 1, 2, 3, 4, 5, 12
_WIDE, _NARROW, _TIME = 0x1F, 0x1E, 0x40  # types of values
_MOST_PROPERTIES = 1_000
_LONGEST_VALUE = 100_000
_TICKS_OF_DAY = 864_000_000_000
_FIRST_DAY, _LAST_DAY = 138_792, 182_621  # 1981 and 2101, counted from 1601; a program wrote others
_UTF8: Final = 65001


class Compound:
    """A compound file that is open for reading."""

    def __init__(self, data: bytes) -> None:
        """Raises:
        Problem: damaged.
        """
        try:
            self._file = olefile.OleFileIO(io.BytesIO(data))
        except (OSError, ValueError, IndexError) as error:
            raise Problem("damaged") from error

    def has(self, *path: str) -> bool:
        return bool(self._file.exists(list(path)))

    def stream(self, *path: str) -> bytes:
        """The bytes of a stream; b'' if it is not there or damaged."""
        try:
            return bytes(self._file.openstream(list(path)).read())
        except (OSError, ValueError, IndexError):
            return b""

    def storages(self, prefix: str, *inside: str) -> list[str]:
        """The names of the storages directly in one (without `inside`: in the file) that begin with `prefix`."""
        depth = len(inside)
        names = (
            path[depth]
            for path in self._file.listdir(streams=True, storages=True)
            if len(path) > depth and tuple(path[:depth]) == inside
        )
        return sorted({name for name in names if name.startswith(prefix)})

    def facts(self) -> tuple[str, dict[str, object]]:
        """The title, '' if it has none, and what else the document says of itself."""
        said: dict[str, object] = dict(_said(_properties(self.stream(_SUMMARY))))
        title = str(said.pop("title", ""))
        return title if is_title(title) else "", said


def _properties(data: bytes) -> dict[int, tuple[int, bytes]]:
    """The properties of a set by their numbers: each its type and the bytes from its value on."""
    found: dict[int, tuple[int, bytes]] = {}
    start = int.from_bytes(data[44:48], "little")
    if len(data) < 48 or start + 8 > len(data):
        return found
    for at in range(start + 8, min(start + 8 + 8 * _MOST_PROPERTIES, len(data) - 7), 8):
        if (at - start - 8) // 8 >= int.from_bytes(data[start + 4 : start + 8], "little"):
            break
        number, place = struct.unpack_from("<II", data, at)
        value = data[start + place : start + place + _LONGEST_VALUE]
        if len(value) >= 8:
            found[number] = (int.from_bytes(value[:2], "little"), value[4:])
    return found


def _said(properties: dict[int, tuple[int, bytes]]) -> Iterator[tuple[str, str]]:
    page = int.from_bytes(properties.get(_CODEPAGE, (0, b""))[1][:2], "little")
    for number, name in (
        (_TITLE, "title"),
        (_SUBJECT, "subject"),
        (_AUTHOR, "author"),
        (_KEYWORDS, "keywords"),
    ):
        if text := " ".join(_text(*properties.get(number, (0, b"")), page or 1252).split())[:LONGEST]:
            yield name, text
    type, value = properties.get(_CREATED, (0, b""))
    if type == _TIME and len(value) >= 8:
        days = int.from_bytes(value[:8], "little") // _TICKS_OF_DAY
        if _FIRST_DAY < days < _LAST_DAY:
            yield "date", (datetime.date(1601, 1, 1) + datetime.timedelta(days)).isoformat()


def _text(type: int, value: bytes, page: int) -> str:
    """A text: its length, which some programs count too long, then the text up to a zero."""
    length = int.from_bytes(value[:4], "little")
    if type == _WIDE:
        return value[4 : 4 + 2 * length].decode("utf-16-le", "replace").partition("\0")[0]
    data = value[4 : 4 + length] if type == _NARROW else b""
    encoding = encoding_of(page)
    if encoding == "utf-16-le":
        return data.decode(encoding, "replace").partition("\0")[0]
    try:
        return decode_as(data.partition(b"\0")[0], encoding)
    except Problem:  # control characters
        return ""


def encoding_of(codepage: int) -> str:
    """Python's name of a Windows code page."""
    known = {_UTF8: "utf-8", 936: "gb18030", 950: "big5hkscs", 1200: "utf-16-le", 10000: "mac_roman"}
    name = known.get(codepage, f"cp{codepage}")
    try:
        "".encode(name)
    except LookupError:
        return "cp1252"
    return name
