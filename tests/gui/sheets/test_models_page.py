"""The models page: what it shows, and the way from the quiet line to a working model."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QMessageBox, QPushButton, QWidget

from desktop_kb import choice
from desktop_kb.errors import Problem
from desktop_kb.gui import translation
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.search.search_view import SearchView
from desktop_kb.gui.sheets import models_page
from desktop_kb.gui.sheets.models_page import ModelsPage
from desktop_kb.gui.window import MainWindow
from desktop_kb.inference import installed
from desktop_kb.inference.catalogue import EMBEDDED
from desktop_kb.kb import KnowledgeBase, Parts
from desktop_kb.records import Degraded, Finding, ReaderStatus

sys.path.insert(0, str(Path(__file__).parents[2] / "unit"))
from fakes import FakeEmbedder, installed_fakes, write_model

ENGLISH, MULTILINGUAL = (model.id for model in EMBEDDED)


@pytest.fixture
def bridge(tmp_path: Path, notes: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bridge]:
    """A library whose models answer as their fakes do."""
    monkeypatch.setattr(models_page, "_REFRESH_MS", 20)
    kb = KnowledgeBase(tmp_path / "library", parts=Parts(open_embedder=installed_fakes()))
    list(kb.follow(kb.add([notes])))
    made = Bridge(kb)
    yield made
    made.close()


@pytest.fixture
def page(bridge: Bridge, qtbot: Any) -> ModelsPage:
    made = ModelsPage(bridge)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: bool(rows(made)))
    return made


def rows(page: ModelsPage) -> dict[str, tuple[str, QPushButton]]:
    """By model: what is said of it, and its button."""
    found = {}
    for row in page._list.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
        if row.objectName() and not row.isHidden() and not isinstance(row, QLabel | QPushButton):
            (made,) = row.findChildren(QPushButton)
            found[row.objectName()] = (" ".join(text.text() for text in row.findChildren(QLabel)), made)
    return found


def read_by(bridge: Bridge) -> dict[str, int]:
    """The models that read the library, and how many documents each has read."""
    return {one.id: one.done for one in bridge.kb.status().readers}


def offered(page: ModelsPage, id: str) -> str:
    """What a model's button says; '' while the list is being drawn anew."""
    found = rows(page)
    return found[id][1].text() if id in found else ""


def test_it_shows_what_there_is_and_what_runs_where(page: ModelsPage) -> None:
    found = rows(page)
    assert len(found) == 11
    said, made = found["all-MiniLM-L6-v2"]
    assert "English documents" in said
    assert "92 MB" in said
    assert (made.text(), made.isEnabled()) == ("In use", False)
    assert found["BAAI/bge-m3"][1].text() == "Install and use"
    assert "Reading by all-MiniLM-L6-v2" in page.now.text()


def test_an_imported_model_is_used_and_serves_when_all_is_read(
    page: ModelsPage, bridge: Bridge, tmp_path: Path, qtbot: Any
) -> None:
    page.import_from(write_model(tmp_path / "own"))
    qtbot.waitUntil(lambda: read_by(bridge) == {ENGLISH: 2, "own": 2})
    qtbot.waitUntil(lambda: offered(page, "own") == "In use")
    qtbot.waitUntil(lambda: offered(page, MULTILINGUAL) == "Use")
    qtbot.waitUntil(lambda: not page.bar.isVisible() and bool(rows(page)))
    rows(page)[MULTILINGUAL][1].click()
    qtbot.waitUntil(lambda: read_by(bridge) == {ENGLISH: 2, MULTILINGUAL: 2})


def test_which_models_read_is_chosen_at_once(page: ModelsPage, bridge: Bridge, qtbot: Any) -> None:
    qtbot.waitUntil(lambda: read_by(bridge) == {ENGLISH: 2, MULTILINGUAL: 2})
    (combo,) = page._list.findChildren(QComboBox)
    assert combo.currentText() == "The English and the multilingual model"
    at = combo.findData("english")
    combo.setCurrentIndex(at)
    combo.activated.emit(at)
    qtbot.waitUntil(lambda: read_by(bridge) == {ENGLISH: 2})
    qtbot.waitUntil(lambda: offered(page, MULTILINGUAL) == "Use")
    assert bridge.kb.models.settings.readers == "english"


def test_the_second_reading_is_said(page: ModelsPage) -> None:
    page._built(None, (3, 7))
    assert page.said.text() == "Reading a second time: 3 of 7 documents"
    assert not page.cancel.isVisible()


def test_reading_anew_is_priced_before_and_can_be_cancelled(
    page: ModelsPage, bridge: Bridge, tmp_path: Path, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = " ".join(text.text() for text in page._list.findChildren(QLabel))
    assert "reads all documents anew; meanwhile that takes up to 33 KB more of the disk" in said
    go_on, encode = threading.Event(), FakeEmbedder.encode_windows

    def wait(embedder: FakeEmbedder, windows: Any) -> Any:
        go_on.wait(20)
        return encode(embedder, windows)

    monkeypatch.setattr(choice, "seconds_a_passage", lambda *_: 0.0)  # or it would wait too
    monkeypatch.setattr(FakeEmbedder, "encode_windows", wait)
    page.import_from(write_model(tmp_path / "own"))
    qtbot.waitUntil(lambda: "Read anew: 1 of 2 documents" in page.said.text())
    assert bridge.kb.status().building == "own"
    page.cancel.click()
    qtbot.waitUntil(lambda: bridge.kb.status().building is None)
    go_on.set()
    qtbot.waitUntil(lambda: offered(page, MULTILINGUAL) == "In use")
    assert not page.cancel.isVisible()
    assert set(read_by(bridge)) == {ENGLISH, MULTILINGUAL}


def test_what_takes_long_is_asked_with_its_price_before(
    page: ModelsPage, bridge: Bridge, tmp_path: Path, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answers = [], iter((QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes))

    def answer(_parent: Any, _title: str, text: str) -> Any:
        asked.append(text)
        return next(answers)

    monkeypatch.setattr(choice, "seconds_a_passage", lambda *_: 360.0)
    monkeypatch.setattr(QMessageBox, "question", answer)
    page.import_from(write_model(tmp_path / "own"))
    qtbot.waitUntil(lambda: len(asked) == 1 and offered(page, "own") == "Use")
    assert asked[0].startswith("2 documents are read by own. That takes about 12 minutes here")
    assert bridge.kb.models.settings.embedder == ""
    rows(page)["own"][1].click()
    qtbot.waitUntil(lambda: set(read_by(bridge)) == {ENGLISH, "own"})
    assert len(asked) == 2


def test_what_is_wrong_with_a_folder_is_said(page: ModelsPage, tmp_path: Path, qtbot: Any) -> None:
    folder = write_model(tmp_path / "own")
    (folder / "tokenizer.json").unlink()
    page.import_from(folder)
    qtbot.waitUntil(lambda: "lacks tokenizer.json" in page.said.text())
    assert page.folder.isEnabled()
    qtbot.wait(100)  # the timer looks again, and the sentence stays
    assert "lacks tokenizer.json" in page.said.text()
    assert not page.bar.isVisible()


def test_three_clicks_from_the_quiet_line_to_a_working_model(
    window: MainWindow, bridge: Bridge, tmp_path: Path, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(id: str, settings: Any, *, progress: Any, cancelled: Any) -> str:
        progress(1, 2)
        return installed.import_model(write_model(tmp_path / "fetched")).model.id

    asked: list[str] = []

    def agree(_parent: Any, _title: str, text: str) -> Any:
        asked.append(text)
        return QMessageBox.StandardButton.Yes

    monkeypatch.setattr(models_page, "install_model", fetch)
    monkeypatch.setattr(QMessageBox, "question", agree)
    bridge.kb.models.read_by("english")
    # The other reader's vectors answer until the library has let them go.
    qtbot.waitUntil(lambda: Degraded.QUERY_NOT_COVERED in bridge.kb.search("乌龙茶").degraded)
    window.box.ask("乌龙茶")
    qtbot.waitUntil(window.view(SearchView).results.better.isVisible)
    window.view(SearchView).results.better.click()
    (page,) = window.findChildren(ModelsPage)
    qtbot.waitUntil(lambda: "BAAI/bge-m3" in rows(page))
    rows(page)["BAAI/bge-m3"][1].click()
    assert "huggingface.co" in asked[0]
    qtbot.waitUntil(lambda: set(read_by(bridge)) == {ENGLISH, "fetched"})
    page.close()


def test_a_failed_download_is_said_and_closing_cancels(
    page: ModelsPage, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(id: str, settings: Any, *, progress: Any, cancelled: Any) -> str:
        raise Problem("download-failed", reason="unreachable", host="hub.example", error="OSError")

    monkeypatch.setattr(models_page, "install_model", fail)
    page.install("BAAI/bge-m3")
    qtbot.waitUntil(lambda: "hub.example cannot be reached" in page.said.text())
    assert not page.cancel.isVisible()
    page.close()
    assert page._cancelled.is_set()


def test_what_runs_where(bridge: Bridge) -> None:
    status = replace(bridge.kb.status(), readers=())
    assert models_page.what_runs_where(replace(status, model="a", device="cuda", reranker=None)) == (
        "Reading by a (CUDA) · Reranking by the embedding model itself"
    )
    moved = replace(status, model="a", device="", reranker="b", reranker_device="cpu", building="c")
    assert models_page.what_runs_where(replace(moved, notice=Finding("device-full", {"device": "cuda"}))) == (
        "Reading by a (not loaded) · Reranking by b (CPU) · Read anew for c\n"
        "The graphics device 'cuda' has too little memory. The processor computes, which takes longer."
    )
    assert "none: search works by words" in models_page.what_runs_where(replace(status, model=None))


def test_brackets_are_those_of_the_language(bridge: Bridge, qapp: QApplication) -> None:
    translation.apply(qapp, "zh")
    said = models_page.what_runs_where(replace(bridge.kb.status(), readers=(ReaderStatus("b", "", 0, 1),)))
    assert "b（未加载）" in said
    assert "(" not in said


def test_each_reader_is_said_with_its_device(bridge: Bridge) -> None:
    readers = (ReaderStatus("a", "cuda", 1, 1), ReaderStatus("b", "", 0, 1))
    said = models_page.what_runs_where(replace(bridge.kb.status(), readers=readers, reranker=None))
    assert said == "Reading by a (CUDA) + b (not loaded) · Reranking by the embedding model itself"


def test_a_question_that_is_read_offers_no_other_model(window: MainWindow, qtbot: Any) -> None:
    window.box.ask("bees in winter")
    qtbot.waitUntil(
        lambda: window.view(SearchView).settled and bool(window.view(SearchView).results.model.hits())
    )
    assert not window.view(SearchView).results.better.isVisible()


def test_escape_ends_the_page_as_closing_does(page: ModelsPage, qtbot: Any) -> None:
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert not page.isVisible()
    assert not page._timer.isActive()  # or it asks for the progress of an index for ever
    assert page._cancelled.is_set()  # what it was downloading is given up
