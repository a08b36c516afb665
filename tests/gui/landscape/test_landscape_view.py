"""The landscape as a view of the window: what it shows, selects, reads and finds."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from lands import land
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtGui import QAccessible, QKeySequence
from pytestqt.qtbot import QtBot

from desktop_kb.errors import Problem
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.landscape import selecting
from desktop_kb.gui.landscape.blank import FEWEST
from desktop_kb.gui.landscape.landscape_view import LandscapeView
from desktop_kb.gui.preview.read_places import ReadPlaces
from desktop_kb.gui.search.search_view import SearchView
from desktop_kb.gui.targets import EVERYTHING, Target
from desktop_kb.gui.views import VIEWS
from desktop_kb.gui.window import MainWindow
from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import (
    Document,
    DocumentFilter,
    Gap,
    Hit,
    Landscape,
    Layout,
    ModelBuilt,
    SearchResult,
    Step,
    Why,
)

IDS = ("a", "b")


def _document(id: str, **changed: object) -> Document:
    made = Document(
        id,
        f"/notes/{id}.md",
        (f"/notes/{id}.md",),
        f"Title {id}",
        "note",
        "ready",
        1,
        8,
        (),
        {},
        "2026-01-01",
    )
    return replace(made, **changed)  # type: ignore[arg-type]


DOCUMENTS = [_document("a", tags=("insects",)), _document("b")]


def _surveyed(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch, **made: object) -> list[None]:
    """Two documents on made-up hills; an entry for each survey."""
    asked: list[None] = []

    def survey() -> Landscape:
        asked.append(None)
        return land(IDS, **made)  # type: ignore[arg-type]

    monkeypatch.setattr(kb, "landscape", survey)
    return asked


def _passage(document: str, start: int, end: int) -> Hit:
    return Hit(
        0, document, f"/notes/{document}.md", (), f"Title {document}", "note", (), None, None, None, start, end,
        "text", "text", (start, end), 0.0, False, Why((), None, ()),
    )  # fmt: skip


@pytest.fixture
def quiet(bridge: Bridge, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> LandscapeView:
    """The view of a library that is made up, before it is looked at."""
    text = "The cluster shivers to keep warm. " * 5
    monkeypatch.setattr(bridge.kb, "passage", _passage)
    monkeypatch.setattr(bridge.kb, "reading", lambda document, start, end: f"{document} {start} {end}")
    monkeypatch.setattr(bridge.kb, "text", lambda _document: (text, Layout()))
    monkeypatch.setattr(bridge.kb, "file", lambda _document: None)
    monkeypatch.setattr(bridge.kb, "looks", lambda _document, _text: ())
    monkeypatch.setattr(bridge.kb, "marks", lambda *_a, **_k: [])
    state = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    made = LandscapeView(bridge, ReadPlaces(state))
    qtbot.addWidget(made)
    made.resize(1200, 700)
    made.show_library(DOCUMENTS)
    return made


@pytest.fixture
def view(
    quiet: LandscapeView, qtbot: QtBot, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> LandscapeView:
    """The same, looked at."""
    _surveyed(bridge.kb, monkeypatch, gaps=[Gap("why do wasps sing", 3.0, 3.0)])
    _show(quiet, qtbot)
    return quiet


def _show(view: LandscapeView, qtbot: QtBot) -> None:
    view.show()
    view.take_keys()
    qtbot.waitUntil(lambda: not view.survey.running and view.drawn)


def _read(view: LandscapeView, bridge: Bridge, qtbot: QtBot) -> tuple[int, int] | None:
    """Which passage is read, once it is."""
    qtbot.waitUntil(lambda: view.beside.preview.isVisible() and not bridge.busy)
    qtbot.waitUntil(lambda: view.beside.preview.chosen() is not None)
    return view.beside.preview.chosen()


def _lit(view: LandscapeView) -> list[int]:
    assert view.map.scene is not None
    lit = view.map.scene.lit
    return [] if lit is None else np.flatnonzero(lit).tolist()


# --- there is none yet


def test_nothing_is_computed_before_one_looks(
    quiet: LandscapeView, bridge: Bridge, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _surveyed(bridge.kb, monkeypatch)
    quiet.show_library([*DOCUMENTS, _document("c")])
    assert not quiet.survey.running
    _show(quiet, qtbot)
    assert len(asked) == 1
    assert quiet.tools.summary.text() == "2 documents · 16 passages · 3 topics"


def test_a_library_without_a_model_says_what_it_needs(quiet: LandscapeView, qtbot: QtBot) -> None:
    """The real survey of a library that is read by words alone."""
    _show(quiet, qtbot)
    assert "no model has read the documents yet" in quiet.blank.words.text()
    assert quiet.blank.isVisible()
    assert not quiet.tools.isEnabled()


def test_a_library_that_is_too_small_says_how_much_is_missing(
    quiet: LandscapeView, bridge: Bridge, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    _surveyed(bridge.kb, monkeypatch, each=3)
    _show(quiet, qtbot)
    assert quiet.blank.words.text().startswith(f"A landscape needs {FEWEST} passages, and there are 6.")
    assert quiet.action_sets() == ()


def test_while_it_is_computed_nothing_waits_and_it_is_said(
    quiet: LandscapeView, bridge: Bridge, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(bridge.kb, "landscape", lambda **_: (go_on.wait(60), land(IDS))[1])
    quiet.show()
    assert quiet.survey.running
    assert "surveyed" in quiet.blank.words.text()
    assert quiet.blank.line.isVisible()
    assert not quiet.drawn
    go_on.set()
    qtbot.waitUntil(lambda: quiet.landscape is not None and quiet.drawn)
    assert quiet.map.isVisible()


def test_what_fails_is_said_and_tried_again(
    quiet: LandscapeView, bridge: Bridge, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(**_: object) -> Landscape:
        raise Problem("library-gone")

    monkeypatch.setattr(bridge.kb, "landscape", fails)
    _show(quiet, qtbot)
    assert quiet.blank.words.text().startswith("The library folder is not there any more.")
    _surveyed(bridge.kb, monkeypatch)
    quiet.hide()
    _show(quiet, qtbot)
    assert quiet.landscape is not None


@pytest.mark.parametrize("how", ["changed", "read again"])
def test_it_follows_the_library(view: LandscapeView, bridge: Bridge, qtbot: QtBot, how: str) -> None:
    before = view.landscape
    view.survey._timer.setInterval(1)
    view.show_library(DOCUMENTS)
    assert not view.survey.running
    assert not view.survey._timer.isActive(), "nothing has changed"
    if how == "changed":
        view.show_library([_document("a", tags=("new",)), _document("b")])
    else:
        bridge.read_again.emit(ModelBuilt("e5", 1, 2))
    qtbot.waitUntil(lambda: view.landscape is not before and view.drawn)


# --- the list


def test_the_list_has_all_that_is_on_the_map(view: LandscapeView) -> None:
    tops = [item.text(0) for item in view.list._tops()]
    assert tops == [
        "bees, hive · 蜜蜂  (8)", "乌龙, 茶  (8)", "roofs  (0)", "Your questions that nothing answered",
    ]  # fmt: skip
    heard = view.list._tops()[0].data(0, Qt.ItemDataRole.AccessibleTextRole)
    assert heard == "bees, hive · 蜜蜂, 8 passages, 1 document"
    interface = QAccessible.queryAccessibleInterface(view.list)
    assert interface.role() == QAccessible.Role.Tree
    assert interface.text(QAccessible.Text.Name) == "Topics"


def test_arrows_go_through_topics_and_documents_and_light_them(view: LandscapeView, qtbot: QtBot) -> None:
    assert view.list.hasFocus(), "who comes by a key has the keys in the list"
    assert _lit(view) == [], "nothing is chosen by coming"
    qtbot.keyClick(view.list, Qt.Key.Key_Down)
    assert _lit(view) == [*range(8)]
    assert view.bar.words.text() == "bees, hive · 蜜蜂 · 1 document · 8 passages"
    qtbot.keyClick(view.list, Qt.Key.Key_Right)
    qtbot.keyClick(view.list, Qt.Key.Key_Down)
    item = view.list.currentItem()
    assert item is not None
    assert item.text(0) == "Title a"
    qtbot.keyClick(view.list, Qt.Key.Key_Down)
    assert _lit(view) == [*range(8, 16)]


def test_a_key_reads_the_document_of_the_list(view: LandscapeView, bridge: Bridge, qtbot: QtBot) -> None:
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Down):
        qtbot.keyClick(view.list, key)
    qtbot.keyClick(view.list, Qt.Key.Key_Return)
    assert _read(view, bridge, qtbot) == (0, 10)
    assert view.current_document() == "b"
    assert view.step_back()
    assert not view.beside.preview.isVisible()


# --- selecting


def test_what_is_drawn_around_is_tagged_and_searched(
    view: LandscapeView, bridge: Bridge, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    tagged: list[tuple[list[str], list[str]]] = []
    searched: list[str] = []
    monkeypatch.setattr(bridge.kb, "tag", lambda ids, tags: tagged.append((ids, tags)))
    monkeypatch.setattr(selecting, "ask_line", lambda *_a, **_k: " tea ")
    view.search_requested.connect(searched.append)
    view.clear_selection()
    assert view.bar.isHidden()
    assert not view.action_set["add-tag"].isEnabled()
    view.map.lassoed.emit((np.arange(16) >= 9) & (np.arange(16) < 12))
    assert view.bar.words.text() == "Drawn around · 1 document · 3 passages"
    view.bar.buttons["add-tag"].click()
    qtbot.waitUntil(lambda: bool(tagged))
    assert tagged == [(["b"], ["tea"])]
    view.bar.buttons["search-inside"].click()
    assert searched == ["document:b"]
    assert view.step_back()
    assert view.bar.isHidden()
    assert not view.step_back()


def test_what_is_selected_stays_so_when_the_library_changes(
    view: LandscapeView, bridge: Bridge, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    view.survey._timer.setInterval(1)
    view.map.lassoed.emit(np.isin(np.arange(16), (1, 9)))
    before = view.landscape
    monkeypatch.setattr(bridge.kb, "landscape", lambda *_a, **_k: land(("new", "b", "a")))
    view.show_library([*DOCUMENTS, _document("new")])
    qtbot.waitUntil(lambda: view.landscape is not before and view.drawn)
    assert _lit(view) == [9, 17]
    assert view.bar.words.text() == "Drawn around · 2 documents · 2 passages"
    monkeypatch.setattr(bridge.kb, "landscape", lambda *_a, **_k: land(("new", "c")))
    view.show_library([_document("new"), _document("c")])
    qtbot.waitUntil(lambda: view.bar.isHidden() and view.drawn)
    assert _lit(view) == []


def test_what_is_selected_is_saved_as_hits_are(
    view: LandscapeView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[tuple[str, int]] = []

    def save(_parent: object, hits: Sequence[Hit], _documents: object) -> str:
        saved.extend((hit.document, hit.start) for hit in hits)
        return "It could not be saved."

    monkeypatch.setattr(selecting, "save_hits", save)
    view.map.lassoed.emit(np.arange(16) < 2)
    view.bar.buttons["save-selected"].click()
    qtbot.waitUntil(lambda: bool(saved))
    assert saved == [("a", 0), ("a", 10)]
    assert view.tools.summary.text() == "It could not be saved."


def test_the_legend_lights_a_group(view: LandscapeView) -> None:
    view.clear_selection()
    assert [button.text() for button in view.legend._buttons] == ["insects", "tea"]
    view.legend._buttons[1].click()
    assert _lit(view) == [*range(8, 16)]
    view.legend._buttons[1].click()
    assert _lit(view) == []


def test_where_no_document_has_a_tag_there_is_no_legend_of_them(
    quiet: LandscapeView, qtbot: QtBot, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    _surveyed(bridge.kb, monkeypatch, tags=((),))
    _show(quiet, qtbot)
    assert quiet.tools.by == "tag"
    assert quiet.legend.isHidden()
    quiet.tools.colours.setCurrentIndex(quiet.tools.colours.findData("type"))
    quiet._colour()
    assert quiet.legend.isVisible()


def test_unread_documents_are_found(view: LandscapeView, bridge: Bridge, qtbot: QtBot) -> None:
    view.map.chosen.emit(0)
    _read(view, bridge, qtbot)
    view.tools.finds.setCurrentIndex(view.tools.finds.findData("unread"))
    view.tools.found.emit("unread")
    assert _lit(view) == [*range(8, 16)]
    assert view.bar.words.text().startswith("Not read yet · 1 document")


def test_what_the_filters_leave_out_is_pale(
    view: LandscapeView, bridge: Bridge, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge.kb, "filter", lambda _query, **_k: DocumentFilter(documents=frozenset(["b"])))
    view.clear_selection()
    view.filter(Target("filter", "tag:tea"), "", ())
    qtbot.waitUntil(lambda: _lit(view) == [*range(8, 16)])
    view.map.lassoed.emit(np.ones(16, bool))
    assert "1 document · 8 passages" in view.bar.words.text(), "only what is let through is taken"
    view.filter(EVERYTHING, "", ())
    view.clear_selection()
    assert _lit(view) == []


# --- asking


def _answer(view: LandscapeView, *hits: Hit) -> None:
    view.pin._arrived(view.pin._number, SearchResult("honey", (), {}, hits), True)


def test_a_question_is_a_pin_and_what_answers_it_is_lit(view: LandscapeView) -> None:
    assert view.landscape is not None
    places = view.landscape.passages.places
    view.filter(EVERYTHING, "honey", ())
    assert not view.drawn
    _answer(view, _passage("a", 20, 30), _passage("b", 3, 8), replace(_passage("b", 70, 80), weak=True))
    over = view.map.over.overlay
    assert over.pin == (*places[2].tolist(), "honey")
    assert over.hits == [tuple(places[at].tolist()) for at in (2, 8)]
    view.filter(EVERYTHING, "", ())
    assert view.map.over.overlay.pin is None
    assert view.map.over.overlay.hits == ()


def test_where_nothing_answers_the_pin_says_so(view: LandscapeView) -> None:
    view.filter(EVERYTHING, "honey", ())
    _answer(view, replace(_passage("b", 70, 80), weak=True))
    assert view.map.over.overlay.pin is not None
    assert view.map.over.overlay.hits == ()
    assert view.tools.summary.text() == "Nothing answers this well; these come nearest."


def test_questions_without_answer_lie_on_the_map_and_are_asked_again(
    view: LandscapeView, qtbot: QtBot
) -> None:
    searched: list[str] = []
    view.search_requested.connect(searched.append)
    assert [gap.query for gap in view.map.over.overlay.gaps] == ["why do wasps sing"]
    head = view.list._tops()[-1]
    head.setExpanded(True)
    first = head.child(0)
    assert first is not None
    view.list.setCurrentItem(first)
    assert view.map.over.overlay.chosen == (3.0, 3.0)
    qtbot.keyClick(view.list, Qt.Key.Key_Return)
    assert searched == ["why do wasps sing"]


# --- reading, and the way


def test_a_dot_is_read_where_it_stands(view: LandscapeView, bridge: Bridge, qtbot: QtBot) -> None:
    view.map.chosen.emit(2)
    assert _read(view, bridge, qtbot) == (20, 30)
    assert view.map.over.overlay.chosen is not None


def test_the_mouse_over_a_dot_shows_title_and_text(view: LandscapeView, qtbot: QtBot) -> None:
    view.map.hovered.emit(8)
    assert view.card.isVisible()
    assert view.card.title.text() == "Title b"
    assert view.card.text.isHidden()
    qtbot.waitUntil(lambda: view.card.text.isVisible())
    assert view.card.text.text() == "b 0 10"
    view.map.hovered.emit(None)
    assert view.card.isHidden()


def test_what_the_mouse_is_over_goes_where_a_menu_opens(
    view: LandscapeView, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[int | None] = []
    monkeypatch.setattr(view.menu, "on_map", lambda passage, _at: opened.append(passage))
    view.map.hovered.emit(8)
    assert view.card.isVisible()
    view.map.menu_requested.emit(8, QPoint(9, 9))
    assert opened == [8]
    assert view.card.isHidden()


def test_the_way_between_two_passages_is_a_line_and_a_list(
    view: LandscapeView, bridge: Bridge, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = IDS
    steps = [
        Step(one, 0, 10, "The cluster", "Bees", 0, 0),
        Step(other, 20, 30, "Water", "Tea", 3, 1),
        Step(other, 0, 10, "Ninety-five", "Tea", 6, 0),
    ]
    asked: list[object] = []

    def way(begin: object, end: object) -> list[Step]:
        asked.append((begin, end))
        return steps

    monkeypatch.setattr(bridge.kb, "way", way)
    assert not view.action_set["way-to"].isEnabled()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down):
        qtbot.keyClick(view.list, key)
    view.action_set["way-from"].trigger()
    assert "Way to here" in view.tools.summary.text()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Down):
        qtbot.keyClick(view.list, key)
    view.action_set["way-to"].trigger()
    qtbot.waitUntil(view.way.isVisible)
    assert asked == [((one, 0), (other, 0))]
    assert view.map.over.overlay.way == [(0, 0), (3, 1), (6, 0)]
    assert [view.way.list.item(row).text() for row in range(3)] == [
        "1  Bees\nThe cluster", "2  Tea\nWater", "3  Tea\nNinety-five",
    ]  # fmt: skip
    view.way.list.setFocus()
    qtbot.keyClick(view.way.list, Qt.Key.Key_Down)
    qtbot.keyClick(view.way.list, Qt.Key.Key_Return)
    assert _read(view, bridge, qtbot) == (20, 30)
    for _ in range(2):
        assert view.step_back()
    assert view.way.isHidden()
    assert view.map.over.overlay.way == []


def test_that_there_is_no_way_is_said(
    view: LandscapeView, bridge: Bridge, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_begin: object, _end: object) -> list[Step]:
        raise Problem("no-way")

    monkeypatch.setattr(bridge.kb, "way", none)
    view.ways.begin(("a", 0, 10))
    view.ways.end(("b", 0, 10))
    qtbot.waitUntil(lambda: "way" in view.tools.summary.text().lower())
    assert view.way.isHidden()


def test_the_menu_of_a_dot_offers_what_can_be_done(view: LandscapeView) -> None:
    view.clear_selection()
    view.list.setCurrentItem(view.list._tops()[2])
    view.clear_selection()

    def offered(passage: int | None) -> list[str]:
        return [action.text() for action in view.menu.menu_for(passage).actions() if action.text()]

    everywhere = ["All of the map", "Draw around dots"]
    assert offered(None) == everywhere
    assert offered(3) == ["Open in the system's viewer", "Inspect", *everywhere, "Way from here"]
    assert view.menu.spot == ("a", 30, 40)


def test_in_a_narrow_window_one_reads_over_the_map(view: LandscapeView, bridge: Bridge, qtbot: QtBot) -> None:
    view.resize(700, 560)
    view.map.chosen.emit(2)
    _read(view, bridge, qtbot)
    assert view.beside.columns.covers
    assert view.step_back()
    assert not view.beside.columns.covers


# --- in the window


def test_in_the_window_it_answers_and_its_selection_is_searched(
    window: MainWindow, qtbot: QtBot, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.add([notes])
    qtbot.waitUntil(lambda: len(window.documents) == 2 and window.drawn)
    ids = [document.document for document in window.documents]
    monkeypatch.setattr(window.bridge.kb, "landscape", lambda **_: land(ids))
    window.box.ask("honey")
    (keys,) = next(entry.keys for entry in VIEWS if entry.id == "landscape")
    qtbot.keySequence(window, QKeySequence(keys))
    view = window.view(LandscapeView)
    assert window.current is view
    qtbot.waitUntil(lambda: view.landscape is not None and bool(view.pin.hits) and window.drawn)
    assert view.list.hasFocus(), "who comes by a key has the keys in the list"
    window.box.line.setFocus()
    qtbot.keyClick(window.box.line, Qt.Key.Key_Return)
    assert window.current is view, "Enter stays here"
    qtbot.keyClick(view.list, Qt.Key.Key_H)
    assert window.box.text() == "h", "a letter begins a question"
    view.map.lassoed.emit(np.arange(16) >= 8)
    view.bar.buttons["search-inside"].click()
    search, now = window.view(SearchView), str(type(window.current))
    assert now == str(SearchView)
    assert window.box.filters() == (f"document:{ids[1]}",)
    qtbot.waitUntil(lambda: window.drawn and search.settled)
    assert {hit.document for hit in search.results.model.hits()} == {ids[1]}
