"""The small window: a question with its best hits, or a text that becomes a note."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCursor,
    QGuiApplication,
    QHideEvent,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QTextCursor,
)
from PySide6.QtWidgets import QListView, QPlainTextEdit, QVBoxLayout, QWidget

from desktop_kb.errors import Problem
from desktop_kb.gui import theme
from desktop_kb.gui.actions import ActionSet, keys_of
from desktop_kb.gui.announce import announce
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.heard import found
from desktop_kb.gui.indexing.drop import CopiesDrops
from desktop_kb.gui.quick.quick_hits import QuickHits
from desktop_kb.gui.search.hit_model import ROW_ROLE, HitModel
from desktop_kb.gui.search.said import cited
from desktop_kb.gui.search.taking import copy_hit
from desktop_kb.gui.translation import say, tr
from desktop_kb.gui.widgets import label
from desktop_kb.kb import Batch
from desktop_kb.records import Document, Hit, SearchOptions, SearchResult

_WIDTH: Final = 640
_MOST_LINES: Final = 8
_MOST_HITS: Final = 6
#: The height of its margins and of the line below.
_AROUND: Final = 72
#: Of one document.
_PASSAGES: Final = 2
_DEBOUNCE_MS: Final = 120
#: A longer text is a note and no question.
_LONGEST: Final = 300
#: An answer is said to a screen reader once nothing was typed for this time.
_SETTLED_MS: Final = 900


class QuickWindow(QWidget):
    """Searches while one types. What was typed stays when it closes, and is selected when it opens again."""

    #: the question, and the hit to read or None
    read_requested = Signal(str, object)
    #: a note is in the queue
    kept = Signal()
    closed = Signal()

    def __init__(self, bridge: Bridge, documents: Callable[[], Mapping[str, Document]]) -> None:
        """`documents`: all of the library, by their ids."""
        super().__init__(None, Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        # Closing it is no end of the program, nor is it what a closed main window leaves behind.
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWindowFlag(Qt.WindowType.WindowStaysOnTopHint)
        self.setObjectName("quick")
        self.setWindowTitle(tr("Quick find – Desktop KB"))
        self._bridge, self._asker, self._documents = bridge, bridge.asker(), documents
        self._number, self._asked = 0, ""
        self.settled = True  # whether what is written was answered
        self._result: SearchResult | None = None
        self._keeping = ""  # the text that is being written
        self.action_set = self._make_actions()
        self._lay_out()
        self._typed = QTimer(self, singleShot=True, interval=_DEBOUNCE_MS)
        self._typed.timeout.connect(self.ask)
        self._settled = QTimer(self, singleShot=True, interval=_SETTLED_MS)
        self._settled.timeout.connect(self._tell)
        self._asker.searched.connect(self._arrived)
        self._asker.search_failed.connect(self._not_searched)
        bridge.finished.connect(self._library_changed)
        self.text.textChanged.connect(self._edited)
        self.text.stepped.connect(self.step)
        self.setFixedWidth(theme.px(_WIDTH))
        self._fit()
        self.winId()  # the window is made now, so that the key only has to show it

    def _make_actions(self) -> ActionSet:
        return ActionSet(
            "quick",
            self,
            {
                "read-found": self.read,
                "copy-found": self.copy,
                "keep-note": self.keep,
                "close-quick": self.hide,
            },
        )

    def _lay_out(self) -> None:
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(10, 10, 10, 8)
        column.setSpacing(6)
        self.text = _Text(self.action_set)
        self.text.setAccessibleName(tr("Question or note"))
        column.addWidget(self.text)
        self.model = HitModel(self)
        self.list = QListView()
        self.list.setObjectName("commands")
        self.list.setAccessibleName(tr("Results"))
        self.list.setModel(self.model)
        self.list.setItemDelegate(QuickHits(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.clicked.connect(self._clicked)
        column.addWidget(self.list)
        self.said = label("", "quiet", wrap=True)
        self.said.setContentsMargins(4, 0, 4, 0)
        column.addWidget(self.said)

    # --- coming and going

    def open(self) -> None:
        """Show it in front of everything, with the focus in its text."""
        if not self.isVisible():
            self._place()
            self.text.selectAll()
            self.ask()
        self.show()
        self.raise_()
        self.activateWindow()
        self.text.setFocus(Qt.FocusReason.ActiveWindowFocusReason)

    def _place(self) -> None:
        """In the upper third of the screen where the pointer is; Wayland places windows itself."""
        screen = QGuiApplication.screenAt(QCursor.pos()) or QGuiApplication.primaryScreen()
        area = screen.availableGeometry()
        self.setFixedWidth(min(theme.px(_WIDTH), area.width() - 20))
        self.move(area.center().x() - self.width() // 2, area.top() + area.height() // 5)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.ActivationChange and self.isVisible() and not self.isActiveWindow():
            self.hide()
        super().changeEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._typed.stop()
        self._settled.stop()
        self.closed.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """It has no title bar: it is moved by what nothing else takes."""
        handle = self.windowHandle()
        if event.button() == Qt.MouseButton.LeftButton and handle is not None:
            handle.startSystemMove()

    # --- asking

    def question(self) -> str:
        """What is asked: the text in one line, '' if it is too long to be a question."""
        words = " ".join(self.text.toPlainText().split())
        return words if len(words) <= _LONGEST else ""

    def ask(self) -> None:
        """Search for what is written."""
        self._typed.stop()
        self._asked = self.question()
        self.settled = not self._asked
        if not self._asked:
            self._asker.forget()
            self._show([], "")
            return
        options = SearchOptions(
            limit=_MOST_HITS,
            per_document=_PASSAGES,
            rerank_seconds=self._bridge.kb.settings.rerank_milliseconds / 1000,
            typing=not self.text.toPlainText()[-1:].isspace(),
        )
        self._number = self._asker.search(self._asked, options)

    def _edited(self) -> None:
        self.settled = False
        self._settled.stop()
        self._typed.start()
        self._fit()

    def _library_changed(self) -> None:
        """Ask again: what was just kept may be the answer."""
        if self.isVisible() and self.question():
            self._typed.start()

    def _arrived(self, number: int, result: SearchResult, final: bool) -> None:
        if number != self._number:
            return
        self.settled = final
        strong = [hit for hit in result.hits if not hit.weak]
        self._show(strong or list(result.hits), "" if strong else found(result) if final else "")
        if final and self.isVisible():
            self._settled.start()
        self._result = result

    def _not_searched(self, number: int, problem: Problem) -> None:
        if number == self._number:
            self.settled = True
            self._show([], say(problem))

    def _show(self, hits: list[Hit], said: str) -> None:
        chosen = self.current()
        self.model.show(hits, {})
        at = self.model.row_of(chosen) if chosen is not None else -1
        self.list.setCurrentIndex(self.model.index(max(at, 0), 0))
        self._say(said)

    def _say(self, words: str, *, attention: bool = False) -> None:
        self.said.setText(words or self._hint())
        self.said.setProperty("attention", attention)
        self.said.style().polish(self.said)
        self._fit()

    def _hint(self) -> str:
        keys = {"read": keys_of("read-found"), "copy": keys_of("copy-found"), "keep": keys_of("keep-note")}
        if self.model.rowCount():
            return tr("{read}: read it   {copy}: copy the passage   {keep}: keep the text as a note", **keys)
        return tr("{keep}: keep the text as a note", **keys)

    def _tell(self) -> None:
        if self._result is not None:
            announce(self, found(self._result))

    # --- moving and doing

    def current(self) -> Hit | None:
        """The selected hit."""
        index = self.list.currentIndex()
        return index.data(ROW_ROLE).hit if index.isValid() else None

    def step(self, by: int) -> None:
        """Select the hit `by` rows further down (negative: up)."""
        at = self.list.currentIndex().row() + by
        if 0 <= at < self.model.rowCount():
            self.list.setCurrentIndex(self.model.index(at, 0))
            announce(self.list, self.model.index(at, 0).data(Qt.ItemDataRole.AccessibleTextRole))

    def _clicked(self, index: QModelIndex) -> None:
        self.list.setCurrentIndex(index)
        self.read()

    def read(self) -> None:
        """Open the main window at the selected hit; without one, with the question."""
        question = self.question()
        if not question:
            return
        hit = self.current() if question == self._asked else None  # hits may be those of a shorter text
        self.read_requested.emit(question, hit)
        self.hide()

    def copy(self) -> None:
        """Copy the selected passage with its source."""
        if (hit := self.current()) is not None:
            copy_hit(hit, self._documents(), self._bridge.kb)
            self._say(tr("Copied: {name}", name=cited(hit)))
            announce(self, self.said.text())

    def keep(self) -> None:
        """Make a note of the text, and close once it is written."""
        text = self.text.toPlainText().strip()
        if not text or self._keeping:
            return
        self._keeping = text

        # A failure is said here: the main window may be closed.
        self._bridge.call(lambda: self._bridge.kb.add_text(text), self._was_kept, self._was_not_kept)

    def _was_not_kept(self, problem: Problem) -> None:
        self._keeping = ""
        self._say(say(problem), attention=True)
        announce(self, self.said.text())

    def _was_kept(self, _batch: Batch) -> None:
        text, self._keeping = self._keeping, ""
        announce(self, tr("Kept as a note."))
        self.kept.emit()
        if self.text.toPlainText().strip() == text:  # what was written meanwhile is not in the note
            self.text.clear()
            self.hide()
        else:
            self._say(tr("Kept as a note."))

    def _fit(self) -> None:
        """As high as its text, its hits and the line below."""
        self.text.fit()
        rows, row = self.model.rowCount(), self.list.sizeHintForRow(0)
        # It begins a fifth down the screen; what does not fit below is scrolled to.
        room = self.screen().availableGeometry().height() * 4 // 5 - self.text.height() - theme.px(_AROUND)
        height = row * max(1, min(rows, room // row)) if rows else 0
        self.list.setVisible(bool(rows))
        self.list.setFixedHeight(height + 2 * self.list.frameWidth())
        self._column.activate()
        wraps = self._column.hasHeightForWidth()
        hint = self._column.totalSizeHint().height()
        self.setFixedHeight(self._column.totalHeightForWidth(self.width()) if wraps else hint)


class _Text(QPlainTextEdit):
    """A text as high as its lines. Enter does something with the text; Shift+Enter begins a new line."""

    stepped = Signal(int)

    def __init__(self, action_set: ActionSet) -> None:
        super().__init__()
        self._action_set = action_set
        self._hint = tr("Ask a question, or write a note")
        self.setPlaceholderText(self._hint)
        self.setTabChangesFocus(True)
        CopiesDrops(self)

    def fit(self) -> None:
        """Take the height of the text."""
        lines = min(_MOST_LINES, max(1, round(self.document().size().height())))
        margins = self.contentsMargins()
        around = margins.top() + margins.bottom() + 2 * round(self.document().documentMargin())
        self.setFixedHeight(self.fontMetrics().lineSpacing() * lines + around + 4)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        # Qt would draw the hint behind the letters that are composed.
        self.setPlaceholderText("" if event.preeditString() else self._hint)
        super().inputMethodEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        copies = event.matches(QKeySequence.StandardKey.Copy) and self.textCursor().hasSelection()
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        if step is not None and not event.modifiers() and self._at_edge(step):
            self.stepped.emit(step)
        elif copies or not self._action_set.press(event):
            super().keyPressEvent(event)

    def _at_edge(self, step: int) -> bool:
        """Whether there is no line above or below the caret."""
        way = QTextCursor.MoveOperation.Down if step > 0 else QTextCursor.MoveOperation.Up
        return not self.textCursor().movePosition(way)
