from __future__ import annotations

from desktop_kb.extract.contents import contents
from desktop_kb.extract.layout import Line


def listed(written: list[str], pages: int = 200) -> list[str]:
    """Which of these lines belong to a table of contents."""
    text = "\n".join(written)
    lines, at = [], 0
    for line in written:
        lines.append(Line(at, at + len(line), 0, 0, 1, 0, 1, 1))
        at += len(line) + 1
    found = contents(text, lines, pages)
    return [text[line.start : line.end] for line in lines if line in found]


def test_a_title_and_lines_that_name_pages_are_a_table_of_contents() -> None:
    table = ["Contents", "1 Introduction . . . . . 3", "Results 17", "结论……………… 103"]
    prose = ["It begins in 1999", "and goes on,", "without an end,", "as here", "and here"]
    assert listed([*table, *prose]) == table


def test_dots_or_numbers_alone_name_no_title() -> None:
    rows = ["Contents", ". . . . . 3", "_ 17", "· 103", "a", "b", "c", "d"]
    assert listed(rows) == []


def test_a_line_as_long_as_a_book_costs_no_more_than_its_length() -> None:
    """With two lazy repeats in one pattern this line took hours."""
    assert listed(["words and words " * 30_000 + "."]) == []
