"""What is being indexed: one account of the run, and the strip at the window's foot that shows it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QWidget

from desktop_kb.gui import theme
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.translation import plural, say, tr
from desktop_kb.gui.widgets import button, label
from desktop_kb.kb import Status
from desktop_kb.records import FileFinished, FileReport, Finding, ProgressMade

#: Where models run, as people call it.
DEVICES: Final = {"cuda": "CUDA", "mps": "Metal", "cpu": "CPU"}
_RATE_SECONDS = 20.0
_KEEP_ENDED = 500


class IndexingRun(QObject):
    """The files of this run, put together from what the core tells; `changed` when it moved on.

    Attributes:
        left: files that wait or are under way.
        done: files that have ended since there was last nothing left.
        path: the file under way, '' when there is none; `fraction` 0..1 of it is done.
        ended: how the last files fared, newest last.
        problem: why indexing paused by itself; None when it did not.
    """

    changed = Signal()

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.bridge = bridge
        self.left = self.done = 0
        self.path, self.fraction = "", 0.0
        self.problem: Finding | None = None
        self.ended: deque[FileReport] = deque(maxlen=_KEEP_ENDED)
        self._ends: deque[tuple[float, int]] = deque()
        bridge.progressed.connect(self._progressed)
        bridge.finished.connect(self._finished)
        bridge.paused.connect(self._paused)

    def show_status(self, status: Status) -> None:
        """The queue as it is counted in the library."""
        self.left = status.waiting
        if not self.left:
            self.done, self.path, self.fraction, self.problem = 0, "", 0.0, None
        self.changed.emit()

    @property
    def busy(self) -> bool:
        """Whether files wait or one is under way."""
        return self.left > 0

    @property
    def held(self) -> bool:
        """Whether it was paused, by the person or by a problem."""
        return self.bridge.kb.held or self.problem is not None

    def toggle(self) -> None:
        """Pause, or go on."""
        if self.held:
            self.problem = None
            self.bridge.kb.resume()
        else:
            self.bridge.kb.pause()
        self.changed.emit()

    def cancel(self, jobs: Sequence[int] | None = None) -> None:
        """Take these files, or all, out of the queue; the one under way is given up."""
        kb = self.bridge.kb
        self.bridge.call(lambda: (kb.cancel(jobs), kb.status())[1], self.show_status)

    def words(self) -> str:
        """What is done of how much, or why it stands still."""
        if self.problem:
            return say(self.problem)
        total = self.done + self.left
        if self.held:
            return tr("Paused, {done} of {total}", done=self.done, total=total)
        return tr("Indexing {done} of {total}", done=self.done, total=total)

    def share(self) -> float:
        """What is done of the whole run, 0..1."""
        return (self.done + self.fraction) / max(1, self.done + self.left)

    def rate(self) -> str:
        """Time left and passages a second, over the last seconds; '' while that is a guess."""
        now = time.monotonic()
        while self._ends and now - self._ends[0][0] > _RATE_SECONDS:
            self._ends.popleft()
        if self.held or len(self._ends) < 2 or now - self._ends[0][0] < 1:
            return ""
        span = now - self._ends[0][0]
        left = self.left * span / len(self._ends)
        passages = tr("{n} passages/s", n=round(sum(chunks for _, chunks in self._ends) / span))
        if left < 60:
            return tr("less than a minute left") + " · " + passages
        return plural(round(left / 60), "{n} min left", "{n} min left") + " · " + passages

    def _progressed(self, event: ProgressMade) -> None:
        self.path, self.fraction = event.path, event.fraction
        self.left = event.waiting + 1
        self.changed.emit()

    def _finished(self, event: FileFinished) -> None:
        report = event.report
        self.done += 1
        self.left = max(0, self.left - 1)
        self.path, self.fraction = "", 0.0
        self._ends.append((time.monotonic(), report.chunks))
        self.ended.append(report)
        self.changed.emit()

    def _paused(self, problem: Finding) -> None:
        self.problem = problem
        self.changed.emit()


def device_of(status: Status) -> str:
    """The model and where it runs, as people call it."""
    device = DEVICES.get(status.device, "")
    return " · ".join(part for part in (status.model or tr("no model"), device) if part)


class IndexingStrip(QFrame):
    """Progress at the left; files that need the person, model and device at the right."""

    failures_requested = Signal()
    panel_requested = Signal()

    def __init__(self, run: IndexingRun, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run = run
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 16, 4)
        row.setSpacing(10)
        self.words = label("", "quiet")
        self.bar = progress_bar(180)
        self.rate = label("", "quiet")
        self.hold = button(tr("Pause"), run.toggle, "link")
        self.cancel = button(tr("Cancel"), lambda: run.cancel(), "quietlink")
        self.details = button(tr("Details"), self.panel_requested.emit, "quietlink")
        self.failures = button("", self.failures_requested.emit, "attentionlink")
        self.model = label("", "quiet")
        for widget in (self.words, self.bar, self.rate, self.hold, self.cancel, self.details):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.failures)
        row.addWidget(self.model)
        self.failures.hide()
        run.changed.connect(self._draw)
        self._draw()

    def show_status(self, status: Status) -> None:
        """Counts, model and device as they are now."""
        self.failures.setText(plural(status.failed, "{n} file needs you", "{n} files need you"))
        self.failures.setVisible(status.failed > 0)
        parts = [device_of(status)]
        if not status.writable:
            parts.insert(0, tr("read-only: searching only"))
        if status.indexer:
            parts.insert(0, tr("another program is indexing"))
        self.model.setText(" · ".join(parts))
        self.model.setToolTip(say(status.notice))

    def _draw(self) -> None:
        busy = self._run.busy
        for widget in (self.bar, self.rate, self.hold, self.cancel):
            widget.setVisible(busy)
        for widget in (self.words, self.details):
            widget.setVisible(busy or bool(self._run.ended))
        if not busy:
            self.words.setText(tr("All read"))
            return
        self.words.setText(self._run.words())
        self.bar.setValue(round(1000 * self._run.share()))
        self.hold.setText(tr("Resume") if self._run.held else tr("Pause"))
        self.rate.setText(self._run.rate())


def progress_bar(width: float | None = None) -> QProgressBar:
    """A hairline of progress, 0 to 1000."""
    bar = QProgressBar()
    bar.setRange(0, 1000)
    bar.setTextVisible(False)
    if width is not None:
        bar.setFixedWidth(theme.px(width))
    return bar


def name_of(path: str) -> str:
    """A file's name for people; the bytes of a foreign encoding are shown as what they are not."""
    return Path(path).name.encode("utf-8", "replace").decode("utf-8")
