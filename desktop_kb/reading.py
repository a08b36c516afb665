"""Raw text -> its reading, with offsets mapped both ways.

A document keeps the exact text of its file, and every stored offset refers to that. People, the embedder
and the word index get its *reading*: hyphenated words joined, lines reflowed, running headers, front matter
and markup left out. The extractor describes the differences as `Edit`s (sorted, without overlaps); this
module applies them and maps offsets between reading and file.

In a reading a newline is a hard border (paragraph, heading, list item, table row); wrapped lines are joined
by an edit.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from desktop_kb.records import Edit, Heading, Layout, Page, Slice


class Reading:
    """The reading of `text[start:end]`.

    Attributes:
        text: the reading itself.
    """

    def __init__(self, text: str, edits: Sequence[Edit], start: int = 0, end: int | None = None) -> None:
        end = len(text) if end is None else end
        self._end = end
        pieces: list[str] = []
        self._read: list[int] = []  # offset of each piece in the reading
        self._raw: list[int] = []  # its start in the file
        self._raw_end: list[int] = []  # its end in the file
        self._copied: list[bool] = []  # True: copied from the file, False: an edit's text
        at, length = start, 0

        def append(piece: str, raw: int, raw_end: int, copied: bool) -> None:
            nonlocal length
            if piece:
                pieces.append(piece)
                self._read.append(length)
                self._raw.append(raw)
                self._raw_end.append(raw_end)
                self._copied.append(copied)
                length += len(piece)

        first = max(0, bisect_right(edits, start, key=lambda edit: edit.start) - 1)
        for index in range(first, len(edits)):  # a slice would copy all edits for every sentence
            edit = edits[index]
            if edit.start >= end:
                break
            if edit.end <= at:
                continue
            append(text[at : edit.start], at, edit.start, True)
            if edit.start >= start and edit.end <= end:
                append(edit.text, edit.start, edit.end, False)
            at = max(at, min(edit.end, end))
        append(text[at:end], at, end, True)
        self.text = "".join(pieces)

    def start(self, offset: int) -> int:
        """The offset in the file where the reading's character at `offset` starts."""
        if offset >= len(self.text):
            return self._end
        piece = bisect_right(self._read, offset) - 1
        return self._raw[piece] + (offset - self._read[piece] if self._copied[piece] else 0)

    def end(self, offset: int) -> int:
        """The offset in the file where the reading's character before `offset` ends."""
        if offset <= 0 or not self._read:
            return self.start(0)
        piece = bisect_right(self._read, offset - 1) - 1
        if not self._copied[piece]:
            return self._raw_end[piece]
        return self._raw[piece] + offset - self._read[piece]

    def offset(self, raw: int) -> int:
        """The offset in the reading of the file's character at `raw`; if it is dropped, of the next one."""
        piece = bisect_right(self._raw, raw) - 1
        if piece < 0:
            return 0
        if self._copied[piece]:
            return self._read[piece] + min(raw, self._raw_end[piece]) - self._raw[piece]
        if raw == self._raw[piece]:
            return self._read[piece]
        return self._read[piece + 1] if piece + 1 < len(self._read) else len(self.text)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """`[start, end)` of the reading as `[start, end)` of the file."""
        return self.start(start), self.end(end)


def read(text: str, edits: Sequence[Edit], start: int = 0, end: int | None = None) -> str:
    """The reading of `text[start:end]`."""
    return Reading(text, edits, start, end).text


def cut_out(text: str, layout: Layout, start: int, end: int) -> Slice:
    """The slice `[start, end)` of a text with its layout, in time that does not grow with the document."""
    start, end = max(0, start), min(end, len(text))
    return cut_layout(text[start:end], layout, start, end)


def cut_layout(text: str, layout: Layout, start: int, end: int) -> Slice:
    """The same of a text that is cut out already; both offsets are in the document."""

    def within(places: Sequence[Edit] | Sequence[Heading] | Sequence[Page]) -> range:
        first = bisect_right(places, start, key=lambda place: place.start)
        last = bisect_left(places, end, key=lambda place: place.start)
        # A page extends to the start of the next, so the one before `start` always reaches into the slice.
        goes_on = first > 0 and (places is layout.pages or places[first - 1].end > start)
        return range(first - goes_on, max(first, last))

    def clipped(place: Edit | Heading | Page) -> tuple[int, int]:
        return max(place.start, start) - start, max(min(place.end, end), start) - start

    def edit(number: int) -> Edit:
        found = layout.edits[number]
        whole = start <= found.start and found.end <= end
        return Edit(*clipped(found), found.text if whole else "")

    pages = within(layout.pages)
    return Slice(
        start,
        text,
        Layout(
            tuple(
                Page(*clipped(layout.pages[n]), layout.pages[n].label, layout.pages[n].recognized)
                for n in pages
            ),
            tuple(
                Heading(*clipped(heading), heading.level, heading.title)
                for heading in (layout.headings[n] for n in within(layout.headings))
            ),
            tuple(map(edit, within(layout.edits))),
        ),
        pages.start + 1,
    )


def read_slice(slice: Slice, start: int, end: int) -> str:
    """The reading of `[start, end)` of the document, which must lie in the slice."""
    return read(slice.text, slice.layout.edits, start - slice.start, end - slice.start)
