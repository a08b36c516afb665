"""The settings dialog, generated from the declared settings. A heading per section says whose they are."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from PySide6.QtCore import QSettings, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from desktop_kb import paths
from desktop_kb.errors import Problem
from desktop_kb.gui import theme
from desktop_kb.gui.indexing.drop import CopiesDrops
from desktop_kb.gui.quick.key_input import KeyInput
from desktop_kb.gui.sheets.folder_input import FolderInput
from desktop_kb.gui.sheets.models_page import what_runs_where
from desktop_kb.gui.translation import LANGUAGES, say, tr
from desktop_kb.gui.widgets import Scroll, button, fit_screen, label
from desktop_kb.kb import KnowledgeBase, Status
from desktop_kb.settings import Settings, save

#: Names for people of the values that a setting can have.
CHOICES = {
    "auto": "Automatic",
    "cuda": "NVIDIA graphics card (CUDA)",
    "mps": "Apple graphics (Metal)",
    "cpu": "Processor (CPU)",
    "ask": "When asked for",
    "off": "Never",
    "read": "Read",
    "write": "Read and add notes",
    "daily": "Every day",
    "weekly": "Every week",
    "plain": "Author, title, page, year",
    "gbt7714": "GB/T 7714",
    "apa": "APA",
    "bibtex": "BibTeX",
}


class SettingsDialog(QDialog):
    """Writes changes when the person confirms; they apply in a window opened anew. Models have a page of
    their own, where a change applies immediately."""

    models_requested = Signal()
    changed = Signal()  # what was written differs from what holds

    def __init__(self, kb: KnowledgeBase, state: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kb, self._state = kb, state
        self.inputs: dict[str, QWidget] = {}
        self.setWindowTitle(tr("Settings"))
        fit_screen(self, theme.px(620), theme.px(640))
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        inner = QWidget()
        form = QVBoxLayout(inner)
        form.setContentsMargins(0, 0, 8, 0)
        form.setSpacing(8)
        form.addWidget(label(tr("The window"), "strong"))
        form.addLayout(self._window_rows())
        form.addSpacing(12)
        form.addLayout(self._models_row())
        for scope, heading in (("person", tr("Yours, in every library")), ("library", tr("Of this library"))):
            form.addSpacing(12)
            form.addWidget(label(heading, "strong"))
            form.addLayout(self._rows(scope))
        form.addStretch(1)
        column.addWidget(Scroll(inner, tr("Settings")), 1)
        self.said = label(
            tr("After a change the window opens anew, and indexing goes on."), "quiet", wrap=True
        )
        column.addWidget(self.said)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(button(tr("Cancel"), self.reject))
        row.addWidget(button(tr("Save"), self.store, "primary"))
        column.addLayout(row)

    def _models_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        words = QVBoxLayout()
        words.addWidget(label(tr("Models"), "strong"))
        self.models = label("", "quiet", wrap=True)
        words.addWidget(self.models)
        row.addLayout(words, 1)
        self.change = button(tr("Change models"), self.models_requested.emit)
        row.addWidget(self.change, 0, Qt.AlignmentFlag.AlignTop)
        return row

    def show_status(self, status: Status) -> None:
        """Show which model runs on which device."""
        self.models.setText(what_runs_where(status))

    def _window_rows(self) -> QFormLayout:
        form = _form()
        language = QComboBox()
        language.addItem(tr("As the system"), "system")
        for code, name in LANGUAGES.items():
            language.addItem(name, code)
        language.setCurrentIndex(language.findData(self._kb.settings.language))
        self.inputs["language"] = language
        self.theme = QComboBox()
        for name, code in (("As the system", ""), ("Light", "light"), ("Dark", "dark")):
            self.theme.addItem(tr(name), code)
        self.theme.setCurrentIndex(max(0, self.theme.findData(self._state.value("theme", ""))))
        for name, widget in ((tr("Language"), language), (tr("Appearance"), self.theme)):
            widget.setAccessibleName(name)
            form.addRow(_name(name, widget), widget)
        return form

    def _rows(self, scope: str) -> QFormLayout:
        form = _form()
        for field in dataclasses.fields(Settings):
            if field.metadata["scope"] != scope or not field.metadata["shown"]:
                continue
            widget = _input(getattr(self._kb.settings, field.name), field.metadata)
            widget.setAccessibleName(tr(field.metadata["label"]))
            self.inputs[field.name] = widget
            widget.setAccessibleDescription(tr(field.metadata["help"]))
            form.addRow(_name(tr(field.metadata["label"]), widget), widget)
            form.addRow("", _Help(tr(field.metadata["help"])))
        return form

    def store(self) -> None:
        """Write the changed settings to the person's or the library's file. If one is refused, show why
        and keep the dialog open."""
        changes: dict[str, dict[str, object]] = {"person": {}, "library": {}}
        for field in dataclasses.fields(Settings):
            if field.name not in self.inputs:
                continue
            value = _value(self.inputs[field.name])
            if value != getattr(self._kb.settings, field.name):
                changes[field.metadata["scope"]][field.name] = value
        try:
            if changes["person"]:
                save(paths.config_dir() / "settings.json", changes["person"])
            if changes["library"]:
                save(self._kb.library.settings, changes["library"])
        except Problem as problem:
            self.said.setText(say(problem))
            return
        looks = self._state.value("theme", "") != self.theme.currentData()
        self._state.setValue("theme", self.theme.currentData())
        self.accept()
        if looks or changes["person"] or changes["library"]:
            self.changed.emit()


class _Help(QLabel):
    """Wrapped text that is never cut. The form would keep the height that it had before the scroll bar came, which
    takes a part of its width."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setProperty("quiet", True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setMinimumHeight(self.heightForWidth(self.width()))


def _form() -> QFormLayout:
    form = QFormLayout()
    form.setHorizontalSpacing(24)
    form.setVerticalSpacing(4)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return form


def _name(text: str, named: QWidget) -> QLabel:
    """The label of a row. All have the same width, so that the columns of all sections align. As a buddy it names
    combo boxes too, of which Qt tells no accessible name."""
    made = label(text)
    made.setBuddy(named)
    made.setMinimumWidth(theme.px(210))
    return made


def _input(value: Any, meta: Any) -> QWidget:
    if meta["key"]:
        return KeyInput(value, tr(meta["label"]))
    if meta["folder"]:
        return FolderInput(value, tr(meta["label"]))
    if isinstance(value, bool):
        check = QCheckBox()
        check.setChecked(value)
        return check
    if isinstance(value, int):
        spin = QSpinBox()
        spin.setRange(int(meta["low"]), int(meta["high"]))
        spin.setValue(value)
        spin.lineEdit().setTextMargins(6, 0, 0, 0)  # the style sheet does not apply to this line edit
        CopiesDrops(spin.lineEdit())
        return spin
    if not meta["choices"]:
        line = QLineEdit("; ".join(value) if isinstance(value, tuple) else str(value))
        line.setCursorPosition(0)  # a long one shows how it begins
        line.setProperty("several", isinstance(value, tuple))
        CopiesDrops(line)
        return line
    combo = QComboBox()
    for choice in meta["choices"]:
        combo.addItem(tr(CHOICES[choice]), choice)
    combo.setCurrentIndex(combo.findData(value))
    return combo


def _value(widget: QWidget) -> object:
    if isinstance(widget, QCheckBox):
        return widget.isChecked()
    if isinstance(widget, QSpinBox | KeyInput | FolderInput):
        return widget.value()
    if isinstance(widget, QLineEdit):
        text = widget.text().strip()
        several = tuple(filter(None, (one.strip() for one in re.split("[;；]", text))))
        return several if widget.property("several") else text
    assert isinstance(widget, QComboBox)
    return widget.currentData()
