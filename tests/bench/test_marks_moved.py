"""Marks of ten kinds of file through five ways of editing: at least 95 of 100 stand right, none on other words."""

from __future__ import annotations

from marks_moved import measure


def test_marks_follow_their_words_and_stand_on_no_others() -> None:
    found = measure()
    total = found["right"] + found["adrift"] + found["wrong"]
    assert total == 1_000
    assert found["wrong"] == 0
    assert found["right"] >= 0.95 * total
