from __future__ import annotations

import struct
from pathlib import Path

import pytest
from compounds import summary
from office97_files import doc, looks, modifiers

from desktop_kb.errors import Problem
from desktop_kb.extract import doc as doc_module
from desktop_kb.extract import office97
from desktop_kb.extract.doc import _Fields
from desktop_kb.extract.dressing import Run, address_of, undressed
from desktop_kb.records import Extracted, LookKind

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


def level(
    format: int, text: str, places: bytes, *, start: int = 1, flags: int = 0, restart: int = 0
) -> bytes:
    head = struct.pack("<iBB9sB8xBBBB", start, format, flags, places, 0, 0, 0, restart, 0)
    return head + struct.pack("<H", len(text)) + text.encode("utf-16-le")


def listed(levels: list[bytes], overrides: bytes = b"") -> dict[int, tuple[bytes, bytes]]:
    """One list, and an override of it."""
    lists = struct.pack("<Hii18xBB", 1, 77, 0, len(levels) == 1, 0)
    named = struct.pack("<Ii8xB3x", 1, 77, 1 if overrides else 0)
    return {73: (lists, b"".join(levels)), 74: (named + b"\xff" * 4 + overrides, b"")}


FIRST, SECOND = ((0x460B, 1),), ((0x460B, 1), (0x260A, 1))
LEVELS = [level(37, "第\0条", b"\2"), level(0, "\0.\1)", b"\1\3", flags=4)] + [level(23, "x", b"")] * 7


def test_numbers_of_lists_are_counted() -> None:
    paragraphs = [
        *(("总则\r", looks(0, *FIRST)), ("a\r", looks(0, *SECOND)), ("\r", looks(0, *SECOND))),
        *(
            ("\x0c", looks(0, *SECOND)),
            ("b\r", looks(0, *SECOND)),
            ("附则\r", looks(0, *FIRST)),
            ("c\r", looks(0, *SECOND)),
        ),
        *(("dot\r", looks(0, (0x460B, 1), (0x260A, 4))), ("none\r", looks(0, (0x460B, 0xF801)))),
        ("in a cell\x07", looks(0, (0x2416, 1), *FIRST)),
        *(("\x07", CELL), ("\x07", ROW_END)),
    ]
    lines = ["第一条 总则", "1.1) a", "1.3) b", "第二条 附则", "2.1) c", "• dot", "none", "第三条 in a cell"]
    assert of(doc(*paragraphs, structures=listed(LEVELS))).text.splitlines() == lines


def test_a_list_may_begin_with_another_number() -> None:
    starts = struct.pack("<iI", 5, 0x10)
    found = of(doc(("x\r", looks(0, *FIRST)), ("y\r", looks(0, *FIRST)), structures=listed(LEVELS, starts)))
    assert found.text == "第五条 x\n第六条 y\n"
    other = struct.pack("<iI", 0, 0x20) + level(1, "\0.", b"\1")
    assert of(doc(("x\r", looks(0, *FIRST)), structures=listed(LEVELS[:1], other))).text == "I. x\n"


def style(built_in: int, based_on: int, *said: tuple[int, int]) -> bytes:
    held = struct.pack("<H", 0) + modifiers(*said)
    body = struct.pack("<HHHHH", built_in, based_on << 4 | 1, 2, 0, 0) + struct.pack("<HH", 0, 0)
    body += struct.pack("<H", len(held)) + held
    return struct.pack("<H", len(body)) + body


def test_styles_number_their_paragraphs_and_make_them_headings() -> None:
    held = [style(0, 0xFFF), style(1, 0, (0x460B, 1)), style(0xFFE, 1), style(0xFFE, 0, (0x2640, 2))]
    sheet = struct.pack("<HHH14x", 18, len(held), 10) + b"".join(held)
    paragraphs = (("总则\r", looks(1)), ("附则\r", looks(2)), ("Deep\r", looks(3)), ("text\r", looks(0)))
    found = of(doc(*paragraphs, structures={**listed(LEVELS), 1: (sheet, b"")}))
    assert found.text == "第一条 总则\n第二条 附则\nDeep\ntext\n"
    assert [(h.level, h.title) for h in found.layout.headings] == [
        (1, "第一条 总则"),
        (1, "第二条 附则"),
        (3, "Deep"),
    ]


@pytest.mark.parametrize("cut", range(0, 60, 3))
def test_lists_that_are_cut_off(cut: int) -> None:
    lists, overrides = (structure + behind for structure, behind in listed(LEVELS).values())
    assert (
        "x"
        in of(doc(("x\r", looks(0, *FIRST)), structures={74: (overrides, b""), 73: (lists[:cut], b"")})).text
    )
    assert (
        "x"
        in of(
            doc(("x\r", looks(0, *FIRST)), structures={74: (overrides[:cut], b""), 1: (lists[:cut], b"")})
        ).text
    )


def test_letters_look_as_they_do_and_the_text_is_the_same() -> None:
    text = (
        'Of all 😀 bees2 \x13 HYPERLINK "https://a.example" \\o "x" \x14see there\x15, \x13 PAGE \x147\x15.\r'
    )
    units = text.encode("utf-16-le")

    def over(words: str, *said: tuple[int, int]) -> tuple[int, int, bytes]:
        start = units.index(words.encode("utf-16-le")) // 2
        return start, start + len(words.encode("utf-16-le")) // 2, modifiers(*said)

    letters = [
        over("all ", (0x0835, 1)),
        over("😀 bees", (0x0835, 0x81), (0x0836, 1)),
        over("2", (0x2A48, 1)),
        over(" there", (0x0835, 1)),
        over("7", (0x0837, 1)),
    ]
    rows = [("Pump\x07", CELL), ("\x07", ROW_END)]
    found = of(doc((text, looks()), *rows, letters=letters, unread=[(0, 3)]))
    plain = of(doc((text, looks()), *rows, unread=[(0, 3)]))
    assert (found.text, found.layout) == (plain.text, plain.layout)
    assert found.text == "all 😀 bees2 see there, 7.\nPump\n"
    assert [(found.text[one.start : one.end], one.kind, one.detail) for one in found.looks] == [
        ("all", "bold", ""),
        ("😀 bees", "bold", ""),
        ("😀 bees", "italic", ""),
        ("2", "raised", ""),
        ("see there", "link", "https://a.example"),
        ("there", "bold", ""),
        ("7", "struck", ""),
    ]


def test_items_stand_as_deep_as_their_list() -> None:
    found = of(
        doc(
            ("a\r", looks(0, *FIRST)), ("b\r", looks(0, *SECOND)), ("c\r", looks()), structures=listed(LEVELS)
        )
    )
    assert [(found.text[one.start : one.end], one.detail) for one in found.looks] == [
        ("第一条 a", "第一条"),
        ("1.1) b", ""),
        ("1.1) b", "1.1)"),
    ]


def test_where_a_field_leads_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not for each run in it, and each field around it."""
    asked: list[str] = []

    def told(instruction: str) -> str:
        asked.append(instruction)
        return address_of(instruction)

    monkeypatch.setattr(doc_module, "address_of", told)
    bold: tuple[LookKind, ...] = ("bold",)
    begins = '\x13 HYPERLINK "http://a.example" \x14'
    runs = [Run(begins * 9), *(Run("bee", bold[: n % 2]) for n in range(100)), Run("\x15" * 9)]
    shown, looks = undressed(_Fields().shown(runs))
    assert shown == "bee" * 100
    assert [look.detail for look in looks if look.kind == "link"] == ["http://a.example"]
    assert len(asked) == 1
