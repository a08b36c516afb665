"""Every setting has its row, and what is changed is written where it belongs."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QLabel, QLineEdit, QSpinBox
from pytestqt.qtbot import QtBot

from desktop_kb import paths
from desktop_kb.errors import StorageProblem
from desktop_kb.gui import translation
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.quick.key_input import KeyInput
from desktop_kb.gui.sheets import settings_dialog
from desktop_kb.gui.sheets.folder_input import FolderInput
from desktop_kb.gui.sheets.models_page import ModelsPage
from desktop_kb.gui.sheets.settings_dialog import SettingsDialog
from desktop_kb.gui.window import MainWindow
from desktop_kb.settings import Settings, load, load_person

SHOWN = [field for field in dataclasses.fields(Settings) if field.metadata["shown"]]


@pytest.fixture
def state(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def dialog(bridge: Bridge, state: QSettings, qtbot: QtBot) -> SettingsDialog:
    made = SettingsDialog(bridge.kb, state)
    qtbot.addWidget(made)
    made.show()
    return made


def test_every_setting_has_an_input_with_its_value_and_range(dialog: SettingsDialog, bridge: Bridge) -> None:
    elsewhere = {"readers", "embedder", "reranker", "folders"}  # on the models page; in the side bar
    assert set(dialog.inputs) == {field.name for field in dataclasses.fields(Settings)} - elsewhere
    for field in SHOWN:
        made, value = dialog.inputs[field.name], getattr(bridge.kb.settings, field.name)
        assert made.accessibleName()
        if isinstance(made, QCheckBox):
            assert made.isChecked() is value
        elif isinstance(made, QSpinBox):
            assert made.value() == value
            assert (made.minimum(), made.maximum()) == (field.metadata["low"], field.metadata["high"])
        elif isinstance(made, QLineEdit):
            assert made.text() == ("; ".join(value) if isinstance(value, tuple) else value)
        elif field.metadata["key"] or field.metadata["folder"]:
            assert isinstance(made, KeyInput | FolderInput)
            assert made.value() == value
        else:
            assert isinstance(made, QComboBox)
            assert made.currentData() == value
            assert [made.itemData(at) for at in range(made.count())] == list(field.metadata["choices"])


def test_patterns_are_written_as_a_list(dialog: SettingsDialog, bridge: Bridge) -> None:
    line = dialog.inputs["ignore"]
    assert isinstance(line, QLineEdit)
    line.setText(" *.tmp; drafts/ ；; ")
    dialog.store()
    assert load_person().ignore == ("*.tmp", "drafts/")


def test_what_is_changed_is_written_where_it_belongs(
    dialog: SettingsDialog, bridge: Bridge, state: QSettings
) -> None:
    changed: dict[str, dict[str, object]] = {"person": {}, "library": {}}
    for field in SHOWN:
        made = dialog.inputs[field.name]
        if isinstance(made, QCheckBox):
            made.setChecked(not made.isChecked())
            changed[field.metadata["scope"]][field.name] = made.isChecked()
        elif isinstance(made, QSpinBox):
            made.setValue(made.value() + 1)
            changed[field.metadata["scope"]][field.name] = made.value()
        elif isinstance(made, QLineEdit) and not made.text():
            made.setText("Given a question, find what answers it")
            changed[field.metadata["scope"]][field.name] = made.text()
    assert changed["person"]
    assert changed["library"]
    dialog.theme.setCurrentIndex(dialog.theme.findData("dark"))
    language = dialog.inputs["language"]
    assert isinstance(language, QComboBox)
    language.setCurrentIndex(language.findData("zh"))
    changed["person"]["language"] = "zh"
    dialog.store()
    assert dialog.result() == QDialog.DialogCode.Accepted
    person, library = paths.config_dir() / "settings.json", bridge.kb.library.settings
    assert json.loads(person.read_text(encoding="utf-8")) == changed["person"]
    assert json.loads(library.read_text(encoding="utf-8")) == changed["library"]
    settings = load(person, library)
    for name, value in (changed["person"] | changed["library"]).items():
        assert getattr(settings, name) == value
    assert state.value("theme") == "dark"


def _say_window(window: MainWindow, language: str, looks: str) -> SettingsDialog:
    window.sheets.settings()
    dialog = window.findChildren(SettingsDialog)[-1]
    chosen = dialog.inputs["language"]
    assert isinstance(chosen, QComboBox)
    chosen.setCurrentIndex(chosen.findData(language))
    dialog.theme.setCurrentIndex(dialog.theme.findData(looks))
    dialog.store()
    return dialog


@pytest.mark.parametrize(("language", "looks"), [("zh", ""), ("", "dark")])
def test_after_a_change_the_window_opens_anew(window: MainWindow, language: str, looks: str) -> None:
    here = window.bridge.kb.settings.language
    assert _say_window(window, here, "").result() == QDialog.DialogCode.Accepted
    assert window.isVisible()
    assert window.next_library is None
    _say_window(window, language or here, looks)
    assert not window.isVisible()
    assert window.next_library == str(window.bridge.kb.library.root)


def test_it_says_which_models_run_where_and_leads_to_them(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.status is not None)
    window.sheets.settings()
    (dialog,) = window.findChildren(SettingsDialog)
    qtbot.waitUntil(lambda: "Reading by none: search works by words" in dialog.models.text())
    assert "Reranking by the embedding model itself" in dialog.models.text()
    dialog.change.click()
    (page,) = dialog.findChildren(ModelsPage)
    assert page.isVisible()
    dialog.models.setText("")
    page.close()
    qtbot.waitUntil(lambda: "Reading by none" in dialog.models.text())
    dialog.reject()


def test_nothing_changed_writes_nothing(dialog: SettingsDialog, bridge: Bridge) -> None:
    dialog.store()
    assert not (paths.config_dir() / "settings.json").exists()
    assert not bridge.kb.library.settings.exists()


def test_a_refusal_is_said_and_nothing_closes(
    dialog: SettingsDialog, monkeypatch: pytest.MonkeyPatch, state: QSettings
) -> None:
    def refuse(path: Path, _changes: object) -> None:
        raise StorageProblem("disk-full", path=str(path))

    monkeypatch.setattr(settings_dialog, "save", refuse)
    made = next(made for made in dialog.inputs.values() if isinstance(made, QSpinBox))
    made.setValue(made.value() + 1)
    dialog.theme.setCurrentIndex(dialog.theme.findData("dark"))
    dialog.store()
    assert dialog.isVisible()
    assert dialog.said.text() == translation.say(StorageProblem("disk-full"))
    assert state.value("theme") is None


@pytest.mark.parametrize("width", [480, 620, 900])
def test_no_help_is_cut(window: MainWindow, qtbot: QtBot, width: int) -> None:
    dialog = SettingsDialog(window.bridge.kb, window._state, window)
    qtbot.addWidget(dialog)
    dialog.resize(width, 640)
    dialog.show()
    told = [one for one in dialog.findChildren(QLabel) if one.wordWrap()]
    assert len(told) > 10
    qtbot.wait(100)
    assert [one.text() for one in told if one.height() < one.heightForWidth(one.width())] == []


def test_a_long_text_shows_how_it_begins(dialog: SettingsDialog) -> None:
    lines = dialog.findChildren(QLineEdit)
    own = [line for line in lines if not isinstance(line.parent(), QSpinBox) and len(line.text()) > 20]
    assert dialog.inputs["ignore"] in own
    assert {line.cursorPosition() for line in own} == {0}
