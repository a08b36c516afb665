"""Formulas in TeX as a line of text that can be read: 'E = mc²', '∑ᵢ aᵢ/2', '√(x + 1)'.

It stays text: it can be selected, found and heard, and each piece of it knows which characters of the formula it stands
for. What is not known is shown as it is written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, Literal
from unicodedata import normalize

from desktop_kb.gui.preview.formula_signs import (
    ACCENTS,
    ALPHABETS,
    BINARY,
    BLANKS,
    BOLD,
    BRACKETS,
    DROPPED,
    FRACTIONS,
    NAMELESS,
    NAMES,
    RELATIONS,
    SIGNS,
    UPRIGHT,
)

Face = Literal["", "italic", "bold", "raised", "lowered"]

_TOKEN: Final = re.compile(r"\\[A-Za-z]+\*?|\\.|\$\$?|\s+|.", re.DOTALL)
#: What may stand behind a blank that is not shown.
_CLOSES: Final = frozenset(("", "}", ")", "]", "\\\\", "\\end", "\\right", "\\)", "\\]", "$", "$$"))
#: What stands close to what is before it.
_JOINS: Final = re.compile(r"[\w({]|\\[A-Za-z]")
_RAISED: Final = str.maketrans("0123456789+-−=()ni′*", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ′*")
_LOWERED: Final = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_DEEPEST: Final = 60
_LONGEST: Final = 4_000  # characters; a longer one is shown as it is written


@dataclass(frozen=True, slots=True)
class Piece:
    """What is shown for the characters `[start, end)` of a formula."""

    start: int
    end: int
    text: str
    face: Face = ""


def pieces(formula: str) -> list[Piece]:
    """What is shown for a formula, or for a line of one, with or without its dollars; all of it, in its order."""
    if len(formula) > _LONGEST:
        return [Piece(0, len(formula), formula)]
    return _Reader(formula).all()


class _Reader:
    def __init__(self, formula: str) -> None:
        self._tokens = [Piece(*found.span(), found[0]) for found in _TOKEN.finditer(formula)]
        self._at = 0
        self._last = ""  # the character shown last
        self._rows = "\n"  # what stands between rows
        self._nested = 0
        self._depth = 0  # of raised and lowered groups
        self._braces = False  # those of the next group are shown

    def all(self) -> list[Piece]:
        found: list[Piece] = []
        while self._at < len(self._tokens):
            found += self._next()
        if found and found[-1].text.endswith(" "):
            found[-1] = replace(found[-1], text=found[-1].text.rstrip(" "))
        return found

    def _take(self) -> Piece | None:
        token = self._tokens[self._at] if self._at < len(self._tokens) else None
        self._at += 1
        return token

    def _peek(self) -> str:
        return self._tokens[self._at].text if self._at < len(self._tokens) else ""

    def _next(self) -> list[Piece]:
        """What is shown for the next token, and for what belongs to it."""
        token = self._take()
        assert token is not None
        if self._nested >= _DEEPEST:
            return [self._sign(token)]
        self._nested += 1
        found = self._of(token, token.text)
        self._nested -= 1
        return found

    def _of(self, token: Piece, written: str) -> list[Piece]:
        if written == "{":
            return self._group(token)
        if written in ("^", "_"):
            return self._script(token)
        if written in FRACTIONS:
            return self._fraction(token)
        if written == r"\sqrt":
            return self._root(token)
        if written in (r"\begin", r"\end"):
            return self._environment(token)
        if written in UPRIGHT:
            return [self._shown(token, ""), *self._plain(self._argument(bare=True), "")]
        if written in BOLD:
            return [self._shown(token, ""), *self._plain(self._argument(bare=True), "bold")]
        if written in ALPHABETS:
            return [self._shown(token, ""), *self._lettered(self._argument(bare=True), ALPHABETS[written])]
        if written in ACCENTS:
            return [self._shown(token, ""), *self._accented(self._argument(bare=True), ACCENTS[written])]
        if written == r"\binom":
            return [
                self._shown(token, "C("),
                *self._argument("", ", ", bare=True),
                *self._argument("", ")", bare=True),
            ]
        if written == r"\tag":
            return [
                self._shown(token, "" if self._last == " " else " "),
                *self._argument("(", ")", bare=True),
            ]
        if written in NAMELESS:
            last = self._last
            hidden = [replace(one, text="") for one in (token, *self._argument(bare=True))]
            self._last = last
            return hidden
        return [self._sign(token)]

    def _shown(self, token: Piece, text: str, face: Face = "") -> Piece:
        self._last = text[-1:] or self._last
        return Piece(token.start, token.end, text, face)

    def _sign(self, token: Piece) -> Piece:
        """What is shown for a token that stands for itself."""
        written = token.text
        if (
            written in DROPPED
            or written == "}"
            or (written == "." and self._before(token) in (r"\left", r"\right"))
        ):
            return self._shown(token, "")
        if written.isspace() or written in BLANKS:
            is_seen = self._last not in ("", " ", "(", "[", "\n") and self._peek() not in _CLOSES
            return self._shown(token, " " if is_seen else "")
        if written in (r"\\", r"\cr", r"\newline"):
            return self._shown(token, self._rows if self._peek() else "")
        if written in NAMES:
            name = (
                f"{written[1:]} " if self._peek() not in ("_", "^", "(", r"\left", "{", "") else written[1:]
            )
            return self._shown(token, f" {name}" if self._last.isalnum() else name)
        text = SIGNS.get(written, BRACKETS.get(written, written))
        if len(written) > 1 and text == written:  # it is not known
            self._braces = self._peek() == "{"
            return self._shown(token, text)
        if written in RELATIONS or (
            written in BINARY and self._last and self._last not in "([{,/ " and not self._scripted
        ):
            before = "" if self._last in ("", " ", "\n") or self._scripted else " "
            return self._shown(token, f"{before}{text}{'' if self._scripted else ' '}")
        is_letter = (
            len(text) == 1 and text.isalpha() and (text.isascii() or "α" <= text <= "ω" or text == "ϕ")
        )
        return self._shown(token, text, "italic" if is_letter else "")

    @property
    def _scripted(self) -> bool:
        return self._depth > 0

    def _before(self, token: Piece) -> str:
        return self._tokens[self._at - 2].text if self._at >= 2 else ""

    def _group(self, token: Piece) -> list[Piece]:
        opens, closes = ("{", "}") if self._braces else ("", "")
        self._braces = False
        found = [self._shown(token, opens)]
        while self._at < len(self._tokens):
            if self._peek() == "}":
                found.append(self._shown(self._tokens[self._at], closes))
                self._at += 1
                break
            found += self._next()
        return found

    def _argument(self, before: str = "", after: str = "", *, bare: bool = False) -> list[Piece]:
        """The next group or sign; in brackets if it is more than a word or number, unless it stays `bare`."""
        blanks = []
        while self._peek().isspace():
            blanks.append(self._shown(self._tokens[self._at], ""))
            self._at += 1
        if self._at >= len(self._tokens):
            return blanks
        self._last = ""
        found = self._next()
        text = "".join(one.text for one in found)
        if not bare and not (len(text) < 2 or text.isdecimal() or normalize("NFKD", text).isalpha()):
            before, after = f"{before}(", f"){after}"
        first, last = found[0], found[-1]
        if len(found) == 1:
            found = [replace(first, text=f"{before}{first.text}{after}")]
        else:
            found[0], found[-1] = (
                replace(first, text=before + first.text),
                replace(last, text=last.text + after),
            )
        self._last = found[-1].text[-1:] or text[-1:]
        return [*blanks, *found]

    def _script(self, token: Piece) -> list[Piece]:
        """What is raised or lowered; within that, how it is written."""
        raised = token.text == "^"
        mark = self._shown(token, token.text if self._scripted else "")
        inner = self._scripted
        self._depth += 1
        found = self._argument(bare=not inner)
        self._depth -= 1
        if inner:
            return [mark, *found]
        text = "".join(one.text for one in found)
        signs = _RAISED if raised else _LOWERED
        if text and all(ord(sign) in signs for sign in text):
            return [mark, *(replace(one, text=one.text.translate(signs), face="") for one in found)]
        return [mark, *(replace(one, face="raised" if raised else "lowered") for one in found)]

    def _fraction(self, token: Piece) -> list[Piece]:
        """A fraction on one line; in brackets if what stands behind would be read as below."""
        above, below = self._argument("", "/"), self._argument()
        behind = self._peek()
        joins = behind not in RELATIONS | BINARY | DROPPED | BLANKS and _JOINS.match(behind) is not None
        if not joins or not above or not below:
            return [self._shown(token, ""), *above, *below]
        self._last = ")"
        last = replace(below[-1], text=f"{below[-1].text})")
        return [replace(token, text="("), *above, *below[:-1], last]

    def _root(self, token: Piece) -> list[Piece]:
        found = [self._shown(token, "")]
        if self._peek() == "[":
            while (sign := self._take()) is not None:
                text = "" if sign.text in "[]" else sign.text.translate(_RAISED)
                found.append(self._shown(sign, text))
                if sign.text == "]":
                    break
        root = self._argument("√")
        return [*found, *root]

    def _environment(self, token: Piece) -> list[Piece]:
        """The beginning or the end of rows: a matrix has its brackets, other rows stand below each other."""
        argument = self._argument(bare=True)
        name = "".join(one.text for one in argument).replace("−", "-").replace(" ", "").rstrip("*∗")
        begins = token.text == r"\begin"
        left, right = {
            "pmatrix": ("(", ")"), "bmatrix": ("[", "]"), "vmatrix": ("|", "|"), "Vmatrix": ("‖", "‖"),
            "Bmatrix": ("{", "}"), "matrix": ("", ""), "smallmatrix": ("", ""), "array": ("", ""), "cases": ("{ ", ""),
        }.get(name, ("", ""))  # fmt: skip
        in_row = name.endswith("matrix") or name in ("array", "cases")
        self._rows = "; " if begins and in_row else "\n"
        self._last = ""
        hidden = [replace(one, text="") for one in argument]
        if begins and name == "array" and self._peek() == "{":
            hidden += [replace(one, text="") for one in self._argument(bare=True)]
        self._last = ""
        return [self._shown(token, left if begins else right), *hidden]

    def _plain(self, found: list[Piece], face: Face) -> list[Piece]:
        return [replace(one, face=face) for one in found]

    def _lettered(self, found: list[Piece], letters: dict[str, str]) -> list[Piece]:
        return [replace(one, text="".join(letters.get(c, c) for c in one.text), face="") for one in found]

    def _accented(self, found: list[Piece], accent: str) -> list[Piece]:
        seen = [number for number, one in enumerate(found) if one.text.strip()]
        if not seen:
            return found
        last = found[seen[-1]]
        bare = last.text.rstrip()
        found[seen[-1]] = replace(last, text=f"{bare}{accent}{last.text[len(bare) :]}")
        return found
