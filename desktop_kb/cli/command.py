"""A command as data, the parser made of a table of them, and what commands share: their types of
arguments, and the library that is there."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn

from desktop_kb import __version__
from desktop_kb.cli import speech
from desktop_kb.cli.output import print_problem, wrapped
from desktop_kb.cli.speech import tr
from desktop_kb.errors import Problem, UsageProblem
from desktop_kb.kb import KnowledgeBase

Argument = tuple[tuple[str, ...], dict[str, Any]]

# argparse asks gettext for its words, which knows the system's locale but not the person's setting, and wants a
# compiled file for each language.
vars(argparse).update(
    _=speech.argparse_says, ngettext=lambda one, many, n: speech.argparse_says(one if n == 1 else many)
)


def argument(*names: str, **options: Any) -> Argument:
    """An argument of a command, as `ArgumentParser.add_argument` takes it."""
    return names, options


#: What every command knows, wherever it stands.
GENERAL: Final = (
    argument(
        "--version", action="version", version=f"desktop-kb {__version__}", help="say which version this is"
    ),
    argument("--library", metavar="DIR", help="the library's folder, or team:NAME (default: your own)"),
    argument("--verbose", action="store_true", help="print the log"),
)
JSON: Final = argument("--json", action="store_true", help="machine-readable output, one object a line")


class Command:
    """A command of the terminal.

    Args:
        run: does it, with what was parsed, and returns the exit code.
        help: what it does, for its line in the list and above its own help, in English, as `help` of its arguments.
        commands: those below it, where it has some; it can be run without one of them.
    """

    def __init__(
        self,
        name: str,
        run: Callable[[argparse.Namespace], int],
        help: str,
        *arguments: Argument,
        commands: Sequence[Command] = (),
    ) -> None:
        self.name, self.run, self.help = name, run, help
        self.arguments, self.commands = arguments, commands

    def add_to(self, parsers: Any, json: Any = False) -> None:
        """Have the parser know this command and those below it.

        Args:
            json: the value of `--json` where it is not given.
        """
        said = tr(self.help)
        parser: Parser = parsers.add_parser(self.name, help=said, description=said)
        parser.set_defaults(run=self.run)
        for names, options in (JSON, *self.arguments):
            parser.know((names, {**options, "default": json} if names == JSON[0] else options))
        if self.commands:
            listed = "|".join(command.name for command in self.commands)
            below = parser.add_subparsers(dest="action", metavar=listed)
            for command in self.commands:
                command.add_to(below, json=argparse.SUPPRESS)  # a default would undo 'models --json list'


class _Lines(argparse.HelpFormatter):
    """Breaks Chinese as well, whose characters take two columns and stand without blanks."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrapped(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in wrapped(text, width - len(indent)))


class Parser(argparse.ArgumentParser):
    """Says what is wrong as JSON where JSON was asked for."""

    json = False

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=_Lines, **options)

    def know(self, argument: Argument) -> None:
        """Add an argument; its help is said in the language that is spoken."""
        names, options = argument
        self.add_argument(*names, **(options | ({"help": tr(options["help"])} if "help" in options else {})))

    def error(self, message: str) -> NoReturn:
        if self.json:
            print_problem(UsageProblem("usage", reason=message), as_json=True)
        else:
            self.print_usage(sys.stderr)
            speech.tell(f"{self.prog}{tr(': ')}{message}")
        raise SystemExit(2)


def parser_of(commands: Sequence[Command]) -> Parser:
    """The parser of these commands, in this order."""
    parser = Parser(
        prog="desktop-kb", description=tr("A library of your PDFs and notes that answers, offline.")
    )
    for general in GENERAL:
        parser.know(general)
    parsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    for command in commands:
        command.add_to(parsers)
    return parser


# --- what commands share ---------------------------------------------------------------------

#: Which documents a command is about; all of them where it is not given.
FILTER = argument("filter", nargs="?", metavar="FILTER", help="such as tag:cars")


def filters(options: argparse.Namespace) -> tuple[str, ...]:
    return (options.filter,) if options.filter else ()


def existing(options: argparse.Namespace) -> KnowledgeBase:
    """The library that is there; a folder that was named and holds none is a mistake, the person's
    own library may be new."""
    try:
        return KnowledgeBase(options.library, create=not options.library, parts=options.parts)
    except Problem as problem:
        if problem.code != "no-password" or problem.path or options.json or not sys.stdin.isatty():
            raise
    from desktop_kb.kb.team import tell_password

    tell_password(
        options.library, getpass.getpass(tr("Password of {name}: ", name=options.library), sys.stderr)
    )
    return KnowledgeBase(options.library, create=False, parts=options.parts)


def count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(tr("'{text}' is not a number from 1", text=text))
    return int(text)


def seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(tr("'{text}' is not a number of seconds", text=text))
    return seconds
