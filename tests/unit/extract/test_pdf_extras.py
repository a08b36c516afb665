from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pypdf
import pytest
from pdfs import NAME, PROSE, column, drawn, reading
from pypdf.annotations import FreeText, Highlight, Text
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    RectangleObject,
    TextStringObject,
)
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from desktop_kb.errors import Problem
from desktop_kb.extract import pdf


def _saved(writer: pypdf.PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _form() -> bytes:
    data = io.BytesIO()
    sheet = Canvas(data, pagesize=A4, invariant=1)
    sheet.drawString(72, 750, "Boat rental application")
    form = sheet.acroForm
    sheet.drawString(72, 700, "Name of the renter:")
    form.textfield(name="renter", value="Henrike Vosskuhl", x=200, y=695, width=180, height=18)
    sheet.drawString(390, 700, "Town:")
    form.textfield(name="town", value="Bremerhaven", x=430, y=695, width=100, height=18)
    sheet.drawString(72, 670, "Boat wanted:")
    form.choice(
        name="boat",
        value="Rowing skiff",
        options=["Rowing skiff", "Dinghy"],
        x=200,
        y=665,
        width=180,
        height=18,
    )
    sheet.drawString(72, 640, "Insurance wanted:")
    form.checkbox(name="insured", checked=True, x=200, y=636, size=15)
    sheet.drawString(72, 610, "Skipper wanted:")
    form.checkbox(name="skipper", checked=False, x=200, y=606, size=15)
    sheet.drawString(72, 580, "Remarks")
    form.textfield(name="remarks", value="Two life jackets for children", x=72, y=550, width=300, height=22)
    sheet.save()
    return data.getvalue()


def test_the_values_of_a_form_are_read_with_their_labels() -> None:
    found = pdf.read(_form(), NAME)
    lines = reading(found).split("\n")
    assert lines[-5:] == [
        "Name of the renter: Henrike Vosskuhl",
        "Town: Bremerhaven",
        "Boat wanted: Rowing skiff",
        "Insurance wanted: ☑ Yes",
        "Remarks: Two life jackets for children",
    ]
    (page,) = found.layout.pages
    assert "Vosskuhl" in found.text[page.start : page.end]
    assert not any("Skipper" in line and "☑" in line for line in lines)


def _labels_above(sheet: Canvas) -> None:
    sheet.drawString(72, 700, "Berth")
    sheet.drawString(300, 700, "Keel")
    sheet.acroForm.textfield(name="b", value="East 14", x=72, y=676, width=150, height=18)
    sheet.acroForm.textfield(name="k", value="lifting", x=300, y=676, width=150, height=18)


def _one_of_two(sheet: Canvas) -> None:
    sheet.drawString(72, 700, "Mooring:")
    for value, x in (("buoy", 150), ("quay", 250)):
        sheet.acroForm.radio(name="m", value=value, selected=value == "quay", x=x, y=696, size=14)
        sheet.drawString(x + 20, 700, value)


def _label_in_a_tooltip(sheet: Canvas) -> None:
    sheet.drawString(72, 750, "Application")
    sheet.acroForm.textfield(
        name="a.owner", tooltip="Name of the owner", value="Tove Lindqvist", x=72, y=600, width=200, height=18
    )


def _list_behind_dots(sheet: Canvas) -> None:
    sheet.drawString(72, 700, "Harbour ....:")
    options = ["Husum", "Emden"]
    sheet.acroForm.listbox(name="h", value="Husum", options=options, x=200, y=690, width=100, height=40)


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (_labels_above, ["Berth: East 14", "Keel: lifting"]),
        (_one_of_two, ["quay: ☑ quay"]),
        (_label_in_a_tooltip, ["Name of the owner: Tove Lindqvist"]),
        (_list_behind_dots, ["Harbour: Husum"]),
    ],
)
def test_labels_of_fields_wherever_they_stand(draw: Callable[[Canvas], None], said: list[str]) -> None:
    data = io.BytesIO()
    sheet = Canvas(data, pagesize=A4, invariant=1)
    draw(sheet)
    sheet.save()
    assert reading(pdf.read(data.getvalue(), NAME)).split("\n")[-len(said) :] == said


def test_a_password_typed_into_a_form_is_not_read() -> None:
    data = io.BytesIO()
    sheet = Canvas(data, pagesize=A4, invariant=1)
    sheet.drawString(72, 700, "Key:")
    sheet.acroForm.textfield(
        name="key", value="sesame", fieldFlags="password", x=200, y=695, width=180, height=18
    )
    sheet.save()
    assert "sesame" not in reading(pdf.read(data.getvalue(), NAME))


def _annotated(*annotations: Any, page: int = 0, pages: int = 2) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(drawn([column(PROSE)] * pages)))
    for annotation in annotations:
        writer.add_annotation(page_number=page, annotation=annotation)
    return _saved(writer)


def _quads(left: float, bottom: float, right: float, top: float) -> ArrayObject:
    return ArrayObject(FloatObject(n) for n in (left, top, right, top, left, bottom, right, bottom))


def test_comments_and_typed_text_are_read_on_their_page() -> None:
    note = Text(text="问问林老师这个速度是否可靠", rect=(300, 700, 320, 720))
    typed = FreeText(text="Typed on the page:\nborrow volume seven", rect=(72, 300, 400, 340))
    found = pdf.read(_annotated(note, typed, page=1), NAME)
    first, second = (found.text[page.start : page.end] for page in found.layout.pages)
    assert "林老师" in second
    assert "林老师" not in first
    assert reading(found).split("\n")[-2:] == [
        "问问林老师这个速度是否可靠",
        "Typed on the page: borrow volume seven",
    ]


def test_a_comment_on_a_highlight_is_read_with_what_it_marks() -> None:
    quads = _quads(70, 746, 200, 760)
    marked = Highlight(rect=(70, 746, 200, 760), quad_points=quads)
    marked[NameObject("/Contents")] = TextStringObject("Compare with the bog survey")
    plain = Highlight(rect=(70, 732, 200, 746), quad_points=_quads(70, 732, 200, 746))
    found = pdf.read(_annotated(marked, plain, pages=1), NAME)
    lines = reading(found).split("\n")
    assert len(lines) == 2
    assert lines[1].startswith("“The quick brown fox")
    assert lines[1].endswith("” Compare with the bog survey")


def test_highlights_and_comments_are_marks_with_the_words_that_they_cover() -> None:
    marked = Highlight(
        rect=(70, 746, 200, 760), quad_points=_quads(70, 746, 200, 760), highlight_color="00ff00"
    )
    marked[NameObject("/Contents")] = TextStringObject("Compare with the bog survey")
    plain = Highlight(rect=(70, 732, 200, 746), quad_points=_quads(70, 732, 200, 746))
    note = Text(text="A note beside the text", rect=(300, 500, 320, 520))
    found = pdf.read(_annotated(marked, plain, note, page=1), NAME)
    page = found.layout.pages[1]
    first, second, third = found.marks
    assert (first.comment, first.colour) == ("Compare with the bog survey", "green")
    assert found.text[first.start : first.end] == first.quote
    assert first.quote.startswith("The quick brown fox")
    assert page.start == first.start  # of both pages, which say the same, the one that it is on
    assert (second.comment, second.colour) == ("", "red" if second.colour == "red" else "yellow")
    assert found.text[second.start : second.end] == second.quote != first.quote
    assert (third.quote, third.comment) == ("", "A note beside the text")
    assert page.start <= third.start == third.end <= page.end


def test_links_say_nothing_and_a_blank_page_with_comments_is_text() -> None:
    note = Text(text="Only a comment", rect=(300, 700, 320, 720))
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(drawn([[]])))
    writer.add_annotation(page_number=0, annotation=note)
    writer.add_uri(0, "https://example.org/hidden", RectangleObject((72, 100, 200, 120)))
    found = pdf.read(_saved(writer), NAME)
    assert (reading(found), found.page_states) == ("Only a comment", ("text",))


# --- files inside ----------------------------------------------------------------------------


def _with_files(count: int, text: list[str], *, portfolio: bool, suffix: str = ".pdf") -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(drawn([column(text)])))
    for n in range(count):
        writer.add_attachment(f"pier-{n}{suffix}", drawn([column(PROSE)]))
    if portfolio:
        writer.root_object[NameObject("/Collection")] = DictionaryObject(
            {NameObject("/View"): NameObject("/D")}
        )
    return _saved(writer)


def test_attached_files_are_told() -> None:
    found = pdf.read(_with_files(2, PROSE, portfolio=False), NAME)
    assert (found.holds_files, reading(found)) == (True, " ".join(PROSE))


@pytest.mark.parametrize(
    "cover",
    [
        ["This file is a portfolio. Open it in a viewer that shows portfolios."],
        ["For the best experience, open this PDF portfolio in", "Acrobat X or Adobe Reader X, or later."],
        [],
    ],
)
def test_the_cover_of_a_portfolio_is_not_the_document(cover: list[str]) -> None:
    found = pdf.read(_with_files(3, cover, portfolio=True), NAME)
    assert (found.text, found.holds_files) == ("", True)
    with pytest.raises(Problem) as caught:
        pdf.read(_with_files(3, cover, portfolio=True, suffix=".dwg"), NAME)
    assert (caught.value.code, caught.value.details) == ("portfolio", {"count": 3})


@pytest.mark.parametrize("portfolio", [True, False])
def test_attached_files_are_parts(portfolio: bool) -> None:
    offered = list(pdf.parts(_with_files(2, PROSE, portfolio=portfolio), NAME, None))
    assert [part.name for part in offered] == ["pier-0.pdf", "pier-1.pdf"]
    assert [len(part.read()) for part in offered] == [part.size for part in offered]
    assert reading(pdf.read(offered[1].read(), NAME)) == " ".join(PROSE)


def test_a_file_pinned_to_a_page_is_a_part() -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(drawn([column(PROSE), column(PROSE)])))
    data = DecodedStreamObject()
    data.set_data(b"Owls hunt at night.")
    held = DictionaryObject({NameObject("/F"): writer._add_object(data)})
    pinned = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/FileAttachment"),
            NameObject("/Rect"): RectangleObject((72, 100, 90, 120)),
            NameObject("/FS"): DictionaryObject(
                {
                    NameObject("/Type"): NameObject("/Filespec"),
                    NameObject("/F"): TextStringObject("note.txt"),
                    NameObject("/UF"): TextStringObject("note.txt"),
                    NameObject("/EF"): held,
                }
            ),
        }
    )
    writer.add_annotation(page_number=1, annotation=pinned)
    saved = _saved(writer)
    assert pdf.read(saved, NAME).holds_files
    assert [(part.name, part.read()) for part in pdf.parts(saved, NAME, None)] == [
        ("note.txt", b"Owls hunt at night.")
    ]


def test_a_portfolio_with_pages_of_its_own_is_read() -> None:
    found = pdf.read(_with_files(1, PROSE * 5, portfolio=True), NAME)
    assert (found.holds_files, PROSE[0] in reading(found)) == (True, True)


# --- forms in XFA ----------------------------------------------------------------------------

TEMPLATE = """<template xmlns="http://www.xfa.org/schema/xfa-template/3.3/"><subform name="permit">
<draw name="head"><value><text>Permit for a garden shed</text></value></draw>
<field name="owner"><caption><value><text>Name of the owner:</text></value></caption></field>
<field name="height"><caption><value><text>高度</text></value></caption><value><text>2.5 m</text></value></field>
<field name="button"><event><script>app.alert("no text")</script></event></field>
</subform></template>"""
DATA = """<xfa:datasets xmlns:xfa="http://www.xfa.org/schema/xfa-data/1.0/"><xfa:data><permit>
<owner>Ragnhild Tveit</owner><colour>green</colour></permit></xfa:data></xfa:datasets>"""
WAIT = ["Please wait...", "If this message stays, your viewer may not be able to show this kind of document."]


def _xfa(*parts: tuple[str, str], lines: list[str] = WAIT, whole: bool = False) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(drawn([column(lines)])))
    held = ArrayObject()
    for name, xml in parts:
        stream = DecodedStreamObject()
        stream.set_data(xml.encode("utf-8"))
        held.append(TextStringObject(name))
        held.append(writer._add_object(stream))
    form = DictionaryObject(
        {NameObject("/Fields"): ArrayObject(), NameObject("/XFA"): held[1] if whole else held}
    )
    writer.root_object[NameObject("/AcroForm")] = form
    writer.root_object[NameObject("/NeedsRendering")] = BooleanObject(True)
    return _saved(writer)


FORM_LINES = ["Permit for a garden shed", "Name of the owner: Ragnhild Tveit", "高度: 2.5 m", "colour: green"]


def test_the_form_behind_please_wait_is_read() -> None:
    found = pdf.read(_xfa(("template", TEMPLATE), ("datasets", DATA)), NAME)
    assert reading(found).split("\n") == FORM_LINES
    assert len(found.layout.pages) == 1


def test_a_form_in_one_stream_is_read_too() -> None:
    whole = f'<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/">{TEMPLATE}{DATA}</xdp:xdp>'
    assert reading(pdf.read(_xfa(("xdp", whole), whole=True), NAME)).split("\n") == FORM_LINES


@pytest.mark.parametrize(
    "xml", ["<template/>", "no xml", "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"]
)
def test_a_form_without_text_says_that_it_is_one(xml: str) -> None:
    with pytest.raises(Problem) as caught:
        pdf.read(_xfa(("template", xml)), NAME)
    assert (caught.value.code, caught.value.details["reason"]) == ("no-text", "form-away")


def test_a_form_with_pages_of_its_own_is_read_from_them() -> None:
    data = _xfa(("template", TEMPLATE), ("datasets", DATA), lines=PROSE * 5)
    assert reading(pdf.read(data, NAME)).startswith(PROSE[0])
