"""Compound files ([MS-CFB]): what Office wrote until 2003, and Outlook, Visio and WPS still do: streams in
storages, and beside them what the document says of itself ([MS-OLEPS])."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterator
from typing import Any, Final

import olefile

from desktop_kb.errors import Problem
from desktop_kb.extract.properties import LONGEST
from desktop_kb.extract.titles import is_title

MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SUMMARY: Final = "\x05SummaryInformation"
_CODEPAGE, _TITLE, _SUBJECT, _AUTHOR, _KEYWORDS, _CREATED = 1, 2, 3, 4, 5, 12
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
        try:
            properties = self._file.getproperties(_SUMMARY, convert_time=True, no_conversion=[])
        except Exception:  # it reads what the file says with no care for what that may be
            return "", {}
        said: dict[str, object] = dict(_said(properties))
        title = str(said.pop("title", ""))
        return title if is_title(title) else "", said


def _said(properties: dict[int, Any]) -> Iterator[tuple[str, str]]:
    page = properties.get(_CODEPAGE)
    codepage = page % 65536 if isinstance(page, int) else 1252
    encoding = encoding_of(codepage)
    for number, name in (
        (_TITLE, "title"),
        (_SUBJECT, "subject"),
        (_AUTHOR, "author"),
        (_KEYWORDS, "keywords"),
    ):
        value = properties.get(number)
        text = value.decode(encoding, "replace") if isinstance(value, bytes) else str(value or "")
        if text := " ".join(text.replace("\0", "").split())[:LONGEST]:
            yield name, text
    created = properties.get(_CREATED)
    if isinstance(created, datetime.datetime) and created.year > 1980:
        yield "date", created.date().isoformat()


def encoding_of(codepage: int) -> str:
    """Python's name of a Windows code page."""
    known = {_UTF8: "utf-8", 936: "gb18030", 950: "big5hkscs", 1200: "utf-16-le", 10000: "mac_roman"}
    name = known.get(codepage, f"cp{codepage}")
    try:
        "".encode(name)
    except LookupError:
        return "cp1252"
    return name
