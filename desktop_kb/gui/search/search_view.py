"""The search view: results and a preview next to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QProgressBar,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop_kb.errors import Problem
from desktop_kb.gui.actions import ActionSet
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.preview.preview import Preview
from desktop_kb.gui.preview.preview_feed import PreviewFeed
from desktop_kb.gui.search.arrangement import Arrangement
from desktop_kb.gui.search.columns import ResultColumns
from desktop_kb.gui.search.hit_list import HitList, show_why
from desktop_kb.gui.search.hits import ROW_ROLE, HitDelegate, HitModel, cited, rows_of
from desktop_kb.gui.search.search_box import SearchBox
from desktop_kb.gui.search.summary import summary
from desktop_kb.gui.slide_over import SlideOver
from desktop_kb.gui.targets import Target, like
from desktop_kb.gui.translation import language, say, tr
from desktop_kb.gui.view import View
from desktop_kb.gui.widgets import button, label, not_opened, open_folder, open_outside
from desktop_kb.records import Degraded, Document, Hit, SearchOptions, SearchResult
from desktop_kb.sentences import left_out, searched_besides

_LIMIT = 40
_PER_DOCUMENT = 3

#: Text and options. Two answers to the same question differ only in whether they are reranked.
Question = tuple[str, SearchOptions]

_A_MODEL_WOULD_HELP = frozenset((Degraded.NO_MODEL, Degraded.QUERY_NOT_COVERED))


class SearchView(View):
    """Results and preview. It sends queries to the bridge; the search box belongs to the window."""

    inspect_requested = Signal(str)
    models_requested = Signal()
    edit_requested = Signal(str)

    def __init__(self, bridge: Bridge, box: SearchBox, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge, self._box = bridge, box
        self.documents: Mapping[str, Document] = {}
        self._filter = ""  # the filter chosen in the side bar
        self.result: SearchResult | None = None
        self._number = 0
        self._asked: Question | None = None
        self._shown: Question | None = None  # the question whose answer is shown
        self._refined = False  # whether that answer is final
        self._chosen = False  # whether the person chose a card; otherwise the best one is selected
        self.settled = True
        self._outdated = False  # whether the library has changed since the question was asked
        self._mode = "hybrid"
        self.action_set = self._make_actions()
        self.model = HitModel(self)
        self.delegate = HitDelegate(self)
        self.preview = Preview()
        self._feed = PreviewFeed(bridge, self.preview)
        self.slide_over = SlideOver(self)
        self.splitter = ResultColumns(self._build_results(), self.preview, self.slide_over)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.splitter)
        bridge.searched.connect(self._arrived)
        bridge.search_failed.connect(self._not_searched)
        box.changed.connect(self.search)
        box.entered.connect(self._entered)
        box.stepped.connect(self.step)
        self.preview.inspect_requested.connect(self.inspect_requested)
        self.preview.edit_requested.connect(self.edit_requested)
        self.preview.close_requested.connect(self.close_preview)
        self.preview.similar_requested.connect(self.similar)
        self.preview.previous_requested.connect(lambda: self.step(-1))
        self.preview.next_requested.connect(lambda: self.step(1))

    def _make_actions(self) -> ActionSet:
        return ActionSet(
            "results",
            self,
            {
                "next": partial(self.step, 1),
                "previous": partial(self.step, -1),
                "read": self.open_preview,
                "copy-hit": self.copy,
                "similar": partial(self._with_hit, self.similar),
                "why": self._why_current,
                "open-outside": self.open_in_system,
                "show-in-folder": partial(self._with_hit, lambda hit: open_folder(Path(hit.path).parent)),
                "inspect": partial(self._with_hit, lambda hit: self.inspect_requested.emit(hit.document)),
            },
        )

    def _build_results(self) -> QWidget:
        side = QWidget()
        side.setMinimumWidth(320)
        column = QVBoxLayout(side)
        column.setContentsMargins(14, 12, 8, 0)
        column.setSpacing(4)
        top = QHBoxLayout()
        self.summary = label("", "quiet")
        top.addWidget(self.summary, 1)
        self.arrangement = Arrangement()
        self.arrangement.changed.connect(self.search)
        top.addWidget(self.arrangement)
        column.addLayout(top)
        self.note = label("", "quiet", wrap=True)
        self.note.hide()
        column.addWidget(self.note)
        self.better = button(tr("Choose a model that reads it"), self.models_requested.emit, "link")
        self.better.setProperty("flush", True)
        self.better.hide()
        column.addWidget(self.better, 0, Qt.AlignmentFlag.AlignLeft)
        self.hairline = QProgressBar()
        self.hairline.setRange(0, 0)
        self.hairline.setTextVisible(False)
        self.hairline.setFixedHeight(2)
        policy = self.hairline.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.hairline.setSizePolicy(policy)
        self.hairline.hide()
        column.addWidget(self.hairline)
        self.list = HitList(self.action_set)
        self.list.clicked.connect(self._clicked)
        self.list.verticalScrollBar().actionTriggered.connect(self.choose)
        self.list.setModel(self.model)
        self.list.setItemDelegate(self.delegate)
        self.delegate.why_requested.connect(self._show_why)
        self.list.selectionModel().currentChanged.connect(self._selected)
        self.list.customContextMenuRequested.connect(self._menu)
        self.list.doubleClicked.connect(lambda _index: self.open_in_system())
        self.blank = label("", "quiet", wrap=True)
        self.blank.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.blank.setContentsMargins(24, 72, 24, 24)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.list)
        self.pages.addWidget(self.blank)
        column.addWidget(self.pages, 1)
        self._say_blank()
        return side

    # --- asking

    def _question(self) -> Question | None:
        """The question given by box, side bar and options; None if the box is empty."""
        query, filters = self._box.text().strip(), self._box.filters()
        if not query and not filters:
            return None
        return (
            query,
            SearchOptions(
                limit=_LIMIT,
                mode=self._mode,  # type: ignore[arg-type]
                filters=(*filters, *([self._filter] if self._filter else [])),
                per_document=_PER_DOCUMENT if self.arrangement.grouped.isChecked() else None,
                sort=self.arrangement.sort,
                rerank_seconds=self._bridge.kb.settings.rerank_milliseconds / 1000,
                typing=not self._box.text()[-1:].isspace(),
            ),
        )

    def show_library(self, documents: Sequence[Document]) -> None:
        """Search again in the changed library, once the running search has been answered."""
        self.documents = {document.document: document for document in documents}
        self._feed.library_changed()
        if self.settled:
            self.search()
        else:
            self._outdated = True

    def follow(self, target: Target) -> None:
        """Search within the filter chosen in the side bar. Failed documents and the trash are never searched,
        so choosing those removes the filter."""
        if target.kind != "question":
            self._filter = target.value if target.kind == "filter" else ""
            self.search()

    def search(self) -> None:
        """Search for the query in the box."""
        self._outdated = False
        self._asked = self._question()
        if self._asked is None:
            self._bridge.forget_search()
            self.settled = True
            self.result = None
            self.hairline.hide()
            self._show(())
            self._say_blank()
            return
        self.settled = False
        self._number = self._bridge.search(*self._asked)

    def similar(self, hit: Hit) -> None:
        """Search for passages similar to this one."""
        self._box.ask(like(hit.shown).value)

    def _arrived(self, number: int, result: SearchResult, final: bool) -> None:
        if number != self._number:
            return
        self.settled = final
        if not final and self._refined and self._shown == self._asked:
            return  # keep showing the final answer from before the library changed until the new one is final
        self._refined = final
        self.result = result
        self._show(result.hits)
        self.hairline.setVisible(not final)
        self.summary.setText(summary(result, final))
        read, wanted = result.reranked
        notes = [left_out(code, language(), read=read, wanted=wanted) for code in result.degraded]
        # While a word is typed it begins others: that is plain to see.
        notes += searched_besides((one for one in result.also if one.kind != "beginning"), language())
        if not final and not self._bridge.kb.model_ready:
            notes = [tr("Searching by words; meaning joins in a few seconds.")]
        elif result.hits and all(hit.weak for hit in result.hits):
            notes.insert(0, tr("Nothing answers this well; these come nearest."))
        self.note.setText("  ".join(notes))
        self.note.setVisible(bool(notes))
        self.better.setVisible(not _A_MODEL_WOULD_HELP.isdisjoint(result.degraded))
        if not result.hits:
            self.blank.setText(
                tr("Nothing in the library answers this.")
                + "\n\n"
                + tr("Try fewer words, other words, or take a filter away.")
            )
        if final and self._outdated:
            self.search()

    def _not_searched(self, number: int, problem: Problem) -> None:
        if number == self._number:
            self.settled = True
            self.hairline.hide()
            self.note.setText(say(problem))
            self.note.show()

    def _say_blank(self) -> None:
        self.summary.setText("")
        self.note.hide()
        self.better.setProperty("flush", True)
        self.better.hide()
        if self.documents:
            self.blank.setText(
                tr("Ask in your own words; the passage that answers comes first.")
                + "\n\n"
                + tr("Filters: tag:cars, year>=2022, type:pdf. F1 shows the keys.")
            )
        else:
            self.blank.setText(tr("Nothing has been read yet that could be found."))

    def _show(self, hits: tuple[Hit, ...]) -> None:
        """Show hits. For a new question the best hit is selected. When the answer to the same question is
        refined, the card that the person chose keeps its position on the screen."""
        chosen = self.current() if self._chosen and self._asked == self._shown else None
        before = self.list.visualRect(self.list.currentIndex())
        in_sight = before.intersects(self.list.viewport().rect())
        bar = self.list.verticalScrollBar()
        scrolled = bar.value()
        self._shown = self._asked
        self.delegate.forget()
        self.model.show(rows_of(hits, self.documents))
        self.pages.setCurrentIndex(0 if hits else 1)
        if not hits:
            self._feed.clear()
            self.preview.clear()
            return
        at = self.model.row_of(chosen) if chosen is not None else -1
        index = self.model.index(at if at >= 0 else self.model.row_of(self.model.hits()[0]), 0)
        self.list.setCurrentIndex(index)
        self._chosen = at >= 0
        self.list.doItemsLayout()
        if self._chosen:
            bar.setValue(scrolled)
            if in_sight:
                bar.setValue(scrolled + self.list.visualRect(index).top() - before.top())
        else:
            self.list.scrollToTop()

    # --- moving

    def step(self, by: int) -> None:
        """Select the card `by` rows further down (negative: up)."""
        rows = self.model.rowCount()
        at = self.list.currentIndex().row() + by
        while 0 <= at < rows:
            index = self.model.index(at, 0)
            if index.data(ROW_ROLE).hit is not None:
                self.list.setCurrentIndex(index)
                return
            at += by

    def current_document(self) -> str | None:
        """The id of the selected hit's document."""
        hit = self.current()
        return None if hit is None else hit.document

    def splitters(self) -> dict[str, QSplitter]:
        """The splitter of results and preview."""
        return {"results": self.splitter}

    def current(self) -> Hit | None:
        """The selected hit."""
        index = self.list.currentIndex()
        return index.data(ROW_ROLE).hit if index.isValid() else None

    def _entered(self) -> None:
        """Enter searches at once; if the answer is shown already, it opens the selected hit."""
        if self._refined and self._shown == self._question() and self.current() is not None:
            self.open_preview()
        else:
            self.search()

    def choose(self) -> None:
        """Remember that the person chose the selected card: a refined answer keeps it in place."""
        self._chosen = True

    def _clicked(self) -> None:
        self.choose()
        if self.splitter.narrow:
            self.open_preview()

    def _selected(self, index: QModelIndex) -> None:
        self.choose()
        hit = self.current()
        if hit is not None:
            hits = self.model.hits()
            self.preview.set_position(hits.index(hit) + 1, len(hits))
            self._feed.show(hit)

    def open_in_system(self) -> None:
        """Open the selected hit's file in the system's viewer."""
        hit = self.current()
        if hit is not None and not open_outside(Path(hit.path)):
            self.note.setText(not_opened(hit.path))
            self.note.show()

    # --- menu and why

    def copy(self) -> None:
        """Copy the selected passage with its source."""
        hit = self.current()
        if hit is not None:
            QGuiApplication.clipboard().setText(f"{hit.shown}\n\n— {cited(hit)}")

    def _menu(self, at: QPoint) -> None:
        if self.current() is not None:
            menu = self.action_set.fill(QMenu(self), "results")
            menu.exec(self.list.mapToGlobal(at))
            menu.deleteLater()

    def _why_current(self) -> None:
        place = self.list.visualRect(self.list.currentIndex()).topRight()
        self._with_hit(lambda hit: self._show_why(hit, self.list.viewport().mapToGlobal(place)))

    def _with_hit(self, do: Callable[[Hit], object]) -> None:
        if (hit := self.current()) is not None:
            do(hit)

    def _show_why(self, hit: Hit, at: QPoint) -> None:
        show_why(self, hit, at)

    # --- the preview's place

    @property
    def drawn(self) -> bool:
        """Whether the last answer has arrived and the preview has drawn it."""
        return self.settled and self.preview.drawn

    def open_preview(self) -> None:
        """Go to the preview; in a narrow window it slides over the results."""
        self.choose()
        if self.splitter.narrow:
            self.slide_over.slide_in()
        self.preview.take_focus()

    def close_preview(self) -> bool:
        """Close the preview that covers the results; False if there is none."""
        if not self.slide_over.isVisible():
            return False
        self.slide_over.slide_out()
        self.list.setFocus()
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.splitter.fit(self.window().width())
