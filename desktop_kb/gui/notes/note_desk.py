"""What stands around a note in its window: its tags, the notes that link to it, and its way into the trash."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from html import escape
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QWidget

from desktop_kb.errors import Problem
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.indexing.drop import CopiesDrops
from desktop_kb.gui.translation import tr
from desktop_kb.gui.widgets import button
from desktop_kb.kb import KnowledgeBase
from desktop_kb.kb.new_notes import file_name
from desktop_kb.records import Document


class About(NamedTuple):
    """What the library knows of a note: its document (None until it was read), the documents that link to it, and the
    names of all notes."""

    document: Document | None
    linking: list[Document]
    names: list[str]


class _Line(QLineEdit):
    """Enter ends what is written, and presses no button of the window."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.editingFinished.emit()
        else:
            super().keyPressEvent(event)


class NoteDesk(QFrame):
    """A line below the note. Tags are written with spaces between them, and kept when the line is left."""

    #: the path of a note that links to this one
    open_requested = Signal(str)
    #: the names of all notes
    named = Signal(list)
    delete_requested = Signal()

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._document: Document | None = None
        self.tags = _Line()
        self.tags.setPlaceholderText(tr("Tags"))
        self.tags.setAccessibleName(tr("Tags"))
        self.tags.setEnabled(False)
        self.tags.editingFinished.connect(self._keep_tags)
        CopiesDrops(self.tags)
        self.linking = QLabel()
        self.linking.setProperty("quiet", True)
        self.linking.setWordWrap(True)
        self.linking.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByKeyboard | Qt.TextInteractionFlag.LinksAccessibleByMouse
        )
        self.linking.linkActivated.connect(self.open_requested)
        self.delete = button(
            tr("Delete"), self.delete_requested.emit, "quietlink", tr("Move the note to the trash")
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 16, 10)
        row.addWidget(self.tags, 1)
        row.addWidget(self.linking, 2)
        row.addWidget(self.delete)
        self.delete.setEnabled(False)

    def show_note(self, path: Path | None) -> None:
        """Look up what the library knows of the note at this path; None is a new one."""
        self._bridge.call(partial(_about, self._bridge.kb, path), self._show)

    def _show(self, about: About) -> None:
        known = about.document
        self._document = known
        self.tags.setEnabled(known is not None)
        self.delete.setEnabled(
            known is not None and Path(known.path).is_relative_to(self._bridge.kb.library.notes)
        )
        if known is not None and not self.tags.hasFocus():
            self.tags.setText(" ".join(known.tags))
        links = [f'<a href="{escape(one.path)}">{escape(one.title)}</a>' for one in about.linking]
        self.linking.setText(tr("Linked from: {notes}", notes=" · ".join(links)) if links else "")
        self.named.emit(about.names)

    def _keep_tags(self) -> None:
        if self._document is None:
            return
        wanted = _written(self.tags.text(), self._document.tags)
        kb, id = self._bridge.kb, self._document.document

        def change() -> None:
            has = kb.document(id).tags
            kb.tag([id], [tag for tag in wanted if tag not in has])
            kb.untag([id], [tag for tag in has if tag not in wanted])

        self._bridge.call(change)


def _written(line: str, known: Iterable[str]) -> list[str]:
    """The tags in a line. One that the note has may have spaces in it, as the terminal gives them: it stays whole."""
    found = []
    for tag in sorted(known, key=len, reverse=True):
        if " " in tag:
            line, count = re.subn(rf"(?<!\S){re.escape(tag)}(?!\S)", " ", line)
            found += [tag] if count else []
    found += filter(None, (tag.strip("#,，") for tag in line.split()))
    return list(dict.fromkeys(found))


def _about(kb: KnowledgeBase, path: Path | None) -> About:
    names = sorted({_link_name(one) for one in kb.documents(["type:note"])}, key=str.casefold)
    if path is None:
        return About(None, [], names)
    try:
        document = kb.get(path)
        kb.look_at(path)
        return About(document, kb.backlinks(document.document), names)
    except Problem:  # it was not read yet
        return About(None, [], names)


def _link_name(note: Document) -> str:
    """What a link names a note by: its title; but its file where the title named it, whose name has no '#' or '|',
    which would end the link's, and which other programs follow too."""
    stem = Path(note.path).stem
    return stem if stem == file_name(note.title) else note.title
