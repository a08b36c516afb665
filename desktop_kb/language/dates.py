"""Dates as people and programs write them -> ISO dates, which compare as text; and where documents say theirs."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Final

#: The keys under which a document says its date, the surest first: its own, then those of note apps and sites.
DATE_KEYS: Final = (
    *(
        "date",
        "created",
        "published",
        "created_at",
        "created-at",
        "created_time",
        "created time",
        "createdat",
    ),
    *(
        "date created",
        "creation date",
        "created date",
        "created-date",
        "date-created",
        "datecreated",
        "date_created",
    ),
    *(
        "publishdate",
        "publish_date",
        "publish date",
        "published_at",
        "publish_time",
        "pubdate",
        "日期",
        "日付",
        "날짜",
    ),
    *(
        "创建时间",
        "创建日期",
        "创建于",
        "建立时间",
        "建立日期",
        "发布时间",
        "发布日期",
        "发表时间",
        "发表日期",
    ),
    *(
        "写作日期",
        "時間",
        "时间",
        "創建時間",
        "創建日期",
        "建立時間",
        "發布時間",
        "發佈時間",
        "發布日期",
        "發佈日期",
    ),
    *("發表日期", "datum", "erstellt", "fecha", "作成日"),
)
#: Seconds or milliseconds since 1970, as programs write them: 2001 to 2065.
_EPOCH: Final = re.compile(r"([12]\d{9})(?:\d{3})?")
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier",
            "feb february februar février",
            "mar march märz mars",
            "apr april avril",
            "may mai",
            "jun june juni juin",
            "jul july juli juillet",
            "aug august août",
            "sep sept september septembre",
            "oct october oktober octobre",
            "nov november novembre",
            "dec december dezember décembre",
        ),
        1,
    )
    for name in names.split()
}
_TIME: Final = r"(?:$|[\sT,;(（].*)"
_YEAR_FIRST: Final = re.compile(
    rf"(\d{{4}})\s*[-/._年]\s*(\d{{1,2}})(?:\s*[-/._月]\s*(\d{{1,2}})\s*[日号號]?|\s*月)?{_TIME}", re.DOTALL
)
_COMPACT: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T?\d{4,6}(?:\.\d+)?Z?)?$")
_YEAR_ALONE: Final = re.compile(r"(\d{4})\s*年?$")
_DAY_FIRST: Final = re.compile(rf"(\d{{1,2}})([./-])(\d{{1,2}})\2(\d{{4}}){_TIME}", re.DOTALL)
_WEEKDAY: Final = r"(?:[^\W\d]{2,10}\.?,?\s+)?"
_MONTH_NAMED: Final = re.compile(
    rf"{_WEEKDAY}(?:(\d{{1,2}})(?:st|nd|rd|th|\.)?\s+)?([^\W\d]{{3,9}})\.?"
    rf"(?:\s+(\d{{1,2}})(?:st|nd|rd|th)?)?,?\s+(\d{{4}}){_TIME}",
    re.DOTALL | re.IGNORECASE,
)


def iso_date(text: str) -> str:
    """'2023-10-08', '2023-10' or '2023': what `text` says at its beginning; '' if that is no date.

    Where day and month could be either (10/08/2023), only the year is certain.
    """
    text = unicodedata.normalize("NFKC", text[:100]).strip()
    if found := _YEAR_FIRST.match(text) or _COMPACT.match(text):
        return _iso(int(found[1]), int(found[2]), int(found[3] or 0))
    if found := _YEAR_ALONE.match(text):
        return _iso(int(found[1]), 0, 0)
    if found := _DAY_FIRST.match(text):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        if found[2] == "." or first > 12:
            return _iso(year, second, first)
        return _iso(year, first, second) if second > 12 else _iso(year, 0, 0)
    if (found := _MONTH_NAMED.match(text)) and (month := _MONTHS.get(found[2].lower())):
        return _iso(int(found[4]), month, int(found[1] or found[3] or 0))
    return ""


def dated(text: str) -> str:
    """What the value of one of `DATE_KEYS` says: as `iso_date`, and of seconds since 1970 too."""
    if found := _EPOCH.fullmatch(text.strip()):
        return datetime.fromtimestamp(int(found[1]), UTC).date().isoformat()
    return iso_date(text)


def _iso(year: int, month: int, day: int) -> str:
    if not 1000 <= year <= 2999 or month > 12 or day > 31:
        return ""
    return f"{year}" + (f"-{month:02}" if month else "") + (f"-{day:02}" if month and day else "")
