"""What is read beside the map."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.library.library_columns import LibraryColumns
from desktop_kb.gui.preview.preview import Preview
from desktop_kb.gui.preview.preview_feed import PreviewFeed
from desktop_kb.gui.preview.read_places import ReadPlaces
from desktop_kb.records import Hit, Spot

_WIDTH = 440


class Beside(QObject):
    """A preview in a column of its own while something is read; in a narrow window it covers the map."""

    def __init__(self, bridge: Bridge, read: ReadPlaces, map_: QWidget, host: QWidget) -> None:
        super().__init__(host)
        self._bridge = bridge
        self.preview = Preview()
        self.preview.set_closable(True)
        self._feed = PreviewFeed(bridge, self.preview, read)
        self.marker = self._feed.marker
        self.columns = LibraryColumns(map_, self.preview, host, width=_WIDTH)

    @property
    def drawn(self) -> bool:
        """Whether what is read is shown."""
        return self.preview.drawn

    def library_changed(self) -> None:
        """Look again at what is shown, the next time."""
        self._feed.library_changed()

    def read(self, spot: Spot) -> None:
        """Read a passage."""
        kb = self._bridge.kb
        self._bridge.call(lambda: kb.passage(*spot), self._show)

    def _show(self, hit: Hit) -> None:
        self.columns.fill(True)
        self.columns.show_details(True)
        self._feed.show(hit)
        self._feed.visit()

    def close_preview(self) -> bool:
        """Give the map its room back; False if it has it."""
        if not self.columns.filled:
            return False
        self.columns.fill(False)
        return True
