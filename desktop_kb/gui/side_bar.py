"""The side bar: places to look in, each with its count; see `places`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from desktop_kb.gui import theme
from desktop_kb.gui.loaded import Library
from desktop_kb.gui.places import SideBarEntry, entries_of, told
from desktop_kb.gui.targets import EVERYTHING, Target
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import types

_ROLE: Final = Qt.ItemDataRole.UserRole
_OPEN: Final = Qt.ItemDataRole.UserRole + 1
_RENAME: Final = (QEvent.Type.ShortcutOverride, Qt.Key.Key_F2)
#: How far a folder in another one stands to the right, and the room of the sign that opens it.
_STEP: Final = 14
_SIGN: Final = 16


class SideBar(QListWidget):
    """The list of entries; emits `chosen` with the target of the entry that the person chose."""

    chosen = Signal(object)
    #: a saved query is not wanted any more
    forgotten = Signal(str)
    #: a saved query is to have another name
    rename_requested = Signal(str)
    #: a folder is to be followed, or no longer
    follow_requested = Signal(str)
    unfollow_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sideBar")
        self.setAccessibleName(tr("Places"))
        self.setItemDelegate(_Delegate(self))
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setViewportMargins(10, 10, 10, 10)
        self.setMinimumWidth(160)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._menu)
        self._opened: set[Target | None] = set()
        self.currentItemChanged.connect(self._moved)

    def show_library(self, library: Library, saved: Sequence[str], names: Mapping[str, str]) -> None:
        """Show the places of a library, and the queries that the person saved, with the names they have."""
        groups = {query: count for query, count in library.groups.items() if query in saved}
        self.show_entries(
            entries_of(
                library.counts,
                saved,
                library.status.trash,
                groups=groups,
                names=names,
                followed=library.followed,
                marked=library.marked,
            )
        )

    def show_entries(self, entries: Sequence[SideBarEntry]) -> None:
        """Show these rows; the chosen entry stays chosen. Rows that are as they were are left: making and measuring
        some hundreds anew takes longer than all else that is done when a library is loaded."""
        current, before = self.target(), [self._entry(self.item(at)) for at in range(self.count())]
        if list(entries) == before:
            return
        if [entry.target for entry in entries] == [entry.target for entry in before]:
            for at, entry in enumerate(entries):
                if entry != before[at]:
                    self._fill(self.item(at), entry)
            return
        self.blockSignals(True)
        self.clear()
        for entry in entries:
            item = QListWidgetItem()
            self._fill(item, entry)
            self.addItem(item)
        self.choose(current)
        if self.currentItem() is None and self.count():
            self.setCurrentRow(0)
        self._unfold()
        self.blockSignals(False)

    @staticmethod
    def _fill(item: QListWidgetItem, entry: SideBarEntry) -> None:
        item.setText(entry.label)
        item.setData(_ROLE, entry)
        heard = entry.label if entry.count is None else f"{entry.label}, {entry.count:,}"
        item.setData(Qt.ItemDataRole.AccessibleTextRole, heard)
        item.setToolTip(told(entry.query) or (entry.folder if entry.followed else entry.label))
        if entry.target is None:
            item.setFlags(Qt.ItemFlag.NoItemFlags)

    def target(self) -> Target:
        """The target of the chosen entry."""
        item = self.currentItem()
        return EVERYTHING if item is None else self._entry(item).target or EVERYTHING

    def choose(self, target: Target) -> None:
        """Choose the entry of this target."""
        for at in range(self.count()):
            if self._entry(self.item(at)).target == target:
                self.setCurrentRow(at)

    def forget_place(self) -> None:
        """Choose everything, without saying so: what is shown knows no such place."""
        self.blockSignals(True)
        self.choose(EVERYTHING)
        self.blockSignals(False)

    # --- folders

    def _unfold(self) -> None:
        """Show the folders in those that are opened, and hide the others."""
        shut: int | None = None  # the depth of the closed folder that we are in
        for at in range(self.count()):
            item = self.item(at)
            entry = self._entry(item)
            if shut is not None and entry.depth <= shut:
                shut = None
            item.setHidden(shut is not None)
            item.setData(_OPEN, entry.target in self._opened)
            if shut is None and entry.opens and entry.target not in self._opened:
                shut = entry.depth

    def open_folder(self, target: Target | None, wanted: bool) -> None:
        """Show or hide the folders in this one."""
        if wanted:
            self._opened.add(target)
        else:
            self._opened.discard(target)
        self._unfold()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and (event.type(), event.key()) == _RENAME and self._query():
            event.accept()  # elsewhere the key leads to the details of a document
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if types(event):
            event.ignore()  # for the window's box
            return
        item = self.currentItem()
        entry = None if item is None else self._entry(item)
        key = event.key()
        if entry is not None and entry.opens and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.open_folder(entry.target, key == Qt.Key.Key_Right)
        elif (query := self._query()) and key == Qt.Key.Key_Delete:
            self.forgotten.emit(query)
        elif entry is not None and entry.followed and key == Qt.Key.Key_Delete:
            self.unfollow_requested.emit(entry.folder)
        elif query and key == Qt.Key.Key_F2:
            self.rename_requested.emit(query)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        item = self.itemAt(event.position().toPoint())
        if item is not None and (entry := self._entry(item)).opens:
            left = self.visualItemRect(item).left() + 10 + entry.depth * theme.px(_STEP)
            if left <= event.position().x() < left + theme.px(_SIGN):
                self.open_folder(entry.target, entry.target not in self._opened)
                return
        super().mousePressEvent(event)

    def _menu(self, at: QPoint) -> None:
        item = self.itemAt(at)
        menu = QMenu(self)
        if item is not None:
            self._offer(self._entry(item), menu)
        if menu.actions():
            menu.exec(self.viewport().mapToGlobal(at))
        menu.deleteLater()

    def _offer(self, entry: SideBarEntry, menu: QMenu) -> None:
        """Put what can be done with an entry into a menu."""
        query, folder = entry.query, entry.folder
        if query:
            menu.addAction(f"{tr('Rename …')}\tF2", lambda: self.rename_requested.emit(query))
            menu.addAction(f"{tr('Forget it')}\tDel", lambda: self.forgotten.emit(query))
        elif entry.followed:
            menu.addAction(f"{tr('Follow no longer')}\tDel", lambda: self.unfollow_requested.emit(folder))
        elif folder:
            menu.addAction(tr("Follow this folder"), lambda: self.follow_requested.emit(folder))

    def _query(self) -> str:
        """What the person has saved under the chosen entry; '' if it is another one."""
        item = self.currentItem()
        return "" if item is None else self._entry(item).query

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
        if selected and option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(colours.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(1, 2, -1, -2), theme.RADIUS_ROW, theme.RADIUS_ROW)
        if entry.depth or entry.opens:
            text.adjust(entry.depth * theme.px(_STEP), 0, 0, 0)
            if entry.opens:
                painter.setFont(theme.font(11))
                painter.setPen(colours.muted)
                sign = "▾" if index.data(_OPEN) else "▸"
                painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, sign)
            text.adjust(theme.px(_SIGN), 0, 0, 0)
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
