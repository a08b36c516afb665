"""Dates as people and programs write them -> ISO dates, which compare as text; and where documents say theirs."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Final


def _spelled(words: str) -> tuple[str, ...]:
    """The ways to write a key of several words: 'created at', created_at, created-at, createdAt."""
    return tuple(between.join(words.split()) for between in (" ", "_", "-", ""))


#: The keys under which a document says its date, the surest first: its own, then those of note apps and sites.
DATE_KEYS: Final = (
    *("date", "created", "published"),
    *_spelled("created at"),
    *_spelled("created on"),
    *_spelled("created time"),
    *_spelled("create time"),
    *_spelled("create date"),
    *_spelled("created date"),
    *_spelled("creation date"),
    *_spelled("date created"),
    *_spelled("published at"),
    *_spelled("publish date"),
    *_spelled("publish time"),
    *_spelled("date published"),
    *_spelled("pub date"),
    *("日期", "创建时间", "创建日期", "创建于", "建立时间", "建立日期"),
    *("发布时间", "发布日期", "发表时间", "发表日期"),
    *("写作时间", "写作日期", "创作时间", "记录时间", "时间"),
    *("時間", "創建時間", "創建日期", "建立時間"),
    *("發布時間", "發佈時間", "發布日期", "發佈日期", "發表日期"),
    *("日付", "作成日", "날짜", "дата", "datum", "erstellt", "fecha"),
)
#: Seconds or milliseconds since 1970, as programs write them: 2001 to 2065.
_EPOCH: Final = re.compile(r"([12]\d{9})(?:\d{3})?")
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero ene gennaio gen janeiro januari января",
            "feb february februar février febrero febbraio fevereiro fev februari февраля",
            "mar march märz mars marzo março maart марта",
            "apr april avril abril abr aprile апреля",
            "may mai mayo maggio maio mei мая",
            "jun june juni juin junio giugno junho июня",
            "jul july juli juillet julio luglio julho июля",
            "aug august août agosto ago augustus августа",
            "sep sept september septembre septiembre settembre setembro сентября",
            "oct october oktober octobre octubre ottobre outubro okt октября",
            "nov november novembre noviembre novembro ноября",
            "dec december dezember décembre diciembre dic dicembre dezembro dez декабря",
        ),
        1,
    )
    for name in names.split()
}
_TIME: Final = r"(?:$|[\sT,;(（_].*)"
_YEAR_FIRST: Final = re.compile(
    rf"(\d{{4}})\s*[-/._年년]\s*(\d{{1,2}})(?:\s*[-/._月월]\s*(\d{{1,2}})\s*[日号號일]?|\s*[月월])?{_TIME}",
    re.DOTALL,
)
_COMPACT: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T?\d{4,6}(?:\.\d+)?Z?)?$")
#: Of a week or quarter the year only: 2024-W11, 2024-Q1.
_YEAR_ALONE: Final = re.compile(r"(\d{4})\s*(?:[年년]|-?[WQ]\d{1,2})?$", re.IGNORECASE)
_DAY_FIRST: Final = re.compile(rf"(\d{{1,2}})([./-])(\d{{1,2}})\2(\d{{4}}){_TIME}", re.DOTALL)
_WEEKDAY: Final = r"(?:[^\W\d]{2,10}\.?,?\s+)?"
_NAME: Final = r"([^\W\d]{3,10})\.?"
_MONTH_NAMED: Final = re.compile(
    rf"{_WEEKDAY}(?:(\d{{1,2}})(?:st|nd|rd|th|\.)?[\s-]+(?:(?:of|de)\s+)?)?{_NAME}"
    rf"(?:\s+(\d{{1,2}})(?:st|nd|rd|th)?)?,?(?:[\s-]+|\s+de\s+)(\d{{4}}){_TIME}",
    re.DOTALL | re.IGNORECASE,
)
#: As C's `ctime` writes it: Tue Mar 12 08:15:00 2024.
_YEAR_LAST: Final = re.compile(
    rf"{_WEEKDAY}{_NAME}\s+(\d{{1,2}})\s+\d\d?:[\d:]+\s+(?:[A-Z+\d]+\s+)?(\d{{4}})$"
)
_MONTH_SECOND: Final = re.compile(rf"(\d{{4}})[\s-]+{_NAME}(?:[\s-]+(\d{{1,2}}))?{_TIME}", re.DOTALL)
#: The first year of an era.
_ERAS: Final = {"民国": 1912, "民國": 1912, "令和": 2019, "平成": 1989, "昭和": 1926}
_ERA: Final = re.compile(rf"({'|'.join(_ERAS)})\s*(\d{{1,3}}|元)\s*年")
_HAN_DIGITS: Final = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_HAN: Final = re.compile(r"[〇○零一二三四五六七八九十]+(?=[年月日号號])")


def iso_date(text: str) -> str:
    """'2023-10-08', '2023-10' or '2023': what `text` says at its beginning; '' if that is no date.

    Where day and month could be either (10/08/2023), only the year is certain.
    """
    text = unicodedata.normalize("NFKC", text[:100]).strip().lstrip("<[(")
    text = _ERA.sub(_of_era, _HAN.sub(_of_han, text))
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
    if (found := _YEAR_LAST.match(text)) and (month := _MONTHS.get(found[1].lower())):
        return _iso(int(found[3]), month, int(found[2]))
    if (found := _MONTH_SECOND.match(text)) and (month := _MONTHS.get(found[2].lower())):
        return _iso(int(found[1]), month, int(found[3] or 0))
    return ""


def _of_era(found: re.Match[str]) -> str:
    years = 1 if found[2] == "元" else int(found[2])
    return f"{_ERAS[found[1]] + years - 1}年"


def _of_han(found: re.Match[str]) -> str:
    """A number in Chinese characters: digit by digit (二〇二四), or with tens (十二, 三十一)."""
    tens, ten, ones = found[0].partition("十")
    if not ten:
        return tens.translate(_HAN_DIGITS)
    return f"{tens.translate(_HAN_DIGITS) or '1'}{ones.translate(_HAN_DIGITS) or '0'}"


def dated(text: str) -> str:
    """What the value of one of `DATE_KEYS` says: as `iso_date`, and of seconds since 1970 too."""
    if found := _EPOCH.fullmatch(text.strip()):
        return datetime.fromtimestamp(int(found[1]), UTC).date().isoformat()
    return iso_date(text)


def _iso(year: int, month: int, day: int) -> str:
    if not 1000 <= year <= 2999 or month > 12 or day > 31:
        return ""
    return f"{year}" + (f"-{month:02}" if month else "") + (f"-{day:02}" if month and day else "")
