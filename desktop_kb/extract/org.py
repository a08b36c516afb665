"""Org (Emacs' outlines) -> its layout. The text is the file; its markup is not read: stars, drawers, keywords,
links' targets, marks of emphasis (https://orgmode.org/worg/org-syntax.html)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from desktop_kb.extract.decoding import decode
from desktop_kb.extract.plain import inside, marked_up
from desktop_kb.extract.properties import LONGEST, described
from desktop_kb.records import Edit, Extracted, Heading

#: A keyword, with what it says; a heading, with its state, priority and tags.
_KEYWORD: Final = re.compile(
    r"^[ \t]*#\+([\w-]+)(?:\[[^\]\n]*\])?:[ \t]*([^\n]*?)[ \t\r]*(?:\n|\Z)", re.MULTILINE
)
_HEADING: Final = re.compile(
    r"^(?P<stars>\*{1,12})[ \t]+(?:\[#\w\][ \t]+)?(?P<title>[^\n]*?)(?P<tags>[ \t]+:(?:[\w@#%]+:)+)?[ \t\r]*$",
    re.MULTILINE,
)
_PRIORITY: Final = re.compile(r"\[#\w\][ \t]*")
#: Lines that say nothing: drawers, edges of blocks, comments, clocks, rules in tables.
_UNREAD: Final = re.compile(
    r"^[ \t]*(?::(?:PROPERTIES|LOGBOOK|TOC):[ \t]*\r?\n(?:(?![ \t]*:END:)[^\n]*\n){0,500}?[ \t]*:END:"
    r"|#\+(?:begin|end)_\w+[^\n]*|#(?:[ \t][^\n]*)?|CLOCK:[^\n]*|\|[-+]+\|?)[ \t\r]*(?:\n|\Z)",
    re.MULTILINE | re.IGNORECASE,
)
_VERBATIM: Final = re.compile(
    r"^[ \t]*#\+(begin|end)_(src|example|export|comment)\b[^\n]*\n?", re.MULTILINE | re.IGNORECASE
)
_LINK: Final = re.compile(r"(\[\[)([^\]\n]{1,2000}?)(?:(\]\[)([^\]\n]{1,2000}?))?(\]\])")
_FOOTNOTE: Final = re.compile(r"\[fn:[\w-]*\]|<<<?[^<>\n]{1,200}>>>?")
_EMPHASIS: Final = re.compile(
    r"(?<![^\s\-({'\"\u200b])([*/_=~+])(?=\S)([^\n]{0,400}?\S)\1(?![^\s\-.,;:!?)}'\"\u200b])"
)
_SAID: Final = {"title", "subtitle", "caption", "description"}
_ABOUT: Final = ("author", "date", "language", "email", "keywords")


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """Raises:
    Problem: not-text.
    """
    text = decode(data)
    code = _verbatim(text)
    edits = [Edit(*found.span()) for found in _UNREAD.finditer(text) if not inside(found.start(), code)]
    values: dict[str, Any] = {}
    for found in _KEYWORD.finditer(text):
        if not inside(found.start(), code):
            _keyword(found, values, edits)
    headings, tags = _headings(text, code, edits)
    for found in _LINK.finditer(text):
        if not inside(found.start(), code):
            edits.append(Edit(found.start(), found.start(4) if found[3] else found.end(1)))
            edits.append(Edit(*found.span(5)))
    for found in (*_FOOTNOTE.finditer(text), *_EMPHASIS.finditer(text)):
        if inside(found.start(), code):
            continue
        if found.re is _FOOTNOTE:
            edits.append(Edit(*found.span()))
        else:
            edits += [Edit(found.start(), found.start() + 1), Edit(found.end() - 1, found.end())]
    listed = values.pop("filetags", "").replace(":", " ").split()
    title = values.pop("title", "")
    metadata, own = described({**values, "tags": [*listed, *tags]})
    return marked_up(text, edits, headings, verbatim=code, title=title, metadata=metadata, tags=own)


def _verbatim(text: str) -> list[tuple[int, int]]:
    """What is inside blocks that are shown as they stand. A block that is not closed is none; with a pattern of
    whole blocks each of twenty thousand such would be looked for to the end of the file."""
    edges = [(found[1].lower(), found[2].lower(), *found.span()) for found in _VERBATIM.finditer(text)]
    last = {kind: n for n, (edge, kind, _, _) in enumerate(edges) if edge == "end"}
    blocks: list[tuple[int, int]] = []
    opened: tuple[str, int] | None = None
    for n, (edge, kind, start, end) in enumerate(edges):
        if edge == "begin" and opened is None and last.get(kind, -1) > n:
            opened = kind, end
        elif edge == "end" and opened is not None and opened[0] == kind:
            blocks.append((opened[1], start))
            opened = None
    return blocks


def _keyword(found: re.Match[str], values: dict[str, Any], edits: list[Edit]) -> None:
    """Take what a keyword says of the file; a caption stays, the others are not read."""
    name = found[1].lower()
    if name in ("title", "filetags", *_ABOUT):
        values.setdefault(name, found[2])
    edits.append(Edit(found.start(), found.start(2) if name in _SAID and found[2] else found.end()))


def _headings(text: str, code: list[tuple[int, int]], edits: list[Edit]) -> tuple[list[Heading], list[str]]:
    headings: list[Heading] = []
    tags: list[str] = []
    for found in _HEADING.finditer(text):
        title = _LINK.sub(lambda link: link[4] or link[2], _PRIORITY.sub("", found["title"]))
        title = " ".join(_EMPHASIS.sub(r"\2", title).split())
        if inside(found.start(), code) or not title:
            continue
        start, end = found.span("title")
        headings.append(Heading(start, end, len(found["stars"]), title[:LONGEST]))
        edits.append(Edit(found.start(), start))
        edits += [Edit(*mark.span()) for mark in _PRIORITY.finditer(text, start, end)]
        if found["tags"]:
            tags += found["tags"].strip(" \t:").split(":")
            edits.append(Edit(*found.span("tags")))
    return headings, tags
