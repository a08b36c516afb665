"""A note as a file: its name (from its first line), its line ends, and the pictures in its folder."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QUrl

from desktop_kb.files import make_private, write_whole
from desktop_kb.formats import MARKDOWN
from desktop_kb.gui.preview.note_pictures import inside

_NAME_CHARS: Final = 80
_FORBIDDEN: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
_RESERVED: Final = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_FRONT: Final = re.compile(r"\A---\n.*?\n(---|\.\.\.)\n", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Style:
    """A file's line ends and byte order mark."""

    newline: str = "\n"
    mark: bytes = b""

    def encoded(self, text: str) -> bytes:
        """`text` (with line ends '\\n') as bytes in this style."""
        return self.mark + text.replace("\n", self.newline).encode("utf-8", "replace")


def decoded(data: bytes) -> tuple[Style, str]:
    """A file's style, and its text with line ends '\\n'.

    Raises:
        UnicodeDecodeError: it is not UTF-8.
    """
    text = data.decode("utf-8")
    mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    newline = "\r\n" if "\r\n" in text else "\n"
    return Style(newline, mark), text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def body(text: str) -> str:
    """A note without its front matter."""
    return _FRONT.sub("", text)


def file_name(text: str) -> str:
    """A file name (without suffix) from a note's first line that contains words; '' if none does."""
    for line in body(text).splitlines():
        plain = _FORBIDDEN.sub(" ", re.sub(r"[#*_`~>\[\]]+", " ", line))
        name = " ".join(plain.split())[:_NAME_CHARS].encode("utf-8", "ignore").decode("utf-8").strip(". -")
        while len(name.encode("utf-8")) > 200:  # file systems limit names to 255 bytes
            name = name[:-1].rstrip(". -")
        if any(c.isalnum() for c in name):
            return f"{name} note" if _RESERVED.fullmatch(name) else name
    return ""


def write_new(folder: Path, stem: str, data: bytes) -> Path:
    """Write a new note under a name that no other file has.

    Raises:
        OSError: it cannot be written there; no partial file is left.
    """
    make_private(folder)
    suffix = MARKDOWN.suffixes[0]
    number = 1
    while True:
        path = folder / (f"{stem}{suffix}" if number == 1 else f"{stem} ({number}){suffix}")
        try:
            _write_first(path, data)
        except FileExistsError:
            number += 1
        else:
            return path


def write_with_pictures(path: Path, data: bytes, pictures: Iterable[str], folder: Path) -> int:
    """Write a note to another folder, and copy its pictures to the paths there that its text refers to.
    The note is written last, and atomically.

    Args:
        pictures: the URLs of the pictures in the text.
        folder: the note's present folder; pictures outside it are not copied.

    Returns:
        How many pictures could not be copied.

    Raises:
        FileExistsError: a different file has the path of a picture.
        OSError: it cannot be written there.
    """
    left = 0
    for url in map(QUrl, dict.fromkeys(pictures)):
        name = Path(url.path(QUrl.ComponentFormattingOption.FullyDecoded))
        if url.scheme() or url.host() or name.is_absolute():
            continue  # an absolute address works from any folder
        file = inside(url, folder)
        try:
            picture = file.read_bytes() if file else None
        except OSError:
            picture = None
        if picture is None:
            left += 1
            continue
        target = path.parent / name
        if not (target.exists() and target.read_bytes() == picture):
            make_private(target.parent)
            _write_first(target, picture)
    write_whole(path, data)
    return left


def _write_first(path: Path, data: bytes) -> None:
    """Write a new file; if writing fails, no partial file is left.

    Raises:
        FileExistsError: the file exists already.
    """
    path.open("xb").close()
    try:
        write_whole(path, data)
    except OSError:
        path.unlink()
        raise
