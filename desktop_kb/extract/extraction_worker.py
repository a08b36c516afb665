"""The extraction child: reads one file after another and treats each as hostile.

It confines itself before it reads the first file (see `sandbox`). Path and password arrive in the frame,
never as arguments. It answers with the text, its layout and metadata, or with a `Problem`; any exception
of a reader library becomes the problem 'damaged'.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from desktop_kb import reading
from desktop_kb.errors import Problem, reason_of
from desktop_kb.extract.package import Package
from desktop_kb.extract.parts import Content, drawer_of, is_hidden, offered, reader_of
from desktop_kb.formats import by_type
from desktop_kb.records import Extracted, Layout, RecognizedLine, pack_states, unpack_lines
from desktop_kb.sandbox import confine, limit_memory
from desktop_kb.worker import Handler, Message, serve


def main() -> None:
    """Serve until the parent closes our stdin."""
    warnings.simplefilter("ignore")  # reader libraries warn about every odd file
    confine()
    handlers = {"extract": _answer, "look": _look, "looks": _looks, "picture": _picture, "render": _render}
    serve({name: _within_memory(handler) for name, handler in {**handlers, "pictures": _pictures}.items()})
    _last.clear()  # PDFium wants its documents closed before it ends


def _within_memory(handler: Handler) -> Handler:
    """A handler that has as much memory as its request says."""

    def answer(request: Message) -> Message:
        limit = request.header["memory_bytes"]
        limit_memory(limit)
        try:
            return handler(request)
        except MemoryError as error:
            raise Problem("too-much-memory", limit_mib=limit // 2**20) from error

    return answer


@contextmanager
def _as_damaged() -> Iterator[None]:
    """What reader libraries raise, which is anything, is the problem 'damaged'."""
    try:
        yield
    except (Problem, MemoryError):
        raise
    except Exception as error:
        raise Problem("damaged") from error


def _answer(request: Message) -> Message:
    header = request.header
    limit = header["text_chars"]
    seen = dict(zip(header["seen"], map(unpack_lines, request.blobs), strict=True))
    found = read(Path(header["path"]), header["type"], header["password"], header["part"], seen)
    words = any(character.isalnum() for character in reading.read(found.text, found.layout.edits))
    if not words and not found.parts:
        raise Problem("no-words")
    if not words and not found.layout.pages:
        found = replace(found, text="", layout=Layout())  # it holds files, and says nothing itself
    if len(found.text) > limit:
        raise Problem("too-much-text", limit_characters=limit)
    return Message(_header(found), (_utf8(found.text), found.layout.seen))


def _looks(request: Message) -> Message:
    """How words look in a file, and the hash of the text that their places are in."""
    header = request.header
    found = read(Path(header["path"]), header["type"], header["password"], header["part"])
    hash = hashlib.sha256(_utf8(found.text)).hexdigest()
    looks: list[Any] = json.loads(_utf8(json.dumps([list(look) for look in found.looks], ensure_ascii=False)))
    return Message({"hash": hash, "looks": looks})


def _look(request: Message) -> Message:
    """The SHA-256 and the size of a part."""
    data = _asked(request).data
    return Message({"hash": hashlib.sha256(data).hexdigest(), "size": len(data)})


def _picture(request: Message) -> Message:
    """Draw one page as grey pixels."""
    content = _asked(request)
    with _as_damaged():
        found = drawer_of(content.format)(content.data, request.header["page"], content.password)
    return Message({"width": found.width, "height": found.height}, (found.pixels,))


def _pictures(request: Message) -> Message:
    """Pictures of a file that is a package, by their names in it, as coloured pixels. What cannot be drawn, as drawings
    of Windows, and what is too much is left out."""
    from desktop_kb.extract.picture import coloured

    content = _asked(request)
    with _as_damaged():
        package = Package(content.data)
    sizes: list[tuple[int, int, int]] = []
    drawn: list[bytes] = []
    for number, name in enumerate(request.header["names"]):
        try:
            with _as_damaged():
                found = coloured(package.read(name))
        except (Problem, MemoryError):
            continue
        if sum(map(len, drawn)) + len(found.pixels) > request.header["pixel_bytes"]:
            break
        sizes.append((number, found.width, found.height))
        drawn.append(found.pixels)
    return Message({"pictures": sizes}, tuple(drawn))


def _render(request: Message) -> Message:
    """Draw pages of a PDF and discard the pictures; the answer is only whether that worked."""
    from desktop_kb.extract import pdf

    with _as_damaged():  # PDFium cannot draw it, or the file has vanished
        pdf.draw(Path(request.header["path"]), request.header["pages"])
    return Message({})


def _asked(request: Message) -> Content:
    header = request.header
    return _content(Path(header["path"]), header["type"], header["password"], header["part"])


def read(
    path: Path,
    kind: str,
    password: str | None = None,
    part: str = "",
    seen: Mapping[int, Sequence[RecognizedLine]] = MappingProxyType({}),
) -> Extracted:
    """Read one file of a known kind, or a part of it, in this process; `seen` are the lines that were recognized
    on its pages.

    Raises:
        Problem: it cannot be read.
    """
    content = _content(path, kind, password, part)
    if not content.data:
        raise Problem("empty")
    with _as_damaged():
        given = {"seen": seen} if content.format.pictured else {}
        found = reader_of(content.format)[0](content.data, content.path, content.password, **given)
        if not found.holds_files:
            if not part:
                _last.clear()
            return found
        listed = content.parts()
        names = offered(listed, content.depth)
        left_out = content.count - len(names) - sum(map(is_hidden, listed))
        return replace(found, parts=names, parts_left_out=found.parts_left_out + left_out)


#: The file that was opened last, since its parts mostly come next: what tells whether it is the same, and its
#: content, which lists them once.
_last: list[tuple[tuple[str, int, int, str | None], Content]] = []


def _content(path: Path, kind: str, password: str | None, part: str) -> Content:
    """The content of a file or of a part of it."""
    try:
        status = path.stat()
    except OSError:
        status = None
    key = (str(path), status.st_size, status.st_mtime_ns, password) if status else None
    if not part or not _last or _last[0][0] != key:
        _last.clear()
        whole = Content(_bytes(path), path, by_type(kind), password)
        if key is not None:
            _last.append((key, whole))
    else:
        whole = _last[0][1]
    with _as_damaged():
        return whole.open(part) if part else whole


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise Problem("vanished") from error
    except (IsADirectoryError, PermissionError) as error:  # Windows refuses a folder as it refuses a file
        raise Problem("not-a-file" if path.is_dir() else "no-permission") from error
    except OSError as error:
        raise Problem("unreadable", reason=reason_of(error)) from error


def _utf8(text: str) -> bytes:
    """A text as bytes. JSON, RTF and names of files can hold half a character (a lone surrogate), which nothing can
    store: it becomes one '?', so that all offsets stay."""
    return text.encode("utf-8", "replace")


def _header(found: Extracted) -> dict[str, Any]:
    layout = found.layout
    header = {
        "title": found.title,
        "pages": [[page.start, page.end, page.label, page.recognized] for page in layout.pages],
        "headings": [[h.start, h.end, h.level, h.title] for h in layout.headings],
        "edits": [[edit.start, edit.end, edit.text] for edit in layout.edits],
        "metadata": dict(found.metadata),
        "tags": list(found.tags),
        "page_states": pack_states(found.page_states),
        "parts_left_out": found.parts_left_out,
        "parts": list(found.parts),
        "marks": [list(mark) for mark in found.marks],
    }
    storable: dict[str, Any] = json.loads(_utf8(json.dumps(header, ensure_ascii=False)))
    return storable
