"""The quick look: the selected document over the table, where it was read last."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.preview.preview import Preview
from desktop_kb.gui.preview.preview_feed import PreviewFeed
from desktop_kb.gui.preview.read_places import ReadPlaces
from desktop_kb.gui.slide_over import SlideOver
from desktop_kb.gui.translation import say, tr
from desktop_kb.records import Document


class QuickLook(QObject):
    """Shows one document over its host; the preview is made when it is first looked at."""

    inspect_requested = Signal(str)
    edit_requested = Signal(str)
    close_requested = Signal()
    #: a change of its marks: see `Marker.done`
    marked = Signal(str, object, bool)
    marks_changed = Signal()

    def __init__(self, bridge: Bridge, read: ReadPlaces, host: QWidget) -> None:
        super().__init__(host)
        self._bridge, self._read = bridge, read
        self.slide_over = SlideOver(host)
        self._made: tuple[Preview, PreviewFeed] | None = None

    @property
    def preview(self) -> Preview:
        """The preview, made now if there is none yet."""
        return self._parts()[0]

    @property
    def open(self) -> bool:
        """Whether it covers the host."""
        return self.slide_over.isVisible()

    def library_changed(self) -> None:
        """Look again at what is shown."""
        if self._made is not None:
            self._made[1].library_changed()

    def show(self, document: Document, *, removed: bool) -> None:
        """Show a document where it was read last, or why it has no text."""
        preview, feed = self._parts()
        if document.status == "ready" and not removed:
            feed.show(document)
            return
        feed.clear()
        if removed:
            reason = tr("This document is in the trash.")
        else:
            reason = say(document.error) or tr("This document is not indexed yet.")
        preview.show_reason(document, reason)

    def go_there(self) -> None:
        """Give it the keyboard: the person reads what it shows."""
        preview, feed = self._parts()
        feed.visit()
        preview.take_focus()

    def _parts(self) -> tuple[Preview, PreviewFeed]:
        if self._made is None:
            preview = Preview()
            self._made = preview, PreviewFeed(self._bridge, preview, self._read)
            self._made[1].marker.done.connect(self.marked)
            self._made[1].marker.changed.connect(self.marks_changed)
            preview.set_closable(True)
            preview.close_requested.connect(self.close_requested)
            preview.inspect_requested.connect(self.inspect_requested)
            preview.edit_requested.connect(self.edit_requested)
            self.slide_over.hold(preview)
        return self._made
