"""Excel's files of 1997 to 2003 (.xls, and those that WPS Spreadsheets keeps alike) and its binary ones (.xlsb),
by calamine: each sheet a page, as sheets of newer files are, its numbers as they are shown."""

from __future__ import annotations

import datetime
import io
import math
import struct
from collections.abc import Iterator, Mapping

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from desktop_kb.errors import Problem
from desktop_kb.extract.cell_formats import BinaryWorkbook, Workbook
from desktop_kb.extract.number_formats import general
from desktop_kb.extract.sheets import Cell, write_note, write_rows
from desktop_kb.extract.writer import Writer

_PANIC = "PanicException"  # of code in Rust; no Exception, and it cannot be imported
_PASSWORD, _SHEETS = 0x2F, 0x85  # records ([MS-XLS] 2.4.117, 2.4.28); the first stands before the second
_Value = int | float | str | bool | datetime.date | datetime.time | datetime.timedelta


def write(data: bytes, writer: Writer, book: Workbook | BinaryWorkbook) -> None:
    """Write the sheets of a workbook; `book` knows what calamine does not tell.

    Raises:
        Problem: damaged, encrypted.
    """
    try:
        found = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for number, sheet in enumerate(found.sheets_metadata):
            # The other kinds are charts and macros; what is hidden so that no menu shows it is a program's.
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible != SheetVisibleEnum.VeryHidden:
                writer.page(sheet.name)
                more = book.sheet(number)
                write_rows(writer, sheet.name, _rows(found.get_sheet_by_name(sheet.name), more.numbers))
                for note in more.notes:
                    write_note(writer, _reference(note.row, note.column), note.author, note.text)
                for box in dict.fromkeys(more.boxes):  # buttons of one name
                    writer.line(box)
    except PasswordError as error:
        raise Problem("encrypted") from error
    except CalamineError as error:
        raise Problem("damaged") from error
    except BaseException as error:
        if type(error).__name__ != _PANIC:
            raise
        raise Problem("damaged") from error


def is_encrypted(stream: bytes) -> bool:
    """Whether a workbook's stream has a password: calamine, which tries one format after the other, only says
    that none fits."""
    at = 0
    while at + 4 <= len(stream):
        type, length = struct.unpack_from("<HH", stream, at)
        if type in (_PASSWORD, _SHEETS):
            return bool(type == _PASSWORD)
        at += 4 + length
    return False


def _rows(sheet: CalamineSheet, numbers: Mapping[tuple[int, int], str]) -> Iterator[list[Cell]]:
    """The rows; `numbers` are shown otherwise than calamine tells them."""
    if sheet.start is None:
        return
    left = sheet.start[1]
    for number, row in enumerate(sheet.iter_rows()):
        yield [
            Cell(column, text, isinstance(value, str))
            for column, value in enumerate(row, left)
            if (text := numbers.get((number, column)) or _shown(value))
        ]


def _reference(row: int, column: int) -> str:
    """A cell's name, from the numbers of its row and column."""
    letters = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(65 + letter) + letters
    return f"{letters}{row + 1}"


def _shown(value: _Value) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float | int):
        return general(value) if math.isfinite(value) else ""
    if isinstance(value, datetime.datetime):
        is_day = value.time() == datetime.time()
        return value.date().isoformat() if is_day else value.isoformat(" ", "minutes")
    return str(value).strip()
