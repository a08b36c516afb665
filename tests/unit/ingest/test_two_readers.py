"""Two readers: which one reads a document first, when the other reads it, and what a change of them costs."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import FakeEmbedder, holding
from workbench import LONG, Bench, Killed

from desktop_kb import language
from desktop_kb.records import DocumentsReadAgain, JobOptions, ReaderProgress

ENGLISH = "Bees tell each other where the flowers are. They dance in the dark, and all of them can follow."
TEXTS = {
    "en": ENGLISH,
    "zh": "蜜蜂告诉彼此花在哪里。它们在黑暗中跳舞。",
    "de": "Bienen sagen einander, wo die Blumen sind. Sie tanzen im Dunkeln, und die anderen folgen ihnen.",
    "number": "4711",
}
Open = Callable[..., Bench]


def two(open_bench: Open, *, late_pooling: bool = True) -> Bench:
    """A library that is read by a model of English and by one of all languages."""
    bench = open_bench(FakeEmbedder("english"))
    further = FakeEmbedder("all", languages=())
    further.dimensions, further.late_pooling = 48, late_pooling
    bench.models.further = (further,)
    bench.ingest.start()
    return bench


def all_of(bench: Bench) -> FakeEmbedder:
    return bench.models.further[0]


def fill(bench: Bench, texts: dict[str, str]) -> None:
    """Index these texts, one step each: what follows in the background is not done yet."""
    bench.store.queue.enqueue([bench.file(f"{n}.txt", text) for n, text in texts.items()], JobOptions())
    for _ in texts:
        assert bench.ingest.process_next()
    assert not bench.store.queue.waiting()


def cut_by(bench: Bench) -> dict[str, tuple[int, ...]]:
    """By the name of a document: the readers that have read it, the one that cut it first."""
    found = bench.store.documents.find()
    return {Path(d.path).stem: bench.store.index.readers_of(d.document) for d in found}


def test_the_language_of_a_text_is_looked_for_once(open_bench: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counting(text: str) -> str:
        asked.append(text)
        return language_of(text)

    language_of = language.language_of
    for name in ("desktop_kb.language.language_of", "desktop_kb.language.detection.language_of"):
        monkeypatch.setattr(name, counting)
    book = "Bees tell each other where flowers are. " * 1_000
    fill(two(open_bench), {"book": book})
    assert asked.count(book) == 1


def test_the_fastest_reader_of_its_language_cuts_a_document_and_the_other_follows(open_bench: Open) -> None:
    bench = two(open_bench)
    fill(bench, TEXTS)
    assert cut_by(bench) == {"en": (1,), "zh": (2,), "de": (2,), "number": (1,)}
    assert bench.found("flowers dance")[0] == "en.txt"
    assert set(all_of(bench).windows) == {
        ("蜜蜂告诉彼此花在哪里。", "它们在黑暗中跳舞。"),
        tuple(TEXTS["de"].replace(". ", ".|").split("|")),
    }
    bench.work_off()
    assert cut_by(bench) == {"en": (1, 2), "zh": (2, 1), "de": (2, 1), "number": (1, 2)}
    active = bench.store.index.generation()
    assert active is not None
    assert active.read == (ReaderProgress(4, 2), ReaderProgress(4, 4))  # the first reads English only
    read = [event for event in bench.events if isinstance(event, DocumentsReadAgain)]
    assert {(event.model, event.documents) for event in read} == {("english", 4), ("all", 4)}
    assert [event.done for event in read] == [4, 4]
    assert bench.sound()


@pytest.mark.parametrize("late_pooling", [True, False])
def test_the_second_reading_is_of_the_passages_that_are_there(open_bench: Open, late_pooling: bool) -> None:
    bench = two(open_bench, late_pooling=late_pooling)
    fill(bench, {"long": LONG})
    bench.work_off()
    (document,) = bench.store.documents.find()
    first, second = (bench.store.index.passages(document.document, reader) for reader in (1, 2))
    assert [(p.start, p.end) for p in first] == [(p.start, p.end) for p in second]
    assert all(p.sentence_vectors is not None for p in first)
    assert all_of(bench).passages == ([] if late_pooling else [passage.text for passage in first])
    assert bool(all_of(bench).windows) is late_pooling
    same = FakeEmbedder("all")
    same.dimensions = 48
    for passage in second:
        if late_pooling:
            assert passage.sentence_vectors is not None
            (start, end), *_ = passage.sentences.tolist()
            assert passage.sentence_vectors[0] @ same.encode_query(LONG[start:end]) > 0.95  # in four bits
        else:
            assert passage.sentence_vectors is None
        assert passage.vector is not None
        alone, summed = same.encode_passages([passage.text])[0], same.encode_query(passage.text)
        assert passage.vector @ (summed if late_pooling else alone) == pytest.approx(1, abs=2e-3)


def test_a_passage_has_no_vector_of_a_reader_that_does_not_read_it(open_bench: Open) -> None:
    bench = two(open_bench)
    mixed = "\n\n".join([f"# Part {n}\n\n{ENGLISH * 8}" for n in range(4)] + [f"# Teil\n\n{TEXTS['de'] * 8}"])
    fill(bench, {"mixed": mixed})
    bench.work_off()
    (document,) = bench.store.documents.find()
    index = bench.store.index
    assert index.readers_of(document.document) == (1, 2)
    for one, other in zip(*(index.passages(document.document, reader) for reader in (1, 2)), strict=True):
        assert (one.vector is None) is ("Bienen" in one.text)
        assert other.vector is not None


def test_a_kill_in_the_second_reading_costs_what_was_not_staged(
    open_bench: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop_kb.ingest.encode.STAGING_SECONDS", 0)
    bench = two(open_bench)
    fill(bench, {"a": LONG, "b": LONG.replace("topic", "thing")})
    calls = itertools.count(1)

    def kill_at_the_sixth() -> None:
        if next(calls) == 6:
            raise Killed

    all_of(bench).after_call = kill_at_the_sixth
    with pytest.raises(Killed):
        bench.work_off()
    assert bench.search("topic3").hits
    before = all_of(bench).windows
    bench.store.close()
    again = two(open_bench)
    again.work_off()
    assert cut_by(again) == {"a": (1, 2), "b": (1, 2)}
    assert not again.embedder.windows  # type: ignore[union-attr]
    assert len(set(before) & set(all_of(again).windows)) <= 8  # only what the kill came into
    with again.store._database.read() as connection:
        assert connection.execute("select count(*) from staged_windows").get == 0
    assert again.sound()


def test_the_log_says_of_each_reading_what_is_encoded_and_when_it_is_stored(
    open_bench: Open, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "desktop_kb.ingest")
    bench = two(open_bench)
    fill(bench, TEXTS | {"book": LONG})
    bench.work_off()
    said = [message.split() for message in caplog.messages]
    encoded = {at: words for at, words in enumerate(said) if words[0] == "encoded"}
    english, every = bench.models.embedder, all_of(bench)
    assert english is not None
    assert sum(int(words[1]) for words in encoded.values()) == len(english.windows) + len(every.windows)
    for at, words in encoded.items():
        assert any(later[0] == "stored" and later[1] == f"{words[4]}:" for later in said[at:]), words


def test_a_new_file_goes_before_the_second_reading_and_nothing_is_encoded_twice(open_bench: Open) -> None:
    bench = two(open_bench)
    fill(bench, {"long": LONG})
    added: list[str] = []

    def add_once() -> None:
        if not added:
            added.append(bench.file("new.txt", "Whales sing in the sea."))
            bench.store.queue.enqueue(added, JobOptions())

    all_of(bench).after_call = add_once
    while not added:  # the second reading, interrupted
        assert bench.ingest.process_next()
    assert cut_by(bench)["long"] == (1,)
    assert bench.ingest.process_next()
    assert cut_by(bench)["new"] == (1,)
    bench.work_off()
    assert cut_by(bench) == {"long": (1, 2), "new": (1, 2)}
    assert len(all_of(bench).windows) == len(set(all_of(bench).windows))


def test_short_notes_are_read_on_together(open_bench: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = two(open_bench)
    texts = {f"{n:02}": f"Note{n} speaks of topic{n}. It has a second sentence{n} too." for n in range(40)}
    texts["20"] = LONG
    fill(bench, texts)
    calls: list[int] = []
    encode = all_of(bench).encode_windows

    def counted(windows: Any) -> Any:
        calls.append(len(windows))
        return encode(windows)

    monkeypatch.setattr(all_of(bench), "encode_windows", counted)
    bench.work_off()
    assert set(cut_by(bench).values()) == {(1, 2)}
    assert len(calls) < 25
    assert len(all_of(bench).windows) == len(set(all_of(bench).windows))
    (document,) = [d for d in bench.store.documents.find() if d.title == "07"]
    (passage,) = bench.store.index.passages(document.document, 2)
    same = FakeEmbedder("all", languages=())
    same.dimensions = 48
    assert passage.vector is not None
    assert passage.vector @ same.encode_query(passage.text) == pytest.approx(1, abs=2e-3)
    assert bench.sound()


@pytest.mark.parametrize("beside", [{}, {"en": ENGLISH, "de": TEXTS["de"]}])
def test_a_file_that_only_holds_others_is_read_on_too(open_bench: Open, beside: dict[str, str]) -> None:
    bench = two(open_bench)
    texts = {"holder": holding(a_txt="4711"), "other": holding(b_txt="4712"), **beside}
    bench.run(*(bench.file(f"{name}.txt", text) for name, text in texts.items()))
    assert all(set(readers) == {1, 2} for readers in cut_by(bench).values())
    assert bench.sound()


def test_a_document_that_changes_is_read_again_by_both(open_bench: Open) -> None:
    bench = two(open_bench)
    fill(bench, {"a": ENGLISH})
    bench.work_off()
    fill(bench, {"a": TEXTS["zh"]})
    assert cut_by(bench) == {"a": (2,)}
    bench.work_off()
    assert cut_by(bench) == {"a": (2, 1)}
    assert bench.sound()


def test_a_library_of_one_reader_gets_another_and_nothing_is_encoded_twice(open_bench: Open) -> None:
    bench = open_bench(FakeEmbedder("english"))
    bench.run(*(bench.file(f"{name}.txt", text) for name, text in TEXTS.items()))
    old = bench.store.index.generation()
    first = list(bench.embedder.windows)  # type: ignore[union-attr]
    bench.models.further = (FakeEmbedder("all", languages=()),)
    bench.ingest.start()
    for _ in TEXTS:
        assert bench.ingest.process_next()
        assert bench.store.index.generation() == old  # it serves until all is cut
        assert bench.found("flowers dance")[0] == "en.txt"
    assert [len(window) for window in all_of(bench).windows] == [2, 2]  # what is in no English
    bench.work_off()
    assert cut_by(bench) == {"en": (1, 2), "zh": (2, 1), "de": (2, 1), "number": (1, 2)}
    assert bench.embedder.windows == first  # type: ignore[union-attr]
    assert len(all_of(bench).windows) == len(set(all_of(bench).windows)) == len(TEXTS)
    assert bench.sound()


def test_a_reader_that_is_left_out_goes_and_comes_back(open_bench: Open) -> None:
    bench = two(open_bench)
    fill(bench, TEXTS)
    bench.work_off()
    further, bench.models.further = bench.models.further, ()
    bench.models.others = further
    bench.ingest.start()
    encoded = [len(one.windows) for one in (bench.embedder, *further)]  # type: ignore[union-attr]
    bench.work_off()
    assert cut_by(bench) == {"en": (1,), "zh": (1,), "de": (1,), "number": (1,)}
    # Only what the other one had cut is encoded, as far as this one reads it.
    assert len(bench.embedder.windows) - encoded[0] == 1  # type: ignore[union-attr]
    bench.models.further, bench.models.others = further, ()
    bench.ingest.start()
    bench.work_off()
    assert cut_by(bench) == {"en": (1, 2), "zh": (2, 1), "de": (2, 1), "number": (1, 2)}
    assert bench.sound()


def test_a_chosen_model_that_is_gone_for_a_while_keeps_its_vectors(open_bench: Open) -> None:
    bench = two(open_bench)
    fill(bench, TEXTS)
    bench.work_off()
    before = bench.store.index.generation()
    further, bench.models.further = bench.models.further, ()
    bench.models.absent = ("all",)
    bench.ingest.start()
    assert bench.store.index.generation("building") is None
    fill(bench, {"more": TEXTS["zh"] + "狐狸在雪地里奔跑。"})
    bench.work_off()
    assert cut_by(bench)["more"] == (1,)
    bench.models.further, bench.models.absent = further, ()
    bench.ingest.start()
    bench.work_off()
    assert cut_by(bench)["more"] == (1, 2)
    now = bench.store.index.generation()
    assert now is not None
    assert before is not None
    assert (now.id, now.documents) == (before.id, before.documents + 1)


def test_what_was_cut_without_a_model_is_cut_anew_by_its_first_reader(open_bench: Open) -> None:
    without = open_bench(None)
    without.run(*(without.file(f"{name}.txt", text) for name, text in TEXTS.items()))
    without.store.close()
    bench = two(open_bench)
    bench.work_off()
    assert cut_by(bench) == {"en": (1, 2), "zh": (2, 1), "de": (2, 1), "number": (1, 2)}
    bench.store.index.drop([d.document for d in bench.store.documents.find()], 1)
    bench.work_off()
    assert cut_by(bench) == {"en": (1, 2), "zh": (2, 1), "de": (2, 1), "number": (1, 2)}
    assert bench.sound()


def test_two_readers_end_as_the_same_library_whichever_came_first(open_bench: Open, tmp_path: Path) -> None:
    one = two(open_bench)
    fill(one, {**TEXTS, "long": LONG})
    one.work_off()
    (tmp_path / "other").mkdir()
    other = type(one)(tmp_path / "other", FakeEmbedder("english"), one.settings)
    other.run(*(other.file(f"{name}.txt", text) for name, text in {**TEXTS, "long": LONG}.items()))
    other.models.further = (FakeEmbedder("all", languages=()),)
    all_of(other).dimensions = 48
    other.ingest.start()
    other.work_off()
    assert _vectors(one) == _vectors(other)
    other.store.close()


def _vectors(bench: Bench) -> list[Any]:
    found = []
    for document in bench.store.documents.find():
        for reader in 1, 2:
            for p in bench.store.index.passages(document.document, reader):
                whole = None if p.vector is None else np.round(p.vector, 3).tolist()
                found.append((Path(document.path).name, reader, p.start, p.end, whole))
    return sorted(found, key=repr)
