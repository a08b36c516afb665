"""The library view: the table of documents, and the actions on the selected ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from desktop_kb.errors import Problem
from desktop_kb.formats import can_be_edited
from desktop_kb.gui.actions import ActionSet, Need
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.library.asked import GATHERED, Asked
from desktop_kb.gui.library.changes import Changes, copy_bibtex
from desktop_kb.gui.library.details import Details
from desktop_kb.gui.library.document_model import DocumentModel, first_trouble, kinds_of_trouble, matching
from desktop_kb.gui.library.document_table import DocumentTable
from desktop_kb.gui.library.library_columns import LibraryColumns
from desktop_kb.gui.library.quick_look import QuickLook
from desktop_kb.gui.preview.read_places import ReadPlaces
from desktop_kb.gui.targets import TRASH, Target
from desktop_kb.gui.translation import plural, say, tr
from desktop_kb.gui.view import Remembered, View
from desktop_kb.gui.widgets import button, label, literal, not_opened, open_folder, open_outside
from desktop_kb.records import Document

#: The details follow the selection after this time, so that holding an arrow key does not draw each.
_DETAILS_MS: Final = 40


class LibraryView(View):
    """The table of documents, what is known of the selected ones, and buttons for what can be done with them."""

    inspect_requested = Signal(str)
    edit_requested = Signal(str)

    def __init__(self, bridge: Bridge, read: ReadPlaces, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self.changes = Changes(bridge, self)
        self.model = DocumentModel(self)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.summary = label("", "quiet")
        self.action_set = self._make_actions()
        column.addLayout(self._make_top())
        self.gathered = label("", "attention", wrap=True)
        self.gathered.hide()
        column.addWidget(self.gathered)
        self.table = DocumentTable(self.model, self.action_set.press)
        self.table.customContextMenuRequested.connect(self._menu)
        self.table.chosen.connect(self._selection_changed)
        self.table.doubleClicked.connect(lambda _index: self.read_here())
        self.blank = label("", "quiet", wrap=True)
        self.blank.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.blank.setContentsMargins(24, 72, 24, 24)
        self.blank.setProperty("page", True)
        self.blank.setAccessibleName(tr("Documents"))
        self.blank.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # it takes the table's place, also for the keys
        self.pages = QStackedWidget()
        self.pages.addWidget(self.table)
        self.pages.addWidget(self.blank)
        column.addWidget(self.pages, 1)
        self.reason = label("", "attention", wrap=True)
        self.reason.hide()
        column.addWidget(self.reason)
        left.setFocusProxy(self.table)
        self._lay_out(left)
        self._asked = Asked()
        # What the rows are for, and the ids that they are chosen by.
        self._shown: tuple[Asked, frozenset[str] | None] = self._asked, None
        self._documents: Sequence[Document] = ()
        self.look = QuickLook(bridge, read, self)
        self.look.close_requested.connect(self.close_preview)
        self.look.inspect_requested.connect(self.inspect_requested)
        self.look.edit_requested.connect(self.edit_requested)

    def _make_top(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(self.summary, 1)
        self._links: dict[QWidget, bool] = {}  # button -> whether it is shown in the trash
        for name, id, in_trash in (
            (tr("Tag"), "add-tag", False),
            (tr("Inspect"), "inspect", False),
            (tr("Read again"), "read-again", False),
            (tr("Remove"), "remove", False),
            (tr("Restore"), "restore", True),
        ):
            action = self.action_set[id]
            made = button(name, action.trigger, "link")
            made.setEnabled(action.isEnabled())
            action.enabledChanged.connect(made.setEnabled)
            if in_trash:  # shown before it has a parent, it would be a window of its own
                made.hide()
            self._links[made] = in_trash
            row.addWidget(made)
        return row

    def _lay_out(self, left: QWidget) -> None:
        self.details = Details()
        self._details_for_now = False
        self.details.valued.connect(lambda values: self.changes.set_values(self.selected(), values))
        self.details.tagged.connect(lambda given, taken: self.changes.tag(self.selected(), given, taken))
        self.details.suggestions_wanted.connect(self._suggest)
        self.details.act_requested.connect(lambda id: self.action_set[id].trigger())
        self.details.left.connect(self._back_to_table)
        self.columns = LibraryColumns(left, self.details, self)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, 12, 16, 12)
        outer.addWidget(self.columns)
        self._details_timer = QTimer(self)
        self._details_timer.setSingleShot(True)
        self._details_timer.setInterval(_DETAILS_MS)
        self._details_timer.timeout.connect(self._show_details)

    def _make_actions(self) -> ActionSet:
        made = ActionSet(
            "library",
            self,
            {
                "quick-look": self.quick_look,
                "read-here": self.read_here,
                "open-outside": self.open_in_system,
                "edit-note": self._edit,
                "inspect": self.inspect,
                "copy-bibtex": lambda: copy_bibtex(self.selected()),
                "add-tag": self.add_tag,
                "details": self.toggle_details,
                "edit-details": self.edit_details,
                "take-tag": lambda: self.details.take_suggestion(),
                "show-in-folder": self.show_in_folder,
                "read-again": self.read_again,
                "remove": self.remove,
                "restore": self.restore,
            },
        )
        made.allow(set())
        return made

    def action_sets(self) -> tuple[ActionSet, ...]:
        """The actions of the selected documents."""
        return (self.action_set,)

    def _allow(self) -> None:
        """Enable the actions that the selected documents allow."""
        first = next(self._selected(), None)
        has: set[Need] = set()
        if first is not None:
            has = {"removed"} if self.in_trash else {"present"}
            if can_be_edited(first.type, part=bool(first.part)):
                has.add("note")
        self.action_set.allow(has)

    @property
    def in_trash(self) -> bool:
        """Whether the rows are the documents in the trash."""
        return self._asked.target == TRASH

    @property
    def drawn(self) -> bool:
        """Whether the rows already match the query; they are filtered on a thread."""
        return self._asked == self._shown[0]

    def show_library(self, documents: Sequence[Document]) -> None:
        """Replace the rows; the selected documents stay selected."""
        self._documents = documents
        self.look.library_changed()
        if self.in_trash:
            self._fetch_trash()
        else:
            self.model.show(documents)
            self._count()

    def _fetch_trash(self) -> None:
        def show(removed: list[Document]) -> None:
            if self.in_trash:
                self.model.show(removed, removed=True)
                self._find()
                self._count()

        self._bridge.call(self._bridge.kb.trash, show)

    def filter(self, target: Target, text: str, filters: Sequence[str]) -> None:
        """Filter the rows by side bar, text and chips, parsed as a search query; shown when the result is in."""
        was = self.in_trash
        self._asked = Asked(target, text.strip(), tuple(filters))
        if was != self.in_trash:
            self.close_preview()
            self.model.show(() if self.in_trash else self._documents, removed=self.in_trash)
            for made, in_trash in self._links.items():
                made.setVisible(in_trash == self.in_trash)
            if self.in_trash:
                self._fetch_trash()
        self._selection_changed()
        self._find()

    def _find(self) -> None:
        """Choose the rows on a thread."""
        asked = self._asked
        choose = partial(matching, documents=self.model.all, only=GATHERED.get(asked.target))

        def show(ids: frozenset[str] | None) -> None:
            if self._asked == asked and (asked, ids) != self._shown:
                other, self._shown = asked != self._shown[0], (asked, ids)
                self.model.filter(ids)
                if other and not self.table.selectionModel().hasSelection():
                    self.table.start_over()
                self._count()

        self._bridge.filter(asked.query, choose, show, removed=self.in_trash)

    def take_keys(self) -> None:
        """The table gets the keys; letters still begin a question."""
        self.table.setFocus()

    def current_document(self) -> str | None:
        """The id of the first selected document."""
        return next((document.document for document in self._selected()), None)

    def selected(self) -> list[Document]:
        """The selected documents, in the order shown."""
        return list(self._selected())

    def _selected(self) -> Iterator[Document]:
        """The selected documents; empty while a new query is being evaluated, as it may exclude them."""
        return self.table.documents() if self.drawn else iter(())

    def _count(self) -> None:
        count = self.model.rowCount()
        words_ = plural(count, "{n} document", "{n} documents")
        if self.in_trash:
            days = self._bridge.kb.settings.trash_days
            words_ += " · " + tr("What is removed can be restored for {days} days.", days=days)
        self.summary.setText(words_)
        self._gather()
        self.pages.setCurrentIndex(0 if count else 1)
        self.blank.setText(self._shown[0].why_empty())
        self.blank.setAccessibleName(self.blank.text())

    def _gather(self) -> None:
        """Tell the kinds of trouble of the rows shown, with what can be done about each."""
        rows = self.model.documents() if self._shown[0].target in GATHERED else ()
        lines = kinds_of_trouble(rows, removed=self.in_trash)
        self.gathered.setText("\n".join(lines))
        self.gathered.setVisible(bool(lines))

    def _selection_changed(self) -> None:
        self._allow()
        chosen = () if self.columns.shown else self._selected()  # else the details tell it
        told = first_trouble(chosen, removed=self.in_trash)
        self._tell("\n".join(map(say, told)))
        if self.look.open:
            self._look_at_selected()
        self._details_timer.start()

    def _show_details(self) -> None:
        # The window filters the view when it shows it, and what a filter leaves selected is known later: each
        # comes here again.
        if not self.isVisible() or not self.drawn:
            return
        self._details_timer.stop()
        self.columns.fill(self.table.selectionModel().hasSelection())
        tags = {tag for document in self._documents for tag in document.tags}
        self.details.show_documents(self._selected(), tags, removed=self.in_trash)

    def _suggest(self, document: str) -> None:
        kb = self._bridge.kb

        def ask() -> Sequence[str]:
            try:
                return kb.suggest_tags(document)
            except Problem as problem:
                if problem.code != "not-found":  # removed meanwhile; that this can be undone stays
                    raise
                return ()

        self._bridge.call(ask, lambda tags: self.details.suggest(document, tags))

    def _tell(self, words: str) -> None:
        self.reason.setText(words)
        self.reason.setVisible(bool(words))

    # --- quick look

    def quick_look(self) -> None:
        """Show the selected document over the table, or close it if it is shown."""
        if not self.close_preview() and self.selected():
            self._look_at_selected()
            self.look.slide_over.slide_in()

    def read_here(self) -> None:
        """Show the selected document over the table and go there, so that the keys scroll it."""
        if self.selected():
            self._look_at_selected()
            self.look.slide_over.slide_in()
            self.look.go_there()

    def close_preview(self) -> bool:
        """Close the quick look, or the details where they cover the table; False if neither is open."""
        if not (self.look.open or self.columns.covers):
            return False
        self.table.setFocus()  # before what has the keys is hidden: they would go to what comes next
        self.look.slide_over.slide_out()
        self.columns.close_over()
        return True

    def _look_at_selected(self) -> None:
        document = next(self._selected(), None)
        if document is not None:
            self.look.show(document, removed=self.in_trash)

    # --- actions

    def toggle_details(self) -> None:
        """Show or hide the details of the selected documents."""
        self._details_for_now = False
        self.columns.show_details(not self.columns.shown)

    def edit_details(self, field: str = "") -> None:
        """Go to a detail, at first the first one that can be changed."""
        self._show_details()
        self._details_for_now |= not self.columns.shown
        self.columns.show_details(True)
        self.details.edit(field)

    def add_tag(self) -> None:
        """Go to where a tag is given to the selected documents."""
        self.edit_details("tag")

    def _back_to_table(self) -> None:
        """The person is done with a detail; what had covered the table for it is not needed any more."""
        self.table.setFocus()
        if self._details_for_now:
            self.columns.close_over()

    def remove(self) -> None:
        """Move the selected documents into the trash; the window offers Undo."""
        ids = [document.document for document in self.selected()]
        if ids and not self.in_trash:
            self.changes.remove(ids)

    def restore(self) -> None:
        """Take the selected documents out of the trash; they are indexed again."""
        self.changes.restore([document.document for document in self.selected()])

    def read_again(self) -> None:
        """Read the selected files again; a locked one asks for its password."""
        self.changes.read_again(self.selected())

    def show_in_folder(self) -> None:
        """Show the folder of the first selected document in the system's file manager."""
        for document in self.selected()[:1]:
            open_folder(Path(document.path).parent)

    def inspect(self) -> None:
        """Show how the first selected document was cut."""
        for document in self.selected()[:1]:
            self.inspect_requested.emit(document.document)

    def _edit(self) -> None:
        for document in self.selected()[:1]:
            self.edit_requested.emit(document.path)

    def open_in_system(self) -> None:
        """Open the first selected document in the system's viewer."""
        for document in self.selected()[:1]:
            self._tell("" if open_outside(Path(document.path)) else not_opened(document.path))

    def _menu(self, at: QPoint) -> None:
        chosen = self.selected()
        if not chosen:
            return
        menu, untag, columns = QMenu(self), QMenu(self), self.table.columns_menu("")
        for tag in sorted({tag for document in chosen for tag in document.tags}):
            untag.addAction(literal(tag), partial(self.changes.tag, chosen, (), [tag]))
        if self.in_trash:
            self.action_set.fill(menu, "trash")
        else:
            opens = {"columns": columns} | ({} if untag.isEmpty() else {"untag": untag})
            self.action_set.fill(menu, "library", opens)
        menu.exec(self.table.viewport().mapToGlobal(at))
        for made in (untag, columns, menu):
            made.deleteLater()

    # --- coming and going

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.columns.fit(self.width())

    def remembered(self) -> dict[str, Remembered]:
        """The widths of its columns, and which are shown."""
        return {"library": self.columns, "library-table": self.table}
