"""What each line of a reading is: a paragraph or the rest of one, an item, a quote, a line of code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final
from unicodedata import east_asian_width

from desktop_kb.kb import Reading
from desktop_kb.records import Look

#: What a task begins with, its box in brackets.
_TASK: Final = re.compile(r"(\s*)(?:[-*+]|\d{1,9}[.)])\s+\[([ xX])\]\s+")
#: The bullet or number of an item of Markdown, and the blanks around it.
_ITEM: Final = re.compile(r"([ \t]*)([-*+]|\d{1,9}[.)])\s+(?=\S)")
_HARD: Final = re.compile(r"(?: {2,}|\\)\r?\n")
#: Lines as long as this were wrapped by hand, and go on; shorter ones stay lines, as note apps show them.
_WRAPPED: Final = 55
_BULLET: Final = "•"
_DEEPEST: Final = 8


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A line of a reading.

    Attributes:
        listing: a line of code.
        quotes: the quotes and callouts that it stands in, the outer ones first.
        titles: it is the title of a callout.
        items: in how many items it stands.
        bullet: shown before it, '' if there is none; it stands for the first `marked` characters.
        joint: what joins it to the line before, whose paragraph it goes on with; None if it begins one.
    """

    listing: bool = False
    quotes: tuple[Look, ...] = ()
    titles: bool = False
    items: int = 0
    bullet: str = ""
    marked: int = 0
    joint: str | None = None


def paragraphs(
    reading: Reading, text: str, looks: Sequence[Look], headings: set[int], *, markdown: bool
) -> Iterator[Paragraph]:
    """What each line is, in their order.

    Args:
        text: what the reading is of; its looks.
        headings: where in the reading lines begin that are headings.
        markdown: items have their marks in the text, and lines may go on with the one before.
    """
    blocks = _Blocks(looks)
    indents: list[int] = []
    before: Paragraph | None = None  # of the line before, if this one may go on with it
    at, ended = 0, 0
    for line in reading.text.split("\n"):
        raw = reading.start(at)
        inside = blocks.at(raw) if line.strip() else blocks.at(raw, until=False)
        if any(one.kind == "listing" for one in inside):
            made = Paragraph(listing=True)
        elif not line.strip():
            made = Paragraph()
        elif markdown:
            made = _of_markdown(line, _quotes(inside), indents)
            if before is not None and not made.bullet and at not in headings and made.quotes == before.quotes:
                made = _joined(made, before, text, ended, raw)
        else:
            items = [one for one in inside if one.kind == "item"]
            begins = [one for one in items if reading.offset(one.start) == at]
            bullet = begins[-1].detail if begins else ""
            made = Paragraph(
                quotes=_quotes(inside),
                items=min(len(items), _DEEPEST),
                bullet=bullet,
                marked=_marked(line, bullet),
            )
        if made.quotes and made.quotes[-1].kind == "callout":
            made = replace(made, titles="\n" not in text[made.quotes[-1].start : raw])
        yield made
        plain = bool(line.strip()) and not made.listing and at not in headings
        before = made if plain else None
        ended = reading.end(at + len(line))
        at += len(line) + 1


def _marked(line: str, bullet: str) -> int:
    """How many characters of a line are its bullet, with the blank behind it: some texts have theirs, others do not."""
    behind = line[len(bullet) : len(bullet) + 1]
    return len(bullet) + 1 if bullet and line.startswith(bullet) and behind.isspace() else 0


def _quotes(inside: Sequence[Look]) -> tuple[Look, ...]:
    return tuple(one for one in inside if one.kind in ("quote", "callout"))


def _of_markdown(line: str, quotes: tuple[Look, ...], indents: list[int]) -> Paragraph:
    item = _ITEM.match(line)
    if item is None:
        if not line[:1].isspace():
            indents.clear()
        return Paragraph(quotes=quotes, items=len(indents))
    indent = len(item[1].expandtabs(4))
    while indents and indent < indents[-1]:
        indents.pop()
    if (not indents or indent > indents[-1]) and len(indents) < _DEEPEST:
        indents.append(indent)
    if task := _TASK.match(line):
        box = "☐" if task[2] == " " else "☑"
        return Paragraph(quotes=quotes, items=len(indents), bullet=box, marked=len(task[0]))
    bullet = _BULLET if item[2] in "-*+" else item[2]
    return Paragraph(quotes=quotes, items=len(indents), bullet=bullet, marked=len(item[0]))


def _joined(made: Paragraph, before: Paragraph, text: str, ended: int, raw: int) -> Paragraph:
    """The line as the rest of the paragraph of the one before, if nothing but one break is between them."""
    between = text[ended:raw]
    if between.count("\n") != 1:
        return made
    line = text[text.rfind("\n", 0, ended) + 1 : ended]
    if _HARD.match(between) or len(line) + sum(east_asian_width(c) in "WF" for c in line) < _WRAPPED:
        joint = "\u2028"
    else:
        joint = "" if _is_wide(text[ended - 1 : ended]) and _is_wide(text[raw : raw + 1]) else " "
    return Paragraph(quotes=made.quotes, items=before.items, joint=joint)


def _is_wide(letter: str) -> bool:
    return bool(letter) and east_asian_width(letter) in "WF"


class _Blocks:
    """The looks that are paragraphs, for places that only grow."""

    def __init__(self, looks: Sequence[Look]) -> None:
        kinds = ("listing", "quote", "callout", "item")
        self._coming = [one for one in reversed(looks) if one.kind in kinds]
        self._open: list[Look] = []

    def at(self, raw: int, *, until: bool = True) -> list[Look]:
        """Those that hold a place; without `until` those that end there too."""
        while self._coming and self._coming[-1].start <= raw:
            self._open.append(self._coming.pop())
        self._open = [one for one in self._open if one.end >= raw]
        return [one for one in self._open if raw < one.end or not until]
