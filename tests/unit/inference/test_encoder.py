"""The encoder in memory and device trouble (see torch_side.py)."""

from __future__ import annotations

from typing import Any


def test_the_batch_is_halved_until_it_fits(probe: dict[str, Any]) -> None:
    found = probe["halved"]
    # Rows of 6, 4, 3, 3, 3 tokens, room for 7: two batches too large, then 6, 4, 3 + 3 and 3.
    assert found["batches"] == [5, 2, 1, 1, 2, 1]
    assert found["rows"] == [list(row) for row in probe["rows"]]
    assert (found["device"], found["notice"]) == ("cpu", "")


def test_a_graphics_device_without_memory_gives_way_to_the_cpu_and_says_so(probe: dict[str, Any]) -> None:
    found = probe["moved"]
    assert found["rows"] == [list(row) for row in probe["rows"]]
    assert found["device"] == "cpu"
    assert "too little memory" in found["notice"]


def test_a_cpu_without_memory_is_a_problem(probe: dict[str, Any]) -> None:
    assert "not enough memory" in probe["hopeless"]["problem"]


def test_another_failure_is_not_taken_for_want_of_memory(probe: dict[str, Any]) -> None:
    assert probe["other"] == {"problem": "device-side assert triggered", "batches": [5]}


def test_an_absent_device_gives_way_to_the_cpu_and_says_so(probe: dict[str, Any]) -> None:
    found = probe["absent"]
    assert found["device"] == "cpu"
    assert found["asked"] in found["notice"]
    assert found["lengths"] == [6, 4, 3, 3, 3]
