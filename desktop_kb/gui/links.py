"""Follows links to what a library holds. One that another program opened is asked about before anything is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from PySide6.QtCore import QObject, QSettings, Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from desktop_kb import paths
from desktop_kb.errors import Problem
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.sheets.libraries import known_libraries
from desktop_kb.gui.targets import Target
from desktop_kb.gui.translation import say, tr
from desktop_kb.kb import library_id
from desktop_kb.records import Hit, Link, parse_link

#: Characters of a title or question in the line that asks.
_SHOWN: Final = 200


class Window(Protocol):
    """What links need of the window."""

    bridge: Bridge

    def show_passage(self, passage: Hit) -> None:
        """Read a passage that no question has found."""

    def open(self, target: Target) -> None:
        """Show a target in the view that can show it."""

    def switch(self, library: Path, link: str = "") -> None:
        """Open another library, and follow the link there."""

    def say(self, words: str) -> None:
        """Say a sentence."""


class Links(QObject):
    """Follows links for one window."""

    def __init__(self, state: QSettings, window: Window) -> None:
        assert isinstance(window, QWidget)
        super().__init__(window)
        self._state, self._window, self._parent = state, window, window
        self._box: QMessageBox | None = None

    def follow_inside(self, text: str) -> None:
        """Follow a link that stands in a document of the library."""
        self.follow(text, outside=False)

    def follow(self, text: str, *, outside: bool) -> None:
        """Follow a link; what is none, or leads nowhere, is said and nothing else is done.

        Args:
            outside: another program opened it.
        """
        link = parse_link(text)
        if link is None:
            self._window.say(say(Problem("no-link")))
        else:
            self._window.bridge.call(
                lambda: self._found(link),
                lambda found: self._offer(link, found, outside),
                lambda problem: self._window.say(say(problem)),
            )

    def _found(self, link: Link) -> Hit | Path | None:
        """What it leads to: a passage, another library; None for a question. Runs on a thread.

        Raises:
            Problem: it leads nowhere.
        """
        if link.library != self._window.bridge.kb.id:
            if (root := library_of(link, self._state)) is None:
                raise Problem("link-elsewhere")
            return root
        if link.question:
            return None
        return self._window.bridge.kb.passage(link.document, link.start, link.end, link.page)

    def _offer(self, link: Link, found: Hit | Path | None, outside: bool) -> None:
        if isinstance(found, Path):
            self._question(
                tr("The link leads into another library. Open it?"),
                str(found),
                lambda: self._window.switch(found, str(link)),
            )
        elif outside:
            what = link.question if found is None else found.title
            self._question(
                tr("Another program asks to show this. Open it?"), what, lambda: self._go(link, found)
            )
        else:
            self._go(link, found)

    def _go(self, link: Link, found: Hit | None) -> None:
        if found is None:
            self._window.open(Target("question", link.question))
        else:
            self._window.show_passage(found)

    def _question(self, question: str, what: str, do: Callable[[], None]) -> None:
        """Ask, without holding the window. While one is asked about, a page that opens many gets no further."""
        if self._box is not None:
            return
        box = self._box = QMessageBox(self._parent)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(question)
        box.setInformativeText(what if len(what) <= _SHOWN else f"{what[:_SHOWN]} …")
        box.setStandardButtons(QMessageBox.StandardButton.Open | QMessageBox.StandardButton.Cancel)

        def answered(answer: int) -> None:
            self._box = None
            if answer == QMessageBox.StandardButton.Open.value:
                do()

        box.finished.connect(answered)
        box.open()


def library_of(link: Link, state: QSettings, given: str | None = None) -> Path | None:
    """The folder of the library that a link names: the given one, the person's own, or one that was opened before."""
    folders = [Path(given)] if given else []
    folders += [paths.library().root, paths.sample_library(), *known_libraries(state)]
    return next((folder for folder in folders if library_id(folder) == link.library), None)
