"""Looks that travel inside a text while it is put together, and are told apart from it when it is written.

A reader that builds a paragraph piece by piece does not know where in the document it will stand. So it wraps a
piece in signs that no text has (lone halves of characters, which no decoder gives), right beside its letters: what
joins, strips or folds blanks later leaves them there, and the text without the signs is the same as if there had
never been any.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from typing import Final, NamedTuple

from desktop_kb.extract.looks import MOST
from desktop_kb.records import Look, LookKind

_KINDS: Final[tuple[LookKind, ...]] = (
    "bold",
    "italic",
    "code",
    "struck",
    "raised",
    "lowered",
    "link",
    "math",
)
_FIRST: Final = 0xDFF0
_END: Final = chr(_FIRST)
_BEGIN: Final[dict[LookKind, str]] = {kind: chr(_FIRST + number) for number, kind in enumerate(_KINDS, 1)}
_SIGN: Final = re.compile("[\udff0-\udfff]")
_UNSEEN: Final = re.compile("[\\s\x00-\x1f\x7f\u00ad\u200b\ufeff]*")
_LONGEST: Final = 1_000  # characters of an address
_BREAK: Final = re.compile("([\n\v])")
#: The instruction of a field of Word that is a link: its address, and the place there.
_HYPERLINK: Final = re.compile(
    r"\s*HYPERLINK\s+(?:\"(?P<quoted>[^\"]*)\"|(?P<bare>[^\s\"\\]+))(?:\s+\\+l\s+\"(?P<place>[^\"]*)\")?",
    re.IGNORECASE,
)


class Run(NamedTuple):
    """Letters that look alike, and where they lead if they are a link."""

    text: str
    kinds: tuple[LookKind, ...] = ()
    address: str = ""


class Dressing:
    """The looks of one document, and where its links lead."""

    def __init__(self) -> None:
        self._count = 0

    def dressed(self, text: str, kind: LookKind, address: str = "") -> str:
        """The text with a look around its letters, on each line of it; a link's address stands between two signs."""
        if _BREAK.search(text):
            lines = _BREAK.split(text)
            return "".join(self.dressed(line, kind, address) if line.strip() else line for line in lines)
        begins = _UNSEEN.match(text)
        start = begins.end() if begins else 0
        end = len(text)
        while end > start and _UNSEEN.fullmatch(text[end - 1]):
            end -= 1
        spoilt = len(address) > _LONGEST or _SIGN.search(address) or any(c.isspace() for c in address)
        if start == end or self._count >= MOST or spoilt or (kind == "link" and not address):
            return text
        self._count += 1
        sign = _BEGIN[kind]
        # The address has no blanks, and its own signs around it: it never stands in the text.
        led = f"{sign}{address}{sign}" if kind == "link" else sign
        return f"{text[:start]}{led}{text[start:end]}{_END}{text[end:]}"

    def joined(self, runs: Iterable[Run]) -> str:
        """The text of runs, each with its looks; neighbours that look alike have them once."""
        parts = []
        for address, linked in groupby(runs, key=lambda run: run.address):
            inside = []
            for kinds, alike in groupby(linked, key=lambda run: run.kinds):
                text = "".join(run.text for run in alike)
                for kind in kinds:
                    text = self.dressed(text, kind)
                inside.append(text)
            parts.append(self.dressed("".join(inside), "link", address))
        return "".join(parts)


def address_of(instruction: str) -> str:
    """Where a field of Word leads; '' if it is no link, or leads to a place in its own document."""
    found = _HYPERLINK.match(instruction)
    if found is None:
        return ""
    address = found["quoted"] or found["bare"] or ""
    return f"{address}#{found['place']}" if address and found["place"] else address


def undressed(text: str, at: int = 0) -> tuple[str, list[Look]]:
    """A text without its signs, and its looks, as if it began at `at`."""
    if _SIGN.search(text) is None:
        return text, []
    pieces: list[str] = []
    looks: list[Look] = []
    opened: list[tuple[int, LookKind, str]] = []
    link = _BEGIN["link"]
    done = 0
    length = at
    while (found := _SIGN.search(text, done)) is not None:
        pieces.append(text[done : found.start()])
        length += found.start() - done
        done = found.end()
        if found[0] == _END:
            if opened:
                start, kind, detail = opened.pop()
                looks.append(Look(start, length, kind, detail))
        elif found[0] == link:
            behind = text.find(link, done)
            opened.append((length, "link", text[done:behind] if behind >= 0 else ""))
            done = behind + 1 if behind >= 0 else done
        else:
            opened.append((length, _KINDS[ord(found[0]) - _FIRST - 1], ""))
    pieces.append(text[done:])
    return "".join(pieces), looks
