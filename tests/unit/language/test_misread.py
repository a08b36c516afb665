"""Simplified characters in a traditional text were misread; in others they were not."""

from __future__ import annotations

import pytest

from desktop_kb.language.misread import as_traditional

TRADITIONAL = "這個問題與環境溫度的變化關係密切，應該從實驗結果來說明，並請專家們參與討論。"
JAPANESE = "日本語の国会図書館では、学生が会議室で経済と医学の実験について発表し、来年の数学の点を読む。"


def test_a_traditional_text_has_no_simplified_characters() -> None:
    assert as_traditional([TRADITIONAL, TRADITIONAL, "内部温度没有變化"])[2] == "內部溫度沒有變化"


@pytest.mark.parametrize(
    "lines",
    [
        ["这个问题与环境温度的变化关系密切", "内部没有变化"],
        [TRADITIONAL, "引文：这个问题与环境温度的变化关系密切"],  # quotes a simplified one
        [JAPANESE, JAPANESE],
        [TRADITIONAL, "皇后、公里與台"],  # characters of traditional texts too
        ["國", "国"],
        [],
    ],
)
def test_other_texts_stay(lines: list[str]) -> None:
    assert as_traditional(lines) == lines
