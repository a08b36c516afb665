"""The same text comes once, with its copies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from desktop_kb.records import Key, Location, StoredPassage
from desktop_kb.search.context import Candidate
from desktop_kb.search.fold import grouped, versions

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


def test_other_numbers_are_the_same_text_in_versions_of_a_file(bench: Any) -> None:
    offer = "We offer a pump of 8 kW. The price holds for {n} days. Delivery takes {n}0 weeks. Version {n}."
    bench.run(*(bench.file(f"offer_v{n}.txt", offer.format(n=n)) for n in range(1, 5)))
    bench.run(*(bench.file(f"bill {n}.txt", offer.format(n=n + 10).replace("offer", "sell")) for n in (1, 2)))
    shown = [[hit.path, *(copy.path for copy in hit.copies)] for hit in bench.search("pump price").hits]
    names = sorted(sorted(Path(path).stem for path in paths) for paths in shown)
    assert names == [["bill 1"], ["bill 2"], [f"offer_v{n}" for n in range(1, 5)]]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Offer v1.2.docx", "offer.docx", True),
        ("Plan (1).pdf", "Plan.pdf", True),
        ("Antrag_final_v3.odt", "Antrag Entwurf.odt", True),
        ("报告 初稿.docx", "报告-终稿2.docx", True),
        ("合同第二版.pdf", "合同（3）.pdf", True),
        ("2024-03-01.md", "2024-03-02.md", False),
        ("bill 7.pdf", "bill 8.pdf", False),
        ("renew.md", "re.md", False),
    ],
)
def test_which_names_say_that_files_are_versions(one: str, other: str, same: bool) -> None:
    places = {"1": [Location(f"/a/{one}")], "2": [Location(f"/a/{other}")]}
    assert bool(versions(places)) == same
    assert not versions(places | {"2": [Location(f"/b/{other}")]})


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
