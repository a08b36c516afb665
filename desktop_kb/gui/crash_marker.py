"""The way back from a file that kills the renderer, and the window with it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import psutil

from desktop_kb import paths
from desktop_kb.files import make_private, private, sync


class Marker:
    """A file on disk that names the PDF being drawn, so that one that kills the program is drawn once.

    It is there while a page is being drawn and gone as soon as it was. One that outlived its
    process stays: that PDF is shown as text, until the file changes.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or paths.data_dir() / "previews"
        self._mark: Path | None = None
        self.file: Path | None = None

    def place(self, file: Path) -> bool:
        """Mark `file` as being drawn; False if drawing it has killed a process before."""
        self.remove()
        name = _name(file)
        if any(not _alive(mark.name) for mark in self._folder.glob(f"{name}-*")):
            return False
        me = psutil.Process()
        self.file = file
        self._mark = self._folder / f"{name}-{me.pid}-{int(me.create_time() * 100)}"
        self.keep()
        return True

    def keep(self) -> None:
        """Have the marker on disk."""
        if self._mark is not None and not self._mark.exists():
            make_private(self._folder)
            with open(self._mark, "wb", opener=private) as opened:
                sync(opened)

    def rest(self) -> None:
        """Nothing is being drawn at the moment."""
        if self._mark is not None:
            self._mark.unlink(missing_ok=True)

    def remove(self) -> None:
        """The file is not shown any more."""
        self.rest()
        self._mark = self.file = None


def _name(file: Path) -> str:
    """Names a file at its state, without its path in plain sight."""
    status = file.stat()
    state = f"{file}\0{status.st_size}\0{status.st_mtime_ns}"
    return hashlib.sha256(state.encode("utf-8", "surrogateescape")).hexdigest()[:24]


def _alive(name: str) -> bool:
    """The process that left this marker still runs (a pid comes again, with another start)."""
    _, pid, began = name.split("-")
    try:
        return abs(int(psutil.Process(int(pid)).create_time() * 100) - int(began)) <= 1
    except psutil.Error:
        return False
