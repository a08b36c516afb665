"""Web archives (MHTML, as browsers save them): the page, its frames and the files saved with it, out of a MIME
message. What the page is shown with (pictures, styles, scripts) is no such file.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import partial
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

from desktop_kb.extract.decoding import decode_as
from desktop_kb.extract.parts import Part
from desktop_kb.extract.properties import LONGEST
from desktop_kb.formats import FORMATS, HTML, PDF
from desktop_kb.records import Value

#: Files that no page is shown with, by what they are.
_FILES: Final = {
    kind: format for format in FORMATS if format.group in ("office", "book", "mail") for kind in format.mime
} | {PDF.mime[0]: PDF}
_BEGINS: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:[A-Za-z][\w-]{1,40}:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*)*?"
    rb"(?:MIME-Version|Content-Type):",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Archive:
    """A page: its text, or its bytes where no header says how they are written; the frames it shows, and whether
    there are files beside it."""

    page: bytes | str
    frames: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)
    holds_files: bool = False


def unpack(data: bytes) -> Archive | None:
    """The page in a web archive; None if `data` is none."""
    message = _message(data)
    if message is None:
        return None
    pages: list[tuple[str, str, str]] = []
    for part in message.walk():
        if part.get_content_type() in HTML.mime and not part.is_multipart():
            name = str(part.get("Content-ID", "")).strip("<> ")
            pages.append((name, str(part.get("Content-Location", "")), _page(part)))
    if not pages:
        return None
    start = str(message.get_param("start", "")).strip("<> ")
    first = next((text for name, _, text in pages if start and name == start), pages[0][2])
    frames = {f"cid:{name}": text for name, _, text in pages if name} | {
        place: text for _, place, text in pages if place and text is not first
    }
    values: dict[str, Value] = {}
    place = str(message.get("Snapshot-Content-Location") or pages[0][1])
    if place.startswith(("http://", "https://")):
        values["source"] = place[:LONGEST]
    subject = " ".join(str(message.get("Subject", "")).split())[:LONGEST]
    return Archive(first, frames, subject, values, any(True for _ in _files(message)))


def files_of(data: bytes) -> Iterator[Part]:
    """The files in a web archive."""
    message = _message(data)
    for part in _files(message) if message is not None else ():
        size = len(str(part.get_payload())) * 3 // 4
        yield Part(_name(part), size, partial(_bytes, part))


def _message(data: bytes) -> EmailMessage | None:
    if _BEGINS.match(data[:4096]) is None or b"<html" in data[:200].lower():
        return None
    return email.message_from_bytes(data.lstrip(b"\xef\xbb\xbf \r\n"), policy=email.policy.default)


def _files(message: EmailMessage) -> Iterator[EmailMessage]:
    for part in message.walk():
        # As it stands: the parser of headers raises what it likes, which no picture's header should cost a page.
        said = next((v for k, v in part.raw_items() if k.lower() == "content-disposition"), "")
        is_file = part.get_content_type() in _FILES or said.lstrip().lower().startswith("attachment")
        if is_file and not part.is_multipart():
            yield part


def _name(part: EmailMessage) -> str:
    """What a file is called: by a header, or else at its address; its suffix says what it is."""
    place = PurePosixPath(unquote(urlsplit(str(part.get("Content-Location", ""))).path)).name
    name = part.get_filename() or place or "attachment"
    format = _FILES.get(part.get_content_type())
    if format is None or PurePosixPath(name).suffix.lower() in format.suffixes:
        return name
    return f"{name}{format.suffixes[0]}"


def _bytes(part: EmailMessage) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _page(part: EmailMessage) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    return decode_as(data, part.get_content_charset(), html=True)
