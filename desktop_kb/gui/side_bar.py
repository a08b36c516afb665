"""The side bar: all, recent, notes, PDFs, web pages, failed, tags, saved searches, each with its count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zlib import crc32

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
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
from desktop_kb.gui.targets import EVERYTHING, FAILED, TRASH, Target
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import types
from desktop_kb.records import Document, Filter

_ROLE = Qt.ItemDataRole.UserRole
RECENT_DAYS = 7
#: How many tags are listed, the most used first.
_TAGS = 30


@dataclass(frozen=True, slots=True)
class SideBarEntry:
    """A row.

    Attributes:
        target: what the window shows when it is chosen; None for a heading, which cannot be chosen.
        dot: index of its colour in the theme's `TAG_DOTS`.
    """

    label: str
    target: Target | None
    count: int | None = None
    dot: int | None = None


def entries_of(
    documents: Sequence[Document], saved: Sequence[str] = (), trash: int = 0
) -> list[SideBarEntry]:
    """The rows for a library with these documents; `trash`: how many are in the trash."""
    since = (datetime.now(UTC) - timedelta(days=RECENT_DAYS)).date().isoformat()
    tags = Counter(tag for document in documents for tag in document.tags)
    groups = Counter(shown_as(document.type).group for document in documents)
    recent = sum(document.added >= since for document in documents)
    failed = sum(document.status == "failed" for document in documents)
    rows = [
        SideBarEntry(tr("All"), EVERYTHING, len(documents)),
        SideBarEntry(tr("Recent"), Target("filter", f"added>={since}"), recent),
    ]
    for group, label in GROUPS.items():
        rows.append(SideBarEntry(tr(label), Target("filter", f"type:{group}"), groups[group]))
    rows.append(SideBarEntry(tr("Failed"), FAILED, failed))
    if trash:
        rows.append(SideBarEntry(tr("Trash"), TRASH, trash))
    if tags:
        rows.append(SideBarEntry(tr("Tags"), None))
        for tag, count in sorted(tags.items(), key=lambda pair: (-pair[1], pair[0]))[:_TAGS]:
            written = Target("filter", Filter.written("tag", tag))
            dot = crc32(tag.encode()) % len(theme.TAG_DOTS)
            rows.append(SideBarEntry(tag, written, count, dot))
        if len(tags) > _TAGS:
            rows.append(SideBarEntry(tr("{n} more: type tag:", n=f"{len(tags) - _TAGS:,}"), None))
    if saved:
        rows.append(SideBarEntry(tr("Saved searches"), None))
        rows += [SideBarEntry(query, Target("question", query)) for query in saved]
    return rows


class SideBar(QListWidget):
    """The list of entries; emits `chosen` with the target of the entry that the person chose."""

    chosen = Signal(object)

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

    def show_entries(self, entries: Sequence[SideBarEntry]) -> None:
        """Replace the rows; the chosen entry stays chosen."""
        current = self.target()
        self.blockSignals(True)
        self.clear()
        for entry in entries:
            item = QListWidgetItem(entry.label)
            item.setData(_ROLE, entry)
            if entry.target is None:
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.addItem(item)
            if entry.target == current:
                self.setCurrentItem(item)
        if self.currentItem() is None and self.count():
            self.setCurrentRow(0)
        self.blockSignals(False)

    def target(self) -> Target:
        """The target of the chosen entry."""
        item = self.currentItem()
        return EVERYTHING if item is None else self._entry(item).target or EVERYTHING

    def choose(self, target: Target) -> None:
        """Choose the entry of this target."""
        for at in range(self.count()):
            if self._entry(self.item(at)).target == target:
                self.setCurrentRow(at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if types(event):
            event.ignore()  # it begins a question, see the window
        else:
            super().keyPressEvent(event)

    def _entry(self, item: QListWidgetItem) -> SideBarEntry:
        entry: SideBarEntry = item.data(_ROLE)
        return entry

    def _moved(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(self._entry(item).target)


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, theme.px(38 if index.data(_ROLE).target is None else 31))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry: SideBarEntry = index.data(_ROLE)
        colours = theme.current()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(option.rect)
        text = box.adjusted(10, 0, -10, 0)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if entry.target is None:
            painter.setFont(theme.font(12))
            painter.setPen(colours.muted)
            words = entry.label.upper()
            painter.drawText(text.adjusted(0, 10, 0, 0), Qt.AlignmentFlag.AlignVCenter, words)
            painter.restore()
            return
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.line if selected else colours.selection)
            painter.drawRoundedRect(box.adjusted(0, 1, 0, -1), theme.RADIUS_ROW, theme.RADIUS_ROW)
        if entry.dot is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.TAG_DOTS[entry.dot])
            painter.drawEllipse(QRectF(text.left(), box.center().y() - 3.5, 8, 8))
            text.adjust(16, 0, 0, 0)
        painter.setFont(theme.font(theme.SECONDARY))
        count = "" if entry.count is None else f"{entry.count:,}"
        painter.setPen(colours.ink if selected else colours.muted)
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, count)
        text.adjust(0, 0, -painter.fontMetrics().horizontalAdvance(count) - 8, 0)
        painter.setFont(theme.font(bold=selected))
        painter.setPen(colours.ink)
        label = painter.fontMetrics().elidedText(
            entry.label, Qt.TextElideMode.ElideRight, round(text.width())
        )
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, label)
        painter.restore()
