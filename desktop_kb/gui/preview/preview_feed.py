"""Keeps a preview on what is selected, read on a thread, as the question and the library now have it."""

from __future__ import annotations

from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.loaded import Contents
from desktop_kb.gui.preview.preview import Preview
from desktop_kb.records import Document, Hit


class PreviewFeed:
    """What is shown is left alone, and where the person has scrolled to, until something of it differs."""

    def __init__(self, bridge: Bridge, preview: Preview) -> None:
        self._bridge, self._preview = bridge, preview
        self._wanted: Hit | Document | None = None
        self._found: Contents | None = None  # what was read of it
        self._shown: tuple[object, Contents] | None = None
        self._changed = False
        self._begun = self._arrived = 0
        preview.again_requested.connect(self._read_again)

    def show(self, wanted: Hit | Document) -> None:
        """Show this: at once where only the marks differ, else when it has been read."""
        other = self._wanted is None or _place(wanted) != _place(self._wanted)
        self._wanted = wanted
        if other:
            self._found = None
        if other or self._changed:
            self._read(wanted)
        else:
            self._put()

    def library_changed(self) -> None:
        """What was read may be out of date: the next `show` reads again."""
        self._changed = True

    def clear(self) -> None:
        """Follow nothing; the preview is the caller's to fill."""
        self._wanted = self._found = self._shown = None

    def _read_again(self) -> None:
        if self._wanted is not None:
            self._read(self._wanted)

    def _read(self, wanted: Hit | Document) -> None:
        self._changed = False
        self._begun += 1
        number, place = self._begun, _place(wanted)

        def arrived(found: Contents) -> None:
            # Drawing a page on trial takes seconds: what was asked for later may come first.
            if self._wanted is not None and place == _place(self._wanted) and number > self._arrived:
                self._arrived = number
                self._found = found
                self._put()

        self._bridge.read(wanted, arrived, self._found)

    def _put(self) -> None:
        wanted, found = self._wanted, self._found
        if wanted is None or found is None:
            return
        before, self._shown = self._shown, (_seen(wanted), found)
        if before is not None and before[0] == self._shown[0] and before[1] is found:
            return
        if isinstance(wanted, Hit):
            self._preview.show_hit(wanted, found)
        else:
            self._preview.show_document(wanted, found)


def _place(shown: Hit | Document) -> tuple[object, ...]:
    """What is to be read."""
    return (shown.document, shown.start, shown.end) if isinstance(shown, Hit) else (shown.document,)


def _seen(shown: Hit | Document) -> tuple[object, ...]:
    """All that a preview shows of it besides the contents, and where it leads."""
    seen = (*_place(shown), shown.type, shown.title, shown.path)
    return (*seen, shown.best, shown.page, shown.page_label) if isinstance(shown, Hit) else seen
