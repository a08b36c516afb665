"""What is selected, where it stands and what the preview shows of it, as answers come and go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, QPoint, QSettings, Qt, QTimer
from PySide6.QtWidgets import QApplication, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.library.library_view import LibraryView
from desktop_kb.gui.search import taking
from desktop_kb.gui.search.hit_model import ROW_ROLE
from desktop_kb.gui.search.hit_model import WEAK as WEAK_ONES
from desktop_kb.gui.search.search_view import SearchView
from desktop_kb.gui.targets import related_to
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

    def search(self, query: str, options: SearchOptions, **_more: object) -> SearchResult:
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


def _row(window: MainWindow, hit: Hit | None) -> QModelIndex:
    """The row of a hit, or the first line that opens more."""
    cards = window.view(SearchView).results.list
    rows = (cards.model().index(row, 0) for row in range(cards.model().rowCount()))
    return next((index for index in rows if index.data(ROW_ROLE).hit == hit), QModelIndex())


def _click(window: MainWindow, qtbot: QtBot, hit: Hit) -> None:
    cards = window.view(SearchView).results.list
    if not _row(window, hit).isValid():
        _click_line(window, qtbot)
    index = _row(window, hit)
    cards.scrollTo(index)
    place = cards.visualRect(index).topLeft() + QPoint(40, 24)
    qtbot.mouseClick(cards.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert window.view(SearchView).current() == hit


def _click_line(window: MainWindow, qtbot: QtBot) -> None:
    """Click on the line that opens more."""
    cards, line = window.view(SearchView).results.list, _row(window, None)
    cards.scrollTo(line)
    qtbot.mouseClick(cards.viewport(), Qt.MouseButton.LeftButton, pos=cards.visualRect(line).center())


def _shown(window: MainWindow) -> list[str]:
    """The rows: the titles of cards, what lines say."""
    model = window.view(SearchView).results.model
    rows = (model.index(row, 0).data(ROW_ROLE) for row in range(model.rowCount()))
    return [row.hit.title if row.hit else row.words for row in rows]


def _top(window: MainWindow) -> int:
    cards = window.view(SearchView).results.list
    return cards.visualRect(cards.currentIndex()).top()


def _assert_best_at_the_top(window: MainWindow) -> None:
    view = window.view(SearchView)
    assert view.current() == view.results.model.hits()[0]
    assert view.results.list.verticalScrollBar().value() == 0
    assert (
        view.results.list.viewport()
        .rect()
        .contains(view.results.list.visualRect(view.results.list.currentIndex()).topLeft())
    )


def _arrow(window: MainWindow, qtbot: QtBot, _hit: Hit) -> None:
    for _ in range(7):
        qtbot.keyClick(window.box.line, Qt.Key.Key_Down)


def _page(window: MainWindow, qtbot: QtBot, _hit: Hit) -> None:
    for _ in range(3):
        qtbot.keyClick(window.view(SearchView).results.list, Qt.Key.Key_PageDown)


def _open(window: MainWindow, qtbot: QtBot, hit: Hit) -> None:
    _click(window, qtbot, hit)
    qtbot.keyClick(window.view(SearchView).results.list, Qt.Key.Key_Return)


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
        lambda: view.results.arrangement.grouped.setChecked(False),
        lambda: view.results.arrangement.order.setCurrentIndex(1),
        lambda: window.side_bar.setCurrentRow(1),
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
    qtbot.waitUntil(lambda: view.results.model.rowCount() == 20)
    choose(window, qtbot, STRONG[9])
    place = _top(window)
    answers.refining.set()
    qtbot.waitUntil(lambda: view.settled)
    assert view.current() == STRONG[9]
    assert view.results.list.currentIndex().row() == 10
    assert _top(window) == place


def test_a_list_that_is_being_looked_through_stays_where_it_is(
    window: MainWindow, qtbot: QtBot, answers: _Answers
) -> None:
    answers.refining.clear()
    answers.give("one", STRONG, [STRONG[1], STRONG[0], *STRONG[2:]])
    view = window.view(SearchView)
    window.box.ask("one")
    qtbot.waitUntil(lambda: view.results.model.rowCount() == 20)
    view.results.list.verticalScrollBar().triggerAction(
        view.results.list.verticalScrollBar().SliderAction.SliderPageStepAdd
    )
    seen = view.results.list.indexAt(QPoint(40, 200)).data(ROW_ROLE)
    answers.refining.set()
    qtbot.waitUntil(lambda: view.settled)
    assert view.results.list.indexAt(QPoint(40, 200)).data(ROW_ROLE) == seen
    assert view.current() == STRONG[0]


def test_a_card_clicked_while_another_question_is_asked_is_not_kept(
    window: MainWindow, qtbot: QtBot, answers: _Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers.give("one", STRONG)
    answers.give("two", STRONG[::-1])
    _type(window, qtbot, "one")
    asked, search = threading.Event(), answers.search

    def slowly(query: str, options: SearchOptions, **_more: object) -> SearchResult:
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
    qtbot.waitUntil(lambda: window.view(SearchView).results.model.hits()[0] == STRONG[10])
    assert window.view(SearchView).current() == longer


def test_a_library_that_changes_meanwhile_refines_the_answer_and_nothing_else(
    window: MainWindow, qtbot: QtBot, answers: _Answers
) -> None:
    answers.give("one", STRONG, STRONG[::-1])
    _type(window, qtbot, "one")
    view = window.view(SearchView)
    seen: list[tuple[Hit, ...]] = []
    view.results.model.modelReset.connect(lambda: seen.append(tuple(view.results.model.hits())))
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


BOOK = [replace(STRONG[0], start=number, rank=number) for number in range(7)]


def test_weak_hits_are_unfolded_by_enter_and_by_a_click(
    window: MainWindow, qtbot: QtBot, answers: _Answers
) -> None:
    answers.give("one", [*STRONG[:2], *WEAK[:3]])
    answers.give("two", [*STRONG[:2], *WEAK[:3]])
    _type(window, qtbot, "one")
    assert _shown(window) == ["s0", "s1", "3 weaker matches"]
    for _ in range(2):
        qtbot.keyClick(window.box.line, Qt.Key.Key_Down)
    assert window.view(SearchView).current() is None
    qtbot.keyClick(window.box.line, Qt.Key.Key_Return)
    assert _shown(window) == ["s0", "s1", "w0", "w1", "w2"]
    assert window.view(SearchView).current() == WEAK[0]
    cards = window.view(SearchView).results.list
    qtbot.keyClick(cards, Qt.Key.Key_Left)
    assert _shown(window) == ["s0", "s1", "3 weaker matches"]
    qtbot.keyClick(cards, Qt.Key.Key_Right)
    assert len(_shown(window)) == 5
    _type(window, qtbot, "two")  # another question
    _click_line(window, qtbot)
    assert _shown(window) == ["s0", "s1", "w0", "w1", "w2"]
    heading = cards.visualRect(_row(window, WEAK[0])).topLeft() + QPoint(cards.width() // 2, 12)
    qtbot.mouseClick(cards.viewport(), Qt.MouseButton.LeftButton, pos=heading)
    assert _shown(window) == ["s0", "s1", "3 weaker matches"]


def test_the_passages_of_a_document_stand_together_under_one_title(
    window: MainWindow, qtbot: QtBot, answers: _Answers
) -> None:
    answers.give("one", [BOOK[0], STRONG[1], *BOOK[1:]])
    _type(window, qtbot, "one")
    view = window.view(SearchView)
    assert _shown(window) == ["s0", "s0", "s0", "4 more passages", "s1"]
    for _ in range(3):
        qtbot.keyClick(view.results.list, Qt.Key.Key_Down)
    qtbot.keyClick(view.results.list, Qt.Key.Key_Return)
    assert _shown(window) == ["s0"] * 7 + ["s1"]
    assert view.current() == BOOK[3]
    assert not view.preview.text.hasFocus()  # Enter on the line unfolds, and opens nothing
    qtbot.keyClick(view.results.list, Qt.Key.Key_Left)
    assert _shown(window)[3] == "4 more passages"
    view.results.list.setCurrentIndex(_row(window, BOOK[2]))
    view.preview.next_requested.emit()  # from the preview on, lines are no stop
    assert view.current() == BOOK[3]
    view.results.arrangement.grouped.setChecked(False)
    qtbot.waitUntil(lambda: view.settled)
    assert _shown(window) == ["s0", "s1", *["s0"] * 6]


def test_enter_opens_the_selected_hit_before_the_order_is_final(
    window: MainWindow, qtbot: QtBot, answers: _Answers
) -> None:
    answers.refining.clear()
    answers.give("one", STRONG, STRONG[::-1])
    view = window.view(SearchView)
    qtbot.keyClicks(window.box.line, "one")
    qtbot.waitUntil(lambda: view.results.model.rowCount() == 20)
    qtbot.keyClick(window.box.line, Qt.Key.Key_Return)
    assert view.preview.isAncestorOf(window.focusWidget())
    answers.refining.set()
    qtbot.waitUntil(lambda: view.settled)
    assert view.current() == STRONG[0]


def test_in_two_places_leads_to_the_copy(window: MainWindow, qtbot: QtBot, notes: Path) -> None:
    text = (notes / "bees.md").read_text(encoding="utf-8")
    (notes / "hive.md").write_text(text.replace("# Bees in winter", "# Hives"), encoding="utf-8")
    window.resize(1300, 700)
    window.add([notes])
    qtbot.waitUntil(lambda: len(window.documents) == 3 and window.drawn)
    view = window.view(SearchView)
    window.box.ask("twenty kilograms of honey")
    qtbot.waitUntil(lambda: view.settled and view.current() is not None)
    hit = view.current()
    assert hit is not None
    cards = view.results.list
    card = cards.visualRect(cards.currentIndex())
    seen: list[list[str]] = []

    def choose() -> None:
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        seen.append([action.text() for action in menu.actions()])
        menu.actions()[0].trigger()
        menu.close()

    # Of the title's right end, what stands before the year and the kind leads to the other places.
    for x in range(card.right() - 20, card.center().x(), -8):
        QTimer.singleShot(0, lambda: choose() if QApplication.activePopupWidget() else None)
        QTimer.singleShot(100, lambda: choose() if QApplication.activePopupWidget() else None)
        qtbot.mouseClick(cards.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, card.top() + 20))
        if seen:
            break
    (offered,) = seen
    other = "hive.md" if hit.path.endswith("bees.md") else "bees.md"
    assert len(offered) == 1
    assert Path(offered[0].partition(" · ")[0]).name == other
    heading = "Hives" if other == "hive.md" else "Bees in winter"
    qtbot.waitUntil(lambda: heading in view.preview.text.toPlainText())
    assert view.preview.isAncestorOf(window.focusWidget())


def test_related_passages_leave_the_question_in_the_box(
    window: MainWindow, qtbot: QtBot, notes: Path
) -> None:
    (notes / "hive.md").write_text("# Hives\n\nIn the hive the cluster eats honey.\n", encoding="utf-8")
    window.add([notes])
    qtbot.waitUntil(lambda: len(window.documents) == 3 and window.drawn)
    view = window.view(SearchView)
    window.box.ask("twenty kilograms")
    qtbot.waitUntil(lambda: view.settled and view.current() is not None)
    assert _shown(window) == ["Bees in winter"]
    view.action_set["similar"].trigger()
    qtbot.waitUntil(lambda: view.settled and _shown(window) == ["Hives"])
    assert window.box.text() == "twenty kilograms"
    steering = view.results.steering
    assert steering.words.text() == "Passages related to one of 'Bees in winter'"
    assert steering.isVisible()
    view.action_set["similar"].trigger()  # and from there on
    qtbot.waitUntil(lambda: view.settled and _shown(window) == ["Bees in winter"])
    for expected in ("Hives", "Bees in winter"):
        qtbot.keyClick(window, Qt.Key.Key_Escape)
        qtbot.waitUntil(lambda expected=expected: view.settled and _shown(window) == [expected])  # type: ignore[misc]
    assert not steering.isVisible()
    assert window.box.text() == "twenty kilograms"
    # From the passages of a document too.
    window.open(related_to(window.documents[0].document, 0, 1))
    qtbot.waitUntil(lambda: view.settled and steering.isVisible())
    window.box.ask("honey")
    qtbot.waitUntil(lambda: view.settled and not steering.isVisible())


def test_more_and_less_of_a_hit_are_asked_for_said_and_undone(
    window: MainWindow, qtbot: QtBot, answers: _Answers, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers.give("one", STRONG)
    asked: list[SearchOptions] = []

    def search(query: str, options: SearchOptions, **_more: object) -> SearchResult:
        asked.append(options)
        return answers.search(query, options)

    monkeypatch.setattr(bridge.kb, "search", search)
    _type(window, qtbot, "one")
    view = window.view(SearchView)
    steering = view.results.steering

    def wanted() -> tuple[tuple[str, ...], tuple[str, ...]]:
        qtbot.waitUntil(lambda: view.settled)
        return tuple(one[0] for one in asked[-1].more), tuple(one[0] for one in asked[-1].less)

    view.action_set["more-like"].trigger()
    assert wanted() == (("s0",), ())
    _click(window, qtbot, STRONG[3])
    view.action_set["less-like"].trigger()
    assert wanted() == (("s0",), ("s3",))
    assert steering.words.text() == "More like 1 hit, less like 1 hit"
    _click(window, qtbot, STRONG[0])
    view.action_set["less-like"].trigger()  # changed one's mind
    assert wanted() == ((), ("s3", "s0"))
    qtbot.mouseClick(steering.undo, Qt.MouseButton.LeftButton)
    assert wanted() == (("s0",), ("s3",))
    qtbot.mouseClick(steering.undo, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(steering.undo, Qt.MouseButton.LeftButton)
    assert wanted() == ((), ())
    assert not steering.isVisible()


def test_old_hits_are_marked_while_another_question_is_answered(
    window: MainWindow, qtbot: QtBot, answers: _Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers.give("one", STRONG)
    answers.give("two", STRONG[::-1])
    _type(window, qtbot, "one")
    results = window.view(SearchView).results
    faded, search = threading.Event(), answers.search

    def slowly(query: str, options: SearchOptions, **_more: object) -> SearchResult:
        faded.wait(60)
        return search(query, options)

    def ink() -> int:
        """How much darker than the card its darkest letters are."""
        picture = results.list.viewport().grab().toImage()
        return min(picture.pixelColor(x, y).lightness() for x in range(20, 200) for y in range(12, 40))

    before = ink()
    monkeypatch.setattr(window.bridge.kb, "search", slowly)
    window.box.ask("two")
    assert ink() == before  # not at once: most answers come before one sees it
    qtbot.waitUntil(lambda: ink() > before + 60)
    assert results.hairline.isVisible()
    faded.set()
    _settle(window, qtbot, "two")
    assert ink() == before
    assert not results.hairline.isVisible()


def test_hits_are_copied_and_saved(
    window: MainWindow, qtbot: QtBot, answers: _Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers.give("one", [*STRONG[:2], *WEAK[:3]])
    _type(window, qtbot, "one")
    view = window.view(SearchView)
    view.action_set["copy-hits"].trigger()
    copied = QApplication.clipboard().text()
    assert copied.count("\n— ") == 2  # what is folded away is not taken along
    view.results.toggle(WEAK_ONES)
    view.action_set["copy-hits"].trigger()
    assert QApplication.clipboard().text().count("\n— ") == 5
    for suffix, begins in ((".md", b"> Of s0"), (".csv", b"\xef\xbb\xbfrank,"), (".bib", b"@misc{s0,")):
        place = tmp_path / f"hits{suffix}"
        monkeypatch.setattr(taking, "ask_new_file", lambda *_asked, place=place: place)
        view.action_set["save-hits"].trigger()
        assert place.read_bytes().startswith(begins)
    monkeypatch.setattr(taking, "ask_new_file", lambda *_asked: tmp_path / "none" / "hits.md")
    view.action_set["save-hits"].trigger()
    assert "'hits.md' could not be saved" in view.results.note.text()


def _lines(window: MainWindow) -> list[QPushButton]:
    start = window.view(SearchView).results.start
    return [one for one in start.findChildren(QPushButton) if one.isVisible()]


def test_with_an_empty_box_one_goes_on_where_one_was(
    window: MainWindow, qtbot: QtBot, notes: Path, bridge: Bridge
) -> None:
    window.resize(1300, 800)
    window.add([notes])
    qtbot.waitUntil(lambda: len(window.documents) == 2 and window.drawn)
    view = window.view(SearchView)
    qtbot.waitUntil(lambda: len(_lines(window)) == 2)  # what was added
    assert view.results.start.isVisible()
    window.box.ask("twenty kilograms")
    qtbot.waitUntil(lambda: view.settled and view.current() is not None)
    qtbot.keyClick(window.box.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "shivers" in view.preview.text.toPlainText())
    window.box.clear()
    qtbot.waitUntil(lambda: view.results.start.isVisible() and len(_lines(window)) == 4)
    read, asked, *added = (one.accessibleName() for one in _lines(window))
    assert read.startswith("Bees in winter")
    assert asked == "twenty kilograms"
    assert {one.partition("  ·  ")[0] for one in added} == {"Bees in winter", "冲泡乌龙茶"}
    qtbot.mouseClick(_lines(window)[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "twenty kilograms" in view.preview.text.passage_text())
    window.reload()  # while it is read
    qtbot.waitUntil(lambda: window.drawn)
    assert "twenty kilograms" in view.preview.text.passage_text()
    qtbot.keyClick(_lines(window)[1], Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.settled and view.current() is not None)
    assert window.box.text() == "twenty kilograms"
    window.close()
    # And so at the next start.
    other = MainWindow(bridge, QSettings(window._state.fileName(), QSettings.Format.IniFormat))
    qtbot.addWidget(other)
    other.show()
    qtbot.waitUntil(lambda: len(_lines(other)) == 4)
    assert [one.accessibleName() for one in _lines(other)][1] == "twenty kilograms"


def test_what_was_opened_in_the_library_is_found_again_where_it_was_left(
    window: MainWindow, qtbot: QtBot, notes: Path
) -> None:
    (notes / "long.md").write_text("# A long one\n\n" + "".join(f"Line {n} of many.\n\n" for n in range(400)))
    window.resize(1300, 800)
    window.add([notes])
    qtbot.waitUntil(lambda: len(window.documents) == 3 and window.drawn)
    window.go("library")
    library = window.view(LibraryView)
    rows = [one.title for one in library.model.documents()]
    library.table.selectRow(rows.index("A long one"))
    library.read_here()
    text = library.look.preview.text
    qtbot.waitUntil(lambda: "Line 399" in text.toPlainText())
    for _ in range(8):
        qtbot.keyClick(text, Qt.Key.Key_PageDown)
    qtbot.wait(700)
    library.close_preview()
    window.go("search")
    qtbot.wait(50)
    line = next(one for one in _lines(window) if one.accessibleName() == "A long one")
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton)
    shown = window.view(SearchView).preview.text
    qtbot.waitUntil(lambda: "Line 399" in shown.toPlainText())
    qtbot.waitUntil(lambda: shown.verticalScrollBar().value() > 0)
