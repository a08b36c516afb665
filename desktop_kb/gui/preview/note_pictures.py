"""The pictures that a note shows, as far as they may be shown. They are read from files: do that on a thread."""

from __future__ import annotations

import base64
import binascii
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QImage

from desktop_kb.records import ColourPicture, Edit, Look

DATA_CHARS: Final = 8 * 2**20
IMAGE_BYTES: Final = 24 * 2**20
IMAGE_WIDTH: Final = 560
#: The preview shows at most this many pictures of one note.
_MOST_PICTURES: Final = 40
_SMALLEST: Final = 24  # pixels; icons and counters of a page are no pictures

PICTURE: Final = re.compile(
    r"!\[[^\]\n]*\]\(\s*(?:<([^>\n]+)>|([^)\s]+))"
    r"|!\[\[([^\]|#\n]+\.(?:png|jpe?g|gif|webp|bmp))(?:\|[^\]\n]*)?\]\]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, and the offset in the raw text after which it is shown."""

    place: int
    image: QImage


def load_pictures(text: str, edits: Sequence[Edit], folder: Path, near: int, reach: int) -> list[Picture]:
    """The allowed pictures of a Markdown text within `reach` characters of `near`, in text order.

    Args:
        folder: the note's folder; nothing outside it is read.
    """
    pictures: list[Picture] = []
    starts = [edit.start for edit in edits]
    for found in PICTURE.finditer(text, max(0, near - reach), near + reach):
        at = bisect_right(starts, found.start()) - 1
        if at < 0 or edits[at].end <= found.start():
            continue  # no edit removes this mark, so it is inside a code block
        image = picture(QUrl(found[1] or found[2] or found[3]), folder)
        if image is not None:
            pictures.append(Picture(found.end(), image))
        if len(pictures) == _MOST_PICTURES:
            break
    return pictures


def pictures_among(looks: Iterable[Look], folder: Path, near: int, reach: int) -> list[Picture]:
    """The allowed ones of the pictures that a page shows, as `load_pictures`."""
    pictures: list[Picture] = []
    for look in looks:
        if look.kind != "image" or abs(look.start - near) > reach:
            continue
        image = picture(QUrl(look.detail), folder)
        if image is not None and min(image.width(), image.height()) > _SMALLEST:
            pictures.append(Picture(look.start, image))
        if len(pictures) == _MOST_PICTURES:
            break
    return pictures


def pictures_of(looks: Iterable[Look], drawn: Mapping[str, ColourPicture]) -> list[Picture]:
    """Those that a document's own file holds: `drawn` are they by their names in it."""
    pictures: list[Picture] = []
    for look in looks:
        one = drawn.get(look.detail)
        if one is not None and min(one.width, one.height) > _SMALLEST:
            image = QImage(one.pixels, one.width, one.height, 4 * one.width, QImage.Format.Format_RGBA8888)
            pictures.append(Picture(look.start, image.copy()))  # a QImage does not keep the bytes alive
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
