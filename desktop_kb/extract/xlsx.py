"""Spreadsheets (xlsx) -> the sheets in their order, each a page with a line for each row, cells as they are shown.

The row of names above a table is a heading, so every passage of the table has it. Sheets are read row by row:
what is empty between far cells takes no memory. Macros and formulas are not read, their last results are.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from desktop_kb.errors import Problem
from desktop_kb.extract import embedded
from desktop_kb.extract.number_formats import BUILT_IN, LONGEST_CODE, shown
from desktop_kb.extract.ooxml import Part, opened, paragraphs, properties, relation, write_graphics
from desktop_kb.extract.package import passing_over_damage
from desktop_kb.extract.sheets import Cell, write_note, write_rows
from desktop_kb.extract.writer import Writer
from desktop_kb.extract.xml_tree import attribute, below, child, clear, local, number
from desktop_kb.records import Extracted

_LONGEST_INDEX = 12  # digits; Python refuses to read a number of 4,301
_MOST_CELLS_OF_ROW = 16_384  # columns A to XFD
_TRUE: Final = frozenset({"1", "true"})
_REFERENCE: Final = re.compile(r"[A-Za-z]{1,3}")


class _Book(NamedTuple):
    """What all sheets share: the texts of cells, the codes of their formats, and the first day."""

    texts: list[str]
    codes: list[str]
    since_1904: bool


parts: Final = embedded.parts


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """Raises:
    Problem: encrypted, damaged, unpacks-too-large.
    """
    main = opened(data)
    title, said = properties(main.package)
    root = main.root
    since_1904 = any(attribute(one, "date1904") in _TRUE for one in below(root, "workbookPr"))
    book = _Book(_texts(main), _codes(main), since_1904)
    writer = Writer()
    for sheet in below(root, "sheet"):
        part = main.by_id(relation(sheet))
        if part is None or attribute(sheet, "state") == "veryHidden":  # what programs keep for themselves
            continue
        if not main.package.once(part.name):
            continue
        name = attribute(sheet, "name")
        writer.page(name)
        write_rows(writer, name, _rows(part, book))
        for aside in (_write_comments, _write_drawings):
            with passing_over_damage():
                aside(writer, part)
    return embedded.offering(writer.extracted(title, said), data)


def _texts(main: Part) -> list[str]:
    texts: list[str] = []
    for part in main.by_kind("sharedStrings"):
        for text in part.elements("si"):
            texts.append(_text(text))
            clear(text)
    return texts


def _text(element: Any) -> str:
    """The text of a cell or a comment in its pieces; how it is pronounced is not read."""
    pieces = (piece for run in element if local(run) in ("t", "r") for piece in below(run, "t"))
    return "".join(piece.text or "" for piece in pieces)


def _codes(main: Part) -> list[str]:
    """The code of each format that cells name by its number."""
    codes: list[str] = []
    for part in main.by_kind("styles"):
        root = part.root
        own = {number(one, "numFmtId"): attribute(one, "formatCode") for one in below(root, "numFmt")}
        formats = child(root, "cellXfs")
        for one in formats if formats is not None else ():
            identity = number(one, "numFmtId")
            codes.append((own.get(identity) or BUILT_IN.get(identity, ""))[:LONGEST_CODE])
    return codes


def _rows(sheet: Part, book: _Book) -> Iterator[list[Cell]]:
    cells: list[Cell] = []
    count = 0
    for element in sheet.elements("c", "row"):
        if local(element) == "row":
            yield cells
            cells, count = [], 0
        else:
            count += 1
            if count > _MOST_CELLS_OF_ROW:
                raise Problem("damaged")
            if text := _shown(element, book):
                place = _column(element.get("r", ""))
                last = cells[-1].column if cells else -1
                is_name = element.get("t") in ("s", "inlineStr", "str")
                cells.append(Cell(place if place > last else last + 1, text, is_name))
        clear(element)


def _column(reference: str) -> int:
    """The column of a cell 'AB12' from 0; -1 if it does not say."""
    letters = _REFERENCE.match(reference)
    column = 0
    for letter in letters[0].upper() if letters else "":
        column = column * 26 + ord(letter) - 64
    return column - 1


def _shown(cell: Any, book: _Book) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        held = child(cell, "is")
        return _text(held).strip() if held is not None else ""
    held = child(cell, "v")
    value = (held.text or "").strip() if held is not None else ""
    if kind == "s":
        place = int(value) if value.isdecimal() and len(value) < _LONGEST_INDEX else -1
        return book.texts[place].strip() if 0 <= place < len(book.texts) else ""
    if kind == "b":
        return "TRUE" if value in _TRUE else "FALSE" if value else ""
    if kind != "n" or not value:
        return value
    style = number(cell, "s")
    code = book.codes[style] if 0 <= style < len(book.codes) else ""
    try:
        amount = float(value)
        return shown(amount, code, since_1904=book.since_1904) if math.isfinite(amount) else value
    except (ValueError, OverflowError):
        return value


def _write_comments(writer: Writer, sheet: Part) -> None:
    """The sheet's comments, each with its cell and who wrote it. Threads have a second part with their texts."""
    threads: dict[str, list[str]] = {}
    for part in sheet.by_kind("threadedComment"):
        for one in below(part.root, "threadedComment"):
            threads.setdefault(attribute(one, "ref"), []).extend(t.text or "" for t in below(one, "text"))
    for part in sheet.by_kind("comments"):
        root = part.root
        authors = [author.text or "" for author in below(root, "author")]
        for comment in below(root, "comment"):
            cell, by = attribute(comment, "ref"), number(comment, "authorId", -1)
            held = child(comment, "text")
            texts = threads.get(cell) or [_text(held) if held is not None else ""]
            author = authors[by] if cell not in threads and 0 <= by < len(authors) else ""
            write_note(writer, cell, author, " ".join(texts))


def _write_drawings(writer: Writer, sheet: Part) -> None:
    """Text boxes and charts that lie on the sheet."""
    for part in sheet.by_kind("drawing"):
        root = part.root
        for shape in below(root, "sp", "graphicFrame", "pic"):
            if local(shape) == "sp":
                for text in paragraphs(shape):
                    writer.line(text)
            elif local(shape) == "pic":
                writer.holds_picture()
            else:
                write_graphics(writer, shape, part)
