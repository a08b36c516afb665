from __future__ import annotations

import time

from desktop_kb.ingest.passages import headings_by_place
from desktop_kb.records import Heading


def test_the_headings_above_a_place() -> None:
    headings = [
        Heading(5, 6, 2, "b"),
        Heading(10, 11, 1, "A"),
        Heading(20, 21, 3, "c"),
        Heading(30, 31, 2, "d"),
    ]
    at = headings_by_place(headings)
    assert [at(offset) for offset in (0, 5, 9, 10, 25, 30, 99)] == [
        (),
        ("b",),
        ("b",),
        ("A",),
        ("A", "c"),
        ("A", "d"),
        ("A", "d"),
    ]
    assert headings_by_place([])(3) == ()


def test_a_heading_for_every_line_takes_no_time() -> None:
    headings = [Heading(9 * n, 9 * n + 5, 2, f"h{n}") for n in range(50_000)]
    began = time.process_time()
    at = headings_by_place(headings)
    assert at(9 * 40_000) == ("h40000",)
    for offset in range(0, 450_000, 9):
        at(offset)
    assert time.process_time() - began < 5  # .1 s; walked from the first one each time it was an hour
