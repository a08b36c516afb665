"""Rich Text Format (RTF 1.9.1) -> the text that its reader finds: paragraphs, tables, boxes, notes, comments, the
numbers of lists, headings by outline level or style. Running heads, pictures, hidden and deleted text are not read.

RTF is a stream of groups and control words. A group inherits the state of the one around it; a group whose first
word names a destination is text of another kind. Characters are bytes in the code page of their font, or `\\u`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from desktop_kb.errors import Problem
from desktop_kb.extract.dressing import Dressing, Run, address_of, undressed
from desktop_kb.extract.numbering import LONGEST_MARK
from desktop_kb.extract.rtf_words import APART, CHARSETS, LETTERS, READ, SIGNS, SKIPPED, code_page
from desktop_kb.extract.titles import heading_level, is_title
from desktop_kb.extract.writer import Writer
from desktop_kb.language.dates import iso_date
from desktop_kb.records import Extracted, LookKind

_BEGINS: Final = re.compile(rb"[\s\0]*(?:\xef\xbb\xbf)?\s*\{\\rtf")
_TOKEN: Final = re.compile(
    rb"\\(?P<word>[A-Za-z]{1,32})(?P<number>-?\d{1,10})? ?|\\'(?P<byte>[0-9A-Fa-f]{2})|\\(?P<sign>[^A-Za-z'])"
    rb"|(?P<brace>[{}])|(?P<run>[^\\{}\r\n]+)|[\r\n]+|.",
    re.DOTALL,
)
_ENDS: Final = frozenset({"par", "sect", "page", "column"})
_DEEPEST = 5_000  # groups in each other; a document has less than a hundred
_BODY = 9  # the outline level of what is no heading
#: How letters look, by the words that say so; their number, if they have one, says that they do not if it is 0.
_LOOKS: Final[dict[str, LookKind]] = {
    **{"b": "bold", "i": "italic", "strike": "struck", "striked": "struck"},
    **{"super": "raised", "up": "raised", "sub": "lowered", "dn": "lowered"},
}
_PLACES: Final = frozenset({"raised", "lowered"})
_FIRST_SURROGATE, _LAST_SURROGATE = 0xD800, 0xE000


@dataclass(slots=True)
class _Frame:
    """A run of paragraphs: the body, or a destination that is kept apart."""

    kind: str
    pieces: list[Run] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    asides: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class _State:
    """What a group inherits."""

    frame: _Frame
    page: str
    table: str = ""  # the table that is being read: 'fonttbl', 'stylesheet', 'creatim'
    fallback: int = 1  # characters behind `\\u` for programs that do not know it
    is_skipped: bool = False
    is_hidden: bool = False
    is_deleted: bool = False
    kinds: tuple[LookKind, ...] = ()
    address: str = ""  # where what a field shows leads


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """Raises:
    Problem: damaged.
    """
    if _BEGINS.match(data) is None:
        raise Problem("damaged")
    reader = _Reader()
    reader.read(data)
    said = {key: value for key, value in reader.said.items() if value}
    title = said.pop("title", "")
    return reader.writer.extracted(title if is_title(title) else "", said)


class _Reader:
    """Reads one document into `writer`; `said` is what it says of itself."""

    def __init__(self) -> None:
        self.writer = Writer()
        self.said: dict[str, str] = {}
        self._body = _Frame("body")
        self._state = _State(self._body, "cp1252")
        self._stack: list[_State] = []
        self._default = "cp1252"
        self._fonts: dict[int, str] = {}
        self._first_font = 0
        self._font = 0  # the font or the style that its table is defining
        self._name = ""
        self._styles: dict[int, int] = {}  # levels of headings
        self._level = 0
        self._depth = 0  # in how many lists the paragraph stands, if it has a number or a bullet
        self._is_item = False
        self._dressing = Dressing()
        self._in_table = False
        self._bytes = bytearray()
        self._high = 0  # the first half of a character beyond the first 65,536
        self._dropped = 0  # characters that stand in for the last `\\u`
        self._starred = False
        self._date: dict[str, int] = {}

    def read(self, data: bytes) -> None:
        """Read a whole file."""
        at = 0
        while (token := _TOKEN.match(data, at)) is not None:
            at = token.end()
            kind = token.lastgroup
            if kind == "run":
                self._take(token["run"])
            elif kind == "byte":
                self._take(bytes([int(token["byte"], 16)]))
            elif kind in ("word", "number"):
                number = int(token["number"]) if token["number"] else None
                word = token["word"].decode("ascii")
                if word == "bin":
                    at += max(0, number or 0)
                else:
                    self._word(word, number)
            elif kind == "brace":
                self._brace(token["brace"] == b"{")
            elif kind == "sign":
                self._sign(token["sign"].decode("latin-1"))
        self._flush()
        self._end_row()
        self._end_paragraph()

    # --- groups

    def _brace(self, opens: bool) -> None:
        self._flush()
        self._starred, self._dropped = False, 0
        if opens:
            if len(self._stack) >= _DEEPEST:
                raise Problem("damaged")
            self._stack.append(self._state)
            self._state = replace(self._state)
        elif self._stack:
            frame, self._state = self._state.frame, self._stack.pop()
            if frame is not self._state.frame:
                self._finish(frame)

    def _finish(self, frame: _Frame) -> None:
        """Keep what a destination held, where it belongs."""
        text = f"{self._taken(frame)}{''.join(frame.cells)}".strip()
        if frame.kind == "fldinst":
            self._state.address = address_of(undressed(text)[0])
        elif frame.kind in ("footnote", "annotation", "shptxt"):
            if text:
                self._state.frame.asides.append((frame.kind, text))
            self._state.frame.asides += frame.asides
        else:
            bare = " ".join(undressed(text)[0].split())
            if frame.kind == "atnauthor":
                self._name = bare
            else:
                self.said.setdefault(frame.kind, bare)

    def _destination(self, word: str) -> bool:
        """Begin a destination; whether `word` is one."""
        starred, self._starred = self._starred, False
        state = self._state
        if word in SKIPPED or (starred and word not in READ and word not in APART):
            state.is_skipped = True
            return True
        if word == "ud":
            state.is_skipped = False
        elif word in APART:
            state.frame = _Frame(word)
        elif word in ("listtext", "pntext"):
            self._is_item = True
        elif word == "dptxbxtext":  # the boxes of Word 95
            state.frame = _Frame("shptxt")
        elif word in ("fonttbl", "stylesheet", "creatim"):
            state.table = word
        else:
            return False
        return True

    # --- words

    def _word(self, word: str, number: int | None) -> None:
        if word == "u" and number is not None:
            self._unicode(number & 0xFFFF)
            return
        self._flush()
        self._dropped = 0
        if self._destination(word):
            return
        state = self._state
        if state.table:
            self._define(word, number or 0)
        elif word in LETTERS:
            self._add(LETTERS[word])
        elif word in _ENDS:
            self._break()
        elif word in ("cell", "nestcell", "row", "nestrow"):
            self._table(word)
        elif word == "pard":
            self._level, self._in_table, self._depth = 0, False, 0
        elif word == "intbl":
            self._in_table = True
        elif word == "outlinelevel":
            self._level = (number or 0) + 1 if (number or 0) < _BODY else 0
        elif word == "s":
            self._level = self._styles.get(number or 0, 0)
        elif word == "ilvl":
            self._depth = number or 0
        elif word in _LOOKS:
            self._look(_LOOKS[word], number != 0)
        elif word == "nosupersub":
            state.kinds = tuple(kind for kind in state.kinds if kind not in _PLACES)
        elif word == "f":
            state.page = self._fonts.get(number or 0, self._default)
        elif word == "plain":
            state.is_hidden, state.is_deleted, state.kinds = False, False, ()
            state.page = self._fonts.get(self._first_font, self._default)
        elif word == "v":
            state.is_hidden = number != 0
        elif word == "deleted":
            state.is_deleted = number != 0
        elif word == "deff":
            self._first_font = number or 0
        elif word == "uc":
            state.fallback = max(0, number or 0)
        elif word == "ansicpg" and number:
            self._default = state.page = code_page(number)
        elif word in ("mac", "pc", "pca"):
            self._default = state.page = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}[word]

    def _look(self, kind: LookKind, is_so: bool) -> None:
        """The letters that follow look so, or do not."""
        others = [one for one in self._state.kinds if one != kind]
        self._state.kinds = tuple(sorted([*others, kind] if is_so else others))

    def _define(self, word: str, number: int) -> None:
        """A word in the table of fonts or styles, or in the date of creation."""
        state = self._state
        if word == "f" and state.table == "fonttbl":
            self._font = number
        elif word in ("fcharset", "cpg") and state.table == "fonttbl":
            page = CHARSETS.get(number) if word == "fcharset" else code_page(number)
            if page:
                self._fonts[self._font] = page
        elif state.table == "stylesheet" and word in ("s", "cs", "ds", "ts"):
            self._font = number if word == "s" else -1
        elif state.table == "stylesheet" and word == "outlinelevel" and number < _BODY:
            self._styles[self._font] = number + 1
        elif state.table == "creatim" and word in ("yr", "mo", "dy"):
            self._date[word] = number
            if word == "dy" and "yr" in self._date:
                date = f"{self._date['yr']:04}-{self._date.get('mo', 1):02}-{number:02}"
                self.said["date"] = iso_date(date)

    def _sign(self, sign: str) -> None:
        if sign == "*":
            self._starred = True
            return
        self._flush()
        if sign in ("\n", "\r"):
            self._break()
        else:
            self._add(SIGNS.get(sign, ""))

    # --- characters

    def _take(self, data: bytes) -> None:
        """Bytes in the code page of their font, but for those that stand in for a `\\u`."""
        self._starred = False
        if self._dropped:
            dropped = min(self._dropped, len(data))
            self._dropped -= dropped
            data = data[dropped:]
        if not self._state.is_skipped:
            self._bytes += data

    def _flush(self) -> None:
        if self._bytes:
            text = self._bytes.decode(self._state.page, "replace")
            self._bytes.clear()
            if self._state.table == "stylesheet":
                self._name_style(text)
            else:
                self._add(text)

    def _name_style(self, text: str) -> None:
        if (level := heading_level(text.strip().rstrip(";"))) and self._font >= 0:
            self._styles.setdefault(self._font, level)

    def _unicode(self, unit: int) -> None:
        self._flush()
        self._starred = False
        self._dropped = self._state.fallback
        if _FIRST_SURROGATE <= unit < 0xDC00:
            self._high = unit
        elif 0xDC00 <= unit < _LAST_SURROGATE:
            if self._high:
                self._add(chr(0x10000 + ((self._high - _FIRST_SURROGATE) << 10) + unit - 0xDC00))
            self._high = 0
        else:
            self._add(chr(unit))

    def _add(self, text: str) -> None:
        state = self._state
        if text and not (state.is_skipped or state.is_hidden or state.is_deleted or state.table):
            state.frame.pieces.append(Run(text, state.kinds, state.address))

    def _taken(self, frame: _Frame) -> str:
        """The text of a frame's letters, which are forgotten."""
        text = self._dressing.joined(frame.pieces)
        frame.pieces.clear()
        return text

    # --- paragraphs and tables

    def _break(self) -> None:
        state = self._state
        if state.is_skipped or state.table:
            return
        if state.frame is not self._body or self._in_table:
            state.frame.pieces.append(Run("\n" if state.frame.kind in ("body", "shptxt") else " "))
        else:
            self._end_row()
            self._end_paragraph()

    def _table(self, word: str) -> None:
        frame = self._state.frame
        if self._state.is_skipped:
            return
        if word == "cell":
            frame.cells.append(self._taken(frame).strip() + ("" if frame is self._body else " "))
        elif word == "row" and frame is self._body:
            self._end_row()
        else:
            frame.pieces.append(Run(" " if word == "nestcell" else "\n"))

    def _end_row(self) -> None:
        if self._body.cells:
            cells = self._body.cells
            if len(cells) == 1:
                for line in cells[0].split("\n"):
                    self.writer.line(line)
            else:
                self.writer.row(cells)
            cells.clear()
            self._write_asides()

    def _end_paragraph(self) -> None:
        text = self._taken(self._body)
        mark, tab, _ = undressed(text)[0].strip().partition("\t")
        depth = self._depth + 1 if self._is_item and tab and len(mark) <= LONGEST_MARK else 0
        self._is_item = False
        self.writer.line(text, self._level, depth=depth, mark=mark.strip())
        self._write_asides()

    def _write_asides(self) -> None:
        for kind, text in self._body.asides:
            if kind == "annotation":
                self.writer.comment(text, self._name)
            else:
                for line in text.split("\n"):
                    self.writer.line(line)
        self._body.asides.clear()
