"""The panel with every file of the run: being indexed, failed, waiting, done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from desktop_kb.gui import theme
from desktop_kb.gui.indexing.indexing import IndexingRun, device_of, progress_bar
from desktop_kb.gui.translation import plural, say, tr
from desktop_kb.gui.widgets import button, draw_elided, fit_screen, label, rule
from desktop_kb.kb import Status
from desktop_kb.records import FileReport, Location, QueuedFile

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_ROLE: Final = Qt.ItemDataRole.UserRole
#: The list shows at most this many waiting files; the text above it has the total number.
_WAITING: Final = 200
_REFRESH_MS: Final = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the panel. `job` is the number of the job if it can still be cancelled."""

    location: Location
    state: Literal["running", "failed", "waiting", "done"]
    said: str = ""
    job: int | None = None


def lines_of(queued: Sequence[QueuedFile], ended: Sequence[FileReport]) -> list[Line]:
    """The rows in order: being indexed, failed, waiting, done."""
    running = [Line(f.location, "running", "", f.job) for f in queued if f.running]
    waiting = [Line(f.location, "waiting", tr("waiting"), f.job) for f in queued if not f.running]
    newest = list(reversed(ended))
    failed = [Line(r.location, "failed", say(r.error)) for r in newest if r.error]
    done = [Line(r.location, "done", _fared(r)) for r in newest if not r.error]
    return [*running, *failed, *waiting, *done]


def _fared(report: FileReport) -> str:
    said = tr(report.status)
    if report.status not in ("indexed", "updated"):
        return said
    return f"{said} · {plural(report.chunks, '{n} passage', '{n} passages')} · {report.seconds:.1f} s"


class IndexingPanel(QDialog):
    """Shows the overall progress, buttons to pause and cancel, and the list of files."""

    def __init__(self, run: IndexingRun, status: Status | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run = run
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Indexing"))
        fit_screen(self, theme.px(680), theme.px(520))
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(8)
        top = QHBoxLayout()
        self.words = label("", "strong", wrap=True)
        top.addWidget(self.words, 1)
        self.hold = button("", run.toggle, "link")
        self.cancel = button(tr("Cancel all"), lambda: run.cancel(), "quietlink")
        top.addWidget(self.hold)
        top.addWidget(self.cancel)
        column.addLayout(top)
        self.bar = progress_bar()
        column.addWidget(self.bar)
        self.rate = label("", "quiet")
        column.addWidget(self.rate)
        self.notice = label(say(status.notice) if status else "", "attention", wrap=True)
        self.notice.setVisible(bool(status and status.notice))
        column.addWidget(self.notice)
        column.addWidget(rule())
        self.model = _Lines(run, self)
        self.files = _Files(self.model)
        self.files.cancelled.connect(lambda jobs: run.cancel(jobs))
        column.addWidget(self.files, 1)
        row = QHBoxLayout()
        row.addWidget(label(device_of(status) if status else "", "quiet"), 1)
        row.addWidget(button(tr("Close"), self.close, "primary"))
        column.addLayout(row)
        self._refresh_timer = QTimer(self)
        self._refresh_timer.setSingleShot(True)
        self._refresh_timer.setInterval(_REFRESH_MS)
        self._refresh_timer.timeout.connect(self._load_queue)
        run.changed.connect(self._changed)
        self._draw()
        self._load_queue()

    def _changed(self) -> None:
        self._draw()
        self.model.moved()
        if not self._refresh_timer.isActive():
            self._refresh_timer.start()

    def _load_queue(self) -> None:
        kb = self._run.bridge.kb
        self._run.bridge.call(lambda: kb.queue(_WAITING), self._show)

    def _show(self, queued: list[QueuedFile]) -> None:
        self.model.show(lines_of(queued, self._run.ended))

    def _draw(self) -> None:
        busy = self._run.busy
        self.words.setText(self._run.words() if busy else tr("Nothing is being indexed."))
        self.hold.setText(tr("Resume") if self._run.paused else tr("Pause"))
        for widget in (self.hold, self.cancel, self.bar):
            widget.setVisible(busy)
        self.bar.setValue(round(1000 * self._run.share()))
        self.rate.setText(self._run.rate())
        self.rate.setVisible(bool(self.rate.text()))


class _Lines(QAbstractListModel):
    def __init__(self, run: IndexingRun, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._run = run
        self._lines: list[Line] = []

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line = self._lines[index.row()]
        if role == _ROLE:
            return line
        if role == Qt.ItemDataRole.DisplayRole:  # read by screen readers
            return f"{line.location.name}, {line.said}"
        return line.location.shown if role == Qt.ItemDataRole.ToolTipRole else None

    def fraction(self, location: Location) -> float:
        """The part of the file being indexed that is done, 0..1."""
        return self._run.fraction if self._run.path == location.shown else 0.0

    def show(self, lines: list[Line]) -> None:
        """Replace the rows. If the same files remain, update them in place, without a reset."""
        if [(a.location, a.job) for a in lines] == [(b.location, b.job) for b in self._lines]:
            self._lines = lines
            self.moved()
            return
        self.beginResetModel()
        self._lines = lines
        self.endResetModel()

    def moved(self) -> None:
        """Redraw the progress of the file being indexed."""
        if self._lines:
            self.dataChanged.emit(self.index(0), self.index(0))


class _Files(QListView):
    """The list of files. Delete, or the cross at the end of a row, cancels a file."""

    cancelled = Signal(object)  # the numbers of the jobs

    def __init__(self, model: _Lines) -> None:
        super().__init__()
        self.setModel(model)
        self.setItemDelegate(_Delegate(self))
        self.setObjectName("hits")
        self.setAccessibleName(tr("Files"))
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            super().keyPressEvent(event)
            return
        chosen = [index.data(_ROLE).job for index in self.selectedIndexes()]
        self._cancel([job for job in chosen if job is not None])

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        line: Line | None = index.data(_ROLE) if index.isValid() else None
        if line and line.job is not None and cross_of(self.visualRect(index)).contains(event.position()):
            self._cancel([line.job])
        super().mouseReleaseEvent(event)

    def _cancel(self, jobs: list[int]) -> None:
        if jobs:
            self.cancelled.emit(jobs)


def cross_of(row: QRect) -> QRectF:
    """The area of the cross in a row."""
    side = theme.px(24)
    return QRectF(row.right() - side - 4, row.center().y() - side / 2, side, side)


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, theme.px(46))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        line: Line = index.data(_ROLE)
        colours = theme.current()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row = QRectF(option.rect)
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.selection)
            painter.drawRoundedRect(row.adjusted(0, 1, 0, -1), theme.RADIUS_ROW, theme.RADIUS_ROW)
        if line.job is not None:
            painter.setFont(theme.font(16))
            painter.setPen(colours.muted)
            painter.drawText(cross_of(option.rect), Qt.AlignmentFlag.AlignCenter, "×")
        text = row.adjusted(10, 5, -theme.px(40), -5)
        upper, lower = QRectF(text), QRectF(text)
        upper.setBottom(text.center().y())
        lower.setTop(text.center().y())
        painter.setFont(theme.font())
        painter.setPen(colours.ink)
        draw_elided(painter, upper, line.location.name, Qt.TextElideMode.ElideMiddle)
        if line.state == "running":
            self._bar(painter, lower, index.model().fraction(line.location))  # type: ignore[attr-defined]
        else:
            painter.setFont(theme.font(theme.SECONDARY))
            painter.setPen(colours.attention if line.state == "failed" else colours.muted)
            path = line.location.path
            stands = path if line.location.part else Path(path).parent
            said = line.said if line.state == "failed" else f"{line.said} · {stands}"
            draw_elided(painter, lower, said)
        painter.restore()

    @staticmethod
    def _bar(painter: QPainter, box: QRectF, fraction: float) -> None:
        colours = theme.current()
        painter.setFont(theme.font(theme.SECONDARY))
        painter.setPen(colours.muted)
        said = tr("reading") if not fraction else f"{fraction:.0%}"
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, said)
        left = box.left() + theme.px(64)
        track = QRectF(left, box.center().y() - 2, box.right() - left, 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.track)
        painter.drawRoundedRect(track, 2, 2)
        if fraction:
            painter.setBrush(colours.accent)
            painter.drawRoundedRect(QRectF(left, track.top(), max(4.0, track.width() * fraction), 4), 2, 2)
