"""One child for several models: what they share, and what each keeps."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from packed import model_of_file, tensors, written
from test_encoder_client import child_pids, suspended

from desktop_kb.errors import ModelProblem
from desktop_kb.inference import EncoderClient, Models, catalogue
from desktop_kb.inference.encoder_process import EncoderProcess
from desktop_kb.inference.encoder_worker import Sessions
from desktop_kb.settings import Settings
from desktop_kb.worker import Message


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two tiny models in four bits, of other numbers."""
    root = tmp_path_factory.mktemp("two")
    made = []
    for seed in (1, 2):
        (root / str(seed)).mkdir()
        made.append(written(root / str(seed) / "tiny-q4.bin", tensors(48, seed)))
    return made


@pytest.fixture
def process() -> Iterator[EncoderProcess]:
    made = EncoderProcess()
    yield made
    made.close()


@pytest.fixture
def two(files: list[Path], process: EncoderProcess) -> list[EncoderClient]:
    return [
        EncoderClient(model_of_file(file), file.parent, device="cpu", threads=1, process=process)
        for file in files
    ]


def test_two_models_in_one_child_answer_as_each_alone(two: list[EncoderClient], files: list[Path]) -> None:
    others = child_pids()
    together = [client.encode_query("bees keep") for client in two]
    assert len(child_pids() - others) == 1
    assert abs(float(together[0] @ together[1])) < 0.99
    alone = EncoderClient(model_of_file(files[1]), files[1].parent, device="cpu", threads=1)
    assert np.array_equal(alone.encode_query("bees keep"), together[1])
    alone.close()
    late = [client.late_interaction("bees", ["bees keep"]) for client in two]
    assert late[0] != late[1]  # the token vectors of one are not taken for the other's
    assert [client.device for client in two] == ["cpu", "cpu"]


def test_a_query_to_one_overtakes_the_windows_of_the_other(two: list[EncoderClient]) -> None:
    for client in two:
        client.encode_query("warm")
    finished = threading.Event()

    def index() -> None:
        two[0].encode_windows([["bees keep bees "] * 2] * 400)
        finished.set()

    thread = threading.Thread(target=index)
    thread.start()
    time.sleep(0.05)
    two[1].encode_query("bees")
    overtook = not finished.is_set()
    thread.join()
    assert overtook


@pytest.mark.logs("is started again", "is started again")
def test_the_death_of_the_child_is_survived_by_both(two: list[EncoderClient]) -> None:
    others = child_pids()
    before = [client.measure(["bees"])[0].tolist() for client in two]
    (pid,) = child_pids() - others
    child = suspended(pid)  # so that it dies with both requests unanswered
    answers: list[list[int]] = [[], []]

    def ask(number: int) -> None:
        answers[number] = two[number].measure(["bees"])[0].tolist()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    child.kill()
    for thread in threads:
        thread.join()
    assert answers == before
    assert len(child_pids() - others) == 1


def test_closing_one_leaves_the_other_its_child(two: list[EncoderClient], process: EncoderProcess) -> None:
    for client in two:
        client.measure(["bees"])
    two[0].close()
    assert two[1].measure(["bees"])[0].tolist() == [1]
    with pytest.raises(ModelProblem, match="closed"):
        two[0].measure(["bees"])
    process.close()
    with pytest.raises(ModelProblem, match="closed"):
        two[1].measure(["bees"])
    assert not process.running


def test_it_is_idle_only_when_none_of_them_asks(files: list[Path]) -> None:
    process = EncoderProcess(idle_s=0.4)
    two = [EncoderClient(model_of_file(file), file.parent, process=process) for file in files]
    two[0].measure(["bees"])
    for _ in range(4):
        time.sleep(0.15)
        two[1].measure(["bees"])
        assert two[0].running
    deadline = time.monotonic() + 120
    while process.running and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not two[0].running
    process.close()


def test_all_embedders_of_a_library_share_a_child() -> None:
    others = child_pids()
    models = Models(Settings())
    assert [reader.id for reader in models.readers] == [model.id for model in catalogue.EMBEDDED]
    for reader in models.readers:
        reader.measure(["a"])
    assert len(child_pids() - others) == 1
    models.close()
    assert not child_pids() - others


# --- in the child -----------------------------------------------------------------------------


def request(file: Path, device: str, attempt: int) -> Message:
    model = model_of_file(file)
    setup = {"model": json.dumps({**asdict(model), "files": dict(model.files)}), "folder": str(file.parent)}
    return Message({**setup, "threads": 1, "device": device, "fast_cpu": False, "attempt": attempt})


def test_a_model_is_opened_once_until_its_client_moves_it(files: list[Path]) -> None:
    sessions = Sessions()
    first, other = (sessions.of(request(file, "auto", 0)) for file in files)
    assert sessions.of(request(files[0], "auto", 0)) is first
    moved = sessions.of(request(files[0], "cpu", 1))
    assert moved is not first
    assert sessions.of(request(files[0], "auto", 0)) is moved  # sent before the move
    assert sessions.of(request(files[1], "auto", 0)) is other


def test_a_model_that_leaves_its_device_is_dropped_at_once(files: list[Path]) -> None:
    sessions = Sessions()
    before = sessions.of(request(files[0], "cuda", 0))
    sessions.leave(request(files[0], "cpu", 1))
    assert not sessions._open
    again = sessions.of(request(files[0], "cuda", 0))
    assert again is not before
    assert again._device == "cpu"
