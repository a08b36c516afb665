"""The main window: header, side bar, the views, the strip at its foot, and the keys."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, QSettings, Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeySequence,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import (
    QDialog,
    QMainWindow,
    QMenu,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop_kb import paths
from desktop_kb.errors import Problem
from desktop_kb.formats import shown_as
from desktop_kb.gui import theme
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.checkup import CheckSheet
from desktop_kb.gui.drop import DropOverlay, acceptable, take_copy
from desktop_kb.gui.evaluation_sheet import EvaluationSheet
from desktop_kb.gui.header import Header
from desktop_kb.gui.indexing import IndexingRun, IndexingStrip
from desktop_kb.gui.indexing_panel import IndexingPanel
from desktop_kb.gui.inspect import Inspect
from desktop_kb.gui.intake import Intake
from desktop_kb.gui.libraries import LibraryMenu, UpkeepMenu, remember_library
from desktop_kb.gui.library_view import LibraryView
from desktop_kb.gui.models_page import ModelsPage
from desktop_kb.gui.note_window import NoteWindow
from desktop_kb.gui.notice import Notice
from desktop_kb.gui.search_box import SearchBox, completions
from desktop_kb.gui.search_view import SearchView
from desktop_kb.gui.settings_dialog import SettingsDialog
from desktop_kb.gui.sheets import show_about, show_keys
from desktop_kb.gui.side_bar import LIBRARY_ONLY, Place, SideBar, places_of
from desktop_kb.gui.translation import plural, say, tr
from desktop_kb.gui.upkeep import ask_restore
from desktop_kb.gui.welcome import Welcome
from desktop_kb.gui.widgets import rule
from desktop_kb.gui.window_state import WindowState
from desktop_kb.kb import Status
from desktop_kb.records import Document, Finding, Inspection

_RELOAD_MS = 400
_RELOAD_AT_LEAST_MS = 10_000


class MainWindow(QMainWindow):
    """One window over one open library."""

    def __init__(self, bridge: Bridge, state: QSettings) -> None:
        super().__init__()
        self.bridge, self._state = bridge, state
        self.documents: list[Document] = []
        self.status: Status | None = None
        kept = WindowState(state)
        self.saved = kept.words("saved")
        self.setWindowTitle("Desktop KB")
        self.setAcceptDrops(True)
        self.intake = Intake(bridge, self)
        self.box = SearchBox(lambda word: completions(word, self.box.keys, self.documents))
        self.box.history = kept.words("history")
        self.header = Header(self.box)
        self.tabs = self.header.tabs
        self.search_view = SearchView(bridge, self.box)
        self.library_view = LibraryView(bridge)
        self.welcome = Welcome(
            self.intake.add_files,
            lambda: self.switch(paths.sample_library()),
            lambda: ask_restore(bridge.begin, self.switch, self),
        )
        self.views = QStackedWidget()
        self.inspect_view = Inspect()
        for view in (self.search_view, self.library_view, self.welcome, self.inspect_view):
            self.views.addWidget(view)
        self.side_bar = SideBar()
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.addWidget(self.side_bar)
        self.splitter.addWidget(self.views)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([theme.px(theme.SIDE_BAR), 1200])
        self.indexing = IndexingRun(bridge, self)
        self.strip = IndexingStrip(self.indexing)
        self._lay_out()
        self.overlay = DropOverlay(self)
        self._reload = QTimer(self)
        self._reload.setSingleShot(True)
        self._reload.setInterval(_RELOAD_MS)
        self._reload.timeout.connect(self.reload)
        self._connect()
        self._shortcuts()
        kept.place(self, self._columns())
        self.box.line.setFocus()
        self.reload()

    # --- putting it together

    def _lay_out(self) -> None:
        central = QWidget()
        column = QVBoxLayout(central)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(rule())
        self.notice = Notice()
        self.notice.undone.connect(self._undo)
        column.addWidget(self.notice)
        column.addWidget(self.splitter, 1)
        column.addWidget(rule())
        self.strip.setMinimumHeight(theme.px(33))
        column.addWidget(self.strip)
        self.setCentralWidget(central)

    def _connect(self) -> None:
        self.tabs.idClicked.connect(self.go)
        for asked, act in (
            (self.header.save_requested, self.save_search),
            (self.header.add_requested, self.intake.add_files),
            (self.header.note_requested, self.new_note),
            (self.header.menu_requested, self._menu),
        ):
            asked.connect(act)
        self.intake.said.connect(self.say)
        self.intake.begun.connect(self._start)
        self.side_bar.chosen.connect(self._placed)
        self.box.changed.connect(self._asked)
        self.box.entered.connect(self._asked)
        self.library_view.changed.connect(self.reload)
        self.library_view.removed.connect(self._removed)
        self.library_view.inspect_requested.connect(self.inspect)
        self.search_view.inspect_requested.connect(self.inspect)
        self.search_view.models_requested.connect(self.models)
        self.search_view.edit_requested.connect(self.edit)
        self.library_view.edit_requested.connect(self.edit)
        self.inspect_view.closed.connect(lambda: self.go(self.tabs.checkedId()))
        self.inspect_view.similar_requested.connect(self._similar)
        self.strip.failures_requested.connect(self._show_failures)
        self.strip.panel_requested.connect(lambda: IndexingPanel(self.indexing, self.status, self).show())
        # Methods of this object, not functions: what comes when it has been deleted reaches nobody.
        self.bridge.finished.connect(self._reload_soon)
        self.bridge.warmed.connect(self._reload.start)
        self.bridge.failed.connect(self._failed)
        self.bridge.paused.connect(self._look_for_damage)

    def _reload_soon(self, _event: object) -> None:
        if not self._reload.isActive():
            self._reload.start()

    def _shortcuts(self) -> None:
        for keys, act in (
            ("Ctrl+K", self.box.focus),
            ("Ctrl+F", self.box.focus),
            ("Ctrl+N", self.new_note),
            ("Ctrl+O", self.intake.add_files),
            ("Ctrl+Shift+V", self.intake.paste),
            ("Ctrl+1", lambda: self.go(0)),
            ("Ctrl+2", lambda: self.go(1)),
            ("Ctrl+3", self.inspect_current),
            ("Ctrl+I", self.inspect_current),
            ("Ctrl+,", self.settings),
            ("Ctrl+Return", self.search_view.open_in_system),
            ("F5", self.refresh),
            ("Ctrl+E", self.edit_current),
            ("F1", lambda: show_keys(self)),
            ("Esc", self._back),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(act)
        # In a text field Ctrl+V is the field's own; elsewhere it adds.
        QShortcut(QKeySequence.StandardKey.Paste, self.views).activated.connect(self.intake.paste)

    # --- the library's contents

    def reload(self) -> None:
        """Fetch documents and status again, on a thread."""
        began = time.monotonic()

        def loaded(documents: list[Document], status: Status, keys: list[str]) -> None:
            # A large library takes long to read: while files are indexed a tenth of the time, or every ten seconds.
            asked = round(10_000 * (time.monotonic() - began))
            self._reload.setInterval(min(max(_RELOAD_MS, asked), _RELOAD_AT_LEAST_MS))
            self._loaded(documents, status, keys)

        self.bridge.read_library(loaded)

    def _loaded(self, documents: list[Document], status: Status, keys: list[str]) -> None:
        self.documents, self.status = documents, status
        self.box.keys = frozenset(keys)
        self.side_bar.show_places(self._places())
        self.library_view.show_documents(self.documents)
        self.indexing.show_status(self.status)
        self.strip.show_status(self.status)
        if self.status.notice and self.status.notice != self._noticed:
            self._noticed = self.status.notice
            self.say(say(self.status.notice))
        self.setWindowTitle(f"{Path(self.status.library).name} – Desktop KB")
        if self.views.currentWidget() is not self.inspect_view:
            self.go(self.tabs.checkedId())
        self.search_view.show_library(self.documents)

    @property
    def drawn(self) -> bool:
        """Everything that was asked for has come and is shown."""
        view = self.views.currentWidget()
        both = (self.search_view, self.library_view)
        return not self.bridge.busy and all(it.drawn for it in both if it is view)

    def _places(self) -> list[Place]:
        return places_of(self.documents, self.saved, self.status.trash if self.status else 0)

    # --- where we are

    def go(self, view: int) -> None:
        """0 search, 1 library; an empty library has its own page in both."""
        segment = self.tabs.button(view)
        if segment is not None:
            segment.setChecked(True)
        blank = self.status is not None and not (self.documents or self.status.waiting or self.status.trash)
        self.views.setCurrentIndex(2 if blank else view)
        self.side_bar.setVisible(not blank)
        self._narrow()

    def _placed(self, place: str) -> None:
        if place.startswith("search "):
            self.go(0)
            self.box.ask(place.removeprefix("search "))
            return
        self.search_view.place_filter = place
        if place in LIBRARY_ONLY:
            self.go(1)
        self._narrow()
        self.search_view.search()

    def _narrow(self) -> None:
        if self.tabs.checkedId() == 1:
            place = self.side_bar.current_filter()
            self.library_view.narrow(place, self.box.text(), self.box.filters())

    def _show_failures(self) -> None:
        self.go(1)
        self.side_bar.choose("failed")

    def _back(self) -> None:
        if self.views.currentWidget() is self.inspect_view:
            self.go(self.tabs.checkedId())
        elif self.search_view.close_preview() or self.library_view.close_preview():
            pass
        elif self.notice.isVisible():
            self.notice.hide()
        elif not self.box.line.hasFocus():
            self.box.focus()
        elif self.box.query():
            self.box.clear()
        elif self.tabs.checkedId() == 1:
            self.go(0)

    def save_search(self) -> None:
        """Keep what stands in the box in the side bar; a second time takes it away."""
        query = self.box.query()
        if query:
            self.saved = (
                [s for s in self.saved if s != query] if query in self.saved else [*self.saved, query]
            )
            self.side_bar.show_places(self._places())
            self._asked()

    def _asked(self) -> None:
        """The box says something else."""
        self.header.show_saved(self.box.query() in self.saved)
        self._narrow()

    # --- doing

    def say(self, words: str, *, undo: Sequence[str] = ()) -> None:
        """One quiet line under the header."""
        self.notice.say(words, undo)

    def _removed(self, ids: list[str]) -> None:
        self.say(plural(len(ids), "{n} document removed.", "{n} documents removed."), undo=ids)
        self.reload()

    def _undo(self, ids: list[str]) -> None:
        self.bridge.call(lambda: [self.bridge.kb.restore(id) for id in ids], lambda _: self._start())

    def _start(self) -> None:
        self.bridge.kb.start_indexing()
        self.reload()

    def add(self, files: Sequence[Path]) -> None:
        """Put files and folders into the queue."""
        self.intake.add(files)

    def new_note(self) -> None:
        """A note in the editor, saved as a plain file in the library's folder of notes."""
        self._open_note(None)

    def edit(self, path: str) -> None:
        """A note, at its own place, in the editor."""
        self._open_note(Path(path))

    def _open_note(self, path: Path | None) -> None:
        note = NoteWindow(path, self.intake.notes, self.add, self)
        note.editor.saved_elsewhere.connect(self._say_where)
        if not note.open_note():
            self.say(note.editor.said())

    def _say_where(self, file: str, left: int) -> None:
        words = tr("The note was saved as {file}. It is not in the library.", file=file)
        if left:
            words += " " + plural(
                left,
                "{n} picture that it shows is not beside it.",
                "{n} pictures that it shows are not beside it.",
            )
        self.say(words)

    def edit_current(self) -> None:
        """Edit the note that is shown or selected; anything else has a program of its own."""
        found: Document | None = None
        if self.tabs.checkedId() == 1:
            found = next(iter(self.library_view.selected()), None)
        elif (hit := self.search_view.current()) is not None:
            found = self.search_view.documents.get(hit.document)
        if found is not None and shown_as(found.type).editable:
            self.edit(found.path)

    def refresh(self) -> None:
        """Look at the originals again."""
        self.bridge.call(self.bridge.kb.refresh, lambda _: self._start())

    def inspect_current(self) -> None:
        """Inspect the selected hit's document, or the selected row's."""
        if self.tabs.checkedId() == 1:
            self.library_view.inspect()
        elif (hit := self.search_view.current()) is not None:
            self.inspect(hit.document)

    def inspect(self, document: str) -> None:
        """How a document was cut."""

        def show(inspection: Inspection) -> None:
            self.inspect_view.show_inspection(inspection)
            self.views.setCurrentWidget(self.inspect_view)

        self.bridge.call(lambda: self.bridge.kb.inspect(document), show)

    def _similar(self, document: str, start: int, end: int) -> None:
        def show(text: str) -> None:
            self.go(0)
            self.box.ask(text.replace('"', " ")[:400])

        self.bridge.call(lambda: self.bridge.kb.reading(document, start, end), show)

    def settings(self) -> None:
        """The settings."""
        dialog = SettingsDialog(self.bridge.kb, self._state, self)
        dialog.models_requested.connect(lambda: self.models(dialog))
        self.bridge.call(self.bridge.kb.status, dialog.show_status)
        dialog.open()

    def models(self, settings: SettingsDialog | None = None) -> None:
        """The models, and which of them this library uses; over the settings where it is asked for there."""
        page = ModelsPage(self.bridge, settings or self)
        if settings is not None:
            page.finished.connect(lambda: self.bridge.call(self.bridge.kb.status, settings.show_status))
        page.open()

    def _menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.addAction(tr("Add a folder"), self.intake.add_folder)
        menu.addAction(tr("Paste into the library"), self.intake.paste)
        menu.addAction(tr("Look for changed files"), self.refresh)
        menu.addSeparator()
        here = UpkeepMenu(self.bridge, self)
        here.check_requested.connect(self.check)
        here.evaluation_requested.connect(lambda: EvaluationSheet(self.bridge, self).show())
        menu.addMenu(here)
        libraries = LibraryMenu(
            self.bridge.kb.library.root, self._state, self.bridge.begin, self.switch, self
        )
        menu.addMenu(libraries)
        menu.addSeparator()
        menu.addAction(tr("Models"), lambda: self.models())
        menu.addAction(tr("Settings"), self.settings)
        menu.addAction(tr("Keys"), lambda: show_keys(self))
        menu.addAction(tr("About"), lambda: show_about(self, self.status))
        menu.exec(at)
        for made in (here, libraries, menu):
            made.deleteLater()

    def check(self, *, repair: bool = False, lost: Sequence[Finding] = ()) -> CheckSheet:
        """Look whether the library is whole, after repairing it if `repair`.

        Args:
            lost: what mending its file has lost.
        """
        sheet = CheckSheet(self.bridge, self)
        sheet.mend_requested.connect(self._mend)
        sheet.show()
        if repair:
            sheet.repair(lost)
        else:
            sheet.check()
        return sheet

    def _failed(self, problem: Problem) -> None:
        self.say(say(problem))
        self._look_for_damage(problem)

    def _look_for_damage(self, met: Problem | Finding) -> None:
        """Where the library's file is damaged, the way out is shown instead of a dead window."""
        if met.code == "database-damaged" and not self._damage_seen:
            self._damage_seen = True
            self.check()

    def _mend(self) -> None:
        """The file itself is damaged: it is mended while nobody has it open."""
        self.mend_next = True
        self.switch(self.bridge.kb.library.root)

    def switch(self, library: Path) -> None:
        """Close this library; the next window is over that one."""
        self.next_library = str(library)
        self.close()

    next_library: str | None = None
    mend_next = False
    _damage_seen = False
    _noticed: Finding | None = None

    # --- dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if acceptable(event.mimeData()):
            take_copy(event)
            self.overlay.cover()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self.overlay.hide()
        take_copy(event)
        self.intake.take(event.mimeData())

    # --- coming and going

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.overlay.setGeometry(self.rect())

    def _columns(self) -> dict[str, QSplitter]:
        return {"columns": self.splitter, "results": self.search_view.splitter}

    def closeEvent(self, event: QCloseEvent) -> None:
        for sheet in self.findChildren(QDialog):
            sheet.close()
            if sheet.isVisible():  # a note that cannot be saved, a library half restored
                event.ignore()
                return
        words = {"history": self.box.history, "saved": self.saved}
        WindowState(self._state).keep(self, self._columns(), words)
        remember_library(self.bridge.kb.library.root, self._state)
        super().closeEvent(event)
