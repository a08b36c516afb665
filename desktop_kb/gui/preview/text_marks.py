"""The outline of a marked passage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainterPath


def passage_path(lines: Sequence[QRectF], left: float, right: float, *, to_edge: bool) -> QPainterPath:
    """One outline around all lines of a passage. It has the full width on every line that the passage continues
    beyond.

    Args:
        lines: the rectangles of its lines, from top to bottom.
        left, right: the edges of the page.
        to_edge: its last line ends its paragraph.
    """
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    rows = _rows(lines)
    for number, rect in enumerate(rows):
        is_last = number == len(rows) - 1
        begins = rect.left() - 8 if number == 0 else left
        ends = rect.right() + 8 if is_last and len(rows) > 1 and not to_edge else right
        below = rect.bottom() + 4 if is_last else rows[number + 1].top() + 1
        above = rect.top() - 4 if number == 0 else rect.top()
        path.addRoundedRect(QRectF(begins, above, ends - begins, below - above), 6, 6)
        if number > 0:  # fill the corners between two lines: only the outline is rounded
            joint = QRectF(begins, above - 7, ends - begins, 14)
            path.addRect(joint & QRectF(left, above - 7, right - left, 14))
    return path.simplified()


def _rows(lines: Sequence[QRectF]) -> list[QRectF]:
    """Lines from top to bottom: those of a table's cells that stand side by side are one."""
    rows: list[QRectF] = []
    for line in lines:
        if rows and line.top() < rows[-1].top() + line.height() / 2:
            rows[-1] = rows[-1].united(line)
        else:
            rows.append(line)
    return rows


def x_of(line: Any, position: int) -> float:
    """The x coordinate of a position. PySide returns (x, position), as C++ has a reference parameter."""
    found = line.cursorToX(position)
    return float(found[0] if isinstance(found, tuple) else found)
