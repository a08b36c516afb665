"""Files in a file: attachments, the members of an archive, the messages of a mailbox. Each that can be read
becomes a document of its own.

A reader says by `holds_files` that there are some, and offers them by a function `parts(data, path, password)`
beside its `read`. This module names and counts them, keeps to the limits and opens one again, also a part of a
part: 'old.zip/report.docx'. A file may be hostile: names are only names, sizes are looked at before and after a
part is opened.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from desktop_kb.errors import Problem
from desktop_kb.formats import PICTURE, Format, format_of
from desktop_kb.records import Extracted, Picture

#: Parts of one file, parts within parts, bytes of one, and of all that one file offers.
MOST_PARTS: Final = 20_000
DEEPEST: Final = 3
LARGEST: Final = 256 * 2**20
#: Smaller pictures are logos and signs, and hold no page to be read.
LEAST_PICTURE: Final = 30_000
MOST_BYTES: Final = 16 * 2**30
_LONGEST_NAME: Final = 400
#: Folders that programs put into archives for themselves.
_NOT_MEANT: Final = ("__MACOSX",)


class Part(NamedTuple):
    """A file in a file: its name, with '/' between folders; its bytes, as its container states them, 0 if it
    does not; and what reads it. It may raise what it likes, or return more than `size`."""

    name: str
    size: int
    read: Callable[[], bytes]


Reader = Callable[..., Extracted]
Drawer = Callable[[bytes, int, str | None], Picture]
Offer = Callable[[bytes, Path, str | None], Iterable[Part]]


def reader_of(format: Format) -> tuple[Reader, Offer | None]:
    """What reads files of a format, and what offers the parts of one, if they can have any."""
    # Imported on demand, so that someone who only has notes never loads PDFium.
    module = importlib.import_module(f"desktop_kb.extract.{format.reader}")
    return module.read, getattr(module, "parts", None)


def drawer_of(format: Format) -> Drawer:
    """What draws a page (from 0) of a file of a format whose pages can be drawn."""
    drawer: Drawer = importlib.import_module(f"desktop_kb.extract.{format.reader}").picture
    return drawer


def named(parts: Iterable[Part]) -> dict[str, Part]:
    """The parts by names that are unique and can be shown; of too many, the first ones."""
    found: dict[str, Part] = {}
    next_number: dict[str, int] = {}  # of each name, so that 20,000 of one name are numbered at once
    for part in islice(parts, MOST_PARTS):
        pieces = [p for p in part.name.replace("\\", "/").split("/") if p.strip(". ")]
        name = "".join(c if c.isprintable() else "�" for c in "/".join(pieces)) or "�"
        path, first = PurePosixPath(name), name
        while name in found:
            number = next_number.setdefault(first, 2)
            next_number[first] = number + 1
            name = f"{path.with_suffix('')} ({number}){path.suffix}"
        found[name] = part
    return found


def is_hidden(name: str) -> bool:
    """Whether a program put it there for itself, so that nobody misses it."""
    return any(piece.startswith(".") or piece in _NOT_MEANT for piece in name.split("/"))


def can_be_read(name: str, part: Part) -> bool:
    """There is a reader for it, it is not hidden and not too large."""
    format = format_of(Path(name.rpartition("/")[2]))
    return (
        not is_hidden(name)
        and len(name) <= _LONGEST_NAME
        and part.size <= LARGEST
        and format is not None
        and not (format is PICTURE and part.size < LEAST_PICTURE)
    )


def offered(parts: Mapping[str, Part], depth: int) -> tuple[str, ...]:
    """The names of those parts that become documents; `depth` is 0 for the parts of a file on the disk."""
    if depth >= DEEPEST:
        return ()
    names, left = [], MOST_BYTES
    for name, part in parts.items():
        if can_be_read(name, part) and part.size <= left:
            left -= part.size
            names.append(name)
    return tuple(names)


@dataclass(slots=True)
class Content:
    """The bytes of a file or a part and what they are; `depth` counts the files that it is in."""

    data: bytes
    path: Path
    format: Format
    password: str | None = None
    depth: int = 0
    count: int = field(default=0, init=False)  # of its parts, once they are listed
    _parts: dict[str, Part] | None = field(default=None, init=False)
    _inner: dict[str, Content] = field(default_factory=dict, init=False)  # the container in it opened last

    def parts(self) -> dict[str, Part]:
        """The parts that its reader offers, by name."""
        if self._parts is None:
            offer = reader_of(self.format)[1]
            listed = iter(offer(self.data, self.path, self.password) if offer else ())
            self._parts = named(listed)
            self.count = len(self._parts) + sum(1 for _ in listed)
        return self._parts

    def open(self, part: str) -> Content:
        """A part, or a part of a part.

        Raises:
            Problem: it is not there any more ('part-vanished') or too large.
        """
        parts = self.parts()
        name = (
            part
            if part in parts
            else max((n for n in parts if part.startswith(f"{n}/")), key=len, default="")
        )
        format = format_of(Path(name.rpartition("/")[2])) if name else None
        if format is None or self.depth >= DEEPEST:
            raise Problem("part-vanished")
        inner = self._inner.get(name)
        if inner is None:
            data = parts[name].read()
            if len(data) > LARGEST:
                raise Problem("too-large", limit_mib=LARGEST // 2**20)
            inner = Content(data, Path(name), format, depth=self.depth + 1)
        if name == part:
            return inner
        self._inner = {name: inner}
        return inner.open(part[len(name) + 1 :])
