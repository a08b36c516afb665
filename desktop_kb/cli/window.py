"""The window, which is a command too."""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
from pathlib import Path
from types import ModuleType

from desktop_kb.cli.command import Command, argument
from desktop_kb.errors import UsageProblem
from desktop_kb.records import SCHEME
from desktop_kb.sentences import LANGUAGES


def _gui(options: argparse.Namespace) -> int:
    if options.screenshot:
        # Without a display Qt draws into memory; it is to be said before Qt is loaded.
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    elif not has_display():
        raise UsageProblem("usage", reason="no-display")
    application = _imported()
    if len(options.paths) == 1 and options.paths[0].lower().startswith(f"{SCHEME}:"):
        return int(application.open_link(options.paths[0], options.library, parts=options.parts))
    if not options.screenshot:
        files = [Path(path).absolute() for path in options.paths]
        return int(application.run(options.library, files, parts=options.parts))
    return int(
        application.screenshot(
            Path(options.screenshot),
            options.library,
            query=options.query,
            view=options.view,
            dark=options.theme == "dark",
            language=options.language,
            parts=options.parts,
        )
    )


def _open(options: argparse.Namespace) -> int:
    if not has_display():
        raise UsageProblem("usage", reason="no-display")
    application = _imported()
    return int(application.open_link(options.link, options.library, parts=options.parts))


def _quick(options: argparse.Namespace) -> int:
    if not has_display():
        raise UsageProblem("usage", reason="no-display")
    # The program that is open is told at once: the window's own modules take a second to import.
    instance = importlib.import_module("desktop_kb.gui.instance")
    if instance.tell(instance.server_name(options.library), instance.QUICK):
        return 0
    application = _imported()
    return int(application.run(options.library, quick=True, parts=options.parts))


def _imported() -> ModuleType:
    """The window's modules. An import of Qt takes half a second, which no terminal command should pay. As in `__main__`
    they are not looked through for garbage."""
    gc.disable()
    try:
        return importlib.import_module("desktop_kb.gui.application")
    finally:
        gc.freeze()
        gc.enable()


def has_display() -> bool:
    """Whether a window can be shown."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


GUI = Command(
    "gui",
    _gui,
    "the window; with --screenshot, draw it to a PNG and end",
    argument("paths", nargs="*", metavar="PATH", help="files and folders to add"),
    argument("--screenshot", metavar="FILE", help="the picture to draw"),
    argument("--query", default="", metavar="Q", help="the question that it shows"),
    argument("--view", default="", metavar="VIEW", help="a view of the window, or settings"),
    argument("--theme", choices=("light", "dark"), default="light", help="its colours"),
    argument("--language", choices=LANGUAGES, default="en", help="its language"),
)
OPEN = Command(
    "open",
    _open,
    "a link to a document, a passage or a question, in the window",
    argument("link", metavar="LINK", help="as 'marks' prints them"),
)
QUICK = Command("quick", _quick, "a small window for a question or a note; for a key of your desktop")
