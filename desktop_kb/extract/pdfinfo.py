"""A PDF's title and metadata, read by pypdf; its outline and page labels, read by PDFium, which takes a tenth
of pypdf's time, and by pypdf in a file that PDFium does not open.

Nothing here makes a file fail: what cannot be read is left out, and pypdf gets 20 s (it is pure Python,
and some files keep it busy far longer).
"""

from __future__ import annotations

import datetime
import io
import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, TypeVar

import pypdf

from desktop_kb.extract.titles import is_title
from desktop_kb.records import Value

log = logging.getLogger(__name__)
logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it warns about every odd file
_T = TypeVar("_T")

_PATIENCE_S = 20.0
_MOST_ENTRIES = 5_000  # entries of an outline; books have hundreds
_MOST_XML = 20 * 2**20  # bytes of a form
_LONGEST = 1_000  # characters of a title or a metadata value
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_DATE: Final = re.compile(r"D?:?\s*(\d{4})(\d\d)?(\d\d)?")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the outline: `page` counts from 0, `level` from 1."""

    page: int
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class Info:
    """What pypdf found; `page_texts` reads the pages with pypdf, None if it cannot. `form` is the XML of a form
    in XFA; a portfolio holds files instead of pages."""

    title: str = ""
    metadata: dict[str, Value] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    outline: tuple[Entry, ...] = ()
    page_texts: Callable[[], list[str] | None] = lambda: None
    form: tuple[bytes, ...] = ()
    is_portfolio: bool = False


_NOTHING: Final = Info()


def signposts(document: Any) -> Info:
    """The labels and the outline of PDFium's document."""
    labels = (
        _clean(_attempt(lambda n=n: document.get_page_label(n), "")) or str(n + 1)  # type: ignore[misc]
        for n in range(len(document))
    )
    marks = islice(document.get_toc(), _MOST_ENTRIES)
    return Info(labels=tuple(labels), outline=tuple(entry for mark in marks if (entry := _entry(mark))))


def _entry(mark: Any) -> Entry | None:
    title = _clean(_attempt(mark.get_title, ""))
    target = mark.get_dest()
    page = target.get_index() if target else None
    return Entry(page, min(mark.level + 1, 9), title) if title and page is not None and page >= 0 else None


def read(data: bytes, password: str | None, known: Info = _NOTHING) -> Info:
    """What the file says about itself; what is absent or unreadable stays empty. The labels and the outline
    that are `known` are not read again."""
    found: list[Info] = []
    # In a thread, since no other way to stop waiting for Python code works on every system.
    thread = threading.Thread(target=lambda: found.append(_read(data, password, known)), daemon=True)
    thread.start()
    thread.join(_PATIENCE_S)
    return found[0] if found else known


def _read(data: bytes, password: str | None, known: Info) -> Info:
    reader = _attempt(lambda: _open(data, password), None)
    if reader is None:
        return known
    nothing: dict[str, Value] = {}
    metadata = _attempt(lambda: _metadata(reader), nothing)
    title = str(metadata.pop("title", ""))
    return Info(
        title=title if is_title(title) else "",
        metadata=metadata,
        labels=known.labels or _attempt(lambda: tuple(_clean(label) for label in reader.page_labels), ()),
        outline=known.outline or _attempt(lambda: _outline(reader), ()),
        page_texts=lambda: _attempt(lambda: [_text(page) for page in reader.pages], None),
        form=_attempt(lambda: _form(reader), ()),
        is_portfolio=_attempt(lambda: "/Collection" in reader.root_object, False),
    )


def _attempt(step: Callable[[], _T], otherwise: _T) -> _T:
    """The result of `step`, or `otherwise`: pypdf raises exceptions of every type for broken files."""
    try:
        return step()
    except Exception as error:
        log.debug("pypdf: %s", type(error).__name__)
        return otherwise


def _open(data: bytes, password: str | None) -> pypdf.PdfReader | None:
    reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted and not reader.decrypt(password or ""):
        return None
    return reader


def _form(reader: pypdf.PdfReader) -> tuple[bytes, ...]:
    """The XML of a form in XFA: names and streams by turns, or one stream (ISO 32000-1, 12.7.8)."""
    held = reader.root_object.get("/AcroForm", {}).get_object().get("/XFA")
    if held is None:
        return ()
    held = held.get_object()
    streams = [part.get_object() for part in held[1::2]] if isinstance(held, list) else [held]
    parts = tuple(bytes(stream.get_data()) for stream in streams)
    # A single stream may come in pieces that are XML only together.
    return parts if sum(map(len, parts)) <= _MOST_XML else ()


def _text(page: Any) -> str:
    text = _attempt(page.extract_text, "")
    return _SURROGATE.sub("\ufffd", text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _metadata(reader: pypdf.PdfReader) -> dict[str, Value]:
    raw: Mapping[str, Any] = reader.metadata or {}
    found: dict[str, Value] = {}
    for key in ("title", "author", "subject", "keywords"):
        value = _attempt(lambda key=key: raw.get(f"/{key.title()}"), None)  # type: ignore[misc]
        if isinstance(value, str) and (text := _clean(value)) and text.lower() != "unspecified":
            found[key] = text
    date = _attempt(lambda: _DATE.match(str(raw.get("/CreationDate") or "")), None)
    if date is not None:
        year, month, day = (int(part or 1) for part in date.groups())
        made = _attempt(lambda: datetime.date(year, month, day), None)
        if made is not None:
            found |= {"date": made.isoformat(), "year": made.year}
    return found


def _clean(value: object) -> str:
    text = _SURROGATE.sub("\ufffd", str(value))
    return " ".join("".join(c if c >= " " else " " for c in text).split())[:_LONGEST]


def _outline(reader: pypdf.PdfReader) -> tuple[Entry, ...]:
    entries: list[Entry] = []
    for level, item in _flat(reader.outline, 1):
        page = _attempt(lambda item=item: reader.get_destination_page_number(item), None)  # type: ignore[misc]
        title = _clean(item.title)
        if page is not None and page >= 0 and title:
            entries.append(Entry(page, min(level, 9), title))
        if len(entries) >= _MOST_ENTRIES:
            break
    return tuple(entries)


def _flat(items: Any, level: int) -> Iterator[tuple[int, Any]]:
    for item in items:
        if isinstance(item, list):
            yield from _flat(item, level + 1)
        else:
            yield level, item
