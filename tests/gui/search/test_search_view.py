"""What is selected, where it stands and what the preview shows of it, as answers come and go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.search.hits import ROW_ROLE
from desktop_kb.gui.search.search_view import SearchView
from desktop_kb.gui.targets import Target
from desktop_kb.gui.window import MainWindow
from desktop_kb.records import Hit, Leg, LegWhy, SearchOptions, SearchResult, Why


def _hit(name: str, *, weak: bool = False) -> Hit:
    text = f"Of {name} there is much to say, and here some of it is said at length. " * 4
    return Hit(
        1, name, f"/n/{name}.md", (f"/n/{name}.md",), name, "markdown", (), None, None, None, 0, len(text), text,
        text, (0, 70), 0.1 if weak else 0.6, weak, Why((LegWhy(Leg.WORDS, 1, 0.5, ()),), None, ()),
    )  # fmt: skip


class _Answers:
    """Stands in for the core's search: a query's hits, first as fused, then as refined."""

    def __init__(self) -> None:
        self.fused: dict[str, Sequence[Hit]] = {}
        self.refined: dict[str, Sequence[Hit]] = {}
        self.refining = threading.Event()
        self.refining.set()

    def give(self, query: str, fused: Sequence[Hit], refined: Sequence[Hit] | None = None) -> None:
        self.fused[query], self.refined[query] = fused, fused if refined is None else refined

    def search(self, query: str, options: SearchOptions) -> SearchResult:
        if options.rerank == "off":
            return SearchResult(query, (), {"total": 0.0}, tuple(self.fused[query]))
        self.refining.wait(10)
        return SearchResult(query, (), {"total": 0.0, "rerank": 0.0}, tuple(self.refined[query]))


@pytest.fixture
def answers(bridge: Bridge, window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> _Answers:
    made = _Answers()
    monkeypatch.setattr(bridge.kb, "search", made.search)
    window.resize(1300, 700)
    window.pages.setCurrentWidget(window.view(SearchView))
    return made


STRONG = [_hit(f"s{number}") for number in range(20)]
WEAK = [_hit(f"w{number}", weak=True) for number in range(20)]
SOME_WEAK = [*STRONG[:2], *WEAK]


def _type(window: MainWindow, qtbot: QtBot, query: str) -> None:
    window.box.focus()
    qtbot.keyClicks(window.box.line, query)
    _settle(window, qtbot, query)


def _settle(window: MainWindow, qtbot: QtBot, query: str) -> None:
    view = window.view(SearchView)
    qtbot.waitUntil(lambda: view.settled and view.result is not None and view.result.query == query)


def _click(window: MainWindow, qtbot: QtBot, hit: Hit) -> None:
    cards = window.view(SearchView).list
    rows = (cards.model().index(row, 0) for row in range(cards.model().rowCount()))
    index = next(index for index in rows if index.data(ROW_ROLE).hit == hit)
    cards.scrollTo(index)
    place = cards.visualRect(index).topLeft() + QPoint(40, 24)
    qtbot.mouseClick(cards.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert window.view(SearchView).current() == hit


def _top(window: MainWindow) -> int:
    cards = window.view(SearchView).list
    return cards.visualRect(cards.currentIndex()).top()


def _assert_best_at_the_top(window: MainWindow) -> None:
    view = window.view(SearchView)
    assert view.current() == view.model.hits()[0]
    assert view.list.verticalScrollBar().value() == 0
    assert view.list.viewport().rect().contains(view.list.visualRect(view.list.currentIndex()).topLeft())


def _arrow(window: MainWindow, qtbot: QtBot, _hit: Hit) -> None:
    for _ in range(7):
        qtbot.keyClick(window.box.line, Qt.Key.Key_Down)


def _page(window: MainWindow, qtbot: QtBot, _hit: Hit) -> None:
    for _ in range(3):
        qtbot.keyClick(window.view(SearchView).list, Qt.Key.Key_PageDown)


def _open(window: MainWindow, qtbot: QtBot, hit: Hit) -> None:
    _click(window, qtbot, hit)
    qtbot.keyClick(window.view(SearchView).list, Qt.Key.Key_Return)


def _nothing(window: MainWindow, qtbot: QtBot, _hit: Hit) -> None:
    pass


@pytest.mark.parametrize("before", [_nothing, _click, _arrow, _page, _open])
@pytest.mark.parametrize(
    ("first", "second"),
    [(STRONG, STRONG[::-1]), (WEAK, WEAK[::-1]), (SOME_WEAK, WEAK[::-1]), (WEAK, [*WEAK[5:], *STRONG[3:5]])],
)
def test_another_question_is_shown_from_its_best_hit_on(
    window: MainWindow,
    qtbot: QtBot,
    answers: _Answers,
    before: Callable[[MainWindow, QtBot, Hit], None],
    first: Sequence[Hit],
    second: Sequence[Hit],
) -> None:
    answers.give("one", first)
    answers.give("one more", second)
    _type(window, qtbot, "one")
    _assert_best_at_the_top(window)
    before(window, qtbot, first[9])
    window.box.line.setFocus()
    window.box.line.end(False)
    qtbot.keyClicks(window.box.line, " more")
    _settle(window, qtbot, "one more")
    _assert_best_at_the_top(window)


def test_another_filter_or_grouping_is_another_question(
    window: MainWindow, qtbot: QtBot, answers: _Answers
) -> None:
    answers.give("one", STRONG)
    _type(window, qtbot, "one")
    view = window.view(SearchView)
    others: list[Callable[[], None]] = [
        lambda: view.arrangement.grouped.setChecked(False),
        lambda: view.arrangement.order.setCurrentIndex(1),
        lambda: window.side_bar.choose(Target("filter", "type:note")),
        lambda: window.box.ask("tag:cars one"),
    ]
    for ask in others:
        _click(window, qtbot, STRONG[9])
        ask()
        qtbot.waitUntil(lambda: view.settled)
        _assert_best_at_the_top(window)


def test_the_best_hit_of_the_refined_order_is_selected_where_none_was_chosen(
    window: MainWindow, qtbot: QtBot, answers: _Answers
) -> None:
    answers.give("one", SOME_WEAK, [WEAK[12], *WEAK[:12], *WEAK[13:]])
    _type(window, qtbot, "one")
    _assert_best_at_the_top(window)
    assert window.view(SearchView).current() == WEAK[12]


@pytest.mark.parametrize("choose", [_click, _open])
def test_a_chosen_card_keeps_its_place_while_its_question_is_refined(
    window: MainWindow, qtbot: QtBot, answers: _Answers, choose: Callable[[MainWindow, QtBot, Hit], None]
) -> None:
    answers.refining.clear()
    answers.give("one", STRONG, STRONG[::-1])
    view = window.view(SearchView)
    window.box.ask("one")
    qtbot.waitUntil(lambda: view.model.rowCount() == 20)
    choose(window, qtbot, STRONG[9])
    place = _top(window)
    answers.refining.set()
    qtbot.waitUntil(lambda: view.settled)
    assert view.current() == STRONG[9]
    assert view.list.currentIndex().row() == 10
    assert _top(window) == place


def test_a_list_that_is_being_looked_through_stays_where_it_is(
    window: MainWindow, qtbot: QtBot, answers: _Answers
) -> None:
    answers.refining.clear()
    answers.give("one", STRONG, [STRONG[1], STRONG[0], *STRONG[2:]])
    view = window.view(SearchView)
    window.box.ask("one")
    qtbot.waitUntil(lambda: view.model.rowCount() == 20)
    view.list.verticalScrollBar().triggerAction(view.list.verticalScrollBar().SliderAction.SliderPageStepAdd)
    seen = view.list.indexAt(QPoint(40, 200)).data(ROW_ROLE)
    answers.refining.set()
    qtbot.waitUntil(lambda: view.settled)
    assert view.list.indexAt(QPoint(40, 200)).data(ROW_ROLE) == seen
    assert view.current() == STRONG[0]


def test_a_card_clicked_while_another_question_is_asked_is_not_kept(
    window: MainWindow, qtbot: QtBot, answers: _Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers.give("one", STRONG)
    answers.give("two", STRONG[::-1])
    _type(window, qtbot, "one")
    asked, search = threading.Event(), answers.search

    def slowly(query: str, options: SearchOptions) -> SearchResult:
        asked.wait(10)
        return search(query, options)

    monkeypatch.setattr(window.bridge.kb, "search", slowly)
    window.box.ask("two")
    _click(window, qtbot, STRONG[9])
    asked.set()
    _settle(window, qtbot, "two")
    _assert_best_at_the_top(window)


def test_a_chosen_card_is_found_again_after_its_document_changed(
    window: MainWindow, qtbot: QtBot, answers: _Answers
) -> None:
    answers.give("one", STRONG)
    _type(window, qtbot, "one")
    _click(window, qtbot, STRONG[9])
    longer = replace(STRONG[9], end=STRONG[9].end + 12)
    answers.give("one", [*STRONG[10:], longer, *STRONG[:9]])
    window.reload()
    qtbot.waitUntil(lambda: window.view(SearchView).model.hits()[0] == STRONG[10])
    assert window.view(SearchView).current() == longer


def test_a_library_that_changes_meanwhile_refines_the_answer_and_nothing_else(
    window: MainWindow, qtbot: QtBot, answers: _Answers
) -> None:
    answers.give("one", STRONG, STRONG[::-1])
    _type(window, qtbot, "one")
    view = window.view(SearchView)
    seen: list[tuple[Hit, ...]] = []
    view.model.modelReset.connect(lambda: seen.append(tuple(view.model.hits())))
    answers.refining.clear()
    with qtbot.waitSignal(window.bridge.searched):
        window.reload()
    qtbot.keyClick(window.box.line, Qt.Key.Key_Return)
    assert not window.box.line.hasFocus()  # what is on the screen is answered, and can be opened
    answers.give("one", STRONG, [WEAK[0], *STRONG[::-1]])
    # What changes before the answer has come is answered after it: else none would ever come.
    reloaded = view.documents
    window.reload()
    qtbot.waitUntil(lambda: view.documents is not reloaded)
    answers.refining.set()
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert [hits[0] for hits in seen] == [STRONG[-1], STRONG[-1]]
    assert len(seen[-1]) == 21
    qtbot.waitUntil(lambda: view.settled)


def test_enter_opens_no_card_of_a_question_that_is_over(
    window: MainWindow, qtbot: QtBot, answers: _Answers
) -> None:
    answers.give("one", STRONG)
    answers.give("two", STRONG[::-1])
    _type(window, qtbot, "one")
    _click(window, qtbot, STRONG[9])
    window.box.focus()
    qtbot.keyClicks(window.box.line, "two")
    qtbot.keyClick(window.box.line, Qt.Key.Key_Return)
    assert window.box.line.hasFocus()
    _settle(window, qtbot, "two")
    _assert_best_at_the_top(window)
