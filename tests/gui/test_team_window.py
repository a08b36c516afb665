"""Every action of the window with a team's library open: each works or is said, to a writer and to a reader.

Needs the engine's package, and is one of the slow tests.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from desktop_kb.extract import Extractor
from desktop_kb.gui.actions import ActionSet
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.landscape.landscape_view import LandscapeView
from desktop_kb.gui.library.library_view import LibraryView
from desktop_kb.gui.search.search_view import SearchView
from desktop_kb.gui.window import MainWindow
from desktop_kb.kb import KnowledgeBase, Parts, team
from desktop_kb.remote import serving
from desktop_kb.remote.people import Role

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
from team import EngineForTests, engine_in

#: What an action may still do when the next is begun.
_SETTLES_MS = 250


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineForTests]:
    yield from engine_in(tmp_path_factory.mktemp("engine"))


@pytest.fixture
def window_of(
    engine: EngineForTests, tmp_path: Path, notes: Path, by_words: Parts, reader: Extractor, qtbot: QtBot
) -> Iterator[Callable[[Role], MainWindow]]:
    """The window of ada, who has this role; both notes are in the library, by its owner."""
    opened: list[Bridge] = []
    authority = str(serving.Folder(engine.folder).authority)
    secret = tmp_path / "secret"
    parts = replace(by_words, extractor=reader)

    def connect(user: str, password: str, *, create: bool = False) -> KnowledgeBase:
        secret.write_text(password, "ascii")
        team.connect(
            "bees", "localhost", user, port=engine.port, authority=authority, password_file=str(secret),
            create=create, root=str(notes),
        )  # fmt: skip
        return KnowledgeBase("team:bees", parts=parts)

    def make(role: Role) -> MainWindow:
        engine.run("drop database if exists bees", "drop user if exists ada")
        with connect("root", engine.password, create=True) as kb:
            assert {report.status for report in kb.follow(kb.add([notes]))} == {"indexed"}
            team.grant("bees", "ada", role, "whales")
        opened.append(Bridge(connect("ada", "whales")))
        made = MainWindow(opened[-1], QSettings(str(tmp_path / "w.ini"), QSettings.Format.IniFormat))
        qtbot.addWidget(made)
        made.resize(1300, 800)
        made.show()
        qtbot.waitUntil(lambda: made.status is not None and len(made.documents) == 2)
        return made

    yield make
    for bridge in opened:
        bridge.close()


@pytest.fixture
def _nobody_answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What asks is closed, and no other program is opened."""
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: True)
    for name, nothing in (
        ("getOpenFileName", ("", "")),
        ("getOpenFileNames", ([], "")),
        ("getExistingDirectory", ""),
    ):
        monkeypatch.setattr(QFileDialog, name, lambda *_given, nothing=nothing, **_more: nothing)

    def close() -> None:
        asks = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        if asks is not None:
            asks.close()

    timer = QTimer(interval=50)
    timer.timeout.connect(close)
    timer.start()
    yield
    timer.stop()


def try_all(
    sets: Sequence[ActionSet], window: MainWindow, again: Callable[[], object], qtbot: QtBot
) -> list[str]:
    """Do everything that is offered, each as if it were the first; returns what failed."""
    failed: list[str] = []
    told = window.bridge.failed.connect(lambda problem: failed.append(problem.code))
    done = 0
    for made in sets:
        for id, action in list(made._made.items()):
            if id == "quit" or not action.isEnabled():
                continue
            action.trigger()
            qtbot.wait(_SETTLES_MS)
            for other in QApplication.topLevelWidgets():
                if other is not window and other.isVisible():
                    other.close()
            again()
            qtbot.wait(_SETTLES_MS)
            done += 1
    window.bridge.failed.disconnect(told)
    assert done > 5
    return failed


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("_nobody_answers")
@pytest.mark.parametrize("role", ["writer", "reader"])
def test_each_action_works_in_a_teams_library_or_says_why_not(
    window_of: Callable[[Role], MainWindow], role: Role, qtbot: QtBot
) -> None:
    window = window_of(role)
    search, library = window.view(SearchView), window.view(LibraryView)

    def ask() -> None:
        window.go("search")
        window.box.ask("honey")

    ask()
    qtbot.waitUntil(lambda: search.current() is not None and window.drawn)
    failed = try_all(search.action_sets(), window, ask, qtbot)
    failed += try_all([window.action_set], window, ask, qtbot)

    def select() -> None:
        window.box.clear()
        window.go("library")
        library.table.setCurrentIndex(library.model.index(0, 0))

    select()
    qtbot.waitUntil(lambda: bool(library.selected()))
    failed += try_all(library.action_sets(), window, select, qtbot)
    assert set(failed) <= ({"not-allowed"} if role == "reader" else set())
    assert bool(failed) == (role == "reader")
    window.go("landscape")
    said = window.view(LandscapeView)
    qtbot.waitUntil(lambda: any("has no landscape" in one.text() for one in said.findChildren(QLabel)))
    window.close()
