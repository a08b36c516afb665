"""The spans that Markdown's marks format.

The text of a Markdown document is the file itself, and its edits remove the marks (see `reading`). So a
mark is an edit that removes only characters such as asterisks, and its position says which words it
formats.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Final, Literal

from desktop_kb.records import Edit

_Mark = Literal["bold", "italic", "code", "struck"]

_MARK: Final = re.compile(r"[\s#>*_~`-]*[*_~`][\s#>*_~`-]*")
_RUN: Final = re.compile(r"\*+|_+|~~|`+")
_PARAGRAPH_END: Final = re.compile(r"\n[ \t]*\r?\n")
_LOOKS: Final[dict[str, dict[int, tuple[_Mark, ...]]]] = {
    "*": {1: ("italic",), 2: ("bold",), 3: ("bold", "italic")},
    "_": {1: ("italic",), 2: ("bold",), 3: ("bold", "italic")},
    "~": {2: ("struck",)},
}


def spans(text: str, edits: Sequence[Edit], first: int, last: int) -> Iterator[tuple[int, int, _Mark]]:
    """Each raw `[start, end)` between an opening and its closing mark, with the format they give it."""
    opened: dict[_Mark, int] = {}
    for start, end in _marks(text, edits, first, last):
        for run in _RUN.finditer(text, start, end):
            mark = run[0]
            found: tuple[_Mark, ...] = ("code",) if mark[0] == "`" else _LOOKS[mark[0]].get(len(mark), ())
            for look in found:
                start_of = opened.pop(look, None)
                if start_of is None or _PARAGRAPH_END.search(text, start_of, run.start()):
                    opened[look] = run.end()
                else:
                    yield start_of, run.start(), look


def _marks(text: str, edits: Sequence[Edit], first: int, last: int) -> Iterator[tuple[int, int]]:
    """The spans of the marks. Adjacent edits, such as the two asterisks of bold, are merged into one."""
    mark_start, mark_end = -1, -1
    for edit in within(edits, first, last):
        if edit.text or not _MARK.fullmatch(text, edit.start, edit.end):
            continue
        if edit.start != mark_end:
            if mark_start >= 0:
                yield mark_start, mark_end
            mark_start = edit.start
        mark_end = edit.end
    if mark_start >= 0:
        yield mark_start, mark_end


def within(edits: Sequence[Edit], first: int, last: int) -> Iterator[Edit]:
    """The edits that reach into raw `[first, last)`."""
    for edit in edits[bisect_right(edits, first, key=lambda edit: edit.end) :]:
        if edit.start >= last:
            break
        yield edit
