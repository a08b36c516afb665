"""Arguments of the Python interface, refused where they would be taken for something else.

A string is a sequence of strings, and '.' and '/' among its letters are folders: so where several
things are meant, one that stands alone is refused, with how to write it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, TypeVar

Kind = TypeVar("Kind")


def several(name: str, values: Iterable[Kind], kinds: type | tuple[type, ...], called: str) -> list[Kind]:
    """The values of the argument `name`, as a list.

    Args:
        kinds: what a value may be.
        called: what people call the values.

    Raises:
        TypeError: it is one thing where several are meant, or holds something else.
    """
    wanted = f"{name} takes a list of {called}"
    if isinstance(values, kinds):
        raise TypeError(f"{wanted}; for this one alone write [{_shown(values)}]")
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise TypeError(f"{wanted}, not {_shown(values)}")
    listed = list(values)
    for value in listed:
        if not isinstance(value, kinds):
            raise TypeError(f"{wanted}; {_shown(value)} is none")
    return listed


def whole(name: str, value: int, least: int) -> int:
    """The value of the argument `name`, a whole number from `least`.

    Raises:
        ValueError: it is smaller, or no whole number.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} is a whole number from {least}, not {_shown(value)}")
    return value


def one_of(name: str, value: str, choices: tuple[str, ...]) -> str:
    """The value of the argument `name`, one of `choices`.

    Raises:
        ValueError: it is none of them.
    """
    if value not in choices:
        listed = ", ".join(map(repr, choices))
        raise ValueError(f"{name} is one of {listed}, not {_shown(value)}")
    return value


def _shown(value: Any) -> str:
    shown = os.fspath(value) if isinstance(value, os.PathLike) else value
    text = repr(shown)
    return text if len(text) <= 80 else f"{text[:77]}..."
