"""The crossing between threads and Qt."""

from __future__ import annotations

import sys
import threading

import pytest
from pypdfium2 import PdfDocument
from PySide6.QtCore import QObject, QTimer
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from desktop_kb.errors import Cancelled, DocumentProblem
from desktop_kb.gui.bridge import Bridge
from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import Picture, SearchOptions

_EMITS = 100_000


def test_a_signal_keeps_its_references_to_true(bridge: Bridge, qtbot: QtBot) -> None:
    """PySide6 6.12.0 on Python 3.11 drops one each time a signal is emitted, and dies in the end.

    From Python 3.12 on `True` is immortal, and its count moves by what other threads and older extensions do (by
    1,772 once, on Windows): one for each signal would be 100,000.
    """
    heard = [0]

    def count(*_arguments: object) -> None:
        heard[0] += 1

    bridge.searched.connect(count)
    bridge.finished.connect(count)
    before = sys.getrefcount(True)
    for number in range(_EMITS // 2):
        bridge.searched.emit(number, None, True)
        bridge.finished.emit(True)
    lost = before - sys.getrefcount(True)
    assert heard[0] == _EMITS
    assert lost < _EMITS // 10


def test_a_question_that_was_overtaken_is_given_up(
    bridge: Bridge, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answer would be dropped, and the newer question would wait for it."""
    asked: list[str] = []
    answered: list[tuple[int, bool]] = []

    def search(_kb: KnowledgeBase, query: str, _options: object, *, cancelled: threading.Event) -> str:
        asked.append(query)
        if query != "bees":
            assert cancelled.wait(60), "this question is not given up"
            raise Cancelled
        return query

    monkeypatch.setattr(KnowledgeBase, "search", search)
    bridge.searched.connect(lambda number, _result, final: answered.append((number, final)))
    for number, text in enumerate(("b", "be", "bees"), 1):
        assert bridge.search(text, SearchOptions(mode="words")) == number
        qtbot.waitUntil(lambda: len(asked) == number)  # noqa: B023 # it has ended before the next one is asked
    qtbot.waitUntil(lambda: answered == [(3, True)])
    bridge.search("b", SearchOptions(mode="words"))
    qtbot.waitUntil(lambda: len(asked) == 4)
    bridge.forget_search()
    bridge.search("bees", SearchOptions(mode="words"))
    qtbot.waitUntil(lambda: len(answered) == 2)


class Asker(QObject):
    """Such as a sheet that shows what it asked for."""

    shown = False

    def show_it(self, _result: object) -> None:
        self.setObjectName("shown")  # fails where the object is gone
        Asker.shown = True


def test_an_answer_for_who_has_gone_reaches_nobody(bridge: Bridge, qtbot: QtBot) -> None:
    asker, go = Asker(), threading.Event()
    bridge.call(go.wait, asker.show_it)
    delete(asker)
    go.set()
    later: list[object] = []
    bridge.call(lambda: None, later.append)
    qtbot.waitUntil(lambda: bool(later))
    QTimer.singleShot(20, lambda: later.append("and a moment more"))
    qtbot.waitUntil(lambda: len(later) == 2)
    assert not Asker.shown

    asker = Asker()
    bridge.call(lambda: None, asker.show_it)
    qtbot.waitUntil(lambda: Asker.shown)


def test_pictures_are_pages_unless_they_are_many_or_cannot_be_drawn(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drawn(_kb: KnowledgeBase, document: str, page: int) -> Picture:
        if document == "damaged":
            raise DocumentProblem("damaged", path="a.tif")
        return Picture(3, 2, bytes(6))

    monkeypatch.setattr(KnowledgeBase, "picture", drawn)
    for document, pages, shown in (("photo", 1, 1), ("scan", 20, 20), ("scan", 21, 0), ("damaged", 1, 0)):
        made = bridge._pictures(document, pages)
        assert (len(PdfDocument(made)) if made else 0) == shown
