"""The manual page, made of the table of commands, and the commands that print it and shells' scripts."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import Any, Final, get_args

from desktop_kb import __version__
from desktop_kb.cli.command import Command
from desktop_kb.cli.completion import Shell, completion
from desktop_kb.cli.outline import Level, Option, outline
from desktop_kb.cli.speech import tr

#: Sections without the commands, with what they say; `**word**` is bold, `_word_` a value's name.
_BEFORE: Final = (
    ("NAME", "desktop-kb - a library of your PDFs and notes that answers, offline"),
    ("SYNOPSIS", "**desktop-kb** [**--library** _DIR_] _COMMAND_ [_OPTIONS_] ..."),
    (
        "DESCRIPTION",
        "Keeps PDFs and notes in a library on your own disk and answers questions with the passages that say so. "
        "Without a command it opens the window, where there is a display. Options stand anywhere; after **--** "
        "everything is question.",
    ),
)
_ENVIRONMENT: Final = (
    ("DESKTOP_KB_HOME", "Where settings, the log and the library are, in place of the system's folders."),
    ("DESKTOP_KB_HELPER", "**off**: start no helper and ask none."),
    ("NO_COLOR", "Set, nothing is bold; so too where **TERM** is **dumb**."),
)
_EXIT: Final = (
    "0 where all is well, also where nothing is found; 1 where something failed, which is named; 2 for wrong "
    "usage."
)


#: A Chinese character or mark behind which a line may break, which roff does at blanks only.
_CHINESE: Final = re.compile(r"[⺀-鿿、。，：；？！）”](?![、。，：；？！）”]|$)")


def manual(commands: Sequence[Command]) -> str:
    """The manual page, in man(7), in the language that the terminal speaks."""
    program = outline(commands)
    version = __version__.replace("-", "\\-")
    lines = [
        ".\\\" made by 'desktop-kb man'",
        f'.TH DESKTOP\\-KB 1 "" "desktop\\-kb {version}" "{tr("User Commands")}"',
        ".ad l",
    ]
    for heading, text in _BEFORE:
        lines += [f".SH {tr(heading)}", _marked(tr(text))]
    lines += [f".SH {tr('OPTIONS')}", *map(_man_option, program.options), f".SH {tr('COMMANDS')}"]
    lines += [_man_level(level) for level in program.all() if level is not program]
    lines.append(f".SH {tr('ENVIRONMENT')}")
    lines += [f".TP\n.B {name}\n{_marked(tr(text))}" for name, text in _ENVIRONMENT]
    return "\n".join([*lines, f".SH {tr('EXIT STATUS')}", _roff(tr(_EXIT))]) + "\n"


def _marked(text: str) -> str:
    """Text with `**bold**` and `_names_` as roff writes them."""
    bold = re.sub(r"\*\*(.+?)\*\*", r"\\fB\1\\fR", _roff(text))
    return re.sub(r"\b_(\w+)_\b", r"\\fI\1\\fR", bold)


def _man_level(level: Level) -> str:
    named = " ".join(f"\\fI{_roff(one.takes)}\\fR" for one in level.positional)
    lines = [
        f".SS \\fB{_roff(level.words)}\\fR {named}".rstrip(),
        _roff(f"{level.help[:1].upper()}{level.help[1:]}{tr('.')}"),
    ]
    lines += [f".TP\n.I {_roff(one.takes)}\n{_roff(one.help)}" for one in level.positional if one.help]
    return "\n".join([*lines, *map(_man_option, level.options)])


def _man_option(option: Option) -> str:
    names = ", ".join(f"\\fB{_roff(name)}\\fR" for name in option.names)
    value = f" \\fI{_roff(option.takes)}\\fR" if option.takes else ""
    return f".TP\n{names}{value}\n{_roff(option.help) or chr(92) + '&'}"


def _roff(text: str) -> str:
    """Text that roff takes as it stands."""
    plain = _CHINESE.sub("\\g<0>\\\\:", text.replace("\\", "\\e").replace("-", "\\-"))
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
