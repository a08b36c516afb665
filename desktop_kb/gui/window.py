"""The main window: header, side bar, views, status strip at the bottom, and keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QPoint, QSettings, Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QMainWindow, QSplitter, QVBoxLayout, QWidget

from desktop_kb import paths
from desktop_kb.formats import can_be_edited
from desktop_kb.gui import theme
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.header import Header
from desktop_kb.gui.heard import Heard
from desktop_kb.gui.indexing.drop import DropOverlay
from desktop_kb.gui.indexing.follower import Follower
from desktop_kb.gui.indexing.indexing import IndexingRun, IndexingStrip
from desktop_kb.gui.indexing.intake import Intake
from desktop_kb.gui.links import Links
from desktop_kb.gui.loaded import Library
from desktop_kb.gui.notes.notes import Notes
from desktop_kb.gui.notice import Failures, Notice
from desktop_kb.gui.pages import Pages
from desktop_kb.gui.palette import Command, Palette, commands_of
from desktop_kb.gui.preview.preview import preview_with
from desktop_kb.gui.preview.read_places import ReadPlaces
from desktop_kb.gui.reloader import Reloader
from desktop_kb.gui.saved_searches import SavedSearches
from desktop_kb.gui.search.search_box import SearchBox, completions
from desktop_kb.gui.sheets.checks import Checks
from desktop_kb.gui.sheets.libraries import LibraryMenu, show_more
from desktop_kb.gui.sheets.sheets import Sheets
from desktop_kb.gui.side_bar import SideBar
from desktop_kb.gui.targets import EVERYTHING, FAILED, Target, spot_of
from desktop_kb.gui.translation import say, tr
from desktop_kb.gui.view import Remembered, View
from desktop_kb.gui.views import VIEWS, ViewEntry, Views, can_show, view_of
from desktop_kb.gui.welcome import Welcome
from desktop_kb.gui.widgets import bring_forward, rule, types
from desktop_kb.gui.window_actions import window_actions
from desktop_kb.gui.window_state import WindowState
from desktop_kb.kb import Status
from desktop_kb.records import Document, Finding, Hit

AnyView = TypeVar("AnyView", bound=View)


class MainWindow(QMainWindow):
    """The window of one open library."""

    quick_requested = Signal()
    filled = Signal()  # with the library's contents
    ended = Signal()  # it was closed, and not to the tray

    def __init__(self, bridge: Bridge, state: QSettings) -> None:
        super().__init__()
        self.bridge, self._state = bridge, state
        self.stays: Callable[[], bool] = lambda: False  # whether it is closed to the tray
        self.documents: list[Document] = []
        self.status: Status | None = None
        self._stored = WindowState(state)
        self.setWindowTitle("Desktop KB")
        self.intake = Intake(bridge, self)
        self.sheets = Sheets(bridge, state, self, lambda: self.switch(bridge.kb.library.root))
        self.checks = Checks(bridge, self._rescue, self)
        self.notes = Notes(self.intake.notes, self.intake.add, bridge, self)
        self.box = SearchBox(lambda word: completions(word, self.box.keys, self.documents))
        self.box.history = self._stored.words("history")
        self.header = Header(self.box, {one.id: tr(one.label) for one in VIEWS if not one.of_document})
        self.side_bar, self.notice = SideBar(), Notice()
        self.follower = Follower(bridge, self.notice, self.intake, self.side_bar)
        self.read, self.links = ReadPlaces(state), Links(state, self)
        self.saved = SavedSearches(state, self.box, self.side_bar)
        self.welcome = Welcome(
            self.intake.add_files,
            lambda: self.switch(paths.sample_library()),
            lambda: self.sheets.restore(self.switch),
        )
        self._views = Views(self, self._take_view)
        self._chosen = VIEWS[0].id  # the view selected in the switch
        self._wanted = self._chosen  # chosen there by the person, not needed by a place in the side bar
        self._make_pages()
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.addWidget(self.side_bar)
        self.splitter.addWidget(self.pages)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([theme.px(theme.SIDE_BAR), 1200])
        self.indexing = IndexingRun(bridge, self)
        self.strip = IndexingStrip(self.indexing)
        self._lay_out()
        self.overlay = DropOverlay(self)
        self.overlay.dropped.connect(self.intake.take)
        self.palette_box = Palette(bridge, self._stored.words("commands"), self)
        self._reloader = Reloader(bridge, self._loaded, self.saved.of, self)
        Heard(bridge, self.box, self.indexing, self)
        Failures(bridge, self._reloader, self.notice)
        self._connect()
        self._make_actions()
        self._stored.place(self)
        self._stored.restore({"columns": self.splitter})
        self.box.line.setFocus()
        self.reload()

    def _make_pages(self) -> None:
        self.pages = Pages(self.box.line)
        self.pages.turn_to(self._views[self._chosen])
        self.pages.addWidget(self.welcome)

    def _lay_out(self) -> None:
        column = QVBoxLayout(central := QWidget())
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(rule())
        column.addWidget(self.notice)
        column.addWidget(self.splitter, 1)
        column.addWidget(rule())
        self.strip.setMinimumHeight(theme.px(33))
        column.addWidget(self.strip)
        self.setCentralWidget(central)

    def _connect(self) -> None:
        for asked, act in (
            (self.header.view_requested, self._switch_view),
            (self.header.save_requested, self.saved.save),
            (self.header.add_requested, self.intake.add_files),
            (self.header.note_requested, self.new_note),
            (self.header.menu_requested, self._menu),
            (self.notes.said, self.say),
            (self.notes.renamed, self.intake.rename_note),
            (self.notes.deleted, self.notice.tell),
            (self.notes.changed, self._start),
            (self.notes.link_requested, self.links.follow_inside),
        ):
            asked.connect(act)
        self.intake.said.connect(self.say)
        self.intake.queued.connect(self._start)
        self.follower.changed.connect(self._start)
        self.side_bar.chosen.connect(self.open)
        for act in (self.reload, self._asked):
            self.saved.changed.connect(act)
        self.box.changed.connect(self._asked)
        self.box.entered.connect(self._ask)
        self.strip.failures_requested.connect(self._show_failures)
        self.strip.panel_requested.connect(lambda: self.sheets.indexing(self.indexing, self.status))
        # Bound methods, not functions: Qt disconnects them when this window is deleted.
        self.bridge.finished.connect(self._reloader.soon)
        self.bridge.warmed.connect(self._reloader.start)
        self.bridge.failed.connect(self.checks.look_for_damage)
        self.bridge.paused.connect(self.checks.look_for_damage)

    def _make_actions(self) -> None:
        self.action_set = window_actions(self)
        self._to_views = []
        for entry in VIEWS:
            action = QAction(tr(entry.label), self)
            action.setShortcuts([QKeySequence(keys) for keys in entry.keys])
            action.triggered.connect(lambda _checked=False, entry=entry: self.visit(entry))
            self.addAction(action)
            self._to_views.append(Command(entry.label, action))

    def open_palette(self) -> None:
        """Offer all that can be done now."""
        self.palette_box.open(commands_of([*self.current.action_sets(), self.action_set], self._to_views))

    def find_words(self) -> None:
        """Find in the document that is being read, else in the library."""
        if (preview := preview_with(self.focusWidget())) is not None:
            preview.find_words()
        else:
            self.box.focus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Letters that nothing else takes begin a question in the box."""
        if types(event):
            self.box.begin(event.text())
        else:
            super().keyPressEvent(event)

    # --- the library's contents

    def reload(self) -> None:
        """Load documents and status again, on a thread."""
        self._reloader.reload()

    def _loaded(self, library: Library) -> None:
        self.documents, self.status = library.documents, library.status
        self.box.keys = library.keys
        self.saved.show(library)
        self._show_saved()
        for view in self._views.made.values():
            view.show_library(self.documents)
        self.indexing.show_status(self.status)
        self.strip.show_status(self.status)
        if self.status.notice and self.status.notice != self._noticed:
            self._noticed = self.status.notice
            self.say(say(self.status.notice))
        self.setWindowTitle(f"{Path(self.status.library).name} – Desktop KB")
        if self.current is self._views[self._chosen]:
            self._turn_to(self._chosen)
        self.filled.emit()

    @property
    def drawn(self) -> bool:
        """Whether everything that was requested is shown."""
        blank = self.pages.currentWidget() is self.welcome
        return not self.bridge.busy and (blank or self.current.drawn)

    # --- where we are

    @property
    def current(self) -> View:
        """The visible view. While the welcome page of an empty library is shown, the view that is selected
        in the switch."""
        shown = self.pages.currentWidget()
        return shown if isinstance(shown, View) else self._views[self._chosen]

    def view(self, kind: type[AnyView]) -> AnyView:
        """The view of this class."""
        return next(view for entry in VIEWS if isinstance(view := self._views[entry.id], kind))

    def _take_view(self, view: View) -> None:
        """Have a page for a view that was made just now."""
        self.pages.addWidget(view)
        if self.status is not None:
            view.show_library(self.documents)
        self._stored.restore(view.remembered())

    def go(self, view: str) -> None:
        """Show a view, by its id; for an empty library the welcome page is shown instead."""
        if view in self.header.views:
            self._wanted = view
        self._turn_to(view)

    def _turn_to(self, view: str) -> None:
        blank = self.status is not None and not (self.documents or self.status.waiting or self.status.trash)
        if view in self.header.views:
            self._chosen = view
            self.header.show_view(view)
        self.pages.turn_to(self.welcome if blank else self._views[view])
        self.side_bar.setVisible(not blank)
        self._filter()

    def visit(self, entry: ViewEntry) -> None:
        """Show a view; a view of a single document shows the current document."""
        if not entry.of_document:
            self._switch_view(entry.id)
            self.current.take_keys()
        elif (document := self.current.current_document()) is not None:
            self._views[entry.id].show_document(document)

    def _switch_view(self, view: str) -> None:
        """Show the view that the person has chosen; a place that it cannot show is left."""
        if not can_show(view, self.side_bar.target().kind):
            self.side_bar.forget_place()
        self.go(view)

    def open(self, target: Target) -> None:
        """Show a target in the view that can show it."""
        # A place is nothing to search for: without a question its documents are shown.
        asks = target.kind == "question" or bool(self.box.query())
        entry = view_of(target.kind, self._wanted, asks=asks)
        if entry.of_document:  # the view shows itself once it has loaded the document
            self._views[entry.id].show_document(target.value)
            return
        self._turn_to(entry.id)
        if target.kind == "question":
            self.box.ask(target.value)
        elif target.kind == "passage":
            self.current.show_related(spot_of(target))

    def show_passage(self, passage: Hit) -> None:
        """Read a passage that no question has found."""
        self._turn_to(view_of("passage", self._chosen).id)
        self.current.show_passage(passage)

    def _ask(self) -> None:
        """Enter in the box asks what is written there, where answers are shown."""
        if self.box.text().strip() and not can_show(self._chosen, "question"):
            self._switch_view(view_of("question", self._chosen).id)
        self._asked()

    def _filter(self) -> None:
        self.welcome.show_question(self.box.query())
        self.current.filter(self.side_bar.target(), self.box.text(), self.box.filters())

    def _show_failures(self) -> None:
        self.side_bar.choose(FAILED)
        self.open(FAILED)

    def back(self) -> None:
        """Return to the previous view or state, as Esc does."""
        if self.current is not self._views[self._chosen]:
            self.go(self._chosen)
        elif self.current.step_back():
            pass
        elif self.notice.isVisible():
            self.notice.hide()
        elif not self.box.line.hasFocus():
            self.box.focus()
        elif self.box.query():
            self.box.clear()
        else:
            self.go(VIEWS[0].id)

    def _asked(self) -> None:
        """Show the answer to the query, which has changed."""
        self._show_saved()
        self._filter()

    def _show_saved(self) -> None:
        self.header.show_saved(self.box.query() in self.saved.queries)

    def read_found(self, question: str, hit: Hit | None) -> None:
        """Come forward with the answer to a question, at the hit that was chosen if there is one."""
        bring_forward(self)
        self.side_bar.choose(EVERYTHING)
        self.open(Target("question", question))
        if hit is not None:
            self.current.await_hit(hit)

    # --- doing

    def say(self, words: str, *, undo: Callable[[], object] | None = None) -> None:
        """Show one sentence in the line under the header."""
        self.notice.say(words, undo)

    def _start(self) -> None:
        self.bridge.kb.start_indexing()
        self.reload()

    def add(self, files: Sequence[Path]) -> None:
        """Add files and folders to the queue."""
        self.intake.add(files)

    def new_note(self) -> None:
        """Open the editor for a new note, which is saved as a plain file in the library's notes folder."""
        self.notes.open(None)

    def edit(self, path: str) -> None:
        """Open an existing note in the editor, which saves it to this path."""
        self.notes.open(Path(path))

    def edit_current(self) -> None:
        """Edit the note that is shown or selected; other documents are edited in their own programs."""
        id = self.current.current_document()
        document = next((one for one in self.documents if one.document == id), None)
        if document is not None and can_be_edited(document.type, part=bool(document.part)):
            self.edit(document.path)

    def inspect_current(self) -> None:
        """Show how the document that is selected or shown is cut into passages."""
        if (document := self.current.current_document()) is not None:
            self.open(Target("document", document))

    def _menu(self, at: QPoint) -> None:
        libraries = LibraryMenu(self.bridge.kb.library.root, self._state, self.action_set, self.switch, self)
        show_more(self.action_set, libraries, at, self)

    def _rescue(self) -> None:
        """Close the window and have the damaged library file rescued while nobody has it open."""
        self.rescue_next = True
        self.switch(self.bridge.kb.library.root)

    def switch(self, library: Path, link: str = "") -> None:
        """Close this library; the next window opens the given one, and follows the link."""
        self.next_library, self.next_link = str(library), link
        if not self.close():  # a note cannot be saved, say: a later closing is for good
            self.next_library = None

    next_library: str | None = None
    next_link = ""
    rescue_next = False
    _noticed: Finding | None = None

    def _columns(self) -> dict[str, Remembered]:
        columns: dict[str, Remembered] = {"columns": self.splitter}
        for view in self._views.made.values():
            columns.update(view.remembered())
        return columns

    def closeEvent(self, event: QCloseEvent) -> None:
        for sheet in self.findChildren(QDialog):
            sheet.close()
            if sheet.isVisible():  # it refused: a note that cannot be saved, or a backup being restored
                event.ignore()
                return
        words = {"history": self.box.remember(), "commands": self.palette_box.recent}
        self._stored.keep(self, self._columns(), words)
        if self.next_library is None and self.stays():
            event.ignore()
            self.hide()
            return
        super().closeEvent(event)
        self.ended.emit()
