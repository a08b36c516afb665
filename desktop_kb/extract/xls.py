"""Excel's files of 1997 to 2003 (.xls, and those that WPS Spreadsheets keeps alike) and its binary ones (.xlsb),
by calamine: each sheet a page, as sheets of newer files are."""

from __future__ import annotations

import datetime
import io
import math
import struct
from collections.abc import Iterator

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from desktop_kb.errors import Problem
from desktop_kb.extract.number_formats import general
from desktop_kb.extract.sheets import Cell, write_rows
from desktop_kb.extract.writer import Writer

_PANIC = "PanicException"  # of code in Rust; no Exception, and it cannot be imported
_PASSWORD, _SHEETS = 0x2F, 0x85  # records ([MS-XLS] 2.4.117, 2.4.28); the first stands before the second
_Value = int | float | str | bool | datetime.date | datetime.time | datetime.timedelta


def write(data: bytes, writer: Writer) -> None:
    """Write the sheets of a workbook.

    Raises:
        Problem: damaged, encrypted.
    """
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for sheet in book.sheets_metadata:
            # The other kinds are charts and macros; what is hidden so that no menu shows it is a program's.
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible != SheetVisibleEnum.VeryHidden:
                writer.page(sheet.name)
                write_rows(writer, sheet.name, _rows(book.get_sheet_by_name(sheet.name)))
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


def _rows(sheet: CalamineSheet) -> Iterator[list[Cell]]:
    if sheet.start is None:
        return
    for row in sheet.iter_rows():
        yield [
            Cell(column, text, isinstance(value, str))
            for column, value in enumerate(row)
            if (text := _shown(value))
        ]


def _shown(value: _Value) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float | int):
        return general(value) if math.isfinite(value) else ""
    if isinstance(value, datetime.datetime):
        is_day = value.time() == datetime.time()
        return value.date().isoformat() if is_day else value.isoformat(" ", "minutes")
    return str(value).strip()
