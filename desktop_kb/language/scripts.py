"""Han characters, and the characters of other scripts without spaces."""

from __future__ import annotations

import re
from typing import Final

#: Han characters: the unified blocks, the compatibility block, and the signs 々 and 〇.
HAN: Final = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
#: Kana, Hangul, and the scripts of Thai, Lao, Burmese and Khmer, with their marks; we have no dictionary for
#: them, so they are indexed as bigrams.
UNSPACED: Final = (
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uac00-\ud7a3"
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u0edc\u0edd\u1000-\u103f\u1050-\u108f\u1780-\u17d3\u17d7\u17dc\u17dd"
)

_is_han = re.compile(f"[{HAN}]").match
HAN_RUN = re.compile(f"[{HAN}]+")


def is_han(char: str) -> bool:
    """Whether `char` is one Chinese character."""
    return _is_han(char) is not None


def between_han(text: str) -> list[str]:
    """What stands before, between and after the Chinese characters of a text; without any, the text."""
    return [text] if text.isascii() else HAN_RUN.split(text)


def without_han(text: str) -> str:
    """The text with a space in place of every Chinese character; the rest needs no dictionary."""
    return text if text.isascii() else HAN_RUN.sub(lambda run: " " * len(run[0]), text)
