"""What an open library asks of the helper: to encode with the models that it keeps loaded."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from desktop_kb import paths
from desktop_kb.frames import Message
from desktop_kb.helper import client
from desktop_kb.helper.channel import Channel, Gone, Late, connect

log = logging.getLogger(__name__)

#: How long no helper is started again after one could not be, and none is asked that did not answer in time.
_PAUSE_S: Final = 60.0


class Link:
    """Connections to the helper of one library, one for each request under way. Thread-safe.

    Attributes:
        starts: whether a helper is started where there is none; else only one that is there is asked.
    """

    def __init__(self, library: paths.Library) -> None:
        self.starts = False
        self._library = library
        self._lock = threading.Lock()
        self._idle: list[Channel] = []
        self._busy: set[Channel] = set()
        self._closed = False
        self._not_started_before = self._not_asked_before = 0.0

    def ask(self, header: Mapping[str, Any], blobs: Sequence[bytes]) -> Message | None:
        """The helper's answer; None if there is no helper, or it ended before it answered."""
        while True:
            channel, used_before = self._take()
            if channel is None:
                return None
            try:
                channel.send(header, blobs)
                answer = channel.receive()
            except Gone as gone:
                log.info("the helper has gone: %s", gone)
                channel.close()
                with self._lock:
                    self._busy.discard(channel)
                if not used_before:
                    return None
                continue  # it was idle long enough to end; there may be another one
            with self._lock:
                self._busy.discard(channel)
                self._idle.append(channel)
            return answer

    def close(self) -> None:
        """Ask nobody from now on; who waits for an answer gets none."""
        with self._lock:
            self._closed = True
            channels = [*self._idle, *self._busy]
            self._idle.clear()
        for channel in channels:
            channel.close()

    def _take(self) -> tuple[Channel | None, bool]:
        """A connection, and whether it has been used before."""
        with self._lock:
            if self._closed:
                return None, False
            channel = self._idle.pop() if self._idle else None
        used_before = channel is not None
        channel = channel or self._connected()
        if channel is not None:
            with self._lock:
                self._busy.add(channel)
        return channel, used_before

    def _connected(self) -> Channel | None:
        now = time.monotonic()
        if now < self._not_asked_before or not client.is_on():
            return None
        try:
            if not self.starts or now < self._not_started_before:
                return connect(self._library)
            return client.connected(self._library)
        except Late:  # it hangs, and each request would wait for it anew
            self._not_asked_before = time.monotonic() + _PAUSE_S
        except Gone:
            if self.starts:
                self._not_started_before = time.monotonic() + _PAUSE_S
        return None
