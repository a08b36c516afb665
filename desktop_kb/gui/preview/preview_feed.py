"""Keeps a preview in step with the selection: loads contents on a thread, and again when they change."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.loaded import Contents
from desktop_kb.gui.marks.marker import Marker
from desktop_kb.gui.preview.preview import Preview
from desktop_kb.gui.preview.read_places import ReadPlaces
from desktop_kb.gui.preview.trail import Place, spot
from desktop_kb.gui.translation import tr
from desktop_kb.records import Document, Hit

#: Contents mostly come within this time; drawing a PDF on trial can take seconds.
_PATIENCE_MS: Final = 250


class PreviewFeed:
    """Updates the preview only when something differs, so that the scroll position stays."""

    def __init__(self, bridge: Bridge, preview: Preview, read: ReadPlaces) -> None:
        self._bridge, self._preview, self._places = bridge, preview, read
        self.marker = Marker(bridge, preview)
        self._return: Place | None = None  # where to go in what is wanted, once it is loaded
        self._wanted: Hit | Document | None = None
        self._found: Contents | None = None  # the contents loaded for what is wanted
        self._shown: tuple[object, Contents] | None = None
        self._document = ""  # the id of the one that is shown
        self._changed = False
        self._requested = self._arrived = 0
        self._patience = QTimer(preview, singleShot=True, interval=_PATIENCE_MS)
        self._patience.timeout.connect(self._show_waiting)
        preview.again_requested.connect(self._read_again)
        preview.moved.connect(self._keep_place)
        preview.way_requested.connect(self.step)
        preview.leapt.connect(self._leap)

    def visit(self) -> None:
        """The person reads what is shown."""
        if self._wanted is not None:
            self._places.visit(self._wanted)
            self._show_way()

    def step(self, by: int) -> None:
        """Show again what was read before (-1) or after this (1), where it was left."""
        self._keep_place()
        if (stop := self._places.trail.step(by)) is not None:
            self._preview.set_position(0, 0)
            self._shown = None  # a leap within a document leads back to another place of it
            self._show(stop.shown, stop.place)
            self._preview.take_focus()
            self._show_way()

    def _leap(self, here: Place) -> None:
        """The person leaps within what is read: Back leads to where they were."""
        if self._wanted is not None:
            self._places.trail.jump(self._wanted, here)
            self._show_way()

    def _show_way(self) -> None:
        trail = self._places.trail
        self._preview.header.show_way(back=trail.can(-1), forward=trail.can(1))

    def _keep_place(self) -> None:
        """Remember where in the document the person is."""
        place, shown = self._preview.reader.place(), self._wanted
        if place is None or shown is None or self._document != shown.document or self._found is None:
            return
        self._places.trail.leave(shown, place)
        if self._preview.reader.has_moved:
            self._places.leave(shown.document, place)

    def show(self, wanted: Hit | Document) -> None:
        """Show a hit at its passage, or a document where it was read last: immediately if only the marks differ, else
        after loading its contents."""
        if self._wanted is not None and spot(wanted) != spot(self._wanted):
            self._keep_place()
        self._show(wanted, None if isinstance(wanted, Hit) else self._places.place(wanted.document))

    def _show(self, wanted: Hit | Document, place: Place | None) -> None:
        self._return = place
        other = self._wanted is None or spot(wanted) != spot(self._wanted)
        self._wanted = wanted
        if other:
            self._found = None
        if other or self._changed:
            self._read(wanted)
        else:
            self._put()

    def library_changed(self) -> None:
        """The loaded contents may be out of date: the next `show` loads them again."""
        self._changed = True

    def clear(self) -> None:
        """Show nothing until the next `show`; the caller fills the preview."""
        self._wanted = self._found = self._shown = None

    def _read_again(self) -> None:
        if self._wanted is not None:
            self._read(self._wanted)

    def _read(self, wanted: Hit | Document) -> None:
        self._changed = False
        self._requested += 1
        number, place = self._requested, spot(wanted)
        self._patience.start()

        def arrived(found: Contents) -> None:
            # Trying to draw a page takes seconds, so a later request may be answered first.
            if self._wanted is not None and place == spot(self._wanted) and number > self._arrived:
                self._arrived = number
                self._found = found
                self._put()

        self._bridge.load_contents(wanted, arrived, self._found)

    def _show_waiting(self) -> None:
        """Show the title of what is wanted rather than another document beside its card; where one reads, nothing
        changes until it is there."""
        wanted, focused = self._wanted, QApplication.focusWidget()
        if wanted is None or self._found is not None:
            return
        reads = focused is not None and self._preview.isAncestorOf(focused)
        if not reads and (self._shown is None or self._document != wanted.document):
            self._preview.show_reason(wanted, tr("Opening …"))
            self._shown = None

    def _put(self) -> None:
        wanted, found = self._wanted, self._found
        if wanted is None or found is None:
            return
        self._patience.stop()
        before, self._shown = self._shown, (_seen(wanted), found)
        self._document = wanted.document
        same = before is not None and before[0] == self._shown[0] and before[1] is found
        if not same and isinstance(wanted, Hit):
            self._preview.show_hit(wanted, found)
        elif not same and isinstance(wanted, Document):
            self._preview.show_document(wanted, found)
        if not same:
            self.marker.show(wanted.document)
        if self._return is not None and not same:
            self._preview.reader.go_to(self._return)
        self._return = None


def _seen(shown: Hit | Document) -> tuple[object, ...]:
    """Everything that the preview shows besides the contents."""
    seen = (*spot(shown), shown.type, shown.title, shown.location)
    return (*seen, shown.best, shown.page, shown.page_label) if isinstance(shown, Hit) else seen
