"""The view that shows how a document was cut: its passages, their sizes, and the similarity curve."""

from __future__ import annotations

import itertools
import math
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from desktop_kb.gui import theme
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.translation import tr
from desktop_kb.gui.view import View
from desktop_kb.records import Inspection, Passage

_AXIS: Final = 34
_GAP: Final = 10
_SIZES: Final = 46  # height of the size bars
_SHOWN: Final = 300  # number of cards; a button shows the rest


class Inspect(View):
    """Shows how a document was cut into passages."""

    similar_requested = Signal(str, int, int)
    #: another document is shown
    shown = Signal()
    closed = Signal()

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._inspection: Inspection | None = None
        self._title = QLabel()
        self._title.setProperty("heading", True)
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._title.setWordWrap(True)
        self._facts = QLabel()
        self._facts.setProperty("quiet", True)
        back = QPushButton(tr("Back"))
        back.setProperty("quietlink", True)
        back.clicked.connect(self.closed)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(back, 0, Qt.AlignmentFlag.AlignTop)
        self.curve = Curve()
        self.curve.passage_chosen.connect(self.choose)
        paper = QFrame()
        paper.setProperty("card", True)
        QVBoxLayout(paper).addWidget(self.curve)
        self._legend = QLabel()
        self._legend.setProperty("quiet", True)
        self._legend.setWordWrap(True)
        self._list = QScrollArea()
        self._list.setAccessibleName(tr("Passages"))
        self._list.setWidgetResizable(True)
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        self._list.setStyleSheet("QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; }")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self._facts)
        column.addWidget(paper)
        column.addWidget(self._legend)
        column.addWidget(self._list, 1)
        self._cards: list[QFrame] = []

    def show_document(self, document: str) -> None:
        """Load the inspection of a document on a thread and show it."""
        self._bridge.call(lambda: self._bridge.kb.inspect(document), self.show_inspection)

    def current_document(self) -> str | None:
        """The id of the document shown."""
        return None if self._inspection is None else self._inspection.document

    def show_inspection(self, inspection: Inspection) -> None:
        """Show how this document was cut."""
        self._inspection = inspection
        tokens = [passage.tokens for passage in inspection.chunks]
        mean = round(sum(tokens) / len(tokens)) if tokens else 0
        self._title.setText(inspection.title)
        self._facts.setText(
            tr(
                "{chunks} passages, {sentences} sentences, {mean} tokens on average, {most} at most",
                chunks=len(tokens),
                sentences=len(inspection.sentences),
                mean=mean,
                most=max(tokens, default=0),
            )
        )
        known = any(not math.isnan(value) for value in inspection.curve)
        self._legend.setText(
            tr(
                "Above: how alike neighbouring sentences are; lines are cuts. Below: the size of each passage."
            )
            if known
            else tr(
                "The model does not read this language: it was cut by its words. Below: the size of each passage."
            )
        )
        self.curve.show_inspection(inspection)
        self._fill(inspection)
        self.shown.emit()

    def show(self, inspection: Inspection | None = None) -> None:
        """Show the widget and, if given, this inspection."""
        if inspection is not None:
            self.show_inspection(inspection)
        super().show()

    def choose(self, number: int) -> None:
        """Scroll to passage `number` (from 0)."""
        if number < len(self._cards):
            self._list.ensureWidgetVisible(self._cards[number], 0, 24)
            button = self._cards[number].findChild(QPushButton)
            assert button is not None
            button.setFocus()

    def _fill(self, inspection: Inspection) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(8)
        self._cards = []
        for number, passage in enumerate(inspection.chunks[:_SHOWN]):
            card = self._card(number, passage, inspection.document)
            self._cards.append(card)
            column.addWidget(card)
        if len(inspection.chunks) > _SHOWN:
            column.addWidget(QLabel(tr("The first {count} are shown.", count=_SHOWN)))
        column.addStretch(1)
        self._list.setWidget(body)

    def _card(self, number: int, passage: Passage, document: str) -> QFrame:
        card = QFrame()
        card.setProperty("card", True)
        parts = [str(number + 1), " › ".join(passage.heading)]
        if passage.page is not None:
            parts.append(tr("p. {page}", page=passage.page))
        parts.append(tr("{count} tokens", count=passage.tokens))
        where = QLabel("  ·  ".join(part for part in parts if part))
        where.setProperty("quiet", True)
        where.setTextFormat(Qt.TextFormat.PlainText)
        where.setWordWrap(True)
        similar = QPushButton(tr("Related"))
        similar.setProperty("quietlink", True)
        similar.setAccessibleName(tr("Related passages"))
        similar.clicked.connect(
            lambda _checked=False: self.similar_requested.emit(document, passage.start, passage.end)
        )
        top = QHBoxLayout()
        top.addWidget(where, 1)
        top.addWidget(similar, 0, Qt.AlignmentFlag.AlignTop)
        text = QLabel(passage.text)
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setWordWrap(True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column = QVBoxLayout(card)
        column.setContentsMargins(14, 10, 14, 12)
        column.addLayout(top)
        column.addWidget(text)
        return card


class Curve(QWidget):
    """Draws the similarity of neighbouring sentences, the cuts, and the sizes of the passages."""

    passage_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._inspection: Inspection | None = None
        self.setMouseTracking(True)
        self.setMinimumHeight(theme.px(190))

    def sizeHint(self) -> QSize:
        return QSize(theme.px(480), theme.px(210))

    def show_inspection(self, inspection: Inspection) -> None:
        """Draw the curve of this inspection."""
        self._inspection = inspection
        count = len(inspection.chunks)
        self.setAccessibleName(tr("Similarity of neighbouring sentences, {count} passages", count=count))
        self.update()

    # --- geometry

    def _plot(self) -> QRectF:
        axis = theme.px(_AXIS)
        below = theme.px(_SIZES) + theme.px(_GAP)
        return QRectF(axis, 8, max(1, self.width() - axis - 8), max(1, self.height() - below - 16))

    def gap_x(self, gap: int) -> float:
        """The x coordinate of the gap between sentence `gap` and the next."""
        assert self._inspection is not None
        plot = self._plot()
        return plot.left() + plot.width() * (gap + 1) / max(1, len(self._inspection.sentences))

    def _y(self, value: float) -> float:
        low, high = self._range()
        plot = self._plot()
        return plot.bottom() - plot.height() * (value - low) / (high - low)

    def _range(self) -> tuple[float, float]:
        """The lowest and highest similarity of the axis, rounded to tenths."""
        assert self._inspection is not None
        known = [float(value) for value in self._inspection.curve if not math.isnan(value)]
        if not known:
            return 0.0, 1.0
        low = math.floor(min(known) * 10) / 10
        return low, max(low + 0.2, math.ceil(max(known) * 10) / 10)

    def _passage_spans(self) -> list[tuple[float, float]]:
        assert self._inspection is not None
        plot = self._plot()
        edges = [plot.left(), *(self.gap_x(cut) for cut in self._inspection.cuts), plot.right()]
        return list(itertools.pairwise(edges)) if self._inspection.chunks else []

    # --- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the axis, the cuts, the curve and the sizes."""
        if self._inspection is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(11))
        self._paint_scale(painter)
        self._paint_cuts(painter)
        self._paint_curve(painter)
        self._paint_sizes(painter)

    def _paint_scale(self, painter: QPainter) -> None:
        colours, plot = theme.current(), self._plot()
        low, high = self._range()
        for value in (low, (low + high) / 2, high):
            y = self._y(value)
            painter.setPen(QPen(colours.line, 1))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(colours.muted)
            box = QRectF(0, y - 9, plot.left() - 6, 18)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{value:.2f}")

    def _paint_cuts(self, painter: QPainter) -> None:
        assert self._inspection is not None
        plot = self._plot()
        painter.setPen(QPen(theme.current().attention, 1, Qt.PenStyle.DashLine))
        for cut in self._inspection.cuts:
            x = self.gap_x(cut)
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))

    def _paint_curve(self, painter: QPainter) -> None:
        assert self._inspection is not None
        path, pen_down = QPainterPath(), False
        cuts = set(self._inspection.cuts)
        dots: list[QPointF] = []
        for gap, value in enumerate(self._inspection.curve.tolist()):
            if math.isnan(value):
                pen_down = False
                continue
            point = QPointF(self.gap_x(gap), self._y(value))
            if pen_down:
                path.lineTo(point)
            else:
                path.moveTo(point)
            pen_down = True
            if gap in cuts:
                dots.append(point)
        colours = theme.current()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colours.accent, 1.6, j=Qt.PenJoinStyle.RoundJoin))
        painter.drawPath(path)
        painter.setPen(QPen(colours.panel, 1.5))
        painter.setBrush(colours.attention)
        for dot in dots:
            painter.drawEllipse(dot, 3.5, 3.5)

    def _paint_sizes(self, painter: QPainter) -> None:
        assert self._inspection is not None
        colours = theme.current()
        most = max((passage.tokens for passage in self._inspection.chunks), default=1)
        base = self.height() - 6.0
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.accent_ground)
        for (left, right), passage in zip(self._passage_spans(), self._inspection.chunks, strict=True):
            height = max(2.0, theme.px(_SIZES) * passage.tokens / max(1, most))
            painter.drawRoundedRect(QRectF(left + 1, base - height, max(1.0, right - left - 2), height), 3, 3)
            if right - left > 26:
                painter.setPen(colours.muted)
                box = QRectF(left, base - 18, right - left, 16)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(passage.tokens))
                painter.setPen(Qt.PenStyle.NoPen)

    # --- the mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Scroll to the passage under the mouse."""
        for number, (left, right) in enumerate(self._passage_spans() if self._inspection else ()):
            if left <= event.position().x() < right:
                self.passage_chosen.emit(number)

    def event(self, event: QEvent) -> bool:
        """Show the two sentences at this point of the curve in a tooltip."""
        if isinstance(event, QHelpEvent) and self._inspection is not None and len(self._inspection.curve):
            plot, count = self._plot(), len(self._inspection.sentences)
            gap = round((event.pos().x() - plot.left()) / plot.width() * count) - 1
            gap = min(max(gap, 0), len(self._inspection.curve) - 1)
            before, after = self._inspection.sentences[gap : gap + 2]
            value = float(self._inspection.curve[gap])
            shown = "" if math.isnan(value) else f"{value:.2f}\n"
            QToolTip.showText(event.globalPos(), f"{shown}{before[-160:]}\n—\n{after[:160]}", self)
            return True
        return super().event(event)
