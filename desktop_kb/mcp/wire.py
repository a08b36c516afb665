"""Messages as lines on this process's input and output.

Nothing else may be written to the output: whatever prints here, or in a child, prints to stderr.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Iterator, Mapping
from typing import IO, Any, Final

#: A note of some hundred pages; a longer line is passed over.
LONGEST: Final = 4 * 2**20


class Wire:
    """Lines in, messages out. Any thread may send."""

    def __init__(self, reader: IO[bytes], writer: IO[bytes]) -> None:
        self._reader, self._writer = reader, writer
        self._sending = threading.Lock()
        self._gone = False

    def lines(self) -> Iterator[bytes | None]:
        """The lines that come, until nobody writes any more; None for one that is too long."""
        while line := self._reader.readline(LONGEST + 1):
            if len(line) <= LONGEST:
                yield line
                continue
            while line and not line.endswith(b"\n"):
                line = self._reader.readline(LONGEST)
            yield None

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message; it is lost where nobody reads any more."""
        # Half a character, as a damaged file name has it, is one for Python and for no other program.
        line = json.dumps(message, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        with self._sending:
            if self._gone:
                return
            try:
                self._writer.write(line)
                self._writer.flush()
            except (OSError, ValueError):  # ValueError: it was closed on this side
                self._gone = True


@contextlib.contextmanager
def standard_streams() -> Iterator[Wire]:
    """This process's own input and output, which nothing else uses meanwhile."""
    nothing = os.open(os.devnull, os.O_RDWR)
    try:
        os.fstat(2)
    except (
        OSError
    ):  # who started it gave it no stderr; a number that is free would be taken by what is opened next
        os.dup2(nothing, 2)
    reader, writer = os.dup(0), os.dup(1)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    if nothing > 2:
        os.close(nothing)
    try:
        with os.fdopen(reader, "rb", closefd=False) as lines, os.fdopen(writer, "wb", closefd=False) as out:
            yield Wire(lines, out)
    finally:
        os.dup2(reader, 0)
        os.dup2(writer, 1)
        os.close(reader)
        os.close(writer)
