"""The preview beside what is selected, in the real window: it follows the question and the library."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from reportlab.pdfgen.canvas import Canvas

from desktop_kb.gui.library.library_view import LibraryView
from desktop_kb.gui.notes.note_window import NoteWindow
from desktop_kb.gui.preview.preview import Preview
from desktop_kb.gui.search.search_view import SearchView
from desktop_kb.gui.window import MainWindow
from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import DrawingTrial, Layout

HEARTH = (
    "# The hearth\n\nThe chimney is swept in spring. Dry birch is what burns best. The ash goes on the roses. "
    "Matches are kept in the tin above the door.\n\n## Wood\n\n"
    + "It is stacked, bark up, along the wall. "
    * 90
)


@pytest.fixture
def window(window: MainWindow, qtbot: QtBot, notes: Path) -> MainWindow:
    (notes / "hearth.md").write_text(HEARTH, encoding="utf-8")
    window.resize(1300, 800)
    window.add([notes])
    qtbot.waitUntil(
        lambda: [document.status for document in window.documents] == ["ready"] * 3, timeout=20_000
    )
    return window


def _ask(window: MainWindow, qtbot: QtBot, query: str) -> None:
    window.box.ask(query)
    view = window.view(SearchView)
    qtbot.waitUntil(lambda: view.settled and view.result is not None and view.result.query == query)


def _reload(window: MainWindow, qtbot: QtBot) -> None:
    """As after each file that was read; until the answer to the question has come again."""
    with qtbot.waitSignals([window.bridge.searched] * 2):
        window.reload()


def _edit(window: MainWindow, path: Path, addition: str) -> None:
    window.edit(str(path))
    note = window.findChild(NoteWindow)
    assert note is not None
    note.editor.source.appendPlainText(addition)
    note.close()


def test_the_answer_is_marked_anew_for_another_question(window: MainWindow, qtbot: QtBot) -> None:
    page = window.view(SearchView).preview.text
    for query, answer in (
        ("chimney spring", "The chimney is swept in spring."),
        ("birch burns", "Dry birch is what burns best."),
        ("ash roses", "The ash goes on the roses."),
    ):
        _ask(window, qtbot, query)
        qtbot.waitUntil(lambda answer=answer: page.best_text() == answer)  # type: ignore[misc]
        assert page.passage_text().startswith("The hearth")


def test_the_answer_is_marked_anew_on_a_page(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    sheet = Canvas(str(tmp_path / "stove.pdf"))
    for row, line in enumerate(("The stove weighs ninety kilograms.", "Its pipe is cleaned every autumn.")):
        sheet.drawString(72, 700 - 22 * row, line)
    sheet.save()
    window.add([tmp_path / "stove.pdf"])
    qtbot.waitUntil(lambda: len(window.documents) == 4, timeout=20_000)
    page = window.view(SearchView).preview.pdf
    _ask(window, qtbot, "stove kilograms")
    qtbot.waitUntil(lambda: bool(page.best_marks()), timeout=20_000)
    before = page.best_marks()
    _ask(window, qtbot, "pipe autumn")
    qtbot.waitUntil(lambda: page.best_marks() not in ((), before))


def test_a_note_is_read_again_when_it_has_been_edited(window: MainWindow, qtbot: QtBot, notes: Path) -> None:
    _ask(window, qtbot, "chimney spring")
    page = window.view(SearchView).preview.text
    qtbot.waitUntil(lambda: "bark up" in page.toPlainText())
    passage = page.passage_text()
    _edit(window, notes / "hearth.md", "The zeppelin lands at noon.")
    qtbot.waitUntil(lambda: "zeppelin lands at noon" in page.toPlainText(), timeout=20_000)
    assert page.passage_text() == passage
    (notes / "hearth.md").write_text(HEARTH.replace("swept", "swept twice"), encoding="utf-8")
    window.intake.refresh()
    qtbot.waitUntil(lambda: "chimney is swept twice in" in page.best_text(), timeout=20_000)
    assert "zeppelin" not in page.toPlainText()


def test_what_has_not_changed_is_left_where_the_person_has_scrolled_to(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ask(window, qtbot, "chimney spring")
    page = window.view(SearchView).preview.text
    qtbot.waitUntil(lambda: "bark up" in page.toPlainText())
    shown: list[str] = []
    monkeypatch.setattr(Preview, "show_hit", lambda _self, hit, *_found: shown.append(hit.title))
    page.verticalScrollBar().setValue(150)
    _reload(window, qtbot)
    qtbot.wait(100)
    assert shown == []
    assert page.verticalScrollBar().value() == 150


def _add_pdf(window: MainWindow, qtbot: QtBot, file: Path) -> None:
    sheet = Canvas(str(file))
    sheet.drawString(72, 700, "The stove weighs ninety kilograms.")
    sheet.save()
    window.add([file])
    qtbot.waitUntil(lambda: len(window.documents) == 4, timeout=20_000)


def test_pages_are_tried_once(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _add_pdf(window, qtbot, tmp_path / "stove.pdf")
    tried: list[str] = []
    draw = KnowledgeBase.try_drawing

    def counted(kb: KnowledgeBase, document: str, page: int = 1) -> DrawingTrial:
        tried.append(document)
        return draw(kb, document, page)

    monkeypatch.setattr(KnowledgeBase, "try_drawing", counted)
    _ask(window, qtbot, "stove kilograms")
    qtbot.waitUntil(lambda: bool(window.view(SearchView).preview.pdf.best_marks()), timeout=20_000)
    for _ in range(3):
        _reload(window, qtbot)
    _ask(window, qtbot, "stove")
    qtbot.wait(100)
    assert len(tried) == 1


def test_pages_that_were_late_are_tried_again_when_asked(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _add_pdf(window, qtbot, tmp_path / "stove.pdf")
    preview = window.view(SearchView).preview
    with monkeypatch.context() as busy:
        busy.setattr(KnowledgeBase, "try_drawing", lambda _kb, _document, _page: "late")
        _ask(window, qtbot, "stove kilograms")
        qtbot.waitUntil(lambda: preview.text.isVisible() and preview._note.offer.isVisible())
    preview._note.offer.click()
    assert not preview._note.offer.isVisible()
    qtbot.waitUntil(lambda: bool(preview.pdf.best_marks()), timeout=20_000)
    assert preview.pdf.isVisible()


def test_a_quick_look_follows_the_note_and_stays_where_it_is(
    window: MainWindow, qtbot: QtBot, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.go("library")
    library = window.view(LibraryView)
    titles = [library.model.document(row).title for row in range(3)]
    library.table.selectRow(titles.index("The hearth"))
    qtbot.keyClick(library.table, Qt.Key.Key_Space)
    page = library.look.preview.text
    qtbot.waitUntil(lambda: "bark up" in page.toPlainText())
    page.verticalScrollBar().setValue(150)
    with qtbot.waitSignal(library.model.modelReset):
        window.reload()
    qtbot.wait(100)
    assert library.look.slide_over.isVisible()
    assert page.verticalScrollBar().value() == 150
    _edit(window, notes / "hearth.md", "The zeppelin lands at noon.")
    qtbot.waitUntil(lambda: "zeppelin lands at noon" in page.toPlainText(), timeout=20_000)


def test_the_title_of_what_is_selected_stands_there_while_it_is_opened(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = window.view(SearchView)
    _ask(window, qtbot, "birch burns")
    qtbot.waitUntil(lambda: "birch" in view.preview.text.passage_text())
    opened, text = threading.Event(), window.bridge.kb.text

    def slowly(document: str) -> tuple[str, Layout]:
        opened.wait(60)
        return text(document)

    monkeypatch.setattr(window.bridge.kb, "text", slowly)
    _ask(window, qtbot, "twenty kilograms of honey")
    qtbot.waitUntil(lambda: not view.preview.text.isVisible())
    assert view.preview.header.title.text() == "Bees in winter"
    assert view.preview.reader.empty.text() == "Opening …"
    opened.set()
    qtbot.waitUntil(lambda: "twenty kilograms" in view.preview.text.passage_text())
    assert view.preview.text.isVisible()
