"""The wire to an engine: what is sent goes at its pace, and an answer is waited for while the engine is there."""

from __future__ import annotations

import io
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any, Final

#: A record of TLS, and how long the engine is given to read one.
_RECORD: Final = 16_000
_PAUSE_S: Final = 0.004
#: So long a record may wait for room on the wire.
_SENT_S: Final = 10.0
#: How often who waits looks up.
_LOOK_S: Final = 1.0
#: Who leaves waits for so many looks more, as most answers are under way.
_LOOKS_LEFT: Final = 2
#: The longest from one question whether the engine is there to the next.
_ASKED_EVERY_S: Final = 10.0


class Line(io.RawIOBase):
    """In the place of a driver's socket, and of the file by which it reads: the driver knows one time limit, which is
    either too short for a statement that takes minutes or too long for an engine that is frozen.

    Attributes:
        limit_s: no answer is waited for longer.
        patience_s: the same where the engine does not answer others either.
        outlasted: whether the limit was reached.
    """

    def __init__(
        self,
        wire: socket.socket,
        is_there: Callable[[], bool],
        leaving: threading.Event,
        *,
        limit_s: float,
        patience_s: float,
    ) -> None:
        self._wire = wire
        self._is_there = is_there
        self._leaving = leaving
        self.limit_s, self.patience_s = limit_s, patience_s
        self.outlasted = False

    def sendall(self, data: bytes) -> None:
        """Send it all.

        WORKAROUND(seekdb 1.4.0): over TLS it closes the connection when more than two records wait for it, so a long
        statement is sent a record at a time: of 40 of 60 KB, all failed at once and none so."""
        self._wire.settimeout(_SENT_S)
        size = _RECORD if isinstance(self._wire, ssl.SSLSocket) else max(1, len(data))
        for begin in range(0, len(data), size):
            if begin:
                time.sleep(_PAUSE_S)
            self._wire.sendall(data[begin : begin + size])

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """What has come, as soon as something has.

        Raises:
            TimeoutError: nothing came, for as long as is waited.
        """
        began, looks_left, ask_at = time.monotonic(), _LOOKS_LEFT, 0.0
        self._wire.settimeout(_LOOK_S)
        while True:
            try:
                return self._wire.recv_into(memoryview(buffer))
            except TimeoutError:
                waited = time.monotonic() - began
                looks_left -= self._leaving.is_set()
                self.outlasted = waited >= self.limit_s
                if self.outlasted or looks_left < 0:
                    raise
                if waited < ask_at or self._leaving.is_set():
                    continue
                if self._is_there():
                    ask_at = waited + min(waited, _ASKED_EVERY_S)
                elif time.monotonic() - began + _LOOK_S > self.patience_s:
                    raise

    def settimeout(self, seconds: float | None) -> None:
        """The driver's limits are not these."""

    def close(self) -> None:
        """Close the wire."""
        super().close()
        self._wire.close()
