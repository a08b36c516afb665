"""A library that may only be read, and one that is closed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeEmbedder
from workbench import text_file

from desktop_kb.errors import Problem, StorageProblem


def test_a_read_only_library_answers_and_takes_nothing(
    open_kb: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kb = open_kb(FakeEmbedder())
    list(kb.follow(kb.add([text_file(tmp_path, "Bees dance.")])))
    kb.close()
    monkeypatch.setattr("desktop_kb.store.database.is_writable", lambda path: False)
    kb = open_kb(FakeEmbedder())
    kb.start_indexing()
    assert not kb.status().writable
    (hit,) = kb.search("bees dance").hits
    assert hit.why.words is not None
    assert hit.why.meaning is not None
    (document,) = kb.documents()
    changes: list[Callable[[], object]] = [
        lambda: kb.add([tmp_path]),
        lambda: kb.remove([document.document]),
        lambda: kb.tag([document.document], ["t"]),
        lambda: kb.doctor(repair=True),
    ]
    for change in changes:
        with pytest.raises(StorageProblem) as caught:
            change()
        assert caught.value.code == "read-only"
    assert all(check.ok for check in kb.doctor() if check.name != "model")


def test_after_closing_every_request_is_refused(open_kb: Any, tmp_path: Path) -> None:
    kb = open_kb(None)
    kb.close()
    for request in (lambda: kb.search("bees"), lambda: kb.add([text_file(tmp_path, "Bees")]), kb.status):
        with pytest.raises(Problem) as caught:
            request()
        assert caught.value.code == "closed"
