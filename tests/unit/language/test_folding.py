"""Characters that people take for the same one."""

from __future__ import annotations

import pytest
from hypothesis import given
from texts import TEXTS, slow_start

from desktop_kb import language
from desktop_kb.language import folding


@slow_start
@given(TEXTS)
def test_fold_keeps_length_and_is_settled_at_once(text: str) -> None:
    folded = language.fold(text)
    assert len(folded) == len(text)
    assert language.fold(folded) == folded


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("ＢＭＷ　Ｘ１，３．１４", "bmw x1,3.14"),
        ("資訊檢索與機器學習", "资讯检索与机器学习"),
        (
            "瞭解牠的大砲，妳說錢鍾書",
            "了解它的大炮,你说钱钟书",
        ),  # by characters; OpenCC has phrases for these
        ("钱锺书衞陜額薴𫪄", "钱钟书卫陕额苎𫪄"),
        ("乾燥幹部干涉餘馀", "干燥干部干涉余余"),
        ("Café MÜLLER Ångström", "cafe muller angstrom"),
        ("Ελλάς Йод がく", "ελλασ йод がく"),
        ("⽂⻓⻅豈", "文长见岂"),
        ("𝑥² ﬁ ß İ", "x2 ﬁ ß i"),
    ],
)
def test_fold(written: str, folded: str) -> None:
    assert language.fold(written) == folded


def test_one_character_is_simplified_at_once_and_to_one() -> None:
    table = folding.simplified()
    assert len(table) > 4000
    assert all(len(old) == len(new) == 1 for old, new in table.items())
    assert not table.keys() & set(table.values())
    # What the converter says of each by itself, but for the characters that are listed here.
    assert table.keys() >= set("國學體龍龜圖書館萬與")
