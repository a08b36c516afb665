"""The row of the settings for the key of quick find: it is tried as soon as it is pressed."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QKeySequenceEdit, QLineEdit, QVBoxLayout, QWidget

from desktop_kb.gui.quick import global_key
from desktop_kb.gui.widgets import label

_PORTABLE = QKeySequence.SequenceFormat.PortableText


class KeyInput(QWidget):
    """A key, and what is to be said of it."""

    def __init__(self, keys: str, name: str) -> None:
        super().__init__()
        self._keys = keys
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.edit = QKeySequenceEdit(QKeySequence(keys, _PORTABLE))
        self.edit.setMaximumSequenceLength(1)
        self.edit.setClearButtonEnabled(True)
        self.edit.setAccessibleName(name)
        for line in self.edit.findChildren(QLineEdit):
            line.setAcceptDrops(False)  # a key is pressed; a dropped file would be taken as moved
        self.setFocusProxy(self.edit)
        column.addWidget(self.edit)
        self.said = label("", "attention", wrap=True)
        column.addWidget(self.said)
        self.edit.keySequenceChanged.connect(self._try)
        self._say("" if global_key.offered() else "not-offered")

    def value(self) -> str:
        """The key as the setting keeps it, '' for none."""
        return self.edit.keySequence().toString(_PORTABLE)

    def _try(self) -> None:
        keys = self.value()
        # The one that this program has would seem to be taken.
        self._say("" if keys == self._keys else global_key.try_out(keys))

    def _say(self, problem: global_key.KeyProblem) -> None:
        self.said.setText(global_key.said(problem, self.value()))
        self.said.setVisible(bool(problem))
