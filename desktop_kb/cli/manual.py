"""The manual page, made of the table of commands, and the commands that print it and shells' scripts."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, Final, get_args

from desktop_kb import __version__
from desktop_kb.cli.command import Command
from desktop_kb.cli.completion import Shell, completion
from desktop_kb.cli.outline import Level, Option, outline

_MAN: Final = r""".\" made by 'desktop-kb man'
.TH DESKTOP\-KB 1 "" "desktop\-kb @VERSION@" "User Commands"
.SH NAME
desktop\-kb \- a library of your PDFs and notes that answers, offline
.SH SYNOPSIS
.B desktop\-kb
[\fB\-\-library\fR \fIDIR\fR] \fICOMMAND\fR [\fIOPTIONS\fR] ...
.SH DESCRIPTION
Keeps PDFs and notes in a library on your own disk and answers questions with the passages that say so. Without a
command it opens the window, where there is a display. Options stand anywhere; after \fB\-\-\fR everything is question.
.SH OPTIONS
@GENERAL@
.SH COMMANDS
@COMMANDS@
.SH ENVIRONMENT
.TP
.B DESKTOP_KB_HOME
Where settings, the log and the library are, in place of the system's folders.
.TP
.B DESKTOP_KB_HELPER
\fBoff\fR: start no helper and ask none.
.TP
.B NO_COLOR
Set, nothing is bold; so too where \fBTERM\fR is \fBdumb\fR.
.SH EXIT STATUS
0 where all is well, also where nothing is found; 1 where something failed, which is named; 2 for wrong usage.
"""


def manual(commands: Sequence[Command]) -> str:
    """The manual page, in man(7)."""
    program = outline(commands)
    general = "\n".join(map(_man_option, program.options))
    listed = "\n".join(_man_level(level) for level in program.all() if level is not program)
    page = _MAN.replace("@VERSION@", __version__.replace("-", "\\-"))
    return page.replace("@GENERAL@", general).replace("@COMMANDS@", listed)


def _man_level(level: Level) -> str:
    named = " ".join(f"\\fI{_roff(one.takes)}\\fR" for one in level.positional)
    lines = [
        f".SS \\fB{_roff(level.words)}\\fR {named}".rstrip(),
        _roff(f"{level.help[:1].upper()}{level.help[1:]}."),
    ]
    lines += [f".TP\n.I {_roff(one.takes)}\n{_roff(one.help)}" for one in level.positional if one.help]
    return "\n".join([*lines, *map(_man_option, level.options)])


def _man_option(option: Option) -> str:
    names = ", ".join(f"\\fB{_roff(name)}\\fR" for name in option.names)
    value = f" \\fI{_roff(option.takes)}\\fR" if option.takes else ""
    return f".TP\n{names}{value}\n{_roff(option.help) or chr(92) + '&'}"


def _roff(text: str) -> str:
    """Text that roff takes as it stands."""
    plain = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain


def texts_of(commands: Sequence[Command]) -> tuple[Command, Command]:
    """The commands `completion` and `man` for these commands and themselves."""

    def complete(options: argparse.Namespace) -> int:
        print(completion((*commands, *own), options.shell), end="")
        return 0

    def show(_options: argparse.Namespace) -> int:
        print(manual((*commands, *own)), end="")
        return 0

    shells: dict[str, Any] = {"choices": get_args(Shell), "metavar": "|".join(get_args(Shell))}
    own = (
        Command(
            "completion",
            complete,
            "print the script that completes commands in a shell",
            (("shell",), shells),
        ),
        Command("man", show, "print the manual page"),
    )
    return own
