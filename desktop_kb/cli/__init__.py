"""The terminal commands over KnowledgeBase. A stable contract: scripts depend on it.

With `--json` stdout holds one ASCII JSON object a line and nothing else; progress, messages and
errors go to stderr. Exit 0: all well; 1: something failed and is named; 2: wrong usage.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import NoReturn

from desktop_kb import diagnostics
from desktop_kb.cli import speech
from desktop_kb.cli.adding import ADD, REFRESH, RETRY
from desktop_kb.cli.arrange import arranged
from desktop_kb.cli.assistants import MCP
from desktop_kb.cli.care import BACKUP, DOCTOR, EXPORT, RESTORE
from desktop_kb.cli.command import Parser, parser_of
from desktop_kb.cli.documents import LIST, PRUNE, REMOVE, STATUS
from desktop_kb.cli.finding import CHUNKS, EVALUATE, INSPECT, SEARCH
from desktop_kb.cli.folders import FOLDERS, WATCH
from desktop_kb.cli.helper import HELPER
from desktop_kb.cli.landscape import LANDSCAPE, WAY
from desktop_kb.cli.manual import texts_of
from desktop_kb.cli.marks import MARKS
from desktop_kb.cli.models import MODELS
from desktop_kb.cli.output import not_printed, print_problem, takes_escapes
from desktop_kb.cli.team import TEAM
from desktop_kb.cli.window import GUI, OPEN, QUICK, has_display
from desktop_kb.errors import Problem
from desktop_kb.kb import Parts

#: In the order of `desktop-kb --help`.
_COMMANDS = (
    ADD,
    SEARCH,
    CHUNKS,
    INSPECT,
    EVALUATE,
    LIST,
    REFRESH,
    RETRY,
    FOLDERS,
    WATCH,
    MARKS,
    LANDSCAPE,
    WAY,
    STATUS,
    REMOVE,
    PRUNE,
    BACKUP,
    RESTORE,
    EXPORT,
    GUI,
    OPEN,
    QUICK,
    DOCTOR,
    MODELS,
    TEAM,
    HELPER,
    MCP,
)
COMMANDS = (*_COMMANDS, *texts_of(_COMMANDS))


def main(arguments: Sequence[str] | None = None, parts: Parts | None = None) -> int:
    """Run one command and return its exit code; `parts` as `KnowledgeBase` takes them."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # the window's own program on Windows has neither
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    takes_escapes()
    with _ending_in_order():
        return run(sys.argv[1:] if arguments is None else arguments, parts)


def run(arguments: Sequence[str], parts: Parts | None = None) -> int:
    """As `main`, with the streams as they are."""
    given = arranged(arguments, COMMANDS)
    Parser.json = "--json" in (given[: given.index("--")] if "--" in given else given)
    speech.speak("en" if Parser.json else None)
    parser = parser_of(COMMANDS)
    options = parser.parse_args(given)
    if options.command is None:
        if not has_display():
            parser.print_help()
            return 0
        options = parser.parse_args([*given, "gui"])
    options.parts = parts
    diagnostics.set_up(options.verbose)
    try:
        code = int(options.run(options))
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except Problem as problem:
        print_problem(problem, as_json=options.json)
        return problem.exit_code
    except OSError as error:
        return not_printed(error, as_json=options.json)
    except KeyboardInterrupt:
        speech.tell_stopped()
        return 1


@contextlib.contextmanager
def _ending_in_order() -> Iterator[None]:
    """Within this context a termination signal, of a service manager or a terminal that is closed, stops the command as
    Ctrl+C does, so that unfinished files and children go. Then the process ends by that signal, which is what its
    sender looks for. A second signal ends it at once. The window has handlers of its own.
    """
    received: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> NoReturn:
        received.append(number)
        signal.signal(number, signal.SIG_DFL)
        raise KeyboardInterrupt

    # By name: Windows has no SIGHUP, and `nohup` ignores it.
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {
        number: signal.signal(number, stop)
        for number in numbers
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        if received:
            with contextlib.suppress(OSError):  # the terminal is gone
                sys.stdout.flush()
            signal.raise_signal(received[0])
        for number, handler in before.items():
            signal.signal(number, handler)
