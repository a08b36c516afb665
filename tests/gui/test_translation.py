"""Everything that window and terminal say exists in both languages."""

from __future__ import annotations

import ast
import dataclasses
import json
import re
import string
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QFileDialog, QFileSystemModel, QLabel
from pytestqt.qtbot import QtBot

from desktop_kb import cli, paths
from desktop_kb.cli import manual, printing, team
from desktop_kb.cli.command import GENERAL, JSON, Command
from desktop_kb.errors import DocumentProblem
from desktop_kb.evaluate import CUTS
from desktop_kb.export import Exported
from desktop_kb.formats import FORMATS, GROUPS
from desktop_kb.gui import actions, translation, views
from desktop_kb.gui.indexing import follower
from desktop_kb.gui.landscape import colouring, finding
from desktop_kb.gui.library import details, document_model
from desktop_kb.gui.notes import note_editor
from desktop_kb.gui.search import arrangement, hit_texts
from desktop_kb.gui.sheets import evaluation_sheet, models_page, settings_dialog
from desktop_kb.inference import catalogue
from desktop_kb.records import AddStatus, Colour, FolderEventKind, FolderKind, Leg, ModelRecord
from desktop_kb.search.stages import WAYS
from desktop_kb.sentences import DIFFUSION, STAGES, SURFACE, chinese
from desktop_kb.settings import Settings

PLACES = [Path(str(module.__file__)).parent for module in (translation, cli)]


def _said() -> Iterator[str]:
    for path in (path for place in PLACES for path in place.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                chosen = {"tr": node.args[:1], "plural": node.args[1:3]}.get(node.func.id, [])
                for argument in chosen:
                    parts = (
                        [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
                    )
                    yield from (str(p.value) for p in parts if isinstance(p, ast.Constant) and p.value)
    yield from (column.heading for column in document_model.COLUMNS)
    yield from (*details.FIELDS.values(), *details.PAGES.values())
    yield from document_model.STATES.values()
    yield from (*get_args(AddStatus), *get_args(Colour), *get_args(FolderKind), *get_args(FolderEventKind))
    yield from follower.NEWS.values()
    yield from (*colouring.COLOURED_BY.values(), *colouring._WITHOUT.values(), colouring._OTHERS)
    yield from finding.FINDS.values()
    yield from team._MAY.values()
    yield from ("As the system", "Light", "Dark")
    yield from settings_dialog.CHOICES.values()
    yield from arrangement.ORDERS.values()
    yield from (name for name, _ in hit_texts.WAYS.values())
    yield from (row.text for row in actions.ACTIONS)
    yield from actions.AREAS.values()
    yield from (entry.label for entry in views.VIEWS)
    yield from models_page.LANGUAGES.values()
    yield from models_page.READERS.values()
    yield from (entry.who for entry in catalogue.entries())
    yield from note_editor.REASONS.values()
    for words in ("WAYS", "LANGUAGES", "KINDS", "ACROSS", "ITEMS", "PARTS"):
        yield from getattr(evaluation_sheet, words).values()
    yield from (text for format in FORMATS for text in (format.label, format.page))
    yield from STAGES.values()
    yield from (*SURFACE.values(), *DIFFUSION.values())
    yield from GROUPS.values()
    yield from Leg
    for field in dataclasses.fields(Settings):
        yield from (field.metadata["label"], field.metadata["help"])

    yield from _of_commands(cli.COMMANDS)
    yield from (options["help"] for _, options in (*GENERAL, JSON))
    yield from (text for row in manual._BEFORE for text in row)
    yield from (text for _, text in manual._ENVIRONMENT)
    yield manual._EXIT
    for table in ("_UNREAD", "_LANGUAGES", "_ACROSS", "_KINDS", "_ITEMS", "_PARTS", "_EXACT"):
        yield from getattr(printing, table).values()
    yield from (*WAYS, *CUTS)
    for record, name in ((Exported, "status"), (ModelRecord, "task")):
        yield from get_args(get_type_hints(record)[name])


def _of_commands(commands: Sequence[Command]) -> Iterator[str]:
    for command in commands:
        yield command.help
        yield from (options["help"] for _, options in command.arguments if "help" in options)
        yield from _of_commands(command.commands)


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_nothing_is_missing_in_chinese() -> None:
    # English only: Chinese has one form.
    one_forms = {
        "{n} file needs you",
        "{n} page",
        "{n} passage",
        "{n} topic",
        "in {n} document",
        "{n} passage in {seconds} s",
        "{n} file waits on this machine and is added as soon as the library takes it.",
        "{n} file waits: the window reads it, or the next 'add'.",
    }
    missing = {english for english in _said() if english not in chinese()} - one_forms
    assert not missing


def test_nothing_is_left_over() -> None:
    assert not set(chinese()) - set(_said())


def test_no_sentence_stands_twice() -> None:
    stands = json.loads(
        paths.resource("chinese.json").read_text("utf-8"),
        object_pairs_hook=lambda pairs: [key for key, _ in pairs],
    )
    assert [key for key, times in Counter(stands).items() if times > 1] == []


def test_both_say_the_same_values() -> None:
    different = {
        english: chinese for english, chinese in chinese().items() if _names(english) != _names(chinese)
    }
    assert not different


def test_a_problem_is_said_in_the_language_of_the_window(qapp: QApplication) -> None:
    problem = DocumentProblem("too-large", path="x", limit_mib=500)
    assert translation.say(problem).startswith("The file is larger than the limit of 500 MiB. ")
    translation.apply(qapp, "zh")
    assert translation.say(problem).startswith("文件超过 500 MiB 的上限。")
    assert translation.say(None) == ""


def test_plural(qapp: QApplication) -> None:
    assert translation.plural(1, "{n} document", "{n} documents") == "1 document"
    assert translation.plural(1200, "{n} document", "{n} documents") == "1,200 documents"
    translation.apply(qapp, "zh")
    assert translation.plural(1, "{n} document", "{n} documents") == "1 篇文档"


def test_the_window_and_qt_s_own_words_are_traditional(qapp: QApplication) -> None:
    translation.apply(qapp, "zh_TW")
    assert translation.tr("Add files") == "新增檔案"
    assert translation.plural(2, "{n} document", "{n} documents") == "2 篇文件"
    assert translation.say(DocumentProblem("empty", path="a.txt")).startswith("檔案是空的")
    assert qapp.translate("QFileDialog", "Look in:") == "尋找於："
    translation.apply(qapp, "zh")
    assert qapp.translate("QFileDialog", "Look in:") != "Look in:"
    assert qapp.translate("QFileDialog", "What no catalogue has") == "What no catalogue has"
    translation.apply(qapp, "en")
    assert qapp.translate("QFileDialog", "Look in:") == "Look in:"


def _has_two(files: QFileSystemModel, folder: QModelIndex) -> bool:
    return files.rowCount(folder) == 2


@pytest.mark.parametrize("language", ["zh", "zh_TW"])
def test_a_file_dialog_of_qt_is_in_the_chosen_language(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path, language: str
) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "a.pdf").touch()
    translation.apply(qapp, language)
    for mode in (QFileDialog.AcceptMode.AcceptOpen, QFileDialog.AcceptMode.AcceptSave):
        dialog = QFileDialog(None, "", str(tmp_path))
        qtbot.addWidget(dialog)
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        dialog.setAcceptMode(mode)
        dialog.setViewMode(QFileDialog.ViewMode.Detail)
        dialog.show()
        files = dialog.findChildren(QFileSystemModel)[0]
        folder = files.index(str(tmp_path))
        qtbot.waitUntil(partial(_has_two, files, folder))
        said = [one.text() for one in dialog.findChildren(QLabel)]
        said += [one.toolTip() for one in dialog.findChildren(QAbstractButton)]
        said += [files.headerData(at, Qt.Orientation.Horizontal) for at in range(files.columnCount())]
        said += [files.index(row, 2, folder).data() for row in range(2)]
        assert len([text for text in said if text]) > 12
        assert not [text for text in said if re.search("[A-Za-z]{3,}", text.replace("PDF", ""))]
