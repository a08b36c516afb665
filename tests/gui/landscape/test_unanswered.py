"""Questions without an answer are noted once they have stood."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QObject

from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.landscape.unanswered import Unanswered
from desktop_kb.records import SearchResult


def _result(query: str) -> SearchResult:
    return SearchResult(query, (), {}, ())


@pytest.fixture
def made(bridge: Bridge) -> Unanswered:
    return Unanswered(bridge, QObject(bridge))


def test_a_question_that_stood_without_answer_is_kept(made: Unanswered, bridge: Bridge, qtbot: Any) -> None:
    for number, query in enumerate(("wh", "what do wasps", "what do wasps eat")):
        bridge.searched.emit(number, _result(query), True)
    assert made._stands.isActive()
    assert bridge.kb.unanswered() == []
    made._stands.timeout.emit()
    qtbot.waitUntil(lambda: bridge.kb.unanswered() == ["what do wasps eat"])


def test_what_is_still_being_answered_is_no_question_without_answer(made: Unanswered, bridge: Bridge) -> None:
    bridge.searched.emit(1, _result("what do wasps eat"), False)
    assert not made._stands.isActive()
