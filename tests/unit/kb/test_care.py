"""Status, checks and repairs of an open library."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw
import pytest
from fakes import FakeEmbedder
from workbench import text_file, until

from desktop_kb.kb import KnowledgeBase
from desktop_kb.sentences import say


@pytest.mark.parametrize(
    ("changed", "what"),
    [({"terms": 99}, "words"), ({"chunking": 99}, "passages"), ({"readers": ()}, "model")],
)
def test_status_says_which_library_it_is_and_what_is_made_anew(
    open_kb: Callable[..., KnowledgeBase], tmp_path: Path, changed: dict[str, Any], what: str
) -> None:
    kb = open_kb(FakeEmbedder())
    list(kb.follow(kb.add([text_file(tmp_path, "Bees dance.")])))
    status = kb.status()
    assert (status.rebuilding, status.old_reading) == (None, 0)
    assert re.fullmatch("[0-9a-f]{16}", status.id)
    until(lambda: not kb._store.lock.held)  # the indexer, at its end, puts away what is not its own
    kb.pause()
    with kb._indexer._turn:  # what it began before ends
        pass
    active = kb._store.index.generation()
    assert active is not None
    kb._store.index.start_generation(replace(active.fingerprint, **changed))
    found = kb.status().rebuilding
    assert found is not None
    assert (found.what, found.done, found.of) == (what, 0, 1)


def test_repair_makes_again_what_is_derived_and_nothing_else(open_kb: Any, tmp_path: Path) -> None:
    kb = open_kb(FakeEmbedder())
    list(kb.follow(kb.add([text_file(tmp_path, "Bees dance in the hive.")], tags=("insects",))))
    (before,) = kb.documents()

    def damage(connection: apsw.Connection) -> None:
        connection.execute("delete from chunks")
        connection.execute("delete from words_1")

    kb._store._database.write(damage)
    assert not all(check.ok for check in kb._store.check())
    until(lambda: not kb._store.lock.held)
    wrong = [check for check in kb.doctor(repair=True) if not check.ok and check.name != "model"]
    assert not wrong
    assert kb.documents() == [before]
    assert [hit.shown for hit in kb.search("bees").hits] == ["Bees dance in the hive."]


def test_a_repair_waits_for_who_indexes_here(open_kb: Any, tmp_path: Path) -> None:
    kb = open_kb(None)
    list(kb.follow(kb.add([text_file(tmp_path, "Bees dance in the hive.")])))
    until(lambda: not kb._store.lock.held)
    kb._store._database.write(lambda c: c.execute("delete from chunks"))
    assert kb._store.lock.acquire()
    later = threading.Timer(0.4, kb._store.lock.release)
    later.start()
    assert all(check.ok for check in kb.doctor(repair=True))
    later.join()


@pytest.mark.parametrize("there", [True, False])
def test_text_that_was_damaged_is_read_again_or_kept(open_kb: Any, tmp_path: Path, there: bool) -> None:
    kb = open_kb(None)
    path = text_file(tmp_path, "Bees dance in the hive.")
    list(kb.follow(kb.add([path])))
    kb._store._database.write(lambda c: c.execute("update texts set text = 'Bees prance.'"))
    until(lambda: not kb._store.lock.held)
    if not there:
        path.unlink()
    assert not all(check.ok for check in kb.doctor())
    checks = kb.doctor(repair=True)
    assert all(check.ok for check in checks)
    assert any("1 text is not what was read" in say(check) for check in checks)
    expected = "Bees dance in the hive." if there else "Bees prance."
    assert [hit.shown for hit in kb.search("bees").hits] == [expected]


def test_a_repair_that_comes_to_its_turn_after_closing_does_nothing(
    open_kb: Callable[..., KnowledgeBase],
) -> None:
    kb = open_kb()
    kb.close()
    kb._indexer.work_off()
