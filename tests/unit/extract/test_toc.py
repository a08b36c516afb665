"""Tables of contents among lines: found, and never looked for longer than the text is."""

from __future__ import annotations

import time

import pytest

from desktop_kb.extract.layout import Line
from desktop_kb.extract.toc import toc_lines


def _found(rows: list[str], pages: int = 200) -> list[str]:
    text, lines = "\n".join(rows), []
    at = 0
    for row in rows:
        lines.append(Line(at, at + len(row), 0, 0.0, 10.0, 0.0, 10.0, 10.0))
        at += len(row) + 1
    return [
        text[line.start : line.end] for line in sorted(toc_lines(text, lines, pages), key=lambda x: x.start)
    ]


PROSE = [f"Bees number {'of a hive ' * 3} dance." for _ in range(20)]


@pytest.mark.parametrize(
    "rows",
    [
        ["Bees . . . . 3", "Whales ..... iv", "Foxes……12"],
        ["Contents", "Bees 3", "The long way of the", "whales 9", "Foxes 12"],
        ["目  录", "蜜蜂3", "鲸鱼 9", "狐狸 12"],
        ["Bees 1", "Whales.....2", "1.2 Foxes.....3"],
    ],
)
def test_what_is_a_table_of_contents(rows: list[str]) -> None:
    assert _found([*PROSE, *rows, *PROSE]) == rows


@pytest.mark.parametrize(
    "rows",
    [
        ["Bees 3", "Whales 9", "Foxes 12"],  # no dots, no heading
        ["Bees....3", "Whales....9"],
        ["Bees....3", "Whales....999", "Foxes....1000"],  # there are no such pages
        ["Bees....12", "Whales....9", "Foxes....3"],
        ["....3", "....4", "....5"],
        ["Bees civil", "Whales mild", "Foxes viii"],
    ],
)
def test_what_is_none(rows: list[str]) -> None:
    assert _found([*PROSE, *rows, *PROSE]) == []


@pytest.mark.parametrize(
    "rows",
    [
        ["x" * 100_000],
        ["words and words " * 30_000 + "."],
        ["x " * 50_000],
        ["x" + " ." * 50_000],
        ["x ." * 30_000 + "x"],
        ["x 1"] * 50_000,
        ["Contents", "x 1"] * 25_000,
        ["x 2", "x 1"] * 25_000,
    ],
    ids=range(8),
)
def test_lines_that_were_found_by_chance_take_no_time(rows: list[str]) -> None:
    began = time.process_time()
    _found([*rows, *PROSE])
    assert time.process_time() - began < 5  # .3 s; before, the first of them took hours


def test_a_title_and_lines_that_name_pages_are_a_table_of_contents() -> None:
    table = ["Contents", "1 Introduction . . . . . 3", "Results 17", "结论……………… 103"]
    prose = ["It begins in 1999", "and goes on,", "without an end,", "as here", "and here"]
    assert _found([*table, *prose]) == table


def test_dots_or_numbers_alone_name_no_title() -> None:
    rows = ["Contents", ". . . . . 3", "_ 17", "· 103", "a", "b", "c", "d"]
    assert _found(rows) == []
