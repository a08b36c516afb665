"""Which input method module Qt is told to take; nothing is typed here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QLibraryInfo, QPluginLoader

from desktop_kb.gui import input_method

FALLBACK = "wayland;ibus"


@pytest.mark.parametrize(
    ("environment", "chosen"),
    [
        # As Debian, Ubuntu and Arch set fcitx 5 up: a module that Qt's wheels do not carry.
        ({"QT_IM_MODULE": "fcitx"}, f"fcitx;{FALLBACK}"),
        ({"QT_IM_MODULE": "fcitx5", "XMODIFIERS": "@im=fcitx"}, f"fcitx5;{FALLBACK}"),
        ({"QT_IM_MODULE": "xim", "XMODIFIERS": "@im=fcitx"}, f"xim;{FALLBACK}"),
        # Qt carries it.
        ({"QT_IM_MODULE": "ibus"}, "ibus;wayland"),
        # Nothing is set for Qt, but X11 is told of an input method.
        ({"XMODIFIERS": "@im=fcitx"}, FALLBACK),
        ({"XMODIFIERS": "@im=ibus", "QT_IM_MODULE": ""}, FALLBACK),
        # The plural comes before the singular, as in Qt, and keeps its order.
        ({"QT_IM_MODULES": "wayland;fcitx", "QT_IM_MODULE": "fcitx"}, "wayland;fcitx;ibus"),
        ({"QT_IM_MODULES": "wayland;fcitx;ibus"}, "wayland;fcitx;ibus"),
        ({"QT_IM_MODULES": ";", "QT_IM_MODULE": "fcitx"}, f"fcitx;{FALLBACK}"),
        # No input method anywhere, or none wanted: Qt's own choice.
        ({}, ""),
        ({"XMODIFIERS": "@im=none"}, ""),
        ({"XMODIFIERS": "@im=local"}, ""),
        ({"XMODIFIERS": "@im="}, ""),
        ({"QT_IM_MODULE": "none", "XMODIFIERS": "@im=fcitx"}, ""),
        ({"QT_IM_MODULES": "none"}, "none"),
    ],
)
def test_what_was_asked_for_comes_first_and_what_serves_behind_it(
    environment: dict[str, str], chosen: str
) -> None:
    assert input_method.modules(environment) == chosen


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="has input methods of its own")
def test_the_choice_is_made_before_qt_starts() -> None:
    code = (
        "import os; from desktop_kb.gui.application import _application\n"
        "app = _application()\n"
        "print(os.environ['QT_IM_MODULES'])"
    )
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_IM_MODULE": "fcitx", "QT_IM_MODULES": ""}
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == f"fcitx;{FALLBACK}"


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="has input methods of its own")
def test_the_installed_qt_has_what_is_fallen_back_to() -> None:
    folder = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath)) / "platforminputcontexts"
    keys = {
        key
        for file in folder.iterdir()
        for key in QPluginLoader(str(file)).metaData()["MetaData"]["Keys"]  # type: ignore[index]
    }
    assert keys >= {"ibus", "compose"}
