"""How the words of a Markdown document look: told by the file itself, which its text is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from desktop_kb.gui.preview.markdown_links import fences, links
from desktop_kb.gui.preview.markdown_spans import spans
from desktop_kb.records import Edit, Look

_QUOTED: Final = re.compile(
    r"^[ \t]{0,3}(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?((?:>[ \t]?)+)([^\n]*)", re.MULTILINE
)
_CALLOUT: Final = re.compile(r"\[!([\w-]+)")
#: What is shown as it is written.
_WRITTEN: Final = frozenset(("code",))
#: What a formula between single dollars has, or how short it is; else they are prices.
_FORMULA: Final = re.compile(r"[\\^_{}=<>+]|^\S{1,12}$")
_MATH: Final = re.compile(
    r"(?<![\\$\w])\$\$(?!\s*\$)([^$]{1,4000})\$\$|(?<![\\$\w])\$(?=[^\s$])([^$\n]{1,400}?)(?<=[^\s\\])\$(?![\w$])"
)


def looks_of(text: str, edits: Sequence[Edit], first: int, last: int) -> list[Look]:
    """The looks in raw `[first, last)`, in the order of the text, what holds others first."""
    code = [Look(start, end, "listing") for start, end in fences(text, edits, first, last)]
    found = [
        *code,
        *_quotes(text, first, last),
        *(Look(start, end, kind) for start, end, kind in spans(text, edits, first, last)),
        *(Look(start, end, "link", target) for start, end, target in links(text, edits, first, last)),
        *(Look(*one.span(), "math") for one in _MATH.finditer(text, first, last) if _is_formula(one)),
    ]
    bare = [one for one in found if one.kind in ("math", "quote", "callout")]
    code += [one for one in found if one.kind in _WRITTEN]
    inside = {one for one in bare if any(block.start <= one.start < block.end for block in code)}
    return sorted((one for one in found if one not in inside), key=lambda one: (one.start, -one.end))


def _is_formula(found: re.Match[str]) -> bool:
    return found[1] is not None or _FORMULA.search(found[2]) is not None


def _quotes(text: str, first: int, last: int) -> Iterator[Look]:
    """The lines of quotes and callouts that follow each other, once for each level."""
    opened: list[Look] = []
    for line in _QUOTED.finditer(text, first, last):
        depth = line[1].count(">")
        gone = opened and line.start() > opened[-1].end + 1
        while opened and (gone or len(opened) > depth):
            yield opened.pop()
        opened = [Look(one.start, line.end(), one.kind, one.detail) for one in opened]
        while len(opened) < depth:
            callout = _CALLOUT.match(line[2]) if len(opened) == depth - 1 else None
            kind, detail = ("callout", callout[1].lower()) if callout else ("quote", "")
            opened.append(Look(line.start(), line.end(), kind, detail))  # type: ignore[arg-type]
    yield from opened
