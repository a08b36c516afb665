"""Draws the rows of the list of hits: cards, and lines that open more.

The text of a card is laid out once per hit and width and cached, so a repaint only draws lines of text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal

from PySide6.QtCore import QAbstractItemModel, QEvent, QObject, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop_kb.gui import theme
from desktop_kb.gui.search.card_text import CardText
from desktop_kb.gui.search.hit_model import ROW_ROLE, SHOWN, WEAK, Index, Row, key
from desktop_kb.gui.search.said import kind, place, places_of, scores, weaker
from desktop_kb.gui.translation import plural, tr
from desktop_kb.gui.widgets import draw_elided
from desktop_kb.records import Hit

_PAD: Final = 14
_GAP: Final = 10
_INDENT: Final = 20
_LINE: Final = 36
_OLD: Final = 0.45
#: What a click on a part of a title's right end does.
Does = Literal["", "elsewhere", "fold"]


class HitDelegate(QStyledItemDelegate):
    """Draws a row; a click on the score bars of a card, on its number of places, or on what folds asks for that."""

    why_requested = Signal(object, object)  # Hit, QPoint on the screen
    elsewhere_requested = Signal(object, object)  # Hit, QPoint on the screen
    fold_requested = Signal(object)  # Fold

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._texts: dict[tuple[Any, ...], CardText] = {}
        self.old = False  # the rows answer a question that was asked before

    def forget(self) -> None:
        """Drop the cached layouts: call it when fonts, colours or the hits change."""
        self._texts.clear()

    def _card_text(self, hit: Hit, width: int) -> CardText:
        at = (key(hit), width, hit.weak, hit.best, hit.why.legs)
        if at not in self._texts:
            self._texts[at] = CardText(hit, width)
        return self._texts[at]

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        row: Row = index.data(ROW_ROLE)
        width = option.rect.width()
        if row.hit is None:
            return QSize(width, theme.px(_LINE) + (_GAP if row.fold == WEAK else 0))
        text = self._card_text(row.hit, _text_width(row, width))
        height = self._above(row) + text.height + self._below(row.hit) + _GAP + _heading(row)
        return QSize(width, round(height))

    @staticmethod
    def _above(row: Row) -> int:
        assert row.hit is not None
        return 12 + (0 if row.under else theme.px(22)) + (theme.px(20) if place(row.hit) else 0) + 2

    @staticmethod
    def _below(hit: Hit) -> int:
        return 12 if hit.weak else theme.px(24) + 10

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: Row = index.data(ROW_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(_OLD if self.old else 1.0)
        rect = QRect(option.rect)
        if row.hit is None:
            self._fold(painter, option, row)
        else:
            if row.heads_weak:
                _between_lines(painter, rect, "▾ " + weaker(row.heads_weak), theme.current().muted)
            self._card(painter, option, row, row.hit)
        painter.restore()

    @staticmethod
    def _fold(painter: QPainter, option: QStyleOptionViewItem, row: Row) -> None:
        """Draw a line that opens more."""
        colours = theme.current()
        over = option.state & QStyle.StateFlag.State_MouseOver
        ink = colours.accent if over or option.state & QStyle.StateFlag.State_Selected else colours.muted
        box = QRectF(option.rect).adjusted(0.5 + _indent(row), 2.5, -0.5, -4.5)
        box.setHeight(theme.px(_LINE) - 8)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(colours.accent)
            painter.setBrush(colours.selection)
            painter.drawRoundedRect(box, theme.RADIUS_ROW, theme.RADIUS_ROW)
        if row.fold == WEAK:
            _between_lines(painter, option.rect, "▸ " + row.words, ink)
            return
        painter.setFont(theme.font(theme.SECONDARY))
        painter.setPen(ink)
        painter.drawText(box.adjusted(_PAD, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, "▸ " + row.words)

    def _card(self, painter: QPainter, option: QStyleOptionViewItem, row: Row, hit: Hit) -> None:
        colours = theme.current()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        over = bool(option.state & QStyle.StateFlag.State_MouseOver)
        card = _card_box(row, option.rect)
        painter.setBrush(colours.selection if selected else colours.panel)
        painter.setPen(colours.accent if selected else colours.faint if over else colours.line)
        painter.drawRoundedRect(card, theme.RADIUS_CARD, theme.RADIUS_CARD)
        left, right = card.left() + _PAD, card.right() - _PAD
        ink = colours.muted if hit.weak else colours.ink
        top = card.top() + 11
        if not row.under:
            self._title(painter, QRectF(left, top, right - left, theme.px(22)), row, hit, ink)
            top += theme.px(22)
        if place(hit):
            painter.setFont(theme.font(theme.SECONDARY))
            painter.setPen(colours.muted)
            draw_elided(painter, QRectF(left, top, right - left, theme.px(19)), place(hit))
            top += theme.px(20)
        text = self._card_text(hit, _text_width(row, option.rect.width()))
        text.draw(painter, QPointF(left, top + 2), ink)
        if not hit.weak:
            line = QRectF(left, top + 4 + text.height, right - left, theme.px(22))
            edge = self._bars(painter, line, hit)
            self._tags(painter, line, () if row.under else row.tags, edge, selected)

    @staticmethod
    def _title(painter: QPainter, box: QRectF, row: Row, hit: Hit, ink: QColor) -> None:
        colours = theme.current()
        painter.setFont(theme.font(theme.SECONDARY))
        left = box.right()
        for part, text, does in _parts(row, hit, box):
            painter.setPen(colours.accent if does else colours.muted)
            painter.drawText(part, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
            left = part.left()
        painter.setFont(theme.font(bold=True))
        painter.setPen(ink)
        draw_elided(painter, box.adjusted(0, 0, left - box.right() - 16, 0), hit.title)

    @staticmethod
    def _bars(painter: QPainter, line: QRectF, hit: Hit) -> float:
        """Draw the three score bars, a dash for a leg that did not find the hit; return their right end."""
        colours = theme.current()
        painter.setFont(theme.font(12))
        x, middle = line.left(), line.center().y()
        for label, value in scores(hit):
            painter.setPen(colours.muted)
            width = painter.fontMetrics().horizontalAdvance(label)
            painter.drawText(
                QRectF(x, line.top(), width + 2, line.height()), Qt.AlignmentFlag.AlignVCenter, label
            )
            x += width + 8
            bar = theme.px(theme.BAR)
            if value is None:
                painter.drawText(
                    QRectF(x, line.top(), bar, line.height()), Qt.AlignmentFlag.AlignVCenter, "–"
                )
            else:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colours.track)
                painter.drawRoundedRect(QRectF(x, middle - 2, bar, 4), 2, 2)
                painter.setBrush(colours.accent)
                painter.drawRoundedRect(QRectF(x, middle - 2, max(4.0, bar * min(1.0, value)), 4), 2, 2)
            x += (bar if value is not None else theme.px(12)) + 9
        return x

    @staticmethod
    def _tags(painter: QPainter, line: QRectF, tags: Sequence[str], edge: float, selected: bool) -> None:
        """Draw the tags from right to left until they would reach `edge`."""
        colours = theme.current()
        painter.setFont(theme.font(12))
        metrics = QFontMetricsF(painter.font())
        x = line.right()
        for tag in reversed(tags):
            width = metrics.horizontalAdvance(tag) + 14
            if x - width < edge + 8:
                return
            box = QRectF(x - width, line.center().y() - theme.px(9), width, theme.px(18))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.accent_ground if selected else colours.background)
            painter.drawRoundedRect(box, theme.RADIUS_TAG, theme.RADIUS_TAG)
            painter.setPen(colours.ink if selected else colours.muted)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, tag)
            x -= width + 8

    def editorEvent(
        self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        if event.type() == QEvent.Type.MouseButtonRelease and isinstance(event, QMouseEvent):
            self._clicked(index.data(ROW_ROLE), option.rect, event)
        return super().editorEvent(event, model, option, index)

    def _clicked(self, row: Row, rect: QRect, event: QMouseEvent) -> None:
        at = event.position()
        if row.hit is None:
            self.fold_requested.emit(row.fold)
            return
        card = _card_box(row, rect)
        if at.y() < card.top():
            if row.heads_weak:
                self.fold_requested.emit(WEAK)
            return
        bars = card.bottom() - 10 - theme.px(24)
        if not row.hit.weak and at.y() > bars and at.x() < card.left() + 300:
            self.why_requested.emit(row.hit, event.globalPosition().toPoint())
        if row.under:
            return
        title = QRectF(card.left() + _PAD, card.top() + 11, card.width() - 2 * _PAD, theme.px(22))
        does = next((does for part, _, does in _parts(row, row.hit, title) if part.contains(at)), "")
        if does == "elsewhere":
            self.elsewhere_requested.emit(row.hit, event.globalPosition().toPoint())
        elif does == "fold":
            self.fold_requested.emit(row.fold)


def _indent(row: Row) -> int:
    return theme.px(_INDENT) if row.under else 0


def _heading(row: Row) -> int:
    """The height of the line above the first weak card."""
    return theme.px(_LINE) if row.heads_weak else 0


def _card_box(row: Row, rect: QRect) -> QRectF:
    return QRectF(rect).adjusted(0.5 + _indent(row), 0.5 + _heading(row), -0.5, -0.5 - _GAP)


def _text_width(row: Row, width: int) -> int:
    return width - 2 * _PAD - 2 - _indent(row)


def _between_lines(painter: QPainter, rect: QRect, words: str, ink: QColor) -> None:
    """Write words in the middle of a line across the list."""
    painter.setFont(theme.font(theme.SECONDARY))
    half = painter.fontMetrics().horizontalAdvance(words) / 2 + 12
    middle, centre = rect.top() + theme.px(_LINE) / 2 - 2, rect.center().x()
    painter.setPen(theme.current().line)
    painter.drawLine(QPointF(rect.left() + 2, middle), QPointF(centre - half, middle))
    painter.drawLine(QPointF(centre + half, middle), QPointF(rect.right() - 2, middle))
    painter.setPen(ink)
    box = QRectF(rect.left(), middle - theme.px(12), rect.width(), theme.px(24))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)


def _said(row: Row, hit: Hit) -> Iterator[tuple[str, Does]]:
    """What stands at the right of a title, from left to right, and what a click on it does."""
    if row.count > 1:
        passages = plural(row.count, "{n} passage", "{n} passages")
        yield passages, "fold" if row.count > SHOWN + 1 else ""
    if (places := places_of(hit)) > 1:
        yield tr("in {n} places", n=places), "elsewhere"
    yield from ((part, "") for part in (row.date, kind(hit.type)) if part)


def _parts(row: Row, hit: Hit, box: QRectF) -> list[tuple[QRectF, str, Does]]:
    """These parts with their rectangles, from right to left."""
    metrics = QFontMetricsF(theme.font(theme.SECONDARY))
    parts: list[tuple[QRectF, str, Does]] = []
    x = box.right()
    for text, does in reversed(list(_said(row, hit))):
        several: list[tuple[str, Does]] = [(" · ", ""), (text, does)] if parts else [(text, does)]
        for said, doing in several:
            width = metrics.horizontalAdvance(said)
            parts.append((QRectF(x - width, box.top(), width, box.height()), said, doing))
            x -= width
    return parts
