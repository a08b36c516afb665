"""The library view: the table of documents, and what can be done with those selected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QInputDialog,
    QLineEdit,
    QMenu,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from desktop_kb.gui import theme
from desktop_kb.gui.bridge import Bridge, Contents
from desktop_kb.gui.hits import kind
from desktop_kb.gui.note_window import NOTE_TYPES
from desktop_kb.gui.preview import Preview
from desktop_kb.gui.slide_over import SlideOver
from desktop_kb.gui.translation import plural, problem, tr
from desktop_kb.gui.widgets import button, label, open_outside
from desktop_kb.records import Document, Filter, Value

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_STATUS = {"ready": "ready", "waiting": "waiting", "failed": "failed"}
#: heading, what a row sorts by
_COLUMNS: tuple[tuple[str, Callable[[Document], Any]], ...] = (
    ("Title", lambda d: d.title.casefold()),
    ("State", lambda d: d.status),
    ("Type", lambda d: d.type),
    ("Pages", lambda d: d.pages),
    ("Passages", lambda d: d.chunks),
    ("Tags", lambda d: d.tags),
    ("Added", lambda d: d.added),
)


class DocumentModel(QAbstractTableModel):
    """All documents, sorted and narrowed here: a proxy in Python would be asked row by row."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: list[Document] = []
        self._rows: list[Document] = []
        self._wanted: Callable[[Document], bool] | None = None
        self._column, self._order = 6, Qt.SortOrder.DescendingOrder

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(_COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return tr(_COLUMNS[section][0])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        document = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _cell(document, index.column())
        if role == Qt.ItemDataRole.ForegroundRole:
            colours = theme.current()
            if index.column() == 0:
                return colours.ink
            return colours.attention if document.status == "failed" and index.column() == 1 else colours.muted
        if role == Qt.ItemDataRole.ToolTipRole:
            return problem(document.error) if document.error else document.path
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        # Qt asks twice for one click on a heading: 50 ms each for 100,000 titles.
        if (column, order) != (self._column, self._order):
            self._column, self._order = column, order
            self._arrange()

    def show(self, documents: Sequence[Document]) -> None:
        """Replace all documents."""
        self._all = list(documents)
        self._arrange()

    def narrow(self, wanted: Callable[[Document], bool] | None) -> None:
        """Show those wanted only; None shows all."""
        self._wanted = wanted
        self._arrange()

    def document(self, row: int) -> Document:
        """The document of a row."""
        return self._rows[row]

    def _arrange(self) -> None:
        self.beginResetModel()
        rows = self._all if self._wanted is None else [d for d in self._all if self._wanted(d)]
        descending = self._order == Qt.SortOrder.DescendingOrder
        self._rows = sorted(rows, key=_COLUMNS[self._column][1], reverse=descending)
        self.endResetModel()


def _cell(document: Document, column: int) -> str:
    match column:
        case 0:
            return document.title
        case 1:
            return tr(_STATUS[document.status])
        case 2:
            return kind(document.type)
        case 3:
            return f"{document.pages:,}" if document.pages else ""
        case 4:
            return f"{document.chunks:,}" if document.chunks else ""
        case 5:
            return "  ".join(document.tags)
        case _:
            return document.added[:10]


def wanted_by(place: str, words: str) -> Callable[[Document], bool] | None:
    """What the side bar's place and the words in the box let through."""
    needles = words.casefold().split()
    in_place = _in_place(place)
    if not needles:
        return in_place

    def wanted(document: Document) -> bool:
        if in_place is not None and not in_place(document):
            return False
        stands = f"{document.title} {document.path} {' '.join(document.tags)}".casefold()
        for needle in needles:  # noqa: SIM110 - `all` costs a third more, 100,000 times a keystroke
            if needle not in stands:
                return False
        return True

    return wanted


def _in_place(place: str) -> Callable[[Document], bool] | None:
    """What the side bar's place lets through; None for everything."""
    name, _, value = place.partition(":")
    if place == "failed":
        return lambda document: document.status == "failed"
    if name == "type":
        types = ("markdown", "text") if value == "note" else (value,)
        return lambda document: document.type in types
    if name == "tag":
        tag = value.strip('"').casefold()
        return lambda document: any(tag == given.casefold() for given in document.tags)
    if place.startswith("added>="):
        since = place.removeprefix("added>=")
        return lambda document: document.added >= since
    return None


class LibraryView(QWidget):
    """The table, a line of actions, and the reason where a file failed."""

    inspect_requested = Signal(str)
    edit_requested = Signal(str)
    changed = Signal()
    removed = Signal(object)  # ids, for Undo

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self.model = DocumentModel(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        row = QHBoxLayout()
        self.summary = label("", "quiet")
        row.addWidget(self.summary, 1)
        self.actions_: list[QWidget] = []
        for name, act in (
            (tr("Tag"), self.add_tag),
            (tr("Inspect"), self.inspect),
            (tr("Read again"), self.read_again),
            (tr("Remove"), self.remove),
        ):
            made = button(name, act, "link")
            made.setEnabled(False)
            self.actions_.append(made)
            row.addWidget(made)
        column.addLayout(row)
        self.table = _Table(self.model)
        self.table.looked.connect(self.quick_look)
        self.table.customContextMenuRequested.connect(self._menu)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._selection_changed())
        self.table.doubleClicked.connect(lambda _index: self.open_in_system())
        self.blank = label("", "quiet", wrap=True)
        self.blank.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.blank.setContentsMargins(24, 72, 24, 24)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.table)
        self.pages.addWidget(self.blank)
        column.addWidget(self.pages, 1)
        self.reason = label("", "attention", wrap=True)
        self.reason.hide()
        column.addWidget(self.reason)
        self._narrowed = ("", "")
        self._quick: Preview | None = None
        self.slide_over = SlideOver(self)

    def show_documents(self, documents: Sequence[Document]) -> None:
        """Replace the rows; what was selected stays selected."""
        chosen = {document.document for document in self.selected()}
        self.model.show(documents)
        selection = self.table.selectionModel()
        for row in range(self.model.rowCount() if chosen else 0):
            if self.model.document(row).document in chosen:
                selection.select(
                    self.model.index(row, 0), selection.SelectionFlag.Select | selection.SelectionFlag.Rows
                )
        self._count()

    def narrow(self, place: str, words: str) -> None:
        """Show what the side bar and the box ask for."""
        self._narrowed = (place, words.strip())
        self.model.narrow(wanted_by(place, words))
        self._count()
        self._selection_changed()

    def selected(self) -> list[Document]:
        """The documents selected, in the order shown."""
        # By ranges: `selectedRows` takes a second for 100,000 rows.
        ranges = self.table.selectionModel().selection()
        rows = sorted({row for range_ in ranges.toList() for row in range(range_.top(), range_.bottom() + 1)})
        return [self.model.document(row) for row in rows]

    def _count(self) -> None:
        count = self.model.rowCount()
        self.summary.setText(plural(count, "{n} document", "{n} documents"))
        self.pages.setCurrentIndex(0 if count else 1)
        place, words = self._narrowed
        if words:
            said = tr("No title, path or tag holds '{words}'.", words=words)
            self.blank.setText(said + "\n\n" + tr("Search finds it in the text: Ctrl+1."))
        else:
            self.blank.setText(
                tr("Every file could be read.") if place == "failed" else tr("Nothing is here.")
            )

    def _selection_changed(self) -> None:
        chosen = self.selected()
        for made in self.actions_:
            made.setEnabled(bool(chosen))
        failed = [document for document in chosen if document.error]
        self.reason.setText(problem(failed[0].error or "") if failed else "")
        self.reason.setVisible(bool(failed))
        if self.slide_over.isVisible():
            self._look_at_selected()

    # --- quick look

    def quick_look(self) -> None:
        """The selected document over the table; a second time puts it away."""
        if not self.close_preview() and self.selected():
            self._look_at_selected()
            self.slide_over.slide_in()

    def close_preview(self) -> bool:
        """Put the quick look away; False if there is none."""
        if not self.slide_over.isVisible():
            return False
        self.slide_over.slide_out()
        self.table.setFocus()
        return True

    def _look_at_selected(self) -> None:
        """Show the first selected document from its beginning; a file that failed has no text."""
        document = next(iter(self.selected()), None)
        if document is None:
            return
        preview = self._preview()
        if document.status != "ready":
            waits = tr("This document is not indexed yet.")
            preview.show_reason(document, problem(document.error) if document.error else waits)
            return

        def show(found: Contents) -> None:
            if document.document in {chosen.document for chosen in self.selected()[:1]}:
                preview.show_document(document, *found)

        self._bridge.read(document, show)

    def _preview(self) -> Preview:
        if self._quick is None:
            self._quick = Preview()
            self._quick.set_closable(True)
            self._quick.close_requested.connect(self.close_preview)
            self._quick.inspect_requested.connect(self.inspect_requested)
            self._quick.edit_requested.connect(self.edit_requested)
            self.slide_over.hold(self._quick)
        return self._quick

    # --- what can be done

    def add_tag(self) -> None:
        """Ask for a tag and give it to the selected documents."""
        tag, agreed = QInputDialog.getText(self, tr("Tag"), tr("Give the selected documents the tag"))
        if agreed and tag.strip():
            ids = [document.document for document in self.selected()]
            self._bridge.call(lambda: self._bridge.kb.tag(ids, [tag.strip()]), lambda _: self.changed.emit())

    def _untag(self, tag: str) -> None:
        ids = [document.document for document in self.selected()]
        self._bridge.call(lambda: self._bridge.kb.untag(ids, [tag]), lambda _: self.changed.emit())

    def edit_metadata(self) -> None:
        """Ask for KEY=VALUE and set it; an empty value takes the person's own away."""
        text, agreed = QInputDialog.getText(self, tr("Edit details"), tr("Key and value, such as year=2022"))
        name, equals, value = (part.strip() for part in text.partition("="))
        if not agreed or not equals or not name:
            return
        ids = [document.document for document in self.selected()]
        typed: Value = int(value) if value.isdecimal() and len(value) < 10 else value

        def work() -> None:
            for id in ids:
                self._bridge.kb.set_metadata(id, {name.lower(): typed})

        self._bridge.call(work, lambda _: self.changed.emit())

    def remove(self) -> None:
        """Move the selected documents into the trash; the window offers Undo."""
        ids = [document.document for document in self.selected()]
        if ids:
            self._bridge.remove(ids, lambda _: self.removed.emit(ids))

    def read_again(self) -> None:
        """Read the selected files again; a locked one asks for its password."""
        chosen = self.selected()
        locked = [d for d in chosen if d.error_code in ("locked", "wrong-password")]
        others = [place for d in chosen if d not in locked for place in d.places]
        for document in locked:
            self._unlock(document)
        if others:
            paths = frozenset(others)
            failed = [d.path for d in chosen if d.status == "failed" and d not in locked]
            self._bridge.call(lambda: self._read(sorted(paths), failed), lambda _: self.changed.emit())

    def _read(self, paths: Sequence[str], failed: Sequence[str]) -> None:
        for path in failed:
            self._bridge.kb.retry([Filter("path", ":", path, False, "")])
        self._bridge.kb.add([path for path in paths if path not in failed])

    def _unlock(self, document: Document) -> None:
        password, agreed = QInputDialog.getText(
            self,
            tr("Password"),
            tr(
                "'{name}' is locked. Its text will be stored unencrypted in the library.", name=document.title
            ),
            QLineEdit.EchoMode.Password,
        )
        if agreed and password:
            self._bridge.call(
                lambda: self._bridge.kb.add([document.path], password=password), lambda _: self.changed.emit()
            )

    def inspect(self) -> None:
        """Show how the first selected document was cut."""
        for document in self.selected()[:1]:
            self.inspect_requested.emit(document.document)

    def open_in_system(self) -> None:
        """The first selected document in the system's viewer."""
        for document in self.selected()[:1]:
            open_outside(Path(document.path))

    def _menu(self, at: QPoint) -> None:
        chosen = self.selected()
        if not chosen:
            return
        menu = QMenu(self)
        menu.addAction(tr("Quick look"), self.quick_look)
        menu.addAction(tr("Open in the system's viewer"), self.open_in_system)
        if chosen[0].type in NOTE_TYPES:
            menu.addAction(tr("Edit the note"), lambda: self.edit_requested.emit(chosen[0].path))
        menu.addAction(tr("Inspect"), self.inspect)
        menu.addSeparator()
        menu.addAction(tr("Add a tag"), self.add_tag)
        tags = sorted({tag for document in chosen for tag in document.tags})
        if tags:
            taken = menu.addMenu(tr("Take a tag away"))
            for tag in tags:
                taken.addAction(tag, partial(self._untag, tag))
        menu.addAction(tr("Edit details"), self.edit_metadata)
        menu.addSeparator()
        menu.addAction(tr("Read again"), self.read_again)
        menu.addAction(tr("Remove"), self.remove)
        menu.exec(self.table.viewport().mapToGlobal(at))


class _Table(QTableView):
    """The rows; Space asks for a quick look."""

    looked = Signal()

    def __init__(self, model: DocumentModel) -> None:
        super().__init__()
        self.setModel(model)
        self.setAccessibleName(tr("Documents"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        # One height for all: measuring 100,000 rows takes seconds.
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(theme.px(34))
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(48)
        for column, width in enumerate((360, 90, 90, 70, 90, 180, 110)):
            self.setColumnWidth(column, theme.px(width))
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.setSortingEnabled(True)
        self.sortByColumn(6, Qt.SortOrder.DescendingOrder)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            self.looked.emit()
        else:
            super().keyPressEvent(event)
