"""Files that mean harm, through the real window: it lives, and shows the text instead.

The two PDFs are read like any other; drawing them runs out of memory or time for real, in the
child that tries every page before the window draws it. Notes: see also test_text_preview.
"""

from __future__ import annotations

import logging
import socket
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, QTimer
from pytestqt.qtbot import QtBot

from desktop_kb.extract import ExtractionLimits, Extractor
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.search.search_view import SearchView
from desktop_kb.gui.window import MainWindow
from desktop_kb.kb import KnowledgeBase, Parts
from desktop_kb.settings import Settings

_DEEP = 36
_WORDS = "BT /F 12 Tf 72 700 Td (The walrus keeps a diary of the tides.) Tj ET"


def _pdf(path: Path, content: str, resources: str, *more: bytes) -> Path:
    """One page; `more` are objects from number 6 on."""
    packed = zlib.compress(content.encode("ascii"))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>"
        + resources.encode("ascii")
        + b">>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%b\nendstream" % (len(packed), packed),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *more,
    ]
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"xref\n0 %d\n0000000000 65535 f \n%btrailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        len(places) + 1, table, len(places) + 1, len(out),
    )  # fmt: skip
    path.write_bytes(out)
    return path


def _form(inner: str, resources: str) -> bytes:
    head = (
        "<</Type/XObject/Subtype/Form/BBox[0 0 600 800]/Group<</S/Transparency/I true>>"
        f"/Resources<<{resources}>>/Length {len(inner)}>>"
    )
    return f"{head}stream\n{inner}\nendstream".encode("ascii")


def _slow_colour(number: int) -> tuple[bytes, bytes]:
    """A colour that is worked out anew for every point of the page, in 20,000 steps; objects
    `number` and the next."""
    program = "{ add " + "sin cos " * 10_000 + "}"
    function = (
        f"<</FunctionType 4/Domain[0 1 0 1]/Range[0 1]/Length {len(program)}>>stream\n{program}\nendstream"
    )
    shading = "<</ShadingType 1/ColorSpace/DeviceGray/Matrix[600 0 0 800 0 0]/Function %d 0 R>>"
    return (shading % (number + 1)).encode("ascii"), function.encode("ascii")


def _endless(path: Path) -> Path:
    return _pdf(path, f"{_WORDS} /S sh", "/Shading<</S 6 0 R>>", *_slow_colour(6))


def _hungry(path: Path) -> Path:
    """See-through groups within each other, each a picture of the whole page while the innermost
    is drawn, and that one takes its time."""
    last = 6 + _DEEP
    state = "/ExtGState<</G<</ca 0.5>>>>"
    forms = [
        _form(f"/G gs 0.5 g 0 0 600 800 re f /X{n + 1} Do", f"{state}/XObject<</X{n + 1} {n + 1} 0 R>>")
        for n in range(6, last)
    ]
    forms.append(_form("/S sh", f"/Shading<</S {last + 1} 0 R>>"))
    return _pdf(
        path, f"{_WORDS} /G gs /X6 Do", f"{state}/XObject<</X6 6 0 R>>", *forms, *_slow_colour(last + 1)
    )


@pytest.fixture
def window(
    request: pytest.FixtureRequest, tmp_path: Path, by_words: Parts, qtbot: QtBot
) -> Iterator[MainWindow]:
    """Over a library that finds by words; a page may take 2 seconds (or more) and 256 MiB to draw."""
    limits = ExtractionLimits(timeout_s=getattr(request, "param", 2.0), memory_bytes=256 * 2**20)
    parts = replace(by_words, previewer=Extractor(limits))
    bridge = Bridge(KnowledgeBase(tmp_path / "library", Settings(read_memory_mib=256), parts=parts))
    made = MainWindow(bridge, QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat))
    qtbot.addWidget(made)
    made.resize(1300, 800)  # room for the preview beside the results
    made.show()
    yield made
    bridge.close()


def _open(window: MainWindow, qtbot: QtBot, file: Path, query: str) -> None:
    """Index a file and have its passage shown."""
    window.add([file])
    qtbot.waitUntil(lambda: [document.status for document in window.documents] == ["ready"], timeout=30_000)
    window.box.ask(query)
    view = window.view(SearchView)
    qtbot.waitUntil(
        lambda: view.settled and view.result is not None and bool(view.result.hits), timeout=30_000
    )
    qtbot.waitUntil(lambda: view.preview.text.isVisible() or view.preview.pdf.isVisible(), timeout=60_000)


@pytest.mark.skipif(sys.platform != "linux", reason="how much PDFium takes is known there")
@pytest.mark.parametrize(
    ("window", "make", "reason"),
    [(60.0, _hungry, "memory"), (2.0, _endless, "timeout")],
    indirect=["window"],
)
def test_a_pdf_that_kills_the_drawing_is_read_as_text(
    window: MainWindow,
    qtbot: QtBot,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    make: Callable[[Path], Path],
    reason: str,
) -> None:
    caplog.set_level(logging.INFO, "desktop_kb.worker")
    beats: list[int] = []
    timer = QTimer()
    timer.timeout.connect(lambda: beats.append(1))
    timer.start(20)
    _open(window, qtbot, make(tmp_path / "walrus.pdf"), "walrus diary")
    preview = window.view(SearchView).preview
    assert preview.text.isVisible()
    assert not preview.pdf.isVisible()
    assert preview.text.passage_text() == "The walrus keeps a diary of the tides."
    assert preview._note.message.isVisible()
    assert preview._note.offer.isVisible() == (reason == "timeout")  # a machine that is busy looks the same
    ended = [record.getMessage() for record in caplog.records if "ended" in record.getMessage()]
    assert [message for message in ended if reason in message], ended
    assert len(beats) > 10  # the window went on meanwhile


_heard: list[str] = []
_watching = [False]


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    # A hook cannot be taken away again: it is deaf but for one test.
    if _watching[0] and (event.startswith("socket.") or (event == "open" and "secret" in str(arguments[0]))):
        _heard.append(f"{event} {arguments}")


def test_a_note_with_pictures_elsewhere_reads_and_asks_nothing(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"\x89PNG")
    notes = tmp_path / "notes"
    notes.mkdir()
    note = notes / "walrus.md"
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        port = server.getsockname()[1]
        pictures = [
            f"![a](file://{secret})", f"![b]({secret})", f"![c](//127.0.0.1:{port}/c.png)",
            f"![d](http://127.0.0.1:{port}/d.png)", f'<img src="http://127.0.0.1:{port}/e.png">',
        ]  # fmt: skip
        lines = [f"The walrus writes {picture} here." for picture in pictures]
        note.write_text("# Walrus\n\n" + "\n\n".join(lines) + "\n", encoding="utf-8")
        sys.addaudithook(_audit)
        _watching[0] = True
        try:
            secret.open("rb").close()
            assert _heard  # the watch hears an opening
            _heard.clear()
            _open(window, qtbot, note, "walrus writes")
            window.view(SearchView).preview.grab()
            qtbot.wait(100)
        finally:
            _watching[0] = False
        with pytest.raises(BlockingIOError):
            server.accept()
    assert window.view(SearchView).preview.text.isVisible()
    assert "The walrus writes" in window.view(SearchView).preview.text.passage_text()
    assert not _heard
