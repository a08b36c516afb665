"""Writes the text of a document part by part, and keeps where its headings and pages are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from desktop_kb.errors import Problem
from desktop_kb.extract.dressing import undressed
from desktop_kb.extract.properties import LONGEST, described
from desktop_kb.records import Edit, Extracted, Heading, Layout, Look, Page, PageState

_NO_LETTERS: Final = "\x00-\x08\x0b-\x0c\x0e-\x1f\x7f\u00ad\u200b\ufeff\ud800-\udfef"
#: Characters that show nothing, or that no text can have.
UNSEEN: Final = re.compile(f"[{_NO_LETTERS}\udff0-\udfff]")
#: The same but for the signs of `dressing`, which takes them out itself.
_UNSEEN: Final = re.compile(f"[{_NO_LETTERS}]")
_BREAK: Final = re.compile(r"[ \t]*\n\s*")
CELL: Final = " | "  # between the cells of a row
_LONGEST_HEADING = 250  # characters; people style whole paragraphs as headings
_DEEPEST = 9
_LONGEST_LABEL = 200
_MOST_LOOKS = 200_000
_LINES_IN_CELL = 12  # a row with more in a cell belongs to a page laid out as a table
#: Characters of a document; one of 1 KB can name a text a million times.
MOST_CHARACTERS = 20_000_000


class Writer:
    """The text so far. A line is a paragraph, a heading, a list item or the row of a table.

    Raises:
        Problem: too-much-text.
    """

    def __init__(self, *, keeps_signs: bool = False) -> None:
        """`keeps_signs`: its text goes into another one's line; see `dressing`."""
        self._keeps_signs = keeps_signs
        self.length = 0
        self.headings: list[Heading] = []
        self.pictures: list[str] = []  # those in a cell, which stand behind its row
        self._parts: list[str] = []
        self._edits: list[Edit] = []
        self._looks: list[Look] = []
        self._pages: list[Page] = []
        self._states: list[PageState] = []

    @property
    def text(self) -> str:
        """All that was written; ends in a newline."""
        return "".join(self._parts)

    def line(
        self, text: str, level: int = 0, *, is_read: bool = True, depth: int = 0, mark: str = ""
    ) -> None:
        """Write a line. Breaks in it stay, but in a heading.

        Args:
            level: of a heading; 0 is none.
            depth: in how many lists it stands as an item; the number or bullet that it begins with is its `mark`.
            is_read: whether it belongs to the reading; a table of contents does not.
        """
        text = _UNSEEN.sub("", text).replace("\r", "").strip()
        if not text:
            return
        start = self.length
        bare, looks = undressed(text, start)
        if level and len(bare) <= _LONGEST_HEADING:
            text = _BREAK.sub(" ", text)
            bare, looks = undressed(text, start)
            self.headings.append(
                Heading(start, start + len(bare), min(level, _DEEPEST), " ".join(bare.split()))
            )
        elif depth:
            begins = mark if bare.startswith(mark) else ""
            item = Look(start, start + len(bare), "item")
            looks = [*[item] * (min(depth, _DEEPEST) - 1), item._replace(detail=begins), *looks]
        if self._keeps_signs:
            bare, looks = text, []
        self._looks += looks
        self._append(bare + "\n")
        if not is_read:
            self._edits.append(Edit(start, self.length))

    def row(self, cells: Iterable[str], level: int = 0) -> None:
        """Write the row of a table: its cells with ' | ' between them; `level` as that of a line."""
        written: list[str] = []
        length = 0
        for cell in cells:
            length += len(cell)
            _check(self.length + length)
            written.append(" ".join(cell.split()))
        while written and not written[-1]:
            written.pop()
        if any(written):
            self.line(CELL.join(written), level)

    def row_or_lines(self, cells: Sequence[str]) -> None:
        """Write the row of a table in a text; as lines where it is a frame around one cell, or lays out a page."""
        if len(cells) == 1 or any(cell.count("\n") > _LINES_IN_CELL for cell in cells):
            for cell in cells:
                for line in cell.splitlines():
                    self.line(line)
        else:
            self.row(cells)

    def comment(self, text: str, author: str) -> None:
        """Write a comment; `author` is '' if it does not say who wrote it."""
        self.line(f"[{author}: {text}]" if author else f"[{text}]")

    def page(self, label: str) -> None:
        """Begin a page (a slide, a sheet, a chapter); it ends where the next begins."""
        self._end_page()
        self._pages.append(Page(self.length, self.length, " ".join(label.split())[:_LONGEST_LABEL]))
        self._states.append("blank")

    def holds_picture(self) -> None:
        """The page shows a picture: without text it is not blank."""
        if self._states:
            self._states[-1] = "none"

    def picture(self, name: str) -> None:
        """A picture of this name in the file is shown behind what was written last, on the same page."""
        begins = self._pages[-1].start if self._pages else 0
        at = max(begins, self.length - 1)
        if self._keeps_signs:
            self.pictures.append(name)
        elif name and len(self._looks) < _MOST_LOOKS:
            self._looks.append(Look(at, at, "figure", name[:LONGEST]))

    def include(self, found: Extracted, below: int = 0) -> None:
        """Write what another reader found; its headings stand `below` levels deeper."""
        start = self.length
        for h in found.layout.headings:
            level = min(h.level + below, _DEEPEST)
            self.headings.append(Heading(start + h.start, start + h.end, level, h.title))
        self._edits += [Edit(start + e.start, start + e.end, e.text) for e in found.layout.edits]
        self._looks += [Look(start + one.start, start + one.end, one.kind, one.detail) for one in found.looks]
        self._append(found.text if found.text.endswith("\n") else found.text + "\n")

    def extracted(self, title: str, said: Mapping[str, object]) -> Extracted:
        """The document.

        Args:
            title: '' if it has none.
            said: what it says of itself.
        """
        self._end_page()
        metadata, tags = described(said)
        layout = Layout(tuple(self._pages), tuple(self.headings), tuple(self._edits))
        states = tuple(self._states)
        looks = tuple(sorted(self._looks, key=lambda look: (look.start, -look.end)))
        return Extracted(self.text, title[:LONGEST], layout, metadata, tags, page_states=states, looks=looks)

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self.length += len(text)
        _check(self.length)

    def _end_page(self) -> None:
        if self._pages:
            last = self._pages[-1]
            self._pages[-1] = Page(last.start, self.length, last.label)
            if self.length > last.start:
                self._states[-1] = "text"
            else:  # it is not shown, nor are its pictures
                self._looks = [one for one in self._looks if one.start < last.start or one.kind != "figure"]


def _check(length: int) -> None:
    if length > MOST_CHARACTERS:
        raise Problem("too-much-text", limit_characters=MOST_CHARACTERS)
