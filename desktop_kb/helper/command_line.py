"""A command line taken apart as far as everybody needs it who reads one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

#: What stands before the command, whether or not a value follows.
_BEFORE: Final = {"--library": True, "--verbose": False}


def front(given: Sequence[str]) -> tuple[list[str], list[str]]:
    """What belongs before the command, wherever it stands, and the rest."""
    before: list[str] = []
    rest: list[str] = []
    tokens = iter(given)
    for token in tokens:
        if token == "--":
            rest += [token, *tokens]
        elif token.partition("=")[0] in _BEFORE:
            before.append(token)
            if _BEFORE.get(token):
                before += value(tokens)
        else:
            rest.append(token)
    return before, rest


def value(tokens: Iterator[str]) -> list[str]:
    """The next token, if there is one."""
    following = next(tokens, None)
    return [] if following is None else [following]
