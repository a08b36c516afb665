"""Scripts."""

from __future__ import annotations

from desktop_kb import language


def test_without_han_keeps_the_length_and_everything_else() -> None:
    assert language.without_han("2022年的 MacBook，资料𠀀。") == "2022   MacBook，   。"
    assert language.without_han("plain") == "plain"
