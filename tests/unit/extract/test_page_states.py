from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import pytest
from pdfs import NAME, PROSE, column, drawn, reading, with_codes
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from desktop_kb.errors import Problem
from desktop_kb.extract import pdf
from desktop_kb.extract.page_states import is_garbled
from desktop_kb.records import RecognizedLine, unpack_states

Draw = Callable[[Canvas], None]


def sheets(*pages: Draw) -> bytes:
    data = io.BytesIO()
    canvas = Canvas(data, pagesize=A4, invariant=1)
    for page in pages:
        page(canvas)
        canvas.showPage()
    canvas.save()
    return data.getvalue()


def blank(canvas: Canvas) -> None:
    canvas.rect(20, 20, 500, 700)  # a frame


def scan(canvas: Canvas) -> None:
    picture = ImageReader(Image.new("L", (60, 80), 200))
    canvas.drawImage(picture, 0, 0, *A4)


def stamped(words: str, y: float = 20) -> Draw:
    def draw(canvas: Canvas) -> None:
        scan(canvas)
        canvas.drawString(380, y, words)

    return draw


def outlines(canvas: Canvas) -> None:
    """Words as lines and curves."""
    path = canvas.beginPath()
    for n in range(60):
        path.moveTo(72 + 5 * n, 700)
        path.lineTo(74 + 5 * n, 708)
        path.lineTo(76 + 5 * n, 700)
    canvas.drawPath(path)


def typed(canvas: Canvas) -> None:
    for n, line in enumerate(PROSE):
        canvas.drawString(72, 700 - 14 * n, line)


def states(data: bytes) -> tuple[str, ...]:
    """The states of the pages, of a file that is read and of one that is not."""
    try:
        return pdf.read(data, NAME).page_states
    except Problem as problem:
        return unpack_states(str(problem.details["states"]))


def test_each_page_says_what_it_holds() -> None:
    data = sheets(typed, scan, blank, outlines, typed)
    assert states(data) == ("text", "none", "blank", "drawn", "text")
    assert reading(pdf.read(data, NAME)).startswith(PROSE[0])


@pytest.mark.parametrize(
    "words", ["Scanned with DocSnap", "由扫描全能王扫描创建", "Page 1", "https://scan.example/app 2024"]
)
@pytest.mark.parametrize("y", [20, 810])
def test_a_scan_with_a_line_of_its_program_is_a_scan(words: str, y: float) -> None:
    assert states(sheets(*[stamped(words, y)] * 2)) == ("none", "none")
    assert states(sheets(typed, stamped(words, y))) == ("text", "none")


def test_text_beyond_the_edge_of_the_page_is_no_stamp() -> None:
    """Programs that turn pictures into PDFs name them there."""
    assert states(sheets(stamped("Background", -40), stamped("Background", 850))) == ("text", "text")


def test_a_picture_with_words_in_it_or_many_below_is_text() -> None:
    def cover(canvas: Canvas) -> None:
        stamped("Annual Report of the Harbour", 400)(canvas)

    def layer(canvas: Canvas) -> None:
        scan(canvas)
        typed(canvas)

    assert states(sheets(cover, layer)) == ("text", "text")


def layer(lines: Sequence[str], mode: int = 3) -> Draw:
    """A scan with these lines over it, which nobody sees; with mode 0 they lie under it."""

    def draw(canvas: Canvas) -> None:
        if mode:
            scan(canvas)
        text = canvas.beginText(72, 700)
        text.setTextRenderMode(mode)
        text.textLines("\n".join(lines))
        canvas.drawText(text)
        if not mode:
            scan(canvas)

    return draw


MISREAD = [line.replace("e", "~").replace("o", "0") for line in PROSE]


@pytest.mark.parametrize("mode", [3, 0])
def test_a_layer_that_is_not_what_its_page_says_is_garbled(mode: int) -> None:
    assert states(sheets(layer(MISREAD, mode), layer(PROSE, mode))) == ("garbled", "text")


def test_letters_that_are_seen_are_what_the_page_says() -> None:
    def captioned(canvas: Canvas) -> None:
        scan(canvas)
        for n, line in enumerate(MISREAD):
            canvas.drawString(72, 700 - 14 * n, line)

    assert states(sheets(captioned, typed)) == ("text", "text")


def test_what_a_doubtful_layer_says_is_found_until_its_picture_is_read() -> None:
    data = sheets(layer(MISREAD))
    before = pdf.read(data, NAME)
    assert (before.page_states, reading(before).split()[0]) == (("garbled",), MISREAD[0].split()[0])
    line = RecognizedLine("Read anew", 1.0, (0.1, 0.1, 0.9, 0.1, 0.9, 0.2, 0.1, 0.2), (0.0,) * 9)
    after = pdf.read(data, NAME, seen={0: [line]})
    assert (after.page_states, after.text) == (("recognized",), "Read anew")


@pytest.mark.parametrize(
    ("page", "reason", "state"),
    [(scan, "pictures", "none"), (outlines, "drawn-words", "drawn"), (blank, "blank-pages", "blank")],
)
def test_a_file_without_text_says_why(page: Draw, reason: str, state: str) -> None:
    with pytest.raises(Problem) as caught:
        pdf.read(sheets(page, page, blank), NAME)
    assert (caught.value.code, caught.value.details["reason"]) == ("no-text", reason)
    assert unpack_states(str(caught.value.details["states"])) == (state, state, "blank")


def test_a_scan_in_a_script_that_is_not_read_says_so() -> None:
    unread = RecognizedLine("", 0.0, (0.1, 0.1, 0.9, 0.1, 0.9, 0.2, 0.1, 0.2), ())
    with pytest.raises(Problem) as caught:
        pdf.read(sheets(scan, scan), NAME, seen={0: (), 1: (unread,)})
    assert (caught.value.code, caught.value.details["reason"]) == ("no-text", "unknown-script")
    with pytest.raises(Problem) as caught:
        pdf.read(sheets(scan, scan), NAME, seen={0: (), 1: ()})
    assert caught.value.details["reason"] == "pictures"


def test_a_picture_in_a_form_is_a_picture() -> None:
    def page(canvas: Canvas) -> None:
        canvas.beginForm("sheet")
        scan(canvas)
        canvas.endForm()
        canvas.doForm("sheet")

    assert states(sheets(page)) == ("none",)


# --- garbled text ----------------------------------------------------------------------------

ENGLISH = (
    "The auditors found that the warehouse had been empty since the spring of last year. Nobody had signed the "
    "lists and the keys were kept by a driver who had left the firm."
)
GERMAN = (
    "Die Prüfer fanden das Lager seit dem Frühjahr leer. Niemand hatte die Listen unterschrieben, "
    "und die Schlüssel lagen beim Fahrer."
)
CHINESE = (
    "审计人员发现仓库从去年春天起就已经空了。没有人在单子上签过字，"
    "钥匙一直由一个早已离开公司的司机保管，他也说不出里面原来有些什么东西。"
)
VIETNAMESE = (
    "Các kiểm toán viên phát hiện kho hàng đã trống từ mùa xuân năm ngoái và không ai ký vào danh sách nào cả"
)
LISTS = (
    "BMFOL TXMOD ENMOD IMFOL 3.2.1 Part No. AX-117 Valve DN40 PN16 Pump P-101 Motor M-202 "
    "Seal S-33 Gasket G-7 Bolt M16 Nut M16"
)


BOARD = "\n".join(f"{letter}{number}" for letter in "bcdfghjkpq" for number in range(1, 10))


@pytest.mark.parametrize(
    "text", [ENGLISH, ENGLISH.upper(), GERMAN, CHINESE, VIETNAMESE, LISTS, "GATTACA" * 40, BOARD, "x" * 400]
)
def test_languages_lists_and_codes_are_not_garbled(text: str) -> None:
    assert not is_garbled(text)


@pytest.mark.parametrize("shift", [29, 3, 7, 11])
@pytest.mark.parametrize("text", [ENGLISH, GERMAN])
def test_shifted_letters_are_garbled(text: str, shift: int) -> None:
    if shift == 29:
        moved = "".join(chr(ord(c) - 29) for c in text if c.isascii() and ord(c) - 29 > 32)
    else:
        moved = "".join(chr((ord(c) - 97 + shift) % 26 + 97) if "a" <= c <= "z" else c for c in text.lower())
    assert is_garbled(moved)


def test_characters_that_are_never_used_are_garbled() -> None:
    assert is_garbled("".join(chr(0x6A00 + 7 * n) for n in range(90)))
    assert not is_garbled(CHINESE)


def test_a_page_in_a_garbled_font_is_said_and_the_others_are_read() -> None:
    shifted = "".join(chr(ord(c) - 29) for c in ENGLISH if ord(c) - 29 > 32)
    data = drawn([column(PROSE), column([shifted[:70], shifted[70:]])])
    found = pdf.read(data, NAME)
    assert found.page_states == ("text", "garbled")
    with pytest.raises(Problem) as caught:
        pdf.read(drawn([column([shifted[:70], shifted[70:]])]), NAME)
    assert (caught.value.code, caught.value.details) == ("garbled", {"states": "g"})


def test_private_letters_on_one_page_are_garbled() -> None:
    codes = {1: "E001", 2: "E002", 3: "F8FF"}
    assert states(with_codes("000100020003" * 5, to_unicode=codes)) == ("garbled",)
