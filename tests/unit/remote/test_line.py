"""How long an engine's answer is waited for: over a real connection, to a server that can fall silent."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from desktop_kb.errors import StorageProblem
from desktop_kb.remote import Engine, Server, engine, line

_OK = b"\x07\x00\x00%c\x00\x00\x00\x02\x00\x00\x00"


class Speaker:
    """Says 'done' to everything, in MySQL's protocol.

    Attributes:
        slow: a statement that holds this word is not answered.
        frozen: nothing is answered, nobody is greeted.
    """

    def __init__(self) -> None:
        self.slow = b"never"
        self.frozen = threading.Event()
        self.greeted = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                one, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(one,), daemon=True).start()

    def _talk(self, one: socket.socket) -> None:
        greeting = (
            b"\x0a8.0\x00" + bytes([1, 0, 0, 0]) + b"12345678\x00" + b"\xff\xf7\x2d\x02\x00\xff\x81\x15"
        )
        greeting += bytes(10) + b"123456789012\x00mysql_native_password\x00"
        with one, contextlib.suppress(ConnectionError):
            if self.frozen.wait(0):
                time.sleep(60)
            self.greeted += 1
            one.sendall(len(greeting).to_bytes(3, "little") + b"\x00" + greeting)
            while head := one.recv(4):
                said = one.recv(int.from_bytes(head[:3], "little"))
                if self.slow in said or self.frozen.is_set():
                    continue
                one.sendall(_OK % (head[3] + 1))


@pytest.fixture
def speaker() -> Iterator[Speaker]:
    made = Speaker()
    yield made
    made.listener.close()


@pytest.fixture
def made(speaker: Speaker, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine with a tenth of the time to wait."""
    for module, name, seconds in (
        (line, "_LOOK_S", 0.1),
        (engine, "PATIENCE_S", 1.0),  # the driver takes whole seconds
        (engine, "_WRITERS_PATIENCE_S", 2.0),
        (engine, "_ANSWERED_S", 1.0),
    ):
        monkeypatch.setattr(module, name, seconds)
    port = speaker.listener.getsockname()[1]
    with_port = Engine(Server("127.0.0.1", port, "ada", "bees", encrypted=False), "secret")
    yield with_port
    with_port.close()


def run(made: Engine, statement: str, *, writes: bool = False) -> tuple[str, float]:
    """How a statement ends, and after how many seconds."""
    began, code = time.monotonic(), "done"
    try:
        with made.writing() if writes else made.reading() as session:
            session.run(statement)
    except StorageProblem as problem:
        code = problem.code
    return code, time.monotonic() - began


@pytest.fixture
def beside() -> Iterator[Callable[..., Callable[[], tuple[str, float]]]]:
    with ThreadPoolExecutor() as pool:
        yield lambda *given, **named: pool.submit(run, *given, **named).result


@pytest.mark.parametrize("writes", [False, True])
def test_an_engine_that_freezes_under_a_statement_is_not_waited_for(
    made: Engine, speaker: Speaker, *, writes: bool
) -> None:
    assert run(made, "do 0")[0] == "done"
    speaker.slow = b"sleep"
    threading.Timer(0.3, speaker.frozen.set).start()
    code, seconds = run(made, "do sleep", writes=writes)
    assert code == "engine-away"
    assert seconds < (4 if writes else 3)


def test_a_statement_that_takes_long_is_waited_for_while_the_engine_answers_others(
    made: Engine, speaker: Speaker, beside: Callable[..., Callable[[], tuple[str, float]]]
) -> None:
    speaker.slow = b"sleep"
    ended = beside(made, "do sleep")
    time.sleep(1.4)
    assert speaker.greeted > 3
    made.leave()  # nothing else ends it
    code, seconds = ended()
    assert code == "engine-away"
    assert seconds > 1.3


def test_a_question_that_does_not_end_is_given_up_though_the_engine_answers_others(
    made: Engine, speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One whose disk is full greets everybody, and answers nothing of the rows that were being written."""
    monkeypatch.setattr(engine, "_READ_S", 0.3)
    speaker.slow = b"passages"
    with pytest.raises(StorageProblem) as caught, made.asking() as session:
        session.run("select passages")
    assert caught.value.code == "engine-stuck"


def test_who_leaves_does_not_wait_for_an_engine_that_is_frozen(
    made: Engine, speaker: Speaker, beside: Callable[..., Callable[[], tuple[str, float]]]
) -> None:
    speaker.slow = b"sleep"
    ended = beside(made, "do sleep", writes=True)
    time.sleep(0.3)
    made.leave()
    began = time.monotonic()
    ended()
    assert time.monotonic() - began < 1
