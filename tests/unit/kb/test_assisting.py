"""What assistants have asked of a library."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import AssistantCall
from desktop_kb.store import clock


def test_calls_are_kept_and_shown_newest_first(open_kb: Callable[..., KnowledgeBase]) -> None:
    kb = open_kb()
    kb.note_asked("Penguin", "search", "how do bees keep warm")
    kb.note_asked("Penguin" * 100, "read", "x" * 100_000)
    last, first = kb.asked()
    assert first == AssistantCall(first.at, "Penguin", "search", "how do bees keep warm")
    assert (len(last.client), len(last.question)) == (100, 1_000)
    assert kb.asked(limit=1) == [last]
    kb.clear_asked()
    assert kb.asked() == []


def test_calls_are_forgotten_after_thirty_days(
    open_kb: Callable[..., KnowledgeBase], monkeypatch: pytest.MonkeyPatch
) -> None:
    kb = open_kb()
    real = clock.ago
    for days in (31, 29):
        monkeypatch.setattr(clock, "now", lambda days=days: real(timedelta(days=days)))
        kb.note_asked("Penguin", "search", f"of {days} days ago")
    assert [call.question for call in kb.asked()] == ["of 29 days ago"]
    kb.note_asked("Penguin", "search", "now")  # writes, so what is too old is deleted too
    assert (
        kb._store._database.write(lambda connection: connection.execute("select count(*) from asked").get)
        == 2
    )
