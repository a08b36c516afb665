"""Sheets of cells -> lines, for every kind of spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Final, NamedTuple

from desktop_kb.extract.writer import Writer

#: Names that programs give to sheets.
_NO_NAME: Final = re.compile(r"(?:sheet|tabelle|feuil|feuille|hoja|工作表|表)\s?\d*$", re.IGNORECASE)
_LOOKED_AT = 200  # rows; what columns there are and which row names them is known from them
_NAMES_WITHIN = 10  # rows; titles and remarks stand above the names
_MOST_COLUMNS = 64  # that are kept apart; sheets with more are no tables
_FEWEST_NAMES = 2


class Cell(NamedTuple):
    """A cell that shows something; `column` counts from 0, `is_text` that it is no number, date or result."""

    column: int
    text: str
    is_text: bool


def write_rows(writer: Writer, name: str, rows: Iterable[list[Cell]]) -> None:
    """Write a sheet: its name as a heading, if somebody gave it one, its rows, the row of names as a heading below."""
    given = iter(rows)
    first = list(islice((row for row in given if row), _LOOKED_AT))
    if not first:
        return
    if not _NO_NAME.match(name):
        writer.line(name, 1)
    columns = {column: place for place, column in enumerate(sorted({c.column for row in first for c in row}))}
    names = _names(first)
    for at, row in enumerate(chain(first, given)):
        writer.row(_aligned(row, columns), level=2 if at == names else 0)


def write_note(writer: Writer, cell: str, author: str, text: str) -> None:
    """Write the comment of a cell with who wrote it; Excel writes that name before the text too."""
    author = " ".join(author.split())
    if said := " ".join(text.split()).removeprefix(f"{author}:").strip():
        writer.line(f"[{cell} {author}: {said}]" if author else f"[{cell}: {said}]")


def _aligned(row: list[Cell], columns: dict[int, int]) -> Iterator[str]:
    """The texts of a row, each in its column; side by side where there are too many columns."""
    at = 0
    for cell in row:
        place = columns.get(cell.column, at)
        if len(columns) <= _MOST_COLUMNS:
            yield from ("" for _ in range(at, place))
            at = max(at, place)
        yield cell.text
        at += 1


def _names(rows: list[list[Cell]]) -> int:
    """Which row names the columns: the first that is all text, and under which rows stand that fill it; -1 if none."""
    for at, row in enumerate(rows[:_NAMES_WITHIN]):
        columns = {cell.column for cell in row}
        if len(row) < _FEWEST_NAMES or not all(cell.is_text for cell in row):
            continue
        if len({cell.text for cell in row}) < len(row):
            continue
        if any(len(above) > 2 * len(row) for above in rows[:at]):
            continue  # it goes on with what stands in merged cells
        under = [{cell.column for cell in below} for below in rows[at + 1 : at + 4]]
        if len(under) > 1 and all(
            len(columns & held) * 2 > len(columns) and held <= columns for held in under
        ):
            return at
    return -1
