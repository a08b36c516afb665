"""RIS and CSL JSON; and which file a path names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from desktop_kb.bibliography import csl, doi_in, file_named, is_bibliography, references_in, ris

RIS = """TY  - JOUR
ID  - lovelace1843
AU  - Lovelace, Ada
A2  - Menabrea, L. F.
TI  - Sketch of the Analytical
      Engine
T2  - Scientific Memoirs
PY  - 1843/09/05/
DO  - 10.1000/182
SP  - 666
EP  - 731
KW  - engines
KW  - mathematics; history
L1  - file:///C:/Users/ana/a%20b.pdf
UR  - https://example.org
ER  -

TY  - BOOK
TI  - Second
ER  -
"""


def test_ris_is_read() -> None:
    first, second = ris.read(RIS)
    assert first.title == "Sketch of the Analytical Engine"
    assert first.values["author"] == "Lovelace, Ada; Menabrea, L. F."
    assert (first.values["year"], first.values["date"]) == ("1843", "1843-09-05")
    assert (first.values["journal"], first.values["pages"]) == ("Scientific Memoirs", "666–731")
    assert first.tags == ("engines", "mathematics", "history")
    assert first.files == (("file:///C:/Users/ana/a%20b.pdf",),)
    assert second.title == "Second"
    assert ris.read("no RIS at all") == []


def test_csl_json_is_read() -> None:
    items = [
        {
            "id": "http://zotero.org/1", "type": "article-journal", "title": "The <i>X</i> effect",
            "container-title": "Nature", "DOI": "10.1038/1", "page": "1-2", "volume": 5,
            "author": [
                {"family": "Lovelace", "given": "Ada"}, {"literal": "CERN"}, {"family": "林", "given": "语堂"},
                {"family": "Beethoven", "given": "Ludwig", "non-dropping-particle": "van"}, 7,
            ],
            "issued": {"date-parts": [[2018, "10", 3]]}, "keyword": "a, b",
        },
        {"type": "book"}, "none", {"id": "x", "type": "book", "title": "T", "issued": {"raw": "circa 1900"}},
    ]  # fmt: skip
    first, second = csl.read(json.dumps(items))
    assert first.title == "The X effect"
    assert first.values["author"] == "Lovelace, Ada; CERN; 林语堂; van Beethoven, Ludwig"
    assert (first.values["date"], first.values["year"], first.values["volume"]) == ("2018-10-03", "2018", "5")
    assert first.tags == ("a", "b")
    assert second.values["year"] == "1900"
    for broken in ("", "{}", "[1]", "[[", '{"items": 3}'):
        assert csl.read(broken) == []


def test_a_bibliography_is_told_from_other_json(tmp_path: Path) -> None:
    for name, text, is_one in (
        ("a.json", '[{"id": 1, "type": "book", "title": "T", "issued": {}}]', True),
        ("b.json", '[{"type": "click", "title": "T", "x": 1}]', False),
        ("c.json", '{"type": "book", "title": "T", "issued": {}}', False),
        ("d.BIB", "@misc{a}", True),
        ("e.txt", "@misc{a, title = {x}}", False),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert is_bibliography(tmp_path / name) == is_one, name
    assert not is_bibliography(tmp_path / "gone.json")
    assert not is_bibliography(tmp_path)


def test_a_bibliography_of_another_time_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.bib").write_bytes("@misc{k, title = {Über}}".encode("cp1252"))
    (found,) = references_in(tmp_path / "a.bib")
    assert found.title == "Über"


@pytest.mark.parametrize(
    "written",
    [
        "files/5/a b.pdf",
        r"files\5\a b.pdf",
        r"C:\Users\ana\Zotero\files\5\a b.pdf",
        "/Users/ana/Zotero/files/5/a b.pdf",
        "file:///C:/Zotero/files/5/a%20b.pdf",
    ],
)
def test_a_file_is_found_where_it_was_exported_to(tmp_path: Path, written: str) -> None:
    file = tmp_path / "files" / "5" / "a b.pdf"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x")
    assert file_named([written], tmp_path) == file
    assert file_named(["no", written], tmp_path) == file
    assert file_named([str(file)], tmp_path / "elsewhere") == file


@pytest.mark.parametrize(
    "written",
    [
        "",
        "a\0b",
        "https://example.org/a.pdf",
        r"\\server\share\a.pdf",
        "//server/a.pdf",
        "x" * 5000,
        "/x/../../a.pdf",
        ".",
    ],
)
def test_what_names_no_file_here_is_none(tmp_path: Path, written: str) -> None:
    (tmp_path.parent / "a.pdf").write_bytes(b"x")
    assert file_named([written], tmp_path) is None


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("https://doi.org/10.1007/BF01700692.", "10.1007/bf01700692"),
        ("(doi:10.1016/S0140-6736(05)67889-9)", "10.1016/s0140-6736(05)67889-9"),
        ("version 10.2/x", ""),
    ],
)
def test_a_doi_is_found_in_text(text: str, doi: str) -> None:
    assert doi_in(text) == doi
