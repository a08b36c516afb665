"""What the person points at in the hits: a passage to find related ones of, hits to have more or less of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop_kb.gui.translation import plural, tr
from desktop_kb.gui.widgets import button, label
from desktop_kb.records import Document, SearchOptions, Spot


@dataclass(frozen=True, slots=True)
class Steered:
    """One state: the passage that stands for the question, and what is wanted more or less."""

    origin: Spot | None = None
    more: tuple[Spot, ...] = ()
    less: tuple[Spot, ...] = ()

    def within(self, options: SearchOptions) -> SearchOptions:
        """These options with what was pointed at."""
        return replace(options, like=self.origin, more=self.more, less=self.less)


class Steering(QWidget):
    """The line that says what was pointed at; each step can be undone."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._steps: list[Steered] = []
        self.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        self.words = label("", wrap=True)
        row.addWidget(self.words, 1)
        self.undo = button(tr("Undo"), self.step_back, "link")
        row.addWidget(self.undo, 0, Qt.AlignmentFlag.AlignTop)

    @property
    def now(self) -> Steered:
        """What holds now."""
        return self._steps[-1] if self._steps else Steered()

    def relate(self, spot: Spot) -> None:
        """Ask for passages related to this one; what was wanted of the question before counts no more."""
        self._go(Steered(spot))

    def want(self, spot: Spot, *, more: bool) -> None:
        """Want more, or less, of what this passage says."""
        now = self.now
        rest = Steered(
            now.origin,
            tuple(one for one in now.more if one != spot),
            tuple(one for one in now.less if one != spot),
        )
        self._go(replace(rest, more=(*rest.more, spot)) if more else replace(rest, less=(*rest.less, spot)))

    def step_back(self) -> bool:
        """Undo the last step; False if there is none."""
        if not self._steps:
            return False
        self._steps.pop()
        self.changed.emit()
        return True

    def clear(self) -> None:
        """Forget all steps without telling: another question is asked."""
        self._steps = []

    def show_words(self, documents: Mapping[str, Document]) -> None:
        """Say what holds now."""
        now, said = self.now, []
        if now.origin is not None:
            document = documents.get(now.origin[0])
            title = document.title if document else now.origin[0]
            said.append(tr("Passages related to one of '{title}'", title=title))
        if now.more:
            said.append(plural(len(now.more), "more like {n} hit", "more like {n} hits"))
        if now.less:
            said.append(plural(len(now.less), "less like {n} hit", "less like {n} hits"))
        text = ", ".join(said)
        self.words.setText(text[:1].upper() + text[1:])
        self.setVisible(bool(said))

    def _go(self, step: Steered) -> None:
        self._steps.append(step)
        self.changed.emit()
