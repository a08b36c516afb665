"""The table model of the documents in a library; it sorts and filters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from desktop_kb.gui import theme
from desktop_kb.gui.search.said import kind
from desktop_kb.gui.translation import say, tr
from desktop_kb.records import Document, DocumentFilter

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
STATES: Final = {
    **{"ready": "ready", "waiting": "waiting", "failed": "failed", "removed": "removed"},
    **{"gone": "file gone", "away": "drive away"},
}
#: (heading, sort key) of each column
COLUMNS: Final[tuple[tuple[str, Callable[[Document], Any]], ...]] = (
    # UTF-8 bytes sort in the same order as text (by code point), a third faster.
    ("Title", lambda d: d.title.casefold().encode("utf-8", "surrogatepass")),
    ("State", lambda d: _state(d)),
    ("Type", lambda d: d.type),
    ("Pages", lambda d: d.pages),
    ("Passages", lambda d: d.chunks),
    ("Tags", lambda d: d.tags),
    ("Added", lambda d: d.added),
)


class DocumentModel(QAbstractTableModel):
    """Sorts and filters the documents itself, because a proxy model would call Python for every row."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: list[Document] = []
        self._sorted: list[Document] = []  # all documents, in ascending order
        self._rows: list[Document] = []
        self._removed = False
        self._wanted: Callable[[Document], bool] | None = None
        self._column, self._order = 6, Qt.SortOrder.DescendingOrder

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return tr(COLUMNS[section][0])
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
            good = index.column() != 1 or _state(document) in ("ready", "waiting")
            return colours.muted if good else colours.attention
        if role == Qt.ItemDataRole.ToolTipRole:
            told = (*document.standing, *document.unread)
            return say(document.error) or "\n".join((document.location.shown, *map(say, told)))
        return None

    def _cell(self, document: Document, column: int) -> str:
        match column:
            case 0:
                return document.title
            case 1:
                return tr(STATES["removed" if self._removed else _state(document)])
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

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        # Qt calls this twice per click on a heading; sorting 100,000 titles takes 50 ms.
        if (column, order) != (self._column, self._order):
            if column != self._column:
                self._sorted = sorted(self._all, key=COLUMNS[column][1])
            self._column, self._order = column, order
            self._arrange()

    def show(self, documents: Sequence[Document], *, removed: bool = False) -> None:
        """Replace all documents; `removed`: they are in the trash."""
        self._all, self._removed = list(documents), removed
        self._sorted = sorted(self._all, key=COLUMNS[self._column][1])
        self._arrange()

    def filter(self, wanted: Callable[[Document], bool] | None) -> None:
        """Show only the documents for which `wanted` is true; None shows all."""
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
        rows = self._sorted[:] if wanted is None else [d for d in self._sorted if wanted(d)]
        if self._order == Qt.SortOrder.DescendingOrder:
            rows.reverse()
        self._rows = rows
        self.endResetModel()


def _state(document: Document) -> str:
    """What the column says: whether it was read, else whether its file is there."""
    if document.status != "ready":
        return document.status
    if document.gone:
        return "gone"
    return "away" if document.path in document.away_places else "ready"


def wanted_by(matching: DocumentFilter, *, failed: bool = False) -> Callable[[Document], bool] | None:
    """A predicate for the documents that match a query; with `failed`, only failed ones. None: all match."""
    words = tuple(word.casefold() for word in matching.words)
    excluded = tuple(word.casefold() for word in matching.excluded)
    ids = matching.documents
    if not (words or excluded or failed or ids is not None):
        return None

    def wanted(document: Document) -> bool:
        if (failed and document.status != "failed") or (ids is not None and document.document not in ids):
            return False
        if not words and not excluded:
            return True
        stands = f"{document.title} {document.path} {document.part} {' '.join(document.tags)}".casefold()
        for word in words:  # `all` is a third slower; this runs 100,000 times per keystroke
            if word not in stands:
                return False
        return not any(word in stands for word in excluded)

    return wanted
