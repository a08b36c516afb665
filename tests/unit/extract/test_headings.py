from __future__ import annotations

import pytest
from pdfs import ANIMALS, NAME, PROSE, column, drawn, reading

from desktop_kb.extract import pdf

REPORT = [
    "公司董事会及全体监事保证本季度报告的内容真实、准确、完整，不存",
    "在虚假记载或者误导性陈述，并对其中的数据承担相应的法律责任。",
    "公司负责人何木生、会计负责人常青声明：保证本报告所附的财务报",
    "表真实可靠。",
]


def _sized(lines: list[str], size: float, y: float, leading: float) -> list[tuple[float, float, float, str]]:
    return [(72.0, y - leading * n, size, line) for n, line in enumerate(lines)]


def _tables(pages: int) -> list[list[tuple[float, float, float, str]]]:
    return [
        [
            (x, 780 - 20.0 * n, 9.0, cell)
            for n in range(30)
            for x, cell in ((72.0, f"科目{page}{n}甲乙丙"), (250.0, f"{n}17,000.00"), (420.0, f"{n}.0%"))
        ]
        for page in range(pages)
    ]


@pytest.mark.parametrize("tables", [1, 6])
def test_paragraphs_above_the_size_of_tables_are_no_headings(tables: int) -> None:
    page = [(200.0, 780.0, 16.0, "第一节 重要提示"), *_sized(REPORT, 12, 740, 24)]
    found = pdf.read(drawn([page, *_tables(tables)], font="STSong-Light"), NAME)
    assert [heading.title for heading in found.layout.headings] == ["第一节 重要提示"]
    assert "".join(REPORT) in reading(found).replace("\n", "")
    assert "不存在虚假" in reading(found)
    assert "财务报表真实" in reading(found)


def test_western_paragraphs_above_the_size_of_tables_are_none_either() -> None:
    page = [(72.0, 780.0, 16.0, "Notes to the accounts"), *_sized(PROSE, 12, 740, 16)]
    found = pdf.read(drawn([page, *_tables(4)], font="STSong-Light"), NAME)
    assert [heading.title for heading in found.layout.headings] == ["Notes to the accounts"]


def test_headings_of_one_size_have_one_level_and_are_not_torn() -> None:
    page = [(72.0, 780.0, 16.0, "关于加强农村饮用水水源保护工作的")]
    page += [(72.0, 760.0, 16.0, "若干意见"), *_sized(REPORT, 10, 720, 14)]
    page += [(72.0, 640.0, 16.2, "二、工作目标"), *_sized(REPORT, 10, 610, 14)]
    found = pdf.read(drawn([page], font="STSong-Light"), NAME)
    assert [(h.level, h.title) for h in found.layout.headings] == [
        (1, "关于加强农村饮用水水源保护工作的若干意见"),
        (1, "二、工作目标"),
    ]


def test_chapters_in_the_size_of_the_text_are_headings_below_its_title() -> None:
    page = [(200.0, 780.0, 16.0, "饮用水水源保护条例"), (240.0, 740.0, 10.0, "第一章 总则")]
    page += [*_sized(REPORT, 10, 720, 14), (240.0, 650.0, 10.0, "第二章 水源的划定")]
    page += [*_sized(["第三章所述的各项规定适用于本条例的全部内容，包括附则在内。", *REPORT], 10, 630, 14)]
    found = pdf.read(drawn([page], font="STSong-Light"), NAME)
    assert [(h.level, h.title) for h in found.layout.headings] == [
        (1, "饮用水水源保护条例"),
        (2, "第一章 总则"),
        (2, "第二章 水源的划定"),
    ]


def test_a_line_within_a_sentence_is_no_chapter() -> None:
    lines = ["The rules for the use of the harbour by night are those of this book and of", "chapter 3"]
    page = _sized(
        [*PROSE, *lines, "Wages are paid on the first day of the month, when all hands are on board."],
        10,
        780,
        14,
    )
    found = pdf.read(drawn([page], font="STSong-Light"), NAME)
    assert found.layout.headings == ()


def test_the_blanks_of_a_text_layer_are_not_in_its_headings() -> None:
    page = [(72.0, 780.0, 16.0, "第 三 章 灌溉 用 水 定额"), *_sized(REPORT, 10, 720, 14)]
    found = pdf.read(drawn([page], font="STSong-Light"), NAME)
    assert found.layout.headings[0].title == found.title == "第三章灌溉用水定额"


def test_the_titles_of_slides_are_headings() -> None:
    slides = [
        [(60.0, 380.0, 24.0, f"Of the {a}"), *column([f"{a} got in", f"{a} got out"], y=330)] for a in ANIMALS
    ]
    found = pdf.read(drawn(slides, pagesize=(720, 405)), NAME)
    assert [heading.title for heading in found.layout.headings] == [f"Of the {a}" for a in ANIMALS]


TITLE = "Otters of the lower river"


@pytest.mark.parametrize(
    "given",
    [
        *(
            "PowerPoint Presentation",
            "PowerPoint 演示文稿",
            "PowerPoint-Präsentation",
            "Présentation PowerPoint",
        ),
        *(
            "Microsoft Word - thesis.doc",
            "新建 Microsoft Word 文档",
            "Microsoft Word 文档",
            "演示文稿1",
            "文档2",
        ),
        *(
            "doi:10.1016/j.jhydrol.2019.05.001",
            "10.1016/j.jhydrol.2019.05.001",
            "arXiv:1706.03762",
            "(anonymous)",
        ),
        *("上", "T", "untitled", "Untitled-3", "无标题", "Scan_0042", "IMG_2041", "a.b.c.indd", "12-34-56"),
    ],
)
def test_a_title_in_the_metadata_that_is_none_is_not_taken(given: str) -> None:
    page = [(72.0, 780.0, 20.0, TITLE), *column(PROSE, y=740)]
    assert pdf.read(drawn([page], title=given), NAME).title == TITLE


@pytest.mark.parametrize(
    "given",
    ["上海", "Word for word", "Excel in school", "On the PowerPoint of no return", "Documents of the war"],
)
def test_a_title_in_the_metadata_is_taken(given: str) -> None:
    assert pdf.read(drawn([column(PROSE)], title=given), NAME).title == given


def test_headings_all_over_the_first_page_are_no_title() -> None:
    page = []
    for n, name in enumerate(("Schools", "Work", "Languages")):
        page += [(72.0, 780 - 200.0 * n, 16.0, name), *column(PROSE, y=750 - 200 * n)]
    found = pdf.read(drawn([page]), NAME)
    assert found.title == ""
    assert [(h.level, h.title) for h in found.layout.headings] == [
        (1, "Schools"),
        (1, "Work"),
        (1, "Languages"),
    ]
