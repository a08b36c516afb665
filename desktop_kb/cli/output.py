"""Results on stdout, as JSON for scripts or lines for people; problems on stderr."""

from __future__ import annotations

import errno
import json
import os
import sys
from typing import Any, TextIO

from desktop_kb.cli.speech import tell, tr, words_of
from desktop_kb.errors import Problem, StorageProblem
from desktop_kb.rows import problem_record

#: Numbers of Windows' console.
_STDOUT, _STDERR, _VIRTUAL_TERMINAL = -11, -12, 0x0004


def takes_escapes() -> None:
    """Have Windows' console take escape sequences, for bold and the progress line, as others do by themselves
    (https://learn.microsoft.com/en-us/windows/console/console-virtual-terminal-sequences)."""
    if sys.platform == "win32":
        import ctypes

        kernel, mode = ctypes.windll.kernel32, ctypes.c_uint32()
        for number in (_STDOUT, _STDERR):
            handle = kernel.GetStdHandle(number)
            if kernel.GetConsoleMode(handle, ctypes.byref(mode)):
                kernel.SetConsoleMode(handle, mode.value | _VIRTUAL_TERMINAL)


def moves(stream: TextIO) -> bool:
    """Whether a line can be written over: on a terminal that knows escape sequences."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def is_styled(stream: TextIO) -> bool:
    """Whether text may be bold there; NO_COLOR (https://no-color.org) says that it is not wanted."""
    return moves(stream) and not os.environ.get("NO_COLOR")


def reader_has_gone(error: OSError) -> bool:
    """Whether the reader of our output ended before it, as `head` and `more` do. Windows has no error of its own
    for that."""
    return isinstance(error, BrokenPipeError) or (error.errno == errno.EINVAL and error.filename is None)


def wrapped(text: str, columns: int) -> list[str]:
    """Lines of so many columns: Chinese breaks anywhere, other text between words."""
    import wcwidth  # here: only what prints passages or help needs its tables

    return [line for paragraph in text.splitlines() for line in wcwidth.wrap(paragraph, columns)]


def padded(text: str, columns: int) -> str:
    """The text with blanks behind it up to so many columns."""
    if text.isascii():
        return text.ljust(columns)
    import wcwidth

    return text + " " * (columns - wcwidth.width(text))


def emit(record: dict[str, Any], line: str | None, as_json: bool) -> None:
    """Print a result; without a line there is nothing for a person here."""
    if as_json:
        print(json.dumps(record), flush=True)
    elif line is not None:
        print(line, flush=True)


def print_problem(problem: Problem, *, as_json: bool) -> None:
    """Say what went wrong, on stderr."""
    if as_json:
        print(json.dumps({"error": problem_record(problem)}), file=sys.stderr)
    else:
        said = words_of(problem)
        tell(f"{problem.path}{tr(': ')}{said}" if problem.path else said)


def not_printed(error: OSError, *, as_json: bool) -> int:
    """The exit code where output could not be written; an error of anything else is raised again."""
    if error.errno == errno.ENOSPC and error.filename is None:  # what takes our output is full
        # Python writes the rest at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print_problem(StorageProblem("disk-full"), as_json=as_json)
        return 1
    if not reader_has_gone(error):
        raise error
    sys.stderr.close()
    return 0
