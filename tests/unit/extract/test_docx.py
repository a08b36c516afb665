from __future__ import annotations

from pathlib import Path

import pytest
from packages import SPACES, chart, docx, office, p, series, table

from desktop_kb import reading
from desktop_kb.errors import Problem
from desktop_kb.extract import docx as word
from desktop_kb.records import Extracted


def of(body: str, **parts: object) -> Extracted:
    return word.read(docx(body, **parts), Path("a.docx"))  # type: ignore[arg-type]


def style(identity: str, name: str, more: str = "") -> str:
    return f'<w:style w:type="paragraph" w:styleId="{identity}"><w:name w:val="{name}"/>{more}</w:style>'


def headings(found: Extracted) -> list[tuple[int, str, str]]:
    return [(h.level, h.title, found.text[h.start : h.end]) for h in found.layout.headings]


STYLES = (
    style("T", "Title")
    + style("H1", "heading 1")
    + style("H2", "Mine", '<w:basedOn w:val="H1"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr>')
    + style("O", "Own", '<w:pPr><w:outlineLvl w:val="2"/></w:pPr>')
    + style("C", "toc 1")
)


def styled(text: str, name: str) -> str:
    return p(text, f'<w:pStyle w:val="{name}"/>')


def test_paragraphs_and_what_the_file_says_of_itself() -> None:
    said = {
        "title": "堆肥手册",
        "creator": "Ann",
        "created": "2023-10-08T10:11:12Z",
        "keywords": "soil",
        "modified": "2024-01-01T00:00:00Z",
    }
    found = of(p("厨余变成 humus.") + p("Second"), said=said)
    assert (found.text, found.title) == ("厨余变成 humus.\nSecond\n", "堆肥手册")
    assert dict(found.metadata) == {"author": "Ann", "date": "2023-10-08", "keywords": "soil", "year": 2023}


@pytest.mark.parametrize("title", ["Microsoft Word - a.doc", "新建 Microsoft Word 文档", "Document1"])
def test_a_title_that_a_program_wrote_is_none(title: str) -> None:
    said = {"title": title, "creator": "python-docx", "created": "2013-12-23T23:15:00Z"}
    found = of(styled("About soil", "T") + p("x"), said=said, styles=STYLES)
    assert found.title == "About soil"
    assert dict(found.metadata) == {}


def test_headings_by_style_based_style_and_outline() -> None:
    body = styled("One", "H1") + styled("Two", "H2") + styled("Three", "O") + p("text")
    body += p("Five", '<w:outlineLvl w:val="4"/>') + p(
        "none", '<w:pStyle w:val="H1"/><w:outlineLvl w:val="9"/>'
    )
    found = of(body, styles=STYLES)
    assert [(level, title) for level, title, _ in headings(found)] == [
        (1, "One"),
        (2, "Two"),
        (3, "Three"),
        (5, "Five"),
    ]
    assert all(title == text for _, title, text in headings(found))


def test_a_table_of_contents_is_kept_and_not_read() -> None:
    found = of(styled("One\t1", "C") + styled("One", "H1") + p("text"), styles=STYLES)
    assert found.text == "One\t1\nOne\ntext\n"
    assert reading.read(found.text, found.layout.edits) == "One\ntext\n"


def level(depth: int, format: str, text: str, more: str = "") -> str:
    return (
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{format}"/>{more}'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
    )


NUMBERING = (
    '<w:abstractNum w:abstractNumId="1">'
    + level(0, "chineseCounting", "第%1条")
    + level(1, "decimal", "%1.%2", "<w:isLgl/>")
    + level(2, "lowerRoman", "(%3)")
    + "</w:abstractNum>"
    + f'<w:abstractNum w:abstractNumId="2">{level(0, "bullet", "")}</w:abstractNum>'
    + '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
    + '<w:num w:numId="2"><w:abstractNumId w:val="2"/></w:num>'
    + '<w:num w:numId="3"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/>'
    "</w:lvlOverride></w:num>"
)


def item(text: str, depth: int = 0, number: int = 1) -> str:
    return p(text, f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>')


def test_numbers_of_lists_are_counted() -> None:
    body = item("甲") + item("a", 1) + item("b", 1) + item("c", 2) + item("d", 2) + item("乙") + item("e", 1)
    body += item("dot", 0, 2) + item("five", 0, 3) + item("six", 0, 3) + p("plain") + item("none", 0, 0)
    assert of(body, numbering=NUMBERING).text.splitlines() == [
        *("第一条 甲", "1.1 a", "1.2 b", "(i) c", "(ii) d", "第二条 乙", "2.1 e"),
        *("• dot", "第五条 five", "第六条 six", "plain", "none"),
    ]


def test_an_item_without_words_counts() -> None:
    assert of(item("甲") + item("") + item("丙"), numbering=NUMBERING).text == "第一条 甲\n第三条 丙\n"


def test_a_style_numbers_its_level() -> None:
    numbering = (
        '<w:abstractNum w:abstractNumId="1">'
        + level(0, "decimal", "%1", '<w:pStyle w:val="H1"/>')
        + level(1, "decimal", "%1.%2", '<w:pStyle w:val="H2"/>')
        + '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
    )
    numbered = '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
    styles = style("H1", "heading 1", numbered) + style("H2", "heading 2", numbered)
    found = of(styled("A", "H1") + styled("B", "H2") + styled("C", "H2"), styles=styles, numbering=numbering)
    assert [title for _, title, _ in headings(found)] == ["1 A", "1.1 B", "1.2 C"]


def test_tables() -> None:
    inner = f"<w:p/>{table(['x', 'y'])}{p('end')}"
    found = of(
        table(["", "2020", "2021"], ["a|b", "1", ""], [inner, "2", "3"]) + table([p("only") + p("cell")])
    )
    assert found.text.splitlines() == [
        *("| 2020 | 2021", "a|b | 1", "x | y end | 2 | 3", "only", "cell"),
    ]


def test_text_boxes_once() -> None:
    box = f"<w:txbxContent>{p('in the box')}</w:txbxContent>"
    both = (
        f"<mc:AlternateContent><mc:Choice><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent>"
    )
    assert (
        of(f"<w:p><w:r><w:t>before</w:t>{both}<w:t> after</w:t></w:r></w:p>").text
        == "before after\nin the box\n"
    )


def test_notes_and_comments_stand_after_their_paragraph() -> None:
    body = (
        '<w:p><w:r><w:t>claim</w:t><w:footnoteReference w:id="2"/><w:commentReference w:id="5"/></w:r></w:p>'
        + p("next")
    )
    found = of(
        body,
        footnotes=f'<w:footnote w:type="separator" w:id="0">{p("-")}</w:footnote>'
        f'<w:footnote w:id="2">{p("source")}</w:footnote>',
        comments=f'<w:comment w:id="5" w:author="Ann">{p("why?")}</w:comment>'
        f'<w:comment w:id="6">{p("lost")}</w:comment>',
    )
    assert found.text == "claim\nsource\n[Ann: why?]\nnext\n[lost]\n"


def test_what_was_deleted_and_instructions_are_not_read() -> None:
    body = (
        "<w:p><w:ins><w:r><w:t>new</w:t></w:r></w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del>"
        "<w:moveFrom><w:r><w:t>gone</w:t></w:r></w:moveFrom><w:r><w:instrText>PAGE</w:instrText></w:r>"
        "<w:r><w:tab/><w:t>x</w:t><w:br/><w:t>y</w:t></w:r>"
        "<w:r><w:ruby><w:rt><w:r><w:t>kan</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>漢</w:t></w:r></w:rubyBase></w:ruby></w:r>"
        '<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r></w:p>'
    )
    assert of(body).text == "new\tx\ny漢☑\n"


def drawing(held: str) -> str:
    graphic = f"<a:graphic><a:graphicData>{held}</a:graphicData></a:graphic>"
    return f"<w:p><w:r><w:drawing>{graphic}</w:drawing></w:r></w:p>"


def test_a_large_first_letter_belongs_to_its_paragraph() -> None:
    assert (
        of(p("O", '<w:framePr w:dropCap="drop"/>') + p("nce upon a time") + p("x")).text
        == "Once upon a time\nx\n"
    )
    assert (
        of(p("x") + p("Fin", '<w:framePr w:dropCap="drop"/>')).text == "x\nFin\n"
    )  # nothing stands behind it


def test_formulas_are_read_as_tex() -> None:
    formula = "<m:f><m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>b</m:t></m:r></m:den></m:f>"
    body = f'<w:p><w:r><w:t>so </w:t></w:r><m:oMath xmlns:m="m">{formula}</m:oMath></w:p>'
    assert of(body).text == "so \\frac{a}{b}\n"


def test_charts_and_diagrams() -> None:
    body = drawing('<c:chart r:id="c1"/>') + drawing('<dgm:relIds r:dm="d1"/>')
    points = (
        '<dgm:pt type="pres"><dgm:t><a:p><a:r><a:t>no</a:t></a:r></a:p></dgm:t></dgm:pt>'
        "<dgm:pt><dgm:t><a:p><a:r><a:t>Step</a:t></a:r></a:p></dgm:t></dgm:pt>"
    )
    north, south = (
        series("North", ["一季", "二季"], ["1.5", "0.30000000000000004"]),
        series("South", ["一季"], ["7"]),
    )
    drawn = chart("销量", north + south)
    found = of(
        body,
        refers="c1=chart chart.xml;d1=diagramData dgm.xml",
        chart=drawn.encode(),
        dgm=f"<dgm:dataModel {SPACES}>{points}</dgm:dataModel>".encode(),
    )
    assert found.text.splitlines() == ["销量", "| North | South", "一季 | 1.5 | 7", "二季 | 0.3", "Step"]


def test_a_web_page_that_stands_for_the_document() -> None:
    found = of(
        '<w:altChunk r:id="a1"/>',
        refers="a1=aFChunk page.xml",
        page=b"<html><body><h1>Soil</h1><p>words</p></body></html>",
    )
    assert found.text == "Soil\nwords\n"
    assert headings(found) == [(1, "Soil", "Soil")]


def test_a_text_that_is_named_over_and_over_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    named = "<w:p><w:r>" + '<w:footnoteReference w:id="2"/>' * 50 + "<w:t>claim</w:t></w:r></w:p>"
    assert of(named, footnotes=f'<w:footnote w:id="2">{p("source")}</w:footnote>').text == "claim\nsource\n"
    monkeypatch.setattr("desktop_kb.extract.writer.MOST_CHARACTERS", 1_000)
    for body in (p("word") * 300, table(["word"] * 300)):
        with pytest.raises(Problem, match="too-much-text"):
            of(body)


def test_what_is_no_word_document() -> None:
    for data in (b"PK", b"words", docx("")[:200]):
        with pytest.raises(Problem, match="damaged"):
            word.read(data, Path("a.docx"))


def run(text: str, looks: str = "") -> str:
    return f'<w:r><w:rPr>{looks}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def looked(found: Extracted) -> list[tuple[str, str, str]]:
    return [(found.text[one.start : one.end], one.kind, one.detail) for one in found.looks]


def test_links_of_notes_are_those_of_their_part() -> None:
    links = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    space = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'

    def rels(address: str, more: str = "") -> str:
        link = f'<Relationship Id="l1" Type="{links}/hyperlink" Target="{address}" TargetMode="External"/>'
        return f"<Relationships {space}>{link}{more}</Relationships>"

    notes = f'<Relationship Id="n" Type="{links}/footnotes" Target="footnotes.xml"/>'
    linked = f'<w:p><w:hyperlink r:id="l1">{run("there")}</w:hyperlink>'
    note = f'<w:footnote w:id="2">{linked}</w:p></w:footnote>'
    body = f'{linked}<w:r><w:footnoteReference w:id="2"/></w:r></w:p>'
    for own, leads in (
        (rels("https://b.org"), ["https://a.org", "https://b.org"]),
        (None, ["https://a.org"]),
    ):
        more: dict[str, str | bytes] = {
            "word/_rels/document.xml.rels": rels("https://a.org", notes),
            "word/footnotes.xml": f"<w:footnotes {SPACES}>{note}</w:footnotes>",
        }
        if own is not None:
            more["word/_rels/footnotes.xml.rels"] = own
        root = f"<w:document {SPACES}><w:body>{body}</w:body></w:document>"
        found = word.read(office("word/document.xml", root, more, None), Path("a.docx"))
        assert found.text == "there\nthere\n"
        assert [detail for _, kind, detail in looked(found) if kind == "link"] == leads


def test_letters_look_as_they_do_and_the_text_is_the_same() -> None:
    def body(bold: str, raised: str, link: str) -> str:
        first = (
            run("Of ") + run(" all  bees ", bold) + run("the ", "<w:b w:val='0'/>") + run("queen", "<w:i/>")
        )
        linked = f'<w:hyperlink r:id="{link}">{run("see ")}{run("there", bold)}</w:hyperlink>'
        row = table([f"<w:p>{run('a', bold)}{run(' b')}</w:p>", f"<w:p>{linked}</w:p>", "plain"])
        level = '<w:pPr><w:pStyle w:val="Heading1"/></w:pPr>'
        return f"<w:p>{level}{first}{run('2', raised)}</w:p>" + row + f"<w:p>{run('  ', bold)}{linked}</w:p>"

    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
    rels = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="l1" Type="{relation}" Target="https://example.org/a|b" TargetMode="External"/>'
        "</Relationships>"
    )

    def read(content: str) -> Extracted:
        root = f"<w:document {SPACES}><w:body>{content}</w:body></w:document>"
        return word.read(
            office("word/document.xml", root, {"word/_rels/document.xml.rels": rels}, None), Path("a.docx")
        )

    found = read(body("<w:b/>", "<w:vertAlign w:val='superscript'/>", "l1"))
    plain = read(body("", "", "none"))
    assert (found.text, found.layout, found.title) == (plain.text, plain.layout, plain.title)
    assert looked(found) == [
        ("all  bees", "bold", ""),
        ("queen", "italic", ""),
        ("2", "raised", ""),
        ("a", "bold", ""),
        ("see there", "link", "https://example.org/a|b"),
        ("there", "bold", ""),
        ("see there", "link", "https://example.org/a|b"),
        ("there", "bold", ""),
    ]
    assert looked(plain) == [("queen", "italic", "")]


def test_signs_that_a_text_holds_itself_are_no_looks() -> None:
    signs = "".join(map(chr, (*range(0xFDD0, 0xFDF0), 0xFFFD)))
    cell = table([f"<w:p>{run(f'a{signs}b{signs}c', '<w:b/>')}</w:p>", "d"])
    halves = "".join(f'<w:r><w:sym w:font="x" w:char="{code:04X}"/></w:r>' for code in range(0xDFE0, 0xE000))
    found = of(f"<w:p>{run(signs)}{run(f'x{signs}y', '<w:i/>')}{halves}{run('z')}</w:p>{cell}")
    assert found.text == f"{signs}x{signs}yz\na{signs}b{signs}c | d\n"
    assert looked(found) == [(f"x{signs}y", "italic", ""), (f"a{signs}b{signs}c", "bold", "")]


def test_items_stand_as_deep_as_their_list() -> None:
    in_cell = f"<w:p><w:pPr><w:numPr><w:numId w:val='1'/></w:numPr></w:pPr>{run('cell')}</w:p>"
    body = item("甲") + item("a", 1) + item("dot", 0, 2) + p("plain") + item("none", 0, 0)
    body += table([in_cell, "x"])
    found = of(body + styled("H", "H1"), numbering=NUMBERING, styles=STYLES)
    assert found.text.splitlines()[5] == "第二条 cell | x"
    assert looked(found) == [
        ("第一条 甲", "item", "第一条"),
        ("1.1 a", "item", ""),
        ("1.1 a", "item", "1.1"),
        ("• dot", "item", "•"),
    ]


def test_fields_that_lead_elsewhere_are_links() -> None:
    def field(told: str, shown: str) -> str:
        parts = (
            '<w:fldChar w:fldCharType="begin"/>',
            f'<w:instrText xml:space="preserve">{told}</w:instrText>',
            '<w:fldChar w:fldCharType="separate"/>',
            f"<w:t>{shown}</w:t>",
            '<w:fldChar w:fldCharType="end"/>',
        )
        return "".join(f"<w:r>{part}</w:r>" for part in parts)

    inner = field("PAGE", "7")
    leading = field(' HYPERLINK "https://a.org/b" \\o "tip" ', f"see</w:t></w:r>{inner}<w:r><w:t>there")
    simple = f"<w:fldSimple w:instr=' HYPERLINK \"https://c.org\" '>{run('too')}</w:fldSimple>"
    found = of(f"<w:p>{run('so ')}{leading}{run(', ')}{field(' REF x ', 'not')}{simple}</w:p>")
    assert found.text == "so see7there, nottoo\n"
    assert looked(found) == [("see7there", "link", "https://a.org/b"), ("too", "link", "https://c.org")]


def picture(relation: str) -> str:
    blip = f'<a:graphic><a:graphicData uri="picture"><x><a:blip r:embed="{relation}"/></x></a:graphicData></a:graphic>'
    return f"<w:r><w:drawing>{blip}</w:drawing></w:r>"


def test_pictures_stand_behind_their_paragraph_or_row() -> None:
    cell = f"<w:p>{run('cell')}{picture('rId7')}</w:p>"
    body = f"<w:p>{picture('rId7')}{run('One')}</w:p>" + table([cell, "x"]) + p("Two")
    body += f"<w:p>{picture('rId8')}{picture('none')}</w:p>" + p("Three")
    found = of(body, refers="rId7=image pic.xml;rId8=image !https://example.org/b.png", pic=b"x")
    assert found.text == "One\ncell | x\nTwo\nThree\n"
    shown = [(one.start, one.kind, one.detail) for one in found.looks]
    assert shown == [(3, "figure", "word/pic.xml"), (12, "figure", "word/pic.xml")]
