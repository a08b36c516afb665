"""Citations in each style."""

from __future__ import annotations

import pytest

from desktop_kb.gui.citations import apa, as_note, gbt7714, plain, with_source
from desktop_kb.kb.sources import Author, Source, authors_of, bibtex

ADA, ALAN = Author("Lovelace", "Ada Augusta"), Author("Turing", "Alan M.")
PAPER = Source("On bees", (ADA, ALAN), "1950", "3", "Mind", path="/a.pdf")
BOOK = Source("茶经", (Author("陆羽"),), "0780", "12", publisher="中华书局", kind="book")


@pytest.mark.parametrize(
    ("written", "authors"),
    [
        ("", ()),
        ("Ada Lovelace", (Author("Lovelace", "Ada"),)),
        ("Lovelace, Ada", (Author("Lovelace", "Ada"),)),
        ("Lovelace, Ada and Turing, Alan", (Author("Lovelace", "Ada"), Author("Turing", "Alan"))),
        ("Ada Lovelace; Alan Turing", (Author("Lovelace", "Ada"), Author("Turing", "Alan"))),
        ("Ada Lovelace, Alan Turing", (Author("Lovelace", "Ada"), Author("Turing", "Alan"))),
        ("林语堂、老舍", (Author("林语堂"), Author("老舍"))),
        ("林语堂, 老舍", (Author("林语堂"), Author("老舍"))),
        ("Plato", (Author("Plato"),)),
    ],
)
def test_authors_are_told_apart(written: str, authors: tuple[Author, ...]) -> None:
    assert authors_of(written) == authors


def test_gbt7714() -> None:
    assert gbt7714(PAPER) == "LOVELACE A A, TURING A M. On bees[J]. Mind, 1950: 3."
    assert gbt7714(BOOK) == "陆羽. 茶经[M]. 中华书局, 0780: 12."
    assert gbt7714(Source("笔记")) == "笔记[Z]."
    many = Source("养蜂", tuple(Author(name) for name in "甲乙丙丁"), "2020")
    assert gbt7714(many) == "甲, 乙, 丙, 等. 养蜂[Z]. 2020."
    page = Source("Bees", url="https://example.org/bees", kind="web")
    assert gbt7714(page) == "Bees[EB/OL]. https://example.org/bees."


def test_apa() -> None:
    assert apa(PAPER) == "Lovelace, A. A., & Turing, A. M. (1950). On bees. Mind (p. 3)."
    assert apa(Source("On bees", (Author("Plato"),), page="7")) == "Plato (n.d.). On bees (p. 7)."
    assert apa(Source("On bees", year="2020")) == "On bees. (2020)."


def test_plain_and_bibtex() -> None:
    assert plain(PAPER) == "Ada Augusta Lovelace, Alan M. Turing, On bees, page 3, 1950"
    taken: set[str] = set()
    first, second = bibtex(PAPER, taken), bibtex(PAPER, taken)
    assert first.startswith("@article{lovelace1950on,\n  title = {On bees},\n")
    assert "  author = {Lovelace, Ada Augusta and Turing, Alan M.},\n" in first
    assert second.startswith("@article{lovelace1950on-2,")
    assert r"title = {50\% \& more}" in bibtex(Source("50% & more"))
    assert r"author = {{Bees \& Co}}" in bibtex(Source("On bees", (Author("Bees & Co"),)))


def test_a_passage_with_its_source_leads_back() -> None:
    link = "desktop-kb:0/d/1"
    assert with_source("They dance.\n", PAPER, "gbt7714", link) == (
        f"They dance.\n\n— {gbt7714(PAPER)}\n{link}"
    )
    note = as_note("They dance.\n\nAll day.", BOOK, "gbt7714", link)
    assert (
        note
        == "> They dance.\n>\n> All day.\n\n— [陆羽. 茶经\\[M\\]. 中华书局, 0780: 12.](desktop-kb:0/d/1)\n"
    )
