"""Recognized lines become a page like any other."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from pdfs import PROSE, column, drawn
from scans import pictures_of, scan

from desktop_kb.errors import Problem
from desktop_kb.extract.extraction_worker import read
from desktop_kb.extract.pdf import picture
from desktop_kb.extract.pdf_page import RawPage
from desktop_kb.extract.recognized_page import recognized
from desktop_kb.reading import read as read_text
from desktop_kb.records import RecognizedLine, unpack_seen

BLANK = RawPage("stamp", state="none", size=(600.0, 800.0))


def _line(
    text: str, x: float, y: float, width: float, *, height: float = 16, degrees: float = 0
) -> RecognizedLine:
    """A line that begins at (x, y) of 600 x 800, turned about the page's middle."""
    angle = math.radians(degrees)
    corners = []
    for a, b in ((x, y), (x + width, y), (x + width, y + height), (x, y + height)):
        a, b = a - 300, b - 400
        corners.append((300 + a * math.cos(angle) - b * math.sin(angle)) / 600)
        corners.append((400 + a * math.sin(angle) + b * math.cos(angle)) / 800)
    places = tuple((n + 0.5) / len(text) for n in range(len(text)))
    return RecognizedLine(text, 0.99, tuple(corners), places)


@pytest.mark.parametrize("degrees", [0, 2, -3, 90, 180, 270])
def test_lines_are_read_in_order_however_the_page_lies(degrees: float) -> None:
    lines = [
        _line("second line", 100, 130, 200, degrees=degrees),
        _line(" first line ", 100, 100, 400, degrees=degrees),
        _line("third", 100, 160, 60, degrees=degrees),
    ]
    page = recognized(BLANK, lines)
    assert (page.text, page.state) == ("first line\r\nsecond line\r\nthird", "recognized")
    assert [page.text[line.start : line.end] for line in page.lines] == ["first line", "second line", "third"]
    assert [line.left for line in page.lines] == pytest.approx([page.lines[0].left] * 3, abs=0.5)
    first = page.seen[0]
    assert (first.start, first.end, len(first.places)) == (0, 10, 10)
    assert first.corners == lines[1].corners


def test_lines_of_two_columns_taken_for_one_are_parted() -> None:
    """Where the gutter is narrow the detector takes some of the lines of both columns for one."""
    said = [(f"the left column has line {n:02}", f"and the right one line {n:02} too") for n in range(12)]
    lines = []
    for n, (left, right) in enumerate(said):
        y = 100.0 + 20 * n
        if n in (3, 4, 8):
            whole = _line(left + right, 50, y, 512)
            ends = [
                *(k + 0.5 for k in range(len(left))),
                *(k + 2 for k in range(len(left), len(left + right))),
            ]
            places = tuple(end / (len(left + right) + 2) for end in ends)
            lines.append(replace(whole, places=places))
        else:
            lines += [_line(left, 50, y, 248), _line(right, 50 + 512 * 29.5 / 60, y, 260)]
    page = recognized(BLANK, lines)
    assert page.text.split("\r\n") == [*(left for left, _ in said), *(right for _, right in said)]
    assert all(len(line.places) == line.end - line.start for line in page.seen)
    parted = page.seen[3].corners
    assert parted[2] * 600 == pytest.approx(50 + 512 * 28 / 60, abs=10)


def test_a_label_across_the_lines_parts_no_sentence() -> None:
    lines = [_line(f"line {n} of the text goes on", 60, 100 + 20.0 * n, 400) for n in range(8)]
    label = _line("Chapter One", -140, 0, 140, degrees=90)
    page = recognized(BLANK, [*lines[:4], label, *lines[4:]])
    assert page.text.split("\r\n") == [*(line.text for line in lines), "Chapter One"]
    initial = replace(label, text="I", places=(0.5,))
    assert recognized(BLANK, [*lines, initial]).text.split("\r\n")[-1] != "I"


def test_simplified_characters_among_traditional_ones_were_misread() -> None:
    lines = [
        _line("這個問題與環境溫度的變化關係，應該從實驗結果來說明。", 60, 100 + 20.0 * n, 400)
        for n in range(3)
    ]
    lines.append(_line("內部温度没有變化", 60, 160, 140))
    assert recognized(BLANK, lines).text.endswith("內部溫度沒有變化")


def test_a_page_without_words_stays_what_it_was() -> None:
    assert recognized(BLANK, [_line("--- .", 100, 100, 200)]) is BLANK
    assert recognized(BLANK, []) is BLANK


def test_a_scan_reads_like_the_document_it_was_made_of() -> None:
    file = scan(pictures_of(drawn([column(["Of Foxes", "", *PROSE])])))
    shown = picture(file, 0)
    assert len(shown.pixels) == shown.width * shown.height
    assert 1640 < shown.width < 1670  # A4 at 200 dots an inch
    places = {"Of Foxes": 92.0, **{line: 120.0 + 14 * n for n, line in enumerate(PROSE)}}
    lines = [
        _line(text, 72, y / 842 * 800 - 2, 400 if text in PROSE else 60, height=14)
        for text, y in places.items()
    ]
    path = _written(file)
    with pytest.raises(Problem, match="no-text"):
        read(path, "pdf")
    found = read(path, "pdf", seen={0: lines})
    assert found.page_states == ("recognized",)
    assert "over the lazy dog and then it goes home to sleep a while" in read_text(
        found.text, found.layout.edits
    )
    seen = unpack_seen(found.layout.seen)
    assert [found.text[line.start : line.end] for line in seen] == list(places)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _written(data: bytes) -> Path:
    path = Path("scan.pdf")
    path.write_bytes(data)
    return path
