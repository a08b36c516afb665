from __future__ import annotations

import struct
from pathlib import Path

import pytest
from compounds import compound
from office97_files import box, held, ppt

from desktop_kb.errors import Problem
from desktop_kb.extract import office97
from desktop_kb.records import Extracted


def of(data: bytes) -> Extracted:
    return office97.read(data, Path("a.ppt"))


def shown(found: Extracted) -> list[str]:
    return [found.text[page.start : page.end] for page in found.layout.pages]


def test_slides_in_their_newest_text_with_titles_and_notes() -> None:
    found = of(
        ppt([box("第一点\rSecond point")], [box("A title", 6), box("Plain", plain=True)], notes="Say hello.")
    )
    assert shown(found) == ["Title of the list\n第一点\nSecond point\nSay hello.\n", "A title\nPlain\n"]
    assert [page.label for page in found.layout.pages] == ["1", "2"]
    assert [(h.level, h.title) for h in found.layout.headings] == [(1, "Title of the list"), (1, "A title")]
    assert found.title == "Title of the list"
    assert found.metadata["author"] == "Ann"


def test_a_title_that_stands_on_no_slide_is_a_templates() -> None:
    assert of(ppt([box("x")], title="Ingen lysbildetittel")).title == "Title of the list"
    assert of(ppt([box("The annual report")], title="annual report")).title == "annual report"


def test_a_table_is_read_row_by_row() -> None:
    cells = [
        box("d", top=20, left=9),
        box("a", top=10, left=1),
        box("c", top=20, left=1),
        box("b", top=10, left=9),
    ]
    group = held(0xF003, box("", table=True), *cells)
    assert shown(of(ppt([group]))) == ["Title of the list\na | b\nc | d\n"]


def test_a_file_that_powerpoint_95_opens_too() -> None:
    assert "point" in of(ppt([box("point")], folder="PP97_DUALSTORAGE")).text


def test_without_the_directory_all_slides_are_read() -> None:
    data = ppt([box("point")])
    damaged = data.replace(b"\x72\x17", b"\x00\x17")  # the type of the directories
    assert "an older text" in of(damaged).text


def test_an_encrypted_one_is_said() -> None:
    with pytest.raises(Problem, match="encrypted"):
        of(ppt([box("x")], encrypted=True))


def test_one_of_powerpoint_95_is_too_old() -> None:
    """It has the same streams, but only a name in the second."""
    user = struct.pack("<I", 9) + b"Ann Smith"
    with pytest.raises(Problem, match="old-format"):
        of(compound({"PowerPoint Document": b"x" * 5000, "Current User": user}))


@pytest.mark.parametrize("stream", [b"", b"x" * 5000, b"\x0f\x00\xe8\x03\xff\xff\xff\xff" * 900])
def test_what_is_none_is_damaged_or_empty(stream: bytes) -> None:
    data = compound({"PowerPoint Document": stream, "Current User": b"\0" * 30})
    try:
        assert not of(data).text
    except Problem as problem:
        assert problem.code == "damaged"  # noqa: PT017 - either is right
