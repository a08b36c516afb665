"""Pages whose words stand in their pictures: which of them wait, and how the work on them goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from fakes import FakeEmbedder, FakeExtractor

from desktop_kb import recognize
from desktop_kb.errors import Cancelled, DocumentProblem, Problem
from desktop_kb.ingest.passages import passages_of, sentences_of, windows_of
from desktop_kb.records import (
    Extracted,
    Floats,
    JobOptions,
    Layout,
    Page,
    PageRecognized,
    PageState,
    Passage,
    Picture,
    RecognizedLine,
    pack_states,
    unpack_lines,
)
from desktop_kb.settings import Settings

STATES: Mapping[str, PageState] = {"PICTURE ": "none", "GARBLED ": "garbled", "LINES ": "drawn"}


class Scans(FakeExtractor):
    """Pages are lines of a file; of some the words stand in their picture."""

    def __init__(self) -> None:
        self.drawn: list[tuple[str, int]] = []
        self.problem: str | None = None
        self.extracted = 0

    def extract(
        self,
        path: Path,
        *,
        part: str = "",
        password: str | None = None,
        seen: Mapping[int, bytes] = MappingProxyType({}),
        cancelled: threading.Event | None = None,
    ) -> Extracted:
        self.extracted += 1
        if self.problem == "vanished":
            raise DocumentProblem("vanished", path=str(path))
        texts: list[str] = []
        states: list[PageState] = []
        for number, page in enumerate(path.read_text("utf-8").splitlines()):
            said = " ".join(line.text for line in unpack_lines(seen[number])) if number in seen else ""
            state: PageState = next(
                (state for word, state in STATES.items() if page.startswith(word)), "text"
            )
            if state != "text" and said:
                state = "recognized"
            texts.append(page if state == "text" else said)
            states.append(state)
        if not any(texts):
            letters = pack_states(states)
            raise DocumentProblem("no-text", path=str(path), reason="pictures", states=letters)
        ends = [sum(len(text) + 1 for text in texts[: number + 1]) for number in range(len(texts))]
        pages = [
            Page(end - len(text) - 1, end - 1, "", state == "recognized")
            for text, end, state in zip(texts, ends, states, strict=True)
        ]
        return Extracted("\f".join(texts), "", Layout(tuple(pages)), page_states=tuple(states))

    def picture(self, path: Path, page: int, **_options: Any) -> Picture:
        self.drawn.append((path.name, page))
        if self.problem:
            raise DocumentProblem(self.problem, path=str(path))
        said = path.read_text("utf-8").splitlines()[page].partition(" ")[2].encode("utf-8")
        return Picture(len(said), 1, said)


class Reader:
    """Reads the words of a picture, which are its pixels; '-' is none, '~' a line in a script that is not read, and
    'HANGS' takes too long."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.before: Callable[[], object] = lambda: None

    def recognize(
        self, picture: Picture, *, cancelled: threading.Event | None = None
    ) -> tuple[RecognizedLine, ...]:
        self.before()
        if cancelled is not None and cancelled.is_set():
            raise Cancelled
        text = picture.pixels.decode("utf-8")
        self.read.append(text)
        if text == "HANGS":
            raise Problem("page-not-recognized", reason="timeout")
        text = "" if text == "~" else text
        places = tuple(0.0 for _ in text)
        return () if text == "-" else (RecognizedLine(text, 1.0, (0.0,) * 8, places),)

    def stop(self) -> None:
        pass


@pytest.fixture(autouse=True)
def _available(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognize, "is_available", lambda: True)


@pytest.fixture
def scans(open_bench: Callable[..., Any]) -> Callable[..., Any]:
    def make(**settings: Any) -> Any:
        bench = open_bench(
            FakeEmbedder(), Settings(**settings), extractor=Scans(), recognizer=(reader := Reader())
        )
        bench.reader, bench.scans = reader, bench.ingest._preparer._extractor
        return bench

    return make


def _states(bench: Any) -> dict[str, str]:
    return {Path(d.path).name: d.states for d in bench.store.documents.find()}


def _sentence_vectors(passages: Sequence[Passage]) -> Floats:
    return np.concatenate([one.sentence_vectors for one in passages if one.sentence_vectors is not None])


def _one_job(bench: Any, *files: str) -> None:
    bench.store.queue.enqueue(files, JobOptions())
    for _ in files:
        assert bench.ingest.process_next()


def test_a_scan_waits_and_is_found_by_its_first_page_before_the_others_are_read(scans: Any) -> None:
    bench = scans()
    _one_job(bench, bench.file("a.pdf", "PICTURE Bees dance.\nPICTURE Whales sing.\nPICTURE Owls hunt."))
    (document,) = bench.store.documents.find()
    assert (document.status, document.states, document.error_code) == ("waiting", "www", None)
    assert bench.ingest.process_next()  # the first page
    assert bench.ingest.process_next()  # it is read again
    assert _states(bench) == {"a.pdf": "rww"}
    assert bench.found("bees", mode="words") == ["a.pdf"]
    assert bench.found("owls", mode="words") == []
    bench.work_off()
    assert _states(bench) == {"a.pdf": "rrr"}
    assert bench.found("owls", mode="words") == ["a.pdf"]
    (hit,) = bench.search("owls", mode="words").hits
    assert (hit.pages, hit.recognized) == ((1, 3), True)
    told = [(e.done, e.pages) for e in bench.events if isinstance(e, PageRecognized)]
    assert told == [(1, 3), (2, 3), (3, 3)]
    bench.sound()


def test_a_search_says_that_pages_are_still_to_be_read(scans: Any) -> None:
    bench = scans()
    _one_job(bench, bench.file("a.pdf", "PICTURE Bees dance.\nPICTURE Whales sing."))
    assert bench.search("bees").degraded == ("pages-not-read",)  # nothing of the library was read yet
    _one_job(bench, bench.file("b.md", "Owls hunt."))
    assert bench.search("owls", mode="words").degraded == ("pages-not-read",)
    assert bench.search("owls type:note", mode="words").degraded == ()  # those of other documents
    bench.work_off()
    assert bench.search("bees", mode="words").degraded == ()


def _one_that_vanished(scans: Any) -> Any:
    """A library of one scan, whose file is away before its page is read."""
    bench = scans(copy_files=False)
    file = bench.file("a.pdf", "PICTURE Bees dance.")
    _one_job(bench, file)
    Path(file).unlink()
    bench.scans.problem = "vanished"
    bench.work_off()
    return bench


def test_a_file_that_cannot_be_read_any_more_has_no_pages_to_be_read(scans: Any) -> None:
    bench = _one_that_vanished(scans)
    assert bench.search("bees", mode="words").degraded == ()


def test_it_is_decided_by_page(scans: Any) -> None:
    bench = scans()
    bench.run(bench.file("a.pdf", "Bees dance.\nGARBLED Whales sing.\nLINES Owls hunt.\nPICTURE -"))
    assert _states(bench) == {"a.pdf": "trrn"}
    assert bench.reader.read == ["Whales sing.", "Owls hunt.", "-"]
    assert bench.found("whales", mode="words") == ["a.pdf"]
    bench.ingest.start()  # a page without words is not looked at again
    assert not bench.ingest.process_next()
    assert len(bench.reader.read) == 3


def test_a_file_goes_before_the_pictures_of_others(scans: Any) -> None:
    bench = scans()
    _one_job(bench, bench.file("a.pdf", "PICTURE Bees dance.\nPICTURE Whales sing."))
    assert bench.ingest.process_next()
    bench.run(bench.file("b.pdf", "Owls hunt."), bench.file("c.pdf", "PICTURE Foxes run."))
    assert bench.reader.read == [
        "Bees dance.",
        "Foxes run.",
        "Whales sing.",
    ]  # what is not found at all goes first


def test_a_kill_costs_one_page(scans: Any) -> None:
    bench = scans()
    file = bench.file("a.pdf", "\n".join(f"PICTURE Page number{n} is here." for n in range(40)))
    _one_job(bench, file)
    for _ in range(10):
        bench.ingest.process_next()
    read = list(bench.reader.read)
    bench.store.close()
    again = scans()
    again.work_off()
    assert again.reader.read[0] == f"Page number{len(read)} is here."
    assert len(read) + len(again.reader.read) == 40
    assert _states(again) == {"a.pdf": "r" * 40}
    again.sound()


def test_pages_are_seen_together(scans: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = scans()
    stored: list[str] = []
    put = bench.store.index.put

    def counted(incoming: Any, **options: Any) -> Any:
        stored.append(pack_states(incoming.extracted.page_states))
        return put(incoming, **options)

    monkeypatch.setattr(bench.store.index, "put", counted)
    bench.run(bench.file("a.pdf", "\n".join(f"PICTURE Page number{n} is here." for n in range(50))))
    assert [letters.count("r") for letters in stored] == [1, 20, 40, 50]


@pytest.mark.parametrize("without_words", [0, 18])
def test_a_scan_whose_pages_come_one_by_one_is_encoded_about_once(scans: Any, without_words: int) -> None:
    bench = scans()
    lines = [" ".join(f"Line {n} of page{page} tells of it." for n in range(7)) for page in range(60)]
    lines[:without_words] = ["-"] * without_words  # the document is read again after other pages
    bench.run(bench.file("a.pdf", "\n".join(f"PICTURE {line}" for line in lines)))
    (document,) = bench.store.documents.find()
    extracted = Extracted(*bench.store.documents.text(document.document))
    once = len(windows_of(sentences_of(extracted, bench.embedder), bench.embedder))
    assert once <= len(bench.embedder.windows) <= 1.2 * once
    with bench.store._database.read() as connection:
        assert connection.execute("select count(*) from staged_windows").get == 0
    whole = passages_of(extracted, FakeEmbedder(), with_vectors=True)
    stored = bench.store.index.passages(document.document)
    assert _sentence_vectors(stored) == pytest.approx(_sentence_vectors(whole), abs=0.02)  # stored as int8
    bench.sound()


def test_a_page_that_takes_too_long_or_cannot_be_drawn_stops_no_other(scans: Any) -> None:
    bench = scans()
    bench.run(bench.file("a.pdf", "PICTURE HANGS\nPICTURE Bees dance."))
    assert _states(bench) == {"a.pdf": "nr"}
    bench.scans.problem = "damaged"
    (report,) = bench.run(bench.file("b.pdf", "Whales sing.\nPICTURE Owls hunt."))
    assert report.status == "indexed"
    assert _states(bench)["b.pdf"] == "tn"


def test_a_scan_without_words_fails_and_says_so(scans: Any) -> None:
    bench = scans()
    bench.run(bench.file("a.pdf", "PICTURE -\nPICTURE -"))
    (document,) = bench.store.documents.find()
    assert (document.status, document.error_code, document.states) == ("failed", "no-text", "nn")


def test_pages_in_a_script_that_is_not_read_are_not_read_one_by_one(scans: Any) -> None:
    bench = scans()
    bench.run(bench.file("a.pdf", "PICTURE ~\nPICTURE ~\nPICTURE ~"))
    assert bench.scans.extracted == 2  # before and after all pages
    assert _states(bench) == {"a.pdf": "nnn"}


def test_a_file_that_is_away_says_so(scans: Any) -> None:
    bench = _one_that_vanished(scans)
    (document,) = bench.store.documents.find()
    assert (document.status, document.error_code) == ("failed", "vanished")


@pytest.mark.parametrize("when", ["ask", "off"])
def test_pictures_are_read_when_asked_for_or_never(scans: Any, when: str) -> None:
    bench = scans(recognize=when)
    file = bench.file("a.pdf", "PICTURE Bees dance.\nPICTURE Whales sing.")
    (report,) = bench.run(file)
    assert (report.status, report.error_code, report.page_states["waiting"]) == ("failed", "no-text", 0)
    bench.run(file, kind="renew", recognize=True)
    assert _states(bench) == {"a.pdf": "rr" if when == "ask" else "nn"}


def test_once_switched_on_what_was_left_is_read(scans: Any) -> None:
    bench = scans(recognize="off")
    bench.run(
        bench.file("a.pdf", "PICTURE Bees dance."),
        bench.file("b.pdf", "Owls hunt.\nPICTURE Foxes run."),
        bench.file("c.pptx", "Hares jump.\nPICTURE A slide."),
    )
    assert _states(bench) == {"a.pdf": "n", "b.pdf": "tn", "c.pptx": "tn"}
    bench.store.close()
    again = scans()
    again.work_off()
    assert _states(again) == {"a.pdf": "r", "b.pdf": "tr", "c.pptx": "tn"}
    assert "A slide." not in again.reader.read  # it cannot be drawn
    assert again.found("bees", mode="words") == ["a.pdf"]


def test_it_is_interrupted_at_once_and_the_page_is_read_again(scans: Any) -> None:
    bench = scans()
    _one_job(bench, bench.file("a.pdf", "PICTURE Bees dance."))
    bench.reader.before = bench.stop.set
    assert not bench.ingest.process_next()
    bench.stop.clear()
    bench.reader.before = lambda: None
    bench.work_off()
    assert _states(bench) == {"a.pdf": "r"}


def test_a_repair_does_not_wait_for_pictures(scans: Any) -> None:
    bench = scans()
    _one_job(bench, bench.file("a.pdf", "PICTURE Bees dance."))
    assert not bench.ingest.process_next(recognize=False)
