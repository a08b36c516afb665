"""A dialog for long tasks: shows the task, its progress and its result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from desktop_kb.errors import Problem
from desktop_kb.gui import theme
from desktop_kb.gui.bridge import Task
from desktop_kb.gui.translation import say, tr
from desktop_kb.gui.widgets import Scroll, button, empty, fit_screen, label

_STEPS: Final = 1000
#: What closing the sheet does to the running task: cancel it, let it go on, or refuse to close before its end.
Closing = Literal["stops", "leaves", "waits"]


class TaskSheet(QDialog):
    """Runs one task at a time.

    Attributes:
        body: the column for a subclass's own widgets; scrolled if the screen is too small.
        said: the label that names the running task, or its result.
        task: the running task, None if there is none.
    """

    def __init__(
        self, begin: Callable[[Task], None], title: str, parent: QWidget | None = None, width: int = 520
    ) -> None:
        """
        Args:
            begin: starts a task, such as `Bridge.begin`, which also stops it when the window closes.
        """
        super().__init__(parent)
        self._begin = begin
        self.task: Task | None = None
        self._then: Callable[[Any], None] = lambda result: None
        self._doing, self._stages = "", dict[str, str]()
        self._closing: Closing = "stops"
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self._width = theme.px(width)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        words = QWidget()
        texts = QVBoxLayout(words)
        texts.setContentsMargins(0, 0, 0, 0)
        texts.setSpacing(12)
        self._scroll = Scroll(words, title)
        column.addWidget(self._scroll, 1)
        self.body = QVBoxLayout()
        self.body.setSpacing(8)
        texts.addLayout(self.body, 1)
        self.said = label("", wrap=True)
        self.said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        texts.addWidget(self.said)
        self._warnings = QWidget()
        lines = QVBoxLayout(self._warnings)
        lines.setContentsMargins(0, 0, 0, 0)
        texts.addWidget(self._warnings)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(4)
        self.bar.hide()
        column.addWidget(self.bar)
        self._row = QHBoxLayout()
        self._row.setSpacing(8)
        self._row.addStretch(1)
        self.cancel = button(tr("Cancel"), self._stop)
        self.cancel.hide()
        self._row.addWidget(self.cancel)
        self.leave = button(tr("Close"), self.close, "primary")
        self._row.addWidget(self.leave)
        column.addSpacing(4)
        column.addLayout(self._row)

    def offer(self, name: str, act: Callable[[], object], style: str = "") -> QPushButton:
        """Add a button next to 'Close'. At most one can be `primary`."""
        made = button(name, act, style)
        if style == "primary":
            self.leave.setProperty("primary", False)
            self.leave.setDefault(False)
            self.leave.style().polish(self.leave)
        self._row.insertWidget(self._row.indexOf(self.cancel), made)
        return made

    def work(
        self,
        doing: str,
        work: Callable[[Task], Any],
        then: Callable[[Any], None],
        *,
        stages: dict[str, str] | None = None,
        closing: Closing = "stops",
    ) -> None:
        """Run `work` on a thread, then call `then` with its result on the window's thread.

        Args:
            doing: the text shown meanwhile.
            stages: texts shown instead of `doing`, by the stage that the task reports.
            closing: what closing the sheet does to the task (see `Closing`).
        """
        self._doing, self._stages, self._then = doing, stages or {}, then
        self.say(doing)
        empty(self._warnings)
        self.bar.setRange(0, 0)
        self.bar.show()
        self._closing = closing
        self.cancel.setVisible(closing == "stops")
        self.cancel.setEnabled(True)
        self.leave.setVisible(closing == "leaves")
        self.task = task = Task(work)
        task.progressed.connect(self._progressed)
        task.done.connect(self._done)
        task.failed.connect(self._failed)
        task.stopped.connect(self._stopped)
        self.work_started()
        self.fit()
        self._begin(task)

    def say(self, words: str, style: str = "") -> None:
        """Set the text of the sheet; `style` as in `widgets.label`."""
        self.said.setText(words)
        self.said.setVisible(bool(words))
        self.said.setProperty("attention", style == "attention")
        self.said.style().polish(self.said)
        self.fit()

    def warn(self, words: str) -> None:
        """Add a warning; it stays until the next task starts."""
        lines = self._warnings.layout()
        assert lines is not None
        made = label(words, "attention", wrap=True)
        lines.addWidget(made)
        made.show()  # Qt would show it later; `fit` needs its height now
        self.fit()

    def fit(self) -> None:
        """Set the height for the wrapped texts at this width; Qt calculates it only once by itself."""
        layout = self.layout()
        assert layout is not None
        self._scroll.measure()
        layout.activate()
        width = max(self._width, self.width() if self.isVisible() else 0)
        fit_screen(self, width, max(self.minimumSizeHint().height(), layout.totalHeightForWidth(width)))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.fit()

    # --- hooks for subclasses

    def work_started(self) -> None:
        """Called when a task starts."""

    def work_ended(self) -> None:
        """Called when a task ends, whether done, failed or stopped."""

    def work_failed(self, problem: Problem) -> None:
        """Called when a task has failed; the problem is already shown."""

    def stopped_text(self) -> str:
        """The text to show when the person has stopped the task."""
        return tr("Stopped; nothing was kept.")

    # --- inside

    def _progressed(self, what: str, share: float) -> None:
        if self.task is None or self.task.cancelled.is_set():
            return
        self.said.setText(self._stages.get(what, self._doing))
        self.bar.setRange(0, _STEPS)
        self.bar.setValue(round(share * _STEPS))

    def _stop(self) -> None:
        if self.task is not None:
            self.task.cancelled.set()
            self.cancel.setEnabled(False)
            self.say(tr("Stopping …"))

    def _ended(self, words: str, style: str = "") -> None:
        self.task = None
        self.bar.hide()
        self.cancel.hide()
        self.leave.show()
        self.work_ended()
        self.say(words, style)

    def _done(self, result: Any) -> None:
        self._ended("")
        self._then(result)

    def _failed(self, failed: Problem) -> None:
        self._ended(say(failed), "attention")
        self.work_failed(failed)

    def _stopped(self) -> None:
        self._ended(self.stopped_text())

    def done(self, result: int) -> None:
        """Qt calls this for Esc, 'Close' and the button of the window frame."""
        if self.task is not None and self._closing == "waits":
            return
        if self.task is not None and self._closing == "stops":
            self.task.cancelled.set()
        super().done(result)
