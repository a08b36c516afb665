"""The sample library holds what its questions ask for, and its PDFs are what their texts say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "resources" / "samples"
SCRIPT = ROOT / "packaging" / "make_samples.py"
QUESTIONS = json.loads((ROOT / "resources" / "sample_questions.json").read_text(encoding="utf-8"))
PAIRS = [QUESTIONS["pair"], QUESTIONS["pair_zh"]]
PAGES = {"island-year.pdf": 5, "rental-contract-summary.pdf": 1, "屋顶光伏与热泵.pdf": 3}
DOCUMENTS = sorted(SAMPLES.iterdir())
NOTES = [path for path in DOCUMENTS if path.suffix == ".md"]
PDFS = [path for path in DOCUMENTS if path.suffix == ".pdf"]


def named(path: Path) -> str:
    return path.name


def page_texts(path: Path) -> list[str]:
    """The text of each page; PDFium marks a hyphen at a line's end as U+FFFE."""
    with pypdfium2.PdfDocument(path) as document:
        return [page.get_textpage().get_text_range() for page in document]


def text_of(path: Path, page: int | None = None) -> str:
    if path.suffix == ".pdf":
        texts = page_texts(path)
        return "\n".join(texts) if page is None else texts[page - 1]
    return path.read_text(encoding="utf-8")


def front_matter(note: Path) -> dict[str, Any]:
    _, front, _ = note.read_text(encoding="utf-8").split("---\n", 2)
    fields = yaml.safe_load(front)
    assert isinstance(fields, dict)
    return fields


# --- the questions ---------------------------------------------------------------------------


@pytest.mark.parametrize("asked", QUESTIONS["questions"], ids=lambda asked: asked["question"])
def test_the_answer_stands_in_the_named_file_and_nowhere_else(asked: dict[str, Any]) -> None:
    answer = SAMPLES / asked["answer_in"]
    assert asked["contains"] in text_of(answer, asked.get("page"))
    assert [path.name for path in DOCUMENTS if asked["contains"] in text_of(path)] == [answer.name]
    chinese = any("一" <= character <= "鿿" for character in asked["question"])
    assert asked["language"] == ("zh" if chinese else "en")


def test_the_questions_cover_what_a_library_is_asked() -> None:
    questions = QUESTIONS["questions"]
    assert sum(asked["language"] == "zh" for asked in questions) >= 4
    assert sum(asked["language"] == "en" for asked in questions) >= 3
    assert any(asked.get("page", 1) > 1 for asked in questions)
    assert all(("page" in asked) == asked["answer_in"].endswith(".pdf") for asked in questions)
    assert len({asked["question"] for asked in questions}) == len(questions)


@pytest.mark.parametrize("asked", [asked for asked in QUESTIONS["questions"] if "filters" in asked])
def test_filters_admit_the_answer_and_shut_something_out(asked: dict[str, Any]) -> None:
    wanted = dict(expression.split(":") for expression in asked["filters"])
    admitted = [
        note.name
        for note in NOTES
        if all(str(front_matter(note).get(key)) == value for key, value in wanted.items())
    ]
    assert admitted == [asked["answer_in"]]


def test_the_same_model_of_two_years_and_another_brand_of_the_second() -> None:
    cars = {(f["brand"], f["model"], f["year"]) for f in map(front_matter, NOTES) if "brand" in f}
    assert {("BMW", "X1", 2022), ("BMW", "X1", 2023), ("Mercedes", "C-Class", 2023)} < cars


def shared_words(first: str, second: str) -> set[str]:
    """The words both hold: English ones of four letters and more, pairs of Chinese characters."""

    def words(text: str) -> set[str]:
        characters = re.findall(r"[一-鿿]", text)
        return set(re.findall(r"[a-z]{4,}", text.lower())) | {a + b for a, b in pairwise(characters)}

    return words(first) & words(second)


@pytest.mark.parametrize("pair", PAIRS, ids=["en", "zh"])
def test_one_sentence_answers_in_other_words_and_one_only_echoes(pair: dict[str, Any]) -> None:
    answers, echoes = pair["answers"], pair["echoes"]
    assert answers["sentence"] in text_of(SAMPLES / answers["file"])
    assert echoes["sentence"] in text_of(SAMPLES / echoes["file"])
    assert answers["file"] != echoes["file"]
    assert not shared_words(pair["question"], answers["sentence"])
    assert len(shared_words(pair["question"], echoes["sentence"])) >= 3


def test_one_note_is_in_traditional_characters_and_asked_for_in_simplified_ones() -> None:
    asked = next(asked for asked in QUESTIONS["questions"] if asked["answer_in"].startswith("凍頂"))
    assert "冻顶乌龙" in asked["question"]
    assert not set("冻顶乌龙汤时间个这么") & set(text_of(SAMPLES / asked["answer_in"]))


# --- the documents ---------------------------------------------------------------------------


def test_all_kinds_are_there() -> None:
    assert {path.suffix for path in DOCUMENTS} == {".pdf", ".md", ".txt", ".html"}
    assert all(path.stat().st_size < 100_000 for path in DOCUMENTS)


@pytest.mark.parametrize("note", NOTES, ids=named)
def test_front_matter_parses(note: Path) -> None:
    fields = front_matter(note)
    assert isinstance(fields["title"], str)
    assert all(isinstance(tag, str) for tag in fields["tags"])
    assert isinstance(fields.get("year", 0), int)
    headings = re.findall(r"^# (.+)$", note.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == [fields["title"]]


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_no_leftovers(path: Path) -> None:
    text = text_of(path)
    assert not re.search("TODO|TBD|FIXME|lorem|\ufffd|\u00ad|\t|\x00", text, re.IGNORECASE)
    if path.suffix != ".html":
        assert not re.search(r"</?[a-z]+[ />]|&[a-z]+;|\*\*|\]\(", text)
    if path.suffix in {".pdf", ".txt"}:
        assert not re.search(r"^(#|- |---|\w+: \[)", text, re.MULTILINE)


class Nesting(HTMLParser):
    """Checks that every element is closed in order; collects the title."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.title = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["title"]:
            self.title += data


def test_the_page_is_well_formed() -> None:
    parser = Nesting()
    parser.feed((SAMPLES / "replacing-a-bicycle-chain.html").read_text(encoding="utf-8"))
    parser.close()
    assert parser.open == []
    assert parser.title == "Replacing a bicycle chain"


# --- the PDFs --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PDFS, ids=named)
def test_every_page_has_text_a_header_and_its_number(path: Path) -> None:
    texts = page_texts(path)
    assert len(texts) == PAGES[path.name]
    with pypdfium2.PdfDocument(path) as document:
        title = document.get_metadata_value("Title")
        outline = [bookmark.get_title() for bookmark in document.get_toc()]
    for number, text in enumerate(texts, start=1):
        header, foot, body = text.split("\r\n", 2)
        assert header == title
        assert foot in {str(number), f"第 {number} 页"}
        assert len(body) > 200
    assert len(outline) >= 6
    assert all(heading in "".join(texts) for heading in outline)


def test_the_long_article_divides_words_at_line_ends() -> None:
    assert "".join(page_texts(SAMPLES / "island-year.pdf")).count("\ufffe") >= 5


def test_no_chinese_line_starts_with_a_stop() -> None:
    lines = "".join(page_texts(SAMPLES / "屋顶光伏与热泵.pdf")).splitlines()
    assert len(lines) > 60
    assert not [line for line in lines if line.startswith(tuple("，。、；：？！"))]


def typeset(folder: Path, seed: str) -> None:
    script = [sys.executable, str(SCRIPT), str(folder)]
    done = subprocess.run(
        script, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=False
    )
    if "fonts-droid-fallback" in done.stderr:
        pytest.skip("the Chinese font of the script is not installed here")
    assert done.returncode == 0, done.stderr


def pixels(path: Path) -> list[bytes]:
    with pypdfium2.PdfDocument(path) as document:
        return [page.render(scale=1).to_numpy().tobytes() for page in document]


def test_the_script_gives_the_same_bytes_twice_and_the_committed_pages(tmp_path: Path) -> None:
    folders = [tmp_path / "first", tmp_path / "second"]
    for seed, folder in enumerate(folders):
        folder.mkdir()
        typeset(folder, str(seed))
    assert sorted(path.name for path in folders[0].iterdir()) == sorted(PAGES)
    for committed in PDFS:
        first, second = (folder / committed.name for folder in folders)
        assert first.read_bytes() == second.read_bytes()
        # Not the committed bytes: another zlib (zlib-ng in Python 3.14 for Windows) packs differently.
        assert page_texts(first) == page_texts(committed)
        assert pixels(first) == pixels(committed)
