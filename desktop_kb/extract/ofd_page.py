"""A page of an OFD file: its text objects, where they stand, and the lines that they make together.

An object says where its first character stands and how far it is from each to the next (GB/T 33190, 11.3).
Forms and what is filled into them are objects of their own, in any order, so a page is read by place:
what stands at one height is a line, from left to right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from desktop_kb.errors import Problem
from desktop_kb.extract.layout import Line, glue
from desktop_kb.extract.writer import CELL
from desktop_kb.extract.xml_tree import attribute, below, child, local

_UNSEEN: Final = re.compile("[\x00-\x1f\x7f\u200b\ufeff\ufffe\uffff\ud800-\udfff]")
_ACROSS = 0.5  # letter heights; two baselines less apart are one
_BLANK, _WIDE_GAP = 0.3, 2.0  # letter heights; the distance of words, and that of cells
_NARROW = 0.5  # of a letter's height: the width of a Latin letter
#: Letter heights; how far the characters of a label are below, of a line beside each other.
_UNDER, _BESIDE = 1.4, 1.5
_WIDE: Final = re.compile("[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60]")
_SIZE = 3.5  # millimetres, where an object says none
_MOST_TEXTS = 200_000  # of a page
_MOST_NEAR = 4  # that are looked at in a square: a hostile page has all at one point


class Text(NamedTuple):
    """Characters in one line; millimetres from the page's left upper corner."""

    text: str
    left: float
    right: float
    base: float
    size: float


def texts_of(element: Any, x: float = 0, y: float = 0) -> Iterator[Text]:
    """The texts below an element whose corner is at `x`, `y`.

    Raises:
        Problem: too-much-text.
    """
    for count, one in enumerate(below(element, "TextObject")):
        if count >= _MOST_TEXTS:
            raise Problem("too-much-text", limit_characters=_MOST_TEXTS)
        yield from _texts(one, x, y)


def said(element: Any) -> str:
    """The characters of one text object."""
    return _UNSEEN.sub("", "".join("".join(code.itertext()) for code in below(element, "TextCode"))).strip()


def _texts(element: Any, x: float, y: float) -> Iterator[Text]:
    corner_x, corner_y = corner_of(element)
    matrix = _numbers(attribute(element, "CTM"))
    a, b, c, d, e, f = matrix if len(matrix) == 6 else (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    size = next(iter(_numbers(attribute(element, "Size"))), _SIZE)
    height = size * (abs(d) or abs(b) or 1.0)
    at_x = at_y = 0.0
    for code in element:
        if local(code) != "TextCode":
            continue
        at_x = next(iter(_numbers(attribute(code, "X"))), at_x)
        at_y = next(iter(_numbers(attribute(code, "Y"))), at_y)
        for text, left, base, width in _rows(code, at_x, at_y, size):
            start = x + corner_x + a * left + c * base + e
            yield Text(
                text, start, start + abs(a or 1.0) * width, y + corner_y + b * left + d * base + f, height
            )


def _rows(code: Any, x: float, y: float, size: float) -> Iterator[tuple[str, float, float, float]]:
    """The rows of a code's characters: text, left, base, width. Most have one; some go back to the left."""
    text = "".join(code.itertext())
    across, down = (_steps(attribute(code, name), len(text)) for name in ("DeltaX", "DeltaY"))
    row: list[str] = []
    left = right = x
    base = y  # of the row's first character: what is written downwards begins there
    for at, character in enumerate(text):
        row.append(_UNSEEN.sub("", character))
        width = size if _WIDE.match(character) else _NARROW * size
        right = max(right, x + width)
        step, fall = (steps[at] if at < len(steps) else 0.0 for steps in (across, down))
        step = step if across or down else width
        if fall and step < 0:
            yield "".join(row).strip(), left, base, right - left
            row, left, right, base = [], x + step, x + step, y + fall
        elif step > _WIDE_GAP * size:
            row.append(" ")
        x, y = x + step, y + fall
    yield "".join(row).strip(), left, base, right - left


def _steps(written: str, most: int) -> list[float]:
    """The steps from each character to the next: '3.5 3.5', or 'g 2 3.5' for two of them."""
    steps: list[float] = []
    parts = iter(written.split())
    for part in parts:
        if len(steps) >= most:
            break
        if part == "g":
            count, step = next(parts, ""), _number(next(parts, ""))
            steps += [step] * min(int(count) if count.isdecimal() else 0, most)
        else:
            steps.append(_number(part))
    return steps


def _number(written: str) -> float:
    try:
        value = float(written)
    except ValueError:
        return 0.0
    return value if abs(value) < 1e6 else 0.0  # neither infinite nor no number


def _numbers(written: str) -> list[float]:
    return [_number(part) for part in written.split()]


def corner_of(element: Any) -> tuple[float, float]:
    """Where an element's upper left corner is."""
    x, y, *_ = (*_numbers(attribute(element, "Boundary")), 0.0, 0.0)
    return x, y


def lines_of(texts: Iterable[Text], page: int, start: int) -> tuple[str, list[Line]]:
    """The page's text, which begins at `start` of the document's, a line each, and where the lines stand."""
    parts: list[str] = []
    lines: list[Line] = []
    for row in _at_one_height(list(_labelled([text for text in texts if text.text]))):
        line, gap = _joined(row)
        size = max(text.size for text in row)
        base = max(text.base for text in row)
        left, right = row[0].left, max(text.right for text in row)
        lines.append(Line(start, start + len(line), page, left, right, base - size, base, size, gap))
        parts.append(line + "\n")
        start += len(line) + 1
    return "".join(parts), lines


def _labelled(texts: Sequence[Text]) -> Iterator[Text]:
    """The texts, with the characters of labels that are written downwards put together, as forms have them beside
    their rows. A character with another beside it belongs to a line whose characters are objects of their own."""
    columns: dict[float, list[Text]] = {}
    crowd: dict[tuple[int, int], list[Text]] = {}  # what stands in each square of a letter's size
    for text in texts:
        if len(text.text) == 1 and _WIDE.match(text.text):
            columns.setdefault(round(text.left, 1), []).append(text)
            crowd.setdefault(_square(text), []).append(text)
    taken: set[int] = set()
    for column in columns.values():
        for run in _downwards(sorted(column, key=lambda text: text.base)):
            if len(run) > 1 and not any(_has_beside(crowd, text) for text in run):
                taken.update(map(id, run))
                yield run[0]._replace(text="".join(text.text for text in run))
    yield from (text for text in texts if id(text) not in taken)


def _downwards(column: Sequence[Text]) -> Iterator[list[Text]]:
    """Characters that stand close under each other."""
    run: list[Text] = []
    for text in column:
        if run and not _ACROSS * text.size < text.base - run[-1].base < _UNDER * text.size:
            yield run
            run = []
        run.append(text)
    yield run


def _square(text: Text) -> tuple[int, int]:
    size = max(text.size, 0.1)
    return int(text.left / size), int(text.base / size)


def _has_beside(crowd: dict[tuple[int, int], list[Text]], text: Text) -> bool:
    """Whether another single character stands at its height within a letter."""
    column, row = _square(text)
    near = (
        one
        for x in range(column - 2, column + 3)
        for y in range(row - 1, row + 2)
        for one in crowd.get((x, y), ())[:_MOST_NEAR]
    )
    return any(
        0 < abs(one.left - text.left) < _BESIDE * text.size
        and abs(one.base - text.base) < _ACROSS * text.size
        for one in near
    )


def _is_label(text: Text) -> bool:
    """It is written downwards."""
    return (
        len(text.text) > 1
        and text.right - text.left < _BESIDE * text.size
        and _WIDE.match(text.text) is not None
    )


def _at_one_height(texts: list[Text]) -> Iterator[list[Text]]:
    row: list[Text] = []
    for text in sorted(texts, key=lambda one: (one.base, one.left)):
        if row and text.base - row[-1].base > _ACROSS * min(text.size, row[-1].size):
            yield sorted(row, key=lambda one: one.left)
            row = []
        row.append(text)
    if row:
        yield sorted(row, key=lambda one: one.left)


def _joined(row: Sequence[Text]) -> tuple[str, float]:
    """The row as a line, and its widest blank."""
    line, widest = row[0].text, 0.0
    right, last = row[0].right, row[0]
    for text in row[1:]:
        gap, size = text.left - right, text.size
        widest = max(widest, gap)
        if gap > _WIDE_GAP * size or _is_label(text) or _is_label(last):
            line += CELL
        elif gap >= _BLANK * size:
            line += glue(line[-1:], text.text[:1])
        line += text.text
        right, last = max(right, text.right), text
    return line, widest


def box_of(element: Any) -> tuple[float, float, float, float] | None:
    """Left, upper, right and lower edge of a page, from its own area or that of all; None if it says none."""
    area = element if local(element) == "PageArea" else child(element, "Area")
    physical = child(area, "PhysicalBox") if area is not None else None
    numbers = _numbers(physical.text or "") if physical is not None else []
    if len(numbers) != 4:
        return None
    x, y, width, height = numbers
    return x, y, x + width, y + height
