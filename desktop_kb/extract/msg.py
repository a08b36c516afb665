"""A mail as Outlook keeps it in a file (.msg): [MS-OXMSG] -> what its receiver reads.

A message is a storage; each property is a stream in it, named by its number and type, and short ones stand
together in one stream. Receivers and attachments are storages in it, and an attached message is a
message again.
"""

from __future__ import annotations

import datetime
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from desktop_kb.errors import Problem
from desktop_kb.extract import compressed_rtf, rtf
from desktop_kb.extract.compound import Compound, encoding_of
from desktop_kb.extract.decoding import decode, decode_as
from desktop_kb.extract.eml import page
from desktop_kb.extract.letters import DEEPEST, Letter, body, chosen
from desktop_kb.extract.parts import Part
from desktop_kb.records import Extracted

_UNICODE, _STRING8, _BINARY, _OBJECT = "001F", "001E", "0102", "000D"
#: Properties ([MS-OXPROPS]), by number.
_SUBJECT, _SUBJECT_NORMAL, _BODY, _HTML, _RTF = "0037", "0E1D", "1000", "1013", "1009"
_SENDER_NAME, _SENDER_ADDRESS, _SENDER_SMTP = "0C1A", "0C1F", "5D01"
_TO, _CC, _BCC, _NAME, _DATA = "0E04", "0E03", "0E02", "3001", "3701"
_LONG_FILE, _FILE = "3707", "3704"
_SUBMITTED, _DELIVERED, _CODEPAGE, _TEXT_CODEPAGE = 0x0039, 0x0E06, 0x3FDE, 0x3FFD
_PROPERTIES: Final = "__properties_version1.0"
_HIDDEN = 0x7FFE
_TIME, _LONG, _BOOLEAN = 0x0040, 0x0003, 0x000B
_EPOCH: Final = datetime.datetime(1601, 1, 1, tzinfo=datetime.UTC)
_MOST_ATTACHED = 2_000


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """Raises:
    Problem: damaged: it is no message.
    """
    file = Compound(data)
    if not file.has(_PROPERTIES):
        raise Problem("damaged")
    return _Message(file, (), 32).letter().extracted()


def parts(data: bytes, path: Path, password: str | None) -> Iterator[Part]:
    """The files sent with a message and with the messages in it."""
    return _Message(Compound(data), (), 32).files()


@dataclass(frozen=True, slots=True)
class _Message:
    """One message: where it stands in the file, and how long the head of its short properties is."""

    file: Compound
    at: tuple[str, ...]
    head: int

    def letter(self, depth: int = 0) -> Letter:
        attached: list[str] = []
        enclosed: list[Letter] = []
        places = self._attachments()
        for inside in places[:_MOST_ATTACHED]:
            if (message := self._message_in(inside)) is not None and depth < DEEPEST:
                enclosed.append(message.letter(depth + 1))
            elif not self._is_shown(inside):
                attached.append(self._called(inside))
        return Letter(
            self.text(_SUBJECT) or self.text(_SUBJECT_NORMAL),
            self._sender(),
            self.text(_TO),
            self.text(_CC),
            self.text(_BCC),
            self._date(),
            self._bodies(),
            tuple(attached),
            tuple(enclosed),
            max(0, len(places) - _MOST_ATTACHED),
        )

    def files(self, depth: int = 0) -> Iterator[Part]:
        """The files sent with it and with the messages in it."""
        for inside in self._attachments()[:_MOST_ATTACHED]:
            if (message := self._message_in(inside)) is not None and depth < DEEPEST:
                yield from message.files(depth + 1)
            elif not self._is_shown(inside):
                place = (*inside, f"__substg1.0_{_DATA}{_BINARY}")
                yield Part(self._called(inside), 0, partial(self.file.stream, *place))

    def _attachments(self) -> list[tuple[str, ...]]:
        return [(*self.at, name) for name in self.file.storages("__attach", *self.at)]

    def _message_in(self, inside: tuple[str, ...]) -> _Message | None:
        place = (*inside, f"__substg1.0_{_DATA}{_OBJECT}")
        return _Message(self.file, place, 24) if self.file.has(*place, _PROPERTIES) else None

    def _called(self, inside: tuple[str, ...]) -> str:
        return next(
            (name for kind in (_LONG_FILE, _FILE, _NAME) if (name := self.text(kind, inside))), inside[-1]
        )

    def _is_shown(self, inside: tuple[str, ...]) -> bool:
        """It is a picture that the mail's page shows."""
        return _Message(self.file, inside, 8)._number(_HIDDEN, _BOOLEAN) != 0

    def text(self, number: str, at: tuple[str, ...] | None = None) -> str:
        """A property that is text; '' if it is not there."""
        at = self.at if at is None else at
        if data := self.file.stream(*at, f"__substg1.0_{number}{_UNICODE}"):
            return data.decode("utf-16-le", "replace").rstrip("\0")
        data = self.file.stream(*at, f"__substg1.0_{number}{_STRING8}").rstrip(b"\0")
        return self._decoded(data, self._number(_TEXT_CODEPAGE) or self._number(_CODEPAGE))

    def _sender(self) -> str:
        name = self.text(_SENDER_NAME)
        address = self.text(_SENDER_SMTP) or self.text(_SENDER_ADDRESS)
        if "@" not in address or address in name:
            return name or address
        return f"{name} <{address}>" if name else address

    def _date(self) -> str:
        ticks = self._number(_SUBMITTED, _TIME) or self._number(_DELIVERED, _TIME)
        try:
            when = _EPOCH + datetime.timedelta(microseconds=ticks // 10)
        except OverflowError:
            return ""
        return when.strftime("%Y-%m-%d %H:%M") if ticks else ""

    def _bodies(self) -> tuple[Extracted, ...]:
        source = self.text(_HTML)
        data = self.file.stream(*self.at, f"__substg1.0_{_HTML}{_BINARY}")
        if not source and data:
            source = self._decoded(data, self._number(_CODEPAGE), html=True)
        found = chosen(body(self.text(_BODY)), page(source) if source else None)
        return found or self._rich_text()

    def _rich_text(self) -> tuple[Extracted, ...]:
        data = self.file.stream(*self.at, f"__substg1.0_{_RTF}{_BINARY}")
        try:
            return (rtf.read(compressed_rtf.unpack(data), Path()),) if data else ()
        except Problem:  # the rest of the mail is sound
            return ()

    def _decoded(self, data: bytes, codepage: int, *, html: bool = False) -> str:
        """8-bit text: in its code page, where one is named and it can be."""
        if not data:
            return ""
        try:
            return decode_as(data, encoding_of(codepage), html=html) if codepage else decode(data, html=html)
        except Problem:
            return data.decode("cp1252", "replace")

    def _number(self, number: int, kind: int = _LONG) -> int:
        """A property that is a number or a time; 0 if it is not there."""
        data = self.file.stream(*self.at, _PROPERTIES)
        for at in range(self.head, len(data) - 15, 16):
            tag, _, value = struct.unpack_from("<IIQ", data, at)
            if tag == number << 16 | kind:
                return int(value if kind == _TIME else value & (0xFFFF if kind == _BOOLEAN else 0xFFFFFFFF))
        return 0
