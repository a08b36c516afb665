"""What happens in the window, for those who cannot see it: what a question found, filters, the end of indexing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from desktop_kb.gui.announce import announce
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.indexing.indexing import IndexingRun
from desktop_kb.gui.search.said import weaker
from desktop_kb.gui.search.search_box import SearchBox
from desktop_kb.gui.translation import plural, tr
from desktop_kb.records import FileFinished, SearchResult

#: An answer is said once nothing was typed for this time: not at every letter.
_SETTLED_MS: Final = 900


class Heard(QObject):
    """Announces what the bridge, the box and the indexing run tell."""

    def __init__(self, bridge: Bridge, box: SearchBox, run: IndexingRun, window: QWidget) -> None:
        super().__init__(window)
        self._window, self._box, self._run = window, box, run
        self._filters: Sequence[str] = ()
        self._answer = ""
        self._ended = self._failed = 0
        self._busy = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SETTLED_MS)
        self._timer.timeout.connect(lambda: announce(self._window, self._answer))
        box.line.textEdited.connect(lambda _text: self._timer.stop())
        box.changed.connect(self._filters_changed)
        bridge.searched.connect(self._searched)
        bridge.finished.connect(self._file_finished)
        run.changed.connect(self._run_changed)

    def _searched(self, _number: int, result: SearchResult, final: bool) -> None:
        if final and self._box.query():
            self._answer = found(result)
            self._timer.start()

    def _filters_changed(self) -> None:
        was, self._filters = self._filters, self._box.filters()
        said = [tr("Filter {name}", name=one) for one in self._filters if one not in was]
        said += [tr("Filter {name} taken away", name=one) for one in was if one not in self._filters]
        announce(self._window, ". ".join(said))

    def _file_finished(self, event: FileFinished) -> None:
        self._ended += 1
        self._failed += event.report.status == "failed"

    def _run_changed(self) -> None:
        was, self._busy = self._busy, self._run.busy
        if was and not self._busy and self._ended:
            said = plural(self._ended, "{n} file is indexed.", "{n} files are indexed.")
            if self._failed:
                said += " " + plural(self._failed, "{n} file needs you", "{n} files need you")
            announce(self._window, said)
            self._ended = self._failed = 0


def found(result: SearchResult) -> str:
    """What a question found, in one sentence."""
    if not result.hits:
        return tr("Nothing in the library answers this.")
    strong = sum(not hit.weak for hit in result.hits)
    if not strong:
        return tr("Nothing answers this well; these come nearest.")
    said = plural(strong, "{n} hit", "{n} hits")
    weak = len(result.hits) - strong
    return said + (", " + weaker(weak) if weak else "")
