"""A mail, whatever program wrote it: what is read of it and what is kept as its metadata."""

from __future__ import annotations

import email.utils
import re
from dataclasses import dataclass, replace
from typing import Final

from desktop_kb.extract import plain
from desktop_kb.extract.properties import LONGEST
from desktop_kb.extract.writer import Writer
from desktop_kb.records import Extracted

#: Mails within mails; what is deeper is an attachment.
DEEPEST: Final = 5
_LONGEST_LIST = 4_000  # characters of receivers; a list of thousands says nothing of a mail
_CONTROLS: Final = re.compile("[\x00-\x1f\x7f]")
_FEWER = 3  # times; a plain text so much shorter than the page beside it says 'see the page'
_LABELS: Final = (("From", "sender"), ("To", "to"), ("Cc", "cc"), ("Bcc", "bcc"), ("Date", "date"))


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail: `date` is ISO with a blank before the time where it could be read; `attached` are names of
    files, `enclosed` the mails that were sent with it; `left_out` counts what was too much to be looked at."""

    subject: str
    sender: str
    to: str
    cc: str
    bcc: str
    date: str
    bodies: tuple[Extracted, ...] = ()
    attached: tuple[str, ...] = ()
    enclosed: tuple[Letter, ...] = ()
    left_out: int = 0

    def write(self, writer: Writer, level: int = 1) -> None:
        """Append the mail: its subject is a heading, an enclosed mail's is one level down."""
        writer.line(self.subject, level)
        for label, field in _LABELS:
            if value := getattr(self, field):
                cut = "…" if len(value) > _LONGEST_LIST else ""
                writer.line(f"{label}: {value[:_LONGEST_LIST]}{cut}")
        for body in self.bodies:
            writer.include(body, level)
        for name in self.attached:
            writer.line(f"Attachment: {name}")
        for letter in self.enclosed:
            letter.write(writer, level + 1)

    def said(self) -> dict[str, object]:
        """What it says of itself, for filters."""
        name, address = email.utils.parseaddr(self.sender[:LONGEST])
        found = {
            "from": self.sender,
            "to": self.to,
            "cc": self.cc,
            "bcc": self.bcc,
            "date": self.date,
            "author": name or address,
        }
        return {key: _CONTROLS.sub("", value)[:LONGEST] for key, value in found.items() if value}

    def _files(self) -> tuple[int, int]:
        """How many files it has, and how many more were not looked at; with those of the mails in it."""
        within = [letter._files() for letter in self.enclosed]
        return (
            len(self.attached) + sum(count for count, _ in within),
            self.left_out + sum(left_out for _, left_out in within),
        )

    def extracted(self) -> Extracted:
        """The mail as a document."""
        writer = Writer()
        self.write(writer)
        title = " ".join(_CONTROLS.sub("", self.subject).split())
        count, left_out = self._files()
        extracted = writer.extracted(title, self.said())
        return replace(extracted, holds_files=count > 0, parts_left_out=left_out)


def chosen(text: Extracted | None, page: Extracted | None) -> tuple[Extracted, ...]:
    """Of a mail's plain text and its page the one to read: the text, unless the page says much more."""
    if text is None or page is None:
        return tuple(body for body in (text, page) if body is not None)
    return (page,) if _FEWER * len(text.text) < len(page.text) else (text,)


def body(text: str) -> Extracted | None:
    """A mail's plain text; None if there is none."""
    text = text.strip("\r\n \0")
    return plain.laid_out(text, quoted=True) if text else None
