"""The places of a library: which there are, and how many documents each holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QSettings, Qt
from pytestqt.qtbot import QtBot

from desktop_kb import formats
from desktop_kb.gui import saved_searches
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.library.library_view import LibraryView
from desktop_kb.gui.loaded import Library
from desktop_kb.gui.places import counted, entries_of
from desktop_kb.gui.saved_searches import SavedSearches
from desktop_kb.gui.targets import Target
from desktop_kb.gui.window import MainWindow
from desktop_kb.records import Document


def _document(type: str) -> Document:
    return Document(
        document=type,
        path=f"/d/{type}",
        places=(),
        title=type,
        type=type,
        status="ready",
        pages=0,
        chunks=1,
        tags=(),
        metadata={},
        added="2026-01-01",
    )


def test_tags_that_are_not_listed_are_counted(qtbot: QtBot) -> None:
    tags = [f"tag-{number:02}" for number in range(32)]
    shown = entries_of(counted([replace(_document("md"), tags=tuple(tags))]))
    assert [entry.label for entry in shown if entry.label in tags] == tags[:30]
    assert (shown[-1].label, shown[-1].target) == ("2 more: type tag:", None)
    shown = entries_of(counted([replace(_document("md"), tags=tuple(tags[:30]))]))
    assert shown[-1].label == tags[29]


def test_every_format_is_counted_at_one_place(qtbot: QtBot) -> None:
    documents = [_document(format.type) for format in formats.FORMATS]
    counts = {
        name: entry.count
        for entry in entries_of(counted(documents))
        if entry.target is not None
        for key, _, name in [entry.target.value.partition(":")]
        if key == "type"
    }
    assert counts == {group: len(formats.types_named(group)) for group in formats.GROUPS}
    assert sum(count or 0 for count in counts.values()) == len(formats.FORMATS)


def _folders(window: MainWindow) -> list[str]:
    bar = window.side_bar
    rows = [bar.item(at) for at in range(bar.count())]
    shown = [item.text() for item in rows if not item.isHidden()]
    return shown[shown.index("Folders") + 1 :]


def test_folders_are_a_tree_that_opens_by_key_and_click(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    def add(*names: str) -> None:
        count = len(window.documents) + len(names)
        for name in names:
            path = tmp_path / "all" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"# {name}\n\nAn owl.\n")
        window.add([tmp_path / "all"])
        qtbot.waitUntil(lambda: len(window.documents) == count and window.drawn)

    add("work/plans/2024/a.md", "work/plans/2025/b.md", "work/c.md", "home/d.md")
    assert _folders(window) == ["home", "work"]
    bar = window.side_bar
    work = next(bar.item(at) for at in range(bar.count()) if bar.item(at).text() == "work")
    assert work.data(Qt.ItemDataRole.AccessibleTextRole) == "work, 3"
    bar.setCurrentItem(work)
    model = window.view(LibraryView).model
    qtbot.waitUntil(lambda: model.rowCount() == 3)
    qtbot.keyClick(bar, Qt.Key.Key_Right)
    assert _folders(window) == ["home", "work", "plans"]
    plans = next(bar.item(at) for at in range(bar.count()) if bar.item(at).text() == "plans")
    box = bar.visualItemRect(plans)
    qtbot.mouseClick(
        bar.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(box.left() + 10 + 14 + 6, box.center().y())
    )
    assert _folders(window) == ["home", "work", "plans", "2024", "2025"]
    assert bar.currentItem() is work, "the sign opens, it does not choose"
    bar.setCurrentItem(plans)
    qtbot.waitUntil(lambda: model.rowCount() == 2)
    add("work/plans/2025/e.md")
    assert bar.currentItem() is plans, "a row whose count has changed is the same row"
    assert plans.data(Qt.ItemDataRole.AccessibleTextRole) == "plans, 3"
    add("garden/f.md")
    assert _folders(window) == ["garden", "home", "work", "plans", "2024", "2025"], "it stays open"
    assert bar.currentItem().text() == "plans"
    bar.setCurrentItem(bar.findItems("work", Qt.MatchFlag.MatchExactly)[0])
    qtbot.keyClick(bar, Qt.Key.Key_Left)
    assert _folders(window) == ["garden", "home", "work"]


def test_filters_that_were_saved_are_a_group_that_fills_itself(
    window: MainWindow, qtbot: QtBot, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved_searches, "ask_line", lambda *_given, text, **_named: text)
    window.add([notes])
    qtbot.waitUntil(lambda: len(window.documents) == 2 and window.drawn)
    window.go("library")
    window.side_bar.choose(Target("filter", "tag:insects"))
    window.box.focus()
    qtbot.keyClicks(window.box.line, "year>=2020 ")
    window.saved.save()
    query = "tag:insects year>=2020"
    assert window.saved.queries == [query]

    def counts() -> dict[str, str]:
        rows = (window.side_bar.item(at) for at in range(window.side_bar.count()))
        return {row.text(): row.data(Qt.ItemDataRole.AccessibleTextRole) for row in rows}

    label = "tag: insects year ≥ 2020"
    qtbot.waitUntil(lambda: counts().get(label) == f"{label}, 1")
    assert "Smart groups" in counts()
    assert "Saved searches" not in counts()
    window.box.clear()
    (notes / "wasps.md").write_text("---\ntags: [insects]\nyear: 2024\n---\n# Wasps\n\nThey sleep.\n")
    window.add([notes])
    qtbot.waitUntil(lambda: counts().get(label) == f"{label}, 2")
    window.side_bar.choose(Target("filter", query))
    titles = window.view(LibraryView).model.documents
    qtbot.waitUntil(lambda: {d.title for d in titles()} == {"Bees in winter", "Wasps"})
    qtbot.keyClick(window.side_bar, Qt.Key.Key_Delete)
    assert window.saved.queries == []
    assert label not in counts()


def test_a_smart_group_has_the_name_that_the_person_gives_it(
    window: MainWindow, qtbot: QtBot, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.add([notes])
    qtbot.waitUntil(lambda: len(window.documents) == 2 and window.drawn)
    window.go("library")
    answers: list[str | None] = [None, "Small animals", "Hives & honey", ""]
    offered: list[str] = []

    def answer(*_given: object, text: str) -> str | None:
        offered.append(text)
        return answers.pop(0)

    monkeypatch.setattr(saved_searches, "ask_line", answer)

    def labels() -> list[str]:
        return [window.side_bar.item(at).text() for at in range(window.side_bar.count())]

    window.box.ask("tag:insects")
    window.saved.save()
    assert window.saved.queries == [], "it was cancelled"
    window.saved.save()
    qtbot.waitUntil(lambda: {"Smart groups", "Small animals"} <= set(labels()))
    window.box.clear()
    window.side_bar.choose(Target("filter", "tag:insects"))
    rows = window.side_bar.findItems("Small animals", Qt.MatchFlag.MatchExactly)
    window.side_bar.setCurrentItem(rows[0])
    window.side_bar.setFocus()
    window.view(LibraryView).table.selectRow(0)
    qtbot.keyClick(window.side_bar, Qt.Key.Key_F2)
    assert window.side_bar.hasFocus(), "the key is the side bar's while it is there"
    assert "Hives & honey" in labels()
    again = SavedSearches(window._state, window.box, window.side_bar)
    assert window.status is not None
    counts = counted(window.documents)
    again.show(Library(window.documents, window.status, frozenset(), {"tag:insects": 1}, counts))
    assert "Hives & honey" in labels(), "it is kept"
    window.saved.rename("tag:insects")
    assert "tag: insects" in labels(), "without a name it is called what it is"
    assert offered == ["tag: insects", "tag: insects", "Small animals", "Hives & honey"]


def test_what_is_saved_is_of_one_library(window: MainWindow, tmp_path: Path) -> None:
    state = QSettings(str(tmp_path / "saved.ini"), QSettings.Format.IniFormat)
    state.setValue("saved", '["old one"]')
    assert window.status is not None

    def opened(library: str) -> SavedSearches:
        assert window.status is not None
        made = SavedSearches(state, window.box, window.side_bar)
        made.show(Library([], replace(window.status, id=library), frozenset(), {}, counted([])))
        return made

    first = opened("a")
    assert first.queries == ["old one"]
    first.toggle("mine")
    assert opened("b").queries == ["old one"]
    assert opened("a").queries == ["old one", "mine"]


def test_a_group_is_counted_when_the_library_is_loaded_first(
    filled: Bridge, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    state.setValue(f"saved-{filled.kb.status().id}", '["tag:insects"]')
    loads: list[object] = []
    load = filled.load_library

    def noted(*given: Any) -> None:
        loads.append(given)
        load(*given)

    monkeypatch.setattr(filled, "load_library", noted)
    window = MainWindow(filled, state)
    qtbot.addWidget(window)
    window.box.line.setText("tag:insects ")
    window.show()
    qtbot.waitUntil(lambda: window.status is not None and window.drawn)
    rows = [window.side_bar.item(at) for at in range(window.side_bar.count())]
    said = [row.data(Qt.ItemDataRole.AccessibleTextRole) for row in rows if row.text() == "tag: insects"]
    assert said == ["tag: insects, 1"]
    assert window.header._star.text() == "★"
    assert len(loads) == 1
