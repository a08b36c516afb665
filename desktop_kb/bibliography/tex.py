"""Plain text of what TeX writes in a bibliography: accents, letters, braces and signs."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_ACCENTS: Final = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307",
    '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323", "c": "\u0327", "k": "\u0328",
    "b": "\u0331",
}  # fmt: skip
_LETTERS: Final = {
    "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "aa": "å",
    "AA": "Å", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "dj": "đ", "DJ": "Đ", "ng": "ŋ",
    "textendash": "–", "textemdash": "—", "textquoteright": "’", "textquoteleft": "‘", "textquotedblleft": "“",
    "textquotedblright": "”", "textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^",
    "textunderscore": "_", "textdegree": "°", "copyright": "©", "ldots": "…", "dots": "…", "alpha": "α", "beta": "β",
    "gamma": "γ", "delta": "δ", "epsilon": "ε", "lambda": "λ", "mu": "μ", "pi": "π", "sigma": "σ", "omega": "ω",
    "times": "×", "pm": "±", "to": "→", "infty": "∞", "S": "§", "P": "¶", "textless": "<", "textgreater": ">",
}  # fmt: skip
_ACCENT: Final = re.compile(
    r"\\(?:(?P<sign>[`'^\"~=.])|(?P<word>[uvHcdbrk])(?![A-Za-z]))\s*"
    r"(?:\{\s*(?P<held>\\?[A-Za-z])\s*\}|(?P<bare>\\[ij](?![A-Za-z])(?:\{\})?|[A-Za-z]))"
)
_LETTER: Final = re.compile(r"\\([A-Za-z]+)(?:\{\}|\s+|(?![A-Za-z]))")
_COMMAND: Final = re.compile(r"\\[A-Za-z]+\*?\s*")
_SIGNS: Final = (
    ("---", "—"), ("--", "–"), ("``", "“"), ("''", "”"), ("~", " "), ("\\-", ""), ("\\,", " "), ("\\ ", " "),
)  # fmt: skip
#: Stands for a sign that was escaped until the bare ones are gone.
_HIDDEN: Final = 0xE000


def plain(text: str) -> str:
    """The text without what only TeX reads."""
    if not re.search(r"[\\{}~$]|--|``|''", text):
        return text
    text = re.sub(r"\\([{}$&%#_])", lambda found: chr(_HIDDEN + ord(found[1])), text)
    text = _ACCENT.sub(_accented, text)
    text = _LETTER.sub(_letter, text)
    for written, meant in _SIGNS:
        text = text.replace(written, meant)
    text = _COMMAND.sub("", text)
    text = re.sub(r"[{}$]", "", text).replace("\\\\", " ")
    shown = re.sub(r"[\ue020-\ue07e]", lambda found: chr(ord(found[0]) - _HIDDEN), text)
    return unicodedata.normalize("NFC", shown)


def _letter(found: re.Match[str]) -> str:
    letter = _LETTERS.get(found[1], found[0])
    return chr(_HIDDEN + ord(letter)) if letter in ("\\", "~") else letter


def _accented(found: re.Match[str]) -> str:
    letter = (found["held"] or found["bare"]).strip("\\{}")
    return unicodedata.normalize("NFC", letter + _ACCENTS[found["sign"] or found["word"]])
