"""The two halves of the note editor: the Markdown source and its rendering."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QImage,
    QInputMethodEvent,
    QKeyEvent,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSplitter, QVBoxLayout

from desktop_kb.gui import theme
from desktop_kb.gui.indexing.drop import CopiesDrops
from desktop_kb.gui.notes.note_file import keep_picture
from desktop_kb.gui.preview.markdown_links import PAGE
from desktop_kb.gui.preview.note_pictures import PICTURE
from desktop_kb.gui.preview.safe_browser import SafeBrowser
from desktop_kb.gui.preview.text_formats import look_format, set_for_reading
from desktop_kb.gui.search.search_box import Completions
from desktop_kb.gui.text import utf16_offset
from desktop_kb.gui.translation import tr
from desktop_kb.kb.new_notes import body
from desktop_kb.records import Look

# HTML in a note is shown as plain text, because it could load anything.
_DIALECT: Final = (
    QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML
)


#: A link by name, with a place in the note and other words to show, if it says so; behind '!' a picture.
_NAMED: Final = re.compile(r"!?\[\[([^\[\]|\n]+)(?:\|([^\[\]\n]+))?\]\]")
_FENCED: Final = QTextFormat.Property.BlockCodeFence.value
#: What is typed of a link by name: '[[' and the beginning of one.
_BEGUN: Final = re.compile(r"\[\[([^\[\]|#]*)$")


class NoteSource(QPlainTextEdit):
    """The note as Markdown, with a hint while it is empty. Behind '[[' the names of notes are offered; a picture that
    is pasted becomes a file beside the note.

    The hint also disappears while an input method composes a word; Qt would show it under that word.

    Attributes:
        beside: the note's folder, and the name of its file ('' until it has one).
    """

    #: an OSError: a picture could not be written
    refused = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.beside: Callable[[], tuple[Path, str]] = lambda: (Path(), "")
        self._names: Sequence[str] = ()
        self.offered = Completions(self)
        self.offered.chosen.connect(self._complete)
        self.textChanged.connect(self._offer)
        self._hint = tr("The first line names the note")
        self.setPlaceholderText(self._hint)
        self.setFont(theme.fixed_font())
        self.setStyleSheet("QPlainTextEdit { border: none; background: transparent; padding: 0; }")
        self.setAccessibleName(tr("The note as Markdown"))
        CopiesDrops(self)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        super().inputMethodEvent(event)
        self.setPlaceholderText("" if event.preeditString() else self._hint)

    # --- links by name

    def offer(self, names: Sequence[str]) -> None:
        """Offer these names behind '[['."""
        self._names = names

    def _begun(self) -> str | None:
        """What is typed of a name; None if the cursor stands in no link."""
        cursor = self.textCursor()
        found = _BEGUN.search(cursor.block().text()[: cursor.positionInBlock()])
        return found[1] if found else None

    def _offer(self) -> None:
        begun = self._begun() if self.hasFocus() else None
        if begun is None:
            self.offered.hide()
            return
        wanted = begun.casefold()
        found = [name for name in self._names if wanted in name.casefold()]
        at = self.cursorRect()
        at.setWidth(theme.px(280))
        found.sort(key=lambda name: (name.casefold() != wanted, not name.casefold().startswith(wanted)))
        self.offered.offer(found, at, first=True)

    def _complete(self, name: str) -> None:
        cursor = self.textCursor()
        closed = cursor.block().text()[cursor.positionInBlock() :].startswith("]]")
        cursor.movePosition(
            QTextCursor.MoveOperation.PreviousCharacter,
            QTextCursor.MoveMode.KeepAnchor,
            len(self._begun() or ""),
        )
        cursor.insertText(name if closed else f"{name}]]")
        if closed:
            cursor.movePosition(QTextCursor.MoveOperation.NextCharacter, n=2)
        self.setTextCursor(cursor)
        self.offered.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """While names are offered, the keys that choose one are for the list."""
        if not (self.offered.isVisible() and self.offered.steer(Qt.Key(event.key()))):
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.offered.hide()

    # --- pictures

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """A picture can be pasted too."""
        return source.hasImage() or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Paste text, or a picture as a file beside the note."""
        if not source.hasImage() or source.hasText():
            super().insertFromMimeData(source)
            return
        try:
            name = keep_picture(QImage(source.imageData()), *self.beside())
        except OSError as error:
            self.refused.emit(error)
        else:
            self.textCursor().insertText(f"![]({quote(name)})")


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
        self._link_names()
        self.moveCursor(QTextCursor.MoveOperation.Start)  # Qt scrolls to the cursor when the widget is shown
        bar.setValue(round(place * bar.maximum()))

    def _link_names(self) -> None:
        """Make links and pictures of names in double brackets, which Qt's Markdown does not know; in code they stay."""
        cursor = QTextCursor(self.document())
        block = self.document().begin()
        while block.isValid():
            for named in reversed(list(_NAMED.finditer(block.text())) if "[[" in block.text() else []):
                start, end = (block.position() + utf16_offset(block.text(), at) for at in named.span())
                cursor.setPosition(start + 1)
                looks = cursor.charFormat()
                if looks.fontFixedPitch() or block.blockFormat().hasProperty(_FENCED):
                    continue
                cursor.setPosition(start)
                cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
                if PICTURE.fullmatch(named[0]):
                    cursor.insertImage(named[1].strip())
                elif linked := look_format(Look(0, 0, "link", PAGE + named[1].strip())):
                    looks.merge(linked)
                    cursor.insertText((named[2] or named[1]).strip(), looks)
            block = block.next()

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
