from __future__ import annotations

from pathlib import Path

import pytest
from packages import SPACES, chart, pptx, series, shape

from desktop_kb.errors import Problem
from desktop_kb.extract import pptx as slides
from desktop_kb.records import Extracted


def of(*shapes: str, **more: object) -> Extracted:
    return slides.read(pptx(*shapes, **more), Path("a.pptx"))  # type: ignore[arg-type]


def pages(found: Extracted) -> list[tuple[str, str]]:
    return [(page.label, found.text[page.start : page.end]) for page in found.layout.pages]


def test_slides_are_pages_with_their_titles_first() -> None:
    found = of(
        shape("first", "second") + shape("2023-10-08", kind="dt") + shape("堆肥", kind="ctrTitle"),
        shape("Two", kind="title") + f"<p:grpSp>{shape('in a group')}</p:grpSp>",
        said={"title": "PowerPoint 演示文稿", "creator": "Ann", "created": "2024-02-03T00:00:00Z"},
    )
    assert pages(found) == [("1", "堆肥\nfirst\nsecond\n"), ("2", "Two\nin a group\n")]
    assert [(h.level, h.title) for h in found.layout.headings] == [(1, "堆肥"), (1, "Two")]
    assert (found.title, dict(found.metadata)) == (
        "堆肥",
        {"author": "Ann", "date": "2024-02-03", "year": 2024},
    )


def test_what_slides_hold_without_text() -> None:
    assert of(shape("a"), "<p:pic/>", "").page_states == ("text", "none", "blank")


def test_formulas_are_read_as_tex_and_once() -> None:
    fraction = "<m:f><m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>b</m:t></m:r></m:den></m:f>"
    formula = f'<m:oMath xmlns:m="m">{fraction}</m:oMath>'
    choice = f'<mc:Choice Requires="a14"><a14:m xmlns:a14="a14">{formula}</a14:m></mc:Choice>'
    stand_in = "<mc:Fallback><a:r><a:t>a b</a:t></a:r></mc:Fallback>"
    both = f'<mc:AlternateContent xmlns:mc="mc">{choice}{stand_in}</mc:AlternateContent>'
    body = f"<a:p><a:r><a:t>so </a:t></a:r>{both}</a:p>"
    assert of(f"<p:sp><p:txBody>{body}</p:txBody></p:sp>").text == "so \\frac{a}{b}\n"


def test_tables() -> None:
    cell = "<a:tc><a:txBody><a:p><a:r><a:t>{}</a:t></a:r></a:p></a:txBody></a:tc>"
    row = "<a:tr>" + cell.format("a") + cell.format("b") + "</a:tr>"
    found = of(f"<p:graphicFrame><a:graphic><a:tbl>{row}{row}</a:tbl></a:graphic></p:graphicFrame>")
    assert found.text == "a | b\na | b\n"


def test_notes_comments_charts_and_diagrams() -> None:
    frame = "<p:graphicFrame><a:graphic><a:graphicData>{}</a:graphicData></a:graphic></p:graphicFrame>"
    found = of(
        frame.format('<c:chart r:id="c1"/>') + frame.format('<dgm:relIds r:dm="d1"/>'),
        refers="c1=chart chart.xml;d1=diagramData dgm.xml;n1=notesSlide notes.xml;k1=comments comments.xml",
        chart=chart("Yield", series("North", ["Q1"], ["4"])),
        dgm=f"<dgm:dataModel {SPACES}><dgm:pt><a:p><a:r><a:t>Step</a:t></a:r></a:p></dgm:pt></dgm:dataModel>",
        notes=f"<p:notes {SPACES}>{shape('say this', kind='body')}{shape('7', kind='sldNum')}</p:notes>",
        comments=f'<p:cmLst {SPACES}><p:cm authorId="0"><p:text>why?</p:text></p:cm></p:cmLst>',
        authors=f'<p:cmAuthorLst {SPACES}><p:cmAuthor id="0" name="Ann"/></p:cmAuthorLst>',
    )
    assert found.text.splitlines() == ["Yield", "| North", "Q1 | 4", "Step", "say this", "[Ann: why?]"]


def test_a_slide_is_read_once() -> None:
    assert of(shape("a"), shape("b"), again=2).text == "a\nb\n"


def test_a_damaged_slide_is_passed_over() -> None:
    assert pages(of(shape("a"), shape("b"), shape("c"), slide1=b"")) == [
        ("1", "a\n"),
        ("2", ""),
        ("3", "c\n"),
    ]


def test_what_is_no_presentation() -> None:
    with pytest.raises(Problem, match="damaged"):
        slides.read(b"words", Path("a.pptx"))


def test_pictures_stand_on_their_slide() -> None:
    pic = '<p:pic><p:blipFill><a:blip r:embed="pic"/></p:blipFill></p:pic>'
    found = of(shape("One") + pic, shape("Two"), refers="pic=image pic.xml", pic=b"x")
    assert [(one.start, one.kind, one.detail) for one in found.looks] == [(3, "figure", "ppt/slides/pic.xml")]
    assert found.text == "One\nTwo\n"
    alone = of(pic, shape("Two"), refers="pic=image pic.xml", pic=b"x")
    assert (alone.text, alone.looks) == ("Two\n", ())
