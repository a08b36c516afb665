"""Everything the window says exists in both languages."""

from __future__ import annotations

import ast
import dataclasses
import string
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtWidgets import QApplication

from desktop_kb.errors import SENTENCES, DocumentProblem
from desktop_kb.formats import FORMATS, GROUPS
from desktop_kb.gui import (
    document_model,
    evaluation_sheet,
    findings,
    models_page,
    search_view,
    settings_dialog,
    sheets,
    translation,
)
from desktop_kb.inference import card, catalogue
from desktop_kb.settings import Settings

GUI = Path(translation.__file__).parent
#: Sentences that are nothing but what is put into them.
PLAIN = {"{reason}", "{allowed}"}


def _said() -> Iterator[str]:
    for path in GUI.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                chosen = {"tr": node.args[:1], "plural": node.args[1:3]}.get(node.func.id, [])
                for argument in chosen:
                    parts = (
                        [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
                    )
                    yield from (str(p.value) for p in parts if isinstance(p, ast.Constant) and p.value)
    yield from search_view.DEGRADED.values()
    yield from (heading for heading, _ in document_model.COLUMNS)
    yield from document_model.STATES.values()
    yield from ("indexed", "updated", "unchanged", "duplicate", "failed", "skipped")
    yield from ("As the system", "Light", "Dark")
    yield from settings_dialog.CHOICES.values()
    yield from (does for _, does in sheets.KEYS)
    yield from models_page.LANGUAGES.values()
    yield from (entry.who for entry in catalogue.entries())
    yield from findings.NAMES.values()
    yield from findings.FORMS
    for words in ("WAYS", "LANGUAGES", "KINDS", "STAGES"):
        yield from getattr(evaluation_sheet, words).values()
    yield from (format.label for format in FORMATS)
    yield from GROUPS.values()
    for field in dataclasses.fields(Settings):
        yield from (field.metadata["label"], field.metadata["help"])
    yield from card.NOTICES.values()
    for sentence in SENTENCES.values():
        yield from (part for part in sentence if part not in PLAIN)


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_nothing_is_missing_in_chinese() -> None:
    one_forms = {"{n} file needs you"}  # English only: Chinese has one form
    missing = {english for english in _said() if english not in translation.chinese()} - one_forms
    assert not missing


def test_nothing_is_left_over() -> None:
    assert not set(translation.chinese()) - set(_said())


def test_both_say_the_same_values() -> None:
    different = {
        english: chinese
        for english, chinese in translation.chinese().items()
        if _names(english) != _names(chinese)
    }
    assert not different


def test_a_stored_problem_is_said_in_chinese(qapp: QApplication) -> None:
    translation.apply(qapp, "zh")
    message = DocumentProblem("too-large", path="x", limit="500 MiB").message
    said = translation.problem(message)
    assert "500 MiB" in said
    assert not set(said) & set("abcdefgh")
    assert translation.problem("something else") == "something else"


def test_a_notice_is_said_in_chinese(qapp: QApplication) -> None:
    translation.apply(qapp, "zh")
    try:
        assert translation.problem(card.NOTICES["frozen"]).startswith("这台电脑有 NVIDIA 显卡")
    finally:
        translation.apply(qapp, "en")


def test_plural(qapp: QApplication) -> None:
    assert translation.plural(1, "{n} document", "{n} documents") == "1 document"
    assert translation.plural(1200, "{n} document", "{n} documents") == "1,200 documents"
    translation.apply(qapp, "zh")
    assert translation.plural(1, "{n} document", "{n} documents") == "1 篇文档"
