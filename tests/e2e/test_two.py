"""Two programs on one library: one indexes, the other's files wait their turn, edits and questions do
not; and where the one is killed the other takes over."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from test_program import complaints, made_up, notes, run, start

from desktop_kb.kb import KnowledgeBase


def _until(condition: Callable[[], Any]) -> None:
    while not condition():
        time.sleep(0.05)


def _long(path: Path) -> Path:
    """A text that takes the encoder ten seconds."""
    import random

    path.write_text(made_up(random.Random(9), 2_500))
    return path


def test_edits_and_questions_go_on_and_a_killed_one_is_replaced(tmp_path: Path) -> None:
    library = tmp_path / "library"
    few = notes(tmp_path / "few", 3, seed=1)
    assert run(library, "add", "--json", str(few))[0] == 0
    first = start(library, "add", "--json", str(_long(tmp_path / "long.txt")))
    second = None
    try:
        with KnowledgeBase(library) as kb:  # as the window would have it open
            _until(lambda: kb.indexer)
            assert str(first.pid) in (kb.indexer or "")
            _until(lambda: any(file.running for file in kb.queue()))
            documents = kb.documents()
            kb.tag([documents[0].document], ["edited"])
            kb.remove([documents[1].document])
            kb.restore(documents[1].document)
            assert kb.search("harbour signal").hits
            second = start(library, "add", "--json", str(notes(tmp_path / "more", 2, seed=2)))
            _until(lambda: kb.status().waiting >= 4)
            assert first.poll() is None  # all of this while it was at its long document
            assert second.poll() is None
            children = psutil.Process(first.pid).children(recursive=True)
            first.kill()
            first.communicate()
            psutil.wait_procs(children)
            output, errors = second.communicate()
            assert second.returncode == 0, errors.decode()
            reports = [json.loads(line) for line in output.splitlines()]
            assert [report["status"] for report in reports] == ["indexed"] * 2
            assert "edited" in kb.documents()[0].tags
    finally:
        for process in (first, second):
            if process is not None and process.poll() is None:
                process.kill()
                process.communicate()
    # What the killed one had under way is done by whoever indexes next.
    assert run(library, "add", "--json", str(tmp_path / "long.txt"))[0] == 0
    with KnowledgeBase(library) as kb:
        assert len(kb.documents()) == 6
        assert {document.status for document in kb.documents()} == {"ready"}
    assert not complaints(library)
