"""The encoder in memory and device trouble (see torch_side.py)."""

from __future__ import annotations

from typing import Any

import pytest


def test_the_batch_is_halved_until_it_fits(probe: dict[str, Any]) -> None:
    found = probe["halved"]
    # Rows of 6, 4, 3, 3, 3 tokens, room for 7: two batches too large, then 6, 4, 3 + 3 and 3.
    assert found["batches"] == [5, 2, 1, 1, 2, 1]
    assert found["rows"] == [list(row) for row in probe["rows"]]
    assert (found["device"], found["notice"], found["fell_back"]) == ("cpu", None, False)


def test_a_graphics_device_without_memory_gives_way_to_the_cpu_and_says_so(probe: dict[str, Any]) -> None:
    found = probe["moved"]
    assert found["rows"] == [list(row) for row in probe["rows"]]
    assert found["device"] == "cpu"
    assert found["notice"]["code"] == "device-full"
    assert found["fell_back"]


def test_a_cpu_without_memory_is_a_problem(probe: dict[str, Any]) -> None:
    assert "no-memory" in probe["hopeless"]["problem"]


def test_another_failure_is_not_taken_for_want_of_memory(probe: dict[str, Any]) -> None:
    assert probe["other"] == {"problem": "device-side assert triggered", "batches": [5]}


def test_an_absent_device_gives_way_to_the_cpu_and_says_so(probe: dict[str, Any]) -> None:
    found = probe["absent"]
    assert found["device"] == "cpu"
    assert found["notice"]["code"] == "device-failed"
    assert found["notice"]["details"]["device"] == found["asked"]
    assert found["fell_back"]
    assert found["lengths"] == [6, 4, 3, 3, 3]


def test_the_batch_of_a_card_is_found_by_trial_and_remembered(probe: dict[str, Any]) -> None:
    found = probe["tried"]
    # Rows of 128 tokens: three batches of 2,048 and of 4,096 tokens, then 8,192 do not fit.
    assert found["batches"][:8] == [16, 16, 16, 32, 32, 32, 64, 32]
    assert (found["rows"], found["device"]) == (400, "cpu:0")
    assert found["next"] == 4096
    assert found["cpu"] == 2048


def test_fewer_digits_only_where_the_cpu_is_faster_with_them(probe: dict[str, Any]) -> None:
    built_in, without = probe["fast"]["True"], probe["fast"]["False"]
    assert built_in["digits"] == ["torch.bfloat16"]
    assert 0.999 < built_in["least"] < 1 - 1e-6
    assert without["digits"] == ["torch.float32"]
    assert without["least"] > 1 - 1e-6


def test_a_processor_is_measured_once_and_never_without_the_instructions(probe: dict[str, Any]) -> None:
    found = probe["chosen"]
    assert found["without"] == [[False, 0], [False, 2]]
    assert found["slower"] == [[False, 1], [False, 2]]
    assert found["faster"] == [[True, 2], [True, 2]]
    assert found["gain"] > 0


def test_packed_layers_give_the_same_numbers_and_none_is_there_twice(probe: dict[str, Any]) -> None:
    if (found := probe["packing"]) is None:
        pytest.skip("oneDNN is not used on this processor")
    assert found["layers"] == ["_Packed", "Linear", "_Packed", "_Packed"]
    assert found["apart"] < 1e-6
