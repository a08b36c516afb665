from __future__ import annotations

import math
from pathlib import Path

import pytest
from compounds import compound
from office97_files import doc, looks, xls
from packages import zipped

from desktop_kb.errors import Problem
from desktop_kb.extract import office97
from desktop_kb.records import Extracted


def of(data: bytes, name: str = "a.xls") -> Extracted:
    return office97.read(data, Path(name))


def test_a_spreadsheet() -> None:
    rows: list[tuple[str, str | float]] = [
        ("Name", "Price"),
        ("水泵", 420.0),
        ("Hose", 1.5),
        ("Ring", 9.0),
        ("Nut", math.inf),
    ]
    found = of(xls("价格", *rows))
    assert found.text == "价格\nName | Price\n水泵 | 420\nHose | 1.5\nRing | 9\nNut\n"
    assert [page.label for page in found.layout.pages] == ["价格"]
    assert [h.title for h in found.layout.headings] == ["价格", "Name | Price"]
    assert (found.title, found.metadata["author"]) == ("Prices of pumps", "Ann")


def test_a_file_is_read_by_what_it_holds_whatever_its_suffix() -> None:
    assert of(doc(("words\r", looks())), "a.wps").text == "words\n"
    assert of(b"<html><table><tr><td>a<td>b</table></html>").text == "a | b"
    assert of("名称\t价格\n水泵\t420\n".encode("gb18030")).text == "名称\t价格\n水泵\t420\n"
    assert of(rb"{\rtf1\ansi Rich \b text\b0 .}", "a.doc").text == "Rich text.\n"
    mime = b"MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n<p>page</p>"
    assert of(mime, "a.doc").text == "page"


SPREADSHEET = """<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<DocumentProperties xmlns="urn:schemas-microsoft-com:office:office"><Title>Prices</Title><Author>Ann</Author>
<Created>2023-05-01T10:11:12Z</Created></DocumentProperties>
<Worksheet ss:Name="价格"><Table><Row><Cell><Data ss:Type="String">Pump</Data></Cell>
<Cell ss:Index="3"><Data ss:Type="Number">420</Data></Cell></Row>
<Row><Cell><Data ss:Type="String">Hose</Data></Cell><Cell><Data ss:Type="DateTime">2023-05-01T00:00:00.000</Data></Cell>
</Row></Table></Worksheet></Workbook>"""
TEXT = """<?xml version="1.0"?><w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"
xmlns:wx="http://schemas.microsoft.com/office/word/2003/auxHint"><w:body><wx:sect><w:p><w:r><w:t>One </w:t></w:r>
<w:r><w:t>line</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc>
<w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl></wx:sect></w:body></w:wordDocument>"""


def test_the_xml_of_office_2003() -> None:
    found = of(SPREADSHEET.encode())
    assert found.text == "价格\nPump |  | 420\nHose | 2023-05-01\n"
    assert (found.title, found.metadata["author"], found.metadata["date"]) == ("Prices", "Ann", "2023-05-01")
    assert of(TEXT.encode(), "a.doc").text == "One line\na | b\n"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (compound({"EncryptedPackage": b"x" * 5000, "EncryptionInfo": b"x"}), "encrypted"),
        (compound({"Workbook": b"\x09\x08\x00\x00\x2f\x00\x06\x00" + b"x" * 5000}), "encrypted"),
        (compound({"MatOST": b"x", "CONTENTS": b"x" * 5000}), "old-format"),  # Works
        (b"\xdb\xa5\x2d\x00\x00\x00\x09\x04" + bytes(range(256)) * 9, "old-format"),  # Word 2
        (b"\x09\x08\x10\x00\x00\x06" + b"\0" * 900, "old-format"),
        (compound({"Workbook": b"x" * 5000}), "damaged"),
        (compound({"other": b"x"}), "damaged"),
        (zipped({"some/file.txt": b"x"}), "damaged"),
        (zipped({"xl/workbook.bin": b"x"}), "damaged"),
        (b"PK\x03\x04 cut", "damaged"),
    ],
)
def test_what_cannot_be_read_is_said(data: bytes, code: str) -> None:
    with pytest.raises(Problem, match=code):
        of(data)
