"""The pages of the window, one at a time, and where in each of them the keys are."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QStackedWidget, QWidget
from shiboken6 import isValid


class Pages(QStackedWidget):
    """Who leaves a page with the keys in it finds them, in the next page, where they were there last, else in `rest`:
    Qt would give them to whatever comes after what is hidden, and a screen reader would say that."""

    def __init__(self, rest: QWidget) -> None:
        super().__init__()
        self._rest = rest
        self._had: dict[QWidget, QWidget] = {}

    def turn_to(self, page: QWidget) -> None:
        """Show a page."""
        before, focused = self.currentWidget(), QApplication.focusWidget()
        if before is None or focused is None or page is before or not before.isAncestorOf(focused):
            self.setCurrentWidget(page)
            return
        self._had[before] = focused
        self._rest.setFocus()
        self.setCurrentWidget(page)
        there = self._had.get(page)
        if there is not None and isValid(there):
            there.setFocus()
