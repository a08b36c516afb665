from __future__ import annotations

import pytest

from desktop_kb.extract.numerals import numeral


@pytest.mark.parametrize(
    ("count", "format", "shown"),
    [
        *((10, "chineseCounting", "十"), (21, "chineseCountingThousand", "二十一")),
        *((103, "japaneseCounting", "一百零三"), (110, "chineseCounting", "一百一十")),
        *((12, "chineseLegalSimplified", "壹拾贰"), (28, "lowerLetter", "bb"), (9, "upperRoman", "IX")),
        *((3, "decimalEnclosedCircle", "③"), (5, "decimalZero", "05"), (2, "ideographTraditional", "乙")),
        *((22, "ordinal", "22nd"), (12, "ordinal", "12th"), (4, "whatever", "4"), (4, "none", "")),
    ],
)
def test_numerals(count: int, format: str, shown: str) -> None:
    assert numeral(count, format) == shown
