"""Web archives (MHTML, as browsers save them): the page and its frames out of a MIME message."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Final

from desktop_kb.extract.decoding import decode_as
from desktop_kb.extract.properties import LONGEST
from desktop_kb.formats import HTML
from desktop_kb.records import Value

_BEGINS: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:[A-Za-z][\w-]{1,40}:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*)*?"
    rb"(?:MIME-Version|Content-Type):",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Archive:
    """A page: its text, or its bytes where no header says how they are written; and the frames it shows."""

    page: bytes | str
    frames: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)


def unpack(data: bytes) -> Archive | None:
    """The page in a web archive; None if `data` is none."""
    if _BEGINS.match(data[:4096]) is None or b"<html" in data[:200].lower():
        return None
    message = email.message_from_bytes(data.lstrip(b"\xef\xbb\xbf \r\n"), policy=email.policy.default)
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
    return Archive(first, frames, " ".join(str(message.get("Subject", "")).split())[:LONGEST], values)


def _page(part: EmailMessage) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    return decode_as(data, part.get_content_charset(), html=True)
