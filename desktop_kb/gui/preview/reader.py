"""What is read: the pages of a PDF with a bar over them, or a text; beside either its outline."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QLabel, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from desktop_kb.gui import theme
from desktop_kb.gui.preview.contents_side import ContentsSide, bookmarks_of, outline_of
from desktop_kb.gui.preview.pages_bar import PagesBar
from desktop_kb.gui.preview.pdf_preview import PdfPreview
from desktop_kb.gui.preview.text_preview import TextPreview
from desktop_kb.gui.preview.trail import Place
from desktop_kb.gui.translation import tr
from desktop_kb.records import Layout

#: Where one reads is told once the person has stayed there this long.
_SETTLED_MS: Final = 400
_SIDE: Final = 190


class Reader(QFrame):
    """Shows one of three: pages, a text, or a sentence that says why there is neither."""

    #: the person has gone elsewhere in what is shown
    moved = Signal()
    #: the person has leapt from this `Place`
    leapt = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("card", True)
        self._layout = Layout()
        self.text, self.pdf = TextPreview(self), PdfPreview(self)
        self.text.setAccessibleName(tr("The text of the document"))
        self.empty = QLabel()
        self.empty.setWordWrap(True)
        self.empty.setMargin(24)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setProperty("quiet", True)
        self._stack = QStackedWidget()
        for page in (self.empty, self.text, self.pdf):
            self._stack.addWidget(page)
        self.bar, self.side = PagesBar(self.pdf), ContentsSide(self.pdf)
        for way in (self.bar, self.side):
            way.chosen.connect(self.leap)
        self._wants_side = False
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self._stack, 1)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(1)
        self._splitter.addWidget(self.side)
        self._splitter.addWidget(right)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setCollapsible(1, False)
        self._splitter.setSizes([theme.px(_SIDE), 1000])
        inside = QVBoxLayout(self)
        inside.setContentsMargins(3, 3, 3, 3)
        inside.addWidget(self._splitter)
        self._settled = QTimer(self, singleShot=True, interval=_SETTLED_MS)
        self._settled.timeout.connect(self._tell_place)
        for shown in (self.text, self.pdf):
            shown.wandered.connect(self._settled.start)
        self.say("")

    # --- showing

    @property
    def shown(self) -> TextPreview | PdfPreview | None:
        """What is read; None while a sentence is shown."""
        now = self._stack.currentWidget()
        return now if isinstance(now, TextPreview | PdfPreview) else None

    def say(self, sentence: str) -> None:
        """Show a sentence, and close the PDF."""
        self.pdf.close_file()
        self.empty.setText(sentence)
        self._layout = Layout()
        self._turn_to(self.empty)

    def show_pages(self, layout: Layout) -> None:
        """Show the pages of the PDF that was opened."""
        self._layout = layout
        self._turn_to(self.pdf)
        self.pdf.reveal()

    def show_text(self, layout: Layout, fill: Callable[[TextPreview], object]) -> None:
        """Show a text, which `fill` puts in."""
        self._layout = layout
        self.pdf.close_file()
        self._turn_to(self.text)
        fill(self.text)

    def _turn_to(self, page: QWidget) -> None:
        self._stack.setCurrentWidget(page)
        self.bar.setVisible(page is self.pdf)
        self.bar.refresh()
        self._fill_side()

    def take_focus(self) -> bool:
        """Give what is read the keyboard; False if there is nothing to read yet."""
        (self.shown or self.empty).setFocus()
        return self.shown is not None

    # --- outline and pages

    def toggle_side(self) -> None:
        """Show the outline, or the pages; hide them if they are shown."""
        self._wants_side = not self.side.isVisible()
        self._fill_side()
        if self.side.isVisible():
            self.side.currentWidget().setFocus()
        else:
            self.take_focus()

    @property
    def has_contents(self) -> bool:
        """Whether there is an outline, or pages."""
        return self.shown is not None and (self.shown is self.pdf or bool(self._layout.headings))

    def _fill_side(self) -> None:
        self.side.setVisible(self._wants_side and self.has_contents)
        if not self.side.isVisibleTo(self):
            return
        pages = self.pdf.document.pageCount() if self.shown is self.pdf else 0
        entries = (bookmarks_of(self.pdf.document) if pages else []) or outline_of(self._layout.headings)
        self.side.show_contents(entries, pages=pages)
        self._tell_side()

    # --- where one reads

    def place(self) -> Place | None:
        """Where in the document one reads; None if nothing is shown."""
        return self.shown.place() if self.shown is not None else None

    @property
    def has_moved(self) -> bool:
        """Whether the person has gone elsewhere than where it was opened."""
        return self.shown is not None and not self.shown.follows

    def leap(self, leads: Place | tuple[int, int]) -> None:
        """Go where the person asks to within the document, a place or raw `[start, end)`; Back leads to here."""
        if (here := self.place()) is not None:
            self.leapt.emit(here)
        if isinstance(leads, Place):
            self.go_to(leads)
        else:
            there = self.pdf.place_of(leads) if self.shown is self.pdf else None
            self.go_to(there or Place("offset", leads[0]))
        self.take_focus()

    def leap_to_words(self, span: tuple[int, int]) -> None:
        """Do so, and frame the words there."""
        self.leap(span)
        if self.shown is not None:
            self.shown.show_found(span)

    def go_to(self, place: Place) -> None:
        """Show a place where somebody read, in pages or in text."""
        starts = [page.start for page in self._layout.pages]
        if self.shown is self.pdf:
            # Pages without text begin where the next one does: the first of all is meant by the beginning.
            page = Place("page", max(0, bisect_right(starts, place.at) - 1) if place.at else 0)
            self.pdf.go_to(place if place.kind == "page" else page)
        elif self.shown is self.text:
            begins = starts[place.at] if place.at < len(starts) else 0
            self.text.go_to(place if place.kind == "offset" else Place("offset", begins))

    def _tell_place(self) -> None:
        self.moved.emit()
        self._tell_side()

    def _tell_side(self) -> None:
        if (here := self.place()) is not None and here.kind == "page" and self.side.isVisible():
            self.side.show_place(self.bar.shown - 1)
