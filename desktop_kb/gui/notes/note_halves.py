"""The two halves of the note editor: the Markdown source and its rendering."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent, QTextCursor, QTextDocument
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSplitter, QVBoxLayout

from desktop_kb.gui import theme
from desktop_kb.gui.indexing.drop import CopiesDrops
from desktop_kb.gui.preview.safe_browser import SafeBrowser
from desktop_kb.gui.preview.text_formats import set_for_reading
from desktop_kb.gui.translation import tr
from desktop_kb.kb.new_notes import body

# HTML in a note is shown as plain text, because it could load anything.
_DIALECT: Final = (
    QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML
)


class NoteSource(QPlainTextEdit):
    """The note as Markdown, with a hint while it is empty.

    The hint also disappears while an input method composes a word; Qt would show it under that word.
    """

    def __init__(self) -> None:
        super().__init__()
        self._hint = tr("The first line names the note")
        self.setPlaceholderText(self._hint)
        self.setFont(theme.fixed_font())
        self.setStyleSheet("QPlainTextEdit { border: none; background: transparent; padding: 0; }")
        self.setAccessibleName(tr("The note as Markdown"))
        CopiesDrops(self)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        super().inputMethodEvent(event)
        self.setPlaceholderText("" if event.preeditString() else self._hint)


class NotePreview(SafeBrowser):
    """The rendered note."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("The note as it looks"))
        self.document().setDocumentMargin(theme.px(20))

    def render_note(self, text: str) -> None:
        """Render the Markdown and keep about the same scroll position."""
        bar = self.verticalScrollBar()
        place = bar.value() / max(1, bar.maximum())
        self.document().setDefaultFont(theme.font(15, serif=True))
        self.document().setMarkdown(body(text), _DIALECT)
        set_for_reading(self.document())
        self.moveCursor(QTextCursor.MoveOperation.Start)  # Qt scrolls to the cursor when the widget is shown
        bar.setValue(round(place * bar.maximum()))

    def pictures(self) -> Iterator[str]:
        """The URLs of the pictures in the note, as its text has them."""
        block = self.document().begin()
        while block.isValid():
            piece = block.begin()
            while not piece.atEnd():
                looks = piece.fragment().charFormat()
                if looks.isImageFormat():
                    yield looks.toImageFormat().name()
                piece += 1
            block = block.next()


def side_by_side(source: NoteSource, shown: NotePreview) -> QSplitter:
    """A splitter with both halves, each in a frame styled as paper."""
    halves = QSplitter(Qt.Orientation.Horizontal)
    halves.setChildrenCollapsible(False)
    # Margins instead of padding in the style sheet, because padding shifts an input method's candidate
    # window up by the same amount.
    for half, inset in ((source, 12), (shown, 0)):
        paper = QFrame()
        paper.setProperty("card", True)
        inside = QVBoxLayout(paper)
        inside.setContentsMargins(3 + inset, 3 + inset, 3, 3)
        inside.addWidget(half)
        halves.addWidget(paper)
    halves.setStyleSheet("QSplitter::handle { background: transparent; }")
    halves.setHandleWidth(12)
    return halves
