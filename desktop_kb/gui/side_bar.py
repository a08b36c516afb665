"""Where to look: all, recent, notes, PDFs, web pages, failed, tags, saved searches, each with its count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zlib import crc32

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from desktop_kb.formats import GROUPS, shown_as
from desktop_kb.gui import theme
from desktop_kb.gui.translation import tr
from desktop_kb.records import Document, Filter

_ROLE = Qt.ItemDataRole.UserRole
RECENT_DAYS = 7
#: Places that no search looks into.
LIBRARY_ONLY: Final = ("failed", "trash")


@dataclass(frozen=True, slots=True)
class Place:
    """A row: `filter` narrows both views; '' is everything; 'failed' and 'trash' are the library's alone."""

    label: str
    count: int | None
    filter: str
    dot: int | None = None
    section: bool = False


def places_of(documents: Sequence[Document], saved: Sequence[str] = (), trash: int = 0) -> list[Place]:
    """The rows for a library with these documents, and `trash` in the trash."""
    since = (datetime.now(UTC) - timedelta(days=RECENT_DAYS)).date().isoformat()
    tags = Counter(tag for document in documents for tag in document.tags)
    groups = Counter(shown_as(document.type).group for document in documents)
    rows = [
        Place(tr("All"), len(documents), ""),
        Place(tr("Recent"), sum(document.added >= since for document in documents), f"added>={since}"),
        *(Place(tr(label), groups[group], f"type:{group}") for group, label in GROUPS.items()),
        Place(tr("Failed"), sum(d.status == "failed" for d in documents), "failed"),
    ]
    if trash:
        rows.append(Place(tr("Trash"), trash, "trash"))
    if tags:
        rows.append(Place(tr("Tags"), None, "", section=True))
        for tag, count in sorted(tags.items(), key=lambda pair: (-pair[1], pair[0]))[:30]:
            written = Filter.written("tag", tag)
            rows.append(Place(tag, count, written, dot=crc32(tag.encode()) % len(theme.TAG_DOTS)))
    if saved:
        rows.append(Place(tr("Saved searches"), None, "", section=True))
        rows += [Place(query, None, f"search {query}") for query in saved]
    return rows


class SideBar(QListWidget):
    """The list of places; `chosen` says a place's filter."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sideBar")
        self.setAccessibleName(tr("Places"))
        self.setItemDelegate(_Delegate(self))
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setViewportMargins(10, 10, 10, 10)
        self.setMinimumWidth(160)
        self.currentItemChanged.connect(self._moved)

    def show_places(self, places: Sequence[Place]) -> None:
        """Replace the rows; the chosen place stays chosen."""
        current = self.current_filter()
        self.blockSignals(True)
        self.clear()
        for place in places:
            item = QListWidgetItem(place.label)
            item.setData(_ROLE, place)
            if place.section:
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.addItem(item)
            if not place.section and place.filter == current:
                self.setCurrentItem(item)
        if self.currentItem() is None and self.count():
            self.setCurrentRow(0)
        self.blockSignals(False)

    def current_filter(self) -> str:
        """The filter of the chosen place."""
        item = self.currentItem()
        return str(item.data(_ROLE).filter) if item is not None else ""

    def choose(self, filter: str) -> None:
        """Go to the place with this filter."""
        for at in range(self.count()):
            place = self.item(at).data(_ROLE)
            if place.filter == filter and not place.section:
                self.setCurrentRow(at)

    def _moved(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(item.data(_ROLE).filter)


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, theme.px(38 if index.data(_ROLE).section else 31))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        place: Place = index.data(_ROLE)
        colours = theme.current()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(option.rect)
        text = box.adjusted(10, 0, -10, 0)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if place.section:
            painter.setFont(theme.font(12))
            painter.setPen(colours.muted)
            words = place.label.upper()
            painter.drawText(text.adjusted(0, 10, 0, 0), Qt.AlignmentFlag.AlignVCenter, words)
            painter.restore()
            return
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.line if selected else colours.selection)
            painter.drawRoundedRect(box.adjusted(0, 1, 0, -1), theme.RADIUS_ROW, theme.RADIUS_ROW)
        if place.dot is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.TAG_DOTS[place.dot])
            painter.drawEllipse(QRectF(text.left(), box.center().y() - 3.5, 8, 8))
            text.adjust(16, 0, 0, 0)
        painter.setFont(theme.font(theme.SECONDARY))
        count = "" if place.count is None else f"{place.count:,}"
        painter.setPen(colours.ink if selected else colours.muted)
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, count)
        text.adjust(0, 0, -painter.fontMetrics().horizontalAdvance(count) - 8, 0)
        painter.setFont(theme.font(bold=selected))
        painter.setPen(colours.ink)
        label = painter.fontMetrics().elidedText(
            place.label, Qt.TextElideMode.ElideRight, round(text.width())
        )
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, label)
        painter.restore()
