"""The hits of a search as cards: the list's model, and the delegate that draws a card.

The text of a card is laid out once per hit and width and cached, so a repaint only draws lines of text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QMouseEvent,
    QPainter,
)
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop_kb.formats import shown_as
from desktop_kb.gui import theme
from desktop_kb.gui.search.card_text import CardText
from desktop_kb.gui.translation import plural, tr
from desktop_kb.gui.widgets import draw_elided
from desktop_kb.records import Document, Hit, Leg

ROW_ROLE: Final = Qt.ItemDataRole.UserRole
_PAD: Final = 14
_GAP: Final = 10
Index = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the list: a card, or the divider above the weak matches (`hit` is None)."""

    hit: Hit | None
    tags: tuple[str, ...] = ()
    date: str = ""


def key(hit: Hit) -> tuple[str, int, int]:
    """The identity of a hit across searches: document id and offsets."""
    return hit.document, hit.start, hit.end


def rows_of(hits: Sequence[Hit], documents: Mapping[str, Document]) -> list[Row]:
    """The rows for these hits; a divider precedes the weak ones."""
    rows: list[Row] = []
    for weak in (False, True):
        chosen = [hit for hit in hits if hit.weak is weak]
        if weak and chosen:
            rows.append(Row(None))
        for hit in chosen:
            document = documents.get(hit.document)
            rows.append(Row(hit, document.tags if document else (), hit.date or _year(document)))
    return rows


def _year(document: Document | None) -> str:
    if document is None:
        return ""
    found = re.search(r"(?:19|20)\d\d", str(document.metadata.get("year", "")))
    return found[0] if found else ""


class HitModel(QAbstractListModel):
    """The rows of one search result."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Row] = []

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == ROW_ROLE:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return (
                tr("weak matches")
                if row.hit is None
                else f"{row.hit.title}. {place(row.hit)}. {row.hit.shown}"
            )
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if index.isValid() and self._rows[index.row()].hit is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def show(self, rows: Sequence[Row]) -> None:
        """Replace all rows."""
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def hits(self) -> list[Hit]:
        """The hits in the order shown."""
        return [row.hit for row in self._rows if row.hit is not None]

    def row_of(self, wanted: Hit) -> int:
        """The row of a hit. If its document has changed since, the first row of the same document that
        overlaps it; -1 if there is none."""
        found = -1
        for at, row in enumerate(self._rows):
            if row.hit is None or row.hit.document != wanted.document:
                continue
            if key(row.hit) == key(wanted):
                return at
            if found < 0 and row.hit.start < wanted.end and wanted.start < row.hit.end:
                found = at
        return found


def place(hit: Hit) -> str:
    """Heading path and page, as a card shows them."""
    path = hit.heading[1:] if hit.heading[:1] == (hit.title,) else hit.heading
    heading = " › ".join(path)
    page = tr(shown_as(hit.type).page, page=hit.page_label or hit.page) if hit.page is not None else ""
    picture = tr("read in the picture") if hit.recognized else ""
    return ", ".join(one for one in (hit.location.inside, heading, page, picture) if one)


def kind(type: str) -> str:
    """The name of a document type for people."""
    return tr(shown_as(type).label)


class HitDelegate(QStyledItemDelegate):
    """Draws a card; a click on its score bars emits `why_requested`."""

    why_requested = Signal(object, object)  # Hit, QPoint on the screen

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._texts: dict[tuple[Any, ...], CardText] = {}

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
            return QSize(width, theme.px(36))
        text = self._card_text(row.hit, width - 2 * _PAD - 2)
        return QSize(width, round(self._above(row.hit) + text.height + self._below(row.hit)) + _GAP)

    @staticmethod
    def _above(hit: Hit) -> int:
        return 12 + theme.px(22) + (theme.px(20) if place(hit) else 0) + 2

    @staticmethod
    def _below(hit: Hit) -> int:
        return 12 if hit.weak else theme.px(24) + 10

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: Row = index.data(ROW_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if row.hit is None:
            self._divider(painter, option.rect)
        else:
            self._card(painter, option, row, row.hit)
        painter.restore()

    @staticmethod
    def _divider(painter: QPainter, rect: QRect) -> None:
        colours = theme.current()
        painter.setFont(theme.font(theme.SECONDARY))
        words = tr("weak matches")
        half = painter.fontMetrics().horizontalAdvance(words) / 2 + 12
        middle, centre = rect.top() + theme.px(13), rect.center().x()
        painter.setPen(colours.line)
        painter.drawLine(QPointF(rect.left() + 2, middle), QPointF(centre - half, middle))
        painter.drawLine(QPointF(centre + half, middle), QPointF(rect.right() - 2, middle))
        painter.setPen(colours.muted)
        box = QRectF(rect.left(), middle - 12, rect.width(), 24)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

    def _card(self, painter: QPainter, option: QStyleOptionViewItem, row: Row, hit: Hit) -> None:
        colours = theme.current()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        over = bool(option.state & QStyle.StateFlag.State_MouseOver)
        card = QRectF(option.rect).adjusted(0.5, 0.5, -0.5, -0.5 - _GAP)
        painter.setBrush(colours.selection if selected else colours.panel)
        painter.setPen(colours.accent if selected else colours.faint if over else colours.line)
        painter.drawRoundedRect(card, theme.RADIUS_CARD, theme.RADIUS_CARD)
        left, right = card.left() + _PAD, card.right() - _PAD
        ink = colours.muted if hit.weak else colours.ink
        top = card.top() + 11
        self._title(painter, QRectF(left, top, right - left, theme.px(22)), row, hit, ink)
        top += theme.px(22)
        if place(hit):
            painter.setFont(theme.font(theme.SECONDARY))
            painter.setPen(colours.muted)
            draw_elided(painter, QRectF(left, top, right - left, theme.px(19)), place(hit))
            top += theme.px(20)
        text = self._card_text(hit, option.rect.width() - 2 * _PAD - 2)
        text.draw(painter, QPointF(left, top + 2), ink)
        if not hit.weak:
            line = QRectF(left, top + 4 + text.height, right - left, theme.px(22))
            edge = self._bars(painter, line, hit)
            self._tags(painter, line, row.tags, edge, selected)

    @staticmethod
    def _title(painter: QPainter, box: QRectF, row: Row, hit: Hit, ink: QColor) -> None:
        said = [plural(len(hit.copies), "and 1 copy", "and {n} copies")] if hit.copies else []
        said += [part for part in (row.date, kind(hit.type)) if part]
        painter.setFont(theme.font(theme.SECONDARY))
        painter.setPen(theme.current().muted)
        right = " · ".join(said)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, right)
        width = painter.fontMetrics().horizontalAdvance(right) + 16
        painter.setFont(theme.font(bold=True))
        painter.setPen(ink)
        draw_elided(painter, box.adjusted(0, 0, -width, 0), hit.title)

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
        row: Row = index.data(ROW_ROLE)
        if event.type() == QEvent.Type.MouseButtonRelease and isinstance(event, QMouseEvent) and row.hit:
            bars = option.rect.bottom() - _GAP - 10 - theme.px(24)
            if (
                not row.hit.weak
                and event.position().y() > bars
                and event.position().x() < option.rect.left() + 300
            ):
                self.why_requested.emit(row.hit, event.globalPosition().toPoint())
        return super().editorEvent(event, model, option, index)


def scores(hit: Hit) -> list[tuple[str, float | None]]:
    """Label and score (0..1) of each leg and of the reranker; None where it did not score this hit."""
    why = hit.why
    legs = [(tr(leg), found.score if (found := why.leg(leg)) else None) for leg in Leg]
    return [*legs, (tr("rerank"), why.rerank.score if why.rerank else None)]


def cited(hit: Hit) -> str:
    """The source in the form of a citation: title, heading, page."""
    return ", ".join(part for part in (hit.title, place(hit)) if part)


def reasons(hit: Hit) -> list[tuple[str, str]]:
    """Everything that explains a hit, as (label, value) lines."""
    why = hit.why
    lines: list[tuple[str, str]] = []
    if why.exact:
        said = {
            "title": tr("its title"),
            "name": tr("the name of its file"),
            "number": tr("a number or code in it"),
            "phrase": tr("its very words"),
        }
        lines.append((tr("you named"), said[why.exact]))
    for leg, (name, score) in zip([*Leg, None], scores(hit), strict=True):
        found = why.leg(leg) if leg else None
        if score is None:
            lines.append((name, tr("no say in this hit")))
        elif found is None:
            lines.append((name, f"{score:.2f}"))
        else:
            rank = tr("rank {rank}", rank=found.rank)
            terms = " · ".join(found.terms or ())
            lines.append((name, f"{score:.2f}, {rank}" + (f"\n{terms}" if terms else "")))
    if why.filters:
        lines.append((tr("filters"), ", ".join(why.filters)))
    lines.append((tr("score"), f"{hit.score:.2f}"))
    return lines
