"""The way back from a file that kills the renderer, and the window with it.

A marker is a file on disk that names the PDF being drawn. It is there only while a page in sight
is drawn, and goes with every orderly end of that, done or not. One that outlived its process is a
death; a PDF of two deaths is shown as text. One may be chance: a page was being drawn when the
machine went off, or somebody ended the program by force.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

from desktop_kb import paths
from desktop_kb.files import make_private, private

log = logging.getLogger(__name__)

_DEATHS: Final = 2


class Marker:
    """The marker of one preview, which shows one PDF at a time."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or _folder()
        self._mark: Path | None = None
        self._there = False

    def name(self, state: str) -> None:
        """The PDF that is drawn from now on (see `state_of`); the one before is let go of."""
        self.lift()
        me = psutil.Process()
        self._mark = self._folder / f"{state}-{me.pid}-{int(me.create_time() * 100)}"

    def set(self) -> None:
        """Drawing has begun."""
        if self._mark is None or self._there:
            return
        try:
            make_private(self._folder)
            # Not flushed to the disk: it outlives the process as it is, and a power cut is no death.
            with open(self._mark, "wb", opener=private):
                self._there = True
        except OSError as error:  # a full disk is no reason to show nothing
            log.warning("drawing without a marker: %s", error.strerror)

    def lift(self) -> None:
        """Nothing is being drawn at the moment."""
        if self._mark is not None and self._there:
            self._there = False
            self._mark.unlink(missing_ok=True)

    @contextmanager
    def during(self) -> Iterator[None]:
        """Marked while the block runs, and afterwards if it was before."""
        before = self._there
        self.set()
        try:
            yield
        finally:
            if not before:
                self.lift()

    def condemned(self, state: str) -> bool:
        """Whether drawing this PDF has ended the program so often that it is not tried unasked."""
        return len(self._deaths(state)) >= _DEATHS

    def pardon(self, state: str) -> None:
        """Somebody wants it drawn all the same: one death more, and it is condemned again."""
        for mark in self._deaths(state)[_DEATHS - 1 :]:
            mark.unlink(missing_ok=True)

    def _deaths(self, state: str) -> list[Path]:
        return [mark for mark in self._folder.glob(f"{state}-*") if not _alive(mark.name)]


def state_of(file: Path) -> str:
    """Names a file as it is now, without its path in plain sight: after a change it is another.

    Raises:
        OSError: it is not there, or nobody may look at it.
    """
    status = file.stat()
    state = f"{file}\0{status.st_size}\0{status.st_mtime_ns}"
    return hashlib.sha256(state.encode("utf-8", "surrogateescape")).hexdigest()[:24]


def _folder() -> Path:
    """Where markers lie; those of an earlier version, which left them at healthy files too, are forgotten."""
    shutil.rmtree(paths.data_dir() / "previews", ignore_errors=True)
    return paths.data_dir() / "drawing"


def _alive(name: str) -> bool:
    """The process that left this marker still runs (a pid comes again, with another start)."""
    _, pid, began = name.split("-")
    try:
        return abs(int(psutil.Process(int(pid)).create_time() * 100) - int(began)) <= 1
    except psutil.Error:
        return False
