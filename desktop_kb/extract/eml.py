"""A mail as a file (.eml, RFC 5322 and MIME) -> what its receiver reads.

Only the parts are parsed by the standard library. Its policies read headers when they are asked for, which
takes five minutes for a list of receivers of 2 MB and loses what stands in a header in raw GBK; so headers
are cut to what may be said in one and decoded here.
"""

from __future__ import annotations

import email
import email.header
import email.policy
import email.utils
import re
from collections.abc import Iterator
from email.errors import MessageError
from email.message import Message
from functools import partial
from pathlib import Path
from typing import Any, Final

from desktop_kb.errors import Problem
from desktop_kb.extract import webpage
from desktop_kb.extract.decoding import decode, decode_as
from desktop_kb.extract.letters import DEEPEST, Letter, body, chosen
from desktop_kb.extract.parts import Part
from desktop_kb.formats import EML, FORMATS, HTML, TEXT
from desktop_kb.language.dates import iso_date
from desktop_kb.records import Extracted

_LONGEST_HEADER = 20_000  # characters
_MOST_PARTS = 2_000
_LOOKED_AT = 200  # bytes
_PLAIN: Final = TEXT.mime[0]
#: What a file without a name is called, by its kind.
_UNNAMED: Final = {
    kind: f"attachment{format.suffixes[0]}"
    for format in FORMATS
    for kind in format.mime
    if not kind.startswith("multipart/")
}
_HEAD: Final = re.compile(rb"(?:[^\r\n]{1,2000}\r?\n){1,200}")
_ESCAPED: Final = re.compile(rb"\\udc([89a-f][0-9a-f])")


class _Cut(email.policy.Compat32):
    """The policy that leaves headers as they are, raw bytes too, but for their length."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_LONGEST_HEADER]

    def header_fetch_parse(self, name: str, value: str) -> str:
        return value


_POLICY: Final = _Cut()


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """Raises:
    Problem: damaged, not-text.
    """
    return letter(data).extracted()


def parts(data: bytes, path: Path, password: str | None) -> Iterator[Part]:
    """The files sent with a mail and with the mails in it."""
    return _files(_parsed(data), _Bodies(), 0)


def letter(data: bytes) -> Letter:
    """The mail in `data`.

    Raises:
        Problem: damaged: there are no headers; not-text.
    """
    return _letter(_parsed(data), _Bodies(), 0)


def subject(data: bytes) -> str:
    """The subject of a mail, of which nothing else is read."""
    head = _HEAD.match(data)
    message = email.message_from_bytes(head[0] if head else b"", policy=_POLICY)
    return header(str(message.get("subject", "")), _charset(message))


def _parsed(data: bytes) -> Message:
    if b"\0" in data[:_LOOKED_AT]:  # a mail that an editor has saved in UTF-16
        data = decode(data).encode()
    message = email.message_from_bytes(data.lstrip(b"\xef\xbb\xbf\r\n \0"), policy=_POLICY)
    if not message.keys():
        raise Problem("damaged")
    return message


class _Bodies(dict[Message, Extracted | None]):
    """The text of each part that was asked for; to lay one out takes longer than all else of a mail."""

    def __missing__(self, part: Message) -> Extracted | None:
        found = self[part] = _body(part)
        return found


def _letter(message: Message, texts: _Bodies, depth: int) -> Letter:
    charset = _any_charset(message)
    headers = {name.lower(): str(value) for name, value in reversed(list(message.raw_items()))}

    def said(name: str) -> str:
        return header(headers.get(name, ""), charset)

    bodies: list[Extracted] = []
    attached: list[str] = []
    enclosed: list[Letter] = []
    shown, left_out = _parts(message, texts)
    for part in shown:
        if part.get_content_type() == EML.mime[0] and depth < DEEPEST:
            enclosed += [_letter(one, texts, depth + 1) for one in _inside(part)]
        elif (found := texts[part]) is not None:
            bodies.append(found)
        elif name := _called(part, charset):
            attached.append(name)
    sender = said("from") or said("sender")
    return Letter(
        said("subject"),
        sender,
        said("to"),
        said("cc"),
        said("bcc"),
        _date(said("date")),
        tuple(bodies),
        tuple(attached),
        tuple(enclosed),
        left_out,
    )


def _files(message: Message, texts: _Bodies, depth: int) -> Iterator[Part]:
    charset = _any_charset(message)
    for part in _parts(message, texts)[0]:
        if part.get_content_type() == EML.mime[0] and depth < DEEPEST:
            for one in _inside(part):
                yield from _files(one, texts, depth + 1)
        elif texts[part] is None and (name := _called(part, charset)):
            yield Part(name, len(str(part.get_payload())) * 3 // 4, partial(_bytes, part))


def _called(part: Message, charset: str | None) -> str:
    """What an attached file is called: one without a name by its kind, if that is read; '' if it is no file."""
    kind = part.get_content_type()
    is_file = part.get_content_disposition() == "attachment" or not kind.startswith("text/")
    return filename(part, charset) or (_UNNAMED.get(kind, "") if is_file else "")


def _bytes(part: Message) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else part.as_bytes()


def _any_charset(message: Message) -> str | None:
    return next((str(c) for part in message.walk() if (c := _charset(part))), None)


def header(value: str, charset: str | None) -> str:
    """A header's value: encoded words (RFC 2047), or raw bytes as mail programs of China write them.

    Args:
        charset: of the mail's text, which its raw headers share.
    """
    value = " ".join(value.split())
    try:
        pieces = email.header.decode_header(value)
    except (MessageError, ValueError):
        pieces = [(value, None)]
    return "".join(_text(_raw(piece, name), name or charset) for piece, name in pieces).strip()


def _raw(piece: bytes | str, charset: str | None) -> bytes:
    """A piece as it stood in the file. The standard library escapes raw bytes beside an encoded word."""
    if isinstance(piece, str):
        return piece.encode("utf-8", "surrogateescape")
    return piece if charset else _ESCAPED.sub(lambda byte: bytes([int(byte[1], 16)]), piece)


def _text(data: bytes, charset: str | None) -> str:
    try:
        return data.decode("ascii") if data.isascii() and b"\x1b" not in data else decode_as(data, charset)
    except Problem:
        return data.decode("utf-8", "replace")


def _date(text: str) -> str:
    try:
        return email.utils.parsedate_to_datetime(text).strftime("%Y-%m-%d %H:%M")
    except (TypeError, ValueError, IndexError, OverflowError):
        return iso_date(text) or text


def _parts(message: Message, texts: _Bodies) -> tuple[list[Message], int]:
    """The parts that a mail program shows or offers, each once: of alternatives one, of a page the page; and how
    many more there are."""
    waiting, seen = [message], 0
    found: list[Message] = []
    while waiting and seen < _MOST_PARTS:
        part, seen = waiting.pop(), seen + 1
        inside = _inside(part)
        kind = part.get_content_type()
        if not inside or kind.startswith("message/"):
            if not _is_shown(part):
                found.append(part)
        elif kind == "multipart/alternative":
            waiting += _best(inside, texts)
        else:
            waiting += reversed(inside)
    return found, len(waiting)


def _is_shown(part: Message) -> bool:
    """It is a picture that the mail's page shows."""
    is_picture = part.get_content_maintype() == "image" and part.get("Content-ID")
    return bool(is_picture) and part.get_content_disposition() != "attachment"


def _inside(part: Message) -> list[Message]:
    payload: Any = part.get_payload()
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def _best(parts: list[Message], texts_of: _Bodies) -> list[Message]:
    """Of alternatives the plain text or the page, and others (a calendar), which say something else."""
    texts = [part for part in parts if part.get_content_type() == _PLAIN][:1]
    pages = [part for part in parts if part not in texts and _page_of(part) is not None][-1:]
    others = [part for part in parts if part.get_content_type() != _PLAIN and _page_of(part) is None]
    if texts and pages:
        said = [texts_of[one] for part in (*texts, *pages) if (one := _page_of(part) or part)]
        read = chosen(said[0], said[1])
        return [*others, *(pages if read and read[0] is said[1] else texts)]
    return [*others, *texts, *pages]


def _page_of(part: Message) -> Message | None:
    return next(
        (one for one in part.walk() if one.get_content_type() in HTML.mime and not one.is_multipart()), None
    )


def _body(part: Message) -> Extracted | None:
    """The text of a part that is shown in the mail; None where it is a file or no text."""
    kind = part.get_content_type()
    if part.get_content_disposition() == "attachment" or (part.get_filename() and kind != _PLAIN):
        return None
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes) or not data.strip():
        return None
    try:
        if kind == _PLAIN:
            return body(decode_as(data, _charset(part)))
        if kind in HTML.mime:
            return page(decode_as(data, _charset(part), html=True))
    except Problem:
        return None
    return None


def page(source: str) -> Extracted | None:
    """The text of a mail written as a web page, with its headings."""
    root = webpage.parse(source)
    return webpage.read_tree(root).extracted() if root is not None else None


def _charset(part: Message) -> str | None:
    try:
        return part.get_content_charset()
    except (LookupError, ValueError):  # of what RFC 2231 calls an encoding
        return None


def filename(part: Message, charset: str | None = None) -> str:
    """What the part's file is called; '' if it has no name."""
    try:
        return header(part.get_filename() or "", charset)
    except (LookupError, ValueError):
        return ""
