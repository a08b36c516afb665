"""The Python page of README runs as it stands, has types, and what it says of mistakes is so."""

from __future__ import annotations

import functools
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeEmbedder, fake_parts

from desktop_kb import kb as kb_module
from desktop_kb.errors import Problem, UsageProblem
from desktop_kb.kb import KnowledgeBase

ROOT = Path(__file__).parents[3]


@pytest.fixture
def pages() -> list[str]:
    """README's pages of Python: the whole of it, and what assistants have too."""
    return re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)


def test_the_pages_of_readme_run(
    pages: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "warm.md").write_text("# Warmth\n\nBees keep warm by shivering.", encoding="utf-8")
    opened = functools.partial(KnowledgeBase, parts=fake_parts(FakeEmbedder()))
    monkeypatch.setattr(kb_module, "KnowledgeBase", opened)
    exec(compile(pages[0], "README.md", "exec"), {})
    said = capsys.readouterr().out.splitlines()
    assert said == [
        f"{tmp_path / 'papers' / 'warm.md'} indexed ",
        "Dances None # Dances",  # the stand-in reads files as they are
        "",
        "Bees dance to say where flowers are.",
    ]
    with opened("my-library") as kb:
        (note,) = kb.documents()
        assert (note.title, note.metadata) == ("Dances", {"year": 2024})
        assert [document.title for document in kb.trash()] == ["warm"]
    exec(compile(pages[1], "README.md", "exec"), {})
    said = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"Bees dance to say where flowers are\. desktop-kb:\S+", said[2])
    assert (said[0], said[-1]) == ("# Dances", "[]")


def test_the_pages_of_readme_have_types(pages: list[str], tmp_path: Path) -> None:
    for number, page in enumerate(pages):
        (tmp_path / f"page{number}.py").write_text(page, encoding="utf-8")
    asked = [sys.executable, "-P", "-m", "mypy", "--strict", *map(str, tmp_path.glob("page*.py"))]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def kb(tmp_path: Path) -> Any:
    with KnowledgeBase(tmp_path / "library", parts=fake_parts(FakeEmbedder())) as opened:
        list(opened.follow(opened.add_text("Bees keep warm by shivering.", title="Warmth")))
        yield opened


def test_a_document_is_had_by_id_and_by_path(kb: KnowledgeBase) -> None:
    (document,) = kb.documents()
    assert kb.get(document.document) == document == kb.get(Path(document.path))
    kb.remove([document.document])
    for gone in (document.document, document.path, "0" * 16, Path("nowhere.md")):
        with pytest.raises(Problem, match="not-found"):
            kb.get(gone)
    with pytest.raises(TypeError):
        kb.get(7)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mistaken", "error"),
    [
        (lambda kb: kb.add("lamp.md"), TypeError),
        (lambda kb: kb.add_text(b"bytes"), TypeError),
        (lambda kb: kb.add_text("text", type="pdf"), ValueError),
        (lambda kb: kb.add_text("text", tags="work"), TypeError),
        (lambda kb: kb.add_text(" "), UsageProblem),
        (lambda kb: kb.search("bees", limit=-1), ValueError),
        (lambda kb: kb.search("bees", mode="fuzzy"), ValueError),
        (lambda kb: kb.search("bees", filters="year:2022"), TypeError),
        (lambda kb: kb.search("bees", most=3), TypeError),
        (lambda kb: kb.documents("type:md"), TypeError),
        (lambda kb: kb.tag([kb.documents()[0].document], "work"), TypeError),
        (lambda kb: kb.tag(["0" * 16], ["work"]), Problem),
        (lambda kb: kb.untag(["0" * 16], ["work"]), Problem),
        (lambda kb: kb.remove("0" * 16), TypeError),
        (lambda kb: kb.remove(["0" * 16]), Problem),
        (lambda kb: kb.restore("0" * 16), Problem),
        (lambda kb: kb.retry(documents=["0" * 16]), Problem),
        (lambda kb: kb.text("0" * 16), Problem),
        (lambda kb: kb.reading("0" * 16, 0, 1), Problem),
        (lambda kb: kb.file("0" * 16), Problem),
        (lambda kb: kb.inspect("0" * 16), Problem),
        (lambda kb: kb.set_metadata("0" * 16, {"year": 2022}), Problem),
        (lambda kb: list(kb.find(["0" * 16 + ".md"])), Problem),
    ],
)
def test_what_cannot_be_meant_is_refused(
    kb: KnowledgeBase, mistaken: Callable[[Any], Any], error: type[Exception]
) -> None:
    before = kb.documents()
    with pytest.raises(error):
        mistaken(kb)
    assert kb.documents() == before
    assert not list(kb.library.root.glob("notes/[!W]*"))
