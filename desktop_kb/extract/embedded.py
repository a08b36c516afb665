"""Files that office files hold as objects: a workbook in a report, a PDF on a slide.

They lie in folders called 'embeddings', as they are or in a compound file: that is a document of Office 97, or has a
document of today in its stream 'Package', a PDF in 'CONTENTS', any other file in '\\x01Ole10Native' ([MS-OLEDS]
2.3.6). What charts draw lies there too; they show it, and it is passed over.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Final

from desktop_kb.errors import Problem
from desktop_kb.extract import ooxml
from desktop_kb.extract.compound import MAGIC, Compound
from desktop_kb.extract.decoding import decode
from desktop_kb.extract.package import Package
from desktop_kb.extract.parts import Part
from desktop_kb.formats import by_type
from desktop_kb.records import Extracted

_FOLDER: Final = "embeddings"
_NATIVE: Final = "\x01Ole10Native"
_OFFICE97: Final = {
    "WordDocument": "doc",
    "Workbook": "xls",
    "Book": "xls",
    "PowerPoint Document": "ppt",
}
_OFFICE: Final = {"word": "docx", "xl": "xlsx", "ppt": "pptx"}


def offering(found: Extracted, data: bytes) -> Extracted:
    """The same, which says whether there may be files in it."""
    return replace(found, holds_files=_FOLDER.encode() in data)


def parts(data: bytes, path: Path, password: str | None = None) -> Iterator[Part]:
    """The files in an office file.

    Raises:
        Problem: encrypted, damaged, unpacks-too-large.
    """
    package = Package(data)
    folders = [(PurePosixPath(name.replace("\\", "/")), name) for name in package.names]
    charts = (name for path, name in folders if path.parent.name == "charts" and path.suffix == ".xml")
    drawn = {part.name for chart in charts for part in ooxml.Part(package, chart).by_kind("package")}
    for place, name in folders:
        if place.parent.name.lower() != _FOLDER or str(place) in drawn:
            continue
        if place.suffix.lower() != ".bin":
            yield Part(place.name, 0, partial(_entry, data, name))
            continue
        try:
            yield from _object(place, package.read(name, streamed=True))
        except Problem:  # by this name nothing reads it, so it counts as left out
            yield Part(place.name, 0, partial(_entry, data, name))


def _entry(data: bytes, name: str) -> bytes:
    return Package(data).read(name, streamed=True)


def _object(path: PurePosixPath, data: bytes) -> Iterator[Part]:
    """The file in an object of another program. An equation or a drawing is none."""
    if not data.startswith(MAGIC):
        return
    held = Compound(data)
    if native := held.stream(_NATIVE):
        yield from _packed(native)
        return
    content, kind = data, next((_OFFICE97[name] for name in _OFFICE97 if held.has(name)), "")
    if package := held.stream("Package"):
        folders = {name.partition("/")[0] for name in Package(package).names}
        content, kind = package, next((_OFFICE[name] for name in _OFFICE if name in folders), "")
    elif (pdf := held.stream("CONTENTS")).startswith(b"%PDF-"):
        content, kind = pdf, "pdf"
    if kind:
        yield Part(path.with_suffix(by_type(kind).suffixes[0]).name, len(content), lambda: content)


def _packed(native: bytes) -> Iterator[Part]:
    """The file that Windows' packager has wrapped: its name, its path, a path for a while, its bytes, and the three
    again in UTF-16, which some leave out."""
    try:
        label, at = _ended(native, 6)
        _, at = _ended(native, at)
        _, at = _ended(native, at + 8)
        (size,) = struct.unpack_from("<I", native, at)
    except (struct.error, ValueError):
        return  # what another program keeps for itself
    at += 4
    content = native[at : at + size]
    if label and content:
        yield Part(_wide_label(native, at + size) or decode(label), len(content), lambda: content)


def _ended(data: bytes, start: int) -> tuple[bytes, int]:
    """A text that ends with a zero, and where the next thing begins."""
    end = data.index(b"\0", start)
    return data[start:end], end + 1


def _wide_label(native: bytes, at: int) -> str:
    try:
        (path,) = struct.unpack_from("<I", native, at)
        (length,) = struct.unpack_from("<I", native, at + 4 + 2 * path)
    except struct.error:
        return ""
    start = at + 8 + 2 * path
    return native[start : start + 2 * length].decode("utf-16-le", "replace")
