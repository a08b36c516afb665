"""After an upgrade that reads files otherwise: what is worth it is read again, behind what answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeEmbedder, FakeExtractor

from desktop_kb import extract
from desktop_kb.errors import DocumentProblem
from desktop_kb.records import Extracted


class LaterExtractor(FakeExtractor):
    """Reads '#' as a mark, and pictures."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def extract(self, path: Path, **_options: Any) -> Extracted:
        self.asked.append(path.name)
        text = path.read_bytes().decode().replace("#", "").replace("PICTURE", "")
        if "STILL" in text:
            raise DocumentProblem("garbled", path=str(path))
        return Extracted(text, "", metadata={"year": 2022})


@pytest.fixture
def upgraded(open_bench: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """A library of an older program, opened by one that reads otherwise."""
    bench = open_bench(FakeEmbedder())

    def older(path: Path, **_options: Any) -> Extracted:
        text = path.read_text("utf-8")
        if text.startswith(("PICTURE", "STILL")):
            raise DocumentProblem("no-text", path=str(path))
        return Extracted(text, "")

    monkeypatch.setattr(bench.ingest._preparer._extractor, "extract", older)
    bench.run(bench.file("marks.txt", "# Bees dance."), tags=("kept",))
    bench.run(
        bench.file("same.txt", "Whales sing."),
        bench.file("gone.txt", "# Owls hunt."),
        bench.file("copied.pdf", "# Foxes run."),
        bench.file("picture.txt", "PICTURE Storks fly."),
        bench.file("still.txt", "STILL a picture."),
        bench.file("empty.txt", ""),
    )
    bench.store.close()
    for name in ("gone.txt", "copied.pdf"):
        (bench.folder / name).unlink()
    monkeypatch.setattr(extract, "VERSION", extract.VERSION + 1)
    later = open_bench(FakeEmbedder())
    later.ingest._preparer._extractor = LaterExtractor()
    return later


def test_what_reads_otherwise_is_cut_anew_and_nothing_else_is_encoded(upgraded: Any) -> None:
    assert set(upgraded.found("bees whales owls foxes", mode="words")) == {
        "marks.txt",
        "same.txt",
        "gone.txt",
        "copied.pdf",
    }
    upgraded.work_off()
    texts = {document.title: document for document in upgraded.store.documents.find()}
    read = {title: upgraded.store.documents.text(document.document)[0] for title, document in texts.items()}
    assert read["marks"] == " Bees dance."
    assert read["copied"] == " Foxes run."  # from the library's copy
    assert read["gone"] == "# Owls hunt."  # it stays as it is
    assert read["picture"] == " Storks fly."
    assert texts["marks"].tags == ("kept",)
    assert texts["same"].metadata == {"year": 2022}  # what else the file holds is new
    assert (texts["still"].error_code, texts["empty"].status) == ("garbled", "failed")
    encoded = " ".join(sentence for window in upgraded.embedder.windows for sentence in window)
    assert "Whales" not in encoded
    assert {"Bees", "Foxes", "Storks"} <= set(encoded.split())
    assert upgraded.store.index.generation("building") is None
    assert [place.path for place in upgraded.store.documents.read_before(extract.VERSION)] == [
        str(upgraded.folder / "gone.txt")
    ]
    assert upgraded.sound()


def test_each_is_tried_once(upgraded: Any) -> None:
    upgraded.work_off()
    asked = upgraded.ingest._preparer._extractor.asked
    assert len(asked) == len(set(asked)) == 5
    upgraded.ingest.start()
    assert not upgraded.ingest.process_next()
    assert len(asked) == 5


def test_files_that_wait_go_first(upgraded: Any) -> None:
    (report,) = upgraded.run(upgraded.file("new.txt", "Zebras graze."))
    assert report.status == "indexed"
    assert upgraded.ingest._preparer._extractor.asked[0] == "new.txt"
