"""Results and preview side by side; in a narrow window the preview slides over the results."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QWidget

from desktop_kb.gui import theme
from desktop_kb.gui.preview.preview import Preview
from desktop_kb.gui.slide_over import SlideOver

#: In a window narrower than this, the preview is shown over the results.
_ROOM: Final = 1000
#: Widths of results and preview, and the minimum width at which a preview is readable.
_WIDTHS: Final = (540, 660)
_READABLE: Final = 360


class ResultColumns(QSplitter):
    """The two columns of the search view.

    Attributes:
        narrow: whether the preview is in the slide-over instead of next to the results.
    """

    def __init__(self, results: QWidget, preview: Preview, slide_over: SlideOver) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._preview, self._slide_over = preview, slide_over
        self._gap = QWidget()
        self.narrow = False
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)
        self.addWidget(results)
        self.addWidget(preview)
        self.setSizes(_WIDTHS)
        self.setStretchFactor(0, 2)
        self.setStretchFactor(1, 3)

    def fit(self, window: int) -> None:
        """Put the preview into its column or the slide-over, depending on the width of the window."""
        narrow = window < theme.px(_ROOM)
        if narrow != self.narrow:
            self.narrow = narrow
            self._preview.set_closable(narrow)
            # A hidden widget takes the preview's place in the splitter, so that its width is remembered.
            if narrow:
                self.replaceWidget(1, self._gap)
                self._gap.hide()
                self._slide_over.hold(self._preview)
            else:
                self._slide_over.slide_out()
                self.replaceWidget(1, self._preview)
                self._preview.show()
                self.refresh()  # otherwise `sizes` would return the old widths
        if not narrow and self.sizes()[1] < theme.px(_READABLE):
            self.setSizes(_WIDTHS)
