"""Drawings and canvases kept as JSON (Obsidian's .canvas, .excalidraw): the words on them.

A canvas holds cards with Markdown, files, links and groups, wherever they lie; they are read from top to
bottom. Of a drawing only the text elements are read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from desktop_kb import reading
from desktop_kb.extract import markdown
from desktop_kb.extract.decoding import decode
from desktop_kb.extract.json_text import loaded
from desktop_kb.extract.properties import LONGEST, MOST
from desktop_kb.records import Extracted, Heading, Layout

_CARD: Final = "text"


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """Raises:
    Problem: not-text, damaged.
    """
    content = loaded(decode(data).lstrip("\ufeff") or "{}")
    parts: list[str] = []
    headings: list[Heading] = []
    tags: list[str] = []
    length = 0
    for thing in sorted(_things(content), key=_place):
        text, title = _words(thing, path, tags)
        if not text.strip():
            continue
        text = text.strip() + "\n\n"
        if title:
            headings.append(Heading(length, length + len(text.rstrip()), 1, " ".join(text.split())[:LONGEST]))
        parts.append(text)
        length += len(text)
    return Extracted(
        "".join(parts), "", Layout(headings=tuple(headings)), {}, tuple(dict.fromkeys(tags))[:MOST]
    )


def _things(content: dict[str, Any]) -> list[dict[str, Any]]:
    listed = [content.get(key) for key in ("nodes", "edges", "elements")]
    found = [thing for things in listed if isinstance(things, list) for thing in things]
    return [thing for thing in found if isinstance(thing, dict) and not thing.get("isDeleted")]


def _place(thing: dict[str, Any]) -> tuple[float, float]:
    """From top to bottom, then from left to right; the labels of lines last."""
    at = [thing.get(key) for key in ("y", "x")]
    y, x = (float(number) if isinstance(number, int | float) else float("inf") for number in at)
    return y, x


def _words(thing: dict[str, Any], path: Path, tags: list[str]) -> tuple[str, bool]:
    """What a card, an element or a line says, and whether it is the name of a group."""
    kind = thing.get("type")
    said = thing.get("originalText") or thing.get("text") or thing.get("label") or thing.get("name")
    if kind == "file":
        said = thing.get("file")
    elif kind == "link":
        said = thing.get("url")
    if not isinstance(said, str):
        return "", False
    if kind == _CARD and "fontSize" not in thing:  # a card; the text of a drawing is no Markdown
        note = markdown.read(said.encode("utf-8", "replace"), path)
        tags += note.tags
        said = reading.read(note.text, note.layout.edits)
    return said, kind in ("group", "frame")
