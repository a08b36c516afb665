"""A library of two notes, indexed by words alone, and the bridge over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_kb.extract import Extractor
from desktop_kb.gui import theme, translation
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.running import Application
from desktop_kb.gui.search.search_view import SearchView
from desktop_kb.gui.window import MainWindow
from desktop_kb.kb import KnowledgeBase, Parts

NOTES = {
    "bees.md": "---\ntags: [insects]\nyear: 2021\n---\n# Bees in winter\n\nThe cluster shivers to keep warm. "
    "A hive eats twenty kilograms of honey before spring.\n",
    "茶.md": "# 冲泡乌龙茶\n\n水温九十五度最好。第一泡只要一分钟，茶汤清亮。\n",
}


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    return Application


@pytest.fixture(autouse=True)
def _looks(qapp: QApplication) -> Iterator[None]:
    # A window closed inside `exec` posts a quit that the next test's event loop would obey.
    qapp.setQuitOnLastWindowClosed(False)
    # A style sheet is worked through anew whenever it is set: only after a test that changed it.
    if theme.current() is not theme.LIGHT or not qapp.styleSheet():
        theme.apply(qapp, False)
    if translation.language() != "en":
        translation.apply(qapp, "en")
    yield
    # What a test has closed goes now: with no event loop it would stay, and be dressed anew with every theme.
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no bug: who waits, waits two minutes at least, and a page is tried as long."""
    wait_until = QtBot.waitUntil

    def patiently(self: QtBot, callback: Callable[[], bool | None], *, timeout: int = 0) -> None:
        wait_until(self, callback, timeout=max(timeout, 120_000))

    monkeypatch.setattr(QtBot, "waitUntil", patiently)
    monkeypatch.setattr("desktop_kb.kb.parts._DRAW_SECONDS", 120.0)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    for name, text in NOTES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def by_words() -> Parts:
    """What a library works with that finds by words: there is no model."""
    return Parts(open_embedder=lambda **_options: None)


class _Reader(Extractor):
    """The real child, one for all tests: its start costs more than most of them."""

    def close(self) -> None:
        """It goes on with the next library; one that closes has cancelled what it was reading."""


@pytest.fixture(scope="session")
def reader() -> Iterator[_Reader]:
    made = _Reader()
    yield made
    Extractor.close(made)


@pytest.fixture
def bridge(tmp_path: Path, by_words: Parts, reader: _Reader) -> Iterator[Bridge]:
    made = Bridge(KnowledgeBase(tmp_path / "library", parts=replace(by_words, extractor=reader)))
    yield made
    made.close()
    # Else it, with a timer that a test gave it, goes when garbage is collected, in whichever thread that is.
    made.deleteLater()


@pytest.fixture
def filled(bridge: Bridge, notes: Path) -> Bridge:
    """The library with both notes in it."""
    assert {report.status for report in bridge.kb.follow(bridge.kb.add([notes]))} == {"indexed"}
    return bridge


@pytest.fixture
def window(bridge: Bridge, tmp_path: Path, qtbot: object) -> MainWindow:
    made = MainWindow(bridge, QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat))
    qtbot.addWidget(made)  # type: ignore[attr-defined]
    made.show()
    qtbot.waitUntil(lambda: made.status is not None)  # type: ignore[attr-defined]
    return made


@pytest.fixture
def hits(window: MainWindow, qtbot: QtBot, notes: Path) -> SearchView:
    """Both notes are read and 'honey' is asked: its hits, the best selected and drawn."""
    window.add([notes])
    qtbot.waitUntil(lambda: len(window.documents) == 2 and window.drawn)
    view = window.view(SearchView)
    window.box.ask("honey")
    qtbot.waitUntil(lambda: view.current() is not None and window.drawn)
    return view
