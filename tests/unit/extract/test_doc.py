from __future__ import annotations

from pathlib import Path

import pytest
from compounds import summary
from office97_files import doc, looks

from desktop_kb.errors import Problem
from desktop_kb.extract import office97
from desktop_kb.records import Extracted

CREATED = 133274094720000000  # 2023-05-01
CELL = looks(0, (0x2416, 1))
ROW_END = looks(0, (0x2416, 1), (0x2417, 1))


def of(data: bytes) -> Extracted:
    return office97.read(data, Path("a.doc"))


def test_paragraphs_headings_and_what_the_file_says_of_itself() -> None:
    said = summary("水泵手册", "Ann", CREATED)
    found = of(
        doc(
            ("Heading of a style\r", looks(1)),
            ("正文 with 😀 beyond the first plane.\r", looks()),
            ("Of an outline\r", looks(0, (0x2640, 2))),
            ("A heading that is none\r", looks(2, (0x2640, 9))),
            more={"\x05SummaryInformation": said},
        )
    )
    assert found.text.splitlines() == [
        *(
            "Heading of a style",
            "正文 with 😀 beyond the first plane.",
            "Of an outline",
            "A heading that is none",
        ),
    ]
    assert [(h.level, h.title) for h in found.layout.headings] == [
        (1, "Heading of a style"),
        (3, "Of an outline"),
    ]
    assert found.title == "水泵手册"
    assert found.metadata == {"author": "Ann", "date": "2023-05-01", "year": 2023}


def test_text_in_one_byte_a_character_and_several_pieces() -> None:
    assert (
        of(doc(("Café – “naïve”\r", looks()), ("and more\r", looks()), narrow=True)).text
        == "Café – “naïve”\nand more\n"
    )


def test_tables_are_rows_with_empty_cells() -> None:
    rows = [
        *(("Pump\x07", CELL), ("Price\x07", CELL), ("\x07", CELL), ("\x07", ROW_END)),
        *(("two\r", CELL), ("lines\x07", CELL), ("\x07", CELL), ("x\x07", CELL), ("\x07", ROW_END)),
        ("After it.\r", looks()),
    ]
    assert of(doc(*rows)).text == "Pump | Price\ntwo lines |  | x\nAfter it.\n"


def test_what_was_deleted_is_not_read() -> None:
    assert of(doc(("We sell 9 of 10 pumps.\r", looks()), unread=[(7, 15)])).text == "We sell pumps.\n"


def test_fields_are_read_as_what_they_show() -> None:
    text = 'See \x13 HYPERLINK "http://a.example" \x14the \x13 REF x \x14page\x15 there\x15, p. \x13 PAGE \x15.\r'
    assert of(doc((text, looks()))).text == "See the page there, p. .\n"


def test_a_field_over_several_paragraphs() -> None:
    found = of(doc(("\x13 TOC \\o\r", looks()), ("hidden \x14One\r", looks()), ("Two\x15\r", looks())))
    assert found.text == "One\nTwo\n"


def test_footnotes_are_read_behind_the_text() -> None:
    assert of(doc(("Text\x02.\r", looks()), notes="\x02 The note.\r")).text == "Text.\nThe note.\n"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (doc(("x\r", looks()), flags=0x0100), "encrypted"),
        (doc(("x\r", looks()), version=104), "old-format"),
        (doc(("x\r", looks())).replace(b"\xec\xa5\xc1\x00", b"\xdc\xa5\x65\x00", 1), "old-format"),
        (doc(("x\r", looks())).replace(b"1\0T\0a\0b\0l\0e", b"2\0T\0a\0b\0l\0e", 1), "damaged"),
        (doc(("x\r", looks()))[:900], "damaged"),
    ],
)
def test_what_cannot_be_read_is_said(data: bytes, code: str) -> None:
    with pytest.raises(Problem, match=code):
        of(data)
