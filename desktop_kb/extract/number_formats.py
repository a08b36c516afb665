"""Numbers and dates of a spreadsheet as their cell shows them (ECMA-376 part 1, 18.8.31)."""

from __future__ import annotations

import datetime
import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Final

#: The codes that files name by number only. Where the code depends on the country, ISO's order of a date.
BUILT_IN: Final = {
    **{1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00"},
    **{14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM"},
    **{20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd h:mm", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss"},
    **{37: "#,##0;-#,##0", 38: "#,##0;-#,##0", 39: "#,##0.00;-#,##0.00", 40: "#,##0.00;-#,##0.00"},
    **{27: 'yyyy"年"m"月"', 28: 'm"月"d"日"', 29: 'm"月"d"日"', 30: "m-d-yy", 31: 'yyyy"年"m"月"d"日"'},
    **{32: 'h"时"mm"分"', 33: 'h"时"mm"分"ss"秒"', 36: 'yyyy"年"m"月"', 50: 'yyyy"年"m"月"'},
    **{51: 'm"月"d"日"', 54: 'm"月"d"日"', 57: 'yyyy"年"m"月"', 58: 'm"月"d"日"'},
}
LONGEST_CODE: Final = 255  # characters, as Excel has it
_TOKEN: Final = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|(?P<space>[_*].)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<noon>AM/PM|A/P|上午/下午)|(?P<date>y+|m+|d+|h+|s+(?:\.0+)?|a{3,4})|(?P<general>General)"
    r"|(?P<number>[0#?][0#?,]*(?:\.[0#?]*)?(?:[eE][+-]?[0#?]+)?|\.[0#?]+)(?P<scale>,*)|(?P<percent>%)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_SECTIONS: Final = re.compile(r'((?:"[^"]*"|\\.|\[[^\]]*\]|[^;"\\\[])*)(?:;|$)')
_CURRENCY: Final = re.compile(r"\$([^-\]]*)")
_ELAPSED: Final = re.compile(r"(?:h+|m+|s+)$", re.IGNORECASE)
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_CHINESE_DAYS: Final = "一二三四五六日"
_LARGE, _DIGITS = 1e8, 15  # spreadsheets compute with 15 digits
_MOST_PLACES = 12  # before and behind the point: `decimal` has 28 digits
_LAST_DAY = 2_958_466  # 31 December 9999
_Token = tuple[str, str]


def shown(value: float, code: str, *, since_1904: bool = False) -> str:
    """A number as a cell with this code shows it; '' stands for the code 'General'."""
    sections = _sections(code)
    value = value or 0.0  # a result may be -0
    if not sections:
        return general(value)
    negative = value < 0 and len(sections) > 1
    tokens = sections[1 if negative else 2 if value == 0 and len(sections) > 2 else 0]
    if any(kind in ("date", "elapsed") for kind, _ in tokens):
        return _date(value, tokens, since_1904)
    if not any(kind in ("number", "general") for kind, _ in tokens):
        return general(value)  # the cell shows a text instead of the number; people search for the number
    return _number(abs(value) if negative else value, tokens)


def is_general(code: str) -> bool:
    """Whether a cell with this code shows a number as it is."""
    return not code or code.lower() == "general"


def general(value: float) -> str:
    """A number as a cell without a format shows it."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    # A column is too narrow for the cents of a large amount, but people search for them.
    return f"{value:.{10 if abs(value) < _LARGE else _DIGITS}g}"


@lru_cache(maxsize=1_000)
def _sections(code: str) -> tuple[tuple[_Token, ...], ...]:
    if is_general(code):
        return ()
    found = [match[1] for match in _SECTIONS.finditer(code)][:4]
    return tuple(tuple(_tokens(section)) for section in found if section) if found else ()


def _tokens(section: str) -> list[_Token]:
    tokens: list[_Token] = []
    for match in _TOKEN.finditer(section):
        kind, text = match.lastgroup or "", match[0]
        if match["number"] is not None:
            digits = match["number"].rstrip(",")
            tokens.append(("number", digits))
            tokens += [("thousand", ",")] * (len(match["number"]) - len(digits) + len(match["scale"]))
        elif kind == "bracket":
            inside = match["bracket"]
            if _ELAPSED.match(inside):
                tokens.append(("elapsed", inside.lower()))
            elif currency := _CURRENCY.match(inside):
                tokens.append(("literal", currency[1]))
        elif kind in ("quoted", "escaped"):
            tokens.append(("literal", match[kind]))
        elif kind in ("date", "noon", "general", "percent"):
            tokens.append((kind, text))
        elif kind == "other":
            tokens.append(("literal", text))
    return tokens


# --- numbers -----------------------------------------------------------------------------------


def _number(value: float, tokens: tuple[_Token, ...]) -> str:
    kinds = [kind for kind, _ in tokens]
    if kinds.count("number") > 1:  # a fraction, or digits with signs between them
        return general(value)
    value *= 100 ** kinds.count("percent")
    value /= 1000 ** kinds.count("thousand")
    pieces: list[str] = []
    for kind, text in tokens:
        if kind == "number":
            pieces.append(_digits(value, text))
        elif kind == "general":
            pieces.append(general(value))
        elif kind == "percent" or (kind == "literal" and text != "@"):
            pieces.append(text)
    return "".join(pieces).strip()


def _digits(value: float, pattern: str) -> str:
    mantissa, _, exponent = pattern.upper().partition("E")
    whole, _, decimals = mantissa.partition(".")
    if exponent:
        return f"{value:.{len(decimals)}E}"
    least = decimals.count("0")
    places = min(len(decimals), 30)
    text = f"{_rounded(value, places):{',' if ',' in whole else ''}.{places}f}"
    if "." in text:
        head, _, tail = text.partition(".")
        while len(tail) > least and tail.endswith("0"):
            tail = tail[:-1]
        text = f"{head}.{tail}" if tail else head
    sign = "-" if text.startswith("-") else ""
    return sign + text.removeprefix("-").zfill(whole.count("0"))


def _rounded(value: float, places: int) -> float | Decimal:
    """A half is rounded up, as spreadsheets do: 2.675 is shown as 2.68 though its binary form is below that."""
    if places > _MOST_PLACES or abs(value) >= 10**_MOST_PLACES:
        return value
    return Decimal(f"{value:.{_DIGITS}g}").quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


# --- dates -------------------------------------------------------------------------------------


def _date(value: float, tokens: tuple[_Token, ...], since_1904: bool) -> str:
    if not 0 <= value < _LAST_DAY:
        return general(value)
    # 1900 was a leap year for the first spreadsheets: their day 60 is 29 February.
    first = (1904, 1, 1) if since_1904 else (1899, 12, 30 if value >= 61 else 31)
    epoch = datetime.datetime(*first, tzinfo=datetime.UTC)
    moment = epoch + datetime.timedelta(seconds=round(value * 86_400))
    if not since_1904 and value < 1:  # a time alone
        moment = moment.replace(year=1900, month=1, day=1)
    noon = any(kind == "noon" for kind, _ in tokens)
    pieces: list[str] = []
    for at, (kind, text) in enumerate(tokens):
        if kind == "date":
            pieces.append(_part(moment, text.lower(), _is_minute(tokens, at), noon))
        elif kind == "elapsed":
            unit = {"h": 3600, "m": 60, "s": 1}[text[0]]
            pieces.append(str(round(value * 86_400) // unit).zfill(len(text)))
        elif kind == "noon":
            names = text.split("/")
            pieces.append(names[moment.hour >= 12])
        elif kind in ("literal", "number", "percent") and text != "@":
            pieces.append(text)
    return "".join(pieces).strip()


def _is_minute(tokens: tuple[_Token, ...], at: int) -> bool:
    """'m' is a minute behind an hour and before a second, else a month."""
    times = [(kind, text[0].lower()) for kind, text in tokens if kind in ("date", "elapsed")]
    place = sum(kind in ("date", "elapsed") for kind, _ in tokens[:at])
    before = times[place - 1][1] if place else ""
    after = times[place + 1][1] if place + 1 < len(times) else ""
    return before == "h" or after == "s"


def _part(moment: datetime.datetime, code: str, minute: bool, noon: bool) -> str:
    if code[0] == "y":
        return f"{moment.year % 100:02}" if len(code) < 3 else f"{moment.year:04}"
    if code[0] == "m" and not minute:
        names = {3: _MONTHS[moment.month - 1][:3], 4: _MONTHS[moment.month - 1]}
        return names.get(len(code), str(moment.month).zfill(min(len(code), 2)))
    if code[0] == "d" and len(code) > 2:
        return _DAYS[moment.weekday()][: 3 if len(code) == 3 else None]
    if code[0] == "a":
        return ("星期" if len(code) > 3 else "") + _CHINESE_DAYS[moment.weekday()]
    hour = (moment.hour % 12 or 12) if noon else moment.hour
    number = {"m": moment.minute, "d": moment.day, "h": hour, "s": moment.second}[code[0]]
    return str(number).zfill(2 if len(code.partition(".")[0]) > 1 else 1)
