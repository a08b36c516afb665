"""What was typed, in the order in which argparse takes it: options anywhere, and '-word' in a question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from desktop_kb.cli.command import Command
from desktop_kb.helper.command_line import front, value

_NUMBER: Final = re.compile(r"\d+")


def arranged(given: Sequence[str], commands: Sequence[Command]) -> list[str]:
    """`--library` and `--verbose` before the command, then its options, then all else, behind '--' where it might be
    taken for an option: so '-night' leaves out 'night'. `-n` with a number is the limit of what has one."""
    before, rest = front(given)
    command = next((command for command in commands if rest[:1] == [command.name]), None)
    if command is None or command.commands:
        return [*before, *rest]
    takes = {
        name: options.get("action") != "store_true" for names, options in command.arguments for name in names
    } | {"--json": False, "--help": False, "-h": False}
    options: list[str] = []
    words: list[str] = []
    tokens = iter(rest[1:])
    for token in tokens:
        if token == "--":
            words += tokens
        elif token == "-n" and "--limit" in takes:
            following = next(tokens, None)
            if following is not None and _NUMBER.fullmatch(following):
                options += ["--limit", following]
            else:
                words += [token, *([] if following is None else [following])]
        elif token.startswith("--") or (token.startswith("-") and token in takes):
            options.append(token)
            if takes.get(_whole(token, takes)):
                options += value(tokens)
        else:
            words.append(token)
    apart = any(word.startswith("-") and word != "-" for word in words)
    return [*before, command.name, *options, *(["--"] if apart else []), *words]


def _whole(token: str, names: dict[str, bool]) -> str:
    """The option that this begins, as argparse completes it; with '=' it has its value."""
    found = [name for name in names if name.startswith(token)]
    return token if token in names else found[0] if len(found) == 1 else ""
