"""The list of cards, and the popup that says why one was found."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QListView, QWidget

from desktop_kb.gui.actions import ActionSet
from desktop_kb.gui.search.said import reasons
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import label, types
from desktop_kb.records import Hit


class HitList(QListView):
    """The list of cards; its keys are those of the results' actions."""

    def __init__(self, action_set: ActionSet) -> None:
        super().__init__()
        self._action_set = action_set
        self.setObjectName("hits")
        self.setAccessibleName(tr("Results"))
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if types(event):
            event.ignore()  # it begins a question, see the window
        elif not self._action_set.press(event):
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()


def show_why(parent: QWidget, hit: Hit, at: QPoint) -> None:
    """Show why a hit was found, in a popup at a point of the screen."""
    popup = QFrame(parent, Qt.WindowType.Popup)
    popup.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    popup.setProperty("card", True)
    grid = QGridLayout(popup)
    grid.setContentsMargins(16, 12, 16, 12)
    grid.setHorizontalSpacing(16)
    for line, (name, said) in enumerate(reasons(hit)):
        grid.addWidget(label(name, "quiet"), line, 0, Qt.AlignmentFlag.AlignTop)
        text = label(said, wrap=True)
        text.setMinimumWidth(260)
        grid.addWidget(text, line, 1)
    popup.adjustSize()
    popup.move(at)
    popup.show()
