"""What was typed, in the order in which argparse takes it: options anywhere, and '-word' in a question."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from desktop_kb.cli.command import Command

_NUMBER: Final = re.compile(r"\d+")
#: What stands before the command, whether or not a value follows.
_BEFORE: Final = {"--library": True, "--verbose": False}


def arranged(given: Sequence[str], search: Command) -> list[str]:
    """`--library` and `--verbose` before the command; of a search the options, then the words after '--', so
    that '-night' leaves out 'night'. `-n` with a number is the limit."""
    front, rest = _front(given)
    if rest[:1] != [search.name]:
        return [*front, *rest]
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
                options += _value(tokens)
        else:
            words.append(token)
    return [*front, search.name, *options, *(["--", *words] if words else [])]


def _front(given: Sequence[str]) -> tuple[list[str], list[str]]:
    front: list[str] = []
    rest: list[str] = []
    tokens = iter(given)
    for token in tokens:
        if token == "--":
            rest += [token, *tokens]
        elif token.partition("=")[0] in _BEFORE:
            front.append(token)
            if _BEFORE.get(token):
                front += _value(tokens)
        else:
            rest.append(token)
    return front, rest


def _value(tokens: Iterator[str]) -> list[str]:
    value = next(tokens, None)
    return [] if value is None else [value]


def _whole(token: str, names: dict[str, bool]) -> str:
    """The option that this begins, as argparse completes it; with '=' it has its value."""
    found = [name for name in names if name.startswith(token)]
    return token if token in names else found[0] if len(found) == 1 else ""
