"""Scratch folders: private, beside what is made in them, and cleared by the next one after a kill."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

#: The name of a scratch folder: what it is for, the id of its process and, in hexadecimal, a number and the machine.
_SCRATCH: Final = re.compile(r"\.([a-z]+)-(\d+)-[0-9a-f]+(?:-([0-9a-f]{8}))?")


def scratch_name(parent: Path, use: str = "incoming") -> Path:
    """A path for unfinished files of this process; `scratch_folder` deletes those of dead processes."""
    return parent / f".{use}-{os.getpid()}-{secrets.token_hex(4)}-{_machine()}"


@contextlib.contextmanager
def scratch_folder(parent: Path, use: str = "incoming") -> Iterator[Path]:
    """A new private folder in `parent`, deleted afterwards. First deletes what dead processes of this machine left
    there for the same use: on a drive that is shared, whether another machine's live cannot be known here."""
    import psutil  # here: a search that the helper answers has no use for it, and waits for the import

    for path in parent.glob(f".{use}-*"):
        name = _SCRATCH.fullmatch(path.name)
        if name and name[1] == use and name[3] in (None, _machine()) and not psutil.pid_exists(int(name[2])):
            shutil.rmtree(path, ignore_errors=True)
    folder = scratch_name(parent, use)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _machine() -> str:
    """What tells this machine from others that write to the same drive."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]
