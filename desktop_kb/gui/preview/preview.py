"""The preview: shows the pages of a PDF or the text of a document, at the passage.

Pages are shown if the caller gives the file of a PDF whose pages can be drawn; in every other case, the
text is shown, with a line that says why.
"""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop_kb.formats import can_be_edited, format_of, previewed_as, shown_as
from desktop_kb.gui.actions import ActionSet
from desktop_kb.gui.loaded import Contents
from desktop_kb.gui.preview.find_bar import FindBar
from desktop_kb.gui.preview.markdown_links import PAGE
from desktop_kb.gui.preview.pdf_preview import PdfPreview
from desktop_kb.gui.preview.preview_note import PreviewNote
from desktop_kb.gui.preview.references import open_in_browser
from desktop_kb.gui.preview.text_preview import TextPreview
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import button, not_opened, open_folder, open_outside
from desktop_kb.kb import Reading
from desktop_kb.records import SCHEME, Document, Hit


class Preview(QWidget):
    """Shows one hit, or one document."""

    inspect_requested = Signal(str)
    similar_requested = Signal(object)
    edit_requested = Signal(str)
    close_requested = Signal()
    previous_requested = Signal()
    next_requested = Signal()
    #: the path of the document, and what a link in it names of the library
    reference_requested = Signal(str, str)
    #: a link to what a library holds
    link_requested = Signal(str)
    #: the person wants the pages of a condemned PDF drawn again
    again_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hit: Hit | None = None
        self._document = ""
        self._path = ""
        self._file: Path | None = None
        self._title = ""
        self.text = TextPreview(self)
        self.text.link_requested.connect(self._ask_about)
        self.pdf = PdfPreview(self)
        self._empty = QLabel()
        self._empty.setWordWrap(True)
        self._empty.setMargin(24)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setProperty("quiet", True)
        self.text.setAccessibleName(tr("The text of the document"))
        self.pdf.setAccessibleName(tr("The pages of the document"))
        self._pages = QStackedWidget()
        for page in (self._empty, self.text, self.pdf):
            self._pages.addWidget(page)
        self._note = PreviewNote()
        self._bar = FindBar()
        self._bar.found.connect(self._show_found)
        self._bar.closed.connect(self.take_focus)
        self._make_header()
        self._make_menu()
        paper = QFrame()
        paper.setProperty("card", True)
        inside = QVBoxLayout(paper)
        inside.setContentsMargins(3, 3, 3, 3)
        inside.addWidget(self._pages)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(self._header)
        column.addWidget(self._note)
        column.addWidget(self._bar)
        column.addWidget(paper, 1)
        self.clear()

    # --- showing

    def show_hit(self, hit: Hit, contents: Contents) -> None:
        """Show a hit at its passage."""
        self._hit = hit
        self._begin(hit, contents.file)
        self._show(contents, hit, (hit.start, hit.end), hit.best, hit.page or 1)

    def show_document(self, document: Document, contents: Contents) -> None:
        """Show a document from its beginning."""
        self._hit = None
        self._begin(document, contents.file)
        self._show(contents, document)

    def show_reason(self, document: Hit | Document, sentence: str) -> None:
        """Show why a document has no text, or none yet."""
        self._hit = None
        self._begin(document, None)
        self.pdf.close_file()
        self._empty.setText(sentence)
        self._pages.setCurrentWidget(self._empty)

    def set_position(self, index: int, total: int) -> None:
        """Show 'index of total' for the hit, from 1; 0 of 0 hides it."""
        several = total > 0
        self._position.setText(f"{index} / {total}" if several else "")
        for link, usable in ((self._previous, index > 1), (self._next, index < total)):
            link.setVisible(several)
            link.setEnabled(usable)
        self._elide()

    @property
    def drawn(self) -> bool:
        """Whether all visible pages are drawn; always true for a text."""
        return self._pages.currentWidget() is not self.pdf or self.pdf.drawn

    def say_missing(self, link: str) -> None:
        """Say that what a link names is not in the library."""
        self._note.say(tr("'{name}' is not in the library.", name=link.removeprefix(PAGE)))

    def take_focus(self) -> None:
        """Give the keyboard focus to the pages or the text."""
        shown = self._pages.currentWidget()
        if shown is not None:
            shown.setFocus()

    def clear(self) -> None:
        """Show nothing and close the PDF."""
        self.pdf.close_file()
        self._hit = None
        self._document = self._path = ""
        self._file = None
        self._header.setVisible(False)
        self._note.setVisible(False)
        self._bar.hide()
        self.set_position(0, 0)
        self._empty.setText(tr("Choose a passage to read it here"))
        self._pages.setCurrentWidget(self._empty)

    def set_closable(self, closable: bool) -> None:
        """Show or hide the button that closes the preview; it has one if it covers other widgets."""
        self._close.setVisible(closable)
        self._elide()

    def _begin(self, shown: Hit | Document, file: Path | None) -> None:
        self._document, self._path, self._file = shown.document, shown.path, file
        self._title = shown.title
        self._edit.setVisible(can_be_edited(shown.type, part=bool(shown.part)))
        self._header.setVisible(True)
        self._note.setVisible(False)
        self._similar.setVisible(self._hit is not None)
        self._elide()

    def _show(
        self,
        contents: Contents,
        shown: Hit | Document,
        passage: tuple[int, int] | None = None,
        best: tuple[int, int] | None = None,
        page: int = 1,
    ) -> None:
        """Show the pages of a PDF if they can be drawn, else the text (for a PDF, with the reason)."""
        self._show_again = partial(self._show, contents, shown, passage, best, page)
        text, layout = contents.text, contents.layout
        self._read = cache(lambda: Reading(text, layout.edits))
        self._start = passage[0] if passage else 0
        self._bar.hide()
        how = previewed_as(shown.type, part=bool(shown.part))
        pdf = contents.file if how == "pages" or contents.pages else None
        condemned = pdf is not None and self.pdf.condemned(pdf)
        if (
            pdf
            and not condemned
            and self.pdf.show_file(pdf, text, layout, passage, best, page, contents.pages)
        ):
            self._pages.setCurrentWidget(self.pdf)
            self.pdf.reveal()
            if passage is not None and passage[0] < passage[1] and not self.pdf.passage_marks():
                self._note.say(tr("The passage could not be found on the page; its words are in the result."))
            elif isinstance(shown, Hit) and shown.recognized:
                self._note.say(tr("Read in the picture of the page: letters may be wrong."))
            return
        self.pdf.close_file()
        self._pages.setCurrentWidget(self.text)
        self.text.show_text(text, layout, passage, best, shown_as(shown.type), contents.pictures)
        if contents.late:
            self._note.say(
                tr(
                    "The pages were not drawn in time, perhaps because the machine is busy: this is the text."
                ),
                tr("Try again"),
                self._try_again,
            )
        elif condemned:
            self._note.say(
                tr("The program has ended twice while it was drawing this file: this is its text."),
                tr("Draw it again"),
                self._draw_again,
            )
        elif how in ("pages", "pictures"):
            self._note.say(tr("The pages of this file cannot be drawn here: this is its text."))
        elif shown.part:
            self._note.say(tr("This is the text of a part: {part}", part=shown.location.inside))

    def _try_again(self) -> None:
        self._note.say(tr("Drawing the pages …"))
        self.again_requested.emit()

    def _draw_again(self) -> None:
        assert self._file is not None
        self.pdf.pardon(self._file)
        self._note.hide()
        self._show_again()
        self.take_focus()

    # --- header

    def _make_header(self) -> None:
        self._header = QWidget()
        row = QHBoxLayout(self._header)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        self._close = button("✕", self.close_requested.emit, "quietlink", tr("Close the preview"))
        self._close.hide()
        self._title_label = QLabel()
        self._title_label.setProperty("strong", True)
        self._title_label.setTextFormat(Qt.TextFormat.PlainText)
        self._title_label.setMinimumWidth(40)
        self._position = QLabel()
        self._position.setProperty("quiet", True)
        self._previous = button("‹", self.previous_requested.emit, "quietlink", tr("Previous hit"))
        self._next = button("›", self.next_requested.emit, "quietlink", tr("Next hit"))
        self._similar = button(tr("Related"), self._ask_similar, "quietlink", tr("Related passages"))
        self._edit = button(
            tr("Edit"), lambda: self.edit_requested.emit(self._path), "quietlink", tr("Edit the note")
        )
        self._inspect = button(
            tr("Inspect"),
            lambda: self.inspect_requested.emit(self._document),
            "quietlink",
            tr("How the document is cut"),
        )
        self._open = button(tr("Open"), self.open_outside, "quietlink", tr("Open in the system's viewer"))
        self._more = button("⋯", self._show_menu, "quietlink", tr("More"))
        self._fixed: tuple[QWidget, ...] = (
            self._close,
            self._position,
            self._previous,
            self._next,
            self._similar,
            self._edit,
            self._inspect,
            self._open,
            self._more,
        )
        row.addWidget(self._close)
        row.addWidget(self._title_label)
        row.addWidget(self._position)
        row.addWidget(self._previous)
        row.addWidget(self._next)
        row.addStretch(1)
        for link in (self._similar, self._edit, self._inspect, self._open, self._more):
            row.addWidget(link)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten a long title so that the buttons fit."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        others = sum(item.sizeHint().width() + 10 for item in self._fixed if not item.isHidden())
        room = max(80, self.width() - 48 - others)
        metrics = self._title_label.fontMetrics()
        self._title_label.setText(metrics.elidedText(self._title, Qt.TextElideMode.ElideRight, room))
        self._title_label.setToolTip(self._title)

    # --- actions

    def _make_menu(self) -> None:
        self.action_set = ActionSet(
            "preview",
            self,
            {
                "copy": self.copy,
                "copy-passage": self.copy_passage,
                "larger": lambda: self.zoom(1),
                "smaller": lambda: self.zoom(-1),
                "fit": lambda: self.zoom(0),
                "open-outside": self.open_outside,
                "show-in-folder": self.show_in_folder,
            },
            Qt.ShortcutContext.WidgetWithChildrenShortcut,
        )
        self._menu = self.action_set.fill(QMenu(self), "preview")
        for shown in (self.text, self.pdf):
            shown.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            shown.customContextMenuRequested.connect(
                lambda place, shown=shown: self._menu.popup(shown.mapToGlobal(place))
            )

    def _show_menu(self) -> None:
        self._menu.popup(self._more.mapToGlobal(self._more.rect().bottomLeft()))

    def _ask_similar(self) -> None:
        if self._hit is not None:
            self.similar_requested.emit(self._hit)

    def find_words(self) -> None:
        """Find words in the document that is shown."""
        if self._document:
            self._bar.open(self._read, self._start)

    def _show_found(self, place: tuple[int, int] | None) -> None:
        shown = self._pages.currentWidget()
        if isinstance(shown, TextPreview | PdfPreview):
            shown.show_found(place)

    def zoom(self, steps: int) -> None:
        """Zoom in or out by `steps`; 0 resets the size."""
        shown = self._pages.currentWidget()
        if isinstance(shown, TextPreview | PdfPreview):
            shown.zoom(steps)

    def copy(self) -> None:
        """Copy the selected text, or if there is none, the passage with its source."""
        shown = self._pages.currentWidget()
        if shown is self.pdf and self.pdf.selected_text():
            self.pdf.copy()
        elif shown is self.text and self.text.textCursor().hasSelection():
            self.text.copy()
        else:
            self.copy_passage()

    def copy_passage(self) -> None:
        """Copy the passage with its source."""
        if self._hit is None:
            return
        source = self._hit.title
        if self._hit.page is not None:
            label = self._hit.page_label or str(self._hit.page)
            page = tr(shown_as(self._hit.type).page, page=label)
            source = tr("{title}, {page}", title=source, page=page)
        QGuiApplication.clipboard().setText(f"{self._hit.shown}\n\n— {source}")

    def open_outside(self) -> None:
        """Open the person's file, or the library's copy of it, in the system's viewer."""
        if (file := self._there()) is not None and not open_outside(file):
            self._note.say(not_opened(str(file)))

    def show_in_folder(self) -> None:
        """Open the folder of the file."""
        if (file := self._there()) is not None:
            open_folder(file.parent)

    def _there(self) -> Path | None:
        own = Path(self._path) if self._path else None
        found = next(
            (path for path in (own, self._file) if path and format_of(path) and path.is_file()), None
        )
        if found is None:
            self._note.say(tr("The file is not there any more."))
        return found

    def _ask_about(self, link: str) -> None:
        """Follow a link: within the library at once, elsewhere after a question."""
        url = QUrl(link)
        if url.scheme() == SCHEME:
            self.link_requested.emit(link)
            return
        if url.scheme() not in ("http", "https", "mailto"):
            self.reference_requested.emit(self._path, link)
            return
        open_in_browser(self, url)


def preview_with(focused: QWidget | None) -> Preview | None:
    """The preview in which this widget is; None if it is in none."""
    while focused is not None and not isinstance(focused, Preview):
        focused = focused.parentWidget()
    return focused
