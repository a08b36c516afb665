"""What is being indexed: the strip at the window's foot, and the panel with every file."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QListWidget, QProgressBar, QVBoxLayout, QWidget

from desktop_kb.gui import theme
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.translation import plural, problem, tr
from desktop_kb.gui.widgets import button, label
from desktop_kb.kb import Status
from desktop_kb.records import FileFinished, ProgressMade

_RATE_SECONDS = 20.0


class IndexingStrip(QFrame):
    """Progress at the left; files that need the person, model and device at the right."""

    failures_requested = Signal()
    panel_requested = Signal()

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._done = 0
        self._fraction = 0.0
        self._waiting = 0
        self._ends: deque[tuple[float, int]] = deque()
        self.lines: list[str] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 16, 4)
        row.setSpacing(10)
        self.words = label("", "quiet")
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(theme.px(180))
        self.rate = label("", "quiet")
        self.hold = button(tr("Pause"), self._toggle, "link")
        self.cancel = button(tr("Cancel"), self._cancel, "quietlink")
        self.details = button(tr("Details"), self.panel_requested.emit, "quietlink")
        self.failures = button("", self.failures_requested.emit, "attentionlink")
        self.model = label("", "quiet")
        for widget in (self.words, self.bar, self.rate, self.hold, self.cancel, self.details):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.failures)
        row.addWidget(self.model)
        self.failures.hide()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._draw)
        bridge.progressed.connect(self._progressed)
        bridge.finished.connect(self._finished)
        bridge.paused.connect(self._paused)
        self._draw()

    def show_status(self, status: Status) -> None:
        """Counts, model and device as they are now."""
        self._waiting = status.waiting
        self.failures.setText(plural(status.failed, "{n} file needs you", "{n} files need you"))
        self.failures.setVisible(status.failed > 0)
        device = {"cuda": "CUDA", "mps": "Metal", "cpu": "CPU"}.get(status.device, "")
        parts = [status.model or tr("no model"), device]
        if not status.writable:
            parts.insert(0, tr("read-only: searching only"))
        if status.indexer:
            parts.insert(0, tr("another program is indexing"))
        self.model.setText(" · ".join(part for part in parts if part))
        self._draw()

    def _progressed(self, event: ProgressMade) -> None:
        self._fraction = event.fraction
        self._waiting = event.waiting + 1
        self._draw()

    def _finished(self, event: FileFinished) -> None:
        report = event.report
        self._done += 1
        self._fraction = 0.0
        self._waiting = max(0, self._waiting - 1)
        self._ends.append((time.monotonic(), report.chunks))
        name = Path(report.path).name
        said = problem(report.error) if report.error else tr(report.status)
        self.lines.append(f"{name}   {said}")
        self._draw()

    def _paused(self, message: str) -> None:
        self.words.setText(problem(message))
        self.words.show()
        self.hold.setText(tr("Resume"))
        self.hold.show()

    def _toggle(self) -> None:
        kb = self._bridge.kb
        if kb.held or self.hold.text() == tr("Resume"):
            kb.resume()
        else:
            kb.pause()
        self._draw()

    def _cancel(self) -> None:
        self._bridge.call(self._bridge.kb.cancel, lambda _: self._rest.start(0))
        self._waiting = 0

    def _draw(self) -> None:
        busy = self._waiting > 0
        if not busy:
            self._done = 0
        for widget in (self.words, self.bar, self.rate, self.hold, self.cancel, self.details):
            widget.setVisible(busy)
        self.details.setVisible(busy or bool(self.lines))
        if not busy:
            return
        held = self._bridge.kb.held
        total = self._done + self._waiting
        said = "Paused, {done} of {total}" if held else "Indexing {done} of {total}"
        self.words.setText(tr(said, done=self._done, total=total))
        self.bar.setValue(round(1000 * (self._done + self._fraction) / total))
        self.hold.setText(tr("Resume") if held else tr("Pause"))
        self.rate.setText(self._rate())

    def _rate(self) -> str:
        """Time left and passages a second, over the last seconds."""
        now = time.monotonic()
        while self._ends and now - self._ends[0][0] > _RATE_SECONDS:
            self._ends.popleft()
        if len(self._ends) < 2 or now - self._ends[0][0] < 1:
            return ""
        span = now - self._ends[0][0]
        left = self._waiting * span / len(self._ends)
        passages = tr("{n} passages/s", n=round(sum(chunks for _, chunks in self._ends) / span))
        if left < 60:
            return tr("less than a minute left") + " · " + passages
        return plural(round(left / 60), "{n} min left", "{n} min left") + " · " + passages


class IndexingPanel(QDialog):
    """Every file of this run, newest last, each with how it fared."""

    def __init__(self, strip: IndexingStrip, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Indexing"))
        self.resize(640, 420)
        column = QVBoxLayout(self)
        files = QListWidget()
        files.setAccessibleName(tr("Files"))
        files.addItems(strip.lines[-2000:])
        files.scrollToBottom()
        column.addWidget(files)
        strip._bridge.finished.connect(lambda _event: files.addItem(strip.lines[-1]))
        column.addWidget(button(tr("Close"), self.accept), 0, Qt.AlignmentFlag.AlignRight)
