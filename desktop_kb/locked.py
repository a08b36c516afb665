"""A lock between programs, of the operating system: it ends with the program that holds it."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from desktop_kb.errors import StorageProblem, reason_of


@contextlib.contextmanager
def locked(file: Path, wait_s: float = 0.0) -> Iterator[bool]:
    """Hold the lock that a file stands for, which is made beside what it guards and stays there; whether it was to be
    had in this time. Threads of one program wait for each other as programs do.

    Raises:
        StorageProblem: the folder is not there, or the disk refuses the file ('io-error').
    """
    import filelock  # here: who only reads settings does not wait for its import

    lock = filelock.FileLock(file, timeout=wait_s, mode=0o600)
    try:
        if not file.parent.is_dir():  # filelock would make the folder, and so an empty library
            raise FileNotFoundError(errno.ENOENT, "no such folder", str(file.parent))
        lock.acquire(poll_interval=0.01)
    except filelock.Timeout:
        yield False
        return
    except OSError as error:
        raise StorageProblem("io-error", path=str(file.parent), reason=reason_of(error)) from error
    try:
        yield True
    finally:
        lock.release()
