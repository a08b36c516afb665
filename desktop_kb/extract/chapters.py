"""Headings in plain text: the chapters of a book.

A chapter begins with a line that says so ('第一章 …', 'Chapter 1', 'BOOK II'), short and alone. Its name may
stand on the next line. A table of contents names chapters too, but no text follows its lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from desktop_kb.extract.layout import Line
from desktop_kb.records import Heading

_NUMBER = (
    r"(?:\d{1,4}|[IVXLC]{1,7}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[a-z]{3,6}teen"
)
_NUMBERS = _NUMBER + r"|(?:twenty|thirty|forty|fifty)(?:-\w+)?|the (?:first|second|third|fourth|fifth|last))"
_COUNTED = r"[一二三四五六七八九十百千零〇○两兩\d０-９]{1,8}"
_MARKS: Final = (
    (1, re.compile(rf"(?:第{_COUNTED}[卷部集篇編]|卷{_COUNTED})(?![^\s　:：、.．·（(《“].{{12,}})")),
    (1, re.compile(rf"(?:book|part|volume)\s+{_NUMBERS}(?=$|[\s.:—–-])", re.IGNORECASE)),
    (2, re.compile(rf"(?:正文\s*)?第{_COUNTED}[章回幕折话話]")),
    (2, re.compile(rf"(?:chapter|act|canto|letter|stave)\s+{_NUMBERS}(?=$|[\s.:—–-])", re.IGNORECASE)),
    (
        2,
        re.compile(
            r"(?:序[章言幕曲]?|自序|前言|引[言子]|楔子|尾[声聲]|[后後][记記]|番外(?:篇)?|附[录錄]|[结結][语語]|跋)(?=$|[\s:：一二三四五\d])"
            r"|(?:prologue|epilogue|preface|foreword|introduction|afterword|appendix)(?=$|[\s.:—–-])",
            re.IGNORECASE,
        ),
    ),
    (3, re.compile(rf"第{_COUNTED}[节節]|scene\s+{_NUMBERS}(?=$|[\s.:—–-])", re.IGNORECASE)),
)
#: Most lines begin otherwise: this is looked for first.
_BEGINS: Final = re.compile(
    r"[\s*#=\-—·【\[「]*(?:[第卷正序自前引楔尾后後番附结結跋]|book|part|volume|chapter|act|canto|letter|stave|pro|epi|pref"
    r"|fore|intro|after|append|scene)",
    re.IGNORECASE,
)
_LONGEST = 60  # characters of a heading line; Chinese ones are half as long
_PROSE: Final = re.compile(r"[。，；,;]$|[。；].")
_BARE: Final = re.compile(r"[\W_]*$")


def headings(text: str, lines: Sequence[Line]) -> list[Heading]:
    """The chapters in a text with these lines (none of them blank)."""
    levels = [
        _level(text[line.start : line.end]) if _BEGINS.match(text, line.start, line.end) else 0
        for line in lines
    ]
    used = sorted({level for level in levels if level})
    found: list[Heading] = []
    for i, (line, level) in enumerate(zip(lines, levels, strict=True)):
        if not level or not _is_alone(lines, levels, i):
            continue
        end = line.end
        if (
            _is_bare(text[line.start : line.end])
            and not any(levels[i + 1 : i + 2])
            and _is_name(text, lines, i + 1)
        ):
            end = lines[i + 1].end
        start = line.start + len(text[line.start : end]) - len(text[line.start : end].lstrip())
        title = " ".join(text[start:end].split())
        found.append(Heading(start, end, used.index(level) + 1, title))
    return found


def _level(raw: str) -> int:
    line = raw.strip().strip("*#=-—·【】[]「」").strip()
    wide = sum(c > "\u2e80" for c in line)
    if not 0 < len(line) + wide <= _LONGEST or _PROSE.search(line):
        return 0
    return next((level for level, mark in _MARKS if mark.match(line)), 0)


def _is_alone(lines: Sequence[Line], levels: Sequence[int], i: int) -> bool:
    """No line of a paragraph, and no line of a table of contents: something else than a chapter follows."""
    before, after = lines[i - 1] if i else None, lines[i + 1] if i + 1 < len(lines) else None
    if after is None or (levels[i + 1] == levels[i]):
        return False
    apart = before is None or before.bottom < lines[i].top or after.top > lines[i].bottom
    return apart or after.left > lines[i].left or before is None or before.left > lines[i].left


def _is_bare(raw: str) -> bool:
    line = raw.strip()
    mark = next((found for _, pattern in _MARKS if (found := pattern.match(line))), None)
    return mark is not None and _BARE.match(line, mark.end()) is not None


def _is_name(text: str, lines: Sequence[Line], i: int) -> bool:
    """Whether the line is the name of the chapter above: short, no sentence, a blank line behind it."""
    line = lines[i]
    raw = text[line.start : line.end].strip()
    near = line.top - lines[i - 1].top <= 2
    ended = i + 1 == len(lines) or lines[i + 1].top - line.top > 1
    return near and ended and len(raw) <= _LONGEST and not _PROSE.search(raw) and raw[-1:] not in ".。！？!?,"
