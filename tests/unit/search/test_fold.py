"""The same text comes once, with its copies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from desktop_kb.records import Key, StoredPassage
from desktop_kb.search.context import Candidate
from desktop_kb.search.fold import grouped

SENTENCES = [
    f"In year {n} the {word} of the valley was sold."
    for n, word in enumerate(["wool", "oats", "salt", "tin"])
]


def _candidate(text: str) -> Candidate:
    key = Key(text, 0, len(text))
    spans = np.zeros((0, 2), np.int32)
    return Candidate(StoredPassage(key, "", "text", (), None, None, text, 1.0, spans, {}))


def _groups(*texts: str) -> list[list[str]]:
    return [[one.passage.text for one in group] for group in grouped([_candidate(text) for text in texts])]


def test_what_differs_in_white_space_and_case_only_folds() -> None:
    same = ("Bees dance in the hive.", "BEES dance\nin  the hive.", "Bees sleep.")
    assert _groups(*same) == [list(same[:2]), ["Bees sleep."]]


def test_a_version_with_a_changed_sentence_folds_one_that_is_half_new_does_not() -> None:
    whole = " ".join([*SENTENCES, *(sentence.replace("sold", "lent") for sentence in SENTENCES)])
    version = whole.replace("the wool of the valley was sold", "the wool was kept")
    half = " ".join(
        [*SENTENCES, "The rest is about bees.", "They dance in the hive.", "They sing in the park too."]
    )
    assert _groups(whole, version) == [[whole, version]]
    assert _groups(whole, half) == [[whole], [half]]


def test_a_copy_whose_passages_begin_elsewhere_folds_into_what_holds_most_of_it() -> None:
    one, other = " ".join(SENTENCES[:2]), " ".join(SENTENCES[2:])
    across = " ".join(SENTENCES[1:])
    assert _groups(one, other, across) == [[one], [other, across]]
    assert _groups(across, one, other) == [[across, other], [one]]


def test_other_numbers_are_another_text() -> None:
    invoices = [f"Invoice {n}. Please pay {n}0 francs by May." for n in (1, 2)]
    assert _groups(*invoices) == [[text] for text in invoices]


def test_of_identical_ones_the_newest_is_shown_and_the_limit_counts_texts(bench: Any) -> None:
    text = "Bees dance in the hive. They tell each other where the flowers are."
    bench.run(
        bench.file("bare.txt", text),
        *(bench.file(f"{year}.txt", text + " " * n) for n, year in enumerate((2021, 2023, 2022), 1)),
        bench.file("other.txt", "Bees sleep."),
    )
    for document in bench.store.documents.find():
        if (year := Path(document.path).stem).isdigit():
            bench.store.documents.edit([document.document], metadata={"date": f"{year}-05-01"})
    found = bench.search("bees dance", limit=2)
    assert [Path(hit.path).stem for hit in found.hits] == ["2023", "other"]
    assert [(Path(copy.path).stem, copy.date, copy.identical) for copy in found.hits[0].copies] == [
        ("2022", "2022-05-01", True),
        ("2021", "2021-05-01", True),
        ("bare", None, True),
    ]
    assert found.hits[1].copies == ()
    assert len(bench.search("bees dance", copies=True, limit=9).hits) == 5
    # The file that was asked for is the one that is shown.
    assert [Path(hit.path).stem for hit in bench.search("2021.txt").hits][:1] == ["2021"]


def test_a_sentence_names_its_places_in_the_copies(bench: Any) -> None:
    text = "Bees dance in the hive. Whales sing in the ocean."
    bench.run(
        bench.file("a.txt", text), bench.file("b.txt", f"{text} Foxes run."), bench.file("c.txt", "Bees.")
    )
    [hit] = [
        h for h in bench.search("whales sing", unit="sentence", limit=9).hits if h.text.startswith("Whales")
    ]
    [copy] = hit.copies
    assert (hit.end - hit.start, copy.end - copy.start, copy.identical) == (25, 25, True)
    assert {hit.path[-5:], copy.path[-5:]} == {"a.txt", "b.txt"}
