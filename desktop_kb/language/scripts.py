"""The script of a character, and the main language of a text."""

from __future__ import annotations

import re
from typing import Final

#: Han characters: the unified blocks, the compatibility block, and the signs 々 and 〇.
HAN: Final = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
#: Kana and Hangul, which we have no dictionary for; indexed as bigrams.
UNSPACED: Final = "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uac00-\ud7a3"

_is_han = re.compile(f"[{HAN}]").match
HAN_RUN = re.compile(f"[{HAN}]+")


def is_han(char: str) -> bool:
    """Whether `char` is one Chinese character."""
    return _is_han(char) is not None


def without_han(text: str) -> str:
    """The text with a space in place of every Chinese character; the rest needs no dictionary."""
    return text if text.isascii() else HAN_RUN.sub(lambda run: " " * len(run[0]), text)


_LATIN_RUN = re.compile(r"[a-zA-Z\u00c0-\u024f]+")
_OTHER_RUN = re.compile(r"[\u0370-\u1fff\u3041-\u30ff\uac00-\ud7a3]+")
_LETTERS_PER_HAN = 3  # in XQuAD the English text has 3.2 letters for each character of the Chinese one


def language_of(text: str) -> str:
    """'zh' or 'en', whichever script has more of the text, or '' if most is in other scripts."""
    han, latin, other = (
        sum(map(len, pattern.findall(text))) for pattern in (HAN_RUN, _LATIN_RUN, _OTHER_RUN)
    )
    han *= _LETTERS_PER_HAN
    if max(han, latin) <= other:
        return ""
    return "zh" if han >= latin else "en"
