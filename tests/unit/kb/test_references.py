"""Bibliographies beside the files that they name."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_kb.bibliography import Reference
from desktop_kb.kb.references import references_of


def read(folder: Path, name: str, text: str) -> dict[str, Reference]:
    (folder / name).write_text(text, encoding="utf-8")
    return dict(references_of(folder))


@pytest.mark.parametrize(
    ("file", "key"),
    [
        ("Full Text:/home/me/Zotero/storage/AB12CD34/a.pdf:application/pdf", "AB12CD34/a.pdf"),
        ("/home/me/Zotero/storage/AB12CD34/a.pdf", "AB12CD34/a.pdf"),
        (r"C\:\\Users\\me\\Zotero\\storage\\AB12CD34\\a.pdf", "AB12CD34/a.pdf"),
        (r"Text:C\:\\Users\\me\\Zotero\\storage\\AB12CD34\\a.pdf:application/pdf", "AB12CD34/a.pdf"),
        ("files/12/a.pdf;files/12/b.html", "12/b.html"),
    ],
)
def test_the_files_of_an_item(tmp_path: Path, file: str, key: str) -> None:
    found = read(tmp_path, "a.bib", "@book{x, title = {T}, file = {" + file + "}}")
    assert found[key].title == "T"


def test_a_name_that_two_items_have_is_no_ones(tmp_path: Path) -> None:
    item = "@misc{{k{n}, title = {{T{n}}}, file = {{storage/KEY{n}/a.pdf}}}}\n"
    found = read(tmp_path, "a.bib", item.format(n=1) + item.format(n=2))
    assert "a.pdf" not in found
    assert (found["KEY1/a.pdf"].title, found["KEY2/a.pdf"].title) == ("T1", "T2")


def test_ris(tmp_path: Path) -> None:
    text = (
        "TY  - JOUR\r\nTI  - Bees\r\nAU  - Frisch, Karl von\r\nAU  - Lindauer, M.\r\nPY  - 1967/05/01\r\n"
        "KW  - bees\r\nKW  - dance\r\nDO  - 10.1/x\r\nL1  - /home/me/storage/AB12CD34/a.pdf\r\nER  - \r\n"
        "TY  - BOOK\r\nTI  - Of no file\r\nER  - \r\n"
    )
    one = read(tmp_path, "a.ris", text)["AB12CD34/a.pdf"]
    assert one.tags == ("bees", "dance")
    assert (one.title, one.values["author"], one.values["year"]) == (
        "Bees",
        "Frisch, Karl von; Lindauer, M.",
        "1967",
    )


@pytest.mark.parametrize(
    "text", ["", "@", "@article{", "@article{k, title = {", "@article{k, file", "\0\0", "ER  -"]
)
def test_what_is_no_bibliography_tells_nothing(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, "a.bib", text) == {}
    assert read(tmp_path, "b.ris", text) == {}
