from __future__ import annotations

from pathlib import Path

import pytest
from packages import ODF, odf

from desktop_kb import reading
from desktop_kb.errors import Problem
from desktop_kb.extract import odf as reader
from desktop_kb.records import Extracted


def of(body: str, kind: str = "text", **more: object) -> Extracted:
    return reader.read(odf(kind, body, **more), Path("a.odt"))  # type: ignore[arg-type]


def headings(found: Extracted) -> list[tuple[int, str, str]]:
    return [(h.level, h.title, found.text[h.start : h.end]) for h in found.layout.headings]


def p(text: str) -> str:
    return f"<text:p>{text}</text:p>"


def test_paragraphs_headings_and_what_the_file_says_of_itself() -> None:
    meta = (
        "<dc:title>堆肥手册</dc:title><meta:initial-creator>Ann</meta:initial-creator><dc:creator>Bo</dc:creator>"
        "<meta:creation-date>2023-10-08T10:11:12</meta:creation-date><meta:keyword>soil</meta:keyword>"
        "<meta:keyword>土</meta:keyword>"
    )
    found = of('<text:h text:outline-level="2">One</text:h>' + p("厨余变成 humus."), meta=meta)
    assert (found.text, found.title) == ("One\n厨余变成 humus.\n", "堆肥手册")
    assert headings(found) == [(2, "One", "One")]
    assert dict(found.metadata) == {
        "author": "Ann",
        "date": "2023-10-08",
        "keywords": "soil, 土",
        "year": 2023,
    }


def test_a_title_by_its_style() -> None:
    styles = '<style:style style:name="P1" style:parent-style-name="Title"/>'
    found = of('<text:p text:style-name="P1">About soil</text:p>' + p("x"), styles=styles)
    assert (found.title, headings(found)) == ("About soil", [(1, "About soil", "About soil")])


def test_blanks_tabs_and_breaks() -> None:
    text = p(
        'a\n   b<text:s text:c="3"/>c<text:tab/>d<text:line-break/>e <text:span> f</text:span> '
        "<text:title>T</text:title>"
    )
    assert of(text).text == "a b c\td\ne f T\n"


def test_boxes_notes_comments_and_deleted_text() -> None:
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>gone</text:p></text:deletion>"
        "</text:changed-region></text:tracked-changes>"
        "<text:p>claim<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>source</text:p>"
        "</text:note-body></text:note><office:annotation><dc:creator>Ann</dc:creator><text:p>why?</text:p>"
        "</office:annotation><draw:frame><draw:text-box><text:p>in the box</text:p></draw:text-box></draw:frame>"
        " goes on<text:ruby><text:ruby-base>漢</text:ruby-base><text:ruby-text>kan</text:ruby-text></text:ruby>"
        "</text:p>"
    )
    assert of(body).text == "claim goes on漢\nsource\n[Ann: why?]\nin the box\n"


def level(kind: str, depth: int, format: str, more: str = "") -> str:
    return f'<text:{kind} text:level="{depth}" style:num-format="{format}" {more}/>'


LISTS = (
    '<text:list-style style:name="L1">'
    + level("list-level-style-number", 1, "一, 二, 三, ...", 'style:num-prefix="第" style:num-suffix="条"')
    + level("list-level-style-number", 2, "1", 'text:display-levels="2" style:num-suffix=")"')
    + '</text:list-style><text:list-style style:name="L2"><text:list-level-style-bullet text:level="1"/>'
    + "</text:list-style>"
)


def items(*texts: str, style: str = "L1", more: str = "") -> str:
    held = "".join(f"<text:list-item>{text}</text:list-item>" for text in texts)
    return f'<text:list text:style-name="{style}" {more}>{held}</text:list>'


def test_numbers_of_lists_are_counted() -> None:
    inner = f"<text:list><text:list-item>{p('a')}{p('more')}</text:list-item></text:list>"
    body = items(p("甲"), p("乙") + inner) + items(p("丙"), more='text:continue-numbering="true"')
    body += items(p("again")) + items(p("dot"), style="L2")
    lines = ["第一条 甲", "第二条 乙", "二.1) a", "more", "第三条 丙", "第一条 again", "• dot"]
    found = of(body, styles=LISTS)
    assert found.text.splitlines() == lines
    assert [(found.text[one.start : one.end], one.kind, one.detail) for one in found.looks] == [
        ("第一条 甲", "item", "第一条"),
        ("第二条 乙", "item", "第二条"),
        *(("二.1) a", "item", ""), ("二.1) a", "item", "二.1)"), *[("more", "item", "")] * 2),
        ("第三条 丙", "item", "第三条"),
        ("第一条 again", "item", "第一条"),
        ("• dot", "item", "•"),
    ]


def test_numbers_of_headings() -> None:
    outline = (
        "<text:outline-style>"
        + "".join(level("outline-level-style", n, "1", f'text:display-levels="{n}"') for n in (1, 2))
        + "</text:outline-style>"
    )
    body = "".join(
        f'<text:h text:outline-level="{n}">{t}</text:h>' for n, t in ((1, "A"), (2, "B"), (2, "C"))
    )
    assert [title for _, title, _ in headings(of(body, styles=outline))] == ["1 A", "1.1 B", "1.2 C"]


def test_a_table_of_contents_is_kept_and_not_read() -> None:
    body = f"<text:table-of-content><text:index-body>{p('One 1')}</text:index-body></text:table-of-content>{p('text')}"
    found = of(body)
    assert found.text == "One 1\ntext\n"
    assert reading.read(found.text, found.layout.edits) == "text\n"


def row(*cells: str, more: str = "") -> str:
    held = "".join(
        cell
        if cell.startswith("<table:")
        else f"<table:table-cell>{p(cell) if cell else ''}</table:table-cell>"
        for cell in cells
    )
    return f"<table:table-row {more}>{held}</table:table-row>"


def table(*rows: str, name: str = "T") -> str:
    return f'<table:table table:name="{name}">{"".join(rows)}</table:table>'


def test_tables() -> None:
    head = f"<table:table-header-rows>{row('', '2020')}</table:table-header-rows>"
    assert of(table(head, row("a", "1")) + table(row("only"))).text == "| 2020\na | 1\nonly\n"


def test_sheets_are_pages() -> None:
    name = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    rows = [
        row(name.format("Name"), name.format("Age")),
        row(name.format("Ann"), "34"),
        row(name.format("Bo"), "27"),
    ]
    comment = (
        f"<table:table-cell><office:annotation>{p('why?')}</office:annotation>{p('x')}</table:table-cell>"
    )
    found = of(table(*rows, name="Staff") + table(row(comment), name="Sheet2"), "spreadsheet")
    assert found.text.splitlines() == ["Staff", "Name | Age", "Ann | 34", "Bo | 27", "x", "[why?]"]
    assert [page.label for page in found.layout.pages] == ["Staff", "Sheet2"]
    assert [(h.level, h.title) for h in found.layout.headings] == [(1, "Staff"), (2, "Name | Age")]


def test_what_is_repeated_a_million_times_is_not() -> None:
    cell = '<table:table-cell table:number-columns-repeated="16384"><text:p>boom</text:p></table:table-cell>'
    found = of(table(row(cell, more='table:number-rows-repeated="1048576"')), "spreadsheet")
    assert 0 < len(found.text) < 100_000


def test_slides_are_pages_with_their_titles_first() -> None:
    frame = (
        '<draw:frame presentation:class="{}"><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>'
    )
    spoken = frame.format("notes", "say this") + frame.format("page-number", "7")
    notes = f"<presentation:notes>{spoken}</presentation:notes>"
    first = (
        frame.format("outline", "point")
        + frame.format("title", "堆肥")
        + frame.format("date-time", "2023")
        + notes
    )
    found = of(
        f"<draw:page>{first}</draw:page><draw:page><draw:frame><draw:image/></draw:frame></draw:page>",
        "presentation",
    )
    assert found.text == "堆肥\npoint\nsay this\n"
    assert [(page.label, page.start, page.end) for page in found.layout.pages] == [
        ("1", 0, 18),
        ("2", 18, 18),
    ]
    assert (found.title, found.page_states) == ("堆肥", ("text", "none"))


def test_the_number_of_a_slide_is_not_read() -> None:
    """Files made by PowerPoint have it in a box like any other."""
    box = "<draw:frame><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>"
    number = "<text:page-number>&lt;number&gt;</text:page-number>"
    assert (
        of(f"<draw:page>{box.format('堆肥')}{box.format(number)}</draw:page>", "presentation").text
        == "堆肥\n"
    )
    assert of(p(f"see {number}")).text == "see <number>\n"


def test_charts() -> None:
    rows = table(row("", "North"), row("Q1", "4"))
    held = f"<chart:chart><chart:title>{p('Yield')}</chart:title>{rows}</chart:chart>"
    chart = f"<office:document-content {ODF}><office:chart>{held}</office:chart></office:document-content>"
    frame = '<draw:frame><draw:object xlink:href="./Object 1"/></draw:frame>'
    assert of(p(frame), more={"Object 1/content.xml": chart}).text == "Yield\n| North\nQ1 | 4\n"
    assert of(p(frame) + p("behind"), more={"Object 1/content.xml": b""}).text == "behind\n"


def test_encrypted_and_damaged() -> None:
    entry = "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
    manifest = f"<manifest:manifest {ODF}>{entry}</manifest:manifest>"
    with pytest.raises(Problem, match="encrypted"):
        of(p("x"), more={"META-INF/manifest.xml": manifest})
    for data in (b"words", odf("text", "")[:100]):
        with pytest.raises(Problem, match="damaged"):
            reader.read(data, Path("a.odt"))


def test_letters_look_as_their_styles_say_and_the_text_is_the_same() -> None:
    def looks(name: str, said: str, more: str = "") -> str:
        said += ' xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"'
        return f'<style:style style:name="{name}" {more}><style:text-properties {said}/></style:style>'

    styles = (
        looks("B", 'fo:font-weight="bold"')
        + looks("BI", 'fo:font-style="italic"', 'style:parent-style-name="B"')
        + looks("S", 'style:text-position="super 58%"')
        + looks("N", 'style:text-position="0% 100%" fo:font-weight="normal"')
        + looks("BN", 'fo:font-weight="normal" fo:font-style="italic"', 'style:parent-style-name="B"')
    )

    def span(style: str, text: str) -> str:
        return f'<text:span text:style-name="{style}">{text}</text:span>'

    address = "https://example.org/a"
    linked = f'<text:a xlink:href="{address}">see {span("B", "there")}</text:a>'
    body = p(f"Of{span('B', ' all  bees ')}the{span('S', '2')} {span('N', 'x')}{span('BN', 'y')}") + table(
        row(span("BI", "a"), linked)
    )
    found, plain = of(body, styles=styles), of(body)
    assert (found.text, found.layout) == (plain.text, plain.layout)
    assert [(found.text[one.start : one.end], one.kind, one.detail) for one in found.looks] == [
        ("all bees", "bold", ""),
        ("2", "raised", ""),
        ("y", "italic", ""),
        ("a", "bold", ""),
        ("a", "italic", ""),
        ("see there", "link", address),
        ("there", "bold", ""),
    ]


def test_pictures_stand_behind_their_paragraph() -> None:
    def frame(name: str) -> str:
        return f'<draw:frame><draw:image xlink:href="{name}"/></draw:frame>'

    held = "<table:table><table:table-row><table:table-cell>{}</table:table-cell><table:table-cell>{}"
    row = (
        held.format(p(f"cell{frame('content.xml')}"), p("x"))
        + "</table:table-cell></table:table-row></table:table>"
    )
    found = of(p(frame("./content.xml") + "One") + row + p("Two" + frame("../../etc/none.png")))
    assert found.text == "One\ncell | x\nTwo\n"
    shown = [(one.start, one.kind, one.detail) for one in found.looks]
    assert shown == [(3, "figure", "content.xml"), (12, "figure", "content.xml")]
