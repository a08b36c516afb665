"""Later starts of the program, which tell the first one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop_kb.gui import application
from desktop_kb.gui.instance import QUICK, listen, message_of, server_name, tell


@contextmanager
def second_start(name: str, message: bytes) -> Iterator[None]:
    """A program of its own that tells this: on Windows it waits until the first one has read what it sends."""
    code = (
        "import sys; from PySide6.QtCore import QCoreApplication\n"
        "app = QCoreApplication([])\n"
        "from desktop_kb.gui.instance import tell\n"
        "sys.exit(not tell(sys.argv[1], bytes.fromhex(sys.argv[2])))"
    )
    second = subprocess.Popen([sys.executable, "-c", code, name, message.hex()], env=os.environ)
    try:
        yield
        assert second.wait(20) == 0
    finally:
        second.kill()


class Window(QWidget):
    """What a server needs of the window."""

    def __init__(self) -> None:
        super().__init__()
        self.raised = 0
        self.added: list[list[Path]] = []

    def activateWindow(self) -> None:
        self.raised += 1
        super().activateWindow()

    def add(self, files: list[Path]) -> None:
        self.added.append(files)


@pytest.mark.parametrize("files", [[], [Path("/notes/a b.md"), Path("/书/年.pdf")]])
def test_a_second_start_hands_its_files_over(files: list[Path], qtbot: QtBot, tmp_path: Path) -> None:
    window = Window()
    qtbot.addWidget(window)
    name = f"desktop-kb-test-{tmp_path.parent.name}-{tmp_path.name}"
    server = listen(name, partial(application._told, window, None))  # type: ignore[arg-type]
    try:
        with second_start(name, message_of(files)):
            qtbot.waitUntil(lambda: window.raised == 1 and bool(window.added) == bool(files))
        assert window.added == ([files] if files else [])
    finally:
        server.close()


def test_a_second_start_hands_its_link_over(qtbot: QtBot, tmp_path: Path) -> None:
    followed: list[tuple[str, bool]] = []

    class Followed:
        def follow(self, text: str, *, outside: bool) -> None:
            followed.append((text, outside))

    window = Window()
    window.links = Followed()  # type: ignore[attr-defined]
    qtbot.addWidget(window)
    name = f"desktop-kb-test-{tmp_path.parent.name}-{tmp_path.name}"
    server = listen(name, partial(application._told, window, None))  # type: ignore[arg-type]
    try:
        with second_start(name, message_of((), "desktop-kb:0/d/蜜蜂")):
            qtbot.waitUntil(lambda: bool(followed))
        assert (followed, window.added) == ([("desktop-kb:0/d/蜜蜂", True)], [])
    finally:
        server.close()


@pytest.mark.parametrize("maximised", [False, True])
def test_a_second_start_raises_a_minimised_window(maximised: bool, qtbot: QtBot, tmp_path: Path) -> None:
    window = Window()
    qtbot.addWidget(window)
    window.setWindowState(Qt.WindowState.WindowMaximized if maximised else Qt.WindowState.WindowNoState)
    window.show()
    window.showMinimized()
    assert window.isMinimized()
    name = f"desktop-kb-test-{tmp_path.parent.name}-{tmp_path.name}"
    server = listen(name, partial(application._told, window, None))  # type: ignore[arg-type]
    try:
        assert tell(name)
        qtbot.waitUntil(lambda: window.raised == 1)
        assert not window.isMinimized()
        assert window.isVisible()
        assert window.isMaximized() is maximised
    finally:
        server.close()


def test_a_first_start_finds_nobody(qtbot: QtBot, tmp_path: Path) -> None:
    assert not tell(f"desktop-kb-test-nobody-{tmp_path.name}")


def test_quick_find_is_asked_for(qtbot: QtBot, tmp_path: Path) -> None:
    told: list[bytes] = []
    name = server_name(str(tmp_path / "library"))
    assert name != server_name(str(tmp_path / "other"))
    server = listen(name, told.append)
    try:
        with second_start(name, QUICK):
            qtbot.waitUntil(lambda: told == [QUICK])
    finally:
        server.close()


def test_who_only_tells_does_not_import_the_window() -> None:
    code = "import sys; from desktop_kb.gui import instance; print('PySide6.QtWidgets' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
