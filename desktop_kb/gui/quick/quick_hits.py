"""Draws a hit of the small window: its title and where it is, and the sentence that answers."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop_kb.gui import theme
from desktop_kb.gui.search.hit_model import ROW_ROLE, Index, Row
from desktop_kb.gui.search.said import answer, kind, place
from desktop_kb.gui.widgets import draw_elided
from desktop_kb.records import Hit

_ROW: Final = 54
_LINE: Final = 22


class QuickHits(QStyledItemDelegate):
    """Two lines a hit."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, theme.px(_ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: Row = index.data(ROW_ROLE)
        if row.hit is None:
            return
        colours, box = theme.current(), QRectF(option.rect).adjusted(0, 1, 0, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            chosen = option.state & QStyle.StateFlag.State_Selected
            painter.setBrush(colours.accent_ground if chosen else colours.selection)
            painter.drawRoundedRect(box, theme.RADIUS_ROW, theme.RADIUS_ROW)
        inner = box.adjusted(12, 4, -12, -4)
        title = QRectF(inner.left(), inner.top(), inner.width(), theme.px(_LINE))
        said = " · ".join(part for part in (place(row.hit), row.date[:4], kind(row.hit.type)) if part)
        painter.setFont(theme.font(theme.SECONDARY))
        painter.setPen(colours.ink)
        room = inner.width() / 2
        width = min(room, painter.fontMetrics().horizontalAdvance(said) + 1.0)
        draw_elided(
            painter, title.adjusted(inner.width() - width, 0, 0, 0), said, Qt.TextElideMode.ElideMiddle
        )
        painter.setFont(theme.font(bold=True))
        draw_elided(painter, title.adjusted(0, 0, -width - 16, 0), row.hit.title)
        line = QRectF(inner.left(), title.bottom(), inner.width(), theme.px(_LINE))
        _answer(painter, line, row.hit)
        painter.restore()


def _answer(painter: QPainter, box: QRectF, hit: Hit) -> None:
    """The sentence that answers, on the colour of answers; a weak one is quieter."""
    colours = theme.current()
    painter.setFont(theme.font())
    text = QFontMetricsF(painter.font()).elidedText(answer(hit), Qt.TextElideMode.ElideRight, box.width())
    if not hit.weak:
        width = painter.fontMetrics().horizontalAdvance(text)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.answer)
        painter.drawRoundedRect(QRectF(box.left() - 2, box.top() + 1, width + 4, box.height() - 2), 3, 3)
    painter.setPen(colours.muted if hit.weak else colours.ink)
    painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)
