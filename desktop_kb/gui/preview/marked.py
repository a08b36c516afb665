"""The spans that Markdown's marks format, and the pictures that a note shows.

The text of a Markdown document is the file itself, and its edits remove the marks (see `reading`). So a
mark is an edit that removes only characters such as asterisks, and its position says which words it
formats. All functions are pure except `load_pictures`, which reads files: call it on a thread.
"""

from __future__ import annotations

import base64
import binascii
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QImage

from desktop_kb.records import Edit

Look = Literal["bold", "italic", "code", "struck"]

DATA_CHARS: Final = 8 * 2**20
IMAGE_BYTES: Final = 24 * 2**20
IMAGE_WIDTH: Final = 560
#: The preview shows at most this many pictures of one note.
_MOST_PICTURES: Final = 40

_MARK: Final = re.compile(r"[\s#>*_~`-]*[*_~`][\s#>*_~`-]*")
_RUN: Final = re.compile(r"\*+|_+|~~|`+")
_PARAGRAPH_END: Final = re.compile(r"\n[ \t]*\r?\n")
_PICTURE: Final = re.compile(r"!\[[^\]\n]*\]\(\s*(?:<([^>\n]+)>|([^)\s]+))")
_LOOKS: Final[dict[str, dict[int, tuple[Look, ...]]]] = {
    "*": {1: ("italic",), 2: ("bold",), 3: ("bold", "italic")},
    "_": {1: ("italic",), 2: ("bold",), 3: ("bold", "italic")},
    "~": {2: ("struck",)},
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, and the offset in the raw text after which it is shown."""

    place: int
    image: QImage


def looks(text: str, edits: Sequence[Edit], first: int, last: int) -> Iterator[tuple[int, int, Look]]:
    """Each raw `[start, end)` between an opening and its closing mark, with the format they give it."""
    opened: dict[Look, int] = {}
    for start, end in _marks(text, edits, first, last):
        for run in _RUN.finditer(text, start, end):
            mark = run[0]
            found: tuple[Look, ...] = ("code",) if mark[0] == "`" else _LOOKS[mark[0]].get(len(mark), ())
            for look in found:
                start_of = opened.pop(look, None)
                if start_of is None or _PARAGRAPH_END.search(text, start_of, run.start()):
                    opened[look] = run.end()
                else:
                    yield start_of, run.start(), look


def _marks(text: str, edits: Sequence[Edit], first: int, last: int) -> Iterator[tuple[int, int]]:
    """The spans of the marks. Adjacent edits, such as the two asterisks of bold, are merged into one."""
    mark_start, mark_end = -1, -1
    for edit in edits[bisect_right(edits, first, key=lambda e: e.end - 1) :]:
        if edit.start >= last:
            break
        if edit.text or not _MARK.fullmatch(text, edit.start, edit.end):
            continue
        if edit.start != mark_end:
            if mark_start >= 0:
                yield mark_start, mark_end
            mark_start = edit.start
        mark_end = edit.end
    if mark_start >= 0:
        yield mark_start, mark_end


def load_pictures(text: str, edits: Sequence[Edit], folder: Path, near: int, reach: int) -> list[Picture]:
    """The allowed pictures of a Markdown text within `reach` characters of `near`, in text order.

    Args:
        folder: the note's folder; nothing outside it is read.
    """
    pictures: list[Picture] = []
    starts = [edit.start for edit in edits]
    for found in _PICTURE.finditer(text, max(0, near - reach), near + reach):
        at = bisect_right(starts, found.start()) - 1
        if at < 0 or edits[at].end <= found.start():
            continue  # no edit removes this mark, so it is inside a code block
        image = picture(QUrl(found[1] or found[2]), folder)
        if image is not None:
            pictures.append(Picture(found.end(), image))
        if len(pictures) == _MOST_PICTURES:
            break
    return pictures


def picture(url: QUrl, folder: Path | None) -> QImage | None:
    """A picture, if it may be shown: a `data:` URL, or a file inside `folder`. None otherwise."""
    data = _allowed(url, folder)
    image = QImage.fromData(data) if data else QImage()
    return None if image.isNull() else image


def fitted(image: QImage, width: int) -> QImage:
    """The picture, scaled down if it is wider than `width` pixels."""
    smooth = Qt.TransformationMode.SmoothTransformation
    return image.scaledToWidth(width, smooth) if image.width() > width else image


def _allowed(url: QUrl, folder: Path | None) -> bytes:
    """The bytes of a picture that may be shown; empty for any other."""
    if url.scheme() == "data":
        return _decoded(url.toString(QUrl.ComponentFormattingOption.FullyEncoded))
    file = inside(url, folder) if folder is not None else None
    try:
        return file.read_bytes() if file is not None and file.stat().st_size <= IMAGE_BYTES else b""
    except OSError:  # a missing picture is simply not shown
        return b""


def inside(url: QUrl, folder: Path) -> Path | None:
    """The file that a note's link names, if it is inside the note's `folder`; else None."""
    if url.scheme() not in ("", "file") or url.host():
        return None
    path = url.path(QUrl.ComponentFormattingOption.FullyDecoded)
    if url.scheme() == "file":
        path = url.toLocalFile()
    if path.startswith("//") or "\\" in path or "\0" in path or ".." in path.split("/"):
        return None
    try:
        folder = folder.resolve(strict=True)
        file = (folder / path).resolve(strict=True)
        return file if file.is_relative_to(folder) and file.is_file() else None
    except (OSError, ValueError, RuntimeError):  # there is no such file
        return None


def _decoded(uri: str) -> bytes:
    """The bytes of a base64 `data:image/...` URI of at most `DATA_CHARS` characters; else empty."""
    head, _, body = uri.partition(",")
    if len(uri) > DATA_CHARS or not head.startswith("data:image/") or not head.endswith(";base64"):
        return b""
    try:
        return base64.b64decode(QUrl.fromPercentEncoding(body.encode("ascii")), validate=True)
    except (binascii.Error, ValueError):
        return b""
