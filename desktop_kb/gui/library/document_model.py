"""The table model of the documents in a library; it sorts and filters."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from desktop_kb.gui import theme
from desktop_kb.gui.search.said import kind
from desktop_kb.gui.translation import say, tr
from desktop_kb.records import Document, DocumentFilter, Finding
from desktop_kb.sentences import size_text

Index = QModelIndex | QPersistentModelIndex
#: So many kinds of trouble are told.
_KINDS: Final = 4
_LOOKED_AT: Final = 1_000
_ROOT = QModelIndex()
STATES: Final = {
    **{"ready": "ready", "waiting": "waiting", "failed": "failed", "removed": "removed"},
    **{"gone": "file gone", "away": "drive away", "elsewhere": "on another machine"},
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table.

    Attributes:
        heading: in English.
        key: what rows are sorted by.
        cell: its text; None is the same as `key`.
        width: before a person changes it.
        shown: whether it is there before a person chooses.
    """

    id: str
    heading: str
    key: Callable[[Document], Any]
    cell: Callable[[Document], str] | None = None
    width: int = 100
    shown: bool = True


def _folded(text: str) -> bytes:
    """UTF-8 bytes sort in the same order as text (by code point), a third faster."""
    return text.casefold().encode("utf-8", "surrogatepass")


def year_of(document: Document) -> str:
    """The year that it says of itself, or that of its date."""
    return str(document.metadata.get("year", "") or (document.date or "")[:4])


def author_of(document: Document) -> str:
    """Who wrote it, as it says of itself."""
    return str(document.metadata.get("author", ""))


def folder_of(document: Document) -> str:
    """The folder of its file; of a part the file that it is in."""
    return document.path if document.part else os.path.dirname(document.path)  # noqa: PTH120 - a fifth of the time


COLUMNS: Final = (
    Column("title", "Title", lambda d: _folded(d.title), lambda d: d.title, 360),
    Column("author", "Author", lambda d: _folded(author_of(d)), author_of, 130),
    Column("year", "Year", year_of, width=60),
    Column("state", "State", lambda d: state_of(d), lambda d: tr(STATES[state_of(d)]), 90),
    Column("type", "Type", lambda d: d.type, lambda d: kind(d.type), 90),
    Column("pages", "Pages", lambda d: d.pages, lambda d: f"{d.pages:,}" if d.pages else "", 64),
    Column(
        "passages", "Passages", lambda d: d.chunks, lambda d: f"{d.chunks:,}" if d.chunks else "", 80, False
    ),
    Column("tags", "Tags", lambda d: d.tags, lambda d: "  ".join(d.tags), 150),
    Column("date", "Date", lambda d: d.date or "", width=100, shown=False),
    Column("size", "Size", lambda d: d.size_bytes, lambda d: size_text(d.size_bytes), 80, False),
    Column("folder", "Folder", lambda d: _folded(folder_of(d)), folder_of, 200, False),
    Column("modified", "Changed", lambda d: d.modified, lambda d: d.modified[:10], 100, False),
    Column("added", "Added", lambda d: d.added, lambda d: d.added[:10], 100),
)
#: id -> the column's number.
NUMBERS: Final = {column.id: number for number, column in enumerate(COLUMNS)}


class DocumentModel(QAbstractTableModel):
    """Sorts and filters the documents itself, because a proxy model would call Python for every row."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: list[Document] = []
        self._sorted: list[Document] = []  # all documents, in ascending order
        self._rows: list[Document] = []
        self._removed = False
        self._wanted: Collection[str] | None = None
        self._column, self._order = NUMBERS["added"], Qt.SortOrder.DescendingOrder

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return tr(COLUMNS[section].heading)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        document = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._cell(document, index.column())
        if role == Qt.ItemDataRole.ForegroundRole:
            colours = theme.current()
            if index.column() == 0:
                return colours.ink
            good = index.column() != NUMBERS["state"] or state_of(document) in ("ready", "waiting")
            return colours.muted if good else colours.attention
        if role == Qt.ItemDataRole.ToolTipRole:
            told = (*document.standing, *document.unread)
            return say(document.error) or "\n".join((document.location.shown, *map(say, told)))
        return None

    def _cell(self, document: Document, column: int) -> Any:
        if column == NUMBERS["state"] and self._removed:
            return tr(STATES["removed"])
        shown = COLUMNS[column]
        return (shown.cell or shown.key)(document)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        # Qt calls this twice per click on a heading; sorting 100,000 titles takes 50 ms.
        if (column, order) != (self._column, self._order):
            if column != self._column:
                self._sorted = sorted(self._all, key=COLUMNS[column].key)
            self._column, self._order = column, order
            self._arrange()

    def show(self, documents: Sequence[Document], *, removed: bool = False) -> None:
        """Replace all documents; `removed`: they are in the trash."""
        self._all, self._removed = list(documents), removed
        self._sorted = sorted(self._all, key=COLUMNS[self._column].key)
        self._arrange()

    @property
    def all(self) -> Sequence[Document]:
        """The documents that rows are chosen from; `show` replaces them, and no one changes them."""
        return self._all

    def filter(self, wanted: Collection[str] | None) -> None:
        """Show only the documents of these ids; None shows all."""
        self._wanted = wanted
        self._arrange()

    def document(self, row: int) -> Document:
        """The document of a row."""
        return self._rows[row]

    def documents(self, first: int = 0, end: int | None = None) -> list[Document]:
        """The documents of the rows `[first, end)`."""
        return self._rows[first:end]

    def _arrange(self) -> None:
        """Filter the sorted documents into rows; descending order is the reversed list."""
        self.beginResetModel()
        wanted = self._wanted
        rows = self._sorted[:] if wanted is None else [d for d in self._sorted if d.document in wanted]
        if self._order == Qt.SortOrder.DescendingOrder:
            rows.reverse()
        self._rows = rows
        self.endResetModel()


def state_of(document: Document) -> str:
    """What the column says: whether it was read, else whether its file is there."""
    if document.status != "ready":
        return document.status
    if document.gone:
        return "gone"
    return "away" if document.path in document.away_places and not document.elsewhere else "ready"


def trouble_of(document: Document, *, removed: bool) -> Sequence[Finding]:
    """What is to be said of a document: why it failed, or where its file is not, and what was not read of it."""
    if document.error:
        return (document.error,)
    stands = (
        one for one in document.standing if one.code != "original-elsewhere"
    )  # in a team that is no trouble
    return document.unread if removed else (*stands, *document.unread)


def first_trouble(documents: Iterable[Document], *, removed: bool) -> Sequence[Finding]:
    """What is to be said of the first of these documents of which something is; of many a thousand are looked at."""
    found = (trouble_of(document, removed=removed) for document in islice(documents, _LOOKED_AT))
    return next(filter(None, found), ())


def kinds_of_trouble(documents: Iterable[Document], *, removed: bool) -> list[str]:
    """What is to be said of these documents, the commonest first, each once with how many it is true of."""
    said: dict[str, tuple[int, str]] = {}
    for document in documents:
        for one in trouble_of(document, removed=removed)[:1]:
            count, words = said.get(one.code, (0, say(one)))
            said[one.code] = (count + 1, words)
    return [f"{count:,} × {words}" for count, words in sorted(said.values(), reverse=True)[:_KINDS]]


def matching(
    found: DocumentFilter, documents: Iterable[Document], only: Callable[[Document], bool] | None = None
) -> frozenset[str] | None:
    """The ids of those documents that a query lets through, and `only` those. None: all.

    It takes up to a microsecond a document, so it is done on a thread; the rows are then chosen by their ids.
    """
    words = tuple(word.casefold() for word in found.words)
    excluded = tuple(word.casefold() for word in found.excluded)
    if only is None and found.documents is None and not words and not excluded:
        return None
    ids = set()
    for document in documents:
        if found.documents is not None and document.document not in found.documents:
            continue
        if only is not None and not only(document):
            continue
        stands = f"{document.title} {document.path} {document.part} {' '.join(document.tags)}".casefold()
        if all(word in stands for word in words) and not any(word in stands for word in excluded):
            ids.add(document.document)
    return frozenset(ids)
