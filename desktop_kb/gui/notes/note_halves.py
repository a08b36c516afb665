"""The two halves of the note editor: the Markdown, and beside it what the note looks like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QInputMethodEvent, QTextCursor, QTextDocument
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSplitter, QVBoxLayout

from desktop_kb.gui import theme
from desktop_kb.gui.indexing.drop import CopiesDrops
from desktop_kb.gui.notes.note_file import body
from desktop_kb.gui.preview.safe_browser import SafeBrowser
from desktop_kb.gui.preview.text_preview import set_for_reading
from desktop_kb.gui.translation import tr

# HTML in a note is shown as it is written: it could ask for anything.
_DIALECT: Final = (
    QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML
)


class NoteSource(QPlainTextEdit):
    """The note as Markdown, with a hint while it is empty.

    A word being composed counts as text for the hint; Qt alone would show the hint under it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._hint = tr("The first line names the note")
        self.setPlaceholderText(self._hint)
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.setStyleSheet("QPlainTextEdit { border: none; background: transparent; padding: 0; }")
        self.setAccessibleName(tr("The note as Markdown"))
        CopiesDrops(self)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        super().inputMethodEvent(event)
        self.setPlaceholderText("" if event.preeditString() else self._hint)


class NotePreview(SafeBrowser):
    """The note as it looks."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("The note as it looks"))
        self.document().setDocumentMargin(theme.px(20))

    def render_note(self, text: str) -> None:
        """Show the Markdown, scrolled to about the place where the note was."""
        bar = self.verticalScrollBar()
        place = bar.value() / max(1, bar.maximum())
        self.document().setDefaultFont(theme.font(15, serif=True))
        self.document().setMarkdown(body(text), _DIALECT)
        set_for_reading(self.document())
        self.moveCursor(QTextCursor.MoveOperation.Start)  # it is scrolled to when shown
        bar.setValue(round(place * bar.maximum()))

    def pictures(self) -> Iterator[str]:
        """The pictures that are shown, as the note's text names them."""
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
    """Both halves, each on a sheet of paper."""
    halves = QSplitter(Qt.Orientation.Horizontal)
    halves.setChildrenCollapsible(False)
    # Not the style sheet's padding: the candidates of an input method stand too high by as much.
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
