"""The rows of the list of hits: cards, those of a document under one title, and lines that open more.

Strong hits come first; the weak ones stand behind one line until it is opened. Grouping and folding are
presentation: the order of the hits is the search's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from desktop_kb.gui.search.said import heard, weaker
from desktop_kb.gui.translation import plural
from desktop_kb.records import Document, Hit

ROW_ROLE: Final = Qt.ItemDataRole.UserRole
#: Passages of a document that are shown until it is unfolded.
SHOWN: Final = 3
Index = QModelIndex | QPersistentModelIndex
#: What can be folded: the weak hits, or one document's among the strong (False) or weak (True) ones.
WEAK: Final = ("", True)
Fold = tuple[str, bool]
_ROOT: Final = QModelIndex()


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the list: a card, or a line that opens more (`hit` is None).

    Attributes:
        fold: what the line opens; of a card, what it belongs to and folds again.
        count: how many passages the line opens; of a document's first card, how many it has.
        under: whether the card stands under the title of its document's first one.
        heads_weak: how many weak hits begin with this card; 0 for all other cards.
    """

    hit: Hit | None
    tags: tuple[str, ...] = ()
    date: str = ""
    fold: Fold = WEAK
    count: int = 1
    under: bool = False
    heads_weak: int = 0

    @property
    def words(self) -> str:
        """What a line says."""
        if self.fold == WEAK:
            return weaker(self.count)
        return plural(self.count, "{n} more passage", "{n} more passages")


def key(hit: Hit) -> tuple[str, int, int]:
    """The identity of a hit across searches: document id and offsets."""
    return hit.document, hit.start, hit.end


def rows_of(
    hits: Sequence[Hit],
    documents: Mapping[str, Document],
    *,
    grouped: bool = False,
    opened: frozenset[Fold] = frozenset(),
) -> list[Row]:
    """The rows for these hits.

    Args:
        grouped: whether the passages of a document stand together, where its best one does.
        opened: what the person has unfolded. Where all hits are weak, they are shown.
    """
    strong = [hit for hit in hits if not hit.weak]
    weak = [hit for hit in hits if hit.weak]
    rows = list(_cards(strong, documents, grouped, opened))
    if not weak:
        return rows
    if strong and WEAK not in opened:
        return [*rows, Row(None, count=len(weak))]
    return rows + list(_cards(weak, documents, grouped, opened, heads_weak=len(weak) if strong else 0))


def _cards(
    hits: Sequence[Hit],
    documents: Mapping[str, Document],
    grouped: bool,
    opened: frozenset[Fold],
    heads_weak: int = 0,
) -> Iterator[Row]:
    together: dict[object, list[Hit]] = {}
    for hit in hits:
        together.setdefault(hit.document if grouped else key(hit), []).append(hit)
    for passages in together.values():
        fold = (passages[0].document, passages[0].weak)
        document = documents.get(passages[0].document)
        tags = document.tags if document else ()
        # One line for one passage would save nothing.
        most = len(passages) if fold in opened or len(passages) == SHOWN + 1 else SHOWN
        for at, hit in enumerate(passages[:most]):
            date = hit.date or _year(document)
            yield Row(hit, tags, date, fold, len(passages), under=at > 0, heads_weak=heads_weak)
            heads_weak = 0
        if len(passages) > most:
            yield Row(None, fold=fold, count=len(passages) - most, under=True)


def _year(document: Document | None) -> str:
    if document is None:
        return ""
    found = re.search(r"(?:19|20)\d\d", str(document.metadata.get("year", "")))
    return found[0] if found else ""


class HitModel(QAbstractListModel):
    """The rows of one search result, and what of it is unfolded."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Row] = []
        self._hits: Sequence[Hit] = ()
        self._documents: Mapping[str, Document] = {}
        self._grouped = False
        self._opened: frozenset[Fold] = frozenset()

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == ROW_ROLE:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return row.words if row.hit is None else self._heard(row, row.hit)
        return None

    def _heard(self, row: Row, hit: Hit) -> str:
        """A card as a screen reader says it."""
        at = next((at for at, one in enumerate(self._hits, 1) if one is hit), 0)
        return heard(hit, row.date, row.tags, at, len(self._hits))

    def show(
        self,
        hits: Sequence[Hit],
        documents: Mapping[str, Document],
        *,
        grouped: bool = False,
        kept: Hit | None = None,
        refined: bool = False,
    ) -> None:
        """Replace all rows.

        Args:
            kept: a hit to unfold for, if it is there.
            refined: whether they answer the same question as before: what was unfolded stays so.
        """
        self._hits, self._documents, self._grouped = hits, documents, grouped
        self._opened = self._opened if refined else frozenset()
        self._arrange()
        if kept is not None and self.row_of(kept) < 0:
            self._reveal(kept)

    def toggle(self, fold: Fold) -> None:
        """Unfold what is folded, and fold what is not."""
        self._opened ^= {fold}
        self._arrange()

    def line_of(self, fold: Fold) -> int:
        """The row of the line that unfolds this, the first row if there is none."""
        lines = [at for at, row in enumerate(self._rows) if row.hit is None and row.fold == fold]
        return next(iter(lines), 0)

    def opened(self, fold: Fold) -> bool:
        """Whether the person has unfolded this."""
        return fold in self._opened

    def _reveal(self, wanted: Hit) -> None:
        hit = next((hit for hit in self._hits if key(hit) == key(wanted)), None)
        if hit is not None:
            self._opened |= {(hit.document, hit.weak), *([WEAK] if hit.weak else [])}
            self._arrange()

    def _arrange(self) -> None:
        self.beginResetModel()
        self._rows = rows_of(self._hits, self._documents, grouped=self._grouped, opened=self._opened)
        self.endResetModel()

    def hits(self) -> list[Hit]:
        """All hits in the order shown, with those that are folded away."""
        every = {(hit.document, weak) for hit in self._hits for weak in (False, True)}
        rows = rows_of(self._hits, self._documents, grouped=self._grouped, opened=frozenset((WEAK, *every)))
        return [row.hit for row in rows if row.hit is not None]

    def taken(self) -> list[Hit]:
        """The hits to take along: weak ones only where they are shown."""
        hits = self.hits()
        strong = [hit for hit in hits if not hit.weak]
        return hits if not strong or self.opened(WEAK) else strong

    def row_of(self, wanted: Hit) -> int:
        """The row of a hit. If its document has changed since, the first row of the same document that
        overlaps it; -1 if there is none."""
        found = -1
        for at, row in enumerate(self._rows):
            if row.hit is None or row.hit.document != wanted.document:
                continue
            if key(row.hit) == key(wanted):
                return at
            if found < 0 and row.hit.start < wanted.end and wanted.start < row.hit.end:
                found = at
        return found
