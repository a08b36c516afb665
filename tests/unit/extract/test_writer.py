from __future__ import annotations

import pytest

from desktop_kb.extract.writer import Writer


@pytest.mark.parametrize(
    ("cells", "written"),
    [
        (["a\nb", "c"], "a b | c\n"),
        (["a\nb"], "a\nb\n"),
        (["a\n" * 12, "c"], " ".join("a" * 12) + " | c\n"),
        (["a\n" * 13, "c"], "a\n" * 13 + "c\n"),
        ([], ""),
    ],
)
def test_a_table_that_only_lays_out_is_lines(cells: list[str], written: str) -> None:
    writer = Writer()
    writer.row_or_lines(cells)
    assert writer.text == written


def test_comments() -> None:
    writer = Writer()
    writer.comment("Why?", "Ann")
    writer.comment("Why not?", "")
    assert writer.text == "[Ann: Why?]\n[Why not?]\n"
