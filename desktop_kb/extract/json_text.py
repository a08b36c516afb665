r"""JSON and JSON Lines as text: escapes are read as what they stand for ('\u4e2d' is 中), and what was written
on one line is read as a line for each value, so that it can be cut."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

from desktop_kb.errors import Problem
from desktop_kb.extract.decoding import decode
from desktop_kb.extract.layout import invisible, newlines, settle
from desktop_kb.records import Edit, Extracted, Layout

_TOKEN: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|,(?=\s*["{\[])', re.DOTALL)
_ESCAPE: Final = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[\"\\/bfnrt])"
)
_SHORT: Final = {"b": "", "f": " ", "n": "\n", "r": "", "t": " "}
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]{200,}={0,2}")
_LONG_LINE = 400  # characters; a longer line holds several values


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """Raises:
    Problem: not-text.
    """
    text = decode(data)
    long_lines = [m.span() for m in re.finditer(r"[^\n]+", text) if len(m[0]) > _LONG_LINE]
    edits: list[Edit] = []
    for escape in _ESCAPE.finditer(text):
        edits.append(Edit(escape.start(), escape.end(), _meant(escape[0])))
    for start, end in long_lines:
        for token in _TOKEN.finditer(text, start, end):
            if token[0] == ",":
                edits.append(Edit(token.start(), token.end(), ",\n"))
    edits += [Edit(*found.span()) for found in _BASE64.finditer(text)]
    return Extracted(text, "", Layout(edits=settle([*edits, *invisible(text), *newlines(text)])))


def loaded(text: str) -> dict[str, Any]:
    """The object that a text in JSON is.

    Raises:
        Problem: damaged.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Problem("damaged") from error
    if not isinstance(found, dict):
        raise Problem("damaged")
    return found


def _meant(escape: str) -> str:
    if escape[1] != "u":
        return _SHORT.get(escape[1], escape[1])
    units = bytes.fromhex("".join(escape.split("\\u")))
    character = units.decode("utf-16-be", "replace")
    return character if character.isprintable() or character.isspace() else ""
