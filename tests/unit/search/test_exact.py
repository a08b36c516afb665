"""What the question names comes first and is never weak, whatever a model says or cannot read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeEmbedder, FakeExtractor, FakeReranker
from workbench import LONG

from desktop_kb.records import Extracted, Scope
from desktop_kb.store.verbatim import Verbatim

OTHERS = [
    "Bees dance in the hive",
    "Whales sing in the ocean",
    "Foxes run in the forest",
    "Owls hunt at night",
]


def _exact(bench: Any, query: str, **options: Any) -> list[tuple[str, str]]:
    """The files that the question names, and how."""
    hits = bench.search(query, **options).hits
    return [(Path(hit.path).name, hit.why.exact) for hit in hits if hit.why.exact]


def _with_own_titles(monkeypatch: Any) -> None:
    """A document is called what its first sentence says, not by its file."""
    plain = FakeExtractor.extract

    def titled(self: FakeExtractor, path: Path, **options: Any) -> Extracted:
        found = plain(self, path, **options)
        return replace(found, title=found.text.partition(".")[0])

    monkeypatch.setattr(FakeExtractor, "extract", titled)


@pytest.fixture
def days(open_bench: Any) -> Any:
    """Notes named by their day. What each says is others' days, over and over: the model that reads them
    again sees no name, and finds a day where it is only mentioned."""
    bench = open_bench(FakeEmbedder())
    names = [f"2024-03-{day:02}" for day in range(1, 29)]
    for number, name in enumerate(names):
        other = names[(number + 7) % 28]
        bench.run(bench.file(f"{name}.md", f"{OTHERS[number % 4]}. Not as on {other}, {other} and {other}."))
    return bench


@pytest.mark.parametrize(
    "options",
    [{}, {"rerank": "off"}, {"mode": "words"}, {"rerank": "r"}, {"per_document": 1}, {"merge": True}],
)
def test_a_note_asked_by_its_title_is_first(days: Any, options: dict[str, Any]) -> None:
    days.models.rerankers["r"] = FakeReranker()
    for day in range(1, 29):
        title = f"2024-03-{day:02}"
        hits = days.search(title, **options).hits
        assert Path(hits[0].path).stem == title
        assert hits[0].why.exact == "title"
        assert not hits[0].weak
        # Then the note that holds it. Not named: what only resembles it.
        assert hits[1].why.exact == "number"
        assert all(hit.why.exact is None for hit in hits[2:])


def test_a_number_in_a_language_that_the_model_does_not_read(open_bench: Any) -> None:
    bench = open_bench(FakeEmbedder())
    bench.run(*(bench.file(f"en{n}.md", f"{OTHERS[n % 4]} number {7_000 + n}.") for n in range(40)))
    bench.run(*(bench.file(f"zh{n}.md", f"维修师傅的电话是{62_750_000 + n}，周末不接。") for n in range(40)))
    for n in range(0, 40, 3):
        for question in (f"{62_750_000 + n}", f"the number {62_750_000 + n}", f"电话{62_750_000 + n}是谁的"):
            hit = bench.search(question).hits[0]
            assert (Path(hit.path).name, hit.why.exact, hit.weak) == (f"zh{n}.md", "number", False)


def test_a_file_is_named_with_its_suffix_or_without(open_bench: Any, monkeypatch: Any) -> None:
    bench = open_bench(FakeEmbedder())
    _with_own_titles(monkeypatch)
    bench.run(
        bench.file("Harbour-plan_7.md", "Berths. Who lies where."), bench.file("报告.md", "年度。内容很长。")
    )
    bench.run(*(bench.file(f"plan {n}.md", f"A plan for the harbour {n}. {OTHERS[n]}.") for n in range(4)))
    for question in ("harbour-plan_7", "Harbour plan 7.md", "harbour plan 7"):
        assert _exact(bench, question) == [("Harbour-plan_7.md", "name")]
    assert _exact(bench, "報告.md") == []  # a traditional name of a simplified one is not looked for
    assert _exact(bench, "报告") == [("报告.md", "name")]
    assert _exact(bench, "berths") == [("Harbour-plan_7.md", "title")]
    assert _exact(bench, "plan 7") == []
    assert bench.search("harbour-plan_7").hits[0].rank == 1


def test_words_that_stand_there_as_they_are(open_bench: Any) -> None:
    bench = open_bench(FakeEmbedder())
    notes = {
        "chapter.md": "详见第3章的说明。",
        "code.md": "我们用Python读取PDF文件。",
        "mixed.md": "The Traité d'Aliénor was signed in Zürich.",
        "light.md": "The lamp is green; green are the lamps.",
        "far.md": "章节一共3个，第一个最短。",
    }
    for name, text in notes.items():
        bench.run(bench.file(name, text + " " + " ".join(OTHERS)))
    assert _exact(bench, "第3章") == [("chapter.md", "phrase")]
    assert _exact(bench, "Python读取") == [("code.md", "phrase")]
    assert _exact(bench, "traite d'alienor") == [("mixed.md", "phrase")]
    assert _exact(bench, "lamp is green") == [("light.md", "phrase")]
    assert _exact(bench, "LAMP") == [("light.md", "phrase")]
    assert _exact(bench, "green lamp") == []
    assert _exact(bench, "the") == _exact(bench, "3") == _exact(bench, "x") == _exact(bench, "…") == []
    whole = notes["light.md"] + " " + " ".join(OTHERS)
    assert _exact(bench, whole) == [("light.md", "phrase")]
    assert not bench.search(whole).hits[0].weak


def test_what_stands_in_many_documents_names_none(open_bench: Any) -> None:
    bench = open_bench(FakeEmbedder())
    for number in range(3):
        bench.run(bench.file(f"{number}.md", f"Report 4711 of the harbour, part{number}."))
    assert len(_exact(bench, "4711")) == len(_exact(bench, "of the harbour")) == 3
    bench.run(bench.file("3.md", "Report 4711 of the harbour, part3."))
    assert _exact(bench, "4711") == _exact(bench, "of the harbour") == []
    # Within the filter there are fewer.
    bench.run(bench.file("4.md", "Report 4711, another one."), tags=("mine",))
    assert _exact(bench, "4711 tag:mine") == [("4.md", "number")]


def test_a_long_document_is_named_once(open_bench: Any) -> None:
    """Each of its passages is found by the title; one is enough."""
    bench = open_bench(FakeEmbedder())
    text = "\n\n".join(f"{OTHERS[n % 4]} part{n}. " * 12 for n in range(12))
    bench.run(bench.file("manual 4821.md", text), bench.file("a.md", "The manual 4821 is lost."))
    hits = bench.search("manual 4821", limit=40).hits
    assert len([hit for hit in hits if hit.path.endswith("manual 4821.md")]) > 3
    assert [hit.why.exact for hit in hits[:3]] == ["title", "number", None]
    assert [Path(hit.path).name for hit in hits[:2]] == ["manual 4821.md", "a.md"]


def test_of_sentences_the_one_that_says_it_is_first(open_bench: Any) -> None:
    bench = open_bench(FakeEmbedder())
    bench.run(bench.file("a.md", f"{OTHERS[0]}. The key is in box 4711. {OTHERS[1]}."))
    bench.run(*(bench.file(f"{n}.md", f"Which key is in which box? {OTHERS[n]}.") for n in range(4)))
    hits = bench.search("which key is in box 4711", unit="sentence").hits
    assert (hits[0].shown, hits[0].why.exact) == ("The key is in box 4711.", "number")
    assert [hit.why.exact for hit in hits[1:]] == [None] * (len(hits) - 1)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_meaning_alone_knows_no_names(days: Any) -> None:
    assert _exact(days, "2024-03-05", mode="vectors") == []


def test_strong_stands_before_weak_and_scores_fall(days: Any) -> None:
    for query in ("2024-03-05", "whales in the ocean 2024-03-05", "foxes xyzzy plugh", "owls hunt"):
        for options in ({}, {"rerank": "off"}, {"mode": "words"}, {"unit": "sentence"}):
            hits = days.search(query, limit=50, **options).hits
            assert [hit.weak for hit in hits] == sorted(hit.weak for hit in hits)
            assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_common_word_is_not_walked_to_its_end(days: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desktop_kb.lexical.verbatim._MOST_HELD", 10)
    with days.store.index.moment() as moment:
        assert not moment.containing("the", Scope(), 50).passages
        assert len(moment.containing("whales sing", Scope(), 50).passages) == 7


def test_a_table_as_a_question_is_looked_for_in_part(open_bench: Any, monkeypatch: Any) -> None:
    bench = open_bench(None)
    codes = [f"{62_750_000 + n}" for n in range(1_000)]
    bench.run(bench.file("a.md", "\n\n".join(f"Row {code}." for code in codes)))
    looks: list[str] = []
    containing = Verbatim.containing

    def counted(self: Verbatim, text: str) -> Any:
        looks.append(text)
        return containing(self, text)

    monkeypatch.setattr(Verbatim, "containing", counted)
    assert _exact(bench, " ".join(codes))[0] == ("a.md", "number")
    assert len(looks) < 50


def test_a_files_name_in_a_folder_of_that_name_and_in_capitals(open_bench: Any, monkeypatch: Any) -> None:
    _with_own_titles(monkeypatch)
    monkeypatch.setattr("desktop_kb.store.verbatim._MOST_ROWS", 5)
    bench = open_bench(FakeEmbedder())
    (bench.folder / "bücher").mkdir()
    names = [f"bücher/{number}.md" for number in range(8)]
    bench.run(*(bench.file(name, f"Shelf {name}. {OTHERS[0]}.") for name in names))
    bench.run(bench.file("bücher/BÜCHER.md", "Shelves. Who keeps what."))
    assert _exact(bench, "bücher") == [("BÜCHER.md", "name")]
    assert _exact(bench, "Bücher.md") == [("BÜCHER.md", "name")]


def test_a_title_with_which_a_long_books_title_begins(open_bench: Any, monkeypatch: Any) -> None:
    _with_own_titles(monkeypatch)
    monkeypatch.setattr("desktop_kb.store.verbatim._MOST_ROWS", 5)
    bench = open_bench(FakeEmbedder())
    bench.run(bench.file("long.md", "Whales of the world. " + LONG))
    assert bench.store.index.generation().chunks > 5
    bench.run(bench.file("short.md", "Whales. They sing."))
    assert _exact(bench, "whales")[0] == ("short.md", "title")


def test_a_minus_in_a_name_excludes_nothing(open_bench: Any) -> None:
    bench = open_bench(None)
    bench.run(bench.file("Song -live.md", "They play it in a hall."))
    bench.run(bench.file("other.md", "A song that is live on stage."))
    for query in ("Song -live", "song -live.md"):
        result = bench.search(query)
        assert Path(result.hits[0].path).name == "Song -live.md"
        assert [(one.term, one.asked, one.kind) for one in result.also][:1] == [
            (query.partition("-")[2], f"-{query.partition('-')[2]}", "variant")
        ]
    assert [Path(hit.path).name for hit in bench.search("song -stage").hits] == ["Song -live.md"]


def test_phrases_that_stand_nowhere_are_given_up_with_a_word(open_bench: Any) -> None:
    bench = open_bench(None)
    bench.run(bench.file("rack.md", "A 19 inch rack stands in the cellar."))
    result = bench.search('"rack in the" "cellar stands"')
    assert [Path(hit.path).name for hit in result.hits] == ["rack.md"]
    assert "phrase-relaxed" in result.degraded
    assert "phrase-relaxed" not in bench.search('"inch rack"').degraded
    assert "filter-not-understood" in bench.search("rack colour:red").degraded
