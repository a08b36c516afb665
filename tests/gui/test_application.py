"""A second start of the program: its window comes forward, its files are handed over."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop_kb import cli
from desktop_kb.gui import application


class Window:
    """What a server needs of the window."""

    def __init__(self) -> None:
        self.raised = 0
        self.added: list[list[Path]] = []

    def show(self) -> None:
        """Counted with the next."""

    def activateWindow(self) -> None:
        self.raised += 1

    def add(self, files: list[Path]) -> None:
        self.added.append(files)


@pytest.mark.parametrize("files", [[], [Path("/notes/a b.md"), Path("/书/年.pdf")]])
def test_a_second_start_hands_its_files_over(files: list[Path], qtbot: QtBot, tmp_path: Path) -> None:
    window = Window()
    name = f"desktop-kb-test-{tmp_path.parent.name}-{tmp_path.name}"
    server = application._server(name, window)  # type: ignore[arg-type]
    try:
        assert application._bring_forward(name, files)
        qtbot.waitUntil(lambda: window.raised == 1 and bool(window.added) == bool(files))
        assert window.added == ([files] if files else [])
    finally:
        server.close()


def test_a_first_start_finds_nobody(qtbot: QtBot, tmp_path: Path) -> None:
    assert not application._bring_forward(f"desktop-kb-test-nobody-{tmp_path.name}", [])


def test_the_terminal_opens_the_window_with_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opened: list[tuple[object, list[Path]]] = []

    def run(library: str | None, files: list[Path]) -> int:
        opened.append((library, files))
        return 0

    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("DESKTOP_KB_HOME", str(tmp_path))
    monkeypatch.setattr(application, "run", run)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["gui", "--", "a.md"]) == 0
    assert cli.main([]) == 0
    assert opened == [(None, [tmp_path / "a.md"]), (None, [])]
