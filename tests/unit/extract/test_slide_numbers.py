from __future__ import annotations

from pathlib import Path

import packages
import pytest

from desktop_kb.extract import pptx


def line(text: str, scheme: str = "", level: int = 0, start: str = "") -> str:
    number = f'<a:buAutoNum type="{scheme}"{start and f" startAt={start!r}"}/>' if scheme else ""
    return f'<a:p><a:pPr lvl="{level}">{number}</a:pPr><a:r><a:t>{text}</a:t></a:r></a:p>'


def slide(*lines: str) -> list[str]:
    data = packages.pptx(f"<p:sp><p:txBody>{''.join(lines)}</p:txBody></p:sp>")
    return pptx.read(data, Path("a.pptx")).text.splitlines()


@pytest.mark.parametrize(
    ("scheme", "shown"),
    [
        ("arabicPeriod", ["1. a", "2. b"]),
        ("arabicParenBoth", ["(1) a", "(2) b"]),
        ("arabicPlain", ["1 a", "2 b"]),
        ("alphaLcParenR", ["a) a", "b) b"]),
        ("romanUcPeriod", ["I. a", "II. b"]),
        ("circleNumDbPlain", ["① a", "② b"]),
        ("ea1ChsPeriod", ["一. a", "二. b"]),
        ("ea1JpnChsDbPeriod", ["一．a", "二．b"]),
        ("of no standard", ["1 a", "2 b"]),
    ],
)
def test_paragraphs_have_the_numbers_that_are_shown(scheme: str, shown: list[str]) -> None:
    assert slide(line("a", scheme), line("b", scheme)) == shown


def test_levels_are_counted_by_themselves() -> None:
    one, two = "arabicPeriod", "alphaLcPeriod"
    lines = [
        line("a", one),
        line("b", two, 1),
        line("c", two, 1),
        line("", one),
        line("d", one),
        line("e", two, 1),
    ]
    assert slide(*lines) == ["1. a", "a. b", "b. c", "2. d", "a. e"]


def test_a_list_ends_where_a_paragraph_has_no_number_or_another() -> None:
    lines = [
        line("a", "arabicPeriod"),
        line("b"),
        line("c", "arabicPeriod"),
        line("d", "arabicPeriod", 0, "7"),
    ]
    assert slide(*lines, line("e", "arabicPeriod", 0, "7"), "<a:p><a:r><a:t>f</a:t></a:r></a:p>") == [
        *("1. a", "b", "1. c", "7. d", "8. e", "f"),
    ]


@pytest.mark.parametrize("start", ["-1", "x", "9" * 5_000])
def test_a_start_that_is_none_is_one(start: str) -> None:
    assert slide(line("a", "arabicPeriod", 0, start)) == ["1. a"]
