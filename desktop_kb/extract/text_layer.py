"""The invisible text that scanner programs lay over the picture of a page: whether it is what the page says.

Recognition of years ago, or set to another language, leaves layers of which few words are right. The text alone
tells: words are broken by signs, digits and blanks, stand together without blanks, are of no language though short,
or are written with characters that hardly anybody uses. Only Latin letters and Chinese are judged, since no others
are recognized.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from typing import Final

from desktop_kb.language import function_words, language_of
from desktop_kb.language.scripts import HAN

_FEWEST_LETTERS: Final = 40
_IS_HAN: Final = re.compile(f"[{HAN}]")
_LATIN: Final = re.compile("[A-Za-zªµº\u00c0-\u024f\u1e00-\u1eff]")
_AROUND: Final = ".,;:!?()[]\"'“”‘’„‚「」"
#: Signs, digits or capitals within a word, signs that stand in no word, and Latin letters for bytes of UTF-8 or GBK.
_BROKEN: Final = re.compile(
    r"[^\W\d_][^\w\s'’.\-/&,‐-―]+[^\W\d_]|[^\W\d_]\d+[^\W\d_]|[a-zà-ÿ][A-Z]|[*~|^«»•<>{}\\=¬§¢£¥®©_€™†‡Ã]"
)
#: Letters that are words in some language.
_WORDS_OF_ONE: Final = frozenset("aAIiyYoOeEàÀuUwWzZ")
#: Of words, in layers that are right up to .12 (formulas), in English of which every tenth letter is wrong from .15.
_MOST_BROKEN: Final = 0.125
_MOST_SINGLE: Final = 0.3  # of words, one letter each: up to .1 where a text is no formula
_LONGEST: Final = 12.0  # letters of a word, on the average; 7 in German
#: Lines of so many words have a function word, but in lists of names and in tables, whose words are longer: Chinese
#: that was read as English has words of 3.2 to 3.9 letters.
_WORDS_OF_LINE: Final = 6
_MOST_STRANGE, _SHORTEST = 0.25, 4.2
#: Of Chinese characters: up to .03 (names), with every tenth character wrong from .035.
_MOST_RARE: Final = 0.04


def is_doubtful(text: str) -> bool:
    """Whether the page is rather to be read in its picture; False if the text is too short to tell."""
    language = language_of(text)
    characters = _IS_HAN.findall(text)
    if len(characters) >= _FEWEST_LETTERS and language != "ja" and _are_rare(characters):
        return True
    words = _latin_words(text)
    letters = sum(map(_letters, words))
    if letters < _FEWEST_LETTERS:
        return False
    return (
        sum(map(_is_broken, words)) > _MOST_BROKEN * len(words)
        or sum(len(word) == 1 for word in words) > _MOST_SINGLE * len(words)
        or letters > _LONGEST * len(words)
        or _is_strange(text, function_words(language), letters)
    )


def _latin_words(text: str) -> list[str]:
    """What stands between blanks and has no other letters than Latin ones."""
    stripped = (word.strip(_AROUND) for word in text.split())
    return [word for word in stripped if 0 < _letters(word) == sum(map(str.isalpha, word))]


def _letters(word: str) -> int:
    return len(_LATIN.findall(word))


def _is_broken(word: str) -> bool:
    if len(word) == 1:
        return word.isascii() and word not in _WORDS_OF_ONE
    return _BROKEN.search(word) is not None


def _is_strange(text: str, frequent: Set[str], letters: int) -> bool:
    """Many lines hold short words, and none of those that are frequent in the language which the text is rather in."""
    if not frequent:
        return False
    strange: list[str] = []
    for line in text.lower().splitlines():
        words = _latin_words(line)
        if len(words) >= _WORDS_OF_LINE and frequent.isdisjoint(words):
            strange += words
    found = sum(map(_letters, strange))
    return found > _MOST_STRANGE * letters and found < _SHORTEST * len(strange)


def _are_rare(characters: Sequence[str]) -> bool:
    """Many of them are frequent neither in simplified nor in traditional Chinese: the first levels of GB 2312 and of
    Big5 hold the characters that are, and have the lower codes."""
    usual = max(
        sum(first <= _code(character, charset) < end for character in characters)
        for charset, first, end in (("gb2312", 0xB0, 0xD8), ("big5", 0xA4, 0xC7))
    )
    return len(characters) - usual > _MOST_RARE * len(characters)


def _code(character: str, charset: str) -> int:
    """The first byte of a character; 0 if the character set does not have it."""
    return (character.encode(charset, "ignore") or b"\0")[0]
