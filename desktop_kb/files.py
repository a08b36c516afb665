"""Writing files so that they survive: whole under their name, and on the disk before we go on."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import IO, Final

_UNFINISHED: Final = re.compile(r"\.[a-z0-9_]{8}\.tmp")  # the names that `tempfile` makes


def sync(file: IO[bytes] | IO[str]) -> None:
    """Write what an open file still buffers, and wait until the disk has it.

    The file must be open for writing: Windows refuses to flush any other
    (https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-flushfilebuffers).
    """
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the names in a folder: without it a power cut may undo a rename or a
    removal. Windows has no such call; NTFS keeps names in its journal."""
    if os.name == "posix":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file in one step: at any moment the old content or the new one stands under its name.

    A new file is its owner's alone; one that is there keeps its rights, and a link stays a link.
    """
    target = path.resolve()
    handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=target.parent)
    scratch = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            sync(file)
        if target.exists():
            shutil.copymode(target, scratch)
        scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)


def is_unfinished(name: str) -> bool:
    """Whether a file of this name is what `write_whole` was still writing, perhaps when it was killed."""
    return _UNFINISHED.fullmatch(name) is not None
