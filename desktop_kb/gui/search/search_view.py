"""The search view: results and a preview next to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from desktop_kb.errors import Problem
from desktop_kb.gui.actions import ActionSet
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.preview.preview import Preview
from desktop_kb.gui.preview.preview_feed import PreviewFeed
from desktop_kb.gui.preview.read_places import ReadPlaces
from desktop_kb.gui.preview.references import referred
from desktop_kb.gui.search.columns import ResultColumns
from desktop_kb.gui.search.elsewhere import elsewhere_menu
from desktop_kb.gui.search.hit_list import show_why
from desktop_kb.gui.search.hit_model import key
from desktop_kb.gui.search.results import Results
from desktop_kb.gui.search.said import places_of
from desktop_kb.gui.search.search_box import SearchBox
from desktop_kb.gui.search.start_page import READ
from desktop_kb.gui.search.summary import notes_on, nothing_found, summary
from desktop_kb.gui.search.taking import copy_hit, copy_hits, save_hits
from desktop_kb.gui.slide_over import SlideOver
from desktop_kb.gui.targets import Target
from desktop_kb.gui.translation import say, tr
from desktop_kb.gui.view import Remembered, View
from desktop_kb.gui.widgets import not_opened, open_folder, open_outside
from desktop_kb.records import Degraded, Document, Hit, SearchOptions, SearchResult, Spot

_LIMIT = 40
#: Of one document, where its passages stand together.
_PER_DOCUMENT = 10

#: Text and options. Two answers to the same question differ only in whether they are reranked.
Question = tuple[str, SearchOptions]

_A_MODEL_WOULD_HELP = frozenset((Degraded.NO_MODEL, Degraded.QUERY_NOT_COVERED))


class SearchView(View):
    """Results and preview. It sends queries to the bridge; the search box belongs to the window."""

    inspect_requested = Signal(str)
    models_requested = Signal()
    edit_requested = Signal(str)

    def __init__(
        self, bridge: Bridge, box: SearchBox, read: ReadPlaces, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._bridge, self._box, self._read = bridge, box, read
        self.documents: Mapping[str, Document] = {}
        self._unread = ""  # what is said while there are none
        self._filter = ""  # the filter chosen in the side bar
        self.result: SearchResult | None = None
        self._number = 0
        self._asked: Question | None = None
        self._shown: Question | None = None  # the question whose answer is shown
        self._refined, self.settled = False, True  # whether that answer is final, and no other is awaited
        self._wanted: Hit | None = None  # chosen elsewhere, to be read once the answer is there
        self._outdated = False  # whether the library has changed since the question was asked
        self._mode = "hybrid"
        self.action_set = self._make_actions()
        self.preview = Preview()
        self._feed = PreviewFeed(bridge, self.preview, read)
        self.marker = self._feed.marker
        self.slide_over = SlideOver(self)
        self.results = self._build_results()
        self.splitter = ResultColumns(self.results, self.preview, self.slide_over)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.splitter)
        bridge.searched.connect(self._arrived)
        bridge.search_failed.connect(self._not_searched)
        bridge.failed.connect(self._not_loaded)
        box.changed.connect(self.ask)
        box.entered.connect(self._entered)
        box.stepped.connect(self.results.step)
        self.preview.inspect_requested.connect(self.inspect_requested)
        self.preview.edit_requested.connect(self.edit_requested)
        self.preview.reference_requested.connect(self._follow_link)
        self.preview.close_requested.connect(self.close_preview)
        self.preview.similar_requested.connect(lambda hit: self.show_related(key(hit)))
        self.preview.previous_requested.connect(lambda: self.results.step_hit(-1))
        self.preview.next_requested.connect(lambda: self.results.step_hit(1))

    def _make_actions(self) -> ActionSet:
        return ActionSet(
            "results",
            self,
            {
                "next": lambda: self.results.step(1),
                "previous": lambda: self.results.step(-1),
                "unfold": lambda: self.results.unfold(),
                "fold": lambda: self.results.unfold(False),
                "read": self.read,
                "copy-hit": partial(
                    self._with_hit, lambda hit: copy_hit(hit, self.documents, self._bridge.kb)
                ),
                "copy-hits": lambda: copy_hits(self.results.model.taken(), self.documents),
                "save-hits": self.save_hits,
                "similar": partial(self._with_hit, lambda hit: self.show_related(key(hit))),
                "more-like": partial(
                    self._with_hit, lambda hit: self.results.steering.want(key(hit), more=True)
                ),
                "less-like": partial(
                    self._with_hit, lambda hit: self.results.steering.want(key(hit), more=False)
                ),
                "why": partial(self._at_card, partial(show_why, self)),
                "elsewhere": partial(self._at_card, self._elsewhere),
                "open-outside": self.open_in_system,
                "show-in-folder": partial(self._with_hit, lambda hit: open_folder(Path(hit.path).parent)),
                "inspect": partial(self._with_hit, lambda hit: self.inspect_requested.emit(hit.document)),
            },
        )

    def _build_results(self) -> Results:
        results = Results(self.action_set)
        results.models_requested.connect(self.models_requested)
        results.arrangement.changed.connect(self.search)
        results.steering.changed.connect(self.search)
        results.selected.connect(self._selected)
        results.clicked.connect(self._clicked)
        results.opened.connect(self.open_in_system)
        results.menu_requested.connect(self._menu)
        results.start.asked.connect(self._box.ask)
        results.start.read.connect(self.show_passage)
        results.delegate.why_requested.connect(partial(show_why, self))
        results.delegate.elsewhere_requested.connect(self._elsewhere)
        return results

    # --- asking

    def _question(self) -> Question | None:
        """The question given by box, side bar and options; None if the box is empty."""
        query, filters = self._box.text().strip(), self._box.filters()
        steered = self.results.steering.now
        if steered.origin is not None:
            query, filters = "", ()
        elif not query and not filters:
            return None
        arrangement = self.results.arrangement
        return (
            query,
            steered.within(
                SearchOptions(
                    limit=_LIMIT,
                    mode=self._mode,  # type: ignore[arg-type]
                    filters=(*filters, *([self._filter] if self._filter else [])),
                    per_document=_PER_DOCUMENT if arrangement.grouped.isChecked() else None,
                    sort=arrangement.sort,
                    rerank_seconds=self._bridge.kb.settings.rerank_milliseconds / 1000,
                    typing=not self._box.text()[-1:].isspace(),
                )
            ),
        )

    def show_library(self, documents: Sequence[Document]) -> None:
        """Search again in the changed library, once the running search has been answered."""
        self.documents = {document.document: document for document in documents}
        self._unread = tr("Nothing has been read yet that could be found.")
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

    def ask(self) -> None:
        """Search for the query in the box, whatever was pointed at in the hits of another."""
        self.results.steering.clear()
        self._wanted = None
        self.search()

    def await_hit(self, hit: Hit) -> None:
        """Read this hit once the question that was just asked is answered."""
        self._wanted = hit

    def search(self) -> None:
        """Search for the query in the box, or for what was pointed at."""
        self._outdated = False
        self.results.steering.show_words(self.documents)
        self._asked = self._question()
        if self._asked is None:
            self._bridge.forget_search()
            self.settled, self.result = True, None
            if self._shown is not None:  # what is read from the start page stays
                self._show(())
            self._show_start()
            return
        self.settled = False
        if self._asked != self._shown:
            self.results.await_answer()
        self._number = self._bridge.search(*self._asked)

    def show_related(self, spot: Spot) -> None:
        """Show passages related to one; the box keeps its question, which Esc goes back to."""
        self.results.steering.relate(spot)

    def step_back(self) -> bool:
        """Close the preview that covers the results, else undo what was pointed at last."""
        return self.close_preview() or self.results.steering.step_back()

    def _arrived(self, number: int, result: SearchResult, final: bool) -> None:
        if number != self._number:
            return
        self.settled = final
        if not final and self._refined and self._shown == self._asked:
            return  # keep showing the final answer from before the library changed until the new one is final
        self._refined = final
        self.result = result
        self._show(result.hits)
        self.results.hairline.setVisible(not final)
        self.results.summary.setText(summary(result, final))
        self.results.say(notes_on(result, by_meaning=final or self._bridge.kb.model_ready))
        self.results.better.setVisible(not _A_MODEL_WOULD_HELP.isdisjoint(result.degraded))
        if not result.hits:
            related = self.results.steering.now.origin is not None
            self.results.say_blank(nothing_found(related=related))
        if final and self._wanted is not None:
            self._read_wanted(self._wanted)
        if final and self._outdated:
            self.search()

    def _read_wanted(self, hit: Hit) -> None:
        self._wanted, current = None, self.current()
        if current is not None and key(current) == key(hit):
            self.open_preview()
        else:
            self.show_passage(hit)

    def _not_searched(self, number: int, problem: Problem) -> None:
        if number == self._number:
            self.settled = True
            self.results.settle()
            self.results.say([say(problem)])

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._asked is None:  # what was opened meanwhile
            self._show_start()

    def _show_start(self) -> None:
        self.results.ask_nothing()
        if not self.documents:
            self.results.say_blank(self._unread)
        elif self.isVisible():  # else it is filled when it is
            read, opened = self._read.last(self.documents, READ), self._read.opened(self.documents, 2 * READ)
            self.results.start.show_lists(read, opened, self._box.history, list(self.documents.values()))

    def _not_loaded(self, problem: Problem) -> None:
        """Nobody knows whether a library that never came is empty: its engine may be away."""
        if not self._unread:
            self._unread = say(problem)
            self.search()

    def _show(self, hits: tuple[Hit, ...]) -> None:
        refined = self._asked == self._shown
        self._shown = self._asked
        self.results.show_hits(hits, self.documents, refined=refined, wanted=self._wanted)
        if not hits:
            self._feed.clear()
            self.preview.clear()

    # --- moving

    def current_document(self) -> str | None:
        """The id of the selected hit's document."""
        hit = self.current()
        return None if hit is None else hit.document

    def remembered(self) -> dict[str, Remembered]:
        """The splitter of results and preview."""
        return {"results": self.splitter}

    def action_sets(self) -> tuple[ActionSet, ...]:
        """The actions of the selected hit, and those of its preview."""
        return (self.action_set, self.preview.action_set, self.marker.action_set) if self.current() else ()

    def current(self) -> Hit | None:
        """The selected hit."""
        return self.results.current()

    def _entered(self) -> None:
        """Enter searches at once; if its answer is shown already, it opens what is selected."""
        if self._shown is not None and self._shown == self._question() and self.results.model.rowCount():
            self.read()
        else:
            self.search()

    def read(self) -> None:
        """Go to the preview of the selected hit, or unfold what the selected line opens."""
        if self.current() is not None:
            self.open_preview()
        else:
            self.results.unfold()

    def _clicked(self) -> None:
        if self.splitter.narrow:
            self.open_preview()

    def _selected(self, hit: Hit) -> None:
        hits = self.results.model.hits()
        self.preview.set_position(hits.index(hit) + 1, len(hits))
        self._feed.show(hit)

    def open_in_system(self) -> None:
        """Open the selected hit's file in the system's viewer."""
        hit = self.current()
        if hit is not None and not open_outside(Path(hit.path)):
            self.results.say([not_opened(hit.path)])

    # --- menu and why

    def save_hits(self) -> None:
        """Save all hits in a file of one's choice; weak ones if they are unfolded."""
        if failed := save_hits(self, self.results.model.taken(), self.documents):
            self.results.say([failed])

    def _menu(self, at: QPoint) -> None:
        hit = self.current()
        self.action_set["elsewhere"].setEnabled(hit is not None and places_of(hit) > 1)
        menu = self.action_set.fill(QMenu(self), "results")
        menu.exec(at)
        menu.deleteLater()

    def _elsewhere(self, hit: Hit, at: QPoint) -> None:
        """Offer the other places of a passage."""
        menu = elsewhere_menu(self, hit, self.documents, self.show_passage)
        menu.exec(at)
        menu.deleteLater()

    def _follow_link(self, path: str, link: str) -> None:
        document = referred(path, link, self.documents.values())
        if document is None:
            self.preview.say_missing(link)
        else:
            self.show_passage(document)

    def show_passage(self, wanted: Hit | Document) -> None:
        """Read what is no hit of the list."""
        self.preview.set_position(0, 0)
        self._feed.show(wanted)
        self._slide_in()

    def _at_card(self, do: Callable[[Hit, QPoint], object]) -> None:
        """Do something with the selected hit, at its card on the screen."""
        cards = self.results.list
        place = cards.viewport().mapToGlobal(cards.visualRect(cards.currentIndex()).topRight())
        self._with_hit(lambda hit: do(hit, place))

    def _with_hit(self, do: Callable[[Hit], object]) -> None:
        if (hit := self.current()) is not None:
            do(hit)

    # --- the preview's place

    @property
    def drawn(self) -> bool:
        """Whether the last answer has arrived and the preview has drawn it."""
        return self.settled and self.preview.drawn

    def open_preview(self) -> None:
        """Go to the preview; in a narrow window it slides over the results."""
        self.results.choose()
        self._slide_in()

    def _slide_in(self) -> None:
        if self.splitter.narrow:
            self.slide_over.slide_in()
        self._feed.visit()
        self.preview.take_focus()

    def close_preview(self) -> bool:
        """Close the preview that covers the results; False if there is none."""
        if not self.slide_over.isVisible():
            return False
        self.results.list.setFocus()  # before what has the keys is hidden: they would go to what comes next
        self.slide_over.slide_out()
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.splitter.fit(self.window().width())
