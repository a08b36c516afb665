"""The preview: shows the pages of a PDF or the text of a document, at the passage.

Pages are shown if the caller gives the file of a PDF whose pages can be drawn; in every other case, the
text is shown, with a line that says why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtWidgets import QApplication, QMenu, QVBoxLayout, QWidget

from desktop_kb.formats import can_be_edited, format_of, previewed_as, shown_as
from desktop_kb.gui.actions import ActionSet
from desktop_kb.gui.loaded import Contents
from desktop_kb.gui.preview.find_bar import FindBar
from desktop_kb.gui.preview.markdown_links import PAGE
from desktop_kb.gui.preview.preview_header import PreviewHeader
from desktop_kb.gui.preview.preview_note import PreviewNote
from desktop_kb.gui.preview.reader import Reader
from desktop_kb.gui.preview.references import WEB, open_in_browser
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import not_opened, open_folder, open_outside
from desktop_kb.kb import Reading
from desktop_kb.records import SCHEME, Document, Hit, Layout


class Preview(QWidget):
    """Shows one hit, or one document."""

    inspect_requested = Signal(str)
    similar_requested = Signal(object)
    edit_requested = Signal(str)
    close_requested = Signal()
    previous_requested = Signal()
    next_requested = Signal()
    #: what was read before this (-1) or after it (1)
    way_requested = Signal(int)
    #: the person has gone elsewhere in what is shown
    moved = Signal()
    #: the person has leapt from this `Place` to another in what is shown
    leapt = Signal(object)
    #: the path of the document, and what a link in it names of the library
    reference_requested = Signal(str, str)
    #: a link to what a library holds
    link_requested = Signal(str)
    #: raw [start, end) of what is to be copied with its source
    source_requested = Signal(int, int)
    #: the same is shown in another way: what is painted over it has to be painted again
    shown_otherwise = Signal()
    #: the person wants the pages of a condemned PDF drawn again
    again_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hit: Hit | None = None
        self._document = ""
        self._path = ""
        self._file: Path | None = None
        self._layout = Layout()
        self._wants_focus, self._focused_before = False, QApplication.focusWidget()
        self._as_text = False  # a PDF is read as text
        self.reader = Reader()
        self.text, self.pdf = self.reader.text, self.reader.pdf
        self.text.link_requested.connect(self._ask_about)
        self.reader.moved.connect(self.moved)
        self.reader.leapt.connect(self.leapt)
        self._note = PreviewNote()
        self._bar = FindBar()
        self._bar.found.connect(self._show_found)
        self._bar.closed.connect(self.take_focus)
        self.header = self._make_header()
        self._make_menu()
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(self.header)
        column.addWidget(self._note)
        column.addWidget(self._bar)
        column.addWidget(self.reader, 1)
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
        self.reader.say(sentence)

    def set_position(self, index: int, total: int) -> None:
        """Show 'index of total' for the hit, from 1; 0 of 0 hides it."""
        self.header.show_position(index, total)

    @property
    def drawn(self) -> bool:
        """Whether all visible pages are drawn; always true for a text."""
        return self.reader.shown is not self.pdf or self.pdf.drawn

    def say_missing(self, link: str) -> None:
        """Say that what a link names is not in the library."""
        self._note.say(tr("'{name}' is not in the library.", name=link.removeprefix(PAGE)))

    def take_focus(self) -> None:
        """Give the keyboard focus to the pages or the text."""
        self._focused_before = QApplication.focusWidget()
        self._wants_focus = (
            not self.reader.take_focus()
        )  # what is still being opened gets it when it is there

    def clear(self) -> None:
        """Show nothing and close the PDF."""
        self._hit = None
        self._document = self._path = ""
        self._file = None
        self.header.setVisible(False)
        self._note.setVisible(False)
        self._bar.hide()
        self.set_position(0, 0)
        self.reader.say(tr("Choose a passage to read it here"))

    def set_closable(self, closable: bool) -> None:
        """Show or hide the button that closes the preview; it has one if it covers other widgets."""
        self.header.offer(self.header.close_button, closable)

    def _begin(self, shown: Hit | Document, file: Path | None) -> None:
        self._document, self._path, self._file = shown.document, shown.path, file
        self.header.show_title(shown.title)
        self.header.offer(self.header.edit, can_be_edited(shown.type, part=bool(shown.part)))
        self.header.offer(self.header.similar, self._hit is not None)
        self.header.offer(self.header.as_text, False)
        self.header.offer(self.header.contents, False)
        self.header.setVisible(True)
        self._note.setVisible(False)

    def _show(
        self,
        contents: Contents,
        shown: Hit | Document,
        passage: tuple[int, int] | None = None,
        best: tuple[int, int] | None = None,
        page: int = 1,
    ) -> None:
        """Show the pages of a PDF if they can be drawn, else the text (for a PDF, with the reason)."""
        self._fill(contents, shown, passage, best, page)
        self.header.offer(self.header.contents, self.reader.has_contents)
        if self._wants_focus and QApplication.focusWidget() is self._focused_before:
            self.take_focus()
        self._wants_focus = False

    def _fill(
        self,
        contents: Contents,
        shown: Hit | Document,
        passage: tuple[int, int] | None,
        best: tuple[int, int] | None,
        page: int,
    ) -> None:
        self._show_again = partial(self._show, contents, shown, passage, best, page)
        text, layout = contents.text, contents.layout
        self._read = cache(lambda: Reading(text, layout.edits))
        self._start = passage[0] if passage else 0
        self._layout = layout
        self._bar.hide()
        how = previewed_as(shown.type, part=bool(shown.part))
        pdf = contents.file if how == "pages" or contents.pages else None
        condemned = pdf is not None and self.pdf.condemned(pdf)
        if pdf and not condemned:
            self.header.as_text.setText(tr("Page images") if self._as_text else tr("Text"))
            self.header.offer(self.header.as_text, True)
            opened = not self._as_text and self.pdf.show_file(
                pdf, text, layout, passage, best, page, contents.pages
            )
            if opened:
                self._show_pages(shown, passage)
                return
        as_it_is = shown_as(shown.type)
        self.reader.show_text(
            layout,
            lambda one: one.show_text(
                text, layout, passage, best, as_it_is, contents.pictures, contents.looks
            ),
        )
        if not (pdf and self._as_text) or condemned:
            again = self._draw_again if condemned else None
            self._note.say_why_text(shown, how, self._try_again if contents.late else None, again)

    def _show_pages(self, shown: Hit | Document, passage: tuple[int, int] | None) -> None:
        self.reader.show_pages(self._layout)
        if passage is not None and passage[0] < passage[1] and not self.pdf.passage_marks():
            self._note.say(tr("The passage could not be found on the page; its words are in the result."))
        elif isinstance(shown, Hit) and shown.recognized:
            self._note.say(tr("Read in the picture of the page: letters may be wrong."))

    def toggle_text(self) -> None:
        """Read the pages as text, with a caret and by ear, or as they look, at the same place."""
        if self.header.as_text.isHidden():
            return
        place, moved = self.reader.place(), self.reader.has_moved
        self._as_text = not self._as_text
        self._show_otherwise()
        if place is not None and moved:
            self.reader.go_to(place)
        self.take_focus()

    def _try_again(self) -> None:
        self._note.say(tr("Drawing the pages …"))
        self.again_requested.emit()

    def _draw_again(self) -> None:
        assert self._file is not None
        self.pdf.pardon(self._file)
        self._show_otherwise()
        self.take_focus()

    def _show_otherwise(self) -> None:
        self._note.hide()
        self._show_again()
        self.shown_otherwise.emit()

    # --- actions

    def _make_header(self) -> PreviewHeader:
        made = PreviewHeader()
        do: dict[str, Callable[[], object]] = {
            "close": self.close_requested.emit,
            "earlier": lambda: self.way_requested.emit(-1),
            "later": lambda: self.way_requested.emit(1),
            "previous": self.previous_requested.emit,
            "next": self.next_requested.emit,
            "contents": self.reader.toggle_side,
            "as-text": self.toggle_text,
            "similar": self._ask_similar,
            "edit": lambda: self.edit_requested.emit(self._path),
            "inspect": lambda: self.inspect_requested.emit(self._document),
            "open": self.open_outside,
            "more": self._show_menu,
        }
        made.pressed.connect(lambda name: do[name]())
        return made

    def _make_menu(self) -> None:
        self.action_set = ActionSet(
            "preview",
            self,
            {
                "copy": self.copy,
                "select-all": self._select_all,
                "copy-passage": self.copy_passage,
                "larger": lambda: self.zoom(1),
                "smaller": lambda: self.zoom(-1),
                "fit": lambda: self.zoom(0),
                "as-text": self.toggle_text,
                "contents": self._toggle_side,
                "page": self._ask_page,
                "fit-page": lambda: self.pdf.arrange(fit="page"),
                "turn": self.reader.bar.turn,
                "pair": self.reader.bar.pair,
                "earlier": lambda: self.way_requested.emit(-1),
                "later": lambda: self.way_requested.emit(1),
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

    def offer(self, actions: ActionSet, submenus: Mapping[str, QMenu]) -> None:
        """Offer what else can be done with what is read."""
        self._menu.addSeparator()
        actions.fill(self._menu, "preview", submenus)

    def say(self, sentence: str) -> None:
        """Say a sentence above what is read."""
        self._note.say(sentence)

    def _toggle_side(self) -> None:
        if self.reader.has_contents:
            self.reader.toggle_side()

    def _ask_page(self) -> None:
        if self.reader.shown is self.pdf:
            self.reader.bar.ask_page()

    def _show_menu(self) -> None:
        more = self.header.more
        self._menu.popup(more.mapToGlobal(more.rect().bottomLeft()))

    def _ask_similar(self) -> None:
        if self._hit is not None:
            self.similar_requested.emit(self._hit)

    def find_words(self) -> None:
        """Find words in the document that is shown."""
        if self._document:
            self._bar.open(self._read, self._start)

    def _show_found(self, place: tuple[int, int] | None) -> None:
        if self.reader.shown is not None:
            self.reader.shown.show_found(place)

    def zoom(self, steps: int) -> None:
        """Zoom in or out by `steps`; 0 resets the size."""
        if self.reader.shown is not None:
            self.reader.shown.zoom(steps)

    def _select_all(self) -> None:
        if self.reader.shown is self.pdf:
            self.pdf.select_all()
        else:
            self.text.selectAll()

    def copy(self) -> None:
        """Copy the selected text, or if there is none, the passage with its source."""
        shown = self.reader.shown
        if shown is self.pdf and self.pdf.selected_text():
            self.pdf.copy()
        elif shown is self.text and self.text.textCursor().hasSelection():
            self.text.copy()
        else:
            self.copy_passage()

    def copy_passage(self) -> None:
        """Copy what is selected, or else the passage, with its source."""
        if (chosen := self.chosen()) is not None:
            self.source_requested.emit(*chosen)

    def chosen(self) -> tuple[int, int] | None:
        """What is selected, or else the passage, as raw `[start, end)`."""
        shown = self.reader.shown
        if shown is not None and (selected := shown.selection()) is not None:
            return selected
        return (self._hit.start, self._hit.end) if self._hit is not None else None

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
        if url.scheme() not in WEB:
            self.reference_requested.emit(self._path, link)
            return
        open_in_browser(self, url)


def preview_with(focused: QWidget | None) -> Preview | None:
    """The preview in which this widget is; None if it is in none."""
    while focused is not None and not isinstance(focused, Preview):
        focused = focused.parentWidget()
    return focused
