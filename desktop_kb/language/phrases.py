"""Phrases word for word: a text without what people write differently, and whether a phrase stands in it."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from desktop_kb.language.folding import EXPANSION, fold
from desktop_kb.language.scripts import HAN, UNSPACED, is_han
from desktop_kb.language.terms import CONNECTORS, INVISIBLE, scan

_ENDS = re.compile(r"[.,;:!?)]?(?:[ \t\n]|\Z)")
_JOINT = re.compile(rf"[{re.escape(CONNECTORS)}]+(?=\w)")
_DROPPED = str.maketrans("", "", "',")
_UNBLANKED = str.maketrans("", "", " \t")
_SOLID = f"{HAN}{UNSPACED}"


def bare(text: str) -> str:
    """The text normalised for phrase matching: folded, without punctuation, one blank between words and none
    next to characters of scripts without spaces."""
    text = re.sub(f"[{INVISIBLE}]", "", unicodedata.normalize("NFC", text))
    parts: list[str] = []
    spaced = False
    for match in scan(fold(text).translate(EXPANSION)):
        if match.lastgroup == "emoji":
            continue
        part, word = match[0].translate(_UNBLANKED), match.lastgroup == "word"
        if word:
            part = _JOINT.sub(" ", part.translate(_DROPPED))
        parts += [" ", part] if word and spaced else [part]
        spaced = word
    return "".join(parts)


def holds(text: str, phrase: str) -> bool:
    """Whether `phrase` occurs in `text` as whole words; both must come from `bare`."""
    at = text.find(phrase) if phrase else -1
    while at >= 0:
        if _stands_apart(text, at, at + len(phrase)):
            return True
        at = text.find(phrase, at + 1)
    return False


def says(text: str, phrase: str) -> bool:
    """Whether a text as it stands holds `phrase`, which must come from `bare`."""
    return _stands_plainly(fold(text), phrase) or holds(bare(text), phrase)


def _stands_plainly(folded: str, phrase: str) -> bool:
    """Whether `phrase` stands there letter for letter, between blanks or in a Chinese sentence, so that `bare`, which
    takes 300 us for a passage, is not needed to see it."""
    at = folded.find(phrase) if phrase else -1
    if at >= 0 and all(map(is_han, phrase)):
        return True
    while at >= 0 and phrase.isascii():
        if not folded[max(0, at - 1) : at].strip("( \t\n") and _ENDS.match(folded, at + len(phrase)):
            return True
        at = folded.find(phrase, at + 1)
    return False


def _stands_apart(text: str, start: int, end: int) -> bool:
    """Whether no word of the text goes on across the ends of this range. Not one pattern with the phrase in it:
    compiling that takes 5 ms."""
    solid, letter = _edges()
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    return not (
        (letter.match(before) and not solid.match(text[start]))
        or ((letter.match(after) or after in ("+", "#")) and not solid.match(text[end - 1]))
    )


@cache
def _edges() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Characters of scripts without spaces, and letters of the others."""
    return re.compile(f"[{_SOLID}]"), re.compile(rf"[^\W{_SOLID}]")
