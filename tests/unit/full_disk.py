"""A disk that is full after so many writes: SQLite's own files through a VFS of APSW."""

from __future__ import annotations

from typing import Any

import apsw


class FullDisk(apsw.VFS):  # type: ignore[misc]
    """While it is registered every connection goes through it.

    Attributes:
        left: writes that still succeed; None means any number.
        writes: how many there were.
    """

    def __init__(self) -> None:
        self.left: int | None = None
        self.writes = 0
        self.below = apsw.vfs_names()[0]
        super().__init__("full-disk", "", makedefault=True)

    def xOpen(self, name: Any, flags: list[int]) -> _File:
        return _File(self, name, flags)

    def write(self) -> None:
        """One write is wanted."""
        self.writes += 1
        if self.left is not None:
            if self.left <= 0:
                raise apsw.FullError("database or disk is full")
            self.left -= 1


class _File(apsw.VFSFile):  # type: ignore[misc]
    def __init__(self, disk: FullDisk, name: Any, flags: list[int]) -> None:
        self._disk = disk
        super().__init__(disk.below, name, flags)

    def xWrite(self, data: Any, offset: int) -> None:
        self._disk.write()
        super().xWrite(data, offset)
