"""The main window in the tray: it closes to it if the person chose so, and ends when the program is quit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from desktop_kb import cli
from desktop_kb.gui import application
from desktop_kb.gui.quick.quick import Quick
from desktop_kb.gui.quick.tray import Tray
from desktop_kb.gui.window import MainWindow
from desktop_kb.kb import Parts
from desktop_kb.settings import person_file, save


@pytest.fixture
def tray_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tray, "is_there", staticmethod(lambda: True))


@pytest.fixture
def ran(
    tmp_path: Path, by_words: Parts, monkeypatch: pytest.MonkeyPatch, qapp: QApplication
) -> Callable[..., list[str]]:
    """Run the program, and do these steps in it, one each time its event loop rests."""
    made: list[MainWindow] = []
    small: list[Quick] = []

    class Watched(MainWindow):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)  # type: ignore[arg-type]
            made.append(self)

    class Small(Quick):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)  # type: ignore[arg-type]
            small.append(self)

    monkeypatch.setattr(application, "MainWindow", Watched)
    monkeypatch.setattr(application, "Quick", Small)

    def run(*steps: Callable[[MainWindow, Quick], object], quick: bool = False) -> list[str]:
        done: list[str] = []
        left = list(steps)

        def step() -> None:
            if not made or not small:
                return
            if left:
                left.pop(0)(made[-1], small[-1])
                done.append("visible" if made[-1].isVisible() else "hidden")
            else:
                timer.stop()
                qapp.exit()

        timer = QTimer()
        timer.timeout.connect(step)
        timer.start(300)
        application.run(str(tmp_path / "library"), quick=quick, parts=by_words)
        timer.stop()
        return done

    return run


def _close(window: MainWindow, _small: Quick) -> None:
    window.close()


def _never(_window: MainWindow, _small: Quick) -> None:
    raise AssertionError("the program goes on")


@pytest.mark.usefixtures("tray_there")
def test_without_the_setting_closing_ends_it(ran: Callable[..., list[str]]) -> None:
    assert ran(_close, _never) == ["hidden"]


@pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True)  # of the tray that is not there
@pytest.mark.usefixtures("tray_there")
def test_it_closes_to_the_tray_and_works_there(ran: Callable[..., list[str]]) -> None:
    save(person_file(), {"tray": True})

    def look(window: MainWindow, small: Quick) -> None:
        small.window.open()
        assert small.window.isVisible()

    def hide(window: MainWindow, small: Quick) -> None:
        small.window.hide()

    def open_it(window: MainWindow, small: Quick) -> None:
        assert small.tray is not None
        small.tray.menu.actions()[0].trigger()

    def end(window: MainWindow, small: Quick) -> None:
        QApplication.quit()

    assert ran(_close, look, hide, open_it, end, _never)[:4] == ["hidden", "hidden", "hidden", "visible"]


def test_without_a_tray_closing_ends_it(ran: Callable[..., list[str]]) -> None:
    save(person_file(), {"tray": True})
    assert ran(_close, _never) == ["hidden"]


def test_quick_alone_opens_no_other_window_and_ends_when_it_closes(ran: Callable[..., list[str]]) -> None:
    def hide(window: MainWindow, small: Quick) -> None:
        assert small.window.isVisible()
        small.window.hide()

    assert ran(hide, lambda _window, _small: None, _never, quick=True)[0] == "hidden"


def test_the_terminal_s_quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[object] = []
    monkeypatch.setenv("DISPLAY", ":0")

    def run(library: str, *, quick: bool, parts: Parts | None) -> int:
        asked.append((library, quick))
        return 0

    monkeypatch.setattr(application, "run", run)
    assert cli.main(["--library", str(tmp_path / "library"), "quick"]) == 0
    assert asked == [(str(tmp_path / "library"), True)]
