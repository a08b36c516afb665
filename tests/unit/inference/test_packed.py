"""An embedded model in four bits: its vectors in the encoder child, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asked import answers_of
from packed import model_of_file, written

from desktop_kb.errors import ModelProblem
from desktop_kb.inference import EncoderClient, catalogue
from desktop_kb.inference.catalogue import MULTILINGUAL


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    answers: dict[str, Any] = answers_of("packed_side.py", str(tmp_path_factory.mktemp("packed")))
    return answers


@pytest.mark.parametrize(
    ("asked", "apart"),
    [("query", 1e-5), ("passages", 1e-5), ("late", 5e-4)],  # late interaction keeps half precision
)
def test_the_vectors_are_those_of_plain_transformers_on_the_same_numbers(
    found: dict[str, Any], asked: str, apart: float
) -> None:
    assert np.abs(np.array(found[asked]) - np.array(found["expected"][asked])).max() < apart


def test_sentences_are_pooled_from_the_tokens_of_their_window(found: dict[str, Any]) -> None:
    windows = np.array(found["windows"])
    assert np.abs(windows[[0, 2]] - np.array(found["expected"]["windows"])).max() < 1e-4
    assert not windows[1].any()  # a sentence without a token
    assert windows[3].any()  # one longer than the window, read in pieces


def test_the_table_follows_the_network_to_another_precision(found: dict[str, Any]) -> None:
    assert np.dot(found["half"], found["query"]) > 0.99


def test_the_child_refuses_a_file_that_is_not_the_published_one(tmp_path: Path) -> None:
    file = written(tmp_path / "tiny-q4.bin")
    client = EncoderClient(model_of_file(file), tmp_path)
    try:
        counts, coverage = client.measure(["bees keep", "ꙮ"])
        assert (counts.tolist(), coverage.tolist()) == ([2, 2], [1.0, 0.0])
        file.write_bytes(file.read_bytes()[:-1] + b"\x55")
        with pytest.raises(ModelProblem, match=r"model-damaged.*tiny-q4\.bin"):
            client.encode_query("bees")
    finally:
        client.close()


def test_the_child_says_of_a_hostile_file_that_it_is_damaged(tmp_path: Path) -> None:
    """With the hash it claims, but not what its numbers say."""
    file = written(tmp_path / "tiny-q4.bin")
    file.write_bytes(file.read_bytes()[:-5000])
    client = EncoderClient(model_of_file(file), tmp_path)
    try:
        client.measure(["bees"])
        with pytest.raises(ModelProblem, match=r"model-truncated.*tiny-q4\.bin"):
            client.encode_query("bees")
    finally:
        client.close()


def test_the_multilingual_model_comes_with_the_program() -> None:
    folder = catalogue.find(MULTILINGUAL)
    assert folder is not None
    catalogue.check_weights(MULTILINGUAL, folder)
    assert MULTILINGUAL.languages == MULTILINGUAL.scripts == ()
    assert (MULTILINGUAL.query_prompt, MULTILINGUAL.passage_prompt) == ("query: ", "passage: ")
