"""The commands as an outline: what may follow each, for shells that complete it and for the manual page, in the
language that the terminal speaks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from desktop_kb.cli.command import GENERAL, JSON, Argument, Command
from desktop_kb.cli.speech import tr

#: Names of arguments that are files.
_FILE: Final = re.compile(r"FILE|PATH|DIR|FOLDER|\bF\b")


@dataclass(frozen=True, slots=True)
class Option:
    """An option, or what stands without one (`names` is empty then): `choices` are its values, `is_file` says that
    its value is one, `takes` how its value is called, '' where it has none."""

    names: tuple[str, ...]
    help: str
    takes: str
    choices: tuple[str, ...]
    is_file: bool
    repeats: bool


@dataclass(frozen=True, slots=True)
class Level:
    """A command with what may follow it; `words` are '' for the program itself, or such as 'models use'."""

    words: str
    help: str
    options: tuple[Option, ...]
    positional: tuple[Option, ...]
    below: tuple[Level, ...]

    def all(self) -> Iterator[Level]:
        """This one and those below it."""
        yield self
        for level in self.below:
            yield from level.all()

    @property
    def taking(self) -> list[str]:
        """The options after which a value follows, of this one and those below it."""
        options = [option for level in self.all() for option in level.options if option.takes]
        return sorted({name for option in options for name in option.names})

    @property
    def name(self) -> str:
        """Its last word."""
        return self.words.rpartition(" ")[2]

    @property
    def takes_files(self) -> bool:
        """Whether files may stand without an option."""
        return any(option.is_file for option in self.positional)

    @property
    def values(self) -> tuple[str, ...]:
        """What may stand without an option."""
        return (
            *(level.name for level in self.below),
            *(c for option in self.positional for c in option.choices),
        )


def outline(commands: Sequence[Command]) -> Level:
    """The program with everything below it."""
    below = tuple(_level(command, "") for command in commands)
    return Level("", "", tuple(map(_option, GENERAL)), (), below)


def _level(command: Command, above: str) -> Level:
    words = f"{above} {command.name}".strip()
    found = [_option(argument) for argument in (JSON, *command.arguments)]
    options = tuple(option for option in found if option.names)
    positional = tuple(option for option in found if not option.names)
    below = tuple(_level(one, words) for one in command.commands)
    return Level(words, tr(command.help), options, positional, below)


def _option(argument: Argument) -> Option:
    names, given = argument
    is_switch = given.get("action") in ("store_true", "version")
    dest = names[0].lstrip("-").replace("-", "_").upper()
    choices = tuple(map(str, given.get("choices") or ()))
    takes = "" if is_switch else str(given.get("metavar") or "|".join(choices) or dest)
    is_file = bool(_FILE.search(takes)) and not choices
    repeats = given.get("action") == "append" or given.get("nargs") in ("*", "+")
    own = tuple(name for name in names if name.startswith("-"))
    return Option(own, tr(given["help"]) if "help" in given else "", takes, choices, is_file, repeats)
