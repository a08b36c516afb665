from __future__ import annotations

import struct
from pathlib import Path

import pytest
from office97_files import biff, biff_text, xls
from packages import zipped

from desktop_kb.extract import office97
from desktop_kb.extract.cell_formats import BinaryWorkbook, Workbook
from desktop_kb.extract.compound import Compound
from desktop_kb.extract.package import Package


def said(data: bytes) -> str:
    return office97.read(data, Path("a.xls")).text


def test_numbers_as_their_cells_show_them() -> None:
    row = ((45207.0, 'yyyy"年"m"月"d"日"'), (0.125, "0.00%"), (1234.5, "#,##0.00"), (2.5, ""), (-0.0, "0"))
    assert said(xls("Sheet1", ("x", *row))) == "x | 2023年10月8日 | 12.50% | 1,234.50 | 2.5 | 0\n"


def test_comments_and_boxes() -> None:
    def of_object(kind: int, identity: int, text: str) -> bytes:
        half = len(text) // 2
        parts = [text[:half].encode("latin-1"), text[half:].encode("utf-16-le")]
        head = biff(0x5D, struct.pack("<HHHH14x", 0x15, 18, kind, identity))
        text_head = biff(0x01B6, struct.pack("<HH6xHH4x", 0, 0, len(text), 16))
        return (
            head
            + text_head
            + biff(0x3C, b"\0" + parts[0])
            + biff(0x3C, b"\1" + parts[1])
            + biff(0x3C, b"\0" * 16)
        )

    note = biff(0x1C, struct.pack("<HHHH", 4, 27, 0, 7) + biff_text("Ann"))
    more = of_object(0x19, 7, "Ann:\ntoo dear") + of_object(6, 8, "seen by王") + note
    assert said(xls("Sheet1", ("x",), more=more)) == "x\n[AB5 Ann: too dear]\nseen by王\n"


@pytest.mark.parametrize(
    ("packed", "value"),
    [(7 << 2 | 2, "7.0"), ((1 << 32) - 4 | 2, "-1.0"), (150 << 2 | 3, "1.5"), (0x3FF00000, "1.0")],
)
def test_numbers_in_four_bytes(packed: int, value: str) -> None:
    """Three in one record."""
    cells = struct.pack("<HH", 0, 1) + struct.pack("<HI", 1, packed) * 3 + struct.pack("<H", 3)
    data = xls("Sheet1", ("x", (9.0, "0.0")), more=biff(0xBD, cells))
    stream = Compound(data).stream("Workbook")
    assert Workbook(stream).sheet(0).numbers == {(0, column): value for column in (1, 2, 3)}


def test_a_result_that_is_text_and_what_is_cut_off() -> None:
    text = biff(0x06, struct.pack("<HHH", 0, 1, 1) + b"\0" * 6 + b"\xff\xff" + b"\0" * 8)
    data = xls("Sheet1", ("x", (9.0, "0.0")), more=text + biff(0x0203, b"\0\0") + biff(0x01B6, b"\0" * 18))
    stream = Compound(data).stream("Workbook")
    for length in range(0, len(stream), 7):
        assert Workbook(stream[:length]).sheet(0).boxes in ([], [""])
    assert Workbook(stream).sheet(0).numbers == {(0, 1): "9.0"}
    assert Workbook(stream).sheet(1).numbers == {}


def test_a_sheet_that_is_named_many_times_is_read_once() -> None:
    stream = Compound(xls("Sheet1", ("x", (9.0, "0.0")))).stream("Workbook")
    at = stream.index(struct.pack("<H", 0x85))
    entry = stream[at : at + 4 + stream[at + 2]]
    moved = entry[:4] + struct.pack("<I", int.from_bytes(entry[4:8], "little") + len(entry)) + entry[8:]
    book = Workbook(stream[:at] + moved * 2 + stream[at + len(entry) :])
    assert [book.sheet(number).numbers for number in range(2)] == [{(0, 1): "9.0"}, {}]


def record(kind: int, body: bytes = b"") -> bytes:
    number = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return number + bytes([len(body)]) + body


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def test_numbers_of_a_binary_workbook() -> None:
    formats = record(44, struct.pack("<H", 200) + wide("0.0%"))
    styles = (
        record(47, struct.pack("<HH", 0, 9))
        + record(617)
        + record(47, struct.pack("<HH", 0, 200))
        + record(618)
    )
    cells = record(0, struct.pack("<I", 3)) + record(5, struct.pack("<IId", 2, 0, 0.5))
    cells += record(2, struct.pack("<III", 4, 0, 2 << 2 | 2)) + record(9, struct.pack("<IId", 5, 7, 1))
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Target="worksheets/sheet1.bin"/></Relationships>'
    )
    package = zipped(
        {
            "xl/workbook.bin": record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide("Sheet1")),
            "xl/_rels/workbook.bin.rels": relations,
            "xl/styles.bin": formats + styles,
            "xl/worksheets/sheet1.bin": cells,
        }
    )
    book = BinaryWorkbook(Package(package))
    assert book.sheet(0).numbers == {(3, 2): "50.0%", (3, 4): "200.0%"}
    assert book.sheet(1).numbers == {}
