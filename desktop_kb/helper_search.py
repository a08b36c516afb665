"""A terminal's search, answered by the helper. Imports next to nothing: what the commands need takes longer to import
than the helper to answer."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from desktop_kb import paths
from desktop_kb.frames import Message
from desktop_kb.helper.channel import Gone
from desktop_kb.helper.client import ENVIRONMENT, connected, is_on
from desktop_kb.helper.command_line import front

#: A helper that answers somebody else this long is not waited for.
_TURN_S: Final = 3.0
#: With these a search is answered by this process.
_OWN: Final = ("--batch", "--help")


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as it was typed: the library that was named, and what follows `search`."""

    library: str | None
    rest: list[str]


def answer(given: Sequence[str]) -> int | None:
    """Have the helper run this command line if it is a search, and print what it says.

    Returns the exit code; None if the command is to be run here.
    """
    asked = _asked(given)
    if asked is None or sys.stdout is None or sys.stderr is None or not is_on():
        return None
    if (asked.library or "").startswith(paths.TEAM):  # its password may have to be asked for
        return None
    library = paths.library(asked.library)
    if not library.database.exists():
        return None
    try:
        channel = connected(library)
        channel.send({"do": "run", "arguments": _command(asked, library), "terminal": terminal()})
        channel.receive(_TURN_S)
        message = channel.receive()
    except Gone:
        return None  # whatever happened to it, the search is done without
    except KeyboardInterrupt:
        from desktop_kb.cli import speech

        speech.tell_stopped()
        return 1
    channel.close()
    return _say(message, as_json="--json" in asked.rest)


def terminal() -> dict[str, Any]:
    """The terminal of this process, for the helper to write as if it were its own."""
    environment = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
    if "COLUMNS" not in environment and sys.stdout.isatty():
        columns = os.get_terminal_size(sys.stdout.fileno()).columns
        environment |= {"COLUMNS": str(columns)} if columns else {}
    return {"environment": environment, "tty": [sys.stdout.isatty(), sys.stderr.isatty()]}


def _asked(given: Sequence[str]) -> Asked | None:
    """The search that was typed; None for any other command, and for a search that runs here."""
    before, rest = front(given)
    options = rest[: rest.index("--")] if "--" in rest else rest
    if rest[:1] != ["search"] or "--verbose" in before or "-h" in options:
        return None
    for token in options:  # argparse takes '--bat' for '--batch'
        name = token.partition("=")[0]
        if len(name) > 2 and any(own.startswith(name) for own in _OWN):
            return None
    library: str | None = None
    tokens = iter(before)
    for token in tokens:
        name, equals, text = token.partition("=")
        library = text if equals else next(tokens, None)
        if library is None:
            return None
    return Asked(library, rest)


def _command(asked: Asked, library: paths.Library) -> list[str]:
    return [*(["--library", str(library.root)] if asked.library else []), *asked.rest]


def _say(message: Message, *, as_json: bool) -> int:
    """Print what the helper would have printed here, and return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    if sys.platform == "win32" and sys.stdout.isatty():
        from desktop_kb.cli.output import takes_escapes

        takes_escapes()
    try:
        for name, text in zip(message.header["streams"], message.blobs, strict=True):
            stream = sys.stdout if name == "stdout" else sys.stderr
            stream.write(text.decode("utf-8", "surrogatepass"))
            stream.flush()
    except OSError as error:
        from desktop_kb.cli.output import not_printed

        return not_printed(error, as_json=as_json)
    return int(message.header["exit"])
