"""The embedder as its callers see it: the real model, end to end through the real child."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from fakes import Card
from numpy.testing import assert_allclose, assert_array_equal

from desktop_kb.errors import ModelProblem
from desktop_kb.inference import EncoderClient, catalogue, encoder_client, encoder_process
from desktop_kb.inference.catalogue import ENGLISH
from desktop_kb.inference.encoder_worker import PassageCache
from desktop_kb.records import Embedder, Floats

(WEIGHTS,) = ENGLISH.weights


@pytest.fixture(scope="module")
def reference(probe: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = probe["reference"]
    return found


def unit(vector: Floats) -> Floats:
    found: Floats = vector / np.linalg.norm(vector)
    return found


def child_pids() -> set[int]:
    """The encoder children of this process."""
    return {
        child.pid
        for child in psutil.Process().children()
        if child.status() != psutil.STATUS_ZOMBIE and child.cmdline()[-2:] == ["--worker", "encode"]
    }


def suspended(pid: int) -> psutil.Process:
    """A child that answers nothing from now on; one of its threads may still be answering for a moment."""
    child = psutil.Process(pid)
    child.suspend()
    if sys.platform == "linux":  # elsewhere threads are no processes
        while any(psutil.Process(thread.id).status() != psutil.STATUS_STOPPED for thread in child.threads()):
            time.sleep(0.01)
    return child


# --- what it loads, and when -----------------------------------------------------------------


def test_neither_the_import_nor_measuring_loads_torch(model_folder: Path) -> None:
    script = """
import json, sys
import desktop_kb.inference
loaded = set(sys.modules)
from pathlib import Path
from desktop_kb.inference import catalogue
from desktop_kb.inference.encoder_worker import Session
from desktop_kb.worker import Message
answer = Session(catalogue.ENGLISH, Path(sys.argv[1]), None, "auto").measure(Message({}, (b"a b",)))
print(json.dumps([sorted(loaded), sorted(sys.modules), list(answer.blobs[0])]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(model_folder)], capture_output=True, text=True, check=True
    )
    imported, measured, counts = json.loads(done.stdout)
    assert counts == [2, 0, 0, 0]
    assert not {"torch", "transformers", "sentence_transformers", "tokenizers"} & set(imported)
    assert not {"torch", "transformers", "sentence_transformers"} & set(measured)


def test_a_query_loads_no_compiler(model_folder: Path) -> None:
    """Torch imports its own, and sympy, for what it could draw without memory to draw into."""
    script = """
import json, sys
from pathlib import Path
from desktop_kb.inference import catalogue
from desktop_kb.inference.encoder_worker import Session
from desktop_kb.worker import Message
answer = Session(catalogue.ENGLISH, Path(sys.argv[1]), 1, "cpu").query(Message({}, (b"a b",)))
print(json.dumps([len(answer.blobs[0]), sorted(sys.modules)]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(model_folder)], capture_output=True, text=True, check=True
    )
    length, loaded = json.loads(done.stdout)
    assert length == 4 * 384
    assert "torch" in loaded
    assert not {"sympy", "torch._dynamo", "torch._inductor"} & set(loaded)


def test_it_is_an_embedder_and_knows_itself_before_it_runs(model_folder: Path) -> None:
    idle: Embedder = EncoderClient(ENGLISH, model_folder)
    assert (idle.id, idle.dimensions, idle.window_tokens) == ("all-MiniLM-L6-v2", 384, 254)
    assert idle.fingerprint == ENGLISH.fingerprint
    assert idle.device == ""
    idle.close()


def test_it_says_which_device_it_uses(encoder: EncoderClient) -> None:
    encoder.encode_query("hello")
    assert (encoder.device, encoder.notice) == ("cpu", None)


# --- what it answers -------------------------------------------------------------------------


def test_measure_counts_tokens_and_coverage(encoder: EncoderClient) -> None:
    counts, coverage = encoder.measure(["Hello world, 2022", "中文问题", "", "a\ud800b"])
    assert counts.tolist() == [5, 4, 0, 3]
    assert coverage.tolist() == [1, 0, 0, 1]
    assert [len(array) for array in encoder.measure([])] == [0, 0]


def test_a_query_is_what_sentence_transformers_makes_of_it(
    encoder: EncoderClient, reference: dict[str, Any]
) -> None:
    for text, expected in zip(reference["query_texts"], reference["queries"], strict=True):
        vector = encoder.encode_query(text)
        assert_allclose(vector, expected, atol=1e-5)
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)


def test_two_hundred_texts_are_what_sentence_transformers_makes_of_them(
    encoder: EncoderClient, reference: dict[str, Any]
) -> None:
    found = encoder.encode_passages(reference["many_texts"])
    assert found.shape == (200, 384)
    assert_allclose(found, reference["many"], atol=1e-4)


def test_a_sentence_is_the_sum_of_its_token_vectors_in_the_window(
    encoder: EncoderClient, reference: dict[str, Any]
) -> None:
    tokens = np.array(reference["tokens"])
    first, *rest = np.cumsum([1, *reference["counts"]])  # after [CLS]
    (sums,) = encoder.encode_windows([reference["sentences"]])
    for end, found in zip(rest, sums, strict=True):
        assert_allclose(found, tokens[first:end].sum(axis=0), atol=1e-4)
        first = end
    whole = unit(sums.sum(axis=0) + tokens[0] + tokens[-1])
    assert_allclose(whole, reference["window"], atol=1e-5)


def test_a_sentence_knows_its_window(encoder: EncoderClient) -> None:
    alone, beside = encoder.encode_windows([["It is tall."], ["The tower is old.", "It is tall."]])
    assert unit(alone[0]) @ unit(beside[1]) < 0.95


def test_windows_keep_their_shape_and_sentences_without_tokens_are_zero(encoder: EncoderClient) -> None:
    windows = [["One.", "", "Two two."], [], ["\ud800\udc00 x"], [""]]
    found = encoder.encode_windows(windows)
    assert [sums.shape for sums in found] == [(3, 384), (0, 384), (1, 384), (1, 384)]
    assert [bool(row.any()) for sums in found for row in sums] == [True, False, True, True, False]
    assert encoder.encode_windows([]) == []


def test_a_window_too_long_for_the_model_is_encoded_in_equal_parts(encoder: EncoderClient) -> None:
    # 300 words of one token each: two inputs of 150.
    words = [f"{a} {b}" for a in ("red", "old", "big") for b in ("cat", "dog", "car", "sea", "sun")] * 10
    (together,) = encoder.encode_windows([[" ".join(words)]])
    halves = encoder.encode_windows([[" ".join(words[:75])], [" ".join(words[75:])]])
    assert_allclose(together[0], halves[0][0] + halves[1][0], atol=1e-3)
    (shared,) = encoder.encode_windows([[" ".join(words[:70]), " ".join(words[70:])]])
    assert_allclose(shared.sum(axis=0), together[0], atol=1e-3)


def test_the_same_request_gives_the_same_bits_and_company_matters_little(encoder: EncoderClient) -> None:
    windows = [["A short one."], ["The library of the old town.", "It burnt down in 1666."], ["b " * 200]]
    once, twice = encoder.encode_windows(windows), encoder.encode_windows(windows)
    for a, b in zip(once, twice, strict=True):
        assert_array_equal(a, b)
    (alone,) = encoder.encode_windows(windows[:1])
    assert_allclose(unit(alone[0]), unit(once[0][0]), atol=1e-5)
    assert_array_equal(encoder.encode_query("old town"), encoder.encode_query("old town"))


def test_many_windows_come_back_in_order(encoder: EncoderClient) -> None:
    windows = [[f"Number {i}.", "x " * (i % 7)] for i in range(2 * encoder_client.REQUEST_WINDOWS + 3)]
    found = encoder.encode_windows(windows)
    for i in (0, encoder_client.REQUEST_WINDOWS, len(windows) - 1):
        (alone,) = encoder.encode_windows([windows[i]])
        assert_allclose(found[i], alone, atol=1e-4)


def test_late_interaction_prefers_the_passage_that_answers(encoder: EncoderClient) -> None:
    query = "When was the tower built?"
    passages = ["Bananas are rich in potassium.", "The tower was built in 1889.", query, "", "词语"]
    scores = encoder.late_interaction(query, passages)
    assert scores.dtype == np.float32
    assert scores[2] == pytest.approx(1, abs=2e-3)  # remembered in half precision
    assert scores[2] > scores[1] > scores[0] > scores[3] == 0
    assert all(0 <= score <= 1 for score in scores)
    assert_array_equal(encoder.late_interaction(query, passages), scores)
    assert_array_equal(encoder.late_interaction(query, passages[::-1]), scores[::-1])
    assert encoder.late_interaction("", passages).tolist() == [0] * 5
    assert len(encoder.late_interaction(query, [])) == 0


def test_what_all_tokens_share_can_be_left_out_of_late_interaction(encoder: EncoderClient) -> None:
    query, passages = (
        "When was the tower built?",
        ["When was the tower built?", "Bananas are rich in potassium."],
    )
    plain = encoder.late_interaction(query, passages)
    nothing = np.zeros(encoder.dimensions, np.float32)
    assert_array_equal(encoder.late_interaction(query, passages, (nothing, nothing)), plain)
    shared = np.asarray(encoder.encode_query(". ".join(passages)) / 2, np.float32)
    scores = encoder.late_interaction(query, passages, (shared, shared))
    assert scores[0] == pytest.approx(1, abs=2e-3)
    assert 0 <= scores[1] < plain[1] - 0.05


def test_late_interaction_reads_the_first_window_of_a_passage(encoder: EncoderClient) -> None:
    start = "word " * encoder.window_tokens
    scores = encoder.late_interaction("tower", [start, start + "the tower"])
    assert scores[0] == pytest.approx(scores[1], abs=1e-3)


def test_remembered_passages_stay_below_their_limit() -> None:
    cache = PassageCache(limit_bytes=3 * 8)
    vectors = np.zeros((1, 4), np.float16)
    for key in (b"a", b"b", b"c"):
        cache.put(key, vectors)
    assert cache.get(b"a") is vectors
    cache.put(b"d", vectors)
    assert [cache.get(key) is not None for key in (b"a", b"b", b"c", b"d")] == [True, False, True, True]


# --- how it lives ----------------------------------------------------------------------------


def test_a_query_overtakes_waiting_windows(encoder: EncoderClient) -> None:
    windows = [["word " * 30]] * (5 * encoder_client.REQUEST_WINDOWS)
    started, finished = threading.Event(), threading.Event()

    def index() -> None:
        started.set()
        encoder.encode_windows(windows)
        finished.set()

    encoder.encode_query("warm")
    thread = threading.Thread(target=index)
    thread.start()
    started.wait()
    encoder.encode_query("hello")
    overtook = not finished.is_set()
    thread.join()
    assert overtook


@pytest.mark.logs("is started again")
def test_a_killed_child_is_started_again_and_the_request_answered(model_folder: Path) -> None:
    others = child_pids()
    embedder = EncoderClient(ENGLISH, model_folder)
    embedder.measure(["a"])
    (pid,) = child_pids() - others
    child = suspended(pid)  # so that it dies with the request unanswered
    threading.Timer(0.5, child.kill).start()
    assert embedder.measure(["a b c"])[0].tolist() == [3]
    assert pid not in child_pids()
    embedder.close()


@pytest.mark.logs("is started again")
def test_a_child_that_dies_twice_is_a_problem(model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder_process, "TIMEOUT_S", 0.01)
    embedder = EncoderClient(ENGLISH, model_folder)
    with pytest.raises(ModelProblem) as failed:
        embedder.measure(["a"])
    assert failed.value.code == "encoder-failed"
    assert failed.value.details == {"reason": "timeout"}
    embedder.close()


def test_an_idle_child_is_ended_and_comes_back(model_folder: Path) -> None:
    embedder = EncoderClient(ENGLISH, model_folder, idle_s=0.1)
    embedder.measure(["a"])
    deadline = time.monotonic() + 120
    while embedder.running and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not embedder.running
    assert embedder.measure(["a b"])[0].tolist() == [2]
    embedder.close()


def test_a_card_is_brought_as_much_as_it_computes_at_once(model_folder: Path) -> None:
    embedder = EncoderClient(ENGLISH, model_folder)
    embedder._process._worker = card = Card(16_384)  # type: ignore[assignment]
    assert embedder.batch_windows == encoder_client.REQUEST_WINDOWS
    embedder.encode_query("ready")
    assert (embedder.device, embedder.batch_windows) == ("cuda", 64)
    assert len(embedder.encode_windows([["a", "b"]] * 150)) == 150
    assert embedder.encode_passages(["a"] * 300).shape == (300, 384)
    assert card.asked == [1, 64, 64, 22, 256, 44]
    embedder.close()


def test_an_idle_model_is_on_no_device(model_folder: Path) -> None:
    embedder = EncoderClient(ENGLISH, model_folder, idle_s=0.05)
    embedder._process._worker = card = Card(16_384)  # type: ignore[assignment]
    embedder.encode_query("ready")
    deadline = time.monotonic() + 120
    while embedder.device and time.monotonic() < deadline:
        time.sleep(0.01)
    assert (embedder.device, card.stopped, embedder.batch_windows) == ("", 1, encoder_client.REQUEST_WINDOWS)
    embedder.close()


def test_a_model_that_found_no_room_on_the_card_is_started_again_when_there_is(model_folder: Path) -> None:
    embedder = EncoderClient(ENGLISH, model_folder)
    embedder._process._worker = card = Card(16_384)  # type: ignore[assignment]
    embedder.encode_query("ready")
    embedder.move_to("auto")
    assert card.left == 0
    card.header = Card(2048, fell_back=True).header
    embedder.encode_query("ready")
    assert (embedder.device, embedder.fell_back) == ("cpu", True)
    embedder.move_to("auto")
    assert (card.left, embedder.device, embedder.fell_back) == (1, "", False)
    embedder.close()


def test_a_closed_embedder_refuses_and_leaves_no_child(model_folder: Path) -> None:
    others = child_pids()
    embedder = EncoderClient(ENGLISH, model_folder)
    embedder.measure(["a"])
    embedder.close()
    assert not child_pids() - others
    with pytest.raises(ModelProblem) as refused:
        embedder.measure(["a"])
    assert refused.value.code == "closed"


def test_closing_ends_a_request_under_way(model_folder: Path) -> None:
    others = child_pids()
    embedder = EncoderClient(ENGLISH, model_folder)
    embedder.measure(["a"])
    (pid,) = child_pids() - others
    suspended(pid)
    threading.Timer(0.3, embedder.close).start()
    with pytest.raises(ModelProblem) as refused:
        embedder.measure(["a"])
    assert refused.value.code == "closed"
    assert not embedder.running


def test_damaged_weights_are_refused_while_measuring_goes_on(model_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "模型"
    shutil.copytree(model_folder, folder, ignore=shutil.ignore_patterns(WEIGHTS))
    (folder / WEIGHTS).write_bytes(b"\0" * 100)
    embedder = EncoderClient(ENGLISH, folder)
    assert embedder.measure(["a b"])[0].tolist() == [2]
    with pytest.raises(ModelProblem) as refused:
        embedder.encode_query("a")
    assert refused.value.code == "model-damaged"
    assert refused.value.details["name"] == WEIGHTS
    assert embedder.running
    embedder.close()


def test_without_the_package_there_is_no_embedder(monkeypatch: pytest.MonkeyPatch) -> None:
    from desktop_kb.inference import find_embedder

    monkeypatch.setattr(catalogue, "find", lambda model: None)
    assert find_embedder() is None
