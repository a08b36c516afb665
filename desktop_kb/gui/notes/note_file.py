"""A note as a file: its line ends, and the pictures in its folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QBuffer, QUrl
from PySide6.QtGui import QImage

from desktop_kb.files import make_private, write_whole
from desktop_kb.gui.preview.note_pictures import inside
from desktop_kb.gui.translation import tr
from desktop_kb.kb.new_notes import write_first, write_new


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


def keep_picture(picture: QImage, folder: Path, stem: str) -> str:
    """Write a picture into a note's folder, under a name that no other file has; returns that.

    Raises:
        OSError: it cannot be written there.
    """
    data = QBuffer()
    data.open(QBuffer.OpenModeFlag.WriteOnly)
    picture.save(data, "PNG")  # type: ignore[call-overload]
    return write_new(folder, f"{stem or tr('Picture')} 1", bytes(data.data().data()), ".png").name


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
            write_first(target, picture)
    write_whole(path, data)
    return left
