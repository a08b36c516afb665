from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_kb.language.values import order


@pytest.mark.parametrize(
    ("value", "wanted", "expected"),
    [
        ("1.10", "1.9", -1),
        ("1.10", "1.1", 0),
        ("007", "7", 0),
        ("10", "9", 1),
        ("-3", "2", -1),
        ("12:30", "9:45", 1),
        ("09:45:10", "9:45", 1),
        ("2023/10/08", "2023-10-08", 0),
        ("October 8, 2023", "2023-10", 0),
        ("2023年10月8日", "2023", 0),
        ("20231008", "2024", -1),
        ("2023-10-08", "2024", -1),
        ("2023", "2023-05", 0),
        ("8 Oct 2023 10:11", "2023-10-09", -1),
        ("soon", "2023", None),
        ("soon", "2023-05", None),
        ("many", "3", None),
        ("banana", "apple", 1),
        ("apple pie", "apple", 0),
    ],
)
def test_a_value_stands_to_another_as_what_it_says(value: str, wanted: str, expected: int | None) -> None:
    assert order(value, wanted) == expected


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_two_values_compare_or_do_not(value: str, wanted: str) -> None:
    assert order(value, wanted) in (-1, 0, 1, None)
    assert order(value, value) in (0, None)
