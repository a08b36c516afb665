"""What documents are named by, and which documents that is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from workbench import Bench

from desktop_kb.known_items import Item, find_items
from desktop_kb.records import Extracted, File, Incoming, Made, Passage


def put(bench: Bench, name: str, title: str, text: str) -> str:
    """Store a document with one passage; its public id."""
    generation = bench.store.index.generation()
    assert generation is not None
    spans = np.array([[0, len(text)]], np.int32)
    passage = Passage(0, len(text), None, None, (), 9, text, 0.0, spans, None, None)
    path = str(bench.folder / name)
    made = Made(generation.id, 0, [passage])
    bench.store.index.put(Incoming(File(path, 1, 0, "text", path), Extracted(text, title), path, [made]))
    return next(d.document for d in bench.store.documents.find() if d.path == path)


def found(bench: Bench) -> set[Item]:
    return set(find_items(bench.store, bench.store.documents.find()))


def test_a_title_a_name_a_date_and_a_number_name_a_document(open_bench: Any) -> None:
    bench = open_bench(None)
    bees = put(bench, "scan0017.txt", "Of bees", "Written 2021-03-05, revised 2021-04, call 0301234567.")
    items = found(bench)
    assert {item.documents for item in items} == {frozenset((bees,))}
    assert {(item.text, item.kind) for item in items} == {
        ("Of bees", "title"),
        ("scan0017", "name"),
        ("2021-03-05", "date"),
        ("2021-04", "date"),
        ("0301234567", "number"),
    }


def test_a_name_is_that_of_all_who_have_it_unless_they_are_many(open_bench: Any) -> None:
    bench = open_bench(None)
    two = {put(bench, f"a{n}.txt", "Minutes", f"Of the year {n}.") for n in (1, 2)}
    assert {item.documents for item in found(bench) if item.text == "Minutes"} == {frozenset(two)}
    for n in range(3, 6):
        put(bench, f"a{n}.txt", "Minutes", f"Of the year {n}.")
    assert [item for item in found(bench) if item.kind == "title"] == []
    assert Path(bench.store.documents.find()[0].path).stem in {item.text for item in found(bench)}
