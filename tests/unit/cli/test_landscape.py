from __future__ import annotations

from pathlib import Path

import pytest
from typed import Terminal


@pytest.fixture
def library(terminal: Terminal) -> Terminal:
    files = [
        terminal.file(f"{subject} {number}.txt", f"{subject} {number} {words}.")
        for subject, words in (
            ("bees", "hive honey queen swarm nectar"),
            ("trains", "rail track station signal"),
        )
        for number in range(4)
    ]
    terminal("add", *files)
    return terminal


def test_a_landscape_is_printed_with_all_that_it_holds(library: Terminal) -> None:
    code, (record,), error = library("landscape")
    assert (code, error) == (0, "")
    assert len(record["documents"]) == len(record["passages"]) == 8
    assert sum(topic["passages"] for topic in record["topics"]) == 8
    assert record["dimension"] is None  # too few to say
    _, (part,), _ = library("landscape", "--filter", "title:bees")
    assert len(part["documents"]) == 4


def test_questions_that_nothing_answered_are_its_gaps(
    library: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    library("search", "wasp")
    library("search", "hive honey queen")
    library("search", "gear", "--filter", "title:bees")
    _, (record,), _ = library("landscape")
    assert [gap["query"] for gap in record["gaps"]] == ["wasp"]
    assert {"x", "y"} < set(record["gaps"][0])
    assert library.main(["--library", str(library.folder / "library"), "landscape"]) == 0
    assert "Your questions that nothing answered well:\n  wasp\n" in capsys.readouterr().out


def test_it_is_drawn(library: Terminal) -> None:
    file = library.folder / "map.svg"
    assert library("landscape", "--svg", str(file), "--color", "type")[0] == 0
    assert file.read_text("utf-8").startswith("<svg ")
    code, _, error = library("landscape", "--svg", str(library.folder / "nowhere" / "map.svg"))
    assert (code, "io-error" in error) == (1, True)


def test_a_way_is_printed_step_by_step(library: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    ids = {row["title"]: row["document"] for row in library("list")[1]}
    code, steps, _ = library("way", f"{ids['bees 0']}:0", f"{ids['bees 3']}:2")
    assert code == 0
    assert set(steps[0]) == {"document", "start", "end", "text"}
    assert (steps[0]["document"], steps[-1]["document"]) == (ids["bees 0"], ids["bees 3"])
    shown = ["--library", str(library.folder / "library"), "way", f"{ids['bees 0']}:0", f"{ids['bees 3']}:2"]
    assert library.main(shown) == 0
    assert f"bees 0  ({ids['bees 0']}:0)\n  bees 0 hive honey" in capsys.readouterr().out


@pytest.mark.parametrize("spot", ["bees", "bees:", "bees:x", ":3"])
def test_what_is_no_place_in_a_document_is_said(library: Terminal, spot: str) -> None:
    code, _, error = library("way", spot, "bees:0")
    assert (code, "DOCUMENT:START" in error) == (2, True)


def test_a_person_reads_the_topics_and_what_the_surface_is_like(
    library: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    path = library.folder / "library"
    files = [
        library.file(f"more {number}.txt", f"{number} {word} hive rail.")
        for number, word in enumerate("abcdefgh" * 4)
    ]
    library("add", *files)
    assert library.main(["--library", str(path), "landscape"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("40 documents, 40 passages, ")
    assert "Passages differ from their neighbours in about " in out
    assert Path(path).exists()
