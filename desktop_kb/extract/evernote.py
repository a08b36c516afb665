"""Evernote's export (.enex): every note of it, headed by its title.

The file is XML with a page for each note; what is attached lies in it as base64. Pictures are passed over, other
files are parts.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from lxml import etree

from desktop_kb.errors import Problem
from desktop_kb.extract.parts import Part
from desktop_kb.extract.properties import LONGEST, described
from desktop_kb.extract.webpage import parse, read_tree
from desktop_kb.extract.xml_tree import clear, stream
from desktop_kb.language.dates import iso_date
from desktop_kb.records import Extracted, Heading, Layout

_TASK_GROUP: Final = re.compile(r"--en-id:([\w-]+)")
_FACTS: Final = {"created": "created", "author": "author", "source-url": "source"}


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """Raises:
    Problem: damaged.
    """
    texts: list[str] = []
    headings: list[Heading] = []
    notes: list[dict[str, Any]] = []
    length, attached = 0, False
    for note in _notes(data):
        title = " ".join((note.findtext("title") or "").split())
        page = parse(note.findtext("content") or "<p></p>")
        _write_tasks(note, page)
        body = read_tree(page) if page is not None else None
        said = {
            key: value
            for name, key in _FACTS.items()
            if (value := (note.findtext(f".//{name}") or "").strip())
        }
        if date := iso_date(said.get("created", "")):
            said["created"] = date
        notes.append({**said, "tags": [tag.text for tag in note.iterfind("tag") if tag.text]})
        text = f"{title}\n" if title else ""
        if title:
            headings.append(Heading(length, length + len(title), 1, title[:LONGEST]))
        if body is not None:
            at = length + len(text)
            headings += [Heading(h.start + at, h.end + at, h.level + 1, h.title) for h in body.headings]
            text += body.text + "\n\n"
        texts.append(text)
        length += len(text)
        attached = attached or any(True for _ in _attached(note))
        clear(note)
    if not notes:
        raise Problem("damaged")
    metadata, tags = described(
        {**(notes[0] if len(notes) == 1 else {}), "tags": [t for n in notes for t in n["tags"]]}
    )
    title = headings[0].title if len(notes) == 1 and headings else ""
    text, layout = "".join(texts).rstrip("\n"), Layout(headings=tuple(headings))
    return Extracted(text, title, layout, metadata, tags, holds_files=attached)


def parts(data: bytes, path: Path, password: str | None) -> Iterator[Part]:
    """The files attached to the notes."""
    for note in _notes(data):
        for name, encoded in _attached(note):
            yield Part(name, len(encoded) * 3 // 4, partial(base64.b64decode, encoded))
        clear(note)


def _write_tasks(note: Any, page: Any) -> None:
    """Write the tasks of a note where the page has but a group of them, a placeholder for older programs."""
    if page is None:
        return
    groups = {}
    for place in page.xpath('//*[contains(@style, "--en-task-group:true")]'):
        named = _TASK_GROUP.search(place.get("style"))
        groups[named[1] if named else ""] = place
        for child in list(place):
            place.remove(child)
        place.text = None
    for task in sorted(note.iterfind("task"), key=lambda task: task.findtext("sortWeight") or ""):
        place = groups.get(task.findtext("taskGroupNoteLevelID") or "", page)
        etree.SubElement(place, "div").text = task.findtext("title")


def _attached(note: Any) -> Iterator[tuple[str, str]]:
    """The name of each file attached to a note, and its content as base64."""
    for held in note.iterfind("resource"):
        if not (held.findtext("mime") or "").startswith("image/"):
            name = (held.findtext("resource-attributes/file-name") or "").strip()
            yield name, held.findtext("data") or ""


def _notes(data: bytes) -> Iterator[Any]:
    """The notes one after the other; a damaged file gives those before the damage."""
    return stream(data, "note", long_texts=True)
