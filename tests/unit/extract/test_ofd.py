from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from packages import zipped

from desktop_kb import reading
from desktop_kb.errors import Problem
from desktop_kb.extract import ofd
from desktop_kb.records import Extracted

NAMESPACE = 'xmlns:ofd="http://www.ofdspec.org/2016"'


def text(said: str, x: float, y: float, *, size: float = 4, identity: int = 0, steps: str = "") -> str:
    """A text object whose first baseline is at `y`."""
    more = f" {steps}" if steps else ""
    return (
        f'<ofd:TextObject ID="{identity}" Boundary="{x} {y - size} 99 9" Size="{size}">'
        f'<ofd:TextCode X="0" Y="{size}"{more}>{said}</ofd:TextCode></ofd:TextObject>'
    )


def page(*objects: str, template: str = "") -> str:
    used = f'<ofd:Template TemplateID="{template}"/>' if template else ""
    return (
        f"<ofd:Page {NAMESPACE}><ofd:Area><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:Area>{used}"
        f"<ofd:Content><ofd:Layer>{''.join(objects)}</ofd:Layer></ofd:Content></ofd:Page>"
    )


def of(
    *pages: str, info: str = "", document: str = "", more: Mapping[str, str | bytes] | None = None
) -> Extracted:
    return ofd.read(file(*pages, info=info, document=document, more=more), Path("a.ofd"))


def file(
    *pages: str, info: str = "", document: str = "", more: Mapping[str, str | bytes] | None = None
) -> bytes:
    listed = "".join(f'<ofd:Page ID="p{n}" BaseLoc="Pages/Page_{n}/Content.xml"/>' for n in range(len(pages)))
    return zipped(
        {
            "OFD.xml": f"<ofd:OFD {NAMESPACE}><ofd:DocBody><ofd:DocInfo>{info}</ofd:DocInfo>"
            "<ofd:DocRoot>/Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
            "Doc_0/Document.xml": f"<ofd:Document {NAMESPACE}><ofd:CommonData>"
            '<ofd:TemplatePage ID="t" BaseLoc="Tpls/Tpl_0/Content.xml"/></ofd:CommonData>'
            f"<ofd:Pages>{listed}</ofd:Pages>{document}</ofd:Document>",
            **{f"Doc_0/Pages/Page_{n}/Content.xml": one for n, one in enumerate(pages)},
            **(more or {}),
        }
    )


def shown(found: Extracted) -> list[str]:
    return [
        reading.read(found.text, found.layout.edits, p.start, p.end).rstrip("\n") for p in found.layout.pages
    ]


def test_a_page_is_read_by_place_with_its_template() -> None:
    form = page(text("名　称：", 10, 50), text("电话：", 10, 40), text("备注", 150, 50))
    filled = page(text("水泵厂", 30, 50.5), text("8888", 25, 40), template="t")
    found = of(filled, more={"Doc_0/Tpls/Tpl_0/Content.xml": form})
    assert shown(found) == ["电话：8888\n名　称：水泵厂 | 备注"]
    assert found.page_states == ("text",)


def test_lines_of_a_paragraph_are_joined_and_a_larger_one_is_a_heading() -> None:
    steps = 'DeltaX="g 19 4"'
    first, second = "中国一向是所谓闭关主义自己不去别人也不许", "来自从给枪炮打破了大门之后又碰了一串钉子"
    lines = [text(first, 30, 40, steps=steps), text(second, 30, 47, steps=steps), text("到现在。", 30, 54)]
    found = of(page(text("拿来主义", 80, 25, size=10, steps='DeltaX="10 10 10"'), *lines))
    assert shown(found) == [f"拿来主义\n{first}{second}到现在。"]
    assert [h.title for h in found.layout.headings] == ["拿来主义"]
    assert found.title == "拿来主义"


def test_characters_that_go_back_to_the_left_begin_a_line() -> None:
    found = of(
        page(
            text("abcdef", 10, 20, steps='DeltaX="g 2 2 -4 g 2 2" DeltaY="g 2 0 5 g 2 0"'), text("x", 30, 25)
        )
    )
    assert shown(found) == ["abc\ndef | x"]


def test_a_label_written_downwards_is_one_cell() -> None:
    """As invoices have it beside the rows about who buys and who sells."""
    label = [text(letter, 10, 20 + 4.4 * row) for row, letter in enumerate("购买方")]
    downwards = text("销售方", 60, 20, steps='DeltaY="4.4 4.4"')
    rows = [text("名称：水泵厂", 14, 20), text("电话：8888", 14, 28.8), text("税号：77", 65, 20)]
    found = of(page(*label, downwards, *rows))
    assert shown(found) == ["购买方 | 名称：水泵厂 | 销售方 | 税号：77\n电话：8888"]


def test_lines_whose_characters_are_objects_are_no_labels() -> None:
    grid = [
        text(c, 10 + 4 * n, 20 + 5 * row)
        for row, line in enumerate(("水泵厂", "电机厂"))
        for n, c in enumerate(line)
    ]
    assert "".join(shown(of(page(*grid)))).replace("\n", "") == "水泵厂电机厂"


def test_thousands_of_labels_take_no_time() -> None:
    row = [text("购", 10, 20 + 4.4 * row) + text("买", 10.5, 20 + 4.4 * row) for row in (0, 1)]
    assert "购" in "".join(shown(of(page(*row * 2_000))))


def test_what_the_file_says_of_itself() -> None:
    info = "<ofd:Title>任免通知</ofd:Title><ofd:Author>办公室</ofd:Author>"
    info += "<ofd:CreationDate>2023-05-01</ofd:CreationDate>"
    found = of(page(text("x", 1, 9)), info=info)
    assert (found.title, found.metadata) == (
        "任免通知",
        {"author": "办公室", "date": "2023-05-01", "year": 2023},
    )


def test_an_invoices_fields_are_lines_and_metadata() -> None:
    data = (
        '<ofd:CustomDatas><ofd:CustomData Name="发票号码">083089647</ofd:CustomData>'
        '<ofd:CustomData Name="native-producer">SDK</ofd:CustomData></ofd:CustomDatas>'
    )
    tags = (
        "<eInvoice><BuyerName><ObjectRef>5</ObjectRef></BuyerName><GoodsInfo><Item><ObjectRef>6</ObjectRef></Item>"
        "</GoodsInfo></eInvoice>"
    )
    found = of(
        page(text("水泵厂", 1, 9, identity=5), text("水泵", 1, 19, identity=6)),
        info=data,
        document="<ofd:CustomTags>Tags/CustomTags.xml</ofd:CustomTags>",
        more={
            "Doc_0/Tags/CustomTags.xml": "<CustomTags><FileLoc>CustomTag.xml</FileLoc></CustomTags>",
            "Doc_0/Tags/CustomTag.xml": tags,
        },
    )
    assert shown(found) == ["水泵厂\n水泵\n发票号码: 083089647\n购买方名称: 水泵厂\n商品1: 项目名称 水泵"]
    assert found.metadata == {"发票号码": "083089647", "购买方名称": "水泵厂"}


ATTACHED: dict[str, str | bytes] = {
    "Doc_0/Attachs/Attachments.xml": "<Attachments>"
    '<Attachment ID="1" Name="表" Format="xlsx"><FileLoc>a.xlsx</FileLoc></Attachment>'
    '<Attachment ID="2" Name="gone"><FileLoc>b.pdf</FileLoc></Attachment>'
    '<Attachment ID="3"><FileLoc>original_invoice.xml</FileLoc></Attachment>'
    "</Attachments>",
    "Doc_0/Attachs/a.xlsx": b"the bytes",
    "Doc_0/Attachs/original_invoice.xml": "<eInvoice><InvoiceNo>0830</InvoiceNo></eInvoice>",
}


def test_attachments_are_parts_but_for_an_invoices_fields() -> None:
    listed = "<ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments>"
    data = file(page(text("x", 1, 9)), document=listed, more=ATTACHED)
    assert [(one.name, one.read()) for one in ofd.parts(data, Path("a.ofd"), None)] == [
        ("表.xlsx", b"the bytes")
    ]
    found = ofd.read(data, Path("a.ofd"))
    assert found.holds_files
    assert found.metadata == {"发票号码": "0830"}


def test_what_lies_on_a_page_belongs_to_it() -> None:
    appearance = f'<ofd:Appearance Boundary="10 10 50 50">{text("批注", 5, 9)}</ofd:Appearance>'
    note = f"<ofd:PageAnnot {NAMESPACE}><ofd:Annot>{appearance}</ofd:Annot></ofd:PageAnnot>"
    found = of(
        page(text("first", 1, 9)),
        page(text("second", 1, 9)),
        document="<ofd:Annotations>Annots/Annotations.xml</ofd:Annotations>",
        more={
            "Doc_0/Annots/Annotations.xml": '<x><Page PageID="p1"><FileLoc>n.xml</FileLoc></Page></x>',
            "Doc_0/Annots/n.xml": note,
        },
    )
    assert shown(found) == ["first", "second\n批注"]


def test_a_page_that_is_named_many_times_is_read_once() -> None:
    again = '<ofd:Page ID="p0" BaseLoc="Pages/Page_0/Content.xml"/>'
    many = zipped(
        {
            "OFD.xml": f"<ofd:OFD {NAMESPACE}><ofd:DocBody><ofd:DocRoot>D.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
            "D.xml": f"<ofd:Document {NAMESPACE}><ofd:Pages>{again * 3}</ofd:Pages></ofd:Document>",
            "Pages/Page_0/Content.xml": page(text("x", 1, 9)),
        }
    )
    assert ofd.read(many, Path("a.ofd")).text == "x\n"


def test_a_word_of_a_million_letters_takes_no_time() -> None:
    """Where its time grew with the square of its length, the test's time runs out."""
    assert len(of(page(text("x" * 300_000, 1, 9), text("well-known", 1, 19))).text) > 300_000


def test_a_page_without_text_is_said() -> None:
    picture = page('<ofd:ImageObject ID="1" ResourceID="2"/>')
    assert of(page(text("x", 1, 9)), picture, page()).page_states == ("text", "none", "blank")


@pytest.mark.parametrize(
    "steps",
    ['DeltaX="g 999999999 1"', 'DeltaX="g x y z"', 'DeltaX="1e999 nan"', 'DeltaY="-1 -1"', 'DeltaX="g"'],
)
def test_steps_that_are_none(steps: str) -> None:
    assert "".join(shown(of(page(text("ab", 1, 9, steps=steps))))[0].split()) == "ab"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"no file", "damaged"),
        (zipped({"a.txt": "x"}), "damaged"),
        (zipped({"OFD.xml": f"<ofd:OFD {NAMESPACE}/>"}), "damaged"),
        (zipped({"OFD.xml": "<x/>", "Encryptions.xml": "<x/>"}), "encrypted"),
    ],
)
def test_what_cannot_be_read_is_said(data: bytes, code: str) -> None:
    with pytest.raises(Problem, match=code):
        ofd.read(data, Path("a.ofd"))
