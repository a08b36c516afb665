"""One text by one model, staged as it is encoded."""

from __future__ import annotations

import re
import threading
from typing import Any

import numpy as np
import pytest
from fakes import FakeEmbedder
from workbench import LONG, Killed

from desktop_kb.errors import Cancelled
from desktop_kb.ingest.encode import TextEncoding
from desktop_kb.ingest.passages import encode, passages_of
from desktop_kb.records import Edit, Extracted, JobOptions, Layout


def test_an_interrupted_file_is_encoded_from_where_it_stopped(open_bench: Any) -> None:
    whole = open_bench(FakeEmbedder())
    path = whole.file("a.txt", LONG)
    whole.embedder.after_call = whole.stop.set
    whole.store.queue.enqueue([path], JobOptions())
    assert not whole.ingest.process_next()
    done = list(whole.embedder.windows)
    assert done
    assert whole.store.queue.waiting() == 1
    assert whole.search("topic3").hits == ()
    again = FakeEmbedder()
    whole.store.close()
    second = open_bench(again)
    assert second.ingest.process_next()
    assert not set(done) & set(again.windows)
    assert [report.status for report in second.run(path)] == ["unchanged"]
    reference = FakeEmbedder()
    windows = len(done) + len(again.windows)
    third = open_bench(reference)
    third.run(path, kind="read")
    assert len(reference.windows) == windows
    assert third.sound()


def test_a_kill_costs_what_was_not_staged_yet(open_bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desktop_kb.ingest.encode.STAGING_SECONDS", 0)
    first = open_bench(FakeEmbedder())
    path = first.file("a.txt", LONG)
    calls: list[int] = []

    def kill_at_the_third() -> None:
        calls.append(len(first.embedder.windows))
        if len(calls) == 3:
            raise Killed

    first.embedder.after_call = kill_at_the_third
    first.store.queue.enqueue([path], JobOptions())
    with pytest.raises(Killed):
        first.ingest.process_next()
    assert first.store.queue.claim() is None
    first.store.close()
    second = open_bench(FakeEmbedder())
    assert second.ingest.process_next()
    assert second.embedder.windows[: calls[2] - calls[1]] == first.embedder.windows[calls[1] :]
    assert not set(first.embedder.windows[: calls[1]]) & set(second.embedder.windows)
    assert second.search("topic3").degraded == ()
    assert second.sound()


def test_what_was_staged_and_went_with_another_file_is_encoded_again(
    open_bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where another file of this text is stored while this one, read ahead, is being encoded."""
    monkeypatch.setattr("desktop_kb.ingest.encode.STAGING_SECONDS", 0)
    bench = open_bench(FakeEmbedder())
    calls: list[int] = []

    def take_away_at_the_third() -> None:
        calls.append(1)
        if len(calls) == 3:
            bench.store._database.write(lambda connection: connection.execute("delete from staged_windows"))

    bench.embedder.after_call = take_away_at_the_third
    bench.run(bench.file("a.txt", LONG))
    assert len(bench.embedder.windows) > len(set(bench.embedder.windows))
    (document,) = bench.store.documents.find()
    with_all = passages_of(Extracted(LONG, ""), FakeEmbedder(), with_vectors=True)
    stored = bench.store.index.passages(document.document)
    assert len(stored) == len(with_all)
    for one, other in zip(stored, with_all, strict=True):
        assert one.sentence_vectors == pytest.approx(other.sentence_vectors, abs=0.02)  # stored as int8
        assert np.linalg.norm(one.sentence_vectors, axis=1) == pytest.approx(1, abs=1e-3)
    assert bench.sound()


def test_files_with_one_text_and_other_sentences_share_no_vectors(open_bench: Any) -> None:
    """As a page with its running titles left out, and the same page as plain text."""
    starts = [found.start() for found in re.finditer("Sentence number", LONG)]
    left_out = tuple(Edit(at, at + len("Sentence ")) for at in starts)
    plain, page = Extracted(LONG, ""), Extracted(LONG, "", Layout(edits=left_out))
    bench = open_bench(FakeEmbedder())
    stop = threading.Event()
    bench.embedder.after_call = stop.set

    def encoding(extracted: Extracted) -> TextEncoding:
        return TextEncoding(
            bench.store.queue, extracted, bench.embedder, stop=stop, progressed=lambda done: None
        )

    with pytest.raises(Cancelled):
        encoding(plain).encode()
    stop.clear()
    bench.embedder.after_call = lambda: None
    made = encoding(page).encode()
    assert made.vectors == pytest.approx(encode(page, FakeEmbedder()).vectors, abs=1e-3)
