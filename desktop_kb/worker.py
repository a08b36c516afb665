"""Child processes: starting them, talking to them, limiting and killing them. All use one protocol.

On the child's stdin and stdout are frames (`frames`): a hostile file may have taken over the child that read it,
so answers are data only, and the parent limits their size.

The parent may have several requests running; each has an `id`, and the child serves them in order of
`priority` (0 first), so a query overtakes ingest between two batches. A child exits when its stdin closes,
so it cannot outlive the program, even if that is killed.
"""

from __future__ import annotations

import heapq
import io
import itertools
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, Protocol, cast

import psutil

from desktop_kb.errors import Cancelled, Problem, WorkerDied
from desktop_kb.frames import FrameTooLong, Message, frame, read_frame, write_frame
from desktop_kb.patience import Patience

__all__ = [
    "Flag",
    "Handler",
    "Limits",
    "Message",
    "Worker",
    "command",
    "raise_problem",
    "reported",
    "serve",
    "turn",
]

log = logging.getLogger(__name__)

_POLL_S = 0.1
_PRINTED_BYTES: Final = 4096
#: Problems that a child may report: the form of the code and the longest details.
_CODE = re.compile(r"[a-z0-9-]{1,40}")
_DETAILS_CHARS = 4_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a child. `timeout_s` is for one request, and longer where other programs take the processor: a child
    that works has as many seconds of it. `memory_bytes` is resident memory."""

    timeout_s: float
    memory_bytes: int
    output_bytes: int


class Flag(Protocol):
    """A request to stop: a `threading.Event`, or several combined."""

    def is_set(self) -> bool: ...


# --- the parent's side -----------------------------------------------------------------------


class _Pending:
    __slots__ = ("answer", "done")

    def __init__(self) -> None:
        self.done = threading.Event()
        self.answer: Message | None = None


class _Child:
    """One process and the requests that wait for its answers; guarded by the worker's lock."""

    __slots__ = ("failure", "output_bytes", "pending", "process")

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.pending: dict[int, _Pending] = {}
        self.output_bytes = 0  # the largest limit of its requests so far
        self.failure: WorkerDied | None = None  # why it ended


class Worker:
    """A child of ours, started at the first request and again after it has died. Thread-safe.

    Args:
        name: its name in `__main__.WORKERS`.
        environment: additional environment variables of the child.
    """

    def __init__(self, name: str, environment: Mapping[str, str] | None = None) -> None:
        self.name = name
        self._environment = dict(environment or {})
        self._lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._child: _Child | None = None
        self._ids = itertools.count(1)
        self._closed = False

    @property
    def running(self) -> bool:
        """Whether there is a child and it is alive."""
        child = self._child
        return child is not None and child.process.poll() is None

    def call(
        self,
        header: Mapping[str, Any],
        blobs: Sequence[bytes] = (),
        *,
        limits: Limits,
        priority: int = 1,
        cancelled: Flag | None = None,
    ) -> Message:
        """Send a request, wait, and return the answer.

        Raises:
            WorkerDied: the child crashed or exceeded a limit and has ended; the next call starts another.
            Cancelled: `cancelled` was set; the child was killed, since it cannot be interrupted.
            Problem: the child reported it.
        """
        request = next(self._ids)
        question = frame({**header, "id": request, "priority": priority}, blobs)
        pending = _Pending()
        with self._lock:
            if self._closed:
                raise Problem("closed")
            child = self._start()
            child.pending[request] = pending
            child.output_bytes = max(child.output_bytes, limits.output_bytes)
        try:
            with self._write_lock:
                assert child.process.stdin is not None
                child.process.stdin.write(question)
                child.process.stdin.flush()
        except (OSError, ValueError):
            log.debug("child %s ended before it was asked", self.name)  # `_read` records the failure
        self._wait(child, pending, limits, cancelled)
        with self._lock:
            child.pending.pop(request, None)
        if pending.answer is None:
            raise child.failure or WorkerDied("crashed")
        raise_problem(pending.answer)
        return pending.answer

    def close(self) -> None:
        """End the child and refuse further requests."""
        with self._lock:
            self._closed = True
        self.stop()

    def stop(self) -> None:
        """End the child if there is one; the next request starts another."""
        child = self._child
        if child is not None:
            self._kill(child, WorkerDied("crashed", "stopped"))

    def _start(self) -> _Child:
        if self._child is not None and self._child.process.poll() is None:
            return self._child
        # A neutral working directory, so that a child never imports files from the user's folder.
        process = subprocess.Popen(
            [*command(), "--worker", self.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **_launched(), **self._environment},
            cwd=tempfile.gettempdir(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._child = child = _Child(process)
        log.info("started child %s, pid %d", self.name, process.pid)
        threading.Thread(target=self._read, args=(child,), name=f"{self.name}-reader", daemon=True).start()
        threading.Thread(target=self._listen, args=(child,), name=f"{self.name}-stderr", daemon=True).start()
        return child

    def _listen(self, child: _Child) -> None:
        """What a child prints, a library's warnings or the traceback of a bug, may quote a file and helps nobody who
        did not ask for it: it is shown with `--verbose` only."""
        with cast("IO[bytes]", child.process.stderr) as printed:
            while piece := os.read(printed.fileno(), _PRINTED_BYTES):
                log.debug("child %s: %s", self.name, piece.decode("utf-8", "replace").rstrip())

    def _read(self, child: _Child) -> None:
        """Give every answer to the request that waits for it, until the child ends."""
        assert child.process.stdout is not None
        reason = WorkerDied("crashed")
        with child.process.stdout as answers:
            try:
                while (message := read_frame(answers, lambda: child.output_bytes)) is not None:
                    request = message.header.get("id")
                    with self._lock:
                        pending = child.pending.pop(request, None) if isinstance(request, int) else None
                    if pending is not None:
                        pending.answer = message
                        pending.done.set()
            except FrameTooLong as error:
                reason = WorkerDied("output", str(error))
            except (OSError, ValueError, MemoryError) as error:
                reason = WorkerDied("crashed", type(error).__name__)
            self._kill(child, reason)

    def _kill(self, child: _Child, reason: WorkerDied) -> None:
        """End this child and wake every request that waits for it; only the first reason is kept."""
        with self._lock:
            if self._child is child:
                self._child = None
            if child.failure is not None:
                return
            child.failure = reason
        child.process.kill()
        code = child.process.wait()
        if reason.reason == "crashed" and not reason.detail:
            child.failure = reason = WorkerDied("crashed", f"exit status {code}")
        assert child.process.stdin is not None
        try:
            child.process.stdin.close()
        except OSError:
            log.debug("pipe to %s was gone already", self.name)
        with self._lock:
            waiting = list(child.pending.values())
            child.pending.clear()
        for pending in waiting:
            pending.done.set()
        log.info("child %s ended: %s", self.name, reason)

    def _wait(
        self,
        child: _Child,
        pending: _Pending,
        limits: Limits,
        cancelled: Flag | None,
    ) -> None:
        patience = Patience(limits.timeout_s, child.process.pid)
        while not pending.done.wait(_POLL_S):
            if cancelled is not None and cancelled.is_set():
                self._kill(child, WorkerDied("crashed", "cancelled"))
                raise Cancelled
            if patience.is_at_end():
                self._kill(child, WorkerDied("timeout"))
            elif _resident_bytes(child.process.pid) > limits.memory_bytes:
                self._kill(child, WorkerDied("memory"))


@contextmanager
def turn(one_at_a_time: threading.Lock, cancelled: Flag | None) -> Iterator[None]:
    """Hold the lock of what a child does for one caller at a time.

    Raises:
        Cancelled: `cancelled` was set while others held it.
    """
    while not one_at_a_time.acquire(timeout=_POLL_S):
        if cancelled is not None and cancelled.is_set():
            raise Cancelled
    try:
        yield
    finally:
        one_at_a_time.release()


def reported(problem: Problem) -> Message:
    """A problem as an answer; at the other end is `raise_problem`."""
    return Message({"problem": {"code": problem.code, "details": problem.details}})


def raise_problem(answer: Message) -> None:
    """Raise the problem that an answer reports, if it reports one; `WorkerDied` if the report is malformed."""
    if "problem" in answer.header:
        raise _problem_of(answer.header["problem"])


def _problem_of(report: Any) -> Problem | WorkerDied:
    try:
        if _CODE.fullmatch(report["code"]) and len(json.dumps(report["details"])) <= _DETAILS_CHARS:
            return Problem(report["code"], **report["details"])
    except (TypeError, KeyError):
        log.debug("a child reported no problem")
    return WorkerDied("crashed", "no such problem")


def _resident_bytes(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def command() -> list[str]:
    """The command line that starts this program, from source or frozen."""
    if getattr(sys, "frozen", False):
        # On Windows the window's executable has no standard streams; the terminal's has.
        program = Path(sys.executable)
        return [str(program.with_name("desktop-kb.exe") if sys.platform == "win32" else program)]
    return [_python(), "-P", "-m", "desktop_kb"]


def _python() -> str:
    """The interpreter: on Windows an environment's is a launcher, and its child would go unmeasured."""
    return getattr(sys, "_base_executable", sys.executable) if sys.platform == "win32" else sys.executable


def _launched() -> dict[str, str]:
    """What the launcher tells the interpreter, as `multiprocessing` does: which environment it is in."""
    frozen = getattr(sys, "frozen", False)
    return {} if frozen or _python() == sys.executable else {"__PYVENV_LAUNCHER__": sys.executable}


# --- the child's side ------------------------------------------------------------------------

Handler = Callable[[Message], Message]


def serve(handlers: Mapping[str, Handler], *, immediate: Collection[str] = ()) -> None:
    """Answer requests on this (main) thread until stdin closes.

    The header's `do` selects the handler. If it raises a `Problem`, that is the answer; any other exception
    is a bug, is printed on stderr, and ends the child.

    Args:
        immediate: names of handlers that run at once, on the thread that reads requests, even while another
            request is running. They must be quick and thread-safe.
    """
    requests = sys.stdin.buffer
    # Move stdout to stderr, so that a library that prints does not corrupt the frames.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = io.TextIOWrapper(os.fdopen(os.dup(2), "wb"), write_through=True)
    writing = threading.Lock()
    queue: list[tuple[int, int, Message]] = []
    ready = threading.Condition()

    def do(message: Message) -> None:
        try:
            answer = handlers[message.header["do"]](message)
        except Problem as problem:
            answer = reported(problem)
        with writing:
            write_frame(answers, {**answer.header, "id": message.header["id"]}, answer.blobs)

    def read() -> None:
        for order in itertools.count():
            message = read_frame(requests, lambda: 2**31)
            if message is None:
                return
            if message.header["do"] in immediate:
                do(message)
                continue
            with ready:
                heapq.heappush(queue, (int(message.header["priority"]), order, message))
                ready.notify()

    threading.Thread(target=_and_exit, args=(read,), name="requests", daemon=True).start()
    while True:
        with ready:
            ready.wait_for(lambda: bool(queue))
            message = heapq.heappop(queue)[2]
        do(message)


def _and_exit(read: Callable[[], None]) -> None:
    """Read to the end, and exit at once, even while a request is running: the parent is gone. A bug is printed;
    where the parent was killed nobody takes that either, and it is the end all the same."""
    status = 1
    try:
        read()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)
