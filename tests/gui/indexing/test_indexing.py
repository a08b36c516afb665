"""The account of a run, the strip and the panel over it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from desktop_kb.gui import translation
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.indexing.indexing import IndexingRun, IndexingStrip
from desktop_kb.gui.indexing.indexing_panel import IndexingPanel, cross_of, lines_of
from desktop_kb.records import (
    DocumentsReadAgain,
    FileFinished,
    FileReport,
    Finding,
    ModelBuilt,
    ProgressMade,
    QueuedFile,
    ReaderStatus,
)


def _ended(name: str, status: str = "indexed", code: str | None = None) -> FileFinished:
    return FileFinished(FileReport(f"/d/{name}", status, 1, 3, 0.5, code))  # type: ignore[arg-type]


def test_the_strip_counts_and_stands_still_when_paused(bridge: Bridge, qtbot: QtBot) -> None:
    run = IndexingRun(bridge)
    strip = IndexingStrip(run)
    qtbot.addWidget(strip)
    strip.show()
    assert not strip.words.isVisible()
    bridge.progressed.emit(ProgressMade("/d/a.md", 0.5, 3))
    assert strip.words.text() == "Indexing 0 of 4 · a.md"
    assert strip.bar.value() == 125
    bridge.finished.emit(_ended("a.md"))
    assert strip.words.text() == "Indexing 1 of 4"
    strip.hold.click()
    assert bridge.kb.paused
    assert strip.words.text() == "Paused, 1 of 4"
    assert strip.hold.text() == "Resume"
    strip.hold.click()
    assert not bridge.kb.paused


def test_time_is_left_only_while_files_wait(
    bridge: Bridge, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr("desktop_kb.gui.indexing.indexing.time.monotonic", lambda: now)
    run = IndexingRun(bridge)
    bridge.progressed.emit(ProgressMade("/d/a.md", 0.5, 2))
    for name in ("a.md", "b.md"):
        bridge.finished.emit(_ended(name))
        now += 3
    assert run.rate() == "less than a minute left · 1 passage/s"
    bridge.finished.emit(_ended("c.md"))
    assert run.rate() == ""


def test_the_buttons_stay_while_names_and_estimates_come_and_go(
    bridge: Bridge, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr("desktop_kb.gui.indexing.indexing.time.monotonic", lambda: now)
    run = IndexingRun(bridge)
    strip = IndexingStrip(run)
    qtbot.addWidget(strip)
    strip.resize(1200, 40)
    strip.show()
    places = []

    def look() -> None:
        layout = strip.layout()
        assert layout is not None
        layout.activate()
        places.append([button.geometry() for button in (strip.hold, strip.cancel, strip.details)])

    bridge.progressed.emit(ProgressMade("/d/a.md", 0.0, 30))
    look()
    now += 10
    bridge.progressed.emit(ProgressMade(f"/d/{'long ' * 30}.pdf", 0.1, 30))
    look()
    assert len(strip.words.text()) < 70
    now += 20
    bridge.progressed.emit(ProgressMade(f"/d/{'long ' * 30}.pdf", 0.1, 30))
    assert strip.rate.text() == "about 3 min left for this file"
    look()
    for name in ("b", "c"):
        bridge.finished.emit(_ended(name))
        now += 3
    run.changed.emit()
    assert strip.rate.text().endswith("passages/s") or strip.rate.text().endswith("passage/s")
    look()
    strip.hold.click()
    assert strip.hold.text() == "Resume"
    look()
    strip.hold.click()
    assert places == [places[0]] * 5


def test_the_strip_names_every_model_that_reads_and_its_device(bridge: Bridge, qtbot: QtBot) -> None:
    strip = IndexingStrip(IndexingRun(bridge))
    qtbot.addWidget(strip)
    both = (ReaderStatus("english", "cpu", 1, 1), ReaderStatus("every", "cpu", 0, 1))
    status = replace(bridge.kb.status(), model="english", device="cpu", readers=both)
    strip.show_status(status)
    assert strip.model.text() == "english + every · CPU"
    strip.show_status(replace(status, readers=(both[0], replace(both[1], device="cuda"))))
    assert strip.model.text() == "english + every · CPU · CUDA"


def test_a_problem_that_stops_the_run_is_said_until_it_goes_on(bridge: Bridge, qtbot: QtBot) -> None:
    run = IndexingRun(bridge)
    strip = IndexingStrip(run)
    qtbot.addWidget(strip)
    bridge.progressed.emit(ProgressMade("/d/a.md", 0.0, 1))
    full = Finding("disk-full")
    bridge.paused.emit(full)
    assert strip.words.text() == translation.say(full)
    assert strip.hold.text() == "Resume"
    bridge.progressed.emit(ProgressMade("/d/a.md", 0.2, 1))
    assert strip.words.text() == translation.say(full)
    strip.hold.click()
    assert strip.words.text() == "Indexing 0 of 2 · a.md"


def test_what_is_read_again_is_said_and_can_be_paused(bridge: Bridge, qtbot: QtBot) -> None:
    run = IndexingRun(bridge)
    strip = IndexingStrip(run)
    qtbot.addWidget(strip)
    strip.show()
    bridge._on_event(ModelBuilt("m", 2, 9))
    assert strip.words.text() == "Read anew: 2 of 9 documents"
    bridge.progressed.emit(ProgressMade("", 0.5, 0))  # of the document that is read anew
    bridge._on_event(DocumentsReadAgain("m", 3, 9))
    assert strip.words.text() == "Reading a second time: 3 of 9 documents"
    assert strip.words.isVisible()
    assert not strip.bar.isVisible()
    strip.hold.click()
    assert bridge.kb.paused
    assert strip.hold.text() == "Resume"
    strip.hold.click()
    bridge.paused.emit(Finding("disk-full"))
    assert strip.words.text() == translation.say(Finding("disk-full"))
    strip.hold.click()
    bridge._on_event(DocumentsReadAgain("m", 9, 9))
    assert not strip.words.isVisible()
    assert not strip.hold.isVisible()
    status = bridge.kb.status()
    run.show_status(
        replace(status, waiting=0, readers=(ReaderStatus("m", "", 1, 4), ReaderStatus("n", "", 4, 4)))
    )
    assert strip.words.text() == "Reading a second time: 1 of 4 documents"
    run.show_status(replace(status, waiting=0, building="m", built=1, documents=4))
    assert strip.words.text() == "Read anew: 1 of 4 documents"


def test_what_needs_the_person_comes_before_what_waits() -> None:
    queued = [QueuedFile(7, "/d/run.pdf", True), QueuedFile(8, "/d/next.md", False)]
    ended = [
        _ended("one.md").report,
        _ended("b.pdf", "failed", "locked").report,
        _ended("two.md").report,
    ]
    lines = lines_of(queued, ended)
    assert [(line.location.name, line.state, line.job) for line in lines] == [
        ("run.pdf", "running", 7),
        ("b.pdf", "failed", None),
        ("next.md", "waiting", 8),
        ("two.md", "done", None),
        ("one.md", "done", None),
    ]
    assert lines[1].said == translation.say(Finding("locked"))
    assert lines[3].said == "indexed · 3 passages · 0.5 s"


def test_a_file_is_cancelled_from_its_line(bridge: Bridge, qtbot: QtBot, notes: Path) -> None:
    bridge.kb.add(sorted(notes.iterdir()))  # nobody works the queue off here
    run = IndexingRun(bridge)
    run.show_status(bridge.kb.status())
    assert run.left == 2
    panel = IndexingPanel(run, bridge.kb.status())
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitUntil(lambda: panel.model.rowCount() == 2)
    first = panel.files.visualRect(panel.model.index(0))
    cross = QPointF(cross_of(first).center()).toPoint()
    qtbot.mouseClick(panel.files.viewport(), Qt.MouseButton.LeftButton, pos=cross)
    qtbot.waitUntil(lambda: run.left == 1)
    assert [Path(file.path).name for file in bridge.kb.queue()] == ["茶.md"]
    panel.cancel.click()
    qtbot.waitUntil(lambda: run.left == 0)
    assert not panel.bar.isVisible()
