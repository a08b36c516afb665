from __future__ import annotations

import pytest

from desktop_kb.extract.number_formats import BUILT_IN, shown


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        *(
            (3, "", "3"),
            (3.5, "General", "3.5"),
            (1 / 3, "", "0.3333333333"),
            (13800138000, "", "13800138000"),
            (123456789.12, "", "123456789.12"),
            (12345678901.55, "", "12345678901.55"),
            (0.1 + 0.2, "", "0.3"),
            (0.0525, "0.0%", "5.3%"),
            (2.675, "#,##0.00", "2.68"),
            (-1234.005, "#,##0.00", "-1,234.01"),
            (1e20, "0." + "0" * 30, "1" + "0" * 20 + "." + "0" * 30),
        ),
        *(
            (1234.5, "#,##0.00", "1,234.50"),
            (0.5, "0.0#", "0.5"),
            (7, "000", "007"),
            (1e-7, "0.00E+00", "1.00E-07"),
        ),
        *((-5, "0;(0)", "(5)"), (0, '0;-0;"none"', "0"), (0.256, "0%", "26%"), (12000, "0,", "12")),
        *((12, "[$¥-804]#,##0.00", "¥12.00"), (12, '"约"0"元"', "约12元"), (1.5, "# ?/?", "1.5")),
        *(
            (12, "0.0_ ;[Red]-0.0", "12.0"),
            (-3, "#,##0.00", "-3.00"),
            (9, '"text only"', "9"),
            (-7, "000", "-007"),
        ),
    ],
)
def test_numbers(value: float, code: str, text: str) -> None:
    assert shown(value, code) == text


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        *((45207, "yyyy-mm-dd", "2023-10-08"), (45207.75, "m/d/yy h:mm AM/PM", "10/8/23 6:00 PM")),
        *((45207.75, "hh:mm:ss", "18:00:00"), (1.5, "[h]:mm", "36:00")),
        *((45207, "dddd, d mmmm yyyy", "Sunday, 8 October 2023"), (45207, "aaaa", "星期日")),
        *((45207, "yyyy\\-mm\\-dd;@", "2023-10-08"), (45207.5, '上午/下午h"时"mm"分"', "下午12时00分")),
        *(
            (1, "yyyy-mm-dd", "1900-01-01"),
            (-1, "yyyy", "-1"),
            (3e6, "yyyy", "3000000"),
            (0.5, "h:mm", "12:00"),
        ),
    ],
)
def test_dates(value: float, code: str, text: str) -> None:
    assert shown(value, code) == text


def test_codes_that_files_name_by_number() -> None:
    assert shown(45207, BUILT_IN[14]) == "2023-10-08"
    assert shown(45207, BUILT_IN[31]) == "2023年10月8日"
