"""Mailboxes (.mbox): each message is a part, a mail of its own; the box has no text.

A message begins with a line 'From ADDRESS DATE' and a header below it; where a mail's own line begins so, it has a
'>' before it (RFC 4155 and the mboxrd variant), which not every program writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from desktop_kb.errors import Problem
from desktop_kb.extract import eml
from desktop_kb.extract.parts import Part
from desktop_kb.formats import EML
from desktop_kb.records import Extracted

_BEGINS: Final = re.compile(rb"^From [^\r\n]*\d\d:\d\d[^\r\n]*\r?\n(?=[!-9;-~]+:)", re.MULTILINE)
_ESCAPED: Final = re.compile(rb"^>(>*From )", re.MULTILINE)
_LONGEST_NAME = 80  # characters of a subject


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """Raises:
    Problem: damaged: there is no message.
    """
    if _BEGINS.search(data) is None:
        raise Problem("damaged")
    return Extracted("", "", holds_files=True)


def parts(data: bytes, path: Path, password: str | None) -> Iterator[Part]:
    """The messages, each called by its number and its subject."""
    for number, (start, end) in enumerate(_messages(data), 1):
        subject = "".join(" " if c in "/\\" else c for c in eml.subject(data[start:end]))
        name = f"{number} {subject[:_LONGEST_NAME].strip()}".strip(". ")
        yield Part(f"{name}{EML.suffixes[0]}", end - start, partial(_message, data, start, end))


def _message(data: bytes, start: int, end: int) -> bytes:
    return _ESCAPED.sub(rb"\1", data[start:end])


def _messages(data: bytes) -> Iterator[tuple[int, int]]:
    """Where each message's bytes are."""
    start = -1
    for found in _BEGINS.finditer(data):
        if start >= 0:
            yield start, found.start()
        start = found.end()
    if start >= 0:
        yield start, len(data)
