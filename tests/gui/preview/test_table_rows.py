from __future__ import annotations

import pytest

from desktop_kb.gui.preview.table_rows import cells, tables


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        *(("a | b", ["a", "b"]), ("a |  | c", ["a", "", "c"]), ("| 2020 | 2021", ["", "2020", "2021"])),
        *(("a|b | c", ["a|b", "c"]), ("a | ", ["a", ""]), ("a |", ["a", ""])),
    ],
)
def test_cells(line: str, texts: list[str]) -> None:
    assert [line[start:end] for start, end in cells(line)] == texts


def test_tables_are_runs_of_rows() -> None:
    lines = ["text", "a | b", "c | d", "text", "lonely | row", "", "e | f", "g | h", "i | j"]
    assert tables(lines, (0, 0)) == {1: 2, 6: 3}
    assert tables(["a | b"] * 5, (0, 0), {2}) == {0: 2, 2: 3}


def test_tables_too_wide_and_long_cells_stay_lines() -> None:
    assert tables([" | ".join("abcdefghi")] * 3, (0, 0)) == {0: 3}
    assert tables([" | ".join(["水泵厂的姓名"] * 9)] * 3, (0, 0)) == {}
    assert tables([" | ".join([*"abcdefgh", "a remark that is long " * 4])] * 3, (0, 0)) == {0: 3}
    assert tables([" | ".join(["long word"] * 8)] * 3, (0, 0)) == {0: 3}
    assert tables([f"a | {'b' * 400}"] * 3, (0, 0)) == {}


def test_the_tables_nearest_to_the_passage_are_laid_out() -> None:
    many = ["a | b | c | d", *["1 | 2 | 3 | 4"] * 60, ""] * 20
    chosen = tables(many, (620, 620))
    assert 0 < sum(chosen.values()) * 4 <= 1_500
    assert any(start <= 620 < start + count for start, count in chosen.items())
    assert tables(["a | b"] * 10_000, (5_000, 5_002)) == {4_940: 122}
