"""The column of results: summary, order, notes, and the list of hits or what stands in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QStackedWidget, QVBoxLayout, QWidget

from desktop_kb.gui.actions import ActionSet
from desktop_kb.gui.announce import announce
from desktop_kb.gui.search.arrangement import Arrangement
from desktop_kb.gui.search.hit_delegate import HitDelegate
from desktop_kb.gui.search.hit_list import HitList
from desktop_kb.gui.search.hit_model import ROW_ROLE, WEAK, Fold, HitModel, Row
from desktop_kb.gui.search.start_page import StartPage
from desktop_kb.gui.search.steering import Steering
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import button, label
from desktop_kb.records import Document, Hit

#: After this time the hits of the question before are shown as such.
_PATIENCE_MS: Final = 200


class Results(QWidget):
    """Shows the hits of one question; keeps the card that the person chose while that question is refined."""

    models_requested = Signal()
    #: the selected hit is another one, or was replaced
    selected = Signal(object)
    clicked = Signal()
    opened = Signal()  # with a double click
    menu_requested = Signal(QPoint)  # position on the screen

    def __init__(self, action_set: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chosen = False  # whether the person chose a card; otherwise the best one is selected
        self.model = HitModel(self)
        self.delegate = HitDelegate(self)
        self.delegate.fold_requested.connect(self.toggle)
        self.setMinimumWidth(320)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 8, 0)
        column.setSpacing(4)
        top = QHBoxLayout()
        self.summary = label("", "quiet", wrap=True)  # beside its order it has little room
        top.addWidget(self.summary, 1)
        self.arrangement = Arrangement()
        top.addWidget(self.arrangement)
        column.addLayout(top)
        # Answers mostly come within this time, and a list that fades at each letter would flicker.
        self._waiting = QTimer(self, singleShot=True, interval=_PATIENCE_MS)
        self._waiting.timeout.connect(self._mark_old)
        self.steering = Steering()
        column.addWidget(self.steering)
        self.note = label("", "quiet", wrap=True)
        self.note.hide()
        column.addWidget(self.note)
        self.better = button(tr("Choose a model that reads it"), self.models_requested.emit, "link")
        self.better.setProperty("flush", True)
        self.better.hide()
        column.addWidget(self.better, 0, Qt.AlignmentFlag.AlignLeft)
        self.hairline = self._make_hairline()
        column.addWidget(self.hairline)
        self.list = self._make_list(action_set)
        self.blank = self._make_blank()
        self.pages = QStackedWidget()
        self.pages.addWidget(self.list)
        self.pages.addWidget(self.blank)
        self.start = StartPage()
        self.pages.addWidget(self.start)
        column.addWidget(self.pages, 1)

    @staticmethod
    def _make_hairline() -> QProgressBar:
        hairline = QProgressBar()
        hairline.setRange(0, 0)
        hairline.setTextVisible(False)
        hairline.setFixedHeight(2)
        policy = hairline.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        hairline.setSizePolicy(policy)
        hairline.hide()
        return hairline

    @staticmethod
    def _make_blank() -> QLabel:
        blank = label("", "quiet", wrap=True)
        blank.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        blank.setContentsMargins(24, 72, 24, 24)
        return blank

    def _make_list(self, action_set: ActionSet) -> HitList:
        made = HitList(action_set)
        made.setModel(self.model)
        made.setItemDelegate(self.delegate)
        made.clicked.connect(self._clicked)
        made.verticalScrollBar().actionTriggered.connect(self.choose)
        made.selectionModel().currentChanged.connect(self._selected)
        made.customContextMenuRequested.connect(self._ask_menu)
        made.doubleClicked.connect(lambda _index: self.opened.emit() if self.current() else None)
        return made

    # --- an answer that is awaited

    def await_answer(self) -> None:
        """Another question is asked: mark what is shown as old, unless its answer comes at once."""
        self._waiting.start()

    def settle(self) -> None:
        """Nothing is awaited any more."""
        self._waiting.stop()
        self.delegate.old = False
        self.hairline.hide()
        self.list.viewport().update()

    def ask_nothing(self) -> None:
        """Show the start page."""
        self.settle()
        self.summary.setText("")
        self.arrangement.hide()
        self.say(())
        self.better.hide()
        self.pages.setCurrentWidget(self.start)

    def _mark_old(self) -> None:
        self.delegate.old = True
        self.hairline.show()
        self.list.viewport().update()

    # --- saying

    def say(self, sentences: Sequence[str]) -> None:
        """Show sentences above the list."""
        self.note.setText("  ".join(sentences))
        self.note.setVisible(bool(sentences))

    def say_blank(self, sentences: str) -> None:
        """Show sentences in place of hits."""
        self.blank.setText(sentences)
        self.pages.setCurrentWidget(self.blank)

    # --- showing

    def show_hits(
        self,
        hits: Sequence[Hit],
        documents: Mapping[str, Document],
        *,
        refined: bool,
        wanted: Hit | None = None,
    ) -> None:
        """Show hits, the best selected.

        Args:
            refined: whether they answer the question that is shown: the card that the person chose keeps its
                position on the screen.
            wanted: the hit that the person chose elsewhere, selected if it is among them.
        """
        chosen = wanted or (self.current() if self.chosen and refined else None)
        before = self.list.visualRect(self.list.currentIndex())
        in_sight = before.intersects(self.list.viewport().rect())
        bar = self.list.verticalScrollBar()
        scrolled = bar.value()
        self.settle()
        self.delegate.forget()
        grouped = self.arrangement.grouped.isChecked()
        self.model.show(hits, documents, grouped=grouped, kept=chosen, refined=refined)
        if not hits:
            return
        self.pages.setCurrentWidget(self.list)
        self.arrangement.show()
        at = self.model.row_of(chosen) if chosen is not None else -1
        index = self.model.index(max(at, 0), 0)
        self.list.setCurrentIndex(index)
        self.chosen = at >= 0
        self.list.doItemsLayout()
        if wanted is not None:
            self.list.scrollTo(index)
        elif self.chosen:
            bar.setValue(scrolled)
            if in_sight:
                bar.setValue(scrolled + self.list.visualRect(index).top() - before.top())
        else:
            self.list.scrollToTop()

    # --- moving

    def step(self, by: int) -> None:
        """Select the row `by` rows further down (negative: up)."""
        at = self.list.currentIndex().row() + by
        if 0 <= at < self.model.rowCount():
            self.list.setCurrentIndex(self.model.index(at, 0))
            if not self.list.hasFocus():  # which would have it said
                said = self.model.index(at, 0).data(Qt.ItemDataRole.AccessibleTextRole)
                announce(self.list, said)

    def step_hit(self, by: int) -> None:
        """Select the hit `by` rows further down; a line in between is unfolded."""
        at = self.list.currentIndex().row() + by
        if 0 <= at < self.model.rowCount():
            row = self._row(self.model.index(at, 0))
            if row.hit is None:
                self.toggle(row.fold)
            self.list.setCurrentIndex(self.model.index(at, 0))

    def current(self) -> Hit | None:
        """The selected hit."""
        index = self.list.currentIndex()
        return self._row(index).hit if index.isValid() else None

    def choose(self) -> None:
        """Remember that the person chose the selected card: a refined answer keeps it in place."""
        self.chosen = True

    def unfold(self, unfold: bool = True) -> bool:
        """Unfold what the selected line opens or the selected card belongs to, or fold it again; False if
        there is nothing to do."""
        index = self.list.currentIndex()
        if not index.isValid():
            return False
        row = self._row(index)
        # A weak card folds its document first, then all that is weak.
        for fold in (row.fold, WEAK):
            if self.model.opened(fold) is not unfold and (unfold is (row.hit is None)):
                self.toggle(fold)
                return True
        return False

    def toggle(self, fold: Fold) -> None:
        """Unfold or fold; the selected row stays where it is, or the line that folded it is selected."""
        at, bar = self.list.currentIndex().row(), self.list.verticalScrollBar()
        scrolled, current = bar.value(), self.current()
        self.model.toggle(fold)
        found = self.model.row_of(current) if current is not None else at
        if found < 0:
            found = self.model.line_of(fold)
        self.list.setCurrentIndex(self.model.index(found, 0))
        self.list.doItemsLayout()
        bar.setValue(scrolled)
        self.list.scrollTo(self.list.currentIndex())

    @staticmethod
    def _row(index: QModelIndex) -> Row:
        row: Row = index.data(ROW_ROLE)
        return row

    def _clicked(self) -> None:
        self.choose()
        if self.current() is not None:
            self.clicked.emit()

    def _selected(self, _index: QModelIndex) -> None:
        self.choose()
        hit = self.current()
        if hit is not None:
            self.selected.emit(hit)

    def _ask_menu(self, at: QPoint) -> None:
        if self.current() is not None:
            self.menu_requested.emit(self.list.mapToGlobal(at))
