from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import packages
import pytest
from compounds import Storage, compound

from desktop_kb.extract import docx, extraction_worker

PDF = b"%PDF-1.4 a report"


def packed(name: str, content: bytes, *, wide: str = "") -> bytes:
    """What Windows' packager makes of a file."""
    short = name.encode("gb18030") + b"\0"
    held = struct.pack("<H", 2) + short + short + struct.pack("<II", 3, len(short)) + short
    held += struct.pack("<I", len(content)) + content
    for text in ("C:\\" + wide, wide, wide) if wide else ():
        held += struct.pack("<I", len(text)) + text.encode("utf-16-le")
    return struct.pack("<I", len(held)) + held


def report(entries: Mapping[str, bytes | str]) -> bytes:
    root = f"<w:document {packages.SPACES}><w:body>{packages.p('The report.')}</w:body></w:document>"
    return packages.office("word/document.xml", root, entries, None)


def offered(data: bytes) -> dict[str, bytes]:
    return {part.name: part.read() for part in docx.parts(data, Path("a.docx"), None)}


def test_files_embedded_as_they_are() -> None:
    data = report({"word/embeddings/Budget 2024.xlsx": b"a", "word/embeddings/notes.pdf": b"b"})
    assert offered(data) == {"Budget 2024.xlsx": b"a", "notes.pdf": b"b"}
    assert docx.read(data, Path("a.docx")).holds_files
    assert not docx.read(report({}), Path("a.docx")).holds_files


@pytest.mark.parametrize(
    ("storage", "name", "content"),
    [
        ({"\x01Ole10Native": packed("预算.pdf", PDF, wide="预算表.pdf")}, "预算表.pdf", PDF),
        ({"\x01Ole10Native": packed("plan.pdf", PDF)}, "plan.pdf", PDF),
        ({"Package": packages.xlsx({"Sheet": ""})}, "oleObject1.xlsx", packages.xlsx({"Sheet": ""})),
        ({"CONTENTS": PDF}, "oleObject1.pdf", PDF),
    ],
)
def test_files_in_objects(storage: Storage, name: str, content: bytes) -> None:
    data = report({"word/embeddings/oleObject1.bin": compound(storage)})
    found = offered(data)
    assert list(found) == [name]
    assert found[name][:9] == content[:9]
    assert len(found[name]) == len(content)


def test_an_old_document_is_its_object() -> None:
    held = compound({"WordDocument": b"x" * 5000, "1Table": b"y"})
    assert offered(report({"word/embeddings/oleObject7.bin": held})) == {"oleObject7.doc": held}


@pytest.mark.parametrize(
    "held",
    [
        b"no compound file",
        compound({"Equation Native": b"x + y"}),
        compound({"\x01Ole10Native": b"\x05\0\0\0BM..."}),
        compound({"\x01Ole10Native": packed("", PDF)}),
        compound({"CONTENTS": b"a picture"}),
        compound({"Package": packages.zipped({"a.txt": "b"})}),
    ],
)
def test_what_is_no_file_is_not_missed(held: bytes) -> None:
    data = report({"word/embeddings/oleObject1.bin": held})
    assert offered(data) == {}


def test_the_numbers_of_a_chart_are_no_document() -> None:
    data = report(
        {
            "word/charts/chart1.xml": packages.chart("Sales", ""),
            "word/charts/_rels/chart1.xml.rels": packages.relations(r1="package ../embeddings/Sheet1.xlsx"),
            "word/embeddings/Sheet1.xlsx": b"numbers",
            "word/embeddings/Sheet2.xlsx": b"a workbook",
        }
    )
    assert offered(data) == {"Sheet2.xlsx": b"a workbook"}


def test_a_damaged_object_counts_as_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    held = compound({"CONTENTS": PDF})[:600]
    path.write_bytes(report({"word/embeddings/oleObject1.bin": held, "word/embeddings/b.pdf": PDF}))
    found = extraction_worker.read(path, "docx")
    assert (found.parts, found.parts_left_out) == (("b.pdf",), 1)


@pytest.mark.parametrize("kind", ["docx", "pptx", "xlsx"])
def test_an_embedded_document_is_read(kind: str, tmp_path: Path) -> None:
    made = {
        "docx": packages.docx("<w:p/>"),
        "pptx": packages.pptx("<p:sp/>"),
        "xlsx": packages.xlsx({"Sheet": ""}),
    }
    path = tmp_path / f"a.{kind}"
    path.write_bytes(made[kind])
    with zipfile.ZipFile(path, "a") as package:
        package.writestr("x/embeddings/annex.docx", packages.docx(packages.p("The annex says more.")))
    found = extraction_worker.read(path, kind)
    assert (found.parts, found.parts_left_out) == (("annex.docx",), 0)
    assert extraction_worker.read(path, kind, None, "annex.docx").text.strip() == "The annex says more."
