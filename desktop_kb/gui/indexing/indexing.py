"""The state of the indexing run, and the strip at the bottom of the window that shows it."""

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
from desktop_kb.gui.widgets import ShortLabel, button
from desktop_kb.kb import Status
from desktop_kb.records import (
    DocumentsReadAgain,
    FileFinished,
    FileReport,
    Finding,
    ModelBuilt,
    PageRecognized,
    ProgressMade,
)

#: Names for people of the devices that models run on.
DEVICES: Final = {"cuda": "CUDA", "mps": "Metal", "cpu": "CPU"}
_RATE_SECONDS = 20.0
_KEEP_ENDED = 500
#: A file that has taken so long, and of which so much is done, is told for how long it will go on.
_LONG_SECONDS = 8.0
_KNOWN_FRACTION = 0.02
#: Characters of a file's name in the strip.
_NAME = 40


class IndexingRun(QObject):
    """The progress of indexing, collected from the core's events; emits `changed` after each.

    Attributes:
        left: the number of files waiting or being indexed.
        done: the number of files finished since the queue was last empty.
        path: the file being indexed, '' if there is none; `fraction` (0..1) of it is done.
        ended: the reports of the last 500 finished files, newest last.
        problem: why indexing paused by itself; None if it did not.
        background: what is read again while no file waits, in words; '' if nothing is.
    """

    changed = Signal()

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.bridge = bridge
        self.left = self.done = 0
        self.path, self.fraction = "", 0.0
        self._began = 0.0  # when the file being indexed was first heard of
        self.problem: Finding | None = None
        self.background = ""
        self.ended: deque[FileReport] = deque(maxlen=_KEEP_ENDED)
        self._ends: deque[tuple[float, int]] = deque()
        bridge.progressed.connect(self._progressed)
        bridge.finished.connect(self._finished)
        bridge.paused.connect(self._paused)
        bridge.read_again.connect(self._read_again)

    def show_status(self, status: Status) -> None:
        """Take over the number of waiting files from the library."""
        self.left = status.waiting
        if not self.left:
            self.done, self.path, self.fraction, self.problem = 0, "", 0.0, None
        behind = [(one.done, one.of) for one in status.readers if one.done < one.of]
        self.background = second_reading(*min(behind)) if behind else ""
        if status.building:
            self.background = read_anew(status.built, status.documents)
        self.changed.emit()

    @property
    def busy(self) -> bool:
        """Whether files are waiting or being indexed."""
        return self.left > 0

    @property
    def paused(self) -> bool:
        """Whether indexing was paused, by the person or by a problem."""
        return self.bridge.kb.paused or self.problem is not None

    def toggle(self) -> None:
        """Pause or resume indexing."""
        if self.paused:
            self.problem = None
            self.bridge.kb.resume()
        else:
            self.bridge.kb.pause()
        self.changed.emit()

    def cancel(self, jobs: Sequence[int] | None = None) -> None:
        """Cancel these jobs, or all. The file being indexed is stopped if it is among them."""
        kb = self.bridge.kb
        self.bridge.call(lambda: (kb.cancel(jobs), kb.status())[1], self.show_status)

    def words(self) -> str:
        """How many files of how many are done, or why indexing is paused."""
        if self.problem:
            return say(self.problem)
        total = self.done + self.left
        if self.paused:
            return tr("Paused, {done} of {total}", done=self.done, total=total)
        return tr("Indexing {done} of {total}", done=self.done, total=total)

    def share(self) -> float:
        """The part of the whole run that is done, 0..1."""
        return (self.done + self.fraction) / max(1, self.done + self.left)

    def rate(self) -> str:
        """Time left and passages per second, from the files finished in the last 20 s. '' if paused or if
        fewer than two finished, or nothing waits any more."""
        now = time.monotonic()
        while self._ends and now - self._ends[0][0] > _RATE_SECONDS:
            self._ends.popleft()
        if self.paused or not self.busy:
            return ""
        if len(self._ends) < 2 or now - self._ends[0][0] < 1:
            return self._left_of_file(now - self._began)
        span = now - self._ends[0][0]
        left = self.left * span / len(self._ends)
        pace = round(sum(chunks for _, chunks in self._ends) / span)
        passages = plural(pace, "{n} passage/s", "{n} passages/s")
        if left < 60:
            return tr("less than a minute left") + " · " + passages
        return plural(round(left / 60), "{n} min left", "{n} min left") + " · " + passages

    def _left_of_file(self, elapsed: float) -> str:
        """The time left for a file that takes long; '' before it can be told."""
        if not self.path or elapsed < _LONG_SECONDS or self.fraction < _KNOWN_FRACTION:
            return ""
        left = elapsed * (1 - self.fraction) / self.fraction
        if left < 60:
            return tr("less than a minute left for this file")
        return plural(
            round(left / 60), "about {n} min left for this file", "about {n} min left for this file"
        )

    def _progressed(self, event: ProgressMade) -> None:
        if not event.path:  # of a document that is read again; `background` says it
            return
        if event.location.shown != self.path:
            self._began = time.monotonic()
        self.path, self.fraction = event.location.shown, event.fraction
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

    def _read_again(self, event: DocumentsReadAgain | ModelBuilt | PageRecognized) -> None:
        if isinstance(event, PageRecognized):
            self.background = recognizing(event) if event.done < event.pages else ""
            self.changed.emit()
            return
        words = second_reading if isinstance(event, DocumentsReadAgain) else read_anew
        self.background = words(event.done, event.documents) if event.done < event.documents else ""
        self.changed.emit()

    def _paused(self, problem: Finding) -> None:
        self.problem = problem
        self.changed.emit()


def recognizing(event: PageRecognized) -> str:
    """How far the reading of a document's pictures is."""
    name = Path(event.path).name
    return tr(
        "Reading pictures: page {done} of {pages} of {name}", done=event.done, pages=event.pages, name=name
    )


def second_reading(done: int, documents: int) -> str:
    """How far the reading by a further model is."""
    return tr("Reading a second time: {done} of {documents} documents", done=done, documents=documents)


def read_anew(done: int, documents: int) -> str:
    """How far the library is read for a model that is to take over."""
    return tr("Read anew: {done} of {documents} documents", done=done, documents=documents)


def device_of(status: Status) -> str:
    """The models that read the library, and their device, for people."""
    named = " + ".join(one.id for one in status.readers) or status.model or tr("no model")
    devices = dict.fromkeys(one.device for one in status.readers) or (status.device,)
    return " · ".join([named, *(DEVICES[device] for device in devices if device in DEVICES)])


class IndexingStrip(QFrame):
    """Shows progress at the left; failed files, the model and its device at the right."""

    failures_requested = Signal()
    panel_requested = Signal()

    def __init__(self, run: IndexingRun, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run = run
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 16, 4)
        row.setSpacing(10)
        self.words = ShortLabel("quiet")
        self.bar = progress_bar(180)
        self.rate = ShortLabel("quiet")
        self.hold = button(tr("Pause"), run.toggle, "link")
        self.cancel = button(tr("Cancel"), lambda: run.cancel(), "quietlink")
        self.details = button(tr("Details"), self.panel_requested.emit, "quietlink")
        self.failures = button("", self.failures_requested.emit, "attentionlink")
        self.model = ShortLabel("quiet")
        texts = (tr("Pause"), tr("Resume"))
        self.hold.setMinimumWidth(max(self.hold.fontMetrics().horizontalAdvance(text) for text in texts) + 12)
        # What changes its width stands behind the buttons, so that they stay where a person clicks.
        for widget in (self.bar, self.hold, self.cancel, self.details, self.words, self.rate):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.failures)
        row.addWidget(self.model)
        self.failures.hide()
        run.changed.connect(self._draw)
        self._draw()

    def show_status(self, status: Status) -> None:
        """Show the current number of failed files, model and device."""
        self.failures.setText(plural(status.failed, "{n} file needs you", "{n} files need you"))
        self.failures.setVisible(status.failed > 0)
        parts = [device_of(status)]
        if not status.writable:
            parts.insert(0, tr("read-only: searching only"))
        if status.indexer:
            parts.insert(0, tr("another program is indexing"))
        self.model.setText(" · ".join(parts))
        self.model.setToolTip("\n".join(filter(None, (self.model.text(), say(status.notice)))))

    def _draw(self) -> None:
        busy = self._run.busy
        for widget in (self.bar, self.rate, self.cancel):
            widget.setVisible(busy)
        self.hold.setVisible(busy or bool(self._run.background))
        self.hold.setText(tr("Resume") if self._run.paused else tr("Pause"))
        for widget in (self.words, self.details):
            widget.setVisible(busy or bool(self._run.ended))
        if not busy:
            self.words.setVisible(bool(self._run.background or self._run.ended))
            waits = say(self._run.problem) if self._run.problem else self._run.background
            self.words.setText(waits or tr("Nothing is waiting"))
            return
        name = name_of(self._run.path)
        shown = name if len(name) <= _NAME else f"{name[: _NAME - 12]}…{name[-11:]}"
        self.words.setText(
            f"{self._run.words()} · {shown}" if name and not self._run.paused else self._run.words()
        )
        self.bar.setValue(round(1000 * self._run.share()))
        self.rate.setText(self._run.rate())


def progress_bar(width: float | None = None) -> QProgressBar:
    """A thin progress bar from 0 to 1000."""
    bar = QProgressBar()
    bar.setRange(0, 1000)
    bar.setTextVisible(False)
    bar.setAccessibleName(tr("Indexing"))
    if width is not None:
        bar.setFixedWidth(theme.px(width))
    return bar


def name_of(path: str) -> str:
    """A file's name for display. Bytes that are not valid UTF-8 are shown as '?'."""
    return Path(path).name.encode("utf-8", "replace").decode("utf-8")
