"""How Chinese is typed by its sounds: 重庆银行 as 'chongqingyinhang', 'yinhang' or 'cqyh'.

pypinyin's dictionary of phrases knows how a character sounds in a word (重庆 chong, 重要 zhong).
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any, Final

from desktop_kb.language.folding import fold
from desktop_kb.language.scripts import HAN_RUN

#: Before a sound, so that it meets no word.
SOUND_MARK: Final = "\ue101"
_LONGEST_RUN: Final = 40
_LONGEST: Final = 60


@lru_cache(maxsize=4096)
def sounds(text: str) -> tuple[str, ...]:
    """What people may type for the Chinese in a title, a name or a tag: from each of its characters on all
    syllables together, and all initials. The first call takes a second."""
    found: dict[str, None] = {}
    for run in HAN_RUN.findall(fold(text)):
        syllables = _pypinyin().lazy_pinyin(run[:_LONGEST_RUN], errors="ignore")
        for at in range(len(syllables)):
            rest = syllables[at:]
            found |= dict.fromkeys((sound_of("".join(rest)), sound_of("".join(one[0] for one in rest))))
    return tuple(found)


def typed_sounds(text: str) -> tuple[str, ...]:
    """The same as people type it, without the mark."""
    return tuple(sound.removeprefix(SOUND_MARK) for sound in sounds(text))


def sound_of(word: str) -> str:
    """A word in Latin letters as a sound."""
    return SOUND_MARK + word[:_LONGEST]


@cache
def _pypinyin() -> Any:
    import pypinyin  # here: its dictionaries take 50 MB and half a second

    return pypinyin
