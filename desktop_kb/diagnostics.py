"""Logging. Libraries are private: never log document text, queries or full paths at INFO.

The log names a file by the first digits of a hash of its path (`alias`).
"""

from __future__ import annotations

import hashlib
import logging
import logging.handlers
import os
import sys
import traceback
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from desktop_kb import paths
from desktop_kb.errors import Problem
from desktop_kb.files import private

_MOST_BYTES = 2_000_000
_FORMAT = "%(asctime)s %(levelname)s %(process)d %(threadName)s %(name)s: %(message)s"


class _Discreet(logging.Formatter):
    """Logs an exception's type and traceback but not its message, which may quote text or a path."""

    def formatException(self, info: Any) -> str:
        lines = ["Traceback (most recent call last):"]
        error: BaseException | None = info[1]
        while error is not None:
            frames = traceback.extract_tb(error.__traceback__)
            lines += [f"  {Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in frames]
            code = f" {error.code}" if isinstance(error, Problem) else ""
            lines.append(f"{type(error).__qualname__}{code}")
            error = error.__cause__ or error.__context__
        return "\n".join(lines)


class _Private(logging.handlers.RotatingFileHandler):
    """A rotating log whose files only their owner can read, rotated ones included."""

    def _open(self) -> TextIOWrapper:
        file = open(self.baseFilename, "ab", opener=private)  # noqa: SIM115 - closed by logging
        return TextIOWrapper(file, encoding=self.encoding)

    def doRollover(self) -> None:
        """Begin a new file, unless another program of ours has this one open: Windows does not rename it then,
        so it grows until one of them is alone."""
        if self.stream is not None:
            self.stream.close()
        try:
            os.replace(self.baseFilename, self.baseFilename)  # noqa: PTH105 - a rename that changes nothing
        except PermissionError:
            self.stream = self._open()
        else:
            super().doRollover()


def set_up(verbose: bool = False) -> None:
    """Log to the person's log folder, and with `verbose` everything also to stderr."""
    root = logging.getLogger("desktop_kb")
    root.setLevel(logging.DEBUG if verbose else logging.INFO)
    if root.handlers:
        return
    try:
        path = paths.log_dir() / "desktop-kb.log"
        file = _Private(path, maxBytes=_MOST_BYTES, backupCount=3, encoding="utf-8")
        file.setFormatter(_Discreet(_FORMAT))
        root.addHandler(file)
    except OSError as error:  # a read-only home must not stop the program
        sys.stderr.write(f"No log is kept: {error}\n")
    if verbose:
        screen = logging.StreamHandler()
        screen.setFormatter(logging.Formatter(_FORMAT))
        root.addHandler(screen)
    else:
        root.addHandler(logging.NullHandler())
    root.propagate = False


def alias(path: str) -> str:
    """A name for a file that does not reveal its path; always the same for the same path."""
    return hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[:8]
