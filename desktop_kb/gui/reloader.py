"""When to reload the library into the window while the library changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from desktop_kb.errors import Problem
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.loaded import Library

_MS: Final = 400
_AT_LEAST_MS: Final = 10_000
#: How long after the library's folder was missed it is looked for again.
_MISSED_MS: Final = 2_000


class Reloader(QTimer):
    """Loads the library on a thread, a moment after a request, and passes it to `loaded`.

    Reloading may take at most a tenth of the time, but happens at least every 10 s. It is done once at a time, and once
    more if it was asked for meanwhile.
    """

    #: the folder of the library is there again
    returned = Signal()

    def __init__(
        self,
        bridge: Bridge,
        loaded: Callable[[Library], None],
        saved: Callable[[str], Sequence[str]],
        parent: QObject,
    ) -> None:
        """`saved`: the queries that the person has saved in a library, by its id; any thread may ask."""
        super().__init__(parent)
        self._bridge, self._loaded, self._saved = bridge, loaded, saved
        self.setSingleShot(True)
        self.setInterval(_MS)
        self.timeout.connect(self._due)
        self._missed = self._loading = self._again = False

    def soon(self, _event: object) -> None:
        """Reload in a moment, once for all events until then."""
        if not self.isActive():
            self.start()

    def reload(self) -> None:
        """Load documents and status now."""
        if self._loading:
            self._again = True
            return
        self._loading, began = True, time.monotonic()

        def loaded(library: Library) -> None:
            asked = round(10_000 * (time.monotonic() - began))
            self.setInterval(min(max(_MS, asked), _AT_LEAST_MS))
            try:
                if self._missed:
                    self._missed = False
                    self.returned.emit()
                self._loaded(library)
            finally:  # or one bug in showing them would keep all later ones from being loaded
                self._ended()

        def failed(problem: Problem) -> None:
            self._bridge.failed.emit(problem)
            self._ended()

        self._bridge.load_library(loaded, self._saved, failed)

    def _ended(self) -> None:
        self._loading, again, self._again = False, self._again, False
        if again:
            self.reload()

    def _due(self) -> None:
        if self._loading:
            self.start()
        else:
            self.reload()

    def look_again(self) -> None:
        """Reload in a while: the library's folder is not there."""
        self._missed = True
        self.start(_MISSED_MS)
