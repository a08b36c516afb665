from __future__ import annotations

import pytest
from pdfs import ANIMALS, NAME, PROSE, column, drawn, reading

from desktop_kb.extract import pdf
from desktop_kb.extract.pieces import Piece, Word, without_doubles

IRRIGATION = (
    "灌溉用水定额是指某种作物在一个生育期内的用水量限额。",
    "渠道防渗处理以后，输水损失平均减少百分之三十。",
    "田间水利用系数随土壤的质地而变，沙土最低。",
)


def _apart(
    line: str, y: float, apart: float, x: float = 72, size: float = 12
) -> list[tuple[float, float, float, str]]:
    """Each character by itself, as justified text is set."""
    return [(x + n * (size + apart), y, size, c) for n, c in enumerate(line)]


@pytest.mark.parametrize(
    "layer", ["灌溉 用 水 定额 是 指", "灌 溉 用 水 定 额 是 指", "灌溉  用水  定额  是  指"]
)
def test_blanks_of_a_chinese_text_layer_are_not_read(layer: str) -> None:
    found = pdf.read(
        drawn([column([layer, "某 种 作物 在 一 个 生育 期 内 的 限 额 。"])], font="STSong-Light"), NAME
    )
    assert layer.split()[0] in found.text.split()
    assert "灌溉用水定额是指" in reading(found)
    assert "某种作物在一个生育期内的限额。" in reading(found)


@pytest.mark.parametrize("apart", [2.4, 4, 6])
def test_the_distance_of_justified_characters_is_no_blank(apart: float) -> None:
    page = [piece for n, line in enumerate(IRRIGATION) for piece in _apart(line, 700 - 30.0 * n, apart)]
    assert reading(pdf.read(drawn([page], font="STSong-Light"), NAME)).replace("\n", "") == "".join(
        IRRIGATION
    )


def test_a_single_blank_in_chinese_stays_and_so_do_cells() -> None:
    page = [(72.0, 700.0, 12.0, "第一节 重要的提示和说明"), *column(IRRIGATION, y=670)]
    page += [(72.0, 500.0, 12.0, "姓名"), (200.0, 500.0, 12.0, "性别"), (300.0, 500.0, 12.0, "籍贯")]
    lines = reading(pdf.read(drawn([page], font="STSong-Light"), NAME)).split("\n")
    assert lines[0] == "第一节 重要的提示和说明"
    assert lines[-1] == "姓名 性别 籍贯"


@pytest.mark.parametrize(("dx", "dy"), [(0.0, 0.0), (0.5, 0.0), (1.5, -1.5), (-1.0, 1.0)])
def test_text_drawn_twice_is_read_once(dx: float, dy: float) -> None:
    page = column(PROSE)
    again = [(x + dx, y + dy, size, line) for x, y, size, line in page]
    assert reading(pdf.read(drawn([[*page, *again]]), NAME)) == " ".join(PROSE)
    each = [piece for both in zip(page, again, strict=True) for piece in both]
    assert reading(pdf.read(drawn([each]), NAME)) == " ".join(PROSE)


def test_letters_drawn_twice_each_are_read_once() -> None:
    page = column(["MMuunniicciippaalliittyy ooff Morin--Heights, 112233 XXXXXX AABB"])
    assert reading(pdf.read(drawn([page]), NAME)) == "Municipality ooff Morin--Heights, 112233 XXXXXX AABB"


def test_the_same_words_elsewhere_on_the_page_are_read_again() -> None:
    page = [*column(PROSE), *column(PROSE, y=600)]
    assert reading(pdf.read(drawn([page]), NAME)).count(PROSE[0]) == 2


HEARING = [
    "Q. When did you first see the lorry?",
    "A. It stood beside the weighbridge when I came back from",
    "lunch, and the engine was still running.",
    "Q. Was anybody sitting in it?",
    "A. Nobody that I could see. The door on the other",
    "side was open, and a jacket lay on the step.",
]


@pytest.mark.parametrize("step", [1, 5])
@pytest.mark.parametrize("with_line", [True, False])
def test_numbers_of_lines_at_the_margin_are_not_read(step: int, with_line: bool) -> None:
    lines = HEARING * 8 if step == 5 else HEARING * 4
    text = column(lines)
    numbers = [(48.0, y, 10.0, str(n)) for n, (_, y, _, _) in enumerate(text, 1) if n % step == 0]
    both = (
        sorted([*text, *numbers], key=lambda piece: (-piece[1], piece[0])) if with_line else [*numbers, *text]
    )
    text_read = reading(pdf.read(drawn([both]), NAME))
    assert not any(c.isdigit() for c in text_read)
    assert "when I came back from lunch, and the engine" in text_read


def test_numbers_of_a_list_or_a_table_are_read() -> None:
    names = [f"{animal.title()} of the wood" for animal in ANIMALS * 2]
    page = [(60.0, 700 - 14.0 * n, 10.0, str(n + 1)) for n in range(12)]
    page += [(90.0, 700 - 14.0 * n, 10.0, name) for n, name in enumerate(names)]
    text = reading(pdf.read(drawn([page]), NAME))
    assert all(str(n) in text for n in range(1, 13))


def test_a_piece_is_held_against_few_others_that_say_the_same() -> None:
    """All of them would be 200 million comparisons."""
    dots = [
        Piece.of(n, n + 1, [Word(n, n + 1, 5.0 * n, 5.0 * n + 2, 0.0, 10.0, 10.0)]) for n in range(20_000)
    ]
    assert without_doubles("." * 20_000, dots) == (dots, [])
    assert without_doubles("..", [dots[0], dots[0]]) == ([dots[0]], [])


JAPANESE = (
    ("山中の古い神社には大きな杉の木が立っていて、旅人を静かに見守っている。", ((0, 2, "さんちゅう"), (12, 1, "すぎ"))),
    ("村の人々は毎年の秋に祭りを開き、太鼓を打ち鳴らして豊作を祝うのである。", ((0, 1, "むら"), (16, 2, "たいこ"))),
    ("川の流れは速く、橋を渡る者は足元に気をつけなければならないと言う。", ((0, 1, "かわ"), (8, 1, "はし"))),
)  # fmt: skip


@pytest.mark.parametrize("order", ["before", "behind", "within"])
def test_readings_above_characters_do_not_tear_sentences(order: str) -> None:
    page: list[tuple[float, float, float, str]] = []
    for row, (line, readings) in enumerate(JAPANESE):
        y = 700.0 - 24 * row
        small = [(60 + 12 * at + 6 * n - 3 * len(said), y + 12, 6.0, said) for at, n, said in readings]
        if order == "within":
            begin = 0
            for (at, n, _), one in zip(readings, small, strict=True):
                page += [(60.0 + 12 * begin, y, 12, line[begin : at + n]), one]
                begin = at + n
            page.append((60.0 + 12 * begin, y, 12, line[begin:]))
        else:
            whole = [(60.0, y, 12.0, line)]
            page += [*small, *whole] if order == "before" else [*whole, *small]
    found = pdf.read(drawn([page], font="STSong-Light"), NAME)
    assert reading(found) == "".join(line for line, _ in JAPANESE)


def test_katakana_above_a_name_in_a_form_stays() -> None:
    page = [(60.0, 712.0, 6.0, "ヤマダ"), (60.0, 700.0, 12.0, "山田太郎")]
    page += [(60.0, 640.0, 6.0, "ふりがな"), (60.0, 628.0, 12.0, "氏名")]
    said = reading(pdf.read(drawn([page], font="STSong-Light"), NAME))
    assert "ヤマダ" in said
    assert "ふりがな" in said
