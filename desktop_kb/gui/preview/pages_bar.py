"""The bar over the pages of a PDF: which page, how large, how turned."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from desktop_kb.gui import theme
from desktop_kb.gui.indexing.drop import CopiesDrops
from desktop_kb.gui.preview.pages_view import Fit, PagesView
from desktop_kb.gui.preview.trail import Place
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import button, label

_NEXT_FIT: Final[dict[Fit, Fit]] = {"width": "page", "page": "width", "none": "width"}


class PagesBar(QWidget):
    """Shows and changes what a view of pages shows."""

    #: the `Place` of a page whose number was typed
    chosen = Signal(object)

    def __init__(self, pages: PagesView) -> None:
        super().__init__()
        self._pages = pages
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(6)
        self.page = QLineEdit()
        self.page.setAccessibleName(tr("Page"))
        self.page.setValidator(QIntValidator(1, 9_999_999, self.page))
        self.page.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.page.setFixedWidth(theme.px(58))
        self.page.returnPressed.connect(self._turn_to)
        CopiesDrops(self.page)
        self.count = label("", "quiet")
        row.addWidget(self.page)
        row.addWidget(self.count)
        row.addStretch(1)
        for text, name, do in (
            ("−", tr("Smaller"), lambda: pages.zoom(-1)),
            ("＋", tr("Larger"), lambda: pages.zoom(1)),
            ("⤢", tr("Fit the page or the width"), self.fit_next),
            ("⟳", tr("Turn the pages"), self.turn),
            ("▯▯", tr("Two pages side by side"), self.pair),
        ):
            row.addWidget(button(text, do, "quietlink", name))
        pages.verticalScrollBar().valueChanged.connect(self.refresh)
        pages.wandered.connect(self.refresh)

    def refresh(self) -> None:
        """Show the page at the top."""
        here, count = self._pages.place(), self._pages.document.pageCount()
        if here is None or self.page.hasFocus():
            return
        self.page.setText(str(self.shown))
        self.count.setText(tr("of {count}", count=f"{count:,}"))

    @property
    def shown(self) -> int:
        """The number of the page that takes the upper part of the view."""
        here = self._pages.place()
        if here is None:
            return 1
        last = here.share > 0.8 and here.at + 1 < self._pages.document.pageCount()
        return here.at + 1 + last

    def ask_page(self) -> None:
        """Let the person type the number of a page."""
        self.refresh()
        self.page.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.page.selectAll()

    def fit_next(self) -> None:
        """Fit the whole page, or its width."""
        self._pages.arrange(fit=_NEXT_FIT[self._pages.fit])

    def turn(self) -> None:
        """Turn all pages by a quarter, clockwise."""
        self._pages.arrange(turn=1)

    def pair(self) -> None:
        """Show two pages side by side, or one."""
        self._pages.arrange(columns=3 - self._pages.columns)

    def _turn_to(self) -> None:
        wanted = int(self.page.text() or 1)
        self.chosen.emit(Place("page", max(1, min(wanted, self._pages.document.pageCount())) - 1))
