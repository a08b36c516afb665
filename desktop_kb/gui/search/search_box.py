"""The search box: text, filters as chips, completion of filter keys and values, history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final, get_args

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, QRect, QStringListModel, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QInputMethodEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QWidget,
)

from desktop_kb.formats import GROUPS
from desktop_kb.gui.actions import keys_of
from desktop_kb.gui.indexing.drop import CopiesDrops
from desktop_kb.gui.translation import plural, tr
from desktop_kb.gui.widgets import button, literal
from desktop_kb.kb import find_filters
from desktop_kb.records import Document, Filter, SearchSort

_DEBOUNCE_MS = 120
#: The most completions shown, and the height of their border and padding in window.qss.
_MOST = 8
_AROUND = 12
#: How many questions are kept.
_HISTORY = 200
#: Why a box loses the focus that gets it back as it was, with the word half typed.
_COMES_BACK = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)

#: The filter of documents by their ids, which nobody types.
_DOCUMENTS: Final = "document"


def completions(word: str, keys: Iterable[str], documents: Iterable[Document]) -> list[str]:
    """Completions of a word being typed: filter keys, or the values of a key."""
    name, colon, value = word.lstrip("-").partition(":")
    if not colon:
        known = sorted(set(keys) - {_DOCUMENTS}) if name else []
        return [f"{key}:" for key in known if key.startswith(name.lower())]
    match name.lower():
        case "tag":
            found = {tag for document in documents for tag in document.tags}
        case "type":
            found = {*GROUPS, *(document.type for document in documents)}
        case "sort":
            found = set(get_args(SearchSort))
        case "title" | "path" | "added" | "lang" | "modified":
            found = set()
        case "date":
            found = {document.date[:4] for document in documents if document.date}
        case other:
            found = {str(d.metadata[other]) for d in documents if other in d.metadata}
    chosen = sorted(v for v in found if v.casefold().startswith(value.casefold()))
    return [Filter.written(name, v) for v in chosen[:8]]


class SearchBox(QFrame):
    """Emits `changed` a moment after the last key press, and immediately on Enter."""

    changed = Signal()
    entered = Signal()
    stepped = Signal(int)  # Down and Up go to the hits

    def __init__(self, completions: Callable[[str], Sequence[str]], parent: QWidget | None = None) -> None:
        """`completions` gives completions of the last word: 'ta' -> ['tag:']."""
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
        self.line = _Line()
        self.line.setPlaceholderText(tr("Ask a question, or type a few words"))
        self.line.setAccessibleName(tr("Search"))
        CopiesDrops(self.line)
        row.addWidget(self.line, 1)
        cap = QLabel(keys_of("search").partition(" / ")[0])
        cap.setProperty("keycap", True)
        row.addWidget(cap)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_DEBOUNCE_MS)
        self._timer.timeout.connect(self.changed)
        self.offered = Completions(self)
        self.offered.chosen.connect(self._complete)
        self.line.composing.connect(self.offered.hide)
        self.line.textEdited.connect(self._edited)
        self.line.returnPressed.connect(self._enter)
        self.line.installEventFilter(self)

    # --- the query

    def text(self) -> str:
        """The text without the chips."""
        return self.line.text()

    def filters(self) -> tuple[str, ...]:
        """The filters of the chips, as typed."""
        return tuple(self._chips)

    def query(self) -> str:
        """The whole query as one line that can be typed again."""
        return " ".join([*self._chips, self.line.text().strip()]).strip()

    def ask(self, query: str) -> None:
        """Set the query; its filters become chips."""
        self.remember()
        self._chips = []
        self.line.setText(f"{query.strip()} ")
        self._take_filters()
        self.line.setText(self.line.text().strip())
        self._draw_chips()
        self.changed.emit()

    def focus(self) -> None:
        """Take the focus and select all, so that typing replaces it."""
        self.remember()
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.selectAll()

    def begin(self, letters: str) -> None:
        """Begin another question with letters that were typed elsewhere in the window."""
        self.focus()
        self.line.insert(letters)
        self._edited("")

    def clear(self) -> None:
        """Clear the text and the chips."""
        self.remember()
        self._chips = []
        self._draw_chips()
        self.line.clear()
        self.changed.emit()

    def remember(self) -> list[str]:
        """Put the query first in the history, which is returned. Done whenever a person leaves it, not only on
        Enter, as answers come while they type."""
        query = self.query()
        if query and not query.endswith(":"):  # a filter without its value asks nothing
            self.history = [query, *(old for old in self.history if old != query)][:_HISTORY]
        return self.history

    # --- inside

    def _edited(self, _text: str) -> None:
        self._take_filters()
        self._timer.start()
        word = self.line.text()[: self.line.cursorPosition()].rpartition(" ")[2]
        self.offered.offer(self._completions(word) if word else ())

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
        """Turn filters followed by a space into chips: only those are typed completely."""
        text = self.line.text()
        whole = [found for found in find_filters(text, self.keys) if text[found[1] : found[1] + 1].isspace()]
        for start, end, _ in reversed(whole):
            text = text[:start] + text[end:]
        if whole:
            self._chips += [filter.text for _, _, filter in whole]
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
            made = button(literal(f"{_chip_text(chip)}  ×"), partial(self._drop, chip), "chip")
            made.setAccessibleName(tr("Remove the filter {name}", name=_chip_text(chip)))
            self._chip_row.addWidget(made)

    def _drop(self, chip: str) -> None:
        self._chips.remove(chip)
        self._draw_chips()
        self.changed.emit()

    def _enter(self) -> None:
        self._timer.stop()
        self.line.setText(f"{self.line.text()} ")
        self._take_filters()
        self.line.setText(self.line.text().strip())
        self.remember()
        self.entered.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.setProperty("focused", event.type() == QEvent.Type.FocusIn)
            self.style().unpolish(self)
            self.style().polish(self)
        if event.type() == QEvent.Type.FocusOut and isinstance(event, QFocusEvent):
            self.offered.hide()
            if event.reason() not in _COMES_BACK:
                self.remember()
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape and self.offered.isVisible():
                event.accept()  # Esc only closes the completions; the window must not handle it
                return True
        elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if self.offered.isVisible() and self.offered.steer(Qt.Key(event.key())):
                return True
            if event.key() == Qt.Key.Key_Backspace and not self.line.text() and self._chips:
                self._drop(self._chips[-1])
                return True
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                if event.key() == Qt.Key.Key_Down and not self.query():
                    self.offered.offer(self.history)
                else:
                    self.stepped.emit(1 if event.key() == Qt.Key.Key_Down else -1)
                return True
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.offered.hide()


def _chip_text(chip: str) -> str:
    """A filter as its chip shows it; documents have no names there, so they are counted."""
    key, _, value = chip.partition(":")
    if key == _DOCUMENTS:
        return plural(value.count(",") + 1, "in {n} document", "in {n} documents")
    return chip.replace(">=", " ≥ ").replace("<=", " ≤ ").replace(":", ": ", 1)


class _Line(QLineEdit):
    """A line edit that reports when a word is being composed with an input method."""

    composing = Signal()

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        super().inputMethodEvent(event)
        if event.preeditString():
            self.composing.emit()


class Completions(QListView):
    """What could stand for the word being typed, under the box.

    A part of the window: one of its own, as QCompleter's, takes the focus. Input methods then show their
    candidates as far from the word as the list is from the window's corner, and lose the first letter when
    it closes.
    """

    chosen = Signal(str)

    def __init__(self, box: QWidget) -> None:
        super().__init__(box)
        self._box = box
        self._names = QStringListModel(self)
        self.setModel(self._names)
        self.setObjectName("completions")
        self.setAccessibleName(tr("Suggestions"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.clicked.connect(self._choose)
        self.hide()

    def offer(self, names: Sequence[str], under: QRect | None = None, *, first: bool = False) -> None:
        """Show these; hide where there are none.

        Args:
            under: a part of the box; None is all of it.
            first: whether the first is chosen, as Enter does nothing else there; else none is.
        """
        self._names.setStringList(list(names)[:_MOST])
        if not names:
            self.hide()
            return
        window = self._box.window()
        if self.parentWidget() is not window:
            self.setParent(window)
        under = under or self._box.rect()
        below = self._box.mapTo(window, QPoint(under.x(), under.y() + under.height() + 2))
        rows = self.sizeHintForRow(0) * self._names.rowCount()
        self.setGeometry(below.x(), below.y(), under.width(), rows + _AROUND)
        self.setCurrentIndex(self._names.index(0) if first else QModelIndex())
        self.raise_()
        self.show()

    def steer(self, key: Qt.Key) -> bool:
        """What a key does while they are shown; False leaves it to the box."""
        match key:
            case Qt.Key.Key_Down | Qt.Key.Key_Up:
                count = self._names.rowCount()
                at = self.currentIndex().row()  # -1: none
                at = (at + 1) % count if key == Qt.Key.Key_Down else (max(at, 0) - 1) % count
                self.setCurrentIndex(self._names.index(at))
                return True
            case Qt.Key.Key_Return | Qt.Key.Key_Enter | Qt.Key.Key_Tab:
                chosen = self.currentIndex().isValid()
                self.hide()
                self._choose(self.currentIndex())
                return chosen
            case Qt.Key.Key_Escape:
                self.hide()
                return True
            case _:
                return False

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            self.hide()
            self.chosen.emit(index.data())
