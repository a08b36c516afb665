"""The program at work opens no socket and writes nothing private into its log."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest
from test_program import notes, run

from desktop_kb.kb import KnowledgeBase


@pytest.mark.skipif(os.name != "posix", reason="looks at descriptors")
def test_neither_the_program_nor_its_children_hold_a_socket(tmp_path: Path) -> None:
    with KnowledgeBase(tmp_path / "library") as kb:
        assert len(list(kb.follow(kb.add([notes(tmp_path / "notes", 2, seed=3)])))) == 2
        assert kb.search("harbour signal").hits
        children = psutil.Process().children(recursive=True)
        assert len(children) >= 2
        for process in (psutil.Process(), *children):
            assert process.net_connections(kind="inet") == []


def test_the_log_of_a_whole_run_tells_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "Privatefolder"
    folder.mkdir()
    (folder / "Secretname.md").write_text("# Confidential\n\nThe spare key hangs behind the lantern.")
    (folder / "Secretbroken.pdf").write_bytes(b"%PDF-1.7 confidential")
    library = tmp_path / "library"
    run(library, "add", "--json", "--tag", "Privatetag", "--set", "owner=Privateperson", str(folder))
    run(library, "search", "--json", "where does the confidential lantern hang")
    run(library, "backup", "--json", str(tmp_path / "Secretbackup.zip"))
    run(library, "export", "--json", str(tmp_path / "Secretout"))
    run(library, "doctor", "--json", "--repair")
    run(library, "models", "import", str(folder))
    (tmp_path / "Secretquestions.json").write_text(
        '{"question": "confidential?", "answer_in": "Secretname.md"'
    )
    run(library, "evaluate", "--json", str(tmp_path / "Secretquestions.json"))
    run(library, "inspect", "--json", str(folder / "Secretname.md"))
    run(library, "remove", "--json", "--yes", "tag:privatetag")
    logs = list(Path(os.environ["DESKTOP_KB_HOME"]).rglob("*.log*"))
    text = "".join(path.read_text(encoding="utf-8") for path in logs).lower()
    assert "stored" in text
    for private in ("secret", "confidential", "lantern", "private", str(tmp_path).lower()):
        assert private not in text
