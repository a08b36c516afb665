from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import desktop_kb
from desktop_kb import __main__ as program
from desktop_kb import worker
from desktop_kb.errors import Cancelled, Problem, WorkerDied
from desktop_kb.frames import frame
from desktop_kb.worker import Limits, Worker

LIMITS = Limits(timeout_s=30, memory_bytes=2**31, output_bytes=1_000_000)

# A child that does what it is told, over the real protocol.
CHILD = """
import os, sys, time
from desktop_kb.errors import Problem
from desktop_kb.worker import Message, serve

order, asleep = [], []

def echo(message):
    order.append(message.header.get("word", ""))
    return Message({"word": message.header.get("word", "")}, message.blobs)

def sleep(message):
    asleep.append(True)
    time.sleep(message.header["seconds"])
    return Message({})

def work(message):
    while True:
        pass

def fail(message):
    raise Problem("too-large", limit_mib=3)

def raw(message):
    os.write(PIPE, message.blobs[0])
    time.sleep(60)

PIPE = os.dup(1)
serve({
    "echo": echo,
    "sleep": sleep,
    "work": work,
    "fail": fail,
    "raw": raw,
    "big": lambda message: Message({}, (b"x" * message.header["size"],)),
    "hoard": lambda message: (bytearray(message.header["size"]), time.sleep(60)),
    "die": lambda message: os._exit(7),
    "print": lambda message: (print("noise"), Message({}))[1],
    "order": lambda message: Message({"order": order}),
    "environment": lambda message: Message({"value": os.environ.get("A_VARIABLE", "")}),
    "quick": lambda message: Message({"asleep": asleep}),
    "refused": fail,
    "broken": lambda message: 1 / 0,
}, immediate=("quick", "broken", "refused"))
"""


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    script = tmp_path / "child.py"
    script.write_text(CHILD, encoding="utf-8")
    monkeypatch.setattr(worker, "command", lambda: [sys.executable, str(script)])
    one = Worker("test", {"A_VARIABLE": "set"})
    yield one
    one.close()


def test_it_answers_and_stays(child: Worker) -> None:
    before = child.running
    answer = child.call({"do": "echo", "word": "字"}, [b"\0\xff"], limits=LIMITS)
    assert (answer.header["word"], answer.blobs) == ("字", (b"\0\xff",))
    assert (before, child.running) == (False, True)
    assert child.call({"do": "environment"}, limits=LIMITS).header["value"] == "set"


def test_what_a_reader_prints_does_not_disturb(child: Worker) -> None:
    child.call({"do": "print"}, limits=LIMITS)
    assert child.call({"do": "echo", "word": "x"}, limits=LIMITS).header["word"] == "x"


def test_what_a_child_complains_of_is_shown_to_who_asks_for_it_alone(
    child: Worker, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "desktop_kb.worker")
    with pytest.raises(WorkerDied):
        child.call({"do": "broken"}, limits=LIMITS)
    deadline = time.monotonic() + 30
    while "ZeroDivisionError" not in caplog.text and time.monotonic() < deadline:
        time.sleep(0.01)
    assert all(r.levelname == "DEBUG" for r in caplog.records if "ZeroDivision" in r.getMessage())
    assert capfd.readouterr().err == ""


def test_a_problem_crosses_over(child: Worker) -> None:
    with pytest.raises(Problem, match="limit_mib=3") as caught:
        child.call({"do": "fail"}, limits=LIMITS)
    assert caught.value.code == "too-large"
    assert child.running


def test_an_answer_over_the_limit_ends_the_child(child: Worker) -> None:
    with pytest.raises(WorkerDied) as caught:
        child.call({"do": "big", "size": 2_000_000}, limits=LIMITS)
    assert caught.value.reason == "output"
    assert not child.running
    assert len(child.call({"do": "big", "size": 10}, limits=LIMITS).blobs[0]) == 10


def test_a_child_that_dies_is_said_and_replaced(child: Worker) -> None:
    with pytest.raises(WorkerDied) as caught:
        child.call({"do": "die"}, limits=LIMITS)
    assert caught.value.reason == "crashed"
    assert "7" in caught.value.detail
    assert child.call({"do": "echo"}, limits=LIMITS).header["word"] == ""


@pytest.mark.parametrize(
    "said",
    [
        b"not a frame at all",
        frame({"id": [1]}),
        frame({"id": 1, "problem": {"code": "damaged"}}),
        frame({"id": 1, "problem": {"code": "No code", "details": {}}}),
        frame({"id": 1, "problem": ["damaged"]}),
        frame({"id": 1, "problem": {"code": "damaged", "details": [1]}}),
        frame({"id": 1, "problem": {"code": "damaged", "details": {"code": "locked"}}}),
        frame({"id": 1, "problem": {"code": "unreadable", "details": {"reason": "x" * 5_000}}}),
        (200_000).to_bytes(4, "big") + b"[" * 200_000,
    ],
)
def test_nonsense_from_a_child_is_a_crash_and_nothing_worse(child: Worker, said: bytes) -> None:
    with pytest.raises(WorkerDied) as caught:
        child.call({"do": "raw"}, [said], limits=Limits(3, 2**31, 1_000_000))
    assert caught.value.reason in ("crashed", "output", "timeout")
    child.stop()
    assert child.call({"do": "echo"}, limits=LIMITS).header["word"] == ""


def test_a_request_that_takes_too_long_ends_the_child(child: Worker) -> None:
    child.call({"do": "echo"}, limits=LIMITS)
    with pytest.raises(WorkerDied) as caught:
        child.call({"do": "sleep", "seconds": 60}, limits=Limits(0.2, 2**31, 1000))
    assert caught.value.reason == "timeout"
    assert not child.running


def test_a_child_that_works_too_long_is_ended(child: Worker) -> None:
    child.call({"do": "echo"}, limits=LIMITS)
    with pytest.raises(WorkerDied) as caught:
        child.call({"do": "work"}, limits=Limits(0.5, 2**31, 1000))
    assert caught.value.reason == "timeout"


def test_a_child_that_takes_too_much_memory_is_ended(child: Worker) -> None:
    with pytest.raises(WorkerDied) as caught:
        child.call({"do": "hoard", "size": 400 * 2**20}, limits=Limits(30, 200 * 2**20, 1000))
    assert caught.value.reason == "memory"


def test_cancelling_ends_the_child_at_once(child: Worker) -> None:
    child.call({"do": "echo"}, limits=LIMITS)
    cancelled = threading.Event()
    threading.Timer(0.2, cancelled.set).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        child.call({"do": "sleep", "seconds": 60}, limits=LIMITS, cancelled=cancelled)
    assert time.monotonic() - began < 20
    assert not child.running


def test_everybody_who_waits_hears_of_the_end(child: Worker) -> None:
    child.call({"do": "echo"}, limits=LIMITS)
    heard: list[str] = []

    def wait() -> None:
        try:
            child.call({"do": "sleep", "seconds": 60}, limits=LIMITS)
        except WorkerDied as death:
            heard.append(death.reason)

    threads = [threading.Thread(target=wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    child.stop()
    for thread in threads:
        thread.join(10)
    assert heard == ["crashed"] * 3


def test_who_waits_for_a_dead_child_is_not_forgotten_when_the_next_one_starts(child: Worker) -> None:
    heard: list[str] = []

    def wait() -> None:
        try:
            child.call({"do": "die"}, limits=LIMITS)
        except WorkerDied as death:
            heard.append(death.reason)

    for _ in range(5):
        child.call({"do": "echo"}, limits=LIMITS)
        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.02)
        try:
            child.call({"do": "echo"}, limits=LIMITS)
        except WorkerDied:
            heard.append("crashed")  # it went to the dying one
        thread.join(10)
        assert not thread.is_alive()
    assert heard.count("crashed") >= 5


def test_the_urgent_overtakes_the_waiting(child: Worker) -> None:
    child.call({"do": "echo", "word": "first"}, limits=LIMITS)

    def ask(word: str, priority: int) -> None:
        child.call({"do": "echo", "word": word}, limits=LIMITS, priority=priority)

    busy = threading.Thread(target=lambda: child.call({"do": "sleep", "seconds": 1.0}, limits=LIMITS))
    busy.start()
    time.sleep(0.2)
    threads = []
    for word, priority in (("late", 2), ("normal", 1), ("urgent", 0)):
        threads.append(threading.Thread(target=ask, args=(word, priority)))
        threads[-1].start()
        time.sleep(0.1)
    for thread in (busy, *threads):
        thread.join(10)
    order = child.call({"do": "order"}, limits=LIMITS).header["order"]
    assert order == ["first", "urgent", "normal", "late"]


def test_nothing_starts_after_closing(child: Worker) -> None:
    child.close()
    with pytest.raises(Problem, match="closed"):
        child.call({"do": "echo"}, limits=LIMITS)
    assert not child.running


@pytest.mark.parametrize(
    ("system", "window", "child"),
    [("linux", "desktop-kb", "desktop-kb"), ("win32", "Desktop KB.exe", "desktop-kb.exe")],
)
def test_a_frozen_window_starts_children_that_have_streams(
    system: str, window: str, child: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(sys, "executable", str(tmp_path / window))
    assert worker.command() == [str(tmp_path / child)]


def test_in_an_environment_on_windows_the_child_is_the_interpreter_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its python.exe only starts the interpreter: a limit of memory would be held against the wrong process."""
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "executable", r"C:\kb\.venv\Scripts\python.exe")
    monkeypatch.setattr(sys, "_base_executable", r"C:\Python313\python.exe", raising=False)
    started: list[Any] = []
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **options: started.append((a[0], options)))
    with contextlib.suppress(AttributeError):  # what was started is no process
        Worker("extract").call({"do": "echo"}, limits=LIMITS)
    ((command, options),) = started
    assert command[0] == r"C:\Python313\python.exe"
    assert options["env"]["__PYVENV_LAUNCHER__"] == sys.executable


def test_what_is_answered_at_once_waits_for_nothing_under_way(child: Worker) -> None:
    child.call({"do": "echo"}, limits=LIMITS)
    ended = threading.Event()

    def sleep() -> None:
        with pytest.raises(WorkerDied):
            child.call({"do": "sleep", "seconds": 20}, limits=LIMITS)
        ended.set()

    thread = threading.Thread(target=sleep)
    thread.start()
    while not child.call({"do": "quick"}, limits=LIMITS).header["asleep"]:
        time.sleep(0.01)
    with pytest.raises(Problem, match="limit_mib=3"):
        child.call({"do": "refused"}, limits=LIMITS)
    assert not ended.is_set()
    with pytest.raises(WorkerDied):  # a bug ends the child there too
        child.call({"do": "broken"}, limits=LIMITS)
    thread.join()


def test_on_windows_a_child_finds_the_runtime_that_lies_in_its_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_in: list[str] = []
    monkeypatch.setattr(os, "add_dll_directory", looked_in.append, raising=False)
    monkeypatch.setattr(
        program, "sys", types.SimpleNamespace(argv=["", "--worker", "own"], platform="win32", prefix="C:/env")
    )
    monkeypatch.setattr(program, "WORKERS", {"own": "own_child"})
    monkeypatch.setitem(
        sys.modules, "own_child", types.SimpleNamespace(main=lambda: looked_in.append("begun"))
    )
    assert program.main() == 0
    assert looked_in == ["C:/env", "begun"]


@pytest.mark.parametrize(
    "asked",
    [frame({"do": "broken", "id": 1, "priority": 1}), b"\0\0\0\1x"],
    ids=["what it answers is lost", "it is asked for nothing it knows"],
)
@pytest.mark.usefixtures("child")
def test_a_child_ends_when_nobody_is_left_to_complain_to(asked: bytes) -> None:
    """The program that started it was killed while it was at work."""
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(worker.command(), **pipes) as alone:
        assert alone.stdin
        assert alone.stdout
        assert alone.stderr
        alone.stdout.close()
        alone.stderr.close()
        alone.stdin.write(asked)
        alone.stdin.flush()  # and it stays open: nothing else tells the child that it is over
        try:
            assert alone.wait(30) == 1
        finally:
            alone.kill()


def test_the_version_is_said_without_the_commands() -> None:
    """Their import takes ten times as long, and installers and scripts ask for it."""
    asked = (
        "import sys; sys.argv = ['desktop-kb', '--version']\n"
        "from desktop_kb.__main__ import main\n"
        "code = main()\n"
        "sys.exit(code or 'desktop_kb.cli' in sys.modules or 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-P", "-c", asked], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, f"desktop-kb {desktop_kb.__version__}\n")
