"""The encoder child as its clients have it in common: when it starts, when it ends, and what it may take.

Several models in one child load torch once (230 MB), and a query to either overtakes the windows of both. It
is started at the first request, started again if it crashes or hangs, and ended when none of its clients has
asked for a while.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

from desktop_kb.errors import Problem, WorkerDied
from desktop_kb.worker import Limits, Message, Worker, raise_problem, reported

log = logging.getLogger(__name__)

#: Long, since the first encoding imports torch (2 s on a laptop, more from a cold disk or with a virus
#: scanner) and reads and hashes the model, which may be a few GB.
TIMEOUT_S: Final = 300.0
#: On top of twice the size of the weights on disk.
MEMORY_BYTES: Final = 6 * 2**30

#: Environment of the child; huggingface_hub, transformers and OpenMP read it when they are loaded.
ENVIRONMENT: Final = {
    # By default OpenMP threads spin while they wait for each other. On 2 cores shared with a busy program
    # that gave 5 windows/s and queries of 64 to 756 ms, against 21 windows/s and 13 to 19 ms when they
    # sleep; on an idle machine both give 37 windows/s and 10 ms.
    "OMP_WAIT_POLICY": "PASSIVE",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_XET": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "true",
}


class EncoderProcess:
    """One child and the clients that share it. Thread-safe.

    Args:
        idle_s: the child is ended after this many seconds without a request.
    """

    def __init__(self, idle_s: float = 600.0) -> None:
        self._idle_s = idle_s
        self._worker = Worker("encode", ENVIRONMENT)
        self._lock = threading.Lock()
        self._ended: list[Callable[[], None]] = []
        self._weights_bytes = 0
        self._under_way = 0
        self._timer: threading.Timer | None = None
        self._closed = False

    @property
    def running(self) -> bool:
        """Whether the child is running."""
        return self._worker.running

    def share(self, weights_bytes: int, ended: Callable[[], None]) -> None:
        """Take in a client.

        Args:
            weights_bytes: the size of its model's weights on disk.
            ended: called when the child was ended because nobody asked.
        """
        with self._lock:
            self._weights_bytes += weights_bytes
            self._ended.append(ended)

    def ask(
        self,
        header: Mapping[str, Any],
        blobs: Sequence[bytes],
        size: int,
        *,
        priority: int,
        weights_bytes: int = 0,
    ) -> Message:
        """Send a request whose answer has at most `size` bytes.

        If the child dies it is sent again to a new one: once, or once more where another client's request may
        have been what killed it. `weights_bytes` is the size of weights that no client here has.

        Raises:
            WorkerDied: the child died each time.
            Problem: the child reported it, or 'closed'.
        """
        weights_bytes = max(weights_bytes, self._weights_bytes)
        limits = Limits(TIMEOUT_S, MEMORY_BYTES + 2 * weights_bytes, size + 2**16)
        with self._in_use():
            for _ in range(min(len(self._ended), 2)):
                try:
                    return self._worker.call(header, blobs, limits=limits, priority=priority)
                except WorkerDied as died:
                    if self._closed:
                        raise Problem("closed") from died
                    log.warning("the encoder died (%s) and is started again", died)
            return self._worker.call(header, blobs, limits=limits, priority=priority)

    def close(self) -> None:
        """End the child; every later request is refused."""
        with self._lock:
            self._closed = True
            if self._timer is not None:
                self._timer.cancel()
        self._worker.close()

    @contextlib.contextmanager
    def _in_use(self) -> Iterator[None]:
        """Do not end the child as idle within this block; the idle time starts when the last use ends."""
        with self._lock:
            self._under_way += 1
            if self._timer is not None:
                self._timer.cancel()
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1
                if not self._under_way and not self._closed:
                    self._timer = timer = threading.Timer(self._idle_s, lambda: self._end_idle(timer))
                    timer.name, timer.daemon = "encoder-idle", True
                    timer.start()

    def _end_idle(self, timer: threading.Timer) -> None:
        with self._lock:  # held until it has ended, so that a new request waits and starts a new child
            if timer is self._timer and not self._under_way:
                for ended in self._ended:
                    ended()
                self._worker.stop()


class Encoding(Protocol):
    """Whoever encodes for several programs; `helper.link.Link`, or the helper itself."""

    def ask(self, header: Mapping[str, Any], blobs: Sequence[bytes]) -> Message | None: ...

    def close(self) -> None: ...


class SharedProcess(EncoderProcess):
    """A child that other programs share, where there is one; else one of our own.

    Args:
        encoding: where that child is asked for.
        name: which of its children: models of the same name share one.
        idle_s: our own is ended after this many seconds without a request.
    """

    def __init__(self, encoding: Encoding, name: str, idle_s: float) -> None:
        super().__init__(idle_s)
        self._encoding = encoding
        self._name = name
        self._answered = False

    @property
    def running(self) -> bool:
        """Whether a child has answered and may do so again."""
        return self._answered or super().running

    def ask(
        self,
        header: Mapping[str, Any],
        blobs: Sequence[bytes],
        size: int,
        *,
        priority: int,
        weights_bytes: int = 0,
    ) -> Message:
        """See `EncoderProcess.ask`."""
        weights_bytes = max(weights_bytes, self._weights_bytes)
        limits = {"size": size, "priority": priority, "weights_bytes": weights_bytes}
        answer = self._encoding.ask({"do": "encode", "process": self._name, "asked": header, **limits}, blobs)
        self._answered = answer is not None
        if answer is None:
            return super().ask(header, blobs, size, priority=priority, weights_bytes=weights_bytes)
        raise_problem(answer)
        if "died" in answer.header:
            raise WorkerDied(answer.header["died"])
        return answer


class Processes:
    """The children that one program keeps for several. Thread-safe."""

    def __init__(self, idle_s: float) -> None:
        self._idle_s = idle_s
        self._lock = threading.Lock()
        self._known: dict[str, EncoderProcess] = {}

    def ask(self, header: Mapping[str, Any], blobs: Sequence[bytes]) -> Message:
        """Answer what a `SharedProcess` asks."""
        with self._lock:
            if header["process"] not in self._known:
                self._known[header["process"]] = made = EncoderProcess(self._idle_s)
                made.share(0, lambda: None)
            process = self._known[header["process"]]
        limits = {name: header[name] for name in ("priority", "weights_bytes")}
        try:
            return process.ask(header["asked"], blobs, header["size"], **limits)
        except Problem as problem:
            return reported(problem)
        except WorkerDied as died:
            return Message({"died": died.reason})

    @property
    def running(self) -> list[str]:
        """The names of those that run."""
        return [name for name, process in self._known.items() if process.running]

    def close(self) -> None:
        """Does nothing: a library that is closed leaves the children to the others."""

    def end(self) -> None:
        """End every child."""
        for process in list(self._known.values()):
            process.close()
