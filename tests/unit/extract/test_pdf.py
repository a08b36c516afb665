from __future__ import annotations

import io
import random
from pathlib import Path

import pypdf
import pytest
from pdfs import NAME, PROSE, body, book, column, drawn, reading, with_codes
from pypdf.constants import PageLabelStyle

from desktop_kb.errors import Problem
from desktop_kb.extract import pdf
from desktop_kb.extract.extraction_worker import read as read_file
from desktop_kb.reading import Reading


def test_wrapped_lines_are_joined_and_paragraphs_are_lines() -> None:
    found = pdf.read(drawn([column([*PROSE, *PROSE])]), NAME)
    paragraph = " ".join(PROSE)
    assert reading(found) == f"{paragraph}\n{paragraph}"


def test_chinese_lines_are_joined_without_a_blank() -> None:
    lines = [
        "人工智能是计算机科学的一个分支，它企图了解智能的实质，并生产出一种新的能以人类",
        "智能相似的方式做出反应的智能机器。该领域的研究包括机器人、语言识别、图像识别、",
        "自然语言处理和专家系统等。",
        "第二段从这里开始，它也很长，所以要换行，换行的时候中间不应该有空格，否则读起来",
        "就不对了。",
    ]
    found = pdf.read(drawn([column(lines)], font="STSong-Light"), NAME)
    assert reading(found) == "".join(lines[:3]) + "\n" + "".join(lines[3:])


def test_a_hyphen_at_a_line_end_goes_unless_the_word_has_it_elsewhere() -> None:
    lines = [
        "The next paragraph begins here, and it is as long as the first, which is not sur-",
        "prising at all, as somebody wrote it for the sake of being a long and also a well-",
        "known one. It is so well-known that people come from far to see it and admire it.",
    ]
    text = reading(pdf.read(drawn([column(lines)]), NAME))
    assert "not surprising at" in text
    assert "a well-known one" in text


def test_a_compound_keeps_its_hyphen_where_its_halves_are_words_of_an_english_text() -> None:
    lines = [
        "The worst of all is that in each case of this kind we have to assume the worst-",
        "case for what is still not known, and that the understanding of it is not under-",
        "standing still: nobody would have been standing under it for as long as he was.",
    ]
    text = reading(pdf.read(drawn([column(lines)]), NAME))
    assert "the worst-case for" in text
    assert "not understanding still" in text
    german = [
        "Das Feuer ist in der Nacht ausgebrochen, die Wehr kam, und es hat sich die Feuer-",
        "wehr des ganzen Landes auf den Weg gemacht, weil das Wasser in der Stadt nicht da",
        "war und weil auch sonst niemand wusste, was mit dem alten Haus zu machen sein soll.",
    ]
    assert "die Feuerwehr des" in reading(pdf.read(drawn([column(german)]), NAME))


def test_letters_of_a_ligature_are_not_turned_in_a_line_that_runs_to_the_left() -> None:
    meaning = {1: "0645", 2: "06440627", 3: "0633", 4: "0020"}  # the second is drawn as one sign
    data = with_codes("000100020003", "0001000200030004000100020003", to_unicode=meaning)
    found = pdf.read(data, NAME)
    assert reading(found) == "\u0633\u0644\u0627\u0645\n\u0633\u0644\u0627\u0645 \u0633\u0644\u0627\u0645"


def test_verse_and_lists_keep_their_lines() -> None:
    lines = ["Apples and pears", "Oranges", "Plums, a pound", "Grapes of wrath", "Nuts"]
    assert reading(pdf.read(drawn([column(lines)]), NAME)) == "\n".join(lines)
    items = [f"{n}. {PROSE[0][:70]}" for n in range(1, 6)]
    assert reading(pdf.read(drawn([column(items)]), NAME)) == "\n".join(items)


def test_table_rows_keep_their_lines() -> None:
    rows = [
        ("Austria", "8.9", "Vienna and its hills"),
        ("Belgium", "11.5", "Brussels"),
        ("Fr", "67", "Paris"),
    ]
    page = [
        (x, 700 - 14.0 * n, 10.0, cell)
        for n, row in enumerate(rows)
        for x, cell in zip((72, 250, 400), row, strict=True)
    ]
    assert reading(pdf.read(drawn([page]), NAME)).split("\n") == [" ".join(row) for row in rows]


def test_a_raised_letter_does_not_tear_its_line() -> None:
    page = [
        (72.0, 700.0, 10.0, "the area is 12 km"),
        (154.0, 704.0, 6.0, "2"),
        (160.0, 700.0, 10.0, "or so."),
    ]
    text = reading(pdf.read(drawn([page]), NAME))
    assert "\n" not in text
    assert text.endswith("or so.")


def test_the_mark_of_a_footnote_is_not_read_an_exponent_is() -> None:
    page = [
        *column(PROSE, y=780),
        (72.0, 600.0, 10.0, "There were 83,190,556"),
        (172.0, 604.0, 6.0, "2"),
        (176.0, 600.0, 10.0, " of them on 12 km"),
        (254.0, 604.0, 6.0, "3"),
        (258.0, 600.0, 10.0, " of land, or x"),
        (313.03, 604.0, 6.0, "2"),
        (72.0, 60.0, 7.0, "1 Of the first year."),
        (72.0, 50.0, 7.0, "2 An estimate."),
    ]
    text = reading(pdf.read(drawn([page]), NAME))
    assert "There were 83,190,556 of them on 12 km3 of land, or x2" in text
    assert text.endswith("1 Of the first year.\n2 An estimate.")


def test_chinese_and_digits_are_joined_as_the_text_has_them() -> None:
    lines = [
        "一共装了18块板花了25300元每年发电8640度比第一年少220度一半",
        "440瓦的组件朝南六块朝西安装商嫌发电少但傍晚还有出力那时候家里",
        "正好做饭",
    ]
    joined = reading(pdf.read(drawn([column(lines)], font="STSong-Light"), NAME))
    assert "一半440瓦" in joined
    spaced = [
        line.replace("18", " 18 ").replace("25300", " 25300 ").replace("8640", " 8640 ") for line in lines
    ]
    joined = reading(pdf.read(drawn([column(spaced)], font="STSong-Light"), NAME))
    assert "一半 440瓦" in joined


def test_pages_are_where_they_say() -> None:
    found = pdf.read(book(4), NAME)
    assert [page.label for page in found.layout.pages] == ["1", "2", "3", "4"]
    for number, page in enumerate(found.layout.pages):
        inside = found.text[page.start : page.end]
        assert f"A History of Foxes   {number + 1}".split() == inside.split()[:5]
        assert found.text[page.end : page.end + 1] in ("\f", "")


def test_labels_are_what_is_printed() -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(book(3)))
    writer.set_page_label(0, 1, style=PageLabelStyle.LOWERCASE_ROMAN)
    writer.set_page_label(2, 2, style=PageLabelStyle.DECIMAL, start=1)
    out = io.BytesIO()
    writer.write(out)
    assert [page.label for page in pdf.read(out.getvalue(), NAME).layout.pages] == ["i", "ii", "1"]


def test_the_outline_places_headings() -> None:
    page = [(72.0, 790.0, 12.0, "1 Foxes"), *column(PROSE), (72.0, 600.0, 12.0, "1.1 Their Sleep")]
    page += column(PROSE, y=580)
    outline = [("Foxes", 0, 0), ("Their Sleep", 1, 0), ("Elsewhere", 0, 1)]
    found = pdf.read(drawn([page, column(PROSE)], outline=outline), NAME)
    first, second, third = found.layout.headings
    assert found.text[first.start : first.end] == "1 Foxes"
    assert (second.level, found.text[second.start : second.end]) == (2, "1.1 Their Sleep")
    assert (third.title, third.start) == ("Elsewhere", found.layout.pages[1].start)
    assert reading(found).split("\n")[0] == "1 Foxes"


def test_outline_and_labels_come_from_the_faster_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    def unasked(*_: object) -> None:
        raise AssertionError

    for name in ("outline", "page_labels"):
        monkeypatch.setattr(pypdf.PdfReader, name, property(unasked))
    found = pdf.read(drawn([column(PROSE), column(PROSE)], outline=[("Elsewhere", 0, 1)]), NAME)
    assert [heading.title for heading in found.layout.headings] == ["Elsewhere"]
    assert [page.label for page in found.layout.pages] == ["1", "2"]


def test_a_heading_of_the_outline_may_be_numbered_and_spaced_otherwise_on_its_page() -> None:
    lines = ["Chapter 2 TheirSleep.", "Waking: they wake early and late."]
    outline = [("Their Sleep", 0, 0), ("waking", 1, 0), ("Wak", 1, 0)]
    found = pdf.read(drawn([column(lines)], outline=outline), NAME)
    assert [found.text[h.start : h.end] for h in found.layout.headings] == [lines[0], ""]


def test_without_outline_large_lines_are_headings_and_name_the_file() -> None:
    page = [(72.0, 790.0, 22.0, "On the Sleep"), (72.0, 764.0, 22.0, "of Foxes")]
    page += [(72.0, 735.0, 14.0, "Methods"), *column(PROSE, y=715)]
    found = pdf.read(drawn([page]), NAME)
    assert [(h.level, h.title) for h in found.layout.headings] == [
        (1, "On the Sleep of Foxes"),
        (2, "Methods"),
    ]
    assert found.title == "On the Sleep of Foxes"
    assert reading(found).startswith("On the Sleep of Foxes\nMethods\nThe quick")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Foxes at Night", "Foxes at Night"),
        ("untitled", ""),
        ("Microsoft Word - thesis.doc", ""),
        ("thesis_final.tex", ""),
        ("   ", ""),
        ("2022", ""),
    ],
)
def test_a_title_is_taken_only_if_it_is_one(given: str, expected: str) -> None:
    assert pdf.read(drawn([column(PROSE)], title=given), NAME).title == expected


def test_metadata_are_words_and_numbers() -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(book(1)))
    writer.add_metadata(
        {"/Author": "A. Fox\0", "/Keywords": "fox, sleep", "/CreationDate": "D:20220403180542+02'00'"}
    )
    out = io.BytesIO()
    writer.write(out)
    found = pdf.read(out.getvalue(), NAME).metadata
    expected = {"author": "A. Fox", "keywords": "fox, sleep", "date": "2022-04-03", "year": 2022}
    assert expected.items() <= found.items()


def test_offsets_are_code_points_also_beyond_the_basic_plane() -> None:
    codes = {1: "D835DC65", 2: "0042", 3: "D835", 4: "D83DDE00"}
    found = pdf.read(with_codes("000100020001", "000300020004", "0002000200020002", to_unicode=codes), NAME)
    assert found.text.replace("\r\n", "\n") == "𝑥B𝑥\n\ufffdB😀\nBBBB"
    whole = Reading(found.text, found.layout.edits)
    at = whole.text.index("😀")
    start, end = whole.span(at, at + 1)
    assert found.text[start:end] == "😀"


def test_a_font_that_does_not_say_its_letters_is_garbled() -> None:
    codes = {1: "E001", 2: "E002", 3: "F8FF"}
    with pytest.raises(Problem) as caught:
        pdf.read(with_codes("000100020003" * 5, to_unicode=codes), NAME)
    assert caught.value.code == "garbled"


def test_pages_without_text_are_said() -> None:
    with pytest.raises(Problem) as caught:
        pdf.read(drawn([[]]), NAME)
    assert caught.value.code == "no-text"


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_a_password_opens_and_nothing_else_does(algorithm: str) -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(drawn([column(PROSE)], title="Secret Foxes")))
    writer.encrypt("sesame", "owner", algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    for password, code in ((None, "locked"), ("", "locked"), ("open", "wrong-password")):
        with pytest.raises(Problem) as caught:
            pdf.read(out.getvalue(), NAME, password)
        assert caught.value.code == code
    found = pdf.read(out.getvalue(), NAME, "sesame")
    assert (found.title, reading(found)) == ("Secret Foxes", " ".join(PROSE))


def test_a_file_that_only_pypdf_opens_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_opened", lambda data, password: None)
    found = pdf.read(book(6), NAME)
    assert len(found.layout.pages) == 6
    assert " ".join(body(0)) in reading(found)
    assert "History" not in reading(found)


def test_a_file_that_only_pdfium_opens_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pypdf, "PdfReader", lambda *_args, **_more: 1 / 0)
    found = pdf.read(drawn([column(PROSE)], title="Unseen"), NAME)
    assert (found.title, reading(found)) == ("", " ".join(PROSE))


def test_damaged_files_only_ever_give_problems(tmp_path: Path) -> None:
    """Bytes changed, cut out and cut off: a reading whose parts fit together, or a sentence why not."""
    chance = random.Random(7)
    sound = [book(3), with_codes("00010002", to_unicode={1: "D835DC65", 2: "0042"})]
    path = tmp_path / "x.pdf"
    read_count = 0
    for round_ in range(60):
        data = bytearray(sound[round_ % 2])
        for _ in range(chance.randint(1, 20)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        if round_ % 3 == 0:
            at = chance.randrange(len(data))
            del data[at : at + chance.randint(1, len(data) // 3)]
        path.write_bytes(bytes(data))
        try:
            found = read_file(path, "pdf")
        except Problem:
            continue
        read_count += 1
        at = 0
        for edit in found.layout.edits:
            assert at <= edit.start < edit.end <= len(found.text)
            at = edit.end
        found.text.encode("utf-8")
    assert read_count > 10
