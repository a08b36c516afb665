"""The header at the top of the window: the switch between views, the search box, and a few buttons."""

from __future__ import annotations

from collections.abc import Container, Mapping
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QWidget

from desktop_kb.gui import theme
from desktop_kb.gui.actions import keys_of, text_of
from desktop_kb.gui.search.search_box import SearchBox
from desktop_kb.gui.translation import bracketed, tr
from desktop_kb.gui.widgets import button


class Header(QWidget):
    """The switch between views, the search box, and a few buttons."""

    view_requested = Signal(str)  # the view's id
    save_requested = Signal()
    add_requested = Signal()
    note_requested = Signal()
    menu_requested = Signal(QPoint)  # position on the screen

    def __init__(self, box: SearchBox, views: Mapping[str, str], parent: QWidget | None = None) -> None:
        """`views`: the views that the switch offers, id -> name."""
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 16, 10)
        row.setSpacing(12)
        switch = QFrame()
        switch.setObjectName("switch")
        inner = QHBoxLayout(switch)
        inner.setContentsMargins(3, 3, 3, 3)
        inner.setSpacing(0)
        switch_group = QButtonGroup(self)  # exclusive: exactly one is checked
        self._segments: dict[str, QPushButton] = {}
        for id, name in views.items():
            segment = button(name, partial(self.view_requested.emit, id))
            segment.setProperty("segment", True)
            segment.setCheckable(True)
            segment.setAutoExclusive(True)  # a screen reader calls it a radio button, else a check box
            segment.setAccessibleName(tr("View: {name}", name=name))
            switch_group.addButton(segment)
            inner.addWidget(segment)
            self._segments[id] = segment
        row.addWidget(switch)
        box.setMaximumWidth(theme.px(830))
        row.addWidget(box, 10)
        self._star = button("☆", self.save_requested.emit, "quietlink")
        self.show_saved(False)
        row.addWidget(self._star)
        row.addStretch(1)
        row.addWidget(_with_keys(button("＋ " + tr("Add"), self.add_requested.emit), "add-files"))
        row.addWidget(_with_keys(button("✎ " + tr("Note"), self.note_requested.emit), "new-note"))
        self._more = button("⋯", self._ask_menu)
        self._more.setAccessibleName(tr("More"))
        row.addWidget(self._more)
        for made in self.findChildren(QPushButton):
            # A click leaves the keys where they are, mostly in the box.
            made.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    @property
    def views(self) -> Container[str]:
        """The ids of the views that the switch offers."""
        return self._segments

    def show_view(self, view: str) -> None:
        """Mark the view that is shown in the switch."""
        self._segments[view].setChecked(True)

    def show_saved(self, saved: bool) -> None:
        """Show by the star whether the query in the box is a saved search."""
        self._star.setText("★" if saved else "☆")
        does = tr("Forget this search") if saved else tr("Save this search")
        self._star.setToolTip(does)
        self._star.setAccessibleName(does)

    def _ask_menu(self) -> None:
        self.menu_requested.emit(self._more.mapToGlobal(self._more.rect().bottomRight()))


def _with_keys(made: QPushButton, action: str) -> QPushButton:
    made.setToolTip(bracketed(tr(text_of(action)), keys_of(action)))
    made.setAccessibleName(made.text().partition(" ")[2])  # without the sign before it
    return made
