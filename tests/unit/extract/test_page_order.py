from __future__ import annotations

import io

import pytest
from pdfs import NAME, column, drawn, reading
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

from desktop_kb.extract import pdf

LEFT = [
    "The museum opened in spring",
    "with nine rooms of glass.",
    "Most pieces came from a",
    "single furnace in the valley.",
    "Visitors ask first about the",
    "blue bowls, which nobody",
    "has been able to copy since.",
]
RIGHT = [
    "A second building followed",
    "ten years later. It shows how",
    "sand and ash become glass and",
    "why the valley lost its woods.",
    "The restaurant is closed in",
    "winter. School classes may",
    "blow a bubble of their own.",
]
ZH_LEFT = [
    "古渡口的石阶被江水磨得",
    "发亮。摆渡人每天清晨把",
    "船推到水里，等第一个过",
    "江的人。他说三十年来只",
    "有一次因为大雾没有开船",
]
ZH_RIGHT = [
    "对岸的茶馆早已经关门了",
    "只剩下一面旧招牌。下雨",
    "的时候，孩子们在屋檐下",
    "数着经过的船，一直数到",
    "天黑才回家去吃晚饭的呢",
]


@pytest.mark.parametrize(
    ("columns", "font", "apart"),
    [
        ([LEFT, RIGHT], "Helvetica", 180.0),
        ([LEFT, RIGHT, [line.replace("the", "our") for line in LEFT]], "Helvetica", 160.0),
        ([ZH_LEFT, ZH_RIGHT], "STSong-Light", 150.0),
    ],
)
def test_columns_written_row_by_row_are_read_one_after_the_other(
    columns: list[list[str]], font: str, apart: float
) -> None:
    page = [
        (60 + apart * n, 700 - 14.0 * row, 10.0, line)
        for row, lines in enumerate(zip(*columns, strict=True))
        for n, line in enumerate(lines)
    ]
    found = pdf.read(drawn([page], font=font), NAME)
    glue = "" if font == "STSong-Light" else " "
    assert reading(found).replace("\n", glue) == glue.join(glue.join(lines) for lines in columns)
    for start, line in ((found.text.index(line), line) for lines in columns for line in lines):
        assert found.text[start : start + len(line)] == line


def test_rows_of_numbers_and_names_are_no_columns() -> None:
    rows = [("Otters of the river", "1,204", "in spring"), ("Herons of the lake", "88", "in May")] * 4
    page = [
        (x, 700 - 14.0 * n, 10.0, cell)
        for n, row in enumerate(rows)
        for x, cell in zip((60, 220, 320), row, strict=True)
    ]
    assert reading(pdf.read(drawn([page]), NAME)).split("\n") == [" ".join(row) for row in rows]


TABLE = [
    ("Part", "Description", "Price"),
    ("Pump", "Cast iron pump with a bronze impeller and a ceramic seal", "420"),
    ("Valve", "Brass valve for drinking water, tested at sixteen bar for one hour", "35"),
    ("Main feed line", "Copper pipe", "18"),
]


@pytest.mark.parametrize("align", ["TOP", "MIDDLE", "BOTTOM"])
def test_the_wrapped_cells_of_a_table_are_one_row_a_line(align: str) -> None:
    style = getSampleStyleSheet()["BodyText"]
    rows = [[first, Paragraph(middle, style), last] for first, middle, last in TABLE]
    data = io.BytesIO()
    table = Table(rows, colWidths=[90, 150, 60], style=[("VALIGN", (0, 0), (-1, -1), align)])
    SimpleDocTemplate(data).build([table])
    assert reading(pdf.read(data.getvalue(), NAME)).split("\n") == [" | ".join(row) for row in TABLE]


def test_rows_that_are_evenly_spaced_begin_with_their_first_cell() -> None:
    lines = [
        ("Pump", "Cast iron pump with a", "420"),
        ("", "bronze impeller and a", ""),
        ("", "ceramic seal", ""),
    ]
    lines += [
        ("Valve", "Brass valve for water,", "35"),
        ("", "tested at sixteen bar", ""),
        ("Pipe", "Copper", "18"),
    ]
    page = [
        (x, 700 - 12.0 * n, 10.0, cell)
        for n, row in enumerate(lines)
        for x, cell in zip((60, 150, 320), row, strict=True)
        if cell
    ]
    assert reading(pdf.read(drawn([page]), NAME)).split("\n") == [
        "Pump | Cast iron pump with a bronze impeller and a ceramic seal | 420",
        "Valve | Brass valve for water, tested at sixteen bar | 35",
        "Pipe | Copper | 18",
    ]


def test_a_table_of_single_lines_stays_as_it_is() -> None:
    rows = [("Country", "People", "Capital"), ("Austria", "8.9", "Vienna"), ("Belgium", "11.5", "Brussels")]
    page = [(x, 720.0, 10.0, cell) for x, cell in zip((60, 150, 320), rows[0], strict=True)]
    page += [
        (x, 690 - 12.0 * n, 10.0, cell)
        for n, row in enumerate(rows[1:])
        for x, cell in zip((60, 150, 320), row, strict=True)
    ]
    assert reading(pdf.read(drawn([page]), NAME)).split("\n") == [" ".join(row) for row in rows]


def _stacked(
    columns: list[str], *, to_the_right: bool, size: float = 12
) -> list[tuple[float, float, float, str]]:
    """Columns of single characters, from right to left, drawn in that order or the other way round."""
    page = [
        [(450 - 24.0 * n, 760 - size * k, size, c) for k, c in enumerate(line)]
        for n, line in enumerate(columns)
    ]
    return [piece for column in (reversed(page) if to_the_right else page) for piece in column]


@pytest.mark.parametrize("to_the_right", [True, False])
@pytest.mark.parametrize("lines", [ZH_LEFT, [*ZH_LEFT, *ZH_RIGHT]])
def test_vertical_writing_is_read_from_right_to_left(lines: list[str], to_the_right: bool) -> None:
    font = drawn([_stacked(lines, to_the_right=to_the_right)], font="STSong-Light")
    assert reading(pdf.read(font, NAME)).replace("\n", "") == "".join(lines)


def test_vertical_fonts_and_tiers_are_read_in_their_order() -> None:
    upper = [(450 - 24.0 * n, 760.0, 12.0, line) for n, line in enumerate(ZH_LEFT)]
    lower = [(450 - 24.0 * n, 500.0, 12.0, line) for n, line in enumerate(ZH_RIGHT)]
    page = [*reversed(upper), *reversed(lower)]
    found = pdf.read(drawn([page], font="STSong-Light", vertical=True), NAME)
    assert reading(found).replace("\n", "") == "".join([*ZH_LEFT, *ZH_RIGHT])


def test_horizontal_chinese_is_read_as_it_stands() -> None:
    page = column([*ZH_LEFT, *ZH_RIGHT])
    assert reading(pdf.read(drawn([page], font="STSong-Light"), NAME)).startswith(ZH_LEFT[0])


NAMES = ["Otters of the river", "Herons", "Beavers of the lake", "Kingfishers"]


def by_columns(*columns: list[str], below: str = "") -> str:
    page = [(60.0, 760.0, 16.0, "Animals that were counted")]
    page += [
        (60 + 160.0 * n, 700 - 16.0 * row, 10.0, cell)
        for n, column in enumerate(columns)
        for row, cell in enumerate(column)
    ]
    page += [(60.0, 560.0, 10.0, below)] if below else []
    return reading(pdf.read(drawn([page]), NAME))


def test_a_table_drawn_by_columns_is_read_by_rows() -> None:
    shown = by_columns(
        NAMES, ["1,204", "88", "7", "-12.5 %"], ["in May", "in spring", "never", "in June"], below="The end."
    )
    assert shown.splitlines() == [
        "Animals that were counted",
        "Otters of the river | 1,204 | in May",
        "Herons | 88 | in spring",
        "Beavers of the lake | 7 | never",
        "Kingfishers | -12.5 % | in June",
        "The end.",
    ]


def test_names_of_several_lines_in_a_table_drawn_by_columns() -> None:
    page = [(60.0, 707.0, 10.0, "Otters of"), (60.0, 694.0, 10.0, "the river"), (60.0, 660.0, 10.0, "Herons")]
    page += [
        (60.0, 620.0, 10.0, "Beavers"),
        *((220.0, y, 10.0, n) for n, y in (("1,204", 700.5), ("88", 660.0), ("731", 620.0))),
    ]
    shown = reading(pdf.read(drawn([page]), NAME))
    assert shown.splitlines() == ["Otters of the river | 1,204", "Herons | 88", "Beavers | 731"]


def test_a_table_drawn_by_columns_with_names_above_them() -> None:
    shown = by_columns(["Animal", *NAMES], ["Count", "1,204", "88", "7", "6"])
    assert shown.splitlines()[1:3] == ["Animal | Count", "Otters of the river | 1,204"]


@pytest.mark.parametrize(
    "columns",
    [
        [NAMES, ["Swans", "Cranes", "Storks", "Terns"]],
        [NAMES, ["1,204", "88", "7"]],
        [NAMES, ["1,204", "built 88", "7", "6"]],
        [NAMES[:2], ["1", "2"]],
    ],
)
def test_lists_in_columns_are_read_as_they_are_drawn(columns: list[list[str]]) -> None:
    assert " | " not in by_columns(*columns)
    assert by_columns(*columns).split("\n", 1)[1].replace("\n", " ") == " ".join(
        " ".join(one) for one in columns
    )
