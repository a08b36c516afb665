"""Hits as Markdown, CSV and BibTeX."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

from desktop_kb.gui.search.hit_texts import bibliography, markdown, table
from desktop_kb.records import Document, Hit, Why

HIT = Hit(
    1, "d", "/n/a & b.pdf", ("/n/a & b.pdf",), "Bees_100%", "pdf", ("Winter",), 3, (3, 3), "iii", 0, 9, "One.\nTwo.",
    "One.\nTwo.", (0, 4), 0.5, False, Why((), None, ()),
)  # fmt: skip
OTHER = replace(HIT, rank=2, page=7, page_label=None, shown="=1+1")
ALONE = replace(
    HIT,
    rank=3,
    document="e",
    title="蜜蜂",
    heading=(),
    page=None,
    page_label=None,
    date="2024-02-01",
    path="/n/e.md",
)
DOCUMENTS = {
    "d": Document(
        "d", "/n/a & b.pdf", ("/n/a & b.pdf",), "Bees_100%", "pdf", "ready", 9, 3, (),
        {"author": "Ann Lee; Bo Wu", "year": 2021}, "2026-01-01",
    )
}  # fmt: skip


def test_markdown_quotes_and_names_the_source() -> None:
    assert markdown([HIT, ALONE], DOCUMENTS) == (
        "> One.\n> Two.\n\n— Ann Lee; Bo Wu, Bees_100%, Winter, p. iii, 2021\n\n"
        "> One.\n> Two.\n\n— 蜜蜂, 2024\n"
    )


def test_a_table_has_a_row_for_each_passage_and_no_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(table([HIT, OTHER, ALONE], DOCUMENTS))))
    assert [row["passage"] for row in rows] == ["One.\nTwo.", "'=1+1", "One.\nTwo."]
    assert [row["page"] for row in rows] == ["iii", "7", ""]
    assert rows[0]["author"] == "Ann Lee; Bo Wu"
    assert rows[2]["year"] == "2024"


def test_a_bibliography_has_an_entry_for_each_document() -> None:
    written = bibliography([HIT, OTHER, ALONE, replace(ALONE, document="f")], DOCUMENTS)
    entries = written.split("@misc")[1:]
    assert len(entries) == 3
    assert entries[0] == (
        "{lee2021bees_100,\n  title = {Bees\\_100\\%},\n  author = {Lee, Ann and Wu, Bo},\n  year = {2021},\n"
        "  file = {/n/a & b.pdf},\n  pages = {iii, 7}\n}\n\n"  # a path is read as it stands
    )
    assert [entry.partition(",")[0] for entry in entries[1:]] == ["{2024蜜蜂", "{2024蜜蜂-2"]
