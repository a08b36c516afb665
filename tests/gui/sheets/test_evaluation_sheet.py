"""How good a library is, as the window says it: measured by the real core, stopped, copied."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from desktop_kb.evaluate import CUTS
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.sheets import evaluation_sheet
from desktop_kb.gui.sheets.evaluation_sheet import EvaluationSheet, gain_of, way_name
from desktop_kb.gui.sheets.result_table import ResultTable
from desktop_kb.gui.window import MainWindow
from desktop_kb.inference import Models
from desktop_kb.records import Estimate, Measured
from desktop_kb.search.stages import WAYS, ablations
from desktop_kb.settings import Settings

ANIMALS = ("bee", "whale", "fox")
PLACES = ("river", "forest", "meadow")


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """Notes with headings and paragraphs that questions can be made of."""
    folder = tmp_path / "notes"
    folder.mkdir()
    for animal in ANIMALS:
        parts = [f"# The {animal}"]
        for place in PLACES:
            parts.append(f"## Where the {animal} lives near the {place}")
            parts.append(
                f"Every spring the {animal} comes down to the {place} before the other animals wake. "
                f"People who watched the {animal} at the {place} for years wrote down what it eats there. "
                f"Later the {animal} leaves the {place} again and nobody knows the reason for that."
            )
        (folder / f"{animal}.md").write_text("\n\n".join(parts), encoding="utf-8")
    return folder


def opened(window: MainWindow) -> EvaluationSheet:
    """The sheet, as the menu opens it."""
    window.action_set["evaluate"].trigger()
    (sheet,) = window.findChildren(EvaluationSheet)
    return sheet


def ended(sheet: EvaluationSheet, qtbot: QtBot) -> str:
    qtbot.waitUntil(lambda: sheet.task is None, timeout=60_000)
    return sheet.said.text()


def test_the_library_is_measured_shown_and_copied(filled: Bridge, window: MainWindow, qtbot: QtBot) -> None:
    sheet = opened(window)
    assert not sheet.results.isVisible()
    sheet.start.click()
    assert not sheet.start.isVisible()
    assert ended(sheet, qtbot) == ""
    tables = sheet.results.findChildren(ResultTable)
    shown = [said.text() for said in sheet.results.findChildren(QLabel)]
    for table in tables:
        model = table.model()
        shown += [model.index(row, at).data() for row in range(table.rowCount()) for at in (0, 2)]
    heard = QAccessible.queryAccessibleInterface(tables[0])
    assert (heard.role(), heard.text(QAccessible.Text.Name)) == (
        QAccessible.Role.Table,
        tables[0].accessibleName(),
    )
    inside = (heard.child(at) for at in range(heard.childCount()))
    said = [one.text(QAccessible.Text.Name) for one in inside if one.role() == QAccessible.Role.Cell]
    assert "most likely between" in said[1]
    assert tables[0].accessibleName().startswith("Questions in English (")
    assert any(text.startswith("Questions in English (") for text in shown)
    assert "words" in shown
    assert "where the meaning changes" in shown
    assert any("Not by meaning" in text for text in shown)  # there is no model here
    assert any(text.endswith("%") for text in shown)
    assert "Asked for by title: 3 of 3 come first." in shown
    assert any(text.startswith("Of the text of the first ten answers, ") for text in shown)
    sheet.copy_button.click()
    copied = QGuiApplication.clipboard().text()
    assert "MRR@10" in copied
    assert "Asked for by title: 3 of 3 come first." in copied
    assert "words: 0." in copied or "words: 1." in copied


def test_questions_of_ones_own(filled: Bridge, window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    file = tmp_path / "questions.jsonl"
    asked = [
        {"question": f"Where does the {animal} go in spring?", "answer_in": f"{animal}.md"}
        for animal in ANIMALS
    ]
    file.write_text("\n".join(map(json.dumps, asked)), encoding="utf-8")
    sheet = opened(window)
    sheet.measure(file)
    assert ended(sheet, qtbot) == ""
    assert any("3 of your own" in said.text() for said in sheet.results.findChildren(QLabel))
    file.write_text('{"question": "?", "answer_in": "nowhere.md"}', encoding="utf-8")
    sheet.measure(file)
    assert "nowhere.md" in ended(sheet, qtbot)
    assert sheet.evaluation is not None  # what was measured before stays


def test_it_is_stopped_and_begun_again(
    filled: Bridge, window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = threading.Event()
    real = filled.kb.evaluate

    def slowly(*args: object, progress: object, cancelled: threading.Event, **options: object) -> object:
        told.set()
        assert cancelled.wait(30)
        return real(*args, progress=progress, cancelled=cancelled, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(filled.kb, "evaluate", slowly)
    sheet = opened(window)
    sheet.start.click()
    assert told.wait(30)
    sheet.cancel.click()
    assert ended(sheet, qtbot) == "Stopped."
    assert sheet.start.isVisible()


@pytest.mark.parametrize(
    ("gain", "said"),
    [
        (None, ""),
        (Estimate(0.1, 0.06, 0.14), "better than 'words' by 6 to 14 points"),
        (Estimate(-0.1, -0.14, -0.06), "worse than 'words' by 6 to 14 points"),
        (Estimate(0.01, -0.02, 0.04), "no clear difference from 'words'"),
        (Estimate(0.0, 0.0, 0.0), "no clear difference from 'words'"),
    ],
)
def test_a_gain_in_plain_words(gain: Estimate | None, said: str, qapp: QApplication) -> None:
    some = Estimate(0.5, 0.4, 0.6)
    assert gain_of(Measured("fused", some, some, "words", gain)) == said


def test_every_way_has_its_name(qapp: QApplication) -> None:
    assert {*WAYS, *CUTS} == set(evaluation_sheet.WAYS)
    models = Models(Settings(), lambda **_options: None)
    parts = [*ablations(models), "without a model"]
    assert [way_name(name) for name in parts] == [
        "without names first",
        "without calibration",
        "without folding copies",
        "without a model",
    ]
