"""Where the links of a Markdown document lead, and which lines are code: told by what its edits remove.

As in `markdown_spans`, the text is the file itself, and the brackets, addresses and fences are edits.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from desktop_kb.gui.preview.markdown_spans import within
from desktop_kb.records import Edit

_TARGET: Final = re.compile(r"\]\(\s*(?:<([^>\n]*)>|([^\s<>]+?))(?:\s+[\"'(][^\n]*)?\s*\)")
_NAMED: Final = re.compile(r"\]\s?\[([^\]\n]*)\]|\]")
_DEFINED: Final = re.compile(
    r"^[ ]{0,3}\[((?:[^\[\]\\]|\\.)+)\]:(?=\s*<?([^\s>]+))", re.MULTILINE | re.DOTALL
)
_PAGE: Final = re.compile(r"\[\[(?:([^\[\]\n|]+)\|)?")
_BARE: Final = re.compile(r"https?://[^\s<>\"'「」，。；）】]+(?<![.,;:!?)])")
_FENCE: Final = re.compile(r"[ \t>]*(`{3,}|~{3,})[^\n]*\n?")
#: What stands before the name of a page of a wiki, which is no address.
PAGE: Final = "page:"


def links(text: str, edits: Sequence[Edit], first: int, last: int) -> Iterator[tuple[int, int, str]]:
    """Each raw `[start, end)` that is a link's words, with where it leads: an address, the path of a file from the
    document's folder on, or PAGE with the name of a note."""
    opened: tuple[int, str] | None = None  # where the words begin, and the page if it is named before them
    for edit in within(edits, first, last):
        raw = text[edit.start : edit.end]
        if page := _PAGE.fullmatch(raw):
            opened = edit.end, page[1] or ""
        elif raw == "]]" and opened is not None:
            yield opened[0], edit.start, PAGE + (opened[1] or text[opened[0] : edit.start]).strip()
            opened = None
        elif raw in ("[", "<"):
            opened = edit.end, ""
        elif raw == ">" and opened is not None and _BARE.fullmatch(text, opened[0], edit.start):
            opened = None  # it is found below
        elif opened is not None and (target := _target(text, raw, opened[0], edit.start)):
            yield opened[0], edit.start, target
            opened = None
    starts = [edit.start for edit in edits]
    for bare in _BARE.finditer(text, first, last):
        at = bisect_right(starts, bare.start()) - 1
        if at < 0 or edits[at].end <= bare.start():  # not the address of another link
            yield bare.start(), bare.end(), bare[0]


def fences(text: str, edits: Sequence[Edit], first: int, last: int) -> Iterator[tuple[int, int]]:
    """Each raw `[start, end)` between the fences of a block of code; one that is not closed goes on to the end."""
    opened: tuple[int, str] | None = None
    for edit in within(edits, first, last):
        fence = _FENCE.fullmatch(text, edit.start, edit.end)
        if fence is None:
            continue
        if opened is None:
            opened = edit.end, fence[1][0]
        elif fence[1][0] == opened[1]:
            yield opened[0], edit.start
            opened = None
    if opened is not None:
        yield opened[0], last


def _target(text: str, raw: str, start: int, end: int) -> str:
    """Where a link leads whose words end with this; '' if it is none."""
    if found := _TARGET.fullmatch(raw):
        return found[1] or found[2] or ""
    if named := _NAMED.fullmatch(raw):
        return _definitions(text).get((named[1] or text[start:end]).strip().casefold(), "")
    return ""


@lru_cache(maxsize=1)
def _definitions(text: str) -> Mapping[str, str]:
    """The addresses that a document names, by their names, of each the first. Looked for once: of 800 links in 3 MB
    each looked through all of it, 7 s of the window."""
    found: dict[str, str] = {}
    for defined in _DEFINED.finditer(text):
        found.setdefault(defined[1].casefold(), defined[2])
    return found
