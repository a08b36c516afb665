"""The extraction child: reads one file after another and treats each as hostile.

It confines itself before it reads the first file (see `sandbox`). Path and password arrive in the frame,
never as arguments. It answers with the text, its layout and metadata, or with a `Problem`; any exception
of a reader library becomes the problem 'damaged'.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from desktop_kb import reading
from desktop_kb.errors import Problem, reason_of
from desktop_kb.extract.sandbox import confine, limit_memory
from desktop_kb.formats import by_type
from desktop_kb.records import Extracted, pack_states
from desktop_kb.worker import Message, serve


def main() -> None:
    """Serve until the parent closes our stdin."""
    warnings.simplefilter("ignore")  # reader libraries warn about every odd file
    confine()
    serve({"extract": _answer, "render": _render})


def _answer(request: Message) -> Message:
    header = request.header
    limit_memory(header["memory_bytes"])
    limit = header["text_chars"]
    try:
        found = read(Path(header["path"]), header["type"], header["password"])
        if not any(character.isalnum() for character in reading.read(found.text, found.layout.edits)):
            raise Problem("no-words")
    except MemoryError as error:
        raise Problem("too-much-memory", limit_mib=header["memory_bytes"] // 2**20) from error
    if len(found.text) > limit:
        raise Problem("too-much-text", limit_characters=limit)
    return Message(_header(found), (found.text.encode("utf-8"),))


def _render(request: Message) -> Message:
    """Draw pages of a PDF and discard the pictures; the answer is only whether that worked."""
    from desktop_kb.extract import pdf

    header = request.header
    limit_memory(header["memory_bytes"])
    try:
        pdf.draw(Path(header["path"]), header["pages"])
    except MemoryError as error:
        raise Problem("too-much-memory", limit_mib=header["memory_bytes"] // 2**20) from error
    except Exception as error:  # PDFium cannot draw it, or the file has vanished
        raise Problem("damaged") from error
    return Message({})


def read(path: Path, kind: str, password: str | None = None) -> Extracted:
    """Read one file of a known kind in this process.

    Raises:
        Problem: it cannot be read.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise Problem("vanished") from error
    except (IsADirectoryError, PermissionError) as error:  # Windows refuses a folder as it refuses a file
        raise Problem("not-a-file" if path.is_dir() else "no-permission") from error
    except OSError as error:
        raise Problem("unreadable", reason=reason_of(error)) from error
    if not data:
        raise Problem("empty")
    reader = _reader(kind)
    try:
        return reader(data, path, password)
    except (Problem, MemoryError):
        raise
    except Exception as error:  # reader libraries raise anything for a damaged file
        raise Problem("damaged") from error


def _reader(kind: str) -> Callable[[bytes, Path, str | None], Extracted]:
    # Imported on demand, so that someone who only has notes never loads PDFium.
    module = importlib.import_module(f"desktop_kb.extract.{by_type(kind).reader}")
    reader: Callable[[bytes, Path, str | None], Extracted] = module.read
    return reader


def _header(found: Extracted) -> dict[str, Any]:
    layout = found.layout
    return {
        # The title may come from the file's name, which need not be valid Unicode.
        "title": found.title.encode("utf-8", "replace").decode("utf-8"),
        "pages": [[page.start, page.end, page.label] for page in layout.pages],
        "headings": [[h.start, h.end, h.level, h.title] for h in layout.headings],
        "edits": [[edit.start, edit.end, edit.text] for edit in layout.edits],
        "metadata": dict(found.metadata),
        "tags": list(found.tags),
        "page_states": pack_states(found.page_states),
        "parts_left_out": found.parts_left_out,
    }
