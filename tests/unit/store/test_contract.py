"""What every place that keeps a library does: SQLite, an engine, and the plain one in memory that both are held
against."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from fakes import FakeEmbedder, FakeModels
from memory import MemoryLibrary
from team import EngineForTests, queries

from desktop_kb import paths
from desktop_kb.errors import Conflict, DocumentProblem, Problem
from desktop_kb.inference import Models
from desktop_kb.ingest import fingerprint
from desktop_kb.ingest.passages import passages_of
from desktop_kb.reading import read_slice
from desktop_kb.records import (
    Edit,
    Extracted,
    File,
    FileReport,
    Fingerprint,
    Floats,
    Heading,
    Incoming,
    Job,
    JobOptions,
    Key,
    Layout,
    Left,
    Library,
    Location,
    Made,
    Missing,
    Page,
    Place,
    Question,
    Reader,
    ReaderProgress,
    Scope,
    SearchOptions,
    SearchSort,
    SharedMark,
    Value,
    Vectors,
)
from desktop_kb.remote import index, moment, people
from desktop_kb.remote.passages import vector_text
from desktop_kb.search import Searcher
from desktop_kb.search.query import parse_filter
from desktop_kb.settings import Settings
from desktop_kb.store import Store

FIRST, SECOND = FakeEmbedder("fake"), FakeEmbedder("second")
SECOND.dimensions = 24
READERS = tuple(Reader(e.id, e.fingerprint, e.dimensions) for e in (FIRST, SECOND))
BOTH = Fingerprint(READERS, 1, 1, 0)
ALL = Scope()
NO_LAYOUT = Layout()

TEXTS = {
    "bees": "Bees dance in the hive. They tell each other where the flowers are.",
    "whales": "Whales sing in the ocean. Their songs are heard far away.",
    "foxes": "Foxes run in the forest. A fox hears a mouse below the snow.",
    "蜜蜂": "蜜蜂在公园里跳舞。它们告诉彼此花在哪里。",
    "both": "蜜蜂 bees dance 跳舞 in the park 公园.",
}


@pytest.fixture(params=["sqlite", "memory", pytest.param("engine", marks=pytest.mark.slow)])
def library(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Library]:
    if request.param == "memory":
        yield MemoryLibrary()
        return
    if request.param == "engine":
        with request.getfixturevalue("engine").library() as shared:
            yield shared
        return
    store = Store(paths.library(tmp_path / "library"))
    yield store
    # What was dropped may be missing; what is derived is never half.
    assert [check for check in store.check() if not check.ok and check.name != "passages"] == []
    store.close()


def incoming(
    library: Library, name: str, text: str, *, reader: int = 1, layout: Layout = NO_LAYOUT, **options: Any
) -> Incoming:
    """A document as the indexer would bring it, cut by this reader."""
    active = library.index.generation()
    assert active is not None
    embedder = (None, FIRST, SECOND)[reader]
    extracted = Extracted(text, name, layout, {"author": "Ada Lovelace"})
    passages = passages_of(extracted, embedder, with_vectors=True)
    file = File(at(f"/notes/{name}.md"), len(text), 7, "markdown", content_hash=text[:200])
    text_hash = hashlib.sha256(text.encode()).hexdigest()
    return Incoming(file, extracted, text_hash, [Made(active.id, reader, passages)], JobOptions(**options))


def at(path: str) -> str:
    """A path as this system writes it."""
    return path.replace("/", os.sep)


def put(library: Library, name: str, text: str, **given: Any) -> str:
    """Store a document; returns its id."""
    assert library.index.put(incoming(library, name, text, **given))
    place = library.documents.place(at(f"/notes/{name}.md"))
    assert place is not None
    return place.document


@pytest.fixture
def filled(library: Library) -> Library:
    library.index.start_generation(BOTH)
    for number, (name, text) in enumerate(TEXTS.items()):
        put(
            library,
            name,
            text,
            tags=("even/numbers" if number % 2 == 0 else "odd",),
            metadata={"year": 2020 + number},
        )
    return library


def by_words(library: Library, text: str, scope: Scope = ALL, k: int = 9) -> dict[str, float]:
    """Titles of what a question finds by words, with their scores."""
    with library.index.moment() as moment:
        found = moment.retrieve(Question(text), scope, k)
        return {found.passages[key].title: score for key, score in found.by_words.items()}


def nearest(library: Library, reader: int, vector: Floats, scope: Scope = ALL, k: int = 9) -> list[str]:
    """Titles, nearest first."""
    with library.index.moment() as moment:
        found = moment.retrieve(Question("", {reader: vector}, by_words=False), scope, k)
        assert found.by_words == {}
        return [found.passages[key].title for key in found.nearest[reader]]


def within(*expressions: str, phrases: Sequence[str] = (), excluded: Sequence[str] = ()) -> Scope:
    filters = tuple(one for expression in expressions for one in parse_filter(expression))
    return Scope(filters, tuple(phrases), tuple(excluded))


# --- finding ---------------------------------------------------------------------------------


def test_words_find_and_score(filled: Library) -> None:
    found = by_words(filled, "bees dancing")
    assert set(found) == {"bees", "both"}
    assert all(0 < score <= 1 for score in found.values())
    assert set(by_words(filled, "公园")) == {"蜜蜂", "both"}
    assert set(by_words(filled, "公 园")) == {"蜜蜂", "both"}
    assert set(by_words(filled, "花 听")) == {"蜜蜂"}
    assert by_words(filled, "zebra") == {}
    assert by_words(filled, "") == {}


def test_all_places_score_alike(library: Library) -> None:
    """Words, grams and single characters; terms that stand nowhere, twice, in titles."""
    store, memory = library, MemoryLibrary()
    chance = random.Random(5)
    vocabulary = [f"{a}{b}q" for a in ("bor", "tuk", "mev") for b in "aeiou"] + list("蜜蜂公园跳舞花水")
    questions = [" ".join(chance.choices(vocabulary, k=chance.randint(1, 6))) for _ in range(40)]
    for library in (store, memory):
        library.index.start_generation(BOTH)
        words = random.Random(6)
        for number in range(40):
            text = "".join(
                one + (" " if one.isascii() else "")
                for one in words.choices(vocabulary, k=words.randint(3, 60))
            )
            put(library, f"{words.choice(vocabulary)} {number}", f"{text}. {number}")
    for question in questions:
        assert by_words(store, question, k=200) == pytest.approx(by_words(memory, question, k=200), abs=1e-9)
    with store.index.moment() as mine, memory.index.moment() as theirs:
        for question in questions:
            found, other = (m.retrieve(Question(question), ALL, 5).terms for m in (mine, theirs))
            assert found.words == pytest.approx(other.words)
            assert found.grams == pytest.approx(other.grams)
            assert found.characters == pytest.approx(other.characters)


def test_vectors_find_the_nearest_first(filled: Library) -> None:
    query = FIRST.encode_query("whales sing in the ocean")
    found = nearest(filled, 1, query)
    assert found[0] == "whales"
    assert set(found) == set(TEXTS) - {"蜜蜂"}  # which the model does not read
    assert nearest(filled, 1, query, k=1) == ["whales"]


def test_one_question_goes_both_ways(filled: Library) -> None:
    with filled.index.moment() as moment:
        question = Question("whales", {1: FIRST.encode_query("bees dance")})
        found = moment.retrieve(question, ALL, 1)
        titles = {key: passage.title for key, passage in found.passages.items()}
        assert set(titles.values()) >= {"whales", titles[found.nearest[1][0]]}
        assert found.by_words.keys() == found.passages.keys()  # of what only the vectors found as well
        assert set(found.seconds) == {"words", "vectors", "passages"}
        for passage in found.passages.values():
            assert passage.vectors.keys() == {1}
        assert found.passages[found.nearest[1][0]].vectors[1].whole is not None


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (within("tag:even"), {"bees", "foxes", "both"}),
        (within("-tag:EVEN"), {"whales", "蜜蜂"}),
        (within("tag:Even/numbers"), {"bees", "foxes", "both"}),
        (within("tag:even/"), {"bees", "foxes", "both"}),
        (within("tag:eve"), set()),
        (within("tag:numbers"), set()),
        (within("year:2022"), {"foxes"}),
        (within("year>=2021", "year<2024"), {"whales", "foxes", "蜜蜂"}),
        (within("author:lovelace"), set(TEXTS)),
        (within("author:Turing"), set()),
        (within("type:note"), set(TEXTS)),
        (within("-type:note"), set()),
        (within("title:EE"), {"bees"}),
        (within(f"path:{os.sep}notes{os.sep}wh"), {"whales"}),
        (within("path:/notes/wh"), {"whales"}),
        (within(r"path:\notes\wh"), {"whales"}),
        (within("lang:zh"), {"蜜蜂", "both"}),
        (within("nothing:here"), set()),
        (within("author:LOVELACÉ"), set(TEXTS)),
        (within("tag:ＯＤＤ"), {"whales", "蜜蜂"}),
        (within("year:2021..2023"), {"whales", "foxes", "蜜蜂"}),
        (within("-year:..2023"), {"both"}),
        (within("year:2020.5.."), {"whales", "foxes", "蜜蜂", "both"}),
        (within(phrases=["dance in the"]), {"bees"}),
        (within(phrases=["in dance"]), set()),
        (within(phrases=["公园"]), {"蜜蜂", "both"}),
        (Scope(choices=(("songs", "snow"),)), {"whales", "foxes"}),
        (Scope(choices=(("songs", "bees"), ("公园", "hive"))), {"bees", "both"}),
        (Scope(choices=(("fore*",),)), {"foxes"}),
        (Scope(choices=(('"sing ocean"~2',),)), {"whales"}),
        (Scope(choices=(('"sing ocean"~1',),)), set()),
        (within(phrases=["花"]), {"蜜蜂"}),
        (within(phrases=["dance 跳"]), {"both"}),
        (within(phrases=["舞 in the"]), {"both"}),
        (within(phrases=["园"]), {"蜜蜂", "both"}),
        (within(excluded=["花"]), {"bees", "whales", "foxes", "both"}),
        (within(excluded=["dance"]), {"whales", "foxes", "蜜蜂"}),
        (within("tag:even", excluded=["跳舞"]), {"bees", "foxes"}),
    ],
)
def test_a_scope_narrows_both_legs(filled: Library, scope: Scope, expected: set[str]) -> None:
    with filled.index.moment() as moment:
        assert {passage.title for passage in moment.first(scope, 9)} == expected
    assert by_words(filled, "in the where are 在", scope).keys() <= expected
    query = FIRST.encode_query("dance in the forest and the ocean")
    assert set(nearest(filled, 1, query, scope)) == expected - {"蜜蜂"}  # which the model does not read


def test_a_scope_is_applied_before_the_best_are_taken(filled: Library) -> None:
    query = FIRST.encode_query("bees dance in the hive")
    assert nearest(filled, 1, query, within("tag:odd"), k=1) == ["whales"]
    assert set(by_words(filled, "bees whales foxes dance hive", within("year:2021"), k=1)) == {"whales"}


def test_what_stands_word_for_word(filled: Library) -> None:
    bees, whales = (document.document for document in filled.documents.find()[:2])
    with filled.index.moment() as moment:
        assert list(moment.titled("BEES", ALL, 3).documents) == [bees]
        assert not moment.titled("bee", ALL, 3).documents
        for name in ("Whales.md", "whales"):
            assert list(moment.named(name, ALL, 3).documents) == [whales]
        said = moment.containing("the flowers are", ALL, 3)
        assert len(said.passages) == 1
        assert len(moment.containing("公园", ALL, 3).passages) == 2
        assert not moment.containing("the flowers are", within("tag:odd"), 3).passages
        assert not moment.containing("in the", ALL, 2).passages  # in more than two documents
        (key,) = said.passages
        found = moment.retrieve(Question("nothing of it"), ALL, 1, also=[key])
        assert found.passages[key].title == "bees"
        assert found.by_words[key] == 0


def test_the_passages_in_which_places_begin(filled: Library) -> None:
    bees = filled.documents.find()[0].document
    with filled.index.moment() as moment:
        (key,) = moment.containing("the flowers are", ALL, 3).passages
        places = [
            Key(bees, key.start + 2, key.end + 50),
            Key(bees, 10**6, 10**6 + 1),
            Key("no such one", 0, 1),
        ]
        found = moment.passages(places, (1,))
        assert list(found) == places[:1]
        assert found[places[0]].key == key
        assert found[places[0]].vectors[1].whole is not None
        assert key in moment.retrieve(Question("nothing of it"), ALL, 1, also=[key]).passages


def test_a_moment_is_one_moment(filled: Library) -> None:
    with filled.index.moment() as moment:
        before = moment.retrieve(Question("zebras"), ALL, 5)
        put(filled, "zebras", "Zebras graze.")
        filled.documents.remove([filled.documents.find()[0].document])
        assert not before.passages
        assert not moment.retrieve(Question("zebras"), ALL, 5).passages
        assert moment.retrieve(Question("hive"), ALL, 5).passages
        assert "bees" in {passage.title for passage in moment.first(ALL, 9)}
    assert set(by_words(filled, "zebras")) == {"zebras"}
    assert by_words(filled, "hive") == {}


def test_nothing_is_found_where_there_is_nothing(library: Library) -> None:
    with library.index.moment() as moment:
        assert moment.generation == 0
        assert not moment.retrieve(Question("bees", {1: np.ones(3, np.float32)}), ALL, 5).passages
        assert moment.first(ALL, 5) == []
    assert library.index.generation() is None
    assert library.documents.find() == []
    assert not any(library.documents.counts().values())


def test_a_slice_is_what_stands_there(library: Library) -> None:
    library.index.start_generation(BOTH)
    text = "# Bees\nThey dan-\nce in the\nhive.\fThe end."
    layout = Layout(
        (Page(0, 32, "i"), Page(33, 41, "1")),
        (Heading(0, 6, 1, "Bees"),),
        (Edit(0, 2), Edit(15, 17), Edit(26, 27, " "), Edit(32, 33, "\n")),
    )
    document = put(library, "bees", text, layout=layout)
    with library.index.moment() as moment:
        whole = moment.slices([Key(document, 0, len(text))])[0]
        assert (whole.text, whole.layout, whole.first_page) == (text, layout, 1)
        for start in range(0, len(text), 3):
            for end in range(start + 1, len(text) + 1, 4):
                (part,) = moment.slices([Key(document, start, end)])
                assert part.text == text[start:end]
                assert read_slice(part, start, end) == read_slice(whole, start, end)
        (last,) = moment.slices([Key(document, 33, 99)])
        assert (last.text, last.first_page, last.layout.pages) == ("The end.", 2, (Page(0, 8, "1"),))
        assert moment.places([document]) == {document: (Location(at("/notes/bees.md")),)}


# --- readers ---------------------------------------------------------------------------------


def said_by_second(library: Library, document: str) -> list[Vectors]:
    """What the second reader says of the passages that are there, as a later step would ask it."""
    found = []
    for passage in library.index.passages(document):
        whole = SECOND.encode_query(passage.text)
        found.append(Vectors(whole, np.tile(whole, (len(passage.sentences), 1))))
    return found


def test_a_further_reader_comes_later_and_answers_beside_the_first(filled: Library) -> None:
    index = filled.index
    active = index.generation()
    assert active is not None
    assert (active.fingerprint, active.documents, active.chunks) == (BOTH, 5, 5)
    assert index.missing_from(active.id, 1) is None
    read = []
    while (missing := index.missing_from(active.id, 2)) is not None:
        assert index.add_vectors(missing, active.id, 2, said_by_second(filled, missing.document))
        read.append(missing.title)
    assert read == list(TEXTS)
    query = SECOND.encode_query(TEXTS["蜜蜂"])
    assert nearest(filled, 2, query, k=1) == ["蜜蜂"]
    assert nearest(filled, 1, FIRST.encode_query("whales sing"), k=1) == ["whales"]
    with filled.index.moment() as moment:
        both = {1: FIRST.encode_query("whales sing"), 2: query}
        found = moment.retrieve(Question("", both, by_words=False), ALL, 1)
        assert {found.passages[keys[0]].title for keys in found.nearest.values()} == {"whales", "蜜蜂"}
        vectors = found.passages[found.nearest[2][0]].vectors
        assert vectors[1].whole is None
        assert vectors[2].whole is not None
        assert vectors[2].whole.shape == (SECOND.dimensions,)
        assert vectors[2].sentences is not None
    put(filled, "bees", "Bees are asleep.")  # another content: only its first reader has read it
    again = index.missing_from(active.id, 2)
    assert again is not None
    assert again.title == "bees"
    index.drop([again.document], 1)
    first = index.missing_from(active.id, 1)
    assert first is not None
    assert "bees" not in nearest(filled, 1, FIRST.encode_query("bees are asleep"))
    assert set(by_words(filled, "asleep")) == {"bees"}


def test_another_reader_may_be_the_one_that_cuts(library: Library) -> None:
    library.index.start_generation(BOTH)
    document = put(library, "whales", TEXTS["whales"], reader=2)
    active = library.index.generation()
    assert active is not None
    assert active.covered == active.chunks == 1
    assert nearest(library, 2, SECOND.encode_query("whales sing")) == ["whales"]
    assert nearest(library, 1, FIRST.encode_query("whales sing")) == []
    missing = library.index.missing_from(active.id, 1)
    assert missing is not None
    assert library.index.missing_from(active.id, 2) is None
    vector = FIRST.encode_query(TEXTS["whales"])
    assert library.index.add_vectors(missing, active.id, 1, [Vectors(vector, None)])
    assert nearest(library, 1, FIRST.encode_query("whales sing")) == ["whales"]
    assert library.index.readers_of(document) == (2, 1)
    (own,), (first,) = (library.index.passages(document, reader) for reader in (None, 1))
    assert own.vector is not None
    assert own.sentence_vectors is not None
    assert own.vector.shape == own.sentence_vectors[0].shape == (SECOND.dimensions,)
    assert first.vector == pytest.approx(vector, abs=1e-3)
    assert first.sentence_vectors is None


def test_what_each_reader_has_read_is_counted_and_what_it_has_not_is_found_in_order(filled: Library) -> None:
    index = filled.index
    ids = [document.document for document in filled.documents.find()]
    active = index.generation()
    assert active is not None
    assert active.read == (ReaderProgress(5, 4), ReaderProgress())
    assert index.uncounted() == replace(active, documents=0, chunks=0, covered=0, read=())
    assert index.uncounted("building") is None
    assert index.readers_of(ids[0]) == (1,)
    assert index.readers_of("nobody") == ()
    second = index.missing_from(active.id, 2, after=ids[0])
    assert second == Missing(ids[1], "whales", 1, cut_by=1)
    said = said_by_second(filled, ids[1])
    assert index.add_vectors(second, active.id, 2, [Vectors(None, None)] * len(said))
    last = index.missing_from(active.id, 2, after=ids[0])
    assert last is not None
    assert last.title == "foxes"
    assert index.missing_from(active.id, 2, after=ids[4]) is None
    now = index.generation()
    assert now is not None
    assert now.read == (ReaderProgress(5, 4), ReaderProgress(1, 0))
    put(filled, "more", "Frogs croak.", reader=0)
    without = index.missing_from(active.id, 2, after=ids[4])
    assert without is not None
    assert (without.title, without.cut_by) == ("more", 0)


def test_a_next_generation_takes_over_what_all_readers_said(filled: Library) -> None:
    index = filled.index
    active = index.generation()
    assert active is not None
    while (missing := index.missing_from(active.id, 2)) is not None:
        index.add_vectors(missing, active.id, 2, said_by_second(filled, missing.document))
    building = index.start_generation(replace(BOTH, readers=BOTH.readers[::-1]))
    while (missing := index.missing_from(building.id, 0)) is not None:
        second = index.passages(missing.document, 2)
        further = {1: [Vectors(passage.vector, passage.sentence_vectors) for passage in second]}
        assert missing.cut_by is None
        assert index.put_made(missing, Made(building.id, 2, index.passages(missing.document), further))
    for reader in 1, 2:
        assert index.missing_from(building.id, reader) is None
    index.flip(building.id)
    now = index.generation()
    assert now is not None
    assert now.read == (ReaderProgress(5, 5), ReaderProgress(5, 4))
    assert nearest(filled, 1, SECOND.encode_query(TEXTS["蜜蜂"]), k=1) == ["蜜蜂"]
    assert nearest(filled, 2, FIRST.encode_query("whales sing in the ocean"), k=1) == ["whales"]


def test_without_a_model_words_answer_and_the_first_reader_is_missing(library: Library) -> None:
    library.index.start_generation(BOTH)
    put(library, "bees", TEXTS["bees"], reader=0)
    active = library.index.generation()
    assert active is not None
    assert active.covered == 0
    assert set(by_words(library, "bees")) == {"bees"}
    assert library.index.missing_from(active.id, 0) is None
    assert library.index.missing_from(active.id, 1) is not None


# --- replacing -------------------------------------------------------------------------------


def test_a_document_is_replaced_as_a_whole_or_not_at_all(filled: Library) -> None:
    index = filled.index
    active = index.generation()
    assert active is not None
    while (missing := index.missing_from(active.id, 2)) is not None and missing.title != "whales":
        assert index.add_vectors(missing, active.id, 2, said_by_second(filled, missing.document))
    assert missing is not None
    newer = incoming(filled, "whales", "Whales are asleep.")
    assert not index.put(newer, expected=missing.revision + 1)
    assert by_words(filled, "asleep") == {}
    assert set(by_words(filled, "ocean")) == {"whales"}
    assert index.put(newer, expected=missing.revision)
    assert set(by_words(filled, "asleep")) == {"whales"}
    assert by_words(filled, "ocean") == {}
    # What was made of the content before comes too late.
    assert not index.add_vectors(missing, active.id, 2, [Vectors(SECOND.encode_query("old"), None)])
    assert not index.put_made(missing, newer.made[0])
    assert not index.put(incoming(filled, "zebras", "Zebras graze."), expected=1)
    assert filled.documents.place(at("/notes/zebras.md")) is None
    assert index.put(incoming(filled, "zebras", "Zebras graze."), expected=0)


def test_the_job_ends_with_the_document(filled: Library) -> None:
    job = Job(1, "add", at("/notes/bees.md"), JobOptions(), 1)
    report = FileReport(at("/notes/bees.md"), "updated")
    if isinstance(filled, Store):
        filled.queue.enqueue([at("/notes/bees.md")], JobOptions())
        claimed = filled.queue.claim()
        assert claimed is not None
        job = claimed
    filled.index.put(incoming(filled, "bees", "Bees are asleep."), ended=(job, report))
    ended = filled.queue.reports([job.id])[job.id] if isinstance(filled, Store) else filled.reports[-1][1]  # type: ignore[attr-defined]
    assert ended == report


def test_what_is_dropped_is_missing(filled: Library) -> None:
    active = filled.index.generation()
    assert active is not None
    whales = filled.documents.find(within("title:whales").filters)[0].document
    filled.index.drop([whales])
    assert by_words(filled, "ocean") == {}
    missing = filled.index.missing_from(active.id, 0)
    assert missing is not None
    assert missing.document == whales
    made = incoming(filled, "whales", TEXTS["whales"]).made[0]
    assert filled.index.put_made(missing, made)
    assert set(by_words(filled, "ocean")) == {"whales"}


def test_passages_come_back_as_they_were_put(filled: Library) -> None:
    document = filled.documents.find(within("title:whales").filters)[0].document
    (stored,) = filled.index.passages(document)
    (made,) = incoming(filled, "whales", TEXTS["whales"]).made[0].passages
    assert (stored.start, stored.end, stored.text, stored.tokens) == (
        made.start,
        made.end,
        made.text,
        made.tokens,
    )
    assert stored.sentences.tolist() == made.sentences.tolist()
    assert stored.vector == pytest.approx(made.vector, abs=1e-3)
    assert stored.sentence_vectors == pytest.approx(made.sentence_vectors, abs=0.02)
    assert filled.index.passages("nobody") == []


def test_generations(filled: Library) -> None:
    index = filled.index
    active = index.generation()
    assert active is not None
    assert index.start_generation(BOTH) == active
    words = Fingerprint((), 1, 1, 0)
    other = index.start_generation(Fingerprint((READERS[1],), 1, 1, 0))
    building = index.start_generation(words)
    assert index.generation("building") == building != other
    made = 0
    while (missing := index.missing_from(building.id, 0)) is not None:
        passages = index.passages(missing.document)
        assert index.put_made(missing, Made(building.id, 0, passages))
        made += 1
    assert made == len(TEXTS)
    assert set(nearest(filled, 1, FIRST.encode_query("whales"))) != set()
    index.flip(building.id)
    now = index.generation()
    assert now is not None
    assert (now.id, now.fingerprint, now.documents, now.covered) == (building.id, words, 5, 0)
    assert index.generation("building") is None
    while index.clear_old():
        pass
    assert set(by_words(filled, "bees")) == {"bees", "both"}
    assert nearest(filled, 1, FIRST.encode_query("whales")) == [] if now.fingerprint.readers else True


# --- documents -------------------------------------------------------------------------------


def test_documents_places_and_the_persons_own(filled: Library) -> None:
    documents = filled.documents
    found = documents.find()
    assert [document.title for document in found] == list(TEXTS)
    bees = found[0]
    assert (bees.tags, bees.metadata) == (("even/numbers",), {"author": "Ada Lovelace", "year": 2020})
    assert (bees.status, bees.chunks, bees.places) == ("ready", 1, (at("/notes/bees.md"),))
    assert (bees.size_bytes, bees.modified) == (len(TEXTS["bees"]), "1970-01-01T00:00:00Z")
    documents.edit(
        [bees.document], tags=["insects"], untag=["even/numbers"], metadata={"year": 1999, "author": "Grace"}
    )
    assert documents.find(within("year<2000").filters)[0].tags == ("insects",)
    documents.edit([bees.document], metadata={"author": ""})
    assert documents.find()[0].metadata == {"author": "Ada Lovelace", "year": 1999}
    documents.tag([at("/notes/bees.md")], JobOptions(("dancers",), {"hive": 3}))
    assert documents.find(within("hive:3").filters)[0].tags == ("dancers", "insects")
    assert {"tag", "year", "author", "hive"} <= documents.keys()
    assert documents.text(bees.document)[0] == TEXTS["bees"]
    assert documents.files(bees.document) == (TEXTS["bees"], None, (at("/notes/bees.md"),))
    for call in (
        documents.text,
        documents.files,
        lambda id: documents.edit([id]),
        lambda id: documents.remove([id]),
    ):
        with pytest.raises(Problem) as caught:
            cast(Callable[[str], object], call)("nobody")
        assert caught.value.code == "not-found"


def test_a_title_that_a_person_gave_is_kept_until_it_is_taken_back(filled: Library) -> None:
    documents = filled.documents
    bees = documents.find()[0]
    documents.edit([bees.document], metadata={"title": "Dances of the honeybee", "author": "Grace"})
    found = documents.find()[0]
    assert found.title == "Dances of the honeybee"
    assert found.metadata == {**bees.metadata, "author": "Grace"}
    own = documents.own_values([bees.document])
    assert own == {bees.document: {"title": "Dances of the honeybee", "author": "Grace", "year": 2020}}
    assert set(by_words(filled, "honeybee")) == {"Dances of the honeybee"}
    put(filled, "bees", "They rest by now.")
    assert documents.find()[0].title == "Dances of the honeybee"
    assert set(by_words(filled, "honeybee")) == {"Dances of the honeybee"}
    documents.edit([bees.document], metadata={"title": ""})
    assert documents.find()[0].title == "bees"
    assert by_words(filled, "honeybee") == {}
    assert set(by_words(filled, "bees")) == {"bees", "both"}
    assert documents.own_values([bees.document]) == {bees.document: {"author": "Grace", "year": 2020}}


def test_documents_are_asked_for_by_their_ids(filled: Library) -> None:
    bees, foxes = (filled.documents.find(within(f"title:{one}").filters)[0] for one in ("bees", "foxes"))
    assert {"document", "has", "mark"} <= filled.documents.keys()
    both = within(f"document:{foxes.document},{bees.document}").filters
    assert [one.title for one in filled.documents.find(both)] == ["bees", "foxes"]
    others = within(f"-document:{foxes.document},{bees.document}").filters
    assert not {"bees", "foxes"} & {one.title for one in filled.documents.find(others)}
    assert filled.documents.find(within(f"document:{foxes.document[:-1]}").filters) == []
    with filled.index.moment() as moment:
        (passage,) = moment.first(Scope(both[:1] + within("title:foxes").filters), 5)
        assert passage.document == foxes.document


def test_a_file_that_was_renamed_is_the_same_document(filled: Library) -> None:
    documents = filled.documents
    before = documents.find()[0]
    documents.rename(before.path, at("/notes/dances.md"))
    after = documents.find()[0]
    assert (after.document, after.path, after.tags) == (before.document, at("/notes/dances.md"), before.tags)
    assert documents.place(before.path) is None


def copied(filled: Library, bees: Place, *tags: str) -> File:
    """Put a copy of the bees beside them, with these tags."""
    copy = File(at("/copies/bees.md"), bees.size, 9, "markdown", content_hash=bees.content_hash)
    job, report = Job(1, "add", copy.path, JobOptions(), 1), FileReport(copy.path, "duplicate")
    filled.documents.add_place(copy, bees.document, JobOptions(tags), job, report)
    return copy


def test_two_writers_of_one_file_do_not_replace_each_others_text(filled: Library) -> None:
    """Who replaces a text says which one they saw; where another stands there by now nothing is stored."""
    saw = "9" * 64

    def changed(text: str, instead_of: str) -> Incoming:
        brought = incoming(filled, "foxes", text)
        file = replace(brought.file, content_hash=text, instead_of=instead_of)
        return replace(brought, file=file)

    base = filled.documents.place(at("/notes/foxes.md"))
    assert base is not None
    assert filled.index.put(changed("Ada: foxes run in the forest.", base.content_hash))
    brought = changed("Bob: foxes sleep in the forest.", base.content_hash)
    job = Job(1, "add", brought.file.path, JobOptions(), 1)
    report = FileReport(brought.file.path, "updated")
    with pytest.raises(Conflict) as caught:
        filled.index.put(brought)
    assert caught.value.details["content"] == "Ada: foxes run in the forest."
    whales = filled.documents.place(at("/notes/whales.md"))
    assert whales is not None
    copied = replace(brought.file, content_hash=whales.content_hash, instead_of=saw)
    writes: list[Callable[[], None]] = [
        partial(filled.documents.fail, brought.file, DocumentProblem("garbled"), job, report),
        partial(filled.documents.wait, brought.file, "w", job, report),
        partial(filled.documents.add_place, copied, whales.document, JobOptions(), job, report),
    ]
    for write in writes:
        with pytest.raises(Conflict):
            write()
    assert filled.documents.text(base.document)[0] == "Ada: foxes run in the forest."
    stands = filled.documents.place(brought.file.path)
    assert stands is not None
    assert (stands.document, stands.status, len(filled.documents.find())) == (base.document, "ready", 5)
    # Who saw it may replace it, and the same text is no conflict.
    assert filled.index.put(changed("Ada: foxes run in the forest.", saw))
    assert filled.index.put(changed("Both: foxes run and sleep.", "Ada: foxes run in the forest."))
    assert filled.documents.text(base.document)[0] == "Both: foxes run and sleep."


@pytest.mark.parametrize("library", ["memory", pytest.param("engine", marks=pytest.mark.slow)], indirect=True)
def test_who_changed_what_is_kept(filled: Library) -> None:
    """Of what several share: by whom, when and what; one after the other of one kind are one."""

    foxes = filled.documents.place(at("/notes/foxes.md"))
    assert foxes is not None
    id = foxes.document

    def changes() -> list[tuple[str, str]]:
        (document,) = filled.documents.find(only=[id])
        assert all(one.at.startswith("20") for one in document.changes)
        return [(one.by, one.what) for one in document.changes]

    assert changes() == [("root", "added")]
    filled.documents.edit([id], tags=["forest"])
    filled.documents.edit([id], tags=["snow"], untag=["odd"])
    filled.documents.edit([id], metadata={"title": "Reineke", "place": "Harz"})
    filled.documents.mark({foxes.path: "gone"})
    filled.documents.mark({foxes.path: "there"})
    assert filled.index.put(incoming(filled, "foxes", "Foxes sleep."))
    filled.documents.remove([id])
    filled.documents.restore(id)
    assert changes() == [
        ("root", "added"),
        ("root", "tags"),
        ("root", "title"),
        ("root", "values"),
        ("root", "text"),
        ("root", "removed"),
        ("root", "restored"),
    ]
    for number in range(12):
        filled.documents.edit([id], metadata={"n": number})
        filled.documents.edit([id], tags=[f"t{number}"])
    assert len(changes()) == 10
    assert changes()[0] == ("root", "added")


def test_places_of_one_content(filled: Library) -> None:
    documents = filled.documents
    bees = documents.place(at("/notes/bees.md"))
    assert bees is not None
    copy = copied(filled, bees, "copied")
    assert documents.find()[0].places == (at("/copies/bees.md"), at("/notes/bees.md"))
    assert "copied" in documents.find()[0].tags
    assert documents.below(at("/copies")) == documents.below(at("/copies/bees.md")) == [bees.document]
    assert documents.below(at("/cop")) == documents.below(at("/copies/bees")) == []
    assert [one.document for one in documents.find()] == documents.below(at("/notes"))
    assert documents.find(only=[bees.document, "nobody"]) == documents.find()[:1]
    assert documents.find(only=[]) == []
    assert {place.document for place in documents.with_content(TEXTS["bees"])} == {bees.document}
    assert documents.with_content("nothing") == []
    assert [place.path for place in documents.places(at("/copies"))] == [copy.path]
    assert [place.path for place in documents.places(at("/cop"))] == []
    documents.mark({copy.path: "gone"})
    assert [place.path for place in documents.places() if place.state == "gone"] == [copy.path]
    assert [place.path for place in documents.places(state="gone")] == [copy.path]
    assert [place.path for place in documents.places(at("/copies"), state="gone")] == [copy.path]
    assert [place.path for place in documents.places(at("/copies"), state="there")] == []
    assert documents.find()[0].places == (
        at("/notes/bees.md"),
        at("/copies/bees.md"),
    )  # what is there comes first
    assert documents.with_content(TEXTS["bees"])[0].path == at("/notes/bees.md")
    assert (documents.find()[0].missing_places, documents.find()[0].gone) == ((copy.path,), False)
    with filled.index.moment() as moment:
        assert moment.places([bees.document])[bees.document][0] == Location(at("/notes/bees.md"))
    documents.touch(File(copy.path, 3, 4, "markdown"))
    place = documents.place(copy.path)
    assert place is not None
    assert (place.size, place.mtime_ns, place.state) == (3, 4, "there")
    # Another content at one of two places is another document, with the person's own.
    put(filled, "bees", "Bees are asleep.")
    assert [document.places for document in documents.find(within("tag:copied").filters)] == [
        (at("/copies/bees.md"),),
        (at("/notes/bees.md"),),
    ]


def test_a_place_that_is_gone_is_not_the_documents_last(filled: Library) -> None:
    documents = filled.documents
    bees = documents.place(at("/notes/bees.md"))
    assert bees is not None
    copy = copied(filled, bees)
    documents.edit([bees.document], tags=["mine"])
    documents.mark({copy.path: "gone"})
    put(filled, "bees", "Bees are asleep.")  # the document follows the file that is there
    (document,) = documents.find(within("tag:mine").filters)
    assert (document.document, document.places) == (bees.document, (at("/notes/bees.md"),))
    documents.mark({at("/notes/bees.md"): "gone"})
    assert (documents.counts()["gone"], documents.find(only=[bees.document])[0].gone) == (1, True)
    documents.mark({at("/notes/bees.md"): "away"})
    assert (documents.counts()["gone"], documents.counts()["away"]) == (0, 1)


def test_a_moved_file_takes_its_place_and_its_title_with_it(filled: Library) -> None:
    documents = filled.documents
    bees = documents.place(at("/notes/bees.md"))
    assert bees is not None
    moved = File(at("/notes/hornets.md"), bees.size, 9, "markdown", content_hash=TEXTS["bees"])
    job, report = Job(1, "add", moved.path, JobOptions(), 1), FileReport(moved.path, "moved")
    left = Left(at("/notes/bees.md"), "hornets")
    documents.add_place(moved, bees.document, JobOptions(), job, report, left=left)
    (document,) = documents.find(only=[bees.document])
    assert (document.places, document.title) == ((at("/notes/hornets.md"),), "hornets")
    assert set(by_words(filled, "hornets")) == {"hornets"}


def test_a_failure_is_the_documents_and_what_was_read_stays(filled: Library) -> None:
    documents = filled.documents
    file = File(at("/notes/bees.md"), 1, 2, "markdown", content_hash="changed")
    job, report = Job(1, "add", file.path, JobOptions(), 1), FileReport(file.path, "failed")
    documents.fail(file, DocumentProblem("too-large", limit_mib=3), job, report)
    place = documents.place(file.path)
    assert place is not None
    assert (place.status, place.error_code, place.error_details) == ("failed", "too-large", {"limit_mib": 3})
    assert set(by_words(filled, "hive")) == {"bees"}
    assert documents.counts() == {"ready": 4, "failed": 1, "trash": 0, "gone": 0, "away": 0}
    put(filled, "bees", "Bees are asleep.")
    assert documents.find()[0].error_code is None


def test_what_the_pages_hold_is_kept_and_counted(filled: Library) -> None:
    pages = tuple(Page(n, n + 1, str(n)) for n in range(3))
    given = incoming(filled, "scans", "Scans of bees.", layout=Layout(pages))
    extracted = replace(given.extracted, page_states=("text", "none", "none"), parts_left_out=2)
    assert filled.index.put(replace(given, extracted=extracted))
    *_, document = filled.documents.find()
    assert (document.states, document.parts_left_out) == ("tnn", 2)
    assert (document.page_states["none"], document.metadata) == (2, {"author": "Ada Lovelace"})
    file = File(at("/notes/drawn.pdf"), 1, 2, "pdf", content_hash="drawn")
    job, report = Job(1, "add", file.path, JobOptions(), 1), FileReport(file.path, "failed")
    filled.documents.fail(file, DocumentProblem("no-text", reason="drawn-words", states="dd"), job, report)
    states, left_out = filled.documents.page_states()
    assert ({state: n for state, n in states.items() if n}, left_out) == (
        {"text": 1, "none": 2, "drawn": 2},
        2,
    )
    filled.documents.remove([document.document])
    assert filled.documents.page_states()[0]["none"] == 0


def test_what_was_read_before_keeps_its_title_and_is_cut_for_the_next_generation(filled: Library) -> None:
    given = incoming(filled, "bees", "The hive hums.")
    assert filled.index.put(replace(given, extracted=replace(given.extracted, title="On bees")))
    file = File(at("/notes/bees.md"), 1, 2, "markdown", content_hash="changed")
    job, report = Job(1, "add", file.path, JobOptions(), 1), FileReport(file.path, "failed")
    filled.documents.fail(file, DocumentProblem("damaged"), job, report)
    assert filled.documents.find()[0].title == "On bees"
    building = filled.index.start_generation(Fingerprint((), 2, 1, 0))
    while (missing := filled.index.missing_from(building.id, 0)) is not None:
        made = Made(building.id, 0, filled.index.passages(missing.document))
        assert filled.index.put_made(missing, made)
    filled.index.flip(building.id)
    assert set(by_words(filled, "hums")) == {"On bees"}


def test_what_an_older_reader_read(filled: Library) -> None:
    documents = filled.documents
    assert documents.count_read_before(1) == 5
    assert [place.path for place in documents.read_before(1)] == [at(f"/notes/{name}.md") for name in TEXTS]
    assert documents.read_before(0) == []
    job, report = (
        Job(1, "read", at("/notes/bees.md"), JobOptions(), 1),
        FileReport(at("/notes/bees.md"), "unchanged"),
    )
    text = TEXTS["bees"]
    file = File(at("/notes/bees.md"), len(text), 7, "markdown", content_hash=text, reading=1)
    documents.read_again(file, Extracted(text, "bees", metadata={"isbn": 7}), job, report)
    assert documents.find()[0].metadata == {"isbn": 7, "year": 2020}
    assert set(by_words(filled, "hive")) == {"bees"}
    for name, code in (("whales", "garbled"), ("foxes", "damaged")):
        place = documents.place(at(f"/notes/{name}.md"))
        assert place is not None
        failed = File(place.path, 1, 1, "markdown", content_hash=place.content_hash)
        documents.fail(failed, DocumentProblem(code), job, report)
    assert documents.count_read_before(1) == 2
    assert [place.title for place in documents.read_before(1)] == ["whales", "蜜蜂", "both"]
    # Their passages stay in the generation they are in, which is that of today's version.
    active = filled.index.generation()
    assert active is not None
    renamed = filled.index.start_generation(Fingerprint(READERS, 1, 1, 1))
    assert (renamed.id, renamed.fingerprint.reading) == (active.id, 1)
    assert filled.index.generation("building") is None


def test_the_trash(filled: Library) -> None:
    documents = filled.documents
    bees = documents.find()[0].document
    documents.remove([bees])
    assert by_words(filled, "hive") == {}
    assert [document.document for document in documents.find(removed=True)] == [bees]
    assert documents.place(at("/notes/bees.md")) is None
    assert documents.restore(bees) == (Location(at("/notes/bees.md")),)
    assert documents.counts() == {"ready": 4, "failed": 0, "trash": 0, "waiting": 1, "gone": 0, "away": 0}
    with pytest.raises(Problem) as caught:
        documents.restore(bees)
    assert caught.value.code == "not-found"
    put(filled, "bees", TEXTS["bees"])
    (document,) = documents.find(within("title:bees").filters)
    assert (document.document, document.tags) == (bees, ("even/numbers",))
    documents.remove([bees])
    documents.purge(-1)
    assert documents.find(removed=True) == []


def test_a_place_that_another_took_does_not_come_back_from_the_trash(filled: Library) -> None:
    documents = filled.documents
    bees, whales = (document.document for document in documents.find()[:2])
    documents.remove([bees, whales])
    other = put(filled, "bees", "Wasps build with paper.")
    assert documents.find(only=[bees], removed=True)[0].places == ()
    with pytest.raises(Problem) as caught:
        documents.restore(bees)
    assert caught.value.code == "vanished"
    assert [place.document for place in documents.places(at("/notes/bees.md"))] == [other]
    assert documents.restore(whales) == (Location(at("/notes/whales.md")),)


# --- parts -----------------------------------------------------------------------------------

MAIL = "A mail with two files."
INVOICE, PLAN = "The invoice asks for ninety crowns.", "The plan shows a harbour wall."


def put_at(library: Library, path: str, text: str, *parts: str, part: str = "") -> str:
    """Store what stands in a file, or in a part of it, and holds these parts; returns its id."""
    given = incoming(library, "any", text)
    file = File(path, len(text), 7, "markdown", content_hash=text, part=part)
    extracted = replace(given.extracted, title=Location(path, part).name, parts=parts)
    ended = (Job(1, "add", path, JobOptions(), 1, part), FileReport(path, "indexed", part=part))
    assert library.index.put(replace(given, file=file, extracted=extracted), ended=ended)
    place = library.documents.place(path, part)
    assert place is not None
    return place.document


@pytest.fixture
def mails(library: Library) -> Library:
    """A mail with an archive, in which there is an invoice, and with a plan, which also is a file of its own."""
    library.index.start_generation(BOTH)
    put_at(library, at("/in/mail.eml"), MAIL, "old.zip", "plan.md")
    put_at(library, at("/in/mail.eml"), "Archive.", "a/invoice.md", part="old.zip")
    put_at(library, at("/in/mail.eml"), INVOICE, part="old.zip/a/invoice.md")
    put_at(library, at("/in/mail.eml"), PLAN, part="plan.md")
    put_at(library, at("/in/plan.md"), PLAN)
    return library


def stand(library: Library, *, removed: bool = False) -> dict[str, tuple[str, ...]]:
    """The places of all documents, by title, with their parts."""
    known = {d.document: d.title for d in library.documents.find(removed=removed)}
    places: dict[str, tuple[str, ...]] = {}
    for place in library.documents.places():
        if place.document in known:
            title = known[place.document]
            places[title] = (*places.get(title, ()), place.part or place.path)
    return dict.fromkeys(known.values(), ()) | places


def test_a_part_is_a_document_in_its_file(mails: Library) -> None:
    documents = mails.documents
    assert stand(mails) == {
        "mail.eml": (at("/in/mail.eml"),),
        "old.zip": ("old.zip",),
        "invoice.md": ("old.zip/a/invoice.md",),
        "plan.md": ("plan.md", at("/in/plan.md")),
    }
    found = {document.title: document for document in documents.find()}
    assert found["invoice.md"].location == Location(at("/in/mail.eml"), "old.zip/a/invoice.md")
    assert found["plan.md"].location == Location(at("/in/plan.md"))  # a file before parts
    assert found["plan.md"].places == (at("/in/plan.md"), at("/in/mail.eml"))
    assert documents.files(found["plan.md"].document)[2] == (at("/in/plan.md"),)
    assert documents.files(found["invoice.md"].document)[2] == ()
    assert documents.below(at("/in/mail.eml")) == [
        found[t].document for t in ("mail.eml", "old.zip", "invoice.md", "plan.md")
    ]
    assert documents.below(at("/in/mail.eml/old.zip/a/invoice.md")) == [found["invoice.md"].document]
    assert [d.title for d in documents.find(within("path:zip/a/inv").filters)] == ["invoice.md"]
    with mails.index.moment() as moment:
        assert moment.places([found["invoice.md"].document]) == {
            found["invoice.md"].document: (Location(at("/in/mail.eml"), "old.zip/a/invoice.md"),)
        }
        assert list(moment.named("invoice.md", Scope(), 9).documents) == [found["invoice.md"].document]


def test_parts_go_with_their_file_and_come_back_with_it(mails: Library) -> None:
    documents = mails.documents
    mail, invoice = (documents.place(at("/in/mail.eml"), part) for part in ("", "old.zip/a/invoice.md"))
    assert mail is not None
    assert invoice is not None
    documents.edit([invoice.document], tags=["paid"])
    documents.remove([mail.document])
    assert stand(mails) == {"plan.md": (at("/in/plan.md"),)}
    assert by_words(mails, "crowns") == {}
    assert {d.title for d in documents.find(removed=True)} == {"mail.eml", "old.zip", "invoice.md"}
    restored = documents.restore(mail.document)
    assert set(restored) == {
        Location(at("/in/mail.eml")),
        Location(at("/in/mail.eml"), "old.zip"),
        Location(at("/in/mail.eml"), "old.zip/a/invoice.md"),
    }
    assert {d.title: d.tags for d in documents.find()}["invoice.md"] == ("paid",)
    assert documents.find(removed=True) == []


def test_parts_that_a_file_has_no_more_are_gone(mails: Library) -> None:
    put_at(mails, at("/in/mail.eml"), "Another mail.", "plan.md", "new.md")
    assert stand(mails) == {"mail.eml": (at("/in/mail.eml"),), "plan.md": ("plan.md", at("/in/plan.md"))}
    assert {d.title for d in mails.documents.find(removed=True)} == {"old.zip", "invoice.md"}


@pytest.mark.slow
def test_parts_are_queued_before_anybody_could_find_their_file_unchanged(
    engine: EngineForTests, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue is on this machine: after a kill between the two commits nobody would look into the file again."""

    def kill(files: Sequence[Location], options: JobOptions, kind: str) -> list[int]:
        assert files == [Location(new.file.path, "a.md")]
        raise KeyboardInterrupt

    with engine.library() as library:
        library.index.start_generation(BOTH)
        monkeypatch.setattr(library.jobs, "enqueue", kill)
        new = incoming(library, "new", "A mail with a part.")
        new = replace(new, extracted=replace(new.extracted, parts=("a.md",)))
        job = Job(7, "add", new.file.path, JobOptions(), 1)
        with pytest.raises(KeyboardInterrupt):
            library.index.put(new, ended=(job, FileReport(new.file.path, "indexed")))
        assert library.documents.place(new.file.path) is None


@pytest.mark.slow
def test_writers_at_once_take_turns(engine: EngineForTests) -> None:
    """None is refused because another one ended between its beginning and its first write."""
    with engine.library() as library, ThreadPoolExecutor(4) as pool:
        library.index.start_generation(BOTH)

        def write(number: int) -> None:
            library.documents.touch(File(at(f"/{number}.md"), 1, 1, "markdown", str(number)))

        assert list(pool.map(write, range(400))) == [None] * 400


@pytest.mark.slow
def test_the_engine_is_told_terms_once(engine: EngineForTests, monkeypatch: pytest.MonkeyPatch) -> None:
    """What this program wrote before it need not ask for; a transaction that came to nothing wrote nothing."""
    asked = queries(monkeypatch)

    def is_asked() -> bool:
        found = any(sql.startswith("select term ") for sql in asked)
        asked.clear()
        return found

    def fail(files: Sequence[Location], options: JobOptions, kind: str) -> list[int]:
        raise KeyboardInterrupt

    with engine.library() as library:
        library.index.start_generation(BOTH)
        new = incoming(library, "bees", TEXTS["bees"])
        job = Job(7, "add", new.file.path, JobOptions(), 1)
        with monkeypatch.context() as broken:
            broken.setattr(library.jobs, "enqueue", fail)
            with pytest.raises(KeyboardInterrupt):
                library.index.put(new, ended=(job, FileReport(new.file.path, "indexed")))
        assert is_asked()
        put(library, "bees", TEXTS["bees"])
        assert is_asked()
        put(library, "wax", f"{TEXTS['bees']} Wax.")
        assert is_asked()
        put(library, "wax", f"{TEXTS['bees']} Wax, wax.")
        assert not is_asked()


@pytest.mark.slow
def test_a_generation_has_its_terms_where_another_one_was_deleted(engine: EngineForTests) -> None:
    """Also of words that this program has written into the one before, which was begun and given up."""
    words, again = Fingerprint((), 1, 1, 0), Fingerprint((READERS[1],), 1, 1, 0)

    def build(library: Library, fingerprint: Fingerprint) -> int:
        building = library.index.start_generation(fingerprint).id
        while (missing := library.index.missing_from(building, 0)) is not None:
            made = Made(building, 0, library.index.passages(missing.document))
            assert library.index.put_made(missing, made)
        return building

    with engine.library() as library:
        shared = cast(Library, library)
        library.index.start_generation(BOTH)
        put(shared, "bees", TEXTS["bees"])
        build(shared, words)
        library.index.start_generation(BOTH)
        while library.index.clear_old():
            pass
        library.index.flip(build(shared, again))
        with library.index.moment() as moment:
            found = moment.retrieve(Question("flowe", begun=("flowe",)), ALL, 5)
        assert len(found.by_words) == 1


@pytest.mark.slow
def test_a_shared_mark_is_in_one_document(engine: EngineForTests) -> None:
    """Where the file at one of its places is another document, as it says something else or went to the trash alone, it
    stays where it is."""
    mark = SharedMark("7" * 16, 0, 4, "Bees", "", " dance", "", "red", "2026-01-01T00:00:00Z")
    with engine.library() as library:
        shared = cast(Library, library)
        library.index.start_generation(BOTH)
        bees = put(shared, "bees", TEXTS["bees"])
        there = library.documents.place(at("/notes/bees.md"))
        assert there is not None
        copy = copied(shared, there)
        library.marks.share({bees: [mark]})
        new = incoming(shared, "wasps", "Wasps dance too.")
        assert library.index.put(replace(new, file=replace(new.file, path=copy.path)))
        assert {uid: len(marks) for uid, marks in library.marks.all().items()} == {bees: 1}
        copied(shared, there)
        again = library.documents.place(copy.path)
        assert again is not None
        assert again.document == bees
        library.documents.restore(library.documents.remove_note(again, "8" * 64, "bees.md"))
        assert {uid: len(marks) for uid, marks in library.marks.all().items()} == {bees: 1}


@pytest.mark.slow
def test_a_question_takes_few_statements(engine: EngineForTests, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more for each hit or word, as each takes a way over the network."""
    asked = queries(monkeypatch)

    with engine.library() as library:
        library.index.start_generation(fingerprint(cast(Any, FIRST)))
        for number in range(12):
            put(library, f"{number}", f"{number}. {TEXTS['bees']} {TEXTS['whales']}")
        searcher = Searcher(library, cast(Models, FakeModels(FIRST)), Settings())
        searcher.search("flowers", SearchOptions(limit=2))
        (layouts,) = (sql for sql in asked if "length(layout)" in sql)
        assert layouts.partition(" in ")[2].count(",") <= 1  # of what is shown
        counts = []
        for question, limit in (("hive", 1), ("bees dance hive whales sing ocean", 10)):
            asked.clear()
            hits = searcher.search(question, SearchOptions(limit=limit, copies=True)).hits
            assert len(hits) == limit
            counts.append(len(asked))
        assert counts[1] <= counts[0] + 2
        assert max(counts) <= 22


@pytest.mark.slow
def test_a_phrase_is_found_among_many_that_have_its_words_apart(
    engine: EngineForTests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moment, "_MOST_COMPARED", 2)
    with engine.library() as library:
        library.index.start_generation(BOTH)
        for number in range(4):
            put(library, f"apart {number}", f"{number}. The queen of the bees. They dance for her.")
        put(library, "together", "Of the queen bees none is like another.")
        with library.index.moment() as now:
            (key,) = now.containing("queen bees", ALL, 3).passages
            assert now.retrieve(Question("queen"), ALL, 1, also=[key]).passages[key].title == "together"


@pytest.mark.slow
def test_the_engine_ranks_by_as_many_passages_as_there_are(
    engine: EngineForTests, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts them by itself at night only. A writer may have it count."""
    monkeypatch.setattr(index, "_COUNTED_AFTER", 5)
    with engine.library() as library:
        active = library.index.start_generation(BOTH)
        people.grant(library.engine, "ada", "writer", "secret")
        with contextlib.closing(engine.open(user="ada", password="secret")) as own:
            for number in range(5):
                put(own, f"{number}", f"{number}. {TEXTS['bees']}")
        with library.engine.reading() as session:
            counted = session.value(
                "select table_rows from information_schema.tables where table_schema = database() "
                "and table_name = %s",
                (f"passages_{active.id}",),
            )
            assert counted == session.value("select sum(chunks) from indexed")


@pytest.mark.slow
def test_what_was_replaced_often_is_found_by_its_meaning(
    engine: EngineForTests, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deleted vectors stay in the engine's index until it is made anew."""
    monkeypatch.setattr(sys.modules["desktop_kb.remote.check"], "MOST_EXACT", 0)
    with engine.library() as library:
        library.index.start_generation(BOTH)
        for name, text in TEXTS.items():
            put(library, name, text)
        active = library.index.generation()
        assert active is not None
        table = f"passages_{active.id}"
        columns = (
            "document, begins, ends, heading, tokens, coverage, text, sentences, terms, w, g, v1, h1, s1"
        )
        for _ in range(3):
            with library.engine.writing() as session:
                last = session.value(f"select max(id) from {table}")
                for _ in range(9):
                    session.run(f"insert into {table} ({columns}) select {columns} from {table}")
            with library.engine.writing() as session:
                session.run(f"delete from {table} where id > %s", (last,))
        vector = FIRST.encode_query("whales sing in the ocean")
        assert set(nearest(library, 1, vector)) == set(TEXTS) - {"蜜蜂"}
        near = f"select id from {table} order by cosine_distance(v1, %s) approximate limit 9"
        with library.engine.reading() as session:
            assert len(session.rows(near, (vector_text(vector),))) < len(TEXTS) - 1
        assert "vectors-behind" in {found.code for one in library.check() for found in one.findings}
        library.rebuild()
        assert "vectors-behind" not in {found.code for one in library.check() for found in one.findings}
        with library.engine.reading() as session:
            assert len(session.rows(near, (vector_text(vector),))) == len(TEXTS) - 1


def test_a_copy_of_a_file_has_its_parts(mails: Library) -> None:
    documents = mails.documents
    mail = documents.place(at("/in/mail.eml"))
    assert mail is not None
    copy = File("/out/copy.eml", 1, 9, "markdown", content_hash=MAIL)
    job, report = Job(2, "add", copy.path, JobOptions(tags=("t",)), 1), FileReport(copy.path, "duplicate")
    documents.add_place(copy, mail.document, job.options, job, report)
    assert stand(mails)["invoice.md"] == ("old.zip/a/invoice.md", "old.zip/a/invoice.md")
    documents.mark({at("/in/mail.eml"): "gone"})
    assert {(p.path, p.part): p.state for p in documents.places() if "invoice" in p.part} == {
        (at("/in/mail.eml"), "old.zip/a/invoice.md"): "gone",
        ("/out/copy.eml", "old.zip/a/invoice.md"): "there",
    }
    found = {document.title: document for document in documents.find()}["invoice.md"]
    assert (found.path, found.missing_places) == ("/out/copy.eml", (at("/in/mail.eml"),))
    documents.touch(File(at("/in/mail.eml"), 3, 8, "markdown"))
    assert {(p.state, p.mtime_ns) for p in documents.places() if p.path == at("/in/mail.eml")} == {
        ("there", 8)
    }
    documents.tag([at("/in/mail.eml")], JobOptions(tags=("inbox",)))
    assert {d.title: d.tags for d in documents.find()}["invoice.md"] == ("inbox",)


def test_a_file_that_moved_takes_its_parts_with_it(mails: Library) -> None:
    documents = mails.documents
    mail = documents.place(at("/in/mail.eml"))
    assert mail is not None
    moved = File("/out/mail.eml", 1, 9, "markdown", content_hash=MAIL)
    job, report = Job(2, "add", moved.path, JobOptions(), 1), FileReport(moved.path, "moved")
    left = Left(at("/in/mail.eml"), "mail.eml")
    documents.add_place(moved, mail.document, job.options, job, report, left=left)
    assert {(p.path, p.part) for p in documents.places()} == {
        ("/out/mail.eml", ""),
        ("/out/mail.eml", "old.zip"),
        ("/out/mail.eml", "old.zip/a/invoice.md"),
        ("/out/mail.eml", "plan.md"),
        (at("/in/plan.md"), ""),
    }


# --- a search over either --------------------------------------------------------------------


def test_a_search_finds_the_same_in_all(library: Library) -> None:
    queries = ("bees dance", "公园", "the forest tag:even", "whales", '"in the" -snow', "tag:odd")
    ways = (
        SearchOptions(),
        SearchOptions(mode="words", merge=True),
        SearchOptions(mode="vectors", unit="sentence"),
    )
    answers = []
    for place in (library, MemoryLibrary()):
        place.index.start_generation(fingerprint(cast(Any, FIRST)))
        for number, (name, text) in enumerate(TEXTS.items()):
            put(place, name, text, tags=("even" if number % 2 == 0 else "odd",))
        searcher = Searcher(place, cast(Models, FakeModels(FIRST)), Settings())
        hits = [hit for query in queries for way in ways for hit in searcher.search(query, way).hits]
        answers.append(
            (
                [
                    (hit.path, hit.start, hit.text, hit.shown, hit.best, hit.weak, hit.why.exact)
                    for hit in hits
                ],
                [hit.score for hit in hits],
            )
        )
    assert len(answers[0][0]) > 30
    assert answers[0][0] == answers[1][0]
    assert answers[0][1] == pytest.approx(answers[1][1], abs=0.01)  # stored in half precision and as int8


def test_documents_have_a_date_and_are_listed_in_an_order(library: Library) -> None:
    library.index.start_generation(BOTH)
    said: dict[str, dict[str, Value]] = {
        "noon": {"日期": "2024年3月12日", "published": "soon", "updated": "2030-01-01"},
        "epoch": {"created": 1_700_000_000_000},
        "both": {"created": "2001-05", "date": "October 8, 2023"},
        "none": {"price": 2024},
    }
    for number, (name, values) in enumerate(said.items()):
        given = incoming(library, name, f"The zeppelin lands at {name}.")
        file = replace(given.file, mtime_ns=number)
        library.index.put(replace(given, file=file, extracted=replace(given.extracted, metadata=values)))
    dates = {document.title: document.date for document in library.documents.find()}
    assert dates == {"noon": "2024-03-12", "epoch": "2023-11-14", "both": "2023-10-08", "none": None}

    def found(query: str, sort: SearchSort = "score") -> list[str]:
        with library.index.moment() as moment:
            return [passage.title for passage in moment.first(within(query), 9, sort)]

    assert set(found("date:2023")) == {"epoch", "both"}
    assert set(found("date>=2023-11")) == {"noon", "epoch"}
    assert set(found("-date:2023..2024")) == {"none"}
    assert found("-date:2001", "date") == ["noon", "epoch", "both", "none"]
    assert found("date:2020..2030", "modified") == ["both", "epoch", "noon"]
    assert found("date:2020..2030", "title") == ["both", "epoch", "noon"]
    (noon,) = [one for one in library.documents.find() if one.title == "noon"]
    library.documents.edit([noon.document], metadata={"created": "1999"})  # a person's own comes first
    assert set(found("date:1999")) == {"noon"}
    with library.index.moment() as moment:
        assert moment.times([noon.document])[noon.document].date == "1999"
