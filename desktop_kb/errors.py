"""What can go wrong in the world, as data: a code and its details.

A `Problem` is not our bug, and is shown to a person without a traceback; any other exception is a
bug. No words stand here: `sentences` makes them where somebody reads them, in their language.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from typing import ClassVar

#: What JSON can hold: details are stored, cross process borders and are read by scripts.
JsonValue = None | bool | int | float | str | Sequence["JsonValue"] | Mapping[str, "JsonValue"]


class Problem(Exception):
    """Something in the world is in the way.

    Args:
        code: stable, scripts read it; `sentences` has its words.
        path: the user's file it is about, if any.
        details: what is particular this time: names, and numbers with their unit in the key
            (`limit_mib`). `reason` and `cause` are codes too, or what another program said.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, *, path: str | None = None, **details: JsonValue) -> None:
        self.code = code
        self.path = path
        self.details = details
        super().__init__(code)

    def __str__(self) -> str:
        """For the log."""
        return " ".join([self.code, *(f"{name}={value!r}" for name, value in self.details.items())])


class DocumentProblem(Problem):
    """One file cannot be read; it becomes a row that says why, with Retry."""


class Conflict(Problem):
    """At a file's place stands another content than the one that this machine saw there; nothing was stored. Details:
    `content`, the one that stands there."""


class StorageProblem(Problem):
    """The library itself cannot be read or written; the queue pauses."""


class ModelProblem(Problem):
    """A model is missing or broken; search goes on without it."""


class UsageProblem(Problem):
    """The request was not understood."""

    exit_code = 2


class WorkerDied(Exception):
    """A child process ended before it answered.

    `reason` is one of `timeout`, `memory`, `output`, `crashed`; its client turns it into a
    `Problem`.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason} {detail}".strip())


class Cancelled(Exception):
    """The person or the closing program asked to stop; silent."""


def is_full(error: OSError) -> bool:
    """Whether it says that the disk, or the person's share of it, is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def not_written(error: OSError, path: str | None) -> StorageProblem:
    """What it is that a file of the library's or the person's could not be written."""
    if is_full(error):
        return StorageProblem("disk-full", path=path)
    return StorageProblem("io-error", path=path, reason=reason_of(error))


def reason_of(error: OSError | UnicodeError) -> str:
    """Why a file could not be read or written, as a code: 'EACCES', 'not-utf-8', or the error's type
    where the operating system gives no number."""
    if isinstance(error, UnicodeError):
        return "not-utf-8"
    return errno.errorcode.get(error.errno or 0, type(error).__name__)
