"""Office 2003's files in one XML: SpreadsheetML and WordprocessingML, which programs still export."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from desktop_kb.errors import Problem
from desktop_kb.extract.sheets import Cell, write_rows
from desktop_kb.extract.writer import Writer
from desktop_kb.extract.xml_tree import attribute, below, child, local, number, parse
from desktop_kb.language.dates import iso_date
from desktop_kb.records import Extracted

_BOOK: Final = b"urn:schemas-microsoft-com:office:spreadsheet"
_TEXT: Final = b"http://schemas.microsoft.com/office/word/2003/wordml"
_LOOKED_AT = 4_096
_SAID: Final = {"Author": "author", "Subject": "subject", "Keywords": "keywords"}


def read(data: bytes) -> Extracted | None:
    """The document; None if the file is none of these.

    Raises:
        Problem: damaged.
    """
    start = data[:_LOOKED_AT]
    if _BOOK not in start and _TEXT not in start:
        return None
    root = parse(data)
    if local(root) not in ("Workbook", "wordDocument"):
        raise Problem("damaged")
    writer = Writer()
    for sheet in below(root, "Worksheet"):
        name = attribute(sheet, "Name")
        writer.page(name)
        write_rows(writer, name, (list(_cells(row)) for row in below(sheet, "Row")))
    body = child(root, "body")
    if body is not None:
        _write_blocks(body, writer)
    title, said = "", dict[str, object]()
    for one in below(root, "DocumentProperties"):
        for element in one:
            name, text = local(element), (element.text or "").strip()
            if name == "Title":
                title = text
            elif name == "Created" and (date := iso_date(text)):
                said["date"] = date
            elif name in _SAID and text:
                said[_SAID[name]] = text
    return writer.extracted(title, said)


def _cells(row: Any) -> Iterator[Cell]:
    column = 0
    for cell in row:
        if local(cell) != "Cell":
            continue
        column = number(cell, "Index", column + 1)
        held = child(cell, "Data")
        if held is None:
            continue
        text = "".join(held.itertext()).strip()
        kind = attribute(held, "Type")
        if kind == "DateTime":
            text = text.removesuffix("T00:00:00.000").replace("T", " ")
        if text:
            yield Cell(column - 1, text, kind == "String")


def _write_blocks(element: Any, writer: Writer) -> None:
    """Paragraphs and tables; sections stand around them."""
    for block in element:
        if local(block) == "p":
            writer.line(_said(block))
        elif local(block) == "tbl":
            for row in below(block, "tr"):
                writer.row(" ".join(map(_said, below(cell, "p"))) for cell in below(row, "tc"))
        else:
            _write_blocks(block, writer)


def _said(paragraph: Any) -> str:
    pieces = ((one.text or "") if local(one) == "t" else " " for one in below(paragraph, "t", "tab", "br"))
    return "".join(pieces)
