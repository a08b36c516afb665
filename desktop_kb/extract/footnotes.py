"""Footnotes that interrupt a sentence: its end, overleaf or in the next column, is read before them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Final

from desktop_kb.extract.layout import Line, begins_within, ends_sentence
from desktop_kb.language.sentences import sentence_spans
from desktop_kb.reading import Reading
from desktop_kb.records import Edit

_NOTE: Final = re.compile(r"\s*(?:\d{1,3}|[*†‡§]{1,3}|[(（\[]\d{1,3}[)）\]]|[①-⑳])[\s.]*\S")
_SMALLER = 0.95  # than the text: notes
_MOST_LINES = 40  # of notes on a page
_FURTHEST = 8  # lines to the end of the sentence
_LONGEST = 600  # characters

#: The edit that joins two lines.
Join = Callable[[Line, Line], Edit]


def sentences_before_notes(
    text: str, lines: Sequence[Line], edits: tuple[Edit, ...], join: Join
) -> tuple[Edit, ...]:
    """The edits, changed so that a sentence which footnotes interrupt is whole, with the notes behind it.

    The end of the sentence is read where it began: the edit between it and the notes holds it.
    """
    at = 0
    while at < len(lines) - 2:
        after = _behind_notes(text, lines, at)
        if after is not None:
            edits = _moved(text, lines, edits, join(lines[at], lines[after]), at, after) or edits
            at = after
        at += 1
    return edits


def _behind_notes(text: str, lines: Sequence[Line], at: int) -> int | None:
    """The index of the line in which the sentence of line `at` goes on, if there are notes between the two."""
    line, note = lines[at], lines[at + 1]
    if (
        note.size >= _SMALLER * line.size
        or note.page != line.page
        or note.top < line.bottom - 0.5 * line.size
    ):
        return None
    if not _NOTE.match(text, note.start, note.end) or ends_sentence(text, line.start, line.end):
        return None
    for after in range(at + 2, min(at + _MOST_LINES, len(lines))):
        following = lines[after]
        if following.page == line.page and following.size < _SMALLER * line.size:
            continue
        elsewhere = following.page == line.page + 1 or (
            following.page == line.page and following.top < note.top
        )
        alike = 0.9 < following.size / line.size < 1.1
        return after if elsewhere and alike and begins_within(text[following.start]) else None
    return None


def _moved(
    text: str, lines: Sequence[Line], edits: tuple[Edit, ...], joined: Edit, at: int, after: int
) -> tuple[Edit, ...] | None:
    """The edits with the end of the sentence, which begins line `after`, moved behind line `at`."""
    start = lines[after].start
    last = lines[min(after + _FURTHEST, len(lines)) - 1]
    rest = Reading(text, edits, start, min(last.end, start + _LONGEST))
    spans = sentence_spans(rest.text)
    if not spans or (len(spans) == 1 and last is not lines[-1]):
        return None  # it ends too far away
    end = rest.end(spans[0][1])
    said = rest.text[: spans[0][1]]
    while end < len(text) and text[end].isspace() and text[end] != "\f" and end < last.end:
        end += 1
    first, behind = bisect_left(edits, (joined.start,)), bisect_left(edits, (lines[at + 1].start,))
    begin, finish = bisect_left(edits, (start,)), bisect_left(edits, (end,))
    if finish > begin and edits[finish - 1].end > end:
        end = edits[finish - 1].end  # the line break behind the sentence
    moved = Edit(joined.start, lines[at + 1].start, f"{joined.text}{said}\n")
    return (*edits[:first], moved, *edits[behind:begin], Edit(start, end), *edits[finish:])
