"""The real window over the real core."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QEvent, QItemSelectionModel, QMimeData, QObject, QSettings, Qt, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from desktop_kb import paths
from desktop_kb.errors import StorageProblem
from desktop_kb.gui import reloader
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.indexing.drop import acceptable, files_of
from desktop_kb.gui.library import library_view
from desktop_kb.gui.library.document_model import NUMBERS
from desktop_kb.gui.library.library_view import LibraryView
from desktop_kb.gui.notes.note_window import NoteWindow
from desktop_kb.gui.search.search_view import SearchView
from desktop_kb.gui.sheets.libraries import LibraryMenu, remember_library
from desktop_kb.gui.sheets.task_sheet import TaskSheet
from desktop_kb.gui.targets import EVERYTHING, FAILED, TRASH, Target
from desktop_kb.gui.views import VIEWS
from desktop_kb.gui.window import MainWindow
from desktop_kb.gui.window_state import WindowState
from desktop_kb.records import Document, FileFinished, FileReport, Hit, SearchOptions


def _index(window: MainWindow, qtbot: QtBot, notes: Path) -> None:
    window.add([notes])
    qtbot.waitUntil(
        lambda: len(window.documents) == 2 and window.status is not None and not window.status.waiting,
        timeout=20_000,
    )


def _ask(window: MainWindow, qtbot: QtBot, query: str) -> None:
    window.box.ask(query)
    qtbot.waitUntil(lambda: window.view(SearchView).settled and window.view(SearchView).result is not None)


def test_an_empty_library_says_what_to_do(window: MainWindow) -> None:
    assert window.pages.currentWidget() is window.welcome
    assert not window.side_bar.isVisible()


def test_a_question_to_an_empty_library_is_answered(window: MainWindow, qtbot: QtBot) -> None:
    told = next(one for one in window.welcome.findChildren(QLabel) if one.property("attention"))
    assert told.isHidden()
    qtbot.keyClicks(window.box.line, "honey")
    qtbot.waitUntil(told.isVisible)
    assert told.text() == "There is nothing to search yet. Add files first."
    window.box.clear()
    qtbot.waitUntil(told.isHidden)


def test_that_the_library_s_folder_is_gone_stands_until_it_is_back(
    window: MainWindow, qtbot: QtBot, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reloader, "_MISSED_MS", 50)
    _index(window, qtbot, notes)
    root = window.bridge.kb.library.root
    away = root.rename(root.with_name("away"))
    window.reload()
    qtbot.waitUntil(lambda: "not there any more" in window.notice.words.text())
    window.notice.hide()
    qtbot.wait(200)
    assert window.notice.isHidden(), "it is said once"
    window.notice.show()
    away.rename(root)
    qtbot.waitUntil(window.notice.isHidden)
    away = root.rename(root.with_name("away"))
    window.reload()
    qtbot.waitUntil(window.notice.isVisible)
    window.say("Another sentence.")
    away.rename(root)
    before = window.documents
    qtbot.waitUntil(lambda: window.documents is not before)
    assert window.notice.words.text() == "Another sentence."
    assert window.notice.isVisible()


def test_that_an_engine_is_away_stands_until_it_answers(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reloader, "_MISSED_MS", 300)
    away = StorageProblem("engine-away", name="desk")
    window.bridge.failed.emit(away)
    assert window.notice.words.text().startswith("The team's library cannot be reached: desk does not answer")
    window.notice.hide()
    window.bridge.failed.emit(away)
    assert window.notice.isHidden(), "it is said once"
    window.notice.show()
    qtbot.waitUntil(window.notice.isHidden)


def test_a_library_whose_engine_was_never_there_is_not_called_empty(
    bridge: Bridge, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reloader, "_MISSED_MS", 300)

    def away() -> list[Document]:
        raise StorageProblem("engine-away", name="desk")

    with monkeypatch.context() as patch:
        patch.setattr(bridge.kb, "documents", away)
        window = MainWindow(bridge, QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat))
        qtbot.addWidget(window)
        window.show()
        blank = window.view(SearchView).results.blank
        assert blank.text() == "", "nobody knows yet"
        qtbot.waitUntil(lambda: "desk does not answer" in blank.text())
        window.go("library")
        window.go("search")
        assert "desk does not answer" in blank.text()
    qtbot.waitUntil(lambda: window.pages.currentWidget() is window.welcome)


def test_the_buttons_that_give_way_do_not_keep_a_window_wide(
    window: MainWindow, qtbot: QtBot, notes: Path
) -> None:
    _index(window, qtbot, notes)
    view = window.view(SearchView)
    window.resize(1440, 600)
    _ask(window, qtbot, "honey before spring")
    view.show_passage(window.documents[1])  # as a link in the first does: '←' and '→' need room too
    view.show_passage(window.documents[0])
    qtbot.waitUntil(lambda: window.drawn)
    header, least = view.preview.header, []
    for shown in (True, False):
        for link in (header.inspect, header.open, header.similar):
            header.offer(link, shown)
            assert link.isVisible() is shown
        QApplication.processEvents()
        least.append(window.minimumSizeHint().width())
    assert least[0] == least[1]


def test_that_a_text_is_kept_beside_another_one_is_said(window: MainWindow) -> None:
    report = FileReport(
        "/team/plan.md", "updated", error_code="kept-apart", error_details={"path": "/team/plan.md"}
    )
    window.bridge.finished.emit(FileFinished(replace(report, status="failed")))
    assert window.notice.isHidden(), "a failure is in its row"
    window.bridge.finished.emit(FileFinished(report))
    assert window.notice.words.text().startswith("Somebody else has changed the same file")
    assert "/team/plan.md" in window.notice.words.text()


def test_files_that_wait_are_no_empty_library_and_no_other_program(
    window: MainWindow, qtbot: QtBot, notes: Path
) -> None:
    window.bridge.kb.pause()
    window.add([notes])
    qtbot.waitUntil(lambda: window.status is not None and window.status.waiting == 2)
    assert window.view(SearchView).results.blank.text() == "Nothing has been read yet that could be found."
    assert "another program" not in window.strip.model.text()


def test_add_search_read_copy(window: MainWindow, qtbot: QtBot, notes: Path) -> None:
    _index(window, qtbot, notes)
    assert window.pages.currentWidget() is window.view(SearchView)
    _ask(window, qtbot, "honey before spring")
    hit = window.view(SearchView).current()
    assert hit is not None
    assert hit.title == "Bees in winter"
    qtbot.waitUntil(lambda: "shivers" in window.view(SearchView).preview.text.toPlainText())
    window.view(SearchView).action_set["copy-hit"].trigger()
    copied = QGuiApplication.clipboard().text()
    assert "twenty kilograms" in copied
    link = window.bridge.kb.link(hit.document, start=hit.start, end=hit.end)
    assert copied.endswith(f"— Bees in winter, 2021\n{link}")


def test_enter_asks_and_a_second_one_opens_the_preview(window: MainWindow, qtbot: QtBot, notes: Path) -> None:
    _index(window, qtbot, notes)
    view = window.view(SearchView)
    qtbot.keyClicks(window.box.line, "honey")
    qtbot.keyClick(window.box.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.settled and view.current() is not None)
    assert window.box.history == ["honey"]
    qtbot.keyClick(window.box.line, Qt.Key.Key_Return)
    qtbot.waitUntil(view.preview.text.hasFocus)


def test_a_typed_filter_becomes_a_chip_and_filters(window: MainWindow, qtbot: QtBot, notes: Path) -> None:
    _index(window, qtbot, notes)
    window.box.focus()
    qtbot.keyClicks(window.box.line, "tag:insects ")
    assert window.box.filters() == ("tag:insects",)
    assert window.box.text() == ""
    qtbot.waitUntil(
        lambda: [hit.title for hit in window.view(SearchView).results.model.hits()] == ["Bees in winter"]
    )
    qtbot.keyClick(window.box.line, Qt.Key.Key_Backspace)
    assert window.box.filters() == ()


def test_a_look_for_changes_says_what_it_found(window: MainWindow, qtbot: QtBot, notes: Path) -> None:
    _index(window, qtbot, notes)
    qtbot.keyClick(window, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: window.notice.words.text() == "No file has changed.")
    (notes / "bees.md").write_text("# Bees in summer\n\nThey dance.\n", encoding="utf-8")
    (notes / "茶.md").unlink()
    qtbot.keyClick(window, Qt.Key.Key_F5)
    found = "1 file has changed and is read again. 1 file is not where it was."
    qtbot.waitUntil(lambda: window.notice.words.text() == found)


def test_remove_and_undo(window: MainWindow, qtbot: QtBot, notes: Path) -> None:
    _index(window, qtbot, notes)
    window.go("library")
    window.view(LibraryView).table.selectRow(0)
    window.view(LibraryView).remove()
    qtbot.waitUntil(lambda: len(window.documents) == 1 and window.notice.undo.isVisible())
    window.notice.undo.click()
    qtbot.waitUntil(
        lambda: [document.status for document in window.documents] == ["ready", "ready"], timeout=20_000
    )


def test_ctrl_z_brings_back_what_was_removed_last(window: MainWindow, qtbot: QtBot, notes: Path) -> None:
    _index(window, qtbot, notes)
    window.go("library")
    table = window.view(LibraryView).table
    qtbot.waitUntil(lambda: window.view(LibraryView).drawn)
    table.setFocus()
    table.selectRow(0)
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: len(window.documents) == 1)
    window.say("Another sentence.")
    qtbot.keyClick(table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: [document.status for document in window.documents] == ["ready", "ready"])
    assert window.notice.words.text() == "Another sentence."
    qtbot.waitUntil(lambda: not window.bridge.busy)  # the library may be loaded once more
    before = window.documents
    qtbot.keyClick(table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not window.bridge.busy, "there is nothing more to undo"
    assert window.documents is before


def test_tags_are_given_and_taken(window: MainWindow, bridge: Bridge, qtbot: QtBot, notes: Path) -> None:
    _index(window, qtbot, notes)
    bees = next(d for d in window.documents if d.title == "Bees in winter").document
    bridge.kb.tag([bees], ["garden"])
    bridge.kb.untag([bees], ["insects"])
    bridge.kb.set_metadata(bees, {"year": 2024})
    window.reload()
    qtbot.waitUntil(lambda: any(d.tags == ("garden",) for d in window.documents))
    document = next(d for d in window.documents if d.document == bees)
    assert document.metadata["year"] == 2024
    bridge.kb.set_metadata(bees, {"year": ""})
    assert bridge.kb.find([bees])[0].metadata["year"] == 2021


def test_the_newest_search_wins(bridge: Bridge, qtbot: QtBot) -> None:
    arrived: list[int] = []
    bridge.searched.connect(lambda number, _result, _final: arrived.append(number))
    last = 0
    for query in ("a", "b", "c", "d"):
        last = bridge.search(query, SearchOptions(mode="words"))
    qtbot.waitUntil(lambda: last in arrived)
    assert arrived == sorted(arrived)
    bridge.search("e", SearchOptions(mode="words"))
    bridge.forget_search()
    qtbot.wait(100)
    assert arrived[-1] == last


def test_a_failure_of_a_thread_is_said(bridge: Bridge, qtbot: QtBot) -> None:
    with qtbot.waitSignal(bridge.failed) as said:
        bridge.call(lambda: bridge.kb.find(["no such thing/here"]))
    assert said.args is not None
    assert said.args[0].code == "not-found"


def test_drop_takes_files_and_makes_notes_of_text(tmp_path: Path) -> None:
    files = QMimeData()
    files.setUrls([QUrl.fromLocalFile(str(tmp_path / "a.pdf"))])
    assert files_of(files, tmp_path) == [tmp_path / "a.pdf"]
    text = QMimeData()
    text.setText("A thought / about: bees")
    assert acceptable(text)
    first, second = files_of(text, tmp_path / "n")[0], files_of(text, tmp_path / "n")[0]
    assert first.read_text(encoding="utf-8") == "A thought / about: bees"
    assert first != second
    assert not acceptable(QMimeData())


def test_a_search_is_saved_and_forgotten(window: MainWindow, qtbot: QtBot, notes: Path) -> None:
    _index(window, qtbot, notes)
    _ask(window, qtbot, "tag:insects honey")
    window.saved.save()
    assert window.saved.queries == ["tag:insects honey"]
    window.box.clear()
    window.side_bar.choose(Target("question", "tag:insects honey"))
    assert window.box.filters() == ("tag:insects",)
    assert window.box.text() == "honey"
    window.saved.save()
    assert window.saved.queries == []


def test_the_menu_offers_libraries_and_the_window_gives_way(window: MainWindow, tmp_path: Path) -> None:
    state = QSettings(str(tmp_path / "other.ini"), QSettings.Format.IniFormat)
    remember_library(tmp_path / "before", state)
    remember_library(tmp_path / "library", state)
    menu = LibraryMenu(tmp_path / "library", state, window.action_set, window.switch, window)
    names = [action.text() for action in menu.actions() if action.text()]
    assert names == [
        "Your own library",
        "The sample library",
        str(tmp_path / "library"),
        str(tmp_path / "before"),
        "Open or create a library …",
        "Restore from a backup …",
    ]
    assert [action.text() for action in menu.actions() if action.isChecked()] == [str(tmp_path / "library")]
    menu.actions()[1].trigger()
    assert window.next_library == str(paths.sample_library())
    assert not window.isVisible()


def test_state_is_kept(window: MainWindow, tmp_path: Path) -> None:
    window.box.history = ["bees"]
    window.resize(1100, 700)
    window.close()
    state = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    assert state.value("history") == '["bees"]'
    assert state.value("geometry") is not None


def test_a_small_window_keeps_its_size_whatever_is_said_of_indexing(window: MainWindow) -> None:
    window.resize(900, 600)
    strip = window.strip
    for told in (strip.words, strip.rate, strip.model):
        told.setText("Indexing 3 of 18 by a model with a long name " * 4)
        told.show()
    for shown in (strip.bar, strip.hold, strip.cancel, strip.details):
        shown.show()
    QApplication.processEvents()
    assert window.minimumSizeHint().width() <= 900
    assert (window.width(), window.height()) == (900, 600)
    assert "…" not in strip.model.text(), "it is heard whole"


def test_a_narrow_window_slides_the_preview_over_the_results(
    window: MainWindow, qtbot: QtBot, notes: Path
) -> None:
    _index(window, qtbot, notes)
    view = window.view(SearchView)
    window.resize(1300, 800)
    assert view.preview.parent() is view.splitter
    window.resize(900, 800)
    _ask(window, qtbot, "honey before spring")
    assert not view.slide_over.isVisible()
    qtbot.keyClick(view.results.list, Qt.Key.Key_Return)
    assert view.slide_over.isVisible()
    assert view.preview.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not view.slide_over.isVisible()
    window.resize(1300, 800)
    assert view.preview.parent() is view.splitter
    assert view.preview.isVisible()


def test_the_preview_gets_its_room_back_after_the_window_was_narrow(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    window.go("search")
    window.pages.setCurrentWidget(window.view(SearchView))
    splitter = window.view(SearchView).splitter
    window.resize(1440, 800)
    QApplication.processEvents()
    before = splitter.sizes()
    assert before[1] > before[0] > 320
    for width in (900, 1440, 700, 1440):
        window.resize(width, 800)
        QApplication.processEvents()
    assert splitter.sizes() == before
    splitter.setSizes([700, before[0] + before[1] - 700])  # as the person wants them
    chosen = splitter.sizes()
    window.resize(900, 800)
    QApplication.processEvents()
    WindowState(window._state).keep(window, window._columns(), {})
    window.resize(1440, 800)
    QApplication.processEvents()
    assert splitter.sizes() == chosen

    again = MainWindow(window.bridge, window._state)  # closed while it was narrow
    qtbot.addWidget(again)
    again.show()
    again.pages.setCurrentWidget(again.view(SearchView))
    again.resize(1440, 800)
    QApplication.processEvents()
    sizes = again.view(SearchView).splitter.sizes()
    assert sizes[1] / sizes[0] == pytest.approx(chosen[1] / chosen[0], abs=0.02)


def test_columns_that_leave_no_room_to_read_are_put_right(window: MainWindow, qtbot: QtBot) -> None:
    window.pages.setCurrentWidget(window.view(SearchView))
    window.resize(1440, 800)
    QApplication.processEvents()
    window.view(SearchView).splitter.setSizes([2000, 1])
    WindowState(window._state).keep(window, window._columns(), {})
    again = MainWindow(window.bridge, window._state)
    qtbot.addWidget(again)
    again.resize(1440, 800)
    again.show()
    again.pages.setCurrentWidget(again.view(SearchView))
    QApplication.processEvents()
    assert again.view(SearchView).preview.width() >= 360


def test_space_looks_into_a_document_of_the_library(window: MainWindow, qtbot: QtBot, notes: Path) -> None:
    _index(window, qtbot, notes)
    window.go("library")
    library = window.view(LibraryView)
    titles = [library.model.document(row).title for row in range(2)]
    library.table.selectRow(titles.index("Bees in winter"))
    qtbot.keyClick(library.table, Qt.Key.Key_Space)
    assert library.look.slide_over.isVisible()
    quick = library.look.preview
    qtbot.waitUntil(lambda: "shivers" in quick.text.toPlainText())
    qtbot.keyClick(library.table, Qt.Key.Key_Down if titles[1] == "冲泡乌龙茶" else Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: "九十五度" in quick.text.toPlainText())
    qtbot.keyClick(library.table, Qt.Key.Key_Space)
    assert not library.look.slide_over.isVisible()


class _Windows(QObject):
    """Notes what is shown as a window of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[QObject] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.shown.append(watched)
        return False


def test_a_view_is_made_in_the_window(
    window: MainWindow, qtbot: QtBot, qapp: QApplication, notes: Path
) -> None:
    """A part that is shown before it has a parent flashes as a window, and takes the keys."""
    _index(window, qtbot, notes)
    windows = _Windows()
    qapp.installEventFilter(windows)
    try:
        for entry in VIEWS:
            window.go(entry.id)
    finally:
        qapp.removeEventFilter(windows)
    assert windows.shown == []


@pytest.mark.parametrize("by", ["Enter", "double click"])
def test_a_document_of_the_library_is_read_here(
    window: MainWindow, qtbot: QtBot, notes: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    monkeypatch.setattr(library_view, "open_outside", lambda path: pytest.fail(f"{path} opened elsewhere"))
    _index(window, qtbot, notes)
    window.go("library")
    library = window.view(LibraryView)
    qtbot.waitUntil(lambda: library.drawn)
    library.table.setFocus()
    library.table.selectRow(
        [document.title for document in library.model.documents()].index("Bees in winter")
    )
    if by == "Enter":
        qtbot.keyClick(library.table, Qt.Key.Key_Return)
    else:
        place = library.table.visualRect(library.table.currentIndex()).center()
        qtbot.mouseClick(library.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
        qtbot.mouseDClick(library.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert library.look.slide_over.isVisible()
    quick = library.look.preview
    qtbot.waitUntil(lambda: "shivers" in quick.text.toPlainText())
    assert quick.isAncestorOf(window.focusWidget())
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert not library.look.slide_over.isVisible()
    assert library.table.hasFocus()
    assert [document.title for document in library.selected()] == ["Bees in winter"]


def test_an_empty_list_says_why(window: MainWindow, qtbot: QtBot, notes: Path) -> None:
    _index(window, qtbot, notes)
    window.go("library")
    library = window.view(LibraryView)
    assert library.pages.currentWidget() is library.table
    window.box.ask("zeppelin")
    qtbot.waitUntil(lambda: library.pages.currentWidget() is library.blank)
    assert "'zeppelin'" in library.blank.text()
    window.box.ask("tag:insects year>2021")
    qtbot.waitUntil(lambda: library.blank.text() == "No document matches the filters.")
    window.box.clear()
    library.filter(FAILED, "", ())
    qtbot.waitUntil(lambda: library.blank.text() == "Every file could be read.")


def test_a_note_is_edited_where_it_stands(window: MainWindow, qtbot: QtBot, notes: Path) -> None:
    _index(window, qtbot, notes)
    _ask(window, qtbot, "honey before spring")
    window.edit_current()
    note = window.findChild(NoteWindow)
    assert note is not None
    assert note.editor.path == notes / "bees.md"
    note.editor.source.appendPlainText("The zeppelin lands at noon.")
    note.close()
    assert "zeppelin" in (notes / "bees.md").read_text(encoding="utf-8")
    qtbot.waitUntil(
        lambda: any("zeppelin" in hit.shown for hit in _found(window, "zeppelin")), timeout=20_000
    )


def _found(window: MainWindow, query: str) -> tuple[Hit, ...]:
    return window.bridge.kb.search(query, SearchOptions(mode="words")).hits


def test_pictures_in_a_folder_of_notes_are_left_out_quietly(
    window: MainWindow, qtbot: QtBot, notes: Path
) -> None:
    (notes / "picture.png").write_bytes(b"x")
    (notes / "sound.mp3").write_bytes(b"x")
    _index(window, qtbot, notes)
    assert window.notice.words.text() == "1 file of a kind that cannot be read was left out."


@pytest.mark.skipif(os.name != "posix", reason="needs links")
def test_links_in_a_folder_that_are_not_followed_are_said(
    window: MainWindow, qtbot: QtBot, notes: Path
) -> None:
    (notes / "picture.png").write_bytes(b"x")
    (notes / "up").symlink_to("..")
    _index(window, qtbot, notes)
    sentence = "This leads back to a folder that it is in, and was not followed"
    assert window.notice.words.text() == f"up: {sentence}"


def test_the_trash_is_seen_and_given_back(window: MainWindow, qtbot: QtBot, notes: Path) -> None:
    _index(window, qtbot, notes)
    window.go("library")
    library = window.view(LibraryView)
    library.table.selectAll()
    qtbot.keyClick(library.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: not window.documents)
    assert window.pages.currentWidget() is library  # not the first page: the trash holds something
    window.side_bar.choose(TRASH)
    qtbot.waitUntil(lambda: library.model.rowCount() == 2 and window.drawn)  # else the rows come once more
    assert "30 days" in library.summary.text()
    assert library.model.data(library.model.index(0, NUMBERS["state"])) == "removed"
    titles = [library.model.document(row).title for row in range(2)]
    library.table.selectRow(titles.index("Bees in winter"))
    qtbot.keyClick(library.table, Qt.Key.Key_Delete)  # nothing more can be taken away here
    library.restore()
    qtbot.waitUntil(lambda: [d.status for d in window.documents] == ["ready"], timeout=20_000)
    qtbot.waitUntil(lambda: library.model.rowCount() == 1)
    assert library.model.document(0).title == "冲泡乌龙茶"
    library.table.selectAll()
    library.restore()
    qtbot.waitUntil(lambda: len(window.documents) == 2, timeout=20_000)
    assert window.side_bar.target() == EVERYTHING
    assert library.model.rowCount() == 2


def test_what_was_selected_stays_selected(window: MainWindow, qtbot: QtBot, notes: Path) -> None:
    for number in range(6):
        (notes / f"{number}.md").write_text(f"# Note {number}\n\nThe otter number {number} swims.\n")
    window.add([notes])
    qtbot.waitUntil(lambda: len(window.documents) == 8, timeout=20_000)
    window.go("library")
    library = window.view(LibraryView)
    for row in (0, 1, 3, 7):
        library.table.selectionModel().select(
            library.model.index(row, 0),
            QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows,
        )
    before = [document.document for document in library.selected()]
    assert len(before) == 4
    library.show_library(window.documents)
    assert [document.document for document in library.selected()] == before


def test_the_pictures_among_the_samples_are_no_news(
    window: MainWindow, qtbot: QtBot, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (notes / "picture.png").write_bytes(b"x")
    monkeypatch.setattr(paths, "resource", lambda name: notes)
    window.intake.add_samples()
    qtbot.waitUntil(lambda: len(window.documents) == 2, timeout=20_000)
    assert not window.notice.isVisible()


def test_a_sentence_offers_to_undo_what_it_says_and_only_that(window: MainWindow) -> None:
    undone: list[str] = []
    window.say("Removed.", undo=lambda: undone.append("removed"))
    assert window.notice.undo.isVisible()
    window.notice.tell("Tagged.", lambda: undone.append("tagged"), False)
    assert not window.notice.undo.isVisible(), "it would undo another change than the one that it says"
    window.say("Something else.")
    assert not window.notice.undo.isVisible()
    for _ in range(3):
        window.notice.undo_last()
    assert undone == ["tagged", "removed"]
    assert window.notice.isVisible()


def test_the_window_waits_for_what_must_not_be_left_half_done(window: MainWindow, qtbot: QtBot) -> None:
    go_on = threading.Event()
    sheet = TaskSheet(window.bridge.begin, "Sheet", window)
    sheet.show()
    sheet.work("Restoring", lambda task: go_on.wait(30), lambda result: None, closing="waits")
    window.close()
    assert window.isVisible()
    assert sheet.isVisible()
    go_on.set()
    qtbot.waitUntil(lambda: sheet.task is None)
    window.close()
    assert not window.isVisible()


def test_what_ends_when_the_window_has_been_deleted_reaches_nobody(
    bridge: Bridge, tmp_path: Path, qtbot: QtBot
) -> None:
    made = MainWindow(bridge, QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat))
    made.show()
    qtbot.waitUntil(lambda: made.status is not None)
    made.close()
    shiboken6.delete(made)
    with qtbot.captureExceptions() as exceptions:
        bridge.finished.emit(FileFinished(FileReport("/a.txt", "indexed", 0, 1)))
        bridge.warmed.emit()
        bridge.paused.emit("The disk is full.")
        qtbot.wait(50)
    assert exceptions == []
