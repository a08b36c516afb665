"""Which passages a word search scores."""

from __future__ import annotations

from desktop_kb.lexical import selective
from desktop_kb.lexical.groups import Groups


def test_a_term_that_stands_nearly_everywhere_is_looked_for_last() -> None:
    counts = {"system": 480, "bees": 100, "library": 600, "hive": 300}
    assert list(selective(counts, 1_000, 1.0)) == [
        Groups(("bees", "hive")),
        Groups(("bees", "hive", "system", "library")),
    ]
    assert list(selective({"the": 990, "library": 600}, 1_000, 1.0)) == [Groups(("library", "the"))]
    assert list(selective({}, 1_000, 1.0)) == [Groups(())]


def test_of_common_terms_a_passage_has_one_of_each_group() -> None:
    counts = {f"word {number}": 100_000 for number in range(8)} | {"the": 900_000, "rare": 3}
    first, *_, last = selective(counts, 1_000_000, 1.0)
    assert first.any_of == ("rare",)
    assert [len(group) for group in first.one_of_each] == [3, 3, 2]
    assert set(last.any_of) == set(counts)
