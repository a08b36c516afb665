"""What note apps write into their files for themselves.

Everything here is found line by line before Markdown is read, and blanked: the text keeps its length, so
that offsets stay those of the file. Logseq's properties, clocks and queries; the drawing in an Excalidraw
note; the block of fields at the end of a note that Joplin exports; the name that Notion gives a file.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from desktop_kb.records import Edit

_UUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_FENCE: Final = re.compile(
    r"^[ \t>]*(?:[-*+][ \t]+|\d+[.)][ \t]+)?(`{3,}|~{3,})[^\n]*\n.*?(?:^[ \t>]*\1[ \t]*$|\Z)", re.S | re.M
)
_LOGSEQ_LINES: Final = re.compile(
    r"^[ \t]*(?:-[ \t]+)?(?:"
    r"(?:id|collapsed|heading|background-color|ls-type|template|template-including-parent|created-at|updated-at"
    r"|filters|public|icon|(?:query|card|hl|logseq)[-.][\w.-]+)::(?:[ \t][^\n]*)?"
    r"|[\w-]+::[ \t]+\d{12,13}[ \t]*"  # when a task changed, in milliseconds
    r"|:LOGBOOK:.*?^[ \t]*:END:[ \t]*|CLOCK: \[[^\n]*"
    r"|#\+BEGIN_QUERY.*?^[ \t]*#\+END_QUERY[ \t]*|#\+(?:BEGIN|END)_[A-Z]+[^\n]*"
    r")(?:\r?\n|\Z)",
    re.MULTILINE | re.DOTALL,
)
_LOGSEQ_PARTS: Final = re.compile(
    r"\{\{(?:query|renderer|namespace|function|embed \(\()[^\n]*\}\}"
    r"|\{\{(?:embed|cloze)[ \t]+(?P<kept>[^{}\n]*)\}\}"
    r"|!\[[^\[\]\n]*\]\([^()<>\n]* [^()<>\n]*\.(?i:png|jpe?g|gif|webp|svg|bmp)\)|\{:(?:height|width) [^{}\n]*\}"
    rf"|\(\({_UUID}\)\)|(?<=\]\()\[\[[^\[\]\n]*\]\](?=\))"
)
_PROPERTY: Final = re.compile(r"[ \t]*(?:-[ \t]+)?([^\W\d][\w ./-]{0,60})::(?:[ \t]+([^\r\n]*)|)(?:\r?\n|\Z)")
_JOPLIN: Final = re.compile(r"(?:\A|\n)(id: [0-9a-f]{32}\n(?:[a-z_]+:[^\n]*\n)*type_: \d+)\s*\Z")
_NOTION: Final = re.compile(r"(.+?)[ _]([0-9a-f]{32})$")
_NOTION_PROPERTIES: Final = re.compile(r"# [^\n]*\n\s*\n((?:[^\n:]{1,60}: [^\n]*(?:\n|\Z))+)\s*(?:\n|\Z)")
_DRAWING: Final = re.compile(r"^(?:%%[ \t]*\n)?#{1,2} (?:Excalidraw Data|Text Elements|Drawing)[ \t]*$", re.M)
_TEXT_ELEMENTS: Final = re.compile(
    r"^#{1,2} Text Elements[ \t]*\n(.*?)(?=^(?:%%|#{1,2} (?:Drawing|Embedded [Ff]iles|Element Links)\b|```)|\Z)",
    re.MULTILINE | re.DOTALL,
)
_WARNING: Final = re.compile(r"^==⚠[^\n]*==[^\n]*$", re.MULTILINE)


_NOT_BREAK: Final = re.compile(r"[^\r\n]")


@dataclass(slots=True)
class Written:
    """A note as its author wrote it.

    Attributes:
        text: as long as the file's; what an app added is blank.
        edits: drop what an app added.
        values: what it says of the note.
        title: the one that the app shows, else ''.
    """

    text: str
    edits: list[Edit] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    title: str = ""

    def leave_out(self, start: int, end: int) -> None:
        if start < end:
            self.edits.append(Edit(start, end))


def written(text: str, body: int, path: Path, *, drawing: bool) -> Written:
    """Take the author's text apart from what an app added.

    Args:
        body: where the head ends.
        drawing: it is an Excalidraw note.
    """
    note = Written(text.replace("\r\n", " \n").replace("\r", "\n"))
    if drawing:
        _leave_drawing(note, body)
    else:
        _leave_logseq(note, body, path)
        _leave_fields(note, path)
    pieces, at = [], 0
    for edit in sorted(note.edits):
        if edit.start >= at:
            pieces += [text[at : edit.start], _blank(text, edit)]
            at = edit.end
    note.text = "".join(pieces) + text[at:]
    return note


def _blank(text: str, edit: Edit) -> str:
    """As many characters that say nothing: blanks for lines, within a line what is no blank (five blanks
    behind a bullet are code)."""
    begins, ends = (
        text[max(0, edit.start - 1) : edit.start] in "\r\n",
        text[edit.end - 1 : edit.end] in "\r\n",
    )
    return _NOT_BREAK.sub(" " if begins and ends else "\u2060", text[edit.start : edit.end])


def _leave_drawing(note: Written, body: int) -> None:
    """Keep what stands before the drawing, and its text elements."""
    for found in _WARNING.finditer(note.text, body):
        note.leave_out(*found.span())
    data = _DRAWING.search(note.text, body)
    if data is None:
        return
    at = data.start()
    for found in _TEXT_ELEMENTS.finditer(note.text, at):
        note.leave_out(at, found.start(1))
        at = found.end(1)
    note.leave_out(at, len(note.text))


def _leave_logseq(note: Written, body: int, path: Path) -> None:
    text = note.text
    name = unquote(path.stem).replace("___", "/")
    if path.parent.name in ("pages", "journals") and "/" in name:
        note.title = name
    if not any(mark in text for mark in ("::", "{{", "((", ":END:", "#+", "{:", "![")):
        return
    first = at = body + len(text[body:]) - len(text[body:].lstrip())
    while found := _PROPERTY.match(text, at):
        note.values.setdefault(found[1].strip().lower(), (found[2] or "").strip())
        at = found.end()
    note.leave_out(first, at)
    note.title = str(note.values.pop("title", "")) or note.title
    fences = [found.span() for found in _FENCE.finditer(text, body)] if "```" in text or "~~~" in text else []
    for pattern in (_LOGSEQ_LINES, _LOGSEQ_PARTS):
        for found in pattern.finditer(text, at):
            inside = bisect_right(fences, (found.start(), len(text))) - 1
            if inside >= 0 and found.start() < fences[inside][1]:
                continue
            line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
            if line.count("`") % 2:
                continue
            kept = found.span("kept") if pattern is _LOGSEQ_PARTS else (-1, -1)
            if kept == (-1, -1):
                note.leave_out(*found.span())
            else:
                note.leave_out(found.start(), kept[0])
                note.leave_out(kept[1], found.end())


def _leave_fields(note: Written, path: Path) -> None:
    # What is no note, a revision or that a note has a tag, has nothing but fields, which may be long.
    if found := _JOPLIN.search(note.text, max(0, len(note.text) - 4_000)) or _JOPLIN.match(note.text):
        fields = dict(line.partition(":")[::2] for line in found[1].split("\n") if found.start())
        for name, key in (
            ("created_time", "created"),
            ("updated_time", "updated"),
            ("author",) * 2,
            ("source_url", "source"),
            ("tags",) * 2,
        ):
            if value := fields.get(name, "").strip():
                note.values[key] = value
        note.leave_out(found.start(), len(note.text))
        note.title = note.text.lstrip().partition("\n")[0].strip()
    elif named := _NOTION.match(path.stem):
        note.title = named[1]
        if found := _NOTION_PROPERTIES.match(note.text):
            note.values |= {
                key: value.strip() for key, _, value in (row.partition(":") for row in found[1].splitlines())
            }
