"""Questions without an answer are kept until there is one."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QSettings

from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.landscape import unanswered
from desktop_kb.gui.landscape.unanswered import Unanswered
from desktop_kb.records import SearchResult


def _made(bridge: Bridge, folder: Path) -> Unanswered:
    made = Unanswered(bridge, QSettings(str(folder / "w.ini"), QSettings.Format.IniFormat), bridge)
    made.listen()
    return made


def _result(query: str) -> SearchResult:
    return SearchResult(query, (), {}, ())


def test_a_question_that_stood_without_answer_is_kept(bridge: Bridge, tmp_path: Path) -> None:
    made = _made(bridge, tmp_path)
    for number, query in enumerate(("wh", "what do wasps", "what do wasps eat")):
        bridge.searched.emit(number, _result(query), True)
    assert made.questions() == []
    assert made._stands.isActive()
    made._stands.timeout.emit()
    assert made.questions() == ["what do wasps eat"]
    assert _made(bridge, tmp_path).questions() == ["what do wasps eat"], "at the next start, too"


def test_it_goes_once_something_answers_it(bridge: Bridge, tmp_path: Path) -> None:
    made = _made(bridge, tmp_path)
    for question in ("one", "two", "one"):
        made.note(question, False)
    assert made.questions() == ["one", "two"]
    made.note("one", True)
    assert made.questions() == ["two"]


def test_what_is_still_being_answered_is_no_question_without_answer(bridge: Bridge, tmp_path: Path) -> None:
    made = _made(bridge, tmp_path)
    bridge.searched.emit(1, _result("what do wasps eat"), False)
    assert not made._stands.isActive()


def test_each_library_has_its_own(bridge: Bridge, tmp_path: Path) -> None:
    made = _made(bridge, tmp_path)
    made.note("one", False)
    made._library = "another"
    assert made.questions() == []
    for at in range(60):
        made.note(str(at), False)
    assert len(made.questions()) == unanswered._KEPT
    assert isinstance(made, QObject)
