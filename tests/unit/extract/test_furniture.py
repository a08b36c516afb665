from __future__ import annotations

import pytest
from pdfs import ANIMALS, NAME, PROSE, body, book, column, drawn, reading

from desktop_kb.extract import pdf


def test_a_header_that_says_the_title_again_is_not_read() -> None:
    title = (72.0, 770.0, 18.0, "A History of Foxes")
    page = [(72.0, 820.0, 8.0, "A History of Foxes"), title, *column(PROSE)]
    assert reading(pdf.read(drawn([page]), NAME)).count("A History of Foxes") == 1
    other = [*page[1:], (72.0, 40.0, 8.0, "A History")]
    assert reading(pdf.read(drawn([other]), NAME)).endswith("A History")


def test_running_headers_and_page_numbers_are_not_read() -> None:
    found = pdf.read(book(6), NAME)
    assert "History of Foxes" in found.text
    assert reading(found) == "\n".join(" ".join(body(n) + body(n + 1)) for n in (0, 2, 4))


def test_what_differs_in_its_numbers_is_read() -> None:
    nets = ("2,310.55", "2,402.18", "2,207.90", "2,221.04")
    pages = [
        [
            (72.0, 780.0, 10.0, "Payslip"),
            (72.0, 700.0, 10.0, f"Basic salary 3,2{n}0.00"),
            (72.0, 60.0, 10.0, f"Net paid {net}"),
        ]
        for n, net in enumerate(nets)
    ]
    text = reading(pdf.read(drawn(pages), NAME))
    assert all(f"Net paid {net}" in text for net in nets)
    assert "Payslip" not in text


def test_the_number_of_an_invoice_on_each_page_is_read_once() -> None:
    pages = [[(72.0, 800.0, 10.0, "Invoice 2024-118"), *column(body(n))] for n in range(4)]
    assert reading(pdf.read(drawn(pages), NAME)).count("Invoice 2024-118") == 1


@pytest.mark.parametrize("size", [10.0, 20.0, 32.0])
def test_the_title_that_slides_share_is_read(size: float) -> None:
    slides = [
        [(60.0, 380.0, size, "Why the pump failed"), *column([f"{a} got in", f"{a} got out"], y=340)]
        for a in ANIMALS
    ]
    found = pdf.read(drawn(slides, pagesize=(720, 405)), NAME)
    assert reading(found).count("Why the pump failed") == len(slides)


def test_chapters_that_count_like_pages_are_read() -> None:
    pages = [
        [(72.0, 790.0, 10.0, f"Chapter {n + 1}"), (72.0, 775.0, 10.0, f"Of the {a}"), *column(PROSE)]
        for n, a in enumerate(ANIMALS)
    ]
    text = reading(pdf.read(drawn(pages), NAME))
    assert all(f"Chapter {n}" in text for n in range(1, 7))


def test_what_repeats_in_the_middle_of_pages_or_alone_on_them_is_read() -> None:
    middle = [[*column([f"About the {a}"]), (72.0, 400.0, 10.0, "Not to be moved")] for a in ANIMALS]
    assert reading(pdf.read(drawn(middle), NAME)).count("Not to be moved") == 6
    alone = [[(72.0, 800.0, 10.0, "Left empty on purpose")]] * 4 + [column(PROSE)] * 2
    assert reading(pdf.read(drawn(alone), NAME)).count("Left empty on purpose") == 4


def test_a_line_on_few_of_the_pages_is_no_running_header() -> None:
    pages = [column(body(n % 12)) for n in range(12)]
    for n in (3, 4, 5):
        pages[n] = [(72.0, 800.0, 10.0, "Annex of the tides"), *pages[n]]
    assert reading(pdf.read(drawn(pages), NAME)).count("Annex of the tides") == 3
    pages[3].insert(1, (72.0, 786.0, 16.0, "Annex of the tides"))  # now it is also a title, which stays
    assert reading(pdf.read(drawn(pages), NAME)).count("Annex of the tides") == 1


@pytest.mark.parametrize(
    "form",
    ["{}", "- {} -", "Page {}", "Page {} of 6", "第 {} 页", "第{}页 共6页", "{} | Foxes", "Foxes — {}"],
)
def test_page_numbers_of_every_form_are_not_read(form: str) -> None:
    pages = [[*column(body(n)), (72.0, 40.0, 8.0, form.format(n + 3))] for n in range(6)]
    font = "STSong-Light" if "页" in form else "Helvetica"
    text = reading(pdf.read(drawn(pages, font=font), NAME))
    assert not any(c.isdigit() for c in text)


def test_two_pages_are_too_few_to_call_a_line_furniture() -> None:
    assert reading(pdf.read(book(2), NAME)).count("History of Foxes") == 2
