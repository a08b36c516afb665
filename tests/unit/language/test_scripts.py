"""Scripts and languages."""

from __future__ import annotations

import pytest

from desktop_kb import language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("使用 PyTorch 的 DataLoader 加载数据", "zh"),
        ("Tsinghua University (清华大学) is a university", "en"),
        ("Это просто text", ""),
        ("これはペンです", ""),
        ("3.14 🎉", ""),
        ("", ""),
    ],
)
def test_language_of(text: str, expected: str) -> None:
    assert language.language_of(text) == expected


def test_without_han_keeps_the_length_and_everything_else() -> None:
    assert language.without_han("2022年的 MacBook，资料𠀀。") == "2022   MacBook，   。"
    assert language.without_han("plain") == "plain"
