"""Numbers as lists show them."""

from __future__ import annotations

from typing import Final

_ROMAN: Final = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl")),
    *((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
_DIGITS: Final = "〇一二三四五六七八九"
_FORMAL: Final = "零壹贰叁肆伍陆柒捌玖"
_STEMS: Final = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES: Final = "子丑寅卯辰巳午未申酉戌亥"


def numeral(count: int, format: str) -> str:
    """A number as the format of ECMA-376 part 1, 17.18.59 shows it."""
    match format:
        case "none":
            return ""
        case "decimalZero":
            return f"{count:02}"
        case "lowerLetter" | "upperLetter":
            letters = chr(97 + (count - 1) % 26) * min((count - 1) // 26 + 1, 20) if count > 0 else ""
            return letters.upper() if format == "upperLetter" else letters
        case "lowerRoman" | "upperRoman":
            roman = _roman(count)
            return roman.upper() if format == "upperRoman" else roman
        case "ordinal":
            return f"{count}{_ordinal(count)}"
        case "chineseCounting" | "chineseCountingThousand" | "japaneseCounting" | "taiwaneseCounting":
            return _counted(count, _DIGITS, "十百千")
        case "taiwaneseCountingThousand" | "koreanCounting":
            return _counted(count, _DIGITS, "十百千")
        case "chineseLegalSimplified" | "ideographLegalTraditional" | "japaneseLegal":
            return _counted(count, _FORMAL, "拾佰仟", formal=True)
        case "ideographDigital" | "japaneseDigitalTenThousand" | "taiwaneseDigital":
            return "".join(_DIGITS[int(digit)] for digit in str(abs(count)))
        case "ideographTraditional":
            return _STEMS[(count - 1) % 10]
        case "ideographZodiac":
            return _BRANCHES[(count - 1) % 12]
        case "decimalEnclosedCircle" | "decimalEnclosedCircleChinese" if 1 <= count <= 20:
            return chr(0x245F + count)
        case "decimalEnclosedParen" if 1 <= count <= 20:
            return chr(0x2473 + count)
        case "decimalFullWidth" | "decimalFullWidth2":
            return "".join(chr(0xFF10 + int(digit)) for digit in str(abs(count)))
    return str(count)


def _roman(count: int) -> str:
    if not 0 < count < 5_000:
        return str(count)
    shown = ""
    for value, letters in _ROMAN:
        while count >= value:
            shown += letters
            count -= value
    return shown


def _ordinal(count: int) -> str:
    return "th" if 10 < count % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")


def _counted(count: int, digits: str, units: str, formal: bool = False) -> str:
    """'十二', '一百零三': Chinese numbers below ten thousand."""
    if not 0 < count < 10_000:
        return str(count)
    shown, gap = "", False
    written = str(count)
    for at, digit in enumerate(written):
        unit = len(written) - at - 1
        if digit == "0":
            gap = True
            continue
        if gap and shown:
            shown += "零"
        gap = False
        shown += digits[int(digit)] + (units[unit - 1] if unit else "")
    return shown[1:] if not formal and 10 <= count < 20 else shown
