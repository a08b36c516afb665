"""The helper (`helper`): runs searches of the terminal, and keeps the models loaded for every program that has this
library open.

A search is run as the terminal runs it, one after the other, with what it prints kept for the terminal; the library is
opened for it and closed again. What makes the second one fast are imports and models that are there.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any, Final

import filelock
import psutil

from desktop_kb import diagnostics, paths
from desktop_kb.errors import Problem
from desktop_kb.frames import Message
from desktop_kb.helper.channel import Channel, Gone, build, listen, lock_file
from desktop_kb.helper.client import ENVIRONMENT
from desktop_kb.inference import Processes
from desktop_kb.settings import Settings, load_for

log = logging.getLogger(__name__)

#: How long one that ends, of another version, is waited for.
_LOCK_S: Final = 10.0
#: Who connects says at once what it is.
_HELLO_S: Final = 5.0


class Helper:
    """Answers on every connection, each on a thread of its own, until it has been idle or is stopped."""

    def __init__(self, library: paths.Library, settings: Settings) -> None:
        self._library = library
        self._idle_s = float(settings.helper_seconds)
        self._processes = Processes(settings.idle_seconds)
        self._turn = threading.Lock()  # a command has stdout and the environment to itself
        self._state = threading.Condition()
        self._under_way = 0
        self._used = time.monotonic()
        self._stopped = False

    def serve(self) -> None:
        """Answer until nobody has asked for a while; what is under way is finished."""
        listener = listen(self._library)

        def accept() -> None:
            with contextlib.suppress(OSError):  # it was closed
                while True:
                    if (channel := listener.accept()) is not None:
                        threading.Thread(target=self._answer, args=(channel,), daemon=True).start()

        threading.Thread(target=accept, name="connections", daemon=True).start()
        with self._state:
            while not self._is_over():
                self._state.wait(max(0.05, self._used + self._idle_s - time.monotonic()))
        listener.close()
        self._processes.end()

    def _is_over(self) -> bool:
        idle = time.monotonic() - self._used >= self._idle_s
        return not self._under_way and (self._stopped or idle)

    def _stop(self) -> None:
        with self._state:
            self._stopped = True
            self._state.notify()

    @contextlib.contextmanager
    def _working(self) -> Iterator[None]:
        """Do not end within this block."""
        with self._state:
            self._under_way += 1
        try:
            yield
        finally:
            with self._state:
                self._under_way -= 1
                self._used = time.monotonic()
                self._state.notify()

    def _answer(self, channel: Channel) -> None:
        """Answer one connection's requests in turn."""
        try:
            other = channel.receive(_HELLO_S).header.get("build")
            channel.send({"build": build()})
            if other != build():
                log.info("another version of the program is here: ends")
                self._stop()
                return
            while True:
                request = channel.receive()
                with self._working():
                    self._do(channel, request)
        except Gone:
            log.debug("a connection ended")
        except Exception:  # a bug: who asked goes on without
            log.exception("not answered")
        finally:
            channel.close()

    def _do(self, channel: Channel, request: Message) -> None:
        match request.header["do"]:
            case "encode":
                answer = self._processes.ask(request.header, request.blobs)
                channel.send(answer.header, answer.blobs)
            case "run":
                with self._turn:
                    channel.send({"begun": True})
                    answer = self._run(request.header["arguments"], request.header["terminal"])
                channel.send(answer.header, answer.blobs)
            case "status":
                channel.send(self._status())
            case "stop":
                channel.send(self._status())
                self._stop()

    def _run(self, arguments: list[str], terminal: Mapping[str, Any]) -> Message:
        """Run a command; what it prints, and its exit code."""
        # Only here: a window that wants its models would wait for these imports before torch's begin.
        from desktop_kb import cli
        from desktop_kb.kb import Parts

        printed: list[tuple[str, str]] = []
        with _as_in(terminal, printed):
            try:
                code = cli.run(arguments, Parts(encoding=self._processes))
            except SystemExit as ended:
                code = int(ended.code or 0)
        streams = [
            (name, "".join(text for _, text in some))
            for name, some in itertools.groupby(printed, itemgetter(0))
        ]
        blobs = tuple(text.encode("utf-8", "surrogatepass") for _, text in streams)
        return Message({"exit": code, "streams": [name for name, _ in streams]}, blobs)

    def _status(self) -> dict[str, Any]:
        own = psutil.Process()
        memory = sum(process.memory_info().rss for process in (own, *own.children(recursive=True)))
        return {
            "running": True,
            "pid": own.pid,
            "library": str(self._library.root),
            "memory_bytes": memory,
            "idle_seconds": round(time.monotonic() - self._used, 1),
            "ends_after": self._idle_s,
            "loaded": self._processes.running,
        }


class _Stream(io.TextIOBase):
    """Keeps what is printed, in the order in which it is printed on any stream."""

    def __init__(self, name: str, printed: list[tuple[str, str]], is_terminal: bool) -> None:
        self._name = name
        self._printed = printed
        self._is_terminal = is_terminal

    def write(self, text: str) -> int:
        self._printed.append((self._name, text))
        return len(text)

    def isatty(self) -> bool:
        return self._is_terminal


@contextlib.contextmanager
def _as_in(terminal: Mapping[str, Any], printed: list[tuple[str, str]]) -> Iterator[None]:
    """Print into `printed` as this terminal would have it."""
    before = {name: os.environ.get(name) for name in ENVIRONMENT}
    streams = sys.stdout, sys.stderr
    _set(dict.fromkeys(ENVIRONMENT) | terminal["environment"])
    sys.stdout = _Stream("stdout", printed, terminal["tty"][0])
    sys.stderr = _Stream("stderr", printed, terminal["tty"][1])
    try:
        yield
    finally:
        sys.stdout, sys.stderr = streams
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def main() -> None:
    """Serve the library that the arguments name, unless another helper does."""
    library = paths.library(sys.argv[3])
    diagnostics.set_up()
    try:
        settings = load_for(library.root)
        with filelock.FileLock(lock_file(library), timeout=_LOCK_S, mode=0o600):
            log.info("helper begins")
            Helper(library, settings).serve()
            log.info("helper ends")
    except filelock.Timeout:
        log.info("there is a helper already")
    except (Problem, OSError) as problem:
        log.info("no helper: %s", type(problem).__name__)
