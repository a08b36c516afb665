"""Evaluates the search: asks the same questions in every stage and shows the results as bars and text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QPainter, QPen
from PySide6.QtWidgets import QFileDialog, QStyledItemDelegate, QStyleOptionViewItem, QVBoxLayout, QWidget

from desktop_kb.gui import theme
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.sheets.result_table import ResultTable, cell
from desktop_kb.gui.sheets.task_sheet import TaskSheet
from desktop_kb.gui.translation import bracketed, comma, tr
from desktop_kb.gui.widgets import empty, label
from desktop_kb.kb import QUESTIONS
from desktop_kb.records import WITHOUT, Estimate, Evaluation, LanguageEvaluation, Measured
from desktop_kb.sentences import DIFFUSION, STAGES, surface_lines

#: The column of the bars, and where a cell of it keeps what it draws.
_BAR: Final = 1
_ESTIMATE: Final = Qt.ItemDataRole.UserRole
#: Names for people of the search stages and of the chunking strategies.
WAYS: Final = {
    "words": "words",
    "vectors": "meaning",
    "fused": "words and meaning",
    "diffused": "with what is like good answers",
    "reranked": "reranked",
    "semantic": "where the meaning changes",
    "recursive": "at paragraphs",
    "fixed": "at equal lengths",
}
#: What a way that switches off one part does without; of several readers it may be any.
PARTS: Final = {
    "exact": "without names first",
    "calibration": "without calibration",
    "folding": "without folding copies",
}
LANGUAGES: Final = {"en": "Questions in English", "zh": "Questions in Chinese", "": "All questions"}
KINDS: Final = {
    "heading": "{n} from headings",
    "sentence": "{n} from sentences",
    "definition": "{n} from definitions",
    "across": "{n} in the other language",
    "own": "{n} of your own",
}
ACROSS: Final = {
    "en": "Questions in English on Chinese text",
    "zh": "Questions in Chinese on English text",
    "": "Questions in the other language",
}
ITEMS: Final = {
    "title": "Asked for by title: {first} of {asked} come first.",
    "name": "Asked for by file name: {first} of {asked} come first.",
    "date": "Asked for by a date in the text: {first} of {asked} come first.",
    "number": "Asked for by a number in the text: {first} of {asked} come first.",
}


class EvaluationSheet(TaskSheet):
    """Explains the evaluation, runs it on request, and shows its results."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(bridge.begin, tr("How good is this library?"), parent, 720)
        self._kb = bridge.kb
        self.evaluation: Evaluation | None = None
        self.body.addWidget(label(tr("How good is this library?"), "heading"))
        self.intro = label(
            tr(
                "Up to {n} questions are made from your own documents: a heading asks for what stands below "
                "it, a sentence for those beside it. Each is asked in every way there is, so that you see "
                "what each step is worth. Your library is only read. It takes some minutes.",
                n=QUESTIONS,
            ),
            wrap=True,
        )
        self.body.addWidget(self.intro)
        self.form = label(
            tr(
                "Questions of your own: a file with one JSON object a line, with 'question', 'answer_in' (a "
                "file of the library) and, if you like, 'contains' (words of the answer)."
            ),
            "quiet",
            wrap=True,
        )
        self.body.addWidget(self.form)
        self.results = QWidget()
        QVBoxLayout(self.results).setContentsMargins(0, 0, 8, 0)
        self.results.hide()
        self.body.addWidget(self.results)
        self.copy_button = self.offer(tr("Copy as text"), self.copy)
        self.copy_button.hide()
        self.own = self.offer(tr("Questions of my own"), self._choose)
        self.start = self.offer(tr("Measure"), self.measure, "primary")
        self.start.setFocus()
        self.say("")

    def measure(self, questions: Path | None = None) -> None:
        """Run the evaluation, with the questions of a file if one is given."""
        self.work(
            tr(STAGES["reading"]),
            lambda task: self._kb.evaluate(questions, progress=task.tell, cancelled=task.cancelled),
            self.show_evaluation,
            stages={what: tr(said) for what, said in STAGES.items()},
        )

    def work_started(self) -> None:
        for widget in (self.copy_button, self.own, self.start):
            widget.hide()

    def work_ended(self) -> None:
        self.own.show()
        self.start.show()
        self.copy_button.setVisible(self.evaluation is not None)

    def stopped_text(self) -> str:
        return tr("Stopped.")

    def _choose(self) -> None:
        file, _ = QFileDialog.getOpenFileName(
            self,
            tr("Questions of my own"),
            "",
            tr("Questions") + " (*.jsonl *.json);;" + tr("All files") + " (*)",
        )
        if file:
            self.measure(Path(file))

    def copy(self) -> None:
        """Copy the results to the clipboard as text."""
        if self.evaluation is not None:
            QGuiApplication.clipboard().setText(as_text(self.evaluation))
            self.say(tr("Copied."))

    def show_evaluation(self, evaluation: Evaluation) -> None:
        """Show the results as bars."""
        self.evaluation = evaluation
        self.copy_button.show()
        self.intro.hide()
        self.form.hide()
        empty(self.results)
        column = self.results.layout()
        assert isinstance(column, QVBoxLayout)
        column.setSpacing(6)
        column.addWidget(label(base_of(evaluation), "quiet", wrap=True))
        read = tr(
            "A bar is the share of the answer that stands in the first 1,000 characters found; the thin line "
            "is how far chance may move it."
        )
        column.addWidget(label(read, "quiet", wrap=True))
        for part in evaluation.languages:
            column.addSpacing(12)
            column.addWidget(label(_heading(part), "strong"))
            column.addWidget(_Bars(_heading(part), part.stages))
            if without := not_by_meaning(part):
                column.addWidget(label(without, "quiet", wrap=True))
            if part.cuts:
                column.addSpacing(4)
                column.addWidget(label(tr("Passages cut"), "section"))
                column.addWidget(_Bars(tr("Passages cut"), part.cuts))
        for part in evaluation.across:
            column.addSpacing(12)
            column.addWidget(label(_heading(part, ACROSS), "strong"))
            column.addWidget(_Bars(_heading(part, ACROSS), part.stages))
        column.addSpacing(12)
        for line in known_of(evaluation):
            column.addWidget(label(line, wrap=True))
        column.addStretch(1)
        self.results.show()
        self.say("")


class _Bars(ResultTable):
    """One row per stage or strategy: name, bar, mean and interval, and the gain over another one."""

    def __init__(self, name: str, measured: Sequence[Measured]) -> None:
        super().__init__(name, [tr("Method"), tr("Interval"), tr("Mean"), tr("Compared")])
        self.setItemDelegateForColumn(_BAR, _Bar(self))
        for one in measured:
            bar = cell("", heard=interval_of(one.read))
            bar.setToolTip(interval_of(one.read))
            bar.setData(_ESTIMATE, one.read)
            widths = theme.px(195), theme.px(164), theme.px(52)
            figures = cell(f"{one.read.mean:.0%}"), cell(gain_of(one), "quiet")
            self.add_row(cell(way_name(one.name)), bar, *figures, widths=widths)


class _Bar(QStyledItemDelegate):
    """Draws a bar for a share of 0..1, with a thin line for its confidence interval."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        colours = theme.current()
        estimate: Estimate = index.data(_ESTIMATE)
        box = QRectF(option.rect).adjusted(0, 0, -14, 0)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, width = box.center().y(), box.width()
        painter.setPen(Qt.PenStyle.NoPen)
        for share, colour in ((1.0, colours.track), (estimate.mean, colours.accent)):
            painter.setBrush(colour)
            painter.drawRoundedRect(QRectF(box.left(), middle - 3, width * share, 6), 3, 3)
        painter.setPen(QPen(colours.ink, 1.2))
        low, high = (
            box.left() + min(width - 1, max(1.0, width * at)) for at in (estimate.low, estimate.high)
        )
        painter.drawLine(round(low), round(middle), round(high), round(middle))
        for end in (low, high):
            painter.drawLine(round(end), round(middle - 4), round(end), round(middle + 4))
        painter.restore()


def base_of(evaluation: Evaluation) -> str:
    """The basis of the evaluation: documents, questions by kind, and seconds."""
    kinds = [tr(KINDS[kind], n=count) for kind, count in evaluation.kinds.items() if count]
    return " · ".join(
        (
            tr("{n} of {of} documents", n=f"{evaluation.documents:,}", of=f"{evaluation.of:,}"),
            tr("questions: {kinds}", kinds=comma().join(kinds)),
            tr("{n} seconds", n=round(evaluation.seconds)),
        )
    )


def known_of(evaluation: Evaluation) -> list[str]:
    """How documents asked for by name fare, how much of what is found repeats itself, and what the surface is like."""
    lines = []
    for item in evaluation.items:
        line = tr(ITEMS[item.kind], first=f"{item.first:,}", asked=f"{item.asked:,}")
        if item.weak:
            line += " " + tr("Of these, {n} are called weak.", n=f"{item.weak:,}")
        lines.append(line)
    if evaluation.repeated is not None:
        share = f"{evaluation.repeated.mean:.0%}"
        lines.append(
            tr("Of the text of the first ten answers, {share} stands in an earlier one.", share=share)
        )
    if evaluation.diffusion is not None:
        lines.append(tr(DIFFUSION[evaluation.diffusion]))
    return [*lines, *surface_lines(evaluation.surface, tr)]


def way_name(name: str) -> str:
    """The name for people of a way to search or to cut."""
    if name in WAYS:
        return tr(WAYS[name])
    part = name.removeprefix(WITHOUT)
    return tr(PARTS[part]) if part in PARTS else tr("without {model}", model=part)


def _heading(part: LanguageEvaluation, headings: Mapping[str, str] = LANGUAGES) -> str:
    named = headings.get(part.language)
    text = tr(named) if named else tr("Questions in {language}", language=part.language)
    return bracketed(text, str(part.questions))


def not_by_meaning(part: LanguageEvaluation) -> str:
    """Why semantic search was not measured; '' if it was."""
    if any(one.name == "vectors" for one in part.stages):
        return ""
    return tr("Not by meaning: the model does not read this language, or there is none.")


def interval_of(estimate: Estimate) -> str:
    """A share and its confidence interval as a sentence."""
    return tr(
        "{mean}, most likely between {low} and {high}",
        mean=f"{estimate.mean:.0%}",
        low=f"{estimate.low:.0%}",
        high=f"{estimate.high:.0%}",
    )


def gain_of(measured: Measured) -> str:
    """The gain over the stage `measured.against`, or that the difference may be chance (interval around 0)."""
    gain = measured.gain
    if gain is None:
        return ""
    other = way_name(measured.against)
    if gain.low <= 0 <= gain.high:
        return tr("no clear difference from '{other}'", other=other)
    low, high = sorted((abs(round(100 * gain.low)), abs(round(100 * gain.high))))
    if gain.low > 0:
        return tr("better than '{other}' by {low} to {high} points", other=other, low=low, high=high)
    return tr("worse than '{other}' by {low} to {high} points", other=other, low=low, high=high)


def as_text(evaluation: Evaluation) -> str:
    """All results as text, a line for each stage: to send, or to compare with a later evaluation."""
    return "\n".join(_lines(evaluation))


def _lines(evaluation: Evaluation) -> Iterator[str]:
    yield base_of(evaluation)
    yield tr("model: {model}", model=evaluation.model or tr("none: search works by words"))
    for part in evaluation.languages:
        yield ""
        yield _heading(part)
        for one in part.stages:
            yield _line(one)
        if without := not_by_meaning(part):
            yield without
        yield tr("Passages cut")
        for one in part.cuts:
            yield _line(one)
    for part in evaluation.across:
        yield ""
        yield _heading(part, ACROSS)
        for one in part.stages:
            yield _line(one)
    yield ""
    yield from known_of(evaluation)
    yield tr("Shares of the answer within the first 1,000 characters, and MRR@10, with 95 % intervals.")


def _line(one: Measured) -> str:
    read = f"{one.read.mean:.3f} [{one.read.low:.3f}, {one.read.high:.3f}]"
    rank = f"{one.rank.mean:.3f} [{one.rank.low:.3f}, {one.rank.high:.3f}]"
    gain = gain_of(one)
    return f"  {way_name(one.name)}: {read} · MRR@10 {rank}" + (f" · {gain}" if gain else "")
