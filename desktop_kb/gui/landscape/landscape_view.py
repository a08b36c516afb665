"""The landscape view: the map, its topics as a list beside it, and what is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from desktop_kb.gui import theme
from desktop_kb.gui.actions import ActionSet
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.landscape.beside import Beside
from desktop_kb.gui.landscape.blank import FEWEST, Blank, why_none
from desktop_kb.gui.landscape.dot_menu import DotMenu
from desktop_kb.gui.landscape.finding import first_passage, passages_of
from desktop_kb.gui.landscape.hover_card import HoverCard
from desktop_kb.gui.landscape.legend import Legend
from desktop_kb.gui.landscape.map_tools import MapTools
from desktop_kb.gui.landscape.map_widget import LandscapeMap
from desktop_kb.gui.landscape.picture import Picture
from desktop_kb.gui.landscape.question_pin import QuestionPin
from desktop_kb.gui.landscape.selecting import Selecting
from desktop_kb.gui.landscape.selection_bar import SelectionBar
from desktop_kb.gui.landscape.survey import Survey
from desktop_kb.gui.landscape.topic_list import Chosen, TopicList, full_name
from desktop_kb.gui.landscape.way_pane import WayPane
from desktop_kb.gui.landscape.ways import Ways
from desktop_kb.gui.preview.read_places import ReadPlaces
from desktop_kb.gui.targets import Target
from desktop_kb.gui.translation import plural, say, tr
from desktop_kb.gui.view import Remembered, View
from desktop_kb.gui.widgets import not_opened, open_outside
from desktop_kb.records import Document, DocumentFilter, Hit, Landscape, Step

_LIST_WIDTH: Final = 270


class LandscapeView(View):
    """Map, list and preview. The landscape is computed when the view is first looked at."""

    inspect_requested = Signal(str)
    edit_requested = Signal(str)
    #: a filter for the search box
    search_requested = Signal(str)

    def __init__(self, bridge: Bridge, read: ReadPlaces, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge, self._read = bridge, read
        self.documents: Mapping[str, Document] = {}
        self._filtered: tuple[str, frozenset[str] | None] = (
            "",
            None,
        )  # what is asked of the side bar, and its answer
        self.survey = Survey(bridge, self)
        self.pin = QuestionPin(bridge, self._answered, self)
        self.action_set = self._make_actions()
        self._make_parts()
        self._lay_out()
        self._connect()

    def _make_actions(self) -> ActionSet:
        return ActionSet(
            "landscape",
            self,
            {
                "map-nearer": lambda: self.map.step(1),
                "map-farther": lambda: self.map.step(-1),
                "map-all": lambda: self.map.fit(),
                "map-lasso": lambda: self.tools.lasso.click(),
                "way-from": lambda: self.ways.begin(self.menu.spot),
                "way-to": lambda: self.ways.end(self.menu.spot),
                "search-inside": lambda: self.selecting.search_inside(),
                "save-selected": lambda: self.selecting.save(),
                "add-tag": lambda: self.selecting.tag(),
                "inspect": self._inspect,
                "open-outside": self.open_in_system,
            },
        )

    def _make_parts(self) -> None:
        self.map = LandscapeMap(self._bridge.call)
        self.map.setAccessibleName(tr("The map; the list beside it has all that is on it"))
        self.legend = Legend(self.map)
        self.card = HoverCard(self._bridge, self.map)
        self.list = TopicList()
        self.way = WayPane()
        self.tools = MapTools(self.action_set)
        names = {
            "add-tag": tr("Tag"), "search-inside": tr("Search inside"), "save-selected": tr("Save …"),
        }  # fmt: skip
        self.bar = SelectionBar(self.action_set, names)
        self.blank = Blank()
        self.picture = Picture(self.map, self.legend)
        self.selecting = Selecting(self._bridge, self.picture, self.action_set, self.bar, self)
        self.ways = Ways(self._bridge, self.way, self.action_set, self)
        self.menu = DotMenu(self.action_set, self.picture, self.list, self.ways.offer)
        self.menu.refresh()

    def _lay_out(self) -> None:
        side = QSplitter(Qt.Orientation.Vertical)
        side.addWidget(self.list)
        side.addWidget(self.way)
        side.setChildrenCollapsible(False)
        side.setSizes([500, 360])
        self.halves = QSplitter(Qt.Orientation.Horizontal)
        self.halves.setHandleWidth(1)
        self.halves.addWidget(side)
        self.halves.addWidget(self.map)
        self.halves.setStretchFactor(1, 1)
        self.halves.setSizes([theme.px(_LIST_WIDTH), 900])
        self.pages = QStackedWidget()
        self.pages.addWidget(self.halves)
        self.pages.addWidget(self.blank)
        self.pages.setCurrentWidget(self.blank)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.tools)
        column.addWidget(self.bar)
        column.addWidget(self.pages, 1)
        left.setFocusProxy(self.list)
        self.beside = Beside(self._bridge, self._read, left, self)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(16, 12, 16, 12)
        outer.addWidget(self.beside.columns)

    def _connect(self) -> None:
        for asked, act in (
            (self.survey.arrived, self._arrived),
            (self.survey.failed, lambda problem: self._say_blank(say(problem))),
            (self.map.hovered, lambda passage: self.card.hover(self.landscape, passage)),
            (self.map.chosen, self._choose),
            (self.map.lassoed, self.selecting.around),
            (self.map.menu_requested, self._show_menu),
            (self.map.moved, self.card.hide),
            (self.legend.pressed, self.selecting.groups),
            (self.list.went, self._went),
            (self.list.entered, self._entered),
            (self.list.menu_requested, self.menu.in_list),
            (self.way.went, lambda step: self._point_at(step.x, step.y)),
            (self.way.entered, self._read_step),
            (self.way.closed, self._overlay),
            (self.tools.coloured, self._colour),
            (self.tools.found, self._find),
            (self.tools.lassoed, self.map.set_lasso),
            (self.bar.cleared, self.clear_selection),
            (self.selecting.said, self.tools.summary.setText),
            (self.selecting.search_requested, self.search_requested),
            (self.ways.said, self.tools.summary.setText),
            (self.ways.changed, self._overlay),
            (self.ways.changed, self._summarize),
            (self.beside.preview.close_requested, self.close_preview),
            (self.beside.preview.inspect_requested, self.inspect_requested),
            (self.beside.preview.edit_requested, self.edit_requested),
        ):
            asked.connect(act)

    # --- the landscape

    @property
    def landscape(self) -> Landscape | None:
        """What is shown."""
        return self.picture.landscape

    @property
    def drawn(self) -> bool:
        """Whether the landscape of the library is there, and drawn."""
        there = self.pages.currentWidget() is self.blank or self.map.drawn
        return there and not self.survey.running and self.pin.settled and self.beside.drawn

    def show_library(self, documents: Sequence[Document]) -> None:
        """Take note of what has changed; the landscape follows while it is looked at."""
        self.documents = self.selecting.documents = {one.document: one for one in documents}
        self.survey.library_changed(documents)
        self.beside.library_changed()
        self._look()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look()

    def _look(self) -> None:
        self.survey.look()
        if self.landscape is None and self.survey.running:
            self._say_blank(tr("The landscape is being surveyed. You can go on working."), busy=True)
        elif self.survey.running:
            self._summarize()

    def _arrived(self, landscape: Landscape) -> None:
        count = len(landscape.passages)
        if count < FEWEST:
            self.picture.landscape = None
            self._say_blank(why_none(count, len(landscape.documents), self.documents))
            return
        before, selected = self.landscape, self.picture.selected
        self.picture.show(landscape, self.tools.by)
        self.list.show_landscape(landscape)
        had_keys = self.blank.words.hasFocus()
        self.pages.setCurrentWidget(self.halves)
        self.tools.setEnabled(True)
        if not self.selecting.stay(before, selected):
            self.clear_selection()
        self._within(self._filtered[1])
        self.pin.ask_again()
        self._overlay()
        self._summarize()
        if had_keys:
            self.list.setFocus()

    def _say_blank(self, words: str, *, busy: bool = False) -> None:
        self.blank.say(words, busy=busy)
        self.pages.setCurrentWidget(self.blank)
        self.tools.summary.setText("")
        self.tools.setEnabled(False)

    def _summarize(self) -> None:
        if (land := self.landscape) is None:
            return
        parts = [
            plural(len(land.documents), "{n} document", "{n} documents"),
            plural(len(land.passages), "{n} passage", "{n} passages"),
            plural(len(land.topics), "{n} topic", "{n} topics"),
        ]
        if self.survey.running:
            parts.append(tr("surveying …"))
        self.tools.summary.setText(" · ".join(parts))

    # --- what is asked

    def filter(self, target: Target, text: str, filters: Sequence[str]) -> None:
        """Pale what the side bar and the chips leave out; the question becomes a pin."""
        wanted = " ".join([*filters, target.value if target.kind == "filter" else ""]).strip()
        if wanted != self._filtered[0]:
            self._filtered = wanted, None
            if wanted:
                self._bridge.filter(
                    wanted, lambda found: found, lambda found: self._let_through(wanted, found)
                )
            else:
                self._within(None)
        self.pin.ask(text, [wanted] if wanted and not filters else filters)

    def _let_through(self, wanted: str, found: DocumentFilter) -> None:
        if wanted == self._filtered[0]:
            self._filtered = wanted, found.documents
            self._within(found.documents)

    def _within(self, documents: frozenset[str] | None) -> None:
        land = self.landscape
        if land is not None:
            rows = [
                at for at, one in enumerate(land.documents) if documents is None or one.document in documents
            ]
            self.picture.let_through(None if documents is None else passages_of(land, rows))

    def _answered(self) -> None:
        self._overlay()
        if self.pin.question and self.pin.settled and not self.pin.answered and self.landscape is not None:
            self.tools.summary.setText(tr("Nothing answers this well; these come nearest."))
        else:
            self._summarize()

    def _overlay(self) -> None:
        self.picture.overlay(self.pin, self.way.steps)

    # --- what is selected

    def _find(self, _find: str) -> None:
        read = [id for id in self.documents if self._read.place(id) is not None]
        self.selecting.find(self.tools.sought, self.tools.finds.currentText(), read)

    def clear_selection(self) -> None:
        """Nothing is selected any more."""
        self.tools.find_nothing()
        self.selecting.select(None)

    def _colour(self) -> None:
        if self.landscape is not None:
            self.picture.colour(self.tools.by)

    def _went(self, chosen: Chosen) -> None:
        """What the list is at is lit on the map."""
        self.menu.refresh()
        land = self.landscape
        if land is None or not self.list.hasFocus():
            return
        if chosen.gap is not None:
            self.selecting.select(None)
            self._point_at(chosen.gap.x, chosen.gap.y)
        elif chosen.document is not None:
            one = land.documents[chosen.document]
            self.selecting.select(passages_of(land, [chosen.document]), one.title)
            self.map.show_place(one.x, one.y)
        elif chosen.topic is not None:
            topic = next((one for one in land.topics if one.topic == chosen.topic), None)
            name = full_name(topic) if topic is not None else tr("Between the hills")
            self.selecting.select(land.passages.topics == chosen.topic, name)
            if topic is not None:
                self.map.show_place(topic.x, topic.y)

    def _point_at(self, x: float, y: float) -> None:
        self.picture.point_at((x, y))
        self.map.show_place(x, y)

    def _show_menu(self, passage: int | None, at: QPoint) -> None:
        """A menu, without what the mouse is over, which would stay while the menu has the mouse."""
        self.card.hide()
        self.menu.on_map(passage, at)

    # --- reading

    def _choose(self, passage: int) -> None:
        """Read the passage whose dot was clicked."""
        assert self.landscape is not None
        self.picture.point_at_passage(passage)
        self.beside.read(self.landscape.key(passage))

    def await_hit(self, hit: Hit) -> None:
        """Read a hit that was chosen elsewhere."""
        self.beside.read((hit.document, hit.start, hit.end))

    def _read_step(self, step: Step) -> None:
        self._point_at(step.x, step.y)
        self.beside.read((step.document, step.start, step.end))

    def _entered(self, chosen: Chosen) -> None:
        land = self.landscape
        if land is None:
            return
        if chosen.document is not None and (at := first_passage(land, chosen.document)) is not None:
            self._choose(at)
        elif chosen.gap is not None:
            self.search_requested.emit(chosen.gap.query)
        elif (item := self.list.currentItem()) is not None:
            item.setExpanded(not item.isExpanded())

    def close_preview(self) -> bool:
        """Close what is read; False if nothing is."""
        if not self.beside.close_preview():
            return False
        self.picture.point_at(None)
        return True

    def step_back(self) -> bool:
        """Close what is read, else the way, else clear the selection."""
        if self.close_preview():
            return True
        if self.way.steps:
            self.way.close_way()
        elif self.picture.selected is not None:
            self.clear_selection()
        else:
            return False
        return True

    def _inspect(self) -> None:
        if (document := self.current_document()) is not None:
            self.inspect_requested.emit(document)

    # --- as the window's views are

    def action_sets(self) -> tuple[ActionSet, ...]:
        """What can be done on the map."""
        return (self.action_set,) if self.landscape is not None else ()

    def current_document(self) -> str | None:
        """The id of the document that is asked about or selected."""
        if (spot := self.menu.spot) is not None:
            return spot[0]
        return next((document.document for document in self.selecting.selected()), None)

    def open_in_system(self) -> None:
        """Open its file in the system's viewer."""
        document = self.documents.get(self.current_document() or "")
        if document is not None and not open_outside(Path(document.path)):
            self.tools.summary.setText(not_opened(document.path))

    def take_keys(self) -> None:
        """The list gets the keys; letters still begin a question."""
        (self.blank if self.pages.currentWidget() is self.blank else self.list).setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.beside.columns.fit(self.width())

    def remembered(self) -> dict[str, Remembered]:
        """The widths of its columns."""
        return {"landscape": self.beside.columns, "landscape-list": self.halves}
