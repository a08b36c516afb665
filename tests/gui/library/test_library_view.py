"""The table of documents in the real window: what is selected survives, and the box narrows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from desktop_kb.gui.library.document_model import NUMBERS, first_trouble
from desktop_kb.gui.library.library_view import LibraryView
from desktop_kb.gui.targets import EVERYTHING, FAILED, TRASH, Target
from desktop_kb.gui.window import MainWindow
from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import DocumentFilter

COLOURS = ("red", "green", "blue")
#: Looks at the table, 10 ms apart, that find it as high as the one before.
_STEADY = 20


@pytest.fixture
def window(window: MainWindow, qtbot: QtBot, notes: Path) -> MainWindow:
    """Forty notes more, of three colours, in the library view."""
    for number in range(40):
        front = f"---\ntags: [{COLOURS[number % 3]}, birds]\nyear: {2000 + number}\n---\n"
        (notes / f"{number:02}.md").write_text(f"{front}# Note {number:02}\n\nOwl number {number} sleeps.\n")
    window.resize(1200, 700)
    window.add([notes])
    qtbot.waitUntil(lambda: [d.status for d in window.documents] == ["ready"] * 42, timeout=30_000)
    window.go("library")
    table = window.view(LibraryView).table
    table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    heights: list[int] = []

    def steady() -> bool:
        heights.append(table.viewport().height())
        return len(heights) > _STEADY and len(set(heights[-_STEADY:])) == 1

    qtbot.waitUntil(steady, timeout=20_000)  # the line about what was added takes room of the table
    return window


def _titles(window: MainWindow) -> list[str]:
    return [document.title for document in window.view(LibraryView).model.documents()]


def _selected(window: MainWindow) -> list[str]:
    return [document.title for document in window.view(LibraryView).selected()]


def _row(window: MainWindow, title: str) -> int:
    return _titles(window).index(title)


def _click(
    window: MainWindow, qtbot: QtBot, title: str, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    table = window.view(LibraryView).table
    index = table.model().index(_row(window, title), 0)
    table.scrollTo(index)
    place = table.visualRect(index).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, keys, place)


def _top(window: MainWindow) -> int:
    table = window.view(LibraryView).table
    return table.visualRect(table.currentIndex()).top()


def _await_library(window: MainWindow, qtbot: QtBot, act: Callable[[], object]) -> None:
    """Until what the act has changed is shown."""
    before = window.documents
    act()
    qtbot.waitUntil(lambda: window.documents is not before, timeout=20_000)
    qtbot.wait(50)


def _refresh(window: MainWindow, qtbot: QtBot, _notes: Path) -> None:
    _await_library(window, qtbot, lambda: qtbot.keyClick(window, Qt.Key.Key_F5))


def _tag(window: MainWindow, qtbot: QtBot, _notes: Path) -> None:
    view = window.view(LibraryView)
    view.add_tag()
    field = view.details._fields["tag"]
    qtbot.waitUntil(field.hasFocus)
    qtbot.keyClicks(field, "owls")
    _await_library(window, qtbot, lambda: qtbot.keyClick(field, Qt.Key.Key_Return))
    qtbot.waitUntil(lambda: all("owls" in document.tags for document in window.view(LibraryView).selected()))


def _add(window: MainWindow, qtbot: QtBot, notes: Path) -> None:
    (notes / "new.md").write_text("# A new one\n\nIt stands first.\n")
    window.add([notes / "new.md"])
    qtbot.waitUntil(lambda: "A new one" in _titles(window), timeout=20_000)


def _read_again(window: MainWindow, qtbot: QtBot, notes: Path) -> None:
    (notes / "12.md").write_text("# Note 12\n\nOwl number 12 is awake.\n")
    _await_library(window, qtbot, window.view(LibraryView).read_again)


def _sort(window: MainWindow, qtbot: QtBot, _notes: Path) -> None:
    window.view(LibraryView).table.sortByColumn(0, Qt.SortOrder.DescendingOrder)


@pytest.mark.parametrize("change", [_refresh, _tag, _add, _read_again, _sort])
def test_what_is_selected_survives_whatever_replaces_the_rows(
    window: MainWindow,
    qtbot: QtBot,
    notes: Path,
    change: Callable[[MainWindow, QtBot, Path], None],
) -> None:
    table = window.view(LibraryView).table
    chosen = ["Note 03", "Note 12", "Note 13"]
    _click(window, qtbot, chosen[0])
    for title in chosen[1:]:
        _click(window, qtbot, title, Qt.KeyboardModifier.ControlModifier)
    place = _top(window)
    change(window, qtbot, notes)
    assert sorted(_selected(window)) == chosen
    assert window.view(LibraryView).model.document(table.currentIndex().row()).title == "Note 13"
    assert _top(window) == place
    after = _titles(window)[table.currentIndex().row() + 1]
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert _selected(window) == [after]


@pytest.mark.parametrize("order", [Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder])
def test_the_arrow_of_a_sorted_column_points_to_where_it_ends(
    window: MainWindow, qtbot: QtBot, order: Qt.SortOrder
) -> None:
    table = window.view(LibraryView).table
    added = NUMBERS["added"]
    table.sortByColumn(added, order)
    header = table.horizontalHeader()
    right = header.sectionViewportPosition(added) + header.sectionSize(added)
    picture = header.viewport().grab(QRect(right - 24, 4, 22, header.height() - 8)).toImage()
    ground = picture.pixelColor(0, 0)
    rows = [
        [x for x in range(picture.width()) if picture.pixelColor(x, y) != ground]
        for y in range(picture.height())
    ]
    spread = [max(row) - min(row) for row in rows if row]
    assert (spread[0] > spread[-1]) == (order == Qt.SortOrder.DescendingOrder)


def test_keys_go_on_from_what_was_selected(window: MainWindow, qtbot: QtBot) -> None:
    _click(window, qtbot, "Note 12")
    _refresh(window, qtbot, Path())
    qtbot.keyClick(window.view(LibraryView).table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert _selected(window) == ["Note 12", "Note 13"]


def test_all_are_selected_and_stay_so(window: MainWindow, qtbot: QtBot) -> None:
    window.view(LibraryView).table.selectAll()
    _refresh(window, qtbot, Path())
    assert len(_selected(window)) == 42


def test_of_many_only_the_first_are_looked_at_for_what_is_to_be_said(window: MainWindow) -> None:
    document = window.documents[0]
    assert first_trouble(repeat(document), removed=False) == ()
    failed = replace(document, status="failed", error_code="no-text")
    assert [one.code for one in first_trouble(chain([document], repeat(failed)), removed=False)] == [
        "no-text"
    ]


def test_the_box_filters_what_the_trash_holds(window: MainWindow, qtbot: QtBot) -> None:
    view = window.view(LibraryView)
    table = view.table
    for title in ("Note 03", "Note 30", "Note 31"):
        _click(window, qtbot, title)
        _await_library(window, qtbot, view.remove)
    window.box.line.setText('"note 3"')
    window.side_bar.choose(TRASH)
    qtbot.waitUntil(lambda: window.drawn and sorted(_titles(window)) == ["Note 30", "Note 31"])
    assert table.isVisible()


def test_a_row_that_is_not_in_sight_stays_out_of_it(window: MainWindow, qtbot: QtBot) -> None:
    table = window.view(LibraryView).table
    _click(window, qtbot, "Note 03")
    table.verticalScrollBar().setValue(20)
    _refresh(window, qtbot, Path())
    assert table.verticalScrollBar().value() == 20
    assert _selected(window) == ["Note 03"]


def test_what_was_removed_is_not_selected_and_the_keys_stay_where_it_stood(
    window: MainWindow, qtbot: QtBot
) -> None:
    library = window.view(LibraryView)
    _click(window, qtbot, "Note 12")
    row = library.table.currentIndex().row()
    qtbot.keyClick(library.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: "Note 12" not in _titles(window))
    assert _selected(window) == []
    assert not any(action.isEnabled() for action in library._links)
    assert library.table.currentIndex().row() == row


def test_what_the_words_in_the_box_hide_is_not_selected(window: MainWindow, qtbot: QtBot) -> None:
    _click(window, qtbot, "Note 12")
    _click(window, qtbot, "Note 23", Qt.KeyboardModifier.ControlModifier)
    window.box.ask('"note 2"')
    qtbot.waitUntil(lambda: len(_titles(window)) == 10)
    assert _selected(window) == ["Note 23"]
    window.box.clear()
    qtbot.waitUntil(lambda: len(_titles(window)) == 42)
    assert _selected(window) == ["Note 23"]


def test_what_is_filtered_to_others_begins_at_its_first_row(window: MainWindow, qtbot: QtBot) -> None:
    _click(window, qtbot, "Note 36")
    window.box.ask("tag:green")
    qtbot.waitUntil(lambda: len(_titles(window)) == 13)
    table = window.view(LibraryView).table
    assert table.verticalScrollBar().value() == 0
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert _selected(window) == ["Note 01"]


@pytest.mark.parametrize(
    ("asked", "titles"),
    [
        ("tag:red", [f"Note {n:02}" for n in range(0, 40, 3)]),
        ('tag:red "note 1"', ["Note 12", "Note 15", "Note 18"]),
        ("tag:RED year>=2030", ["Note 30", "Note 33", "Note 36", "Note 39"]),
        ("-tag:birds", ["Bees in winter", "冲泡乌龙茶"]),
        ("-tag:red -tag:blue year<2005", ["Note 01", "Note 04"]),
        ('"note 12"', ["Note 12"]),
        ("note -tag:red -note", []),
        ("tag:birds title:nosuch", []),
    ],
)
def test_the_box_filters_the_table_by_filters_and_words(
    window: MainWindow, qtbot: QtBot, asked: str, titles: list[str]
) -> None:
    window.box.ask(asked)
    qtbot.waitUntil(lambda: _titles(window) == titles)
    shown = window.view(LibraryView).pages.currentWidget()
    assert shown is (window.view(LibraryView).table if titles else window.view(LibraryView).blank)


def test_what_is_done_is_done_to_what_a_filter_shows(window: MainWindow, qtbot: QtBot) -> None:
    library = window.view(LibraryView)
    library.table.selectAll()
    window.box.focus()
    qtbot.keyClicks(window.box.line, "tag:red ")
    assert window.box.filters() == ("tag:red",)
    qtbot.waitUntil(lambda: len(_titles(window)) == 14)
    library.table.selectAll()
    library.remove()
    qtbot.waitUntil(lambda: len(window.documents) == 28)
    assert not any("red" in document.tags for document in window.documents)
    window.side_bar.choose(TRASH)
    qtbot.waitUntil(lambda: library.model.rowCount() == 14)
    qtbot.keyClicks(window.box.line, "year>=2020 ")
    qtbot.waitUntil(lambda: _titles(window) == [f"Note {n}" for n in range(21, 40, 3)])


def test_a_filter_holds_before_it_is_a_chip_and_when_enter_makes_it_one(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.box.focus()
    qtbot.keyClicks(window.box.line, "tag:green")
    qtbot.waitUntil(lambda: len(_titles(window)) == 13)
    assert window.box.filters() == ()
    window.box.clear()
    qtbot.waitUntil(lambda: len(_titles(window)) == 42)
    qtbot.keyClicks(window.box.line, "tag:blue")
    qtbot.keyClick(window.box.line, Qt.Key.Key_Return)
    assert window.box.filters() == ("tag:blue",)
    qtbot.waitUntil(lambda: len(_titles(window)) == 13)
    assert all("blue" in document.tags for document in window.view(LibraryView).model.documents())


def test_a_document_that_a_filter_lets_through_no_more_goes(window: MainWindow, qtbot: QtBot) -> None:
    window.box.ask("tag:red")
    qtbot.waitUntil(lambda: len(_titles(window)) == 14)
    _click(window, qtbot, "Note 12")
    window.view(LibraryView).changes.tag(window.view(LibraryView).selected(), (), ["red"])
    qtbot.waitUntil(lambda: len(_titles(window)) == 13)
    assert _selected(window) == []


def _within(filter: str) -> Target:
    return Target("filter", filter)


def test_places_and_filters_hold_together(window: MainWindow, qtbot: QtBot, notes: Path) -> None:
    (notes / "page.html").write_text("<title>A page</title><p>The owl is on the roof.</p>")
    window.add([notes / "page.html"])
    qtbot.waitUntil(lambda: "A page" in _titles(window), timeout=20_000)
    for target, asked, count in (
        (_within("type:note"), "", 42), (_within("tag:red"), "", 14), (_within("tag:red"), "year<2010", 4),
        (_within("tag:red"), "tag:blue", 0), (FAILED, "tag:red", 0), (_within("type:pdf"), "", 0),
        (EVERYTHING, "", 43),
    ):  # fmt: skip
        window.side_bar.choose(target)
        window.box.ask(asked)
        qtbot.waitUntil(lambda count=count: len(_titles(window)) == count)  # type: ignore[misc]


def test_a_tag_with_a_quotation_mark_is_a_place_and_a_chip(window: MainWindow, qtbot: QtBot) -> None:
    kb, tag = window.bridge.kb, '24" and up'
    kb.tag([document.document for document in kb.documents()[:3]], [tag])
    window.reload()
    qtbot.waitUntil(lambda: any(tag in document.tags for document in window.documents))
    written = 'tag:"24"" and up"'
    window.side_bar.choose(_within(written))
    qtbot.waitUntil(lambda: len(_titles(window)) == 3)
    window.side_bar.choose(EVERYTHING)
    window.box.ask(written)
    assert window.box.filters() == (written,)
    qtbot.waitUntil(lambda: len(_titles(window)) == 3)


def test_until_it_is_known_what_a_filter_lets_through_nothing_is_done(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    known, filter_documents = threading.Event(), KnowledgeBase.filter

    def slowly(*given: object, **named: object) -> DocumentFilter:
        known.wait(10)
        return filter_documents(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(KnowledgeBase, "filter", slowly)
    library = window.view(LibraryView)
    _click(window, qtbot, "Note 12")
    window.box.ask("tag:green")
    assert _selected(window) == []
    assert not any(action.isEnabled() for action in library._links)
    qtbot.keyClick(library.table, Qt.Key.Key_Delete)
    qtbot.keyClick(library.table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert not any(action.isEnabled() for action in library._links)
    known.set()
    qtbot.waitUntil(lambda: len(_titles(window)) == 13)
    assert len(_selected(window)) == 13
    assert len(window.documents) == 42


def test_pages_that_cannot_be_found_are_said_of_a_ready_document(window: MainWindow, qtbot: QtBot) -> None:
    view = window.view(LibraryView)
    scans = replace(window.documents[0], title="Scans", states="tnnd", status="ready")
    view.model.show([scans])
    view.table.selectRow(0)
    assert "2 of 4 pages hold no text, only a picture (page 2-3)" in view.reason.text()
    assert "1 of 4 pages holds no text, only drawings (page 4)" in view.reason.text()
    assert not view.reason.isHidden()


def test_what_is_gone_says_so_after_a_look_at_the_files(
    window: MainWindow, qtbot: QtBot, notes: Path
) -> None:
    view = window.view(LibraryView)
    (notes / "07.md").unlink()
    window.intake.refresh()
    qtbot.waitUntil(lambda: any(document.gone for document in window.documents))
    at = _row(window, "Note 07")
    assert view.model.index(at, NUMBERS["state"]).data() == "file gone"
    view.table.selectRow(at)
    assert f"Its file is not at {notes / '07.md'} any more. Put it back" in view.reason.text()
    assert str(notes / "07.md") in view.model.index(at, 0).data(Qt.ItemDataRole.ToolTipRole)


def test_reading_a_scan_again_reads_its_pictures(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    view, kb = window.view(LibraryView), window.bridge.kb
    asked: list[dict[str, object]] = []
    monkeypatch.setattr(kb, "retry", lambda **options: asked.append(options))
    monkeypatch.setattr(kb, "add", lambda paths: asked.append({"paths": list(paths)}))
    scan = replace(view.model.document(0), places=("a.pdf",), status="failed", states="nn")
    assert scan.has_unread_pages
    view.changes.read(["a.pdf", "b.md"], [scan], [scan])
    assert asked == [
        {"documents": []},
        {"documents": [scan.document], "recognize": True},
        {"paths": ["b.md"]},
    ]
    asked.clear()
    monkeypatch.setattr(kb, "settings", replace(kb.settings, recognize="off"))
    view.changes.read(["a.pdf"], [scan], [scan])
    assert asked == [{"documents": [scan.document]}, {"paths": []}]


def test_selected_documents_are_copied_as_bibtex(window: MainWindow, qtbot: QtBot) -> None:
    _click(window, qtbot, "Note 03")
    _click(window, qtbot, "Note 05", Qt.KeyboardModifier.ControlModifier)
    QGuiApplication.clipboard().clear()
    window.view(LibraryView).action_set["copy-bibtex"].trigger()
    text = QGuiApplication.clipboard().text()
    assert text.count("@misc{") == 2
    assert "title = {Note 05},\n  year = {2005}," in text
