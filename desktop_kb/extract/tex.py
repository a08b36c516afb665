"""LaTeX -> its layout. The text is the file; its markup is not read: commands, comments, the preamble, references.
Formulas stay as TeX. What another file holds (`\\input`, `\\include`) is that file's.

Everything is found in one pass, since a file may open what it never closes, twenty thousand times.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from desktop_kb.extract.decoding import decode
from desktop_kb.extract.layout import glue, settle
from desktop_kb.extract.looks import MOST
from desktop_kb.extract.plain import inside, marked_up, without_marks
from desktop_kb.extract.properties import LONGEST, described
from desktop_kb.extract.writer import CELL
from desktop_kb.reading import read as read_text
from desktop_kb.records import Edit, Extracted, Heading, Look

_TOKEN: Final = re.compile(
    r"(?P<comment>%[^\n]*)|\\(?P<name>[A-Za-z@]+)\*?|\\(?P<accent>[\"'`^~=.])(?=\{?\\?[A-Za-z])|\\(?P<sign>.)"
    r"|(?P<formula>\$\$?)|(?P<brace>[{}])|(?P<typed>[~&]|``|''|-{2,3})",
    re.DOTALL,
)
_BRACES: Final = re.compile(r"\\.|%[^\n]*|[{}]", re.DOTALL)
_FORMULA: Final = re.compile(r"\$\$(?:[^$\\]|\\.){1,4000}+\$\$|\$(?:[^$\\]|\\.){1,2000}+\$", re.DOTALL)
_OPTION: Final = re.compile(r"[ \t]*\[([^\[\]{}\n]{0,200}|\{[^{}\n]{0,200}\})\]")
_BEGIN: Final = re.compile(r"[ \t]*\{([^{}\n]{1,60})\}")
_MACRO: Final = re.compile(r"[ \t]*\\[A-Za-z@]+[^{}\n]{0,40}(?=\{)")
_VERB: Final = re.compile(r"\\verb\*?([^\sA-Za-z*])([^\n]*?)\1")
_CONTENT: Final = re.compile(r"\S(?:[^\n]*\S)?")
_BLANK_LINE: Final = re.compile(r"\n[ \t\r]*\n")
_LABEL: Final = re.compile(r"\\label\{[^{}\n]{0,200}\}")
_LETTER: Final = re.compile(r"\{?\\?([A-Za-z])\}?")
_NEXT_GROUP: Final = re.compile(r"[ \t]*\n?[ \t]*\{")
#: From the outermost; those of a file give the levels.
_SECTIONS: Final = (
    *("part", "chapter", "section", "subsection", "subsubsection", "paragraph", "subparagraph", "frametitle"),
)
#: Commands without text, and of how many groups behind them nothing is read.
_UNREAD: Final = {
    **dict.fromkeys(("label", "ref", "eqref", "pageref", "autoref", "cref", "Cref", "nameref"), 1),
    **dict.fromkeys(("cite", "citep", "citet", "parencite", "textcite", "autocite", "nocite", "upcite"), 1),
    **dict.fromkeys(("input", "include", "subfile", "includegraphics", "includepdf", "bibliography"), 1),
    **dict.fromkeys(
        ("documentclass", "usepackage", "bibitem", "RequirePackage", "bibliographystyle", "index"), 1
    ),
    **dict.fromkeys(("vspace", "hspace", "pagestyle", "thispagestyle", "pagenumbering", "lstset"), 1),
    **dict.fromkeys(("hypersetup", "geometry", "color", "graphicspath", "addbibresource", "usetheme"), 1),
    **dict.fromkeys(("hyphenation", "usetikzlibrary", "tikzset", "ctexset", "setmainfont", "cline"), 1),
    **dict.fromkeys(("setlength", "addtolength", "setcounter", "addtocounter", "newtheorem"), 2),
    **dict.fromkeys(("newcommand", "renewcommand", "providecommand", "DeclareMathOperator", "rule"), 2),
    **dict.fromkeys(("definecolor", "newenvironment", "renewenvironment", "addcontentsline"), 3),
    **dict.fromkeys(("textcolor", "colorbox", "raisebox", "parbox", "href"), 1),
    **dict.fromkeys(("fontsize", "multicolumn"), 2),
}
#: Environments with groups of their own.
_GROUPS: Final = {
    **dict.fromkeys(("tabular", "longtable", "array", "minipage", "multicols", "thebibliography"), 1),
    "minted": 1,
    **dict.fromkeys(("wrapfigure", "tabular*", "tabularx", "tabulary"), 2),
}
_TABLES: Final = frozenset(("tabular", "tabular*", "tabularx", "tabulary", "longtable"))
_FORMULAS: Final = frozenset(
    ("equation", "align", "gather", "multline", "eqnarray", "displaymath", "math", "alignat", "flalign")
)
_VERBATIM: Final = frozenset(("verbatim", "Verbatim", "lstlisting", "minted", "alltt"))
_NOT_SHOWN: Final = frozenset(("comment", "filecontents"))
#: Drawings; what is read of them are the labels of their nodes.
_DRAWINGS: Final = frozenset(("tikzpicture", "pgfpicture", "circuitikz"))
_NODE: Final = re.compile(r"\bnode\b[^;{}]{0,500}\{")
_SIGNS: Final = {
    **{"LaTeX": "LaTeX", "TeX": "TeX", "ldots": "…", "dots": "…", "textbackslash": "\\", "S": "§", "P": "¶"},
    **{"ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł"},
    **{"aa": "å", "AA": "Å", "i": "ı", "quad": " ", "qquad": " ", "copyright": "©", "textasciitilde": "~"},
    **{"textendash": "–", "textemdash": "—", "item": "- ", "newline": "\n", "par": "\n", "textdegree": "°"},
}
_TYPED: Final = {"~": " ", "``": "“", "''": "”", "--": "–", "---": "—"}
_ACCENTS: Final = {
    **{'"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303", "=": "\u0304"},
    **{
        ".": "\u0307",
        "c": "\u0327",
        "v": "\u030c",
        "H": "\u030b",
        "u": "\u0306",
        "k": "\u0328",
        "r": "\u030a",
    },
}
_ABOUT: Final = ("title", "author", "date")


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """Raises:
    Problem: not-text.
    """
    return _File(decode(data)).extracted()


class _File:
    """The markup found so far."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.edits: list[Edit] = []
        self._formulas: list[Look] = []
        self._verbatim: list[tuple[int, int]] = []
        self._borders: list[int] = []  # where a paragraph begins or ends
        self._sections: list[tuple[str, int, int]] = []
        self._about: dict[str, tuple[int, int]] = {}
        self._closed = _closed(text)
        self._replaced: dict[int, str] = {}  # what is read for a closing brace
        self._in_table = self._table_start = 0
        self._unended: set[str] = set()  # environments whose end does not come again

    def extracted(self) -> Extracted:
        at = 0
        while found := _TOKEN.search(self.text, at):
            at = self._token(found)
        self.edits.sort()
        values = {name: self._said(*span) for name, span in self._about.items()}
        title = values.pop("title", "")
        used = [name for name in _SECTIONS if any(name == section for section, _, _ in self._sections)]
        headings = [
            Heading(start, end, used.index(name) + 1, said[:LONGEST])
            for name, start, end in self._sections
            if (said := self._said(start, end))
        ]
        metadata, tags = described({key: value for key, value in values.items() if value})
        marks = [*self.edits, *self._joins()]
        whole = [(0, len(self.text))]
        marked = marked_up(
            self.text, marks, headings, verbatim=whole, title=title, metadata=metadata, tags=tags
        )
        return replace(marked, looks=tuple(self._formulas[:MOST]))

    def _joins(self) -> Iterator[Edit]:
        """A paragraph ends at a blank line or where something else begins; all other line breaks are blanks."""
        blanked = without_marks(self.text, settle(self.edits))
        self._borders.sort()
        self._verbatim.sort()
        before: tuple[int, int] | None = None
        for line in _CONTENT.finditer(blanked):
            start, end = line.span()
            if inside(start, self._verbatim):
                before = None
                continue
            if before is not None and not _BLANK_LINE.search(self.text, before[1], start):
                border = bisect_left(self._borders, before[1])
                if border == len(self._borders) or self._borders[border] > start:
                    yield Edit(before[1], start, glue(blanked[before[1] - 1], blanked[start]))
            before = (start, end)

    def _said(self, start: int, end: int) -> str:
        """What a part of the file says, on one line."""
        inside = self.edits[bisect_left(self.edits, (start,)) : bisect_left(self.edits, (end,))]
        moved = [Edit(e.start - start, min(e.end, end) - start, e.text) for e in inside]
        return " ".join(read_text(self.text[start:end], settle(moved)).split())

    # --- one mark: each returns where the next is looked for

    def _token(self, found: re.Match[str]) -> int:
        start, end = found.span()
        if found["comment"]:
            return self._comment(start, end)
        if found["name"]:
            return self._command(found["name"], start, end)
        if found["accent"]:
            return self._accent(found["accent"], start, end) or end
        if found["formula"]:
            if formula := _FORMULA.match(self.text, start):
                self._formulas.append(Look(*formula.span(), "math"))
                return formula.end()
            return end
        if found["sign"]:
            return self._sign(found["sign"], start, end)
        if found["brace"]:
            self.edits.append(Edit(start, end, self._replaced.get(start, "")))
        elif found["typed"] != "&":
            self.edits.append(Edit(start, end, _TYPED[found["typed"]]))
        elif self._in_table:
            self.edits.append(Edit(start, end, CELL.strip()))
        return end

    def _comment(self, start: int, end: int) -> int:
        line = self.text.rfind("\n", 0, start) + 1
        if not self.text[line:start].strip():
            start, end = line, min(end + 1, len(self.text))
        self.edits.append(Edit(start, end))
        return end

    def _accent(self, accent: str, start: int, at: int) -> int | None:
        """A letter at `at` with an accent; None if there is none."""
        letter = _LETTER.match(self.text, at)
        if letter is None:
            return None
        self.edits.append(
            Edit(start, letter.end(), unicodedata.normalize("NFC", letter[1] + _ACCENTS[accent]))
        )
        return letter.end()

    def _sign(self, sign: str, start: int, end: int) -> int:
        if sign in "([":
            end = self._upto("\\)" if sign == "(" else "\\]", end)
            if end > start + 2:
                self._formulas.append(Look(start, end, "math"))
            self._borders += [start, end] if sign == "[" else []
            return end
        if sign == "\\":
            end = self._behind_options(end)
            self.edits.append(Edit(start, end, "\n"))
            self._borders.append(start)
        elif sign in "%&_#{}$":
            self.edits.append(Edit(start, start + 1))
        else:
            self.edits.append(Edit(start, end, "" if sign in "-/!@" else " "))
        return end

    def _command(self, name: str, start: int, end: int) -> int:
        if name in ("begin", "end"):
            return self._environment(name, start, end)
        if name == "verb" and (shown := _VERB.match(self.text, start)):
            self.edits += [Edit(start, shown.start(2)), Edit(shown.end(2), shown.end())]
            return shown.end()
        if name in _SECTIONS or name in _ABOUT:
            return self._titled(name, start, end)
        if name in ("footnote", "footnotetext", "thanks") and (
            group := self._group(self._behind_options(end))
        ):
            self.edits.append(Edit(start, group[0], " ("))
            self._replaced[group[1]] = ")"
            return group[0]
        if name in _SIGNS:
            return self._named(name, start, end)
        if (
            name in _ACCENTS
            and (group := self._group(end))
            and (behind := self._accent(name, start, group[0] - 1))
        ):
            return behind
        if name == "def" and (macro := _MACRO.match(self.text, end)):
            end = macro.end()
        end = self._behind_groups(end, 1 if name == "def" else _UNREAD.get(name, 0))
        if self.text[end - 1].isalpha():
            end += self.text[end : end + 1] == " "  # which ends the command's name
        self.edits.append(Edit(start, end))
        return end

    def _titled(self, name: str, start: int, end: int) -> int:
        """A heading, or what the file says of itself."""
        group = self._group(self._behind_options(end))
        if group is None:
            self.edits.append(Edit(start, end))
            return end
        self.edits.append(Edit(start, group[0]))
        self._borders += [start, group[1]]
        if name in _ABOUT:
            self._about.setdefault(name, group)
        else:
            self._sections.append((name, *group))
            if self.text[group[1] + 1 : group[1] + 2] not in ("\r", "\n"):
                self._replaced[group[1]] = "\n"
        return group[0]

    def _named(self, name: str, start: int, end: int) -> int:
        """A sign or a word that a command stands for."""
        option = _OPTION.match(self.text, end) if name == "item" else None
        if name in ("item", "par", "newline"):
            self._borders.append(start)
        if option is not None:
            self.edits += [Edit(start, option.start(1), "- "), Edit(option.end(1), option.end())]
            return option.end()
        if self.text[end : end + 2] == "{}":
            end += 2
        elif self.text[end : end + 1] == " ":
            end += 1
        self.edits.append(Edit(start, end, _SIGNS[name]))
        return end

    def _environment(self, edge: str, start: int, end: int) -> int:
        found = _BEGIN.match(self.text, end)
        if found is None:
            self.edits.append(Edit(start, end))
            return end
        name, end = found[1], found.end()
        plain = name.rstrip("*")
        if name == "document":
            self.edits.append(Edit(0, end) if edge == "begin" else Edit(start, len(self.text)))
            return end if edge == "begin" else len(self.text)
        if name in _TABLES:
            self._table(edge, start)
        if edge == "begin":
            end = self._behind_groups(end, _GROUPS.get(name, 0))
        self.edits.append(Edit(start, end))
        self._borders += [start, end]
        if edge == "begin" and name in _DRAWINGS:
            return self._drawing(f"\\end{{{name}}}", end)
        if edge == "begin" and (plain in _FORMULAS or name in _VERBATIM or name in _NOT_SHOWN):
            close = self._upto(f"\\end{{{name}}}", end, inside=True)
            if plain in _FORMULAS:
                self.edits += [Edit(*label.span()) for label in _LABEL.finditer(self.text, end, close)]
                self._formulas += [Look(end, close, "math")] if end < close else []
            self._verbatim.append((end, close))
            if name in _NOT_SHOWN:
                self.edits.append(Edit(end, close))
            return close
        return end

    def _drawing(self, mark: str, start: int) -> int:
        end = self._upto(mark, start, inside=True)
        at = start
        for node in _NODE.finditer(self.text, start, end):
            close = self._closed.get(node.end() - 1, end)
            if at <= node.start() and close < end:
                self.edits.append(Edit(at, node.end(), "\n"))
                at = close
        self.edits.append(Edit(at, end, "\n"))
        self._verbatim.append((start, end))
        return end

    def _table(self, edge: str, at: int) -> None:
        """The rows of a table are lines."""
        if edge == "begin":
            self._in_table += 1
            if self._in_table == 1:
                self._table_start = at
        elif self._in_table:
            self._in_table -= 1
            if not self._in_table:
                self._verbatim.append((self._table_start, at))

    # --- what stands behind a command

    def _behind_options(self, at: int) -> int:
        while option := _OPTION.match(self.text, at):
            at = option.end()
        return at

    def _group(self, at: int) -> tuple[int, int] | None:
        """Start and end of what stands in the braces that follow."""
        found = _NEXT_GROUP.match(self.text, at)
        if found is None or found.end() - 1 not in self._closed:
            return None
        return found.end(), self._closed[found.end() - 1]

    def _behind_groups(self, at: int, count: int) -> int:
        at = self._behind_options(at)
        for _ in range(count):
            group = self._group(at)
            if group is None:
                break
            at = self._behind_options(group[1] + 1)
        return at

    def _upto(self, mark: str, at: int, *, inside: bool = False) -> int:
        """Behind the next `mark`, or before it; `at` if there is none."""
        found = -1 if mark in self._unended else self.text.find(mark, at)
        if found < 0:
            self._unended.add(mark)
            return at
        return found if inside else found + len(mark)


def _closed(text: str) -> dict[int, int]:
    """Where each brace is closed."""
    closed: dict[int, int] = {}
    opened: list[int] = []
    for found in _BRACES.finditer(text):
        if found[0] == "{":
            opened.append(found.start())
        elif found[0] == "}" and opened:
            closed[opened.pop()] = found.start()
    return closed
