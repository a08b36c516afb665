from __future__ import annotations

import io
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from packages import SHEET, SPACES, cells, chart, relations, series, xlsx, zipped

from desktop_kb.errors import Problem
from desktop_kb.extract import xlsx as sheets
from desktop_kb.records import Extracted


def of(held: dict[str, str], **more: object) -> Extracted:
    return sheets.read(xlsx(held, **more), Path("a.xlsx"))  # type: ignore[arg-type]


def headings(found: Extracted) -> list[tuple[int, str]]:
    return [(h.level, h.title) for h in found.layout.headings]


def test_sheets_are_pages_and_the_row_of_names_a_heading() -> None:
    rows = cells(["员工名单"], ["Name", "", "Age"], ["Ann", "", 34], ["王伟", "", 41], ["Bo", "", 27])
    found = of({"Staff": rows, "Sheet2": cells([1, 2])}, said={"title": "People", "creator": "openpyxl"})
    lines = ["Staff", "员工名单", "Name | Age", "Ann | 34", "王伟 | 41", "Bo | 27", "1 | 2"]
    assert found.text.splitlines() == lines
    assert headings(found) == [(1, "Staff"), (2, "Name | Age")]
    assert [(page.label, found.text[page.start :][:3]) for page in found.layout.pages] == [
        ("Staff", "Sta"),
        ("Sheet2", "1 |"),
    ]
    assert (found.title, dict(found.metadata)) == ("People", {})


def test_a_row_of_names_keeps_its_columns() -> None:
    found = of({"Sheet1": cells(["Name", "", "Age"], ["Ann", "", "34"], ["Bo", "x", "27"], ["Cy", "", "9"])})
    names = found.layout.headings
    assert names == ()  # a column without a name is filled
    found = of(
        {"Sheet1": cells(["Name", "", "Age"], ["Ann", "", 3], ["Bo", "", 2], ["Cy", "", 9], ["", "x"])}
    )
    assert found.text.startswith("Name |  | Age\n")
    assert [h.title for h in found.layout.headings] == ["Name | | Age"]


def test_a_row_of_numbers_or_a_lonely_row_names_nothing() -> None:
    assert headings(of({"Sheet1": cells(["a", 1], ["b", 2], ["c", 3])})) == []
    assert headings(of({"Sheet1": cells(["a", "b"], ["c"], ["d"], ["e"])})) == []


def test_rows_beside_merged_cells_name_nothing() -> None:
    first = cells(["序号", "编码", "工位", "位置", "件号"], ["1", "A1", "台", "1号", "Q1"])
    rest = cells(["", "", "", "2号", "Q2"], ["", "", "", "3号", "Q3"], ["", "", "", "4号", "Q4"])
    assert headings(of({"Sheet1": first + rest})) == []


def test_cells_keep_their_columns() -> None:
    assert of({"S": cells(["", "b", "c"], ["a", "", "c"], ["a"])}).text == "S\n| b | c\na |  | c\na\n"


FORMATS = (
    '<numFmts><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/></numFmts>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="10"/><xf numFmtId="4"/></cellXfs>'
)


def test_values_as_they_are_shown() -> None:
    row = (
        '<row><c t="s"><v>0</v></c><c s="1"><v>45207</v></c><c s="2"><v>0.125</v></c><c s="3"><v>1234.5</v></c>'
        '<c t="b"><v>1</v></c><c t="e"><v>#N/A</v></c><c t="str"><f>A1</f><v>sum</v></c><c><f>1+1</f></c>'
        '<c><v>0.30000000000000004</v></c><c t="s"><v>1</v></c><c t="s"><v>99</v></c></row>'
    )
    rich = "<si><r><t>ri</t></r><r><t>ch</t></r><rPh><t>reading</t></rPh></si>"
    found = of({"Sheet1": row}, texts=["shared &amp; said", rich], styles=FORMATS)
    assert found.text == (
        "shared & said | 2023年10月8日 | 12.50% | 1,234.50 | TRUE | #N/A | sum | 0.3 | rich\n"
    )


def test_numbers_of_thousands_of_digits_are_no_damage() -> None:
    long = "9" * 5_000
    held = (
        f'<c><v>{long}</v></c><c s="2"><v>{long}</v></c><c t="s"><v>{long}</v></c><c s="{long}"><v>7</v></c>'
    )
    assert of({"Sheet1": f"<row>{held}</row>"}, styles=FORMATS).text == f"{long} | {long} | 7\n"


def test_days_counted_from_1904() -> None:
    row = '<row><c s="1"><v>0</v></c></row>'
    assert of({"S": row}, styles=FORMATS, properties='<workbookPr date1904="1"/>').text == "S\n1904年1月1日\n"


def test_comments_text_boxes_and_charts() -> None:
    found = of(
        {"Sheet1": cells(["x"])},
        refers="k1=comments comments.xml;t1=threadedComment thread.xml;d1=drawing drawing.xml",
        comments=f'<comments xmlns="{SHEET}"><authors><author>Ann</author></authors><commentList>'
        '<comment ref="B2" authorId="0"><text><r><t>Ann:</t></r><r><t>why?</t></r></text></comment>'
        '<comment ref="C3" authorId="0"><text><t>[Threaded comment]</t></text></comment></commentList></comments>',
        thread='<ThreadedComments><threadedComment ref="C3"><text>one</text></threadedComment>'
        '<threadedComment ref="C3"><text>two</text></threadedComment></ThreadedComments>',
        drawing=f"<d {SPACES}><sp><txBody><a:p><a:r><a:t>box</a:t></a:r></a:p></txBody></sp>"
        '<graphicFrame><c:chart r:id="c1"/></graphicFrame></d>',
        **{"_rels/drawing.xml.rels": relations(c1="chart chart.xml")},
        chart=chart("Yield", series("North", ["Q1"], ["4"])),
    )
    assert found.text.splitlines() == [
        "x",
        "[B2 Ann: why?]",
        "[C3: one two]",
        "box",
        "Yield",
        "| North",
        "Q1 | 4",
    ]


def test_damaged_comments_are_passed_over() -> None:
    drawing = f"<d {SPACES}><sp><txBody><a:p><a:r><a:t>box</a:t></a:r></a:p></txBody></sp></d>"
    refers = "k1=comments comments.xml;d1=drawing drawing.xml"
    assert of({"Sheet1": cells(["x"])}, refers=refers, comments=b"", drawing=drawing).text == "x\nbox\n"


def test_far_cells_take_no_memory() -> None:
    row = '<row r="1"><c r="A1" t="inlineStr"><is><t>first</t></is></c></row>'
    far = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>far</t></is></c></row>'
    tracemalloc.start()
    found = of({"S": row + far})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.text == "S\nfirst\n| far\n"
    assert peak < 3_000_000


def test_a_row_with_more_cells_than_columns_is_none() -> None:
    with pytest.raises(Problem, match="damaged"):
        of({"S": "<row>" + "<c/>" * 20_000 + "</row>"})


def test_what_programs_keep_for_themselves_is_not_read() -> None:
    data = xlsx({"Seen": cells(["a"]), "Kept": cells(["b"])})
    held = zipfile.ZipFile(io.BytesIO(data))
    entries = {name: held.read(name) for name in held.namelist()}
    entries["xl/workbook.xml"] = entries["xl/workbook.xml"].replace(
        b'name="Kept"', b'name="Kept" state="veryHidden"'
    )
    assert sheets.read(zipped(entries), Path("a.xlsx")).text == "Seen\na\n"


def test_what_is_no_spreadsheet() -> None:
    with pytest.raises(Problem, match="damaged"):
        sheets.read(b"words", Path("a.xlsx"))
