from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_kb.language.dates import DATE_KEYS, dated, iso_date


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        *(
            (text, "2023-10-08")
            for text in ("2023-10-08", "2023/10/08", "2023.10.8", "2023_10_08", "20231008")
        ),
        *((text, "2023-10-08") for text in ("20231008T101112Z", "2023-10-08T09:15:00+08:00", "202310081011")),
        *(
            (text, "2023-10-08")
            for text in ("2023年10月8日", "２０２３年１０月８日", "2023 年 10 月 8 日 上午10:11")
        ),
        *((text, "2023-10-08") for text in ("Oct 8, 2023", "October 8, 2023 10:11 AM", "8 October 2023")),
        *((text, "2023-10-08") for text in ("Sun, 08 Oct 2023 10:00:00 GMT", "Oct 8th, 2023", "08.10.2023")),
        *((text, "2023-10-08") for text in ("8-Oct-2023", "8th of October 2023", "Sun Oct  8 10:11:12 2023")),
        *(
            (text, "2023-10-08")
            for text in ("2023 October 8", "2023-Oct-8", "<2023-10-08 Sun>", "2023-10-08_1011")
        ),
        *((text, "2023-10-08") for text in ("8 октября 2023", "8 de octubre de 2023", "8. Oktober 2023")),
        *((text, "2023-10-08") for text in ("二〇二三年十月八日", "民国112年10月8日", "令和5年10月8日")),
        ("2023년 10월 8일", "2023-10-08"),
        ("二〇二三年十二月三十一日", "2023-12-31"),
        *((text, "2023") for text in ("2023-W40", "2023-Q4", "令和五年")),
        ("25/12/2020", "2020-12-25"),
        ("12/25/2020", "2020-12-25"),
        ("10/08/2023", "2023"),  # October or August
        ("2023年10月", "2023-10"),
        ("May 2021", "2021-05"),
        ("1998", "1998"),
        *(
            (text, "")
            for text in ("", "yesterday", "1.10", "12:30", "007", "2023-13-01", "1665200000000", "2 to 3")
        ),
    ],
)
def test_dates_as_people_write_them(written: str, iso: str) -> None:
    assert iso_date(written) == iso


@given(st.dates(datetime.date(1000, 1, 1), datetime.date(2999, 12, 31)))
def test_a_date_is_found_in_every_form(date: datetime.date) -> None:
    for form in ("%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%d %B %Y", "%b %d, %Y"):
        assert iso_date(date.strftime(form)) == date.isoformat()


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_none(text: str) -> None:
    assert len(iso_date(text)) in (0, 4, 7, 10)


def test_seconds_since_1970_are_a_date_where_one_is_said() -> None:
    assert (dated("1696759200"), dated("1696759200000"), dated("1696")) == (
        "2023-10-08",
        "2023-10-08",
        "1696",
    )
    assert dated("13800138000") == ""
    assert iso_date("1696759200") == ""  # elsewhere it is a number


def test_keys_of_dates_are_spelled_in_any_way() -> None:
    assert {"date", "created", "created at", "created_at", "created-at", "createdat", "创建时间"} <= set(
        DATE_KEYS
    )
    assert len(DATE_KEYS) == len(set(DATE_KEYS))
