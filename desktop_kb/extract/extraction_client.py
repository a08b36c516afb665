"""The parent's side of the extraction child: starts it, bounds its time, memory and output, and turns
every way it can fail into a `DocumentProblem`.

A file may be hostile and may have taken over the child, so the child's answer is checked before anybody
sees it: offsets lie inside the text, edits are sorted and do not overlap, sizes are bounded.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, cast, get_args

from desktop_kb.errors import DocumentProblem, Problem, WorkerDied
from desktop_kb.extract.parts import MOST_PARTS
from desktop_kb.formats import format_of
from desktop_kb.records import (
    COLOURS,
    ColourPicture,
    DrawingTrial,
    Edit,
    Extracted,
    Heading,
    Layout,
    Look,
    LookKind,
    OwnMark,
    Page,
    Picture,
    Value,
    unpack_seen,
    unpack_states,
)
from desktop_kb.worker import Flag, Limits, Message, Worker, turn

_T = TypeVar("_T")
_HEADER_BYTES = 48 * 2**20
_PICTURE_BYTES = 2**25  # of a page as grey pixels, of the pictures in a text
_SHORT_CHARS = 2_000  # titles, labels, metadata keys and values
_MAX_ENTRIES = 10_000  # metadata entries and tags, and marks


@dataclass(frozen=True, slots=True)
class ExtractionLimits:
    """Limits for reading one file. `memory_bytes` is the child's resident memory."""

    timeout_s: float = 120.0
    memory_bytes: int = 3 * 2**29
    text_chars: int = 20_000_000


class Extractor:
    """Reads files one at a time in a child, which is started when needed and reused. Thread-safe."""

    def __init__(self, limits: ExtractionLimits = ExtractionLimits()) -> None:
        self._limits = limits
        self._worker = Worker("extract")
        self._one_at_a_time = threading.Lock()

    def extract(
        self,
        path: Path,
        *,
        part: str = "",
        password: str | None = None,
        seen: Mapping[int, bytes] = MappingProxyType({}),
        cancelled: Flag | None = None,
    ) -> Extracted:
        """Read `path`, or a part of the file there.

        Args:
            seen: the lines that were recognized on its pages, from 0, as `pack_lines` packs them.

        Raises:
            DocumentProblem: it cannot be read; the problem has the reason and the path.
            Cancelled: `cancelled` was set before the answer came.
        """
        header = {"do": "extract", "part": part, "password": password, "seen": list(seen)}
        answer = self._ask(header, path, cancelled, tuple(seen.values()))
        return self._trusted(lambda: _checked(answer, self._limits.text_chars), path)

    def picture(
        self,
        path: Path,
        page: int,
        *,
        part: str = "",
        password: str | None = None,
        cancelled: Flag | None = None,
    ) -> Picture:
        """A page (from 0) of `path`, or of a part of the file there, as grey pixels. Raises as `extract`."""
        header = {"do": "picture", "part": part, "password": password, "page": page}
        answer = self._ask(header, path, cancelled)
        return self._trusted(lambda: _picture(answer), path)

    def looks(self, path: Path, text: str, *, part: str = "") -> tuple[Look, ...]:
        """How the words of `text` look in the file at `path`; nothing if the file says something else by now. Raises
        as `extract`."""
        answer = self._ask({"do": "looks", "part": part, "password": None}, path, None)
        return self._trusted(lambda: _checked_looks(answer, text), path)

    def pictures(self, path: Path, names: Sequence[str], *, part: str = "") -> dict[str, ColourPicture]:
        """Pictures that stand in the file at `path`, by their names in it; those that can be drawn. Raises as
        `extract`."""
        header = {"do": "pictures", "part": part, "password": None}
        asked = {**header, "names": list(names), "pixel_bytes": _PICTURE_BYTES}
        answer = self._ask(asked, path, None)
        return self._trusted(lambda: _checked_pictures(answer, names), path)

    def look_at(
        self, path: Path, part: str, *, password: str | None = None, cancelled: Flag | None = None
    ) -> tuple[str, int]:
        """The SHA-256 of a part's bytes, and how many they are. Raises as `extract`."""
        answer = self._ask({"do": "look", "part": part, "password": password}, path, cancelled)
        return self._trusted(lambda: _checked_look(answer), path)

    def _ask(
        self, asked: Mapping[str, Any], path: Path, cancelled: Flag | None, blobs: Sequence[bytes] = ()
    ) -> Message:
        format = format_of(path)
        if format is None:
            raise DocumentProblem("unsupported", path=str(path))
        header = {
            **asked,
            "path": str(path.absolute()),
            "type": format.type,
            "text_chars": self._limits.text_chars,
            "memory_bytes": self._limits.memory_bytes,
        }
        output_bytes = max(_PICTURE_BYTES, 4 * self._limits.text_chars + _HEADER_BYTES)
        try:
            with turn(self._one_at_a_time, cancelled):
                return self._call(header, output_bytes, cancelled, blobs)
        except WorkerDied as death:
            raise self._problem_of(death, path) from death
        except DocumentProblem:
            raise
        except Problem as problem:
            if problem.code == "closed":
                raise
            raise DocumentProblem(problem.code, path=str(path), **problem.details) from problem

    def _trusted(self, check: Callable[[], _T], path: Path) -> _T:
        """The answer as `check` reads it."""
        try:
            return check()
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            self._worker.stop()  # the file may have taken over the child
            raise DocumentProblem("reader-crashed", path=str(path)) from error

    def try_drawing(self, path: Path, pages: Sequence[int]) -> DrawingTrial:
        """Draw these pages (from 1) of a PDF in the child, within the limits, and discard the pictures."""
        header = {
            "do": "render",
            "path": str(path.absolute()),
            "pages": list(pages),
            "memory_bytes": self._limits.memory_bytes,
        }
        with self._one_at_a_time:
            try:
                self._call(header, _HEADER_BYTES)
            except WorkerDied as death:
                return "late" if death.reason == "timeout" else "failed"
            except Problem as problem:
                if problem.code == "closed":
                    raise
                return "failed"
        return "drawn"

    def close(self) -> None:
        """End the child and refuse further files."""
        self._worker.close()

    def _call(
        self,
        header: dict[str, Any],
        output_bytes: int,
        cancelled: Flag | None = None,
        blobs: Sequence[bytes] = (),
    ) -> Message:
        limits = Limits(self._limits.timeout_s, self._limits.memory_bytes, output_bytes)
        reused = self._worker.running
        try:
            return self._worker.call(header, blobs, limits=limits, cancelled=cancelled)
        except WorkerDied as death:
            # An earlier file may have left the reused child bloated or damaged: try this file in a new one.
            if not reused or death.reason not in ("memory", "crashed"):
                raise
        return self._worker.call(header, blobs, limits=limits, cancelled=cancelled)

    def _problem_of(self, death: WorkerDied, path: Path) -> DocumentProblem:
        where = str(path)
        match death.reason:
            case "timeout":
                return DocumentProblem("took-too-long", path=where, limit_s=self._limits.timeout_s)
            case "memory":
                limit = self._limits.memory_bytes // 2**20
                return DocumentProblem("too-much-memory", path=where, limit_mib=limit)
            case "output":
                return DocumentProblem("too-much-text", path=where, limit_characters=self._limits.text_chars)
        return DocumentProblem("reader-crashed", path=where)


# --- checking the child's answer -------------------------------------------------------------


def _checked(answer: Message, text_chars: int) -> Extracted:
    """The child's answer as a record.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: no honest child would send this.
    """
    header = answer.header
    blob, seen = answer.blobs
    text = blob.decode("utf-8")
    if len(text) > text_chars:
        raise ValueError("text")
    pages = tuple(
        Page(_int(s), _int(e), _short(label), shown is True) for s, e, label, shown in header["pages"]
    )
    headings = tuple(Heading(_int(s), _int(e), _int(n), _short(t)) for s, e, n, t in header["headings"])
    edits = tuple(Edit(_int(s), _int(e), _short(t)) for s, e, t in header["edits"])
    _check_ranges(((p.start, p.end) for p in pages), len(text))
    _check_ranges(((h.start, h.end) for h in headings), len(text))
    _check_ranges(((e.start, e.end) for e in edits), len(text))
    if any(edit.start == edit.end for edit in edits) or any(not 1 <= h.level <= 99 for h in headings):
        raise ValueError("layout")
    metadata = {_short(key): _value(value) for key, value in header["metadata"].items()}
    tags = tuple(_short(tag) for tag in header["tags"])
    if len(metadata) + len(tags) > _MAX_ENTRIES:
        raise ValueError("metadata")
    states, left_out = unpack_states(header["page_states"]), _int(header["parts_left_out"])
    if len(states) not in (0, len(pages)) or left_out < 0:
        raise ValueError("pages")
    parts = tuple(_short(part) for part in header["parts"])
    if len(parts) > MOST_PARTS or not all(parts) or len(set(parts)) < len(parts):
        raise ValueError("parts")
    _check_ranges(((line.start, line.end) for line in unpack_seen(seen)), len(text))
    layout = Layout(pages, headings, edits, seen)
    marks = tuple(_mark(mark, len(text)) for mark in header["marks"])
    if len(marks) > _MAX_ENTRIES:
        raise ValueError("marks")
    title = _short(header["title"])
    return Extracted(text, title, layout, metadata, tags, states, left_out, parts, marks=marks)


def _mark(value: Any, length: int) -> OwnMark:
    start, end, quote, comment, colour = value
    if not 0 <= _int(start) <= _int(end) <= length or colour not in COLOURS:
        raise ValueError("mark")
    return OwnMark(start, end, _short(quote), _short(comment), colour)


def _checked_look(answer: Message) -> tuple[str, int]:
    """The hash and the size in the child's answer. Raises as `_checked`."""
    found = str(answer.header["hash"])
    if not re.fullmatch("[0-9a-f]{64}", found):
        raise ValueError("hash")
    return found, _int(answer.header["size"])


def _checked_looks(answer: Message, text: str) -> tuple[Look, ...]:
    """The looks in the child's answer, if their places are in this text. Raises as `_checked`."""
    if answer.header["hash"] != hashlib.sha256(text.encode("utf-8", "replace")).hexdigest():
        return ()
    looks = tuple(
        Look(_int(s), _int(e), _kind(kind), _short(detail)) for s, e, kind, detail in answer.header["looks"]
    )
    if not all(0 <= look.start <= look.end <= len(text) for look in looks):
        raise ValueError("looks")
    return looks


def _kind(value: object) -> LookKind:
    if value not in get_args(LookKind):
        raise ValueError("kind")
    return cast(LookKind, value)


def _picture(answer: Message) -> Picture:
    """The child's answer as a picture. Raises as `_checked`."""
    width, height = _int(answer.header["width"]), _int(answer.header["height"])
    (pixels,) = answer.blobs
    if min(width, height) < 1 or width * height != len(pixels):
        raise ValueError("picture")
    return Picture(width, height, pixels)


def _checked_pictures(answer: Message, names: Sequence[str]) -> dict[str, ColourPicture]:
    """The pictures in the child's answer. Raises as `_checked`."""
    found: dict[str, ColourPicture] = {}
    for (number, width, height), pixels in zip(answer.header["pictures"], answer.blobs, strict=True):
        if min(_int(width), _int(height)) < 1 or 4 * width * height != len(pixels):
            raise ValueError("picture")
        if not 0 <= _int(number) < len(names):
            raise ValueError("number")
        found[names[number]] = ColourPicture(width, height, pixels)
    return found


def _check_ranges(ranges: Iterable[tuple[int, int]], length: int) -> None:
    at = 0
    for start, end in ranges:
        if not at <= start <= end <= length:
            raise ValueError("ranges")
        at = end


def _int(value: Any) -> int:
    if type(value) is not int:
        raise ValueError("integer")
    return value


def _short(value: Any) -> str:
    if type(value) is not str or len(value) > _SHORT_CHARS:
        raise ValueError("string")
    value.encode("utf-8")  # raises for lone surrogates, which cannot be stored
    return value


def _value(value: Any) -> Value:
    if type(value) is not int:
        return _short(value)
    if not -(2**63) <= value < 2**63:
        raise ValueError("integer")
    return value
