"""A scan dropped into a library is found by its words; the children are real."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from scans import pictures_of, scan, typed

from desktop_kb.errors import DocumentProblem, UsageProblem
from desktop_kb.kb import KnowledgeBase, Parts
from desktop_kb.recognize import is_available
from desktop_kb.records import unpack_seen
from desktop_kb.settings import Settings

pytestmark = pytest.mark.skipif(not is_available(), reason="onnxruntime has no wheel here")
BY_WORDS = Parts(open_embedder=lambda **_options: None)


def test_a_scan_is_found_on_its_page(tmp_path: Path) -> None:
    pages = [["The badger digs a deep burrow.", "It sleeps all day."], ["Nobody hears the grey owls."]]
    (tmp_path / "scan.pdf").write_bytes(scan(pictures_of(typed(pages))))
    with KnowledgeBase(tmp_path / "library", Settings(), parts=BY_WORDS) as kb:
        (report,) = kb.follow(kb.add([tmp_path / "scan.pdf"]), by_all=True)
        assert (report.status, report.pages, report.pending.pages) == ("indexed", 2, 0)
        assert report.page_states["recognized"] == 2
        (hit,) = kb.search("owls", mode="words").hits
        assert (hit.pages, hit.recognized) == ((1, 2), True)
        (document,) = kb.documents()
        text, layout = kb.text(document.document)
        assert text == "The badger digs a deep burrow.\r\nIt sleeps all day.\fNobody hears the grey owls."
        lines = unpack_seen(layout.seen)
        assert [text[line.start : line.end] for line in lines] == [*pages[0], *pages[1]]
        # The first line is typed 30 points from the left and 50 from the top, of 400 x 250.
        left, top, right = lines[0].corners[:3]
        assert (left, right) == pytest.approx((30 / 400, 225 / 400), abs=0.03)
        assert top < 50 / 250 < lines[0].corners[5]


def test_it_is_asked_for_where_it_is_not_done_unasked(tmp_path: Path) -> None:
    (tmp_path / "scan.pdf").write_bytes(scan(pictures_of(typed([["The badger digs a deep burrow."]]))))
    with KnowledgeBase(tmp_path / "library", Settings(recognize="ask"), parts=BY_WORDS) as kb:
        (report,) = kb.follow(kb.add([tmp_path / "scan.pdf"]))
        assert (report.status, report.error_code) == ("failed", "no-text")
        (report,) = kb.follow(kb.retry(recognize=True))
        assert (report.status, report.error_code) == ("updated", None)
        assert [hit.recognized for hit in kb.search("badger", mode="words").hits] == [True]
    with (
        KnowledgeBase(tmp_path / "library", Settings(recognize="off"), parts=BY_WORDS) as kb,
        pytest.raises(UsageProblem) as caught,
    ):
        kb.retry(recognize=True)
    assert caught.value.code == "recognition-off"


def test_a_picture_is_drawn_by_a_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "desktop_kb.kb.parts._DRAW_SECONDS", 120.0
    )  # a busy machine takes long to start a child
    file = tmp_path / "photo.png"
    Image.new("RGB", (30, 20), (255, 0, 0)).save(file)
    settings = Settings(recognize="off", copy_files=False)
    with KnowledgeBase(tmp_path / "library", settings, parts=BY_WORDS) as kb:
        (report,) = kb.follow(kb.add([file]))
        assert report.error_code == "no-text"
        (document,) = kb.documents()
        drawn = kb.picture(document.document)
        assert (drawn.width, drawn.height, set(drawn.pixels)) == (30, 20, {76})  # the grey of red
        file.unlink()
        with pytest.raises(DocumentProblem) as caught:
            kb.picture(document.document)
        assert caught.value.code == "vanished"
