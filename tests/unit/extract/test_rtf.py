from __future__ import annotations

from pathlib import Path

import pytest

from desktop_kb.errors import Problem
from desktop_kb.extract import rtf
from desktop_kb.records import Extracted

HEAD = r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Times;}{\f1\fcharset134 SimSun;}{\f2\fcharset136 Ming;}}"


def of(body: str, head: str = HEAD) -> Extracted:
    return rtf.read(f"{head}{body}}}".encode("latin-1"), Path("a.rtf"))


def headings(found: Extracted) -> list[tuple[int, str]]:
    return [(h.level, found.text[h.start : h.end]) for h in found.layout.headings]


def test_paragraphs_and_signs() -> None:
    body = "one\\par\ntwo\r\n go\\tab on\\line more\\emdash\\~x\\_y\\-z \\{\\}\\\\\\par last"
    assert of(body).text == "one\ntwo go\ton\nmore—\u00a0x-yz {}\\\nlast\n"


def test_characters_of_fonts_and_of_unicode() -> None:
    body = (
        r"\f1 \'d6\'d0\'ce\'c4 \f2 \'a4\'a4\'a4\'e5 \f0 caf\'e9\par"
        r"\u20013?\u25991 ?\uc2\u-10179\'3f\'3f\u-8704\'3f\'3f\uc0\u233 x\par"
        r"\uc1{\upr{ANSI}{\*\ud{\u20013?}}}"
    )
    assert of(body).text == "中文 中文 café\n中文😀éx\n中\n"


@pytest.mark.parametrize("text", ["中文和 English", "Русский"])
def test_the_code_page_of_the_document(text: str) -> None:
    page = 936 if text[0] == "中" else 1251
    written = "".join(f"\\'{byte:02x}" for byte in text.encode(f"cp{page}"))
    assert of(written, rf"{{\rtf1\ansi\ansicpg{page} ").text == f"{text}\n"


def test_what_the_file_says_of_itself() -> None:
    info = (
        r"{\info{\title \'ce\'d2 T}{\author Ann}{\keywords soil, earth}{\creatim\yr2023\mo10\dy8\hr9}"
        r"{\revtim\yr2024\mo1\dy1}{\*\company X}}"
    )
    found = of(info + "text", r"{\rtf1\ansi\ansicpg936")
    said = {"author": "Ann", "keywords": "soil, earth", "date": "2023-10-08", "year": 2023}
    assert (found.title, dict(found.metadata), found.text) == ("我 T", said, "text\n")


def test_headings_by_outline_level_and_by_style() -> None:
    styles = (
        r"{\stylesheet{\s0 Normal;}{\s1\sbasedon0 heading 1;}{\s5\outlinelevel2 Mine;}{\*\cs10 heading 4;}}"
    )
    body = r"\pard\s1 One\par\pard text\par{\pard\outlinelevel1 Two\par}\pard\s5 Three\par\pard\cs10 none\par"
    assert headings(of(styles + body)) == [(1, "One"), (2, "Two"), (3, "Three")]


def test_tables_and_lists() -> None:
    row = r"\trowd\cellx1\cellx2\pard\intbl a\par b\cell {\f1 \'d6\'d0}\cell\row"
    body = (
        row
        + r"\trowd\cellx1\pard\intbl\cell 2020\cell\row\pard{\listtext 1.\tab}item\par{\pntext\'b7\tab}dot\par"
    )
    assert of(body).text == "a b | 中\n| 2020\n1.\titem\n·\tdot\n"


def test_notes_comments_and_boxes_stand_after_their_paragraph() -> None:
    body = (
        r"claim{\super\chftn}{\footnote\pard\plain{\chftn} source}{\*\atnid A}{\*\atnauthor Ann}\chatn"
        r"{\*\annotation{\*\atnref 1}why?}{\shp{\*\shpinst\shpleft1{\sp{\sn x}{\sv y}}{\shptxt\pard in the box\par}}"
        r"{\shprslt other}} goes on\par next"
    )
    assert of(body).text == "claim goes on\nsource\n[Ann: why?]\nin the box\nnext\n"


def test_what_is_not_on_the_page() -> None:
    body = (
        r"{\header running}{\footer 7}{\pict\pngblip 89504e47}{\field{\*\fldinst HYPERLINK x}{\fldrslt link}}"
        r"{\v hidden}{\deleted gone}{\*\unknown no}{\object{\*\objdata 0102}{\result seen}}\bin3 {}\x end"
    )
    assert of(body).text == "linkseenx end\n"


def test_what_is_hostile_or_no_rtf() -> None:
    assert of("{" * 4_000 + "deep" + "}" * 4_000).text == "deep\n"
    assert of("torn {\\b").text == "torn\n"
    for data in (b"words", b"{\\rtf1 " + b"{" * 100_000, b""):
        with pytest.raises(Problem, match="damaged"):
            rtf.read(data, Path("a.rtf"))


def looked(found: Extracted) -> list[tuple[str, str, str]]:
    return [(found.text[one.start : one.end], one.kind, one.detail) for one in found.looks]


def test_letters_look_as_they_do_and_the_text_is_the_same() -> None:
    def body(b: str, b0: str, i: str, up: str, link: str) -> str:
        linked = rf'{{\field{{\*\fldinst {{\f0 HYPERLINK "{link}"}}}}{{\fldrslt {{{b} there}} now}}}}'
        cells = rf"\trowd\cellx1\cellx2\pard\intbl {b} a{b0} b\cell {linked}\cell\row"
        return (
            rf"{{{b} all {i} bees\'e9}} {{\rtlch {b}\u233 ?a{b0}b}} x{{{up} 2}}y{b} on\plain  off\par"
            rf"\pard {linked}.\line {{{b} two\line lines}}\par{cells}\pard {b} last {{\footnote of {i} it}}\par"
        )

    found = of(body(r"\b", r"\b0", r"\i", r"\super", "https://example.org/a"))
    same = r"\fs20"
    plain = of(body(same, same, same, same, ""))
    assert (found.text, found.layout, plain.looks) == (plain.text, plain.layout, ())
    assert looked(found) == [
        ("all", "bold", ""),
        ("beesé", "bold", ""),
        ("beesé", "italic", ""),
        ("éa", "bold", ""),
        ("2", "raised", ""),
        ("on", "bold", ""),
        ("there now", "link", "https://example.org/a"),
        ("there", "bold", ""),
        ("two", "bold", ""),
        ("lines", "bold", ""),
        ("a", "bold", ""),
        ("there now", "link", "https://example.org/a"),
        ("there", "bold", ""),
        ("last", "bold", ""),
        ("of", "bold", ""),
        ("it", "bold", ""),
        ("it", "italic", ""),
    ]


def test_items_stand_as_deep_as_their_list() -> None:
    def item(mark: str, text: str, depth: int) -> str:
        return rf"\pard\ls1\ilvl{depth}{{\listtext {mark}\tab}}{text}\par"

    found = of(
        item("1.", "one", 0) + item("a)", "two", 1) + r"\pard not\tab an item\par" + item("", "none", 0)
    )
    assert found.text == "1.\tone\na)\ttwo\nnot\tan item\nnone\n"
    assert looked(found) == [
        ("1.\tone", "item", "1."),
        ("a)\ttwo", "item", ""),
        ("a)\ttwo", "item", "a)"),
    ]


def test_a_field_that_is_no_link_to_elsewhere_is_none() -> None:
    for told in (r'HYPERLINK \\l "place"', "PAGE", "HYPERLINK", 'HYPERLINK "with a blank"'):
        assert of(rf"{{\field{{\*\fldinst {told}}}{{\fldrslt 7}}}}").looks == ()
    there = of(r'{\field{\*\fldinst HYPERLINK "a.htm" \\l "place"}{\fldrslt 7}}')
    assert looked(there) == [("7", "link", "a.htm#place")]
