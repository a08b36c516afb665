"""Computes the landscape behind the window: when it is looked at, and again when the library has changed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from desktop_kb.gui.bridge import Bridge, Task
from desktop_kb.records import Document, Landscape

_SOON_MS: Final = 1_500
#: Of the time at most a fifth goes into the landscape while files come in.
_PATIENCE: Final = 4
#: What an outdated landscape was made of.
_OUTDATED: Final = object()


class Survey(QObject):
    """One computation at a time; `arrived` brings each landscape, `failed` why there is none."""

    arrived = Signal(object)
    failed = Signal(object)

    def __init__(self, bridge: Bridge, parent: QWidget) -> None:
        """`parent` is what shows the landscape: while it is hidden nothing is computed."""
        super().__init__(parent)
        self._shown = parent
        self._bridge = bridge
        self._wanted: object = None  # what the library has, and what the landscape was made of
        self._made_of: object = None
        self._task: Task | None = None
        self._began = 0.0
        self._timer = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._timer.timeout.connect(self._start)
        bridge.read_again.connect(self._read_again)

    @property
    def running(self) -> bool:
        """Whether one is being computed."""
        return self._task is not None

    @property
    def current(self) -> bool:
        """Whether the last landscape is that of the library as it is."""
        return self._made_of is not None and self._made_of == self._wanted

    def library_changed(self, documents: Sequence[Document]) -> None:
        """Take note of what the library has."""
        ready = [one for one in documents if one.status == "ready"]
        self._wanted = {
            (one.document, one.chunks, one.title, one.tags, one.metadata.get("year")) for one in ready
        }

    def _read_again(self, _event: object) -> None:
        """A model has read a document: its passages have a place only now."""
        if self._made_of is not None:
            self._made_of = _OUTDATED
        self.look()

    def look(self) -> None:
        """Compute the landscape if it is not that of the library: at once if there is none."""
        if self._wanted is None or self.current or self.running or not self._shown.isVisible():
            return
        if self._made_of is None:
            self._start()
        elif not self._timer.isActive():
            self._timer.start()

    def _start(self) -> None:
        if self.running or self.current or not self._shown.isVisible():
            return
        self._began = time.monotonic()
        self._made_of = self._wanted  # what is read from now on outdates it
        self._task = Task(lambda _task: self._bridge.kb.landscape())
        self._task.done.connect(self._done)
        self._task.failed.connect(self._failed)
        self._task.stopped.connect(self._ended)
        self._bridge.begin(self._task)

    def _ended(self) -> None:
        self._task = None
        took = round(1_000 * (time.monotonic() - self._began))
        self._timer.setInterval(max(_SOON_MS, took * _PATIENCE))

    def _done(self, landscape: Landscape) -> None:
        self._ended()
        self.arrived.emit(landscape)
        self.look()

    def _failed(self, problem: object) -> None:
        self._ended()
        self._made_of = None
        self.failed.emit(problem)
