"""Detects PDFs that crash the renderer, and with it the window.

A marker is a file on disk that names the PDF being drawn. It exists only while a visible page is being
drawn, and is removed when drawing is done or given up. A marker whose process is dead counts as a crash.
After two crashes a PDF is shown as text. A single one may be chance: the computer was switched off or the
program was killed while a page was being drawn.
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
    """The marker of one preview; it names one PDF at a time."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or _folder()
        self._mark: Path | None = None
        self._there = False

    def name(self, state: str) -> None:
        """Set the PDF that is drawn from now on (see `state_of`), and remove the marker of the one before."""
        self.lift()
        me = psutil.Process()
        self._mark = self._folder / f"{state}-{me.pid}-{int(me.create_time() * 100)}"

    def set(self) -> None:
        """Create the marker: drawing has started."""
        if self._mark is None or self._there:
            return
        try:
            make_private(self._folder)
            # No fsync: the file survives a crash of the process anyway, and a power cut is not a crash.
            with open(self._mark, "wb", opener=private):
                self._there = True
        except OSError as error:  # on a full disk, draw without a marker
            log.warning("drawing without a marker: %s", error.strerror)

    def lift(self) -> None:
        """Remove the marker: nothing is being drawn."""
        if self._mark is not None and self._there:
            self._there = False
            self._mark.unlink(missing_ok=True)

    @contextmanager
    def during(self) -> Iterator[None]:
        """Set the marker while the block runs; then restore its state from before."""
        before = self._there
        self.set()
        try:
            yield
        finally:
            if not before:
                self.lift()

    def condemned(self, state: str) -> bool:
        """Whether drawing this PDF has crashed the program so often that it is only drawn on request."""
        return len(self._deaths(state)) >= _DEATHS

    def pardon(self, state: str) -> None:
        """Allow this PDF to be drawn again; one more crash condemns it again."""
        for mark in self._deaths(state)[_DEATHS - 1 :]:
            mark.unlink(missing_ok=True)

    def _deaths(self, state: str) -> list[Path]:
        return [mark for mark in self._folder.glob(f"{state}-*") if not _alive(mark.name)]


def state_of(file: Path) -> str:
    """A name for this version of a file, which does not reveal its path and differs after a change.

    Raises:
        OSError: the file is missing or not accessible.
    """
    status = file.stat()
    state = f"{file}\0{status.st_size}\0{status.st_mtime_ns}"
    return hashlib.sha256(state.encode("utf-8", "surrogateescape")).hexdigest()[:24]


def _folder() -> Path:
    """The folder of markers. Deletes those of an earlier version, which also left them for healthy files."""
    shutil.rmtree(paths.data_dir() / "previews", ignore_errors=True)
    return paths.data_dir() / "drawing"


def _alive(name: str) -> bool:
    """Whether the process that left this marker still runs (same pid and start time, as pids are reused)."""
    _, pid, began = name.split("-")
    try:
        return abs(int(psutil.Process(int(pid)).create_time() * 100) - int(began)) <= 1
    except psutil.Error:
        return False
