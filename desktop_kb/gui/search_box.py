"""The one box: text, filters as chips, completion of keys and values, history."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import QEvent, QObject, QStringListModel, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCompleter,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QPushButton,
    QWidget,
)

from desktop_kb.formats import GROUPS
from desktop_kb.gui.drop import CopiesDrops
from desktop_kb.gui.translation import tr
from desktop_kb.records import Document

_DEBOUNCE_MS = 120
_FILTER = re.compile(r'(?<!\S)-?([^\W\d][\w-]*)(?::|>=|<=|>|<|=)(?:"[^"]+"|[^\s"]+)(?=\s)')


def completions(word: str, keys: Iterable[str], documents: Iterable[Document]) -> list[str]:
    """What could stand for a word being typed: filter keys, or the values of a key."""
    name, colon, value = word.lstrip("-").partition(":")
    if not colon:
        return [f"{key}:" for key in sorted(keys) if key.startswith(name.lower())] if name else []
    match name.lower():
        case "tag":
            found = {tag for document in documents for tag in document.tags}
        case "type":
            found = {*GROUPS, *(document.type for document in documents)}
        case "title" | "path" | "added" | "lang":
            found = set()
        case other:
            found = {str(d.metadata[other]) for d in documents if other in d.metadata}
    chosen = sorted(v for v in found if v.casefold().startswith(value.casefold()))
    return [f'{name}:"{v}"' if " " in v else f"{name}:{v}" for v in chosen[:8]]


class SearchBox(QFrame):
    """Says `changed` a moment after the last key, at once on Enter."""

    changed = Signal()
    entered = Signal()
    stepped = Signal(int)  # Down and Up go to the hits

    def __init__(self, completions: Callable[[str], Sequence[str]], parent: QWidget | None = None) -> None:
        """`completions` gives what could stand for the last word: 'ta' -> ['tag:']."""
        super().__init__(parent)
        self.setObjectName("searchBox")
        self._completions = completions
        self.keys: frozenset[str] = frozenset()
        self.history: list[str] = []
        self._chips: list[str] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 10, 4)
        row.setSpacing(6)
        glass = QLabel("⌕")
        glass.setProperty("glass", True)
        row.addWidget(glass)
        self._chip_row = QHBoxLayout()
        self._chip_row.setSpacing(6)
        row.addLayout(self._chip_row)
        self.line = QLineEdit()
        self.line.setPlaceholderText(tr("Ask a question, or type a few words"))
        self.line.setAccessibleName(tr("Search"))
        CopiesDrops(self.line)
        row.addWidget(self.line, 1)
        cap = QLabel("Ctrl K")
        cap.setProperty("keycap", True)
        row.addWidget(cap)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_DEBOUNCE_MS)
        self._timer.timeout.connect(self.changed)
        self._names = QStringListModel(self)
        self._completer = QCompleter(self._names, self)
        self._completer.setWidget(self.line)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._popup = popup = QListView()
        popup.setObjectName("completions")
        self._completer.setPopup(popup)
        self._completer.activated.connect(self._complete)
        self.line.textEdited.connect(self._edited)
        self.line.returnPressed.connect(self._enter)
        self.line.installEventFilter(self)

    # --- what is asked

    def text(self) -> str:
        """What stands beside the chips."""
        return self.line.text()

    def filters(self) -> tuple[str, ...]:
        """The chips, as they were written."""
        return tuple(self._chips)

    def query(self) -> str:
        """Everything as one line, as it can be typed again."""
        return " ".join([*self._chips, self.line.text().strip()]).strip()

    def ask(self, query: str) -> None:
        """Put a query in; its filters become chips."""
        self._chips = []
        self.line.setText(f"{query.strip()} ")
        self._take_filters()
        self.line.setText(self.line.text().strip())
        self._draw_chips()
        self.changed.emit()

    def focus(self) -> None:
        """Ready to type over what stands there."""
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.selectAll()

    def clear(self) -> None:
        """Empty, chips too."""
        self._chips = []
        self._draw_chips()
        self.line.clear()
        self.changed.emit()

    # --- inside

    def _edited(self, _text: str) -> None:
        self._take_filters()
        self._timer.start()
        word = self.line.text()[: self.line.cursorPosition()].rpartition(" ")[2]
        names = list(self._completions(word)) if word else []
        self._offer(names)

    def _offer(self, names: Sequence[str]) -> None:
        self._names.setStringList(list(names)[:8])
        if names:
            self._completer.complete()
        else:
            self._popup.hide()

    def _complete(self, name: str) -> None:
        before = self.line.text()[: self.line.cursorPosition()]
        after = self.line.text()[self.line.cursorPosition() :]
        if not before.strip():
            self.ask(name)
            return
        start = before.rpartition(" ")[0]
        done = not name.endswith(":")
        self.line.setText(f"{start} {name}".lstrip() + (" " if done else "") + after)
        self._edited("")

    def _take_filters(self) -> None:
        text = self.line.text()
        for found in list(_FILTER.finditer(text)):
            if found[1].lower() in self.keys:
                self._chips.append(found[0])
                text = text.replace(found[0], "", 1)
        if text != self.line.text():
            self.line.setText(text.lstrip())
            self._draw_chips()

    def _draw_chips(self) -> None:
        while self._chip_row.count():
            item = self._chip_row.takeAt(0)
            widget = item.widget() if item else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for chip in self._chips:
            shown = chip.replace(">=", " ≥ ").replace("<=", " ≤ ").replace(":", ": ", 1)
            button = QPushButton(f"{shown}  ×")
            button.setProperty("chip", True)
            button.setAccessibleName(tr("Remove the filter {name}", name=chip))
            button.setCursor(Qt.CursorShape.PointingHandCursor)
            button.clicked.connect(lambda _checked=False, name=chip: self._drop(name))
            self._chip_row.addWidget(button)

    def _drop(self, chip: str) -> None:
        self._chips.remove(chip)
        self._draw_chips()
        self.changed.emit()

    def _enter(self) -> None:
        self._timer.stop()
        self.line.setText(f"{self.line.text()} ")
        self._take_filters()
        self.line.setText(self.line.text().strip())
        query = self.query()
        if query:
            self.history = [query, *(old for old in self.history if old != query)][:50]
        self.entered.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.setProperty("focused", event.type() == QEvent.Type.FocusIn)
            self.style().unpolish(self)
            self.style().polish(self)
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Backspace and not self.line.text() and self._chips:
                self._drop(self._chips[-1])
                return True
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up) and not self._popup.isVisible():
                if event.key() == Qt.Key.Key_Down and not self.query():
                    self._offer(self.history)
                else:
                    self.stepped.emit(1 if event.key() == Qt.Key.Key_Down else -1)
                return True
        return super().eventFilter(watched, event)
