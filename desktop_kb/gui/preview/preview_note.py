"""The line above the pages or the text: a sentence, sometimes with a button that offers something."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop_kb.formats import Preview
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import button, label
from desktop_kb.records import Document, Hit


class PreviewNote(QWidget):
    """Hidden until something is said."""

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        self.message = label("", "quiet", wrap=True)
        row.addWidget(self.message, 1)
        self.offer = button(tr("Try again"), lambda: self._offered(), "link")
        row.addWidget(self.offer, 0, Qt.AlignmentFlag.AlignTop)

    def say(self, sentence: str, offer: str = "", do: Callable[[], None] = lambda: None) -> None:
        """Show a sentence, and if `offer` is given, a button that calls `do`."""
        self.message.setText(sentence)
        # Without one it keeps its old text, so that the hidden button has an accessible name.
        self.offer.setText(offer or self.offer.text())
        self.offer.setVisible(bool(offer))
        self._offered = do
        self.show()

    def say_why_text(
        self,
        shown: Hit | Document,
        how: Preview,
        late: Callable[[], None] | None,
        condemned: Callable[[], None] | None,
    ) -> None:
        """Say why a document that has pages, or is a part of a file, is shown as text.

        Args:
            late: tries again what was not drawn in time; None if that is not why.
            condemned: draws again what has killed the program; None if that is not why.
        """
        if late is not None:
            self.say(
                tr(
                    "The pages were not drawn in time, perhaps because the machine is busy: this is the text."
                ),
                tr("Try again"),
                late,
            )
        elif condemned is not None:
            self.say(
                tr("The program has ended twice while it was drawing this file: this is its text."),
                tr("Draw it again"),
                condemned,
            )
        elif how in ("pages", "pictures"):
            self.say(tr("The pages of this file cannot be drawn here: this is its text."))
        elif shown.part:
            self.say(tr("This is the text of a part: {part}", part=shown.location.inside))
