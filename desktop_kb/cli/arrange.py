"""What was typed, in the order in which argparse takes it: options anywhere, and '-word' in a question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from desktop_kb.cli.command import Command
from desktop_kb.helper.command_line import front, value

_NUMBER: Final = re.compile(r"\d+")


def arranged(given: Sequence[str], search: Command) -> list[str]:
    """`--library` and `--verbose` before the command; of a search the options, then the words after '--', so
    that '-night' leaves out 'night'. `-n` with a number is the limit."""
    before, rest = front(given)
    if rest[:1] != [search.name]:
        return [*before, *rest]
    takes = {
        name: options.get("action") != "store_true"
        for names, options in search.arguments
        for name in names
        if name.startswith("--")
    } | {"--json": False, "--help": False}
    options: list[str] = []
    words: list[str] = []
    tokens = iter(rest[1:])
    for token in tokens:
        if token == "--":
            words += tokens
        elif token == "-h":
            options.append(token)
        elif token == "-n":
            following = next(tokens, None)
            if following is not None and _NUMBER.fullmatch(following):
                options += ["--limit", following]
            else:
                words += [token, *([] if following is None else [following])]
        elif token.startswith("--"):
            options.append(token)
            if takes.get(_whole(token, takes)):
                options += value(tokens)
        else:
            words.append(token)
    return [*before, search.name, *options, *(["--", *words] if words else [])]


def _whole(token: str, names: dict[str, bool]) -> str:
    """The option that this begins, as argparse completes it; with '=' it has its value."""
    found = [name for name in names if name.startswith(token)]
    return token if token in names else found[0] if len(found) == 1 else ""
