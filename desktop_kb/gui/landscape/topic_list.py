"""The topics as a list beside the map: who does not see the map, or has no mouse, reads it here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QTreeWidget, QTreeWidgetItem, QWidget

from desktop_kb.gui.translation import language, plural, tr
from desktop_kb.records import NO_TOPIC, Gap, Landscape, PlacedDocument, Topic

_ROLE: Final = Qt.ItemDataRole.UserRole
#: Documents of a topic that are listed; the others are found by searching.
_LISTED: Final = 500
_ARROWS: Final = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Right)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is chosen in the list: a topic by its number, a document by its position, or a question without answer."""

    topic: int | None = None
    document: int | None = None
    gap: Gap | None = None


def name_of(topic: Topic) -> str:
    """A topic's name in the window's language, else in the one it has."""
    own = "zh" if language().startswith("zh") else "en"
    return topic.name.get(own) or next(iter(topic.name.values()), "") or tr("Topic {n}", n=topic.topic + 1)


def full_name(topic: Topic) -> str:
    """A topic's name in each language that it holds, the window's first."""
    return " · ".join(dict.fromkeys([name_of(topic), *topic.name.values()]))


class TopicList(QTreeWidget):
    """Topics, the largest first, each with its documents; then the questions that nothing answered."""

    #: a `Chosen`
    went = Signal(object)
    #: a `Chosen` was entered or clicked twice
    entered = Signal(object)
    #: a `Chosen`, a point of the screen
    menu_requested = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("topics")
        self.setAccessibleName(tr("Topics"))
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # how many there are stands at the end
        self.setExpandsOnDoubleClick(False)
        self._members: Mapping[int, Sequence[int]] = {}
        self._documents: Sequence[PlacedDocument] = ()
        self.itemSelectionChanged.connect(
            lambda: self.went.emit(_chosen(next(iter(self.selectedItems()), None)))
        )
        self.itemExpanded.connect(self._fill)
        self.itemDoubleClicked.connect(lambda item: self.entered.emit(_chosen(item)))

    def show_landscape(self, landscape: Landscape) -> None:
        """List the topics of a landscape; what was open stays so."""
        opened = {item.text(0) for item in self._tops() if item.isExpanded()}
        members = defaultdict[int, list[int]](list)
        for at, document in enumerate(landscape.documents):
            members[document.topic].append(at)
        self._members, self._documents = members, landscape.documents
        self.blockSignals(True)
        self.clear()
        for topic in sorted(landscape.topics, key=lambda one: -one.passages):
            passages = plural(topic.passages, "{n} passage", "{n} passages")
            self._add(
                f"{full_name(topic)}  ({topic.passages:,})", Chosen(topic.topic), passages, full_name(topic)
            )
        if members.get(NO_TOPIC):
            self._add(tr("Between the hills"), Chosen(NO_TOPIC), "", tr("Between the hills"))
        if landscape.gaps:
            self._add_gaps(landscape.gaps)
        self.blockSignals(False)
        for item in self._tops():
            item.setExpanded(item.text(0) in opened)

    def _tops(self) -> list[QTreeWidgetItem]:
        found = (self.topLevelItem(row) for row in range(self.topLevelItemCount()))
        return [item for item in found if item is not None]

    def _add(self, text: str, chosen: Chosen, told: str, name: str) -> None:
        item = QTreeWidgetItem([text])
        item.setData(0, _ROLE, chosen)
        documents = len(self._members.get(chosen.topic if chosen.topic is not None else NO_TOPIC, ()))
        heard = [name, told, plural(documents, "{n} document", "{n} documents")]
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, ", ".join(filter(None, heard)))
        item.setToolTip(0, name)
        if documents:
            item.setChildIndicatorPolicy(QTreeWidgetItem.ChildIndicatorPolicy.ShowIndicator)
        self.addTopLevelItem(item)

    def _add_gaps(self, gaps: Sequence[Gap]) -> None:
        head = QTreeWidgetItem([tr("Your questions that nothing answered")])
        head.setData(0, _ROLE, Chosen())
        self.addTopLevelItem(head)
        for gap in gaps:
            item = QTreeWidgetItem(head, [gap.query])
            item.setToolTip(0, gap.query)
            item.setData(0, _ROLE, Chosen(gap=gap))

    def _fill(self, item: QTreeWidgetItem) -> None:
        """Add the documents of a topic that is opened for the first time."""
        chosen = _chosen(item)
        if item.childCount() or chosen.topic is None:
            return
        rows = sorted(
            self._members.get(chosen.topic, ()), key=lambda at: self._documents[at].title.casefold()
        )
        for at in rows[:_LISTED]:
            child = QTreeWidgetItem(item, [self._documents[at].title])
            child.setToolTip(0, self._documents[at].title)
            child.setData(0, _ROLE, Chosen(document=at))
        if len(rows) > _LISTED:
            more = QTreeWidgetItem(item, [tr("{n} more", n=f"{len(rows) - _LISTED:,}")])
            more.setData(0, _ROLE, Chosen(chosen.topic))

    def current(self) -> Chosen:
        """What is chosen; an empty one for nothing."""
        return _chosen(self.currentItem())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.currentItem()
        if item is not None and not item.isSelected() and event.key() in _ARROWS:
            self.setCurrentItem(item)  # the one that the focus came to is chosen first
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and item is not None:
            self.entered.emit(self.current())
        elif event.key() == Qt.Key.Key_Space and item is not None:
            item.setExpanded(not item.isExpanded())
        elif event.text().isprintable() and event.text().strip():
            event.ignore()  # letters begin a question
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_keys = event.reason() == QContextMenuEvent.Reason.Keyboard
        item = self.currentItem() if by_keys else self.itemAt(event.pos())
        if item is not None:
            self.setCurrentItem(item)
            self.menu_requested.emit(_chosen(item), event.globalPos())

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self.currentItem() is None and (tops := self._tops()):  # heard, and not chosen yet
            self.setCurrentItem(tops[0], 0, QItemSelectionModel.SelectionFlag.NoUpdate)


def _chosen(item: QTreeWidgetItem | None) -> Chosen:
    known = item.data(0, _ROLE) if item is not None else None
    return known if isinstance(known, Chosen) else Chosen()
