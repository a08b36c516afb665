"""Subtitles (SubRip, WebVTT) -> what is said.

Numbers, times and styles are not read. What one person says over several captions is one sentence.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from desktop_kb.extract.decoding import decode
from desktop_kb.extract.layout import glue, invisible, newlines, settle
from desktop_kb.records import Edit, Extracted, Layout

_TIME = r"(?:\d{1,3}:)?\d{1,2}:\d{2}[,.]\d{1,3}"
_TIMES: Final = re.compile(rf"[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}[^\r\n]*")
_LINE: Final = re.compile(r"[^\r\n]+")
_MARKS: Final = re.compile(
    r"<v(?:\.[^ >]*)?[ \t]+([^<>\r\n]{1,200})>|</?(?:[a-zA-Z][^<>\r\n]{0,80}|\d[\d:.]*)>"
    r"|\{\\[^{}\r\n]*\}|\{\d+\}\{\d+\}"
)
_NO_SPEECH: Final = re.compile(r"(?:WEBVTT|NOTE|STYLE|REGION)(?:[ \t]|$)")
_ENDED: Final = re.compile(r"[.!?:…。！？：♪)\]）】\"”’]\s*$")
_SPEAKER: Final = re.compile(r"\s*(?:[-–—>♪]|[A-Z][\w .]{0,20}:)")


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """Raises:
    Problem: not-text.
    """
    text = decode(data)
    edits: list[Edit] = []
    spoken: list[tuple[int, int]] = []
    lines = [found.span() for found in _LINE.finditer(text)]
    for number, (start, end) in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else None
        names_cue = following is not None and _TIMES.match(text, *following) is not None
        if _TIMES.match(text, start, end) or (names_cue and _is_apart(text, lines, number)):
            edits.append(Edit(start, end))
        elif text[start:end].strip():
            spoken.append((start, end))
    blocks = _without_notes(text, spoken, edits)
    for (start, end), following in zip(blocks, [*blocks[1:], None], strict=False):
        marks = [_said(mark) for mark in _MARKS.finditer(text, start, end)]
        edits += marks
        if following is not None and _goes_on(text[start:end], text[slice(*following)]):
            edits.append(Edit(end, following[0], glue(_last(text, start, end, marks), text[following[0]])))
    return Extracted(text, "", Layout(edits=settle([*edits, *invisible(text), *newlines(text)])))


def _is_apart(text: str, lines: list[tuple[int, int]], number: int) -> bool:
    """A cue's number or name: a blank line, or nothing, stands before it."""
    if number == 0:
        return True
    gap = text[lines[number - 1][1] : lines[number][0]].replace("\r\n", "\n")
    return len(gap) > 1 or text[slice(*lines[number])].strip().isdigit()


def _without_notes(text: str, spoken: list[tuple[int, int]], edits: list[Edit]) -> list[tuple[int, int]]:
    """The lines that are said; WebVTT's header, notes and styles end at a blank line."""
    kept: list[tuple[int, int]] = []
    silent, last = False, 0
    for start, end in spoken:
        apart = "\n\n" in text[last:start].replace("\r\n", "\n").replace("\r", "\n")
        silent = bool(_NO_SPEECH.match(text, start, end)) if apart or not last else silent
        last = end
        if silent:
            edits.append(Edit(start, end))
        else:
            kept.append((start, end))
    return kept


def _said(mark: re.Match[str]) -> Edit:
    return Edit(mark.start(), mark.end(), f"{mark[1].strip()}: " if mark[1] else "")


def _last(text: str, start: int, end: int, marks: list[Edit]) -> str:
    """The last character of a line that is read."""
    for mark in reversed(marks):
        if mark.end != end:
            break
        end = mark.start
    return text[start:end].rstrip()[-1:]


def _goes_on(line: str, following: str) -> bool:
    """Whether the next line continues the sentence: nothing ended it, and it begins in lower case."""
    bare = _MARKS.sub("", following)
    if _ENDED.search(_MARKS.sub("", line)) or _SPEAKER.match(bare):
        return False
    return bare.lstrip()[:1].islower()
