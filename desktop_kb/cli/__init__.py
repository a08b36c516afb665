"""The terminal commands over KnowledgeBase. A stable contract: scripts depend on it.

With `--json` stdout holds one ASCII JSON object a line and nothing else; progress, messages and
errors go to stderr. Exit 0: all well; 1: something failed and is named; 2: wrong usage.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence

from desktop_kb import diagnostics
from desktop_kb.cli import speech
from desktop_kb.cli.adding import ADD, REFRESH, RETRY
from desktop_kb.cli.arrange import arranged
from desktop_kb.cli.care import BACKUP, DOCTOR, EXPORT, RESTORE
from desktop_kb.cli.command import Parser, parser_of
from desktop_kb.cli.documents import LIST, PRUNE, REMOVE, STATUS
from desktop_kb.cli.finding import CHUNKS, EVALUATE, INSPECT, SEARCH
from desktop_kb.cli.models import MODELS
from desktop_kb.cli.output import print_problem, reader_has_gone, takes_escapes
from desktop_kb.cli.window import GUI, has_display
from desktop_kb.errors import Problem, StorageProblem
from desktop_kb.kb import Parts

#: In the order of `desktop-kb --help`.
COMMANDS = (
    ADD,
    SEARCH,
    CHUNKS,
    INSPECT,
    EVALUATE,
    LIST,
    REFRESH,
    RETRY,
    STATUS,
    REMOVE,
    PRUNE,
    BACKUP,
    RESTORE,
    EXPORT,
    GUI,
    DOCTOR,
    MODELS,
)


def main(arguments: Sequence[str] | None = None, parts: Parts | None = None) -> int:
    """Run one command and return its exit code; `parts` as `KnowledgeBase` takes them."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # the window's own program on Windows has neither
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    takes_escapes()
    parser = parser_of(COMMANDS)
    given = arranged(sys.argv[1:] if arguments is None else arguments, SEARCH)
    Parser.json = "--json" in (given[: given.index("--")] if "--" in given else given)
    speech.speak("en" if Parser.json else None)
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
        if error.errno == errno.ENOSPC and error.filename is None:  # what takes our output is full
            os.dup2(
                os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
            )  # Python writes the rest at its end
            print_problem(StorageProblem("disk-full"), as_json=options.json)
            return 1
        if not reader_has_gone(error):
            raise
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        speech.tell("Stopped. What is done is kept; the rest goes on at the next start.")
        return 1
