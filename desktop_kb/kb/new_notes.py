"""Notes as new files: their names, from their first lines, and texts that become notes."""

from __future__ import annotations

import html
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from desktop_kb.files import is_device, make_private, numbered, write_whole
from desktop_kb.formats import MARKDOWN

#: What a text is that becomes a note; also its file's suffix.
TextType = Literal["md", "html", "txt"]

_NAME_CHARS: Final = 80
_FORBIDDEN: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
_FRONT: Final = re.compile(r"\A---\n.*?\n(---|\.\.\.)\n", re.DOTALL)
_TAG: Final = re.compile(r"<[!/a-z][^>]*>", re.IGNORECASE)


def titled(text: str, title: str, type: TextType) -> str:
    """A text as a file of this type that has the title, if one is given; plain text is titled by its file's name."""
    title = " ".join(title.split())
    return _TITLED[type](text, title) if title and type in _TITLED else text


def _note_titled(text: str, title: str) -> str:
    front = _FRONT.match(text)
    start = front.end() if front else 0
    if text[start:].lstrip().partition("\n")[0].strip() == f"# {title}":
        return text
    return f"{text[:start]}# {title}\n\n{text[start:]}"


def _page_titled(text: str, title: str) -> str:
    return f"<title>{html.escape(title)}</title>\n{text}"  # the first of several counts


_TITLED: Final[dict[TextType, Callable[[str, str], str]]] = {"md": _note_titled, "html": _page_titled}


def stem_of(text: str, title: str) -> str:
    """The name of its file, without the suffix."""
    return file_name(title) or file_name(_TAG.sub("\n", text)) or "note"


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
            return f"{name} note" if is_device(name) else name
    return ""


def write_new(
    folder: Path,
    stem: str,
    data: bytes,
    suffix: str = MARKDOWN.suffixes[0],
    expect: Callable[[Path], None] = lambda path: None,
) -> Path:
    """Write a new note under a name that no other file has.

    Args:
        expect: called before each try, with the path.

    Raises:
        OSError: it cannot be written there; no partial file is left.
    """
    make_folder(folder)
    names = numbered(stem, suffix)
    while True:
        path = folder / next(names)
        if os.path.lexists(path):
            continue
        expect(path)
        try:
            write_first(path, data)
        except FileExistsError:
            continue
        return path


def make_folder(folder: Path) -> None:
    """Make a folder of notes, as open to others as the one that it is in: a library's own is its owner's alone, that of
    a team is everybody's."""
    if not folder.is_dir() and folder.parent.is_dir():
        folder.mkdir(exist_ok=True)
        folder.chmod(stat.S_IMODE(folder.parent.stat().st_mode))
    make_private(folder)


def write_first(path: Path, data: bytes) -> None:
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
