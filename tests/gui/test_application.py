"""Pictures of every view; a second start of the program, whose files are handed over."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtGui import QFontDatabase, QImage, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from reportlab.pdfgen.canvas import Canvas

from desktop_kb import cli, paths
from desktop_kb.errors import UsageProblem
from desktop_kb.gui import application, theme, translation
from desktop_kb.gui.preview.pdf_preview import PdfPreview
from desktop_kb.gui.views import VIEWS
from desktop_kb.gui.window import MainWindow
from desktop_kb.kb import KnowledgeBase, Parts
from desktop_kb.records import DrawingTrial
from desktop_kb.settings import load, save

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def library(tmp_path: Path, notes: Path, by_words: Parts) -> str:
    """A library of two notes, found by words."""
    folder = str(tmp_path / "library")
    with KnowledgeBase(folder, parts=by_words) as kb:
        assert {report.status for report in kb.follow(kb.add([notes]))} == {"indexed"}
    return folder


def _colours(picture: QImage) -> set[str]:
    steps = range(0, picture.height(), 3), range(0, picture.width(), 3)
    return {picture.pixelColor(x, y).name() for y in steps[0] for x in steps[1]}


def test_a_start_does_not_look_for_garbage_among_its_imports() -> None:
    script = (
        "import gc; found = []; gc.callbacks.append(lambda phase, info: found.append(phase))\n"
        "from desktop_kb.cli import window\n"
        "found.clear(); window._imported(); print(found, gc.isenabled())"
    )
    command = [sys.executable, "-c", script]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[] True\n"


def test_a_view_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem) as raised:
        application.screenshot(tmp_path / "x.png", view="moon")
    assert raised.value.details["views"] == ", ".join([*(entry.id for entry in VIEWS), "settings"])


@pytest.mark.skipif(sys.platform != "win32", reason="elsewhere Qt finds the system's fonts by itself")
def test_a_picture_has_letters_of_both_languages(library: str, tmp_path: Path, by_words: Parts) -> None:
    assert application.screenshot(tmp_path / "x.png", library, parts=by_words) == 0
    for system in (QFontDatabase.WritingSystem.Latin, QFontDatabase.WritingSystem.SimplifiedChinese):
        assert QFontDatabase.families(system)


def test_every_view_has_its_picture(
    library: str, tmp_path: Path, by_words: Parts, qapp: QApplication
) -> None:
    drawn = {}
    for view in (*(entry.id for entry in VIEWS), application.SETTINGS):
        file = tmp_path / f"{view}.png"
        assert (
            application.screenshot(file, library, view=view, query="honey before spring", parts=by_words) == 0
        )
        drawn[view] = QImage(str(file))
        assert len(_colours(drawn[view])) > 20, view
    pictures = list(drawn.values())
    assert all(a != b for n, a in enumerate(pictures) for b in pictures[n + 1 :])
    assert theme.LIGHT.answer.name() in _colours(drawn["search"])  # the answering sentence is marked


def test_dark_and_chinese(library: str, tmp_path: Path, by_words: Parts, qapp: QApplication) -> None:
    file = tmp_path / "dark.png"
    assert (
        application.screenshot(file, library, query="乌龙茶", dark=True, language="zh", parts=by_words) == 0
    )
    colours = _colours(QImage(str(file)))
    assert theme.DARK.background.name() in colours
    assert theme.LIGHT.background.name() not in colours


@pytest.fixture
def with_pdf(library: str, tmp_path: Path, by_words: Parts) -> str:
    """The library, with a PDF of one page in it."""
    file = tmp_path / "walrus.pdf"
    sheet = Canvas(str(file))
    sheet.drawString(72, 700, "The walrus keeps a diary of the tides.")
    sheet.save()
    with KnowledgeBase(library, parts=by_words) as kb:
        assert {report.status for report in kb.follow(kb.add([file]))} == {"indexed"}
    return library


def _markers(home: Path) -> list[Path]:
    return list((home / "data" / "drawing").glob("*"))


def test_a_picture_waits_for_the_page(
    with_pdf: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    by_words: Parts,
    qapp: QApplication,
    own_home: Path,
) -> None:
    tried = KnowledgeBase.try_drawing

    def slowly(kb: KnowledgeBase, document: str, page: int = 1) -> DrawingTrial:
        time.sleep(2.5)
        return tried(kb, document, page)

    monkeypatch.setattr(KnowledgeBase, "try_drawing", slowly)
    file = tmp_path / "picture.png"
    assert application.screenshot(file, with_pdf, query="diary of the tides", dark=True, parts=by_words) == 0
    picture = QImage(str(file))
    white = sum(
        picture.pixelColor(x, y).name() == "#ffffff"
        for y in range(0, picture.height(), 4)
        for x in range(picture.width() // 2, picture.width(), 4)
    )
    assert white > 5_000  # the page, of all that is dark
    assert _markers(own_home) == []


#: Imported when they are first asked for: each costs a start some milliseconds, and the first picture shows none.
NOT_AT_START = {
    *("desktop_kb.evaluate", "desktop_kb.questions", "desktop_kb.known_items", "desktop_kb.export"),
    *(
        "desktop_kb.gui.library.library_view",
        "desktop_kb.gui.library.inspect",
        "desktop_kb.gui.library.details",
    ),
    *("desktop_kb.gui.sheets.settings_dialog", "desktop_kb.gui.sheets.models_page"),
    *("desktop_kb.gui.sheets.evaluation_sheet", "desktop_kb.gui.sheets.check_sheet"),
    *(
        "desktop_kb.gui.sheets.rescue_sheet",
        "desktop_kb.gui.sheets.upkeep",
        "desktop_kb.gui.sheets.small_sheets",
    ),
    *("desktop_kb.gui.notes.note_window", "desktop_kb.gui.quick.quick_window"),
    "desktop_kb.gui.indexing.indexing_panel",
    *("desktop_kb.gui.sheets.team_sheet", "desktop_kb.kb.team", "desktop_kb.remote", "pymysql"),
}

_STARTED = """
import json, sys, threading
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from desktop_kb.gui import application
from desktop_kb.kb import Parts

class Watched(application.MainWindow):
    def __init__(self, *given):
        assert not QApplication.instance().styleSheet()  # worked through for each widget, it takes as long as all else
        super().__init__(*given)

    def _loaded(self, library):
        super()._loaded(library)
        QTimer.singleShot(0, self.close)
        assert QApplication.instance().styleSheet()
        assert library.documents and self.isVisible() and self.grab()
        assert "ingest" not in [one.name for one in threading.enumerate()]  # it would take its time from the window
        print(json.dumps(list(sys.modules)))

def refused(self, watching):
    raise AssertionError(f"each event of each widget would pass through {watching}")

application.Application.installEventFilter = refused
application.MainWindow = Watched
sys.exit(application.run(sys.argv[1], parts=Parts(open_embedder=lambda **_options: None)))
"""


def test_a_start_imports_what_the_first_picture_needs(library: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _STARTED, library],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    loaded = set(json.loads(done.stdout))
    assert "desktop_kb.gui.search.search_view" in loaded
    assert not loaded & NOT_AT_START
    for name in NOT_AT_START:
        assert find_spec(name) is not None


@pytest.mark.skipif(sys.platform == "win32", reason="windows are closed by messages there")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])  # by name: Windows has no SIGHUP
def test_a_signal_closes_the_window_in_order(
    with_pdf: str,
    by_words: Parts,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    own_home: Path,
    name: str,
) -> None:
    """While a page is being drawn, too: the PDF is not to blame."""
    number: signal.Signals = getattr(signal, name)
    seen: list[list[Path]] = []

    class Asking(MainWindow):
        def showEvent(self, event: QShowEvent) -> None:
            super().showEvent(event)
            self.resize(1300, 800)  # room for the preview beside the results
            self.box.ask("diary of the tides")

    def painted(preview: PdfPreview, event: QPaintEvent) -> None:
        paint(preview, event)
        if preview.file is not None and not seen:
            seen.append(_markers(own_home))
            os.kill(os.getpid(), number)

    paint = PdfPreview.paintEvent
    monkeypatch.setattr(PdfPreview, "paintEvent", painted)
    monkeypatch.setattr(application, "MainWindow", Asking)
    # Under `nohup`, or in the background of a shell, it is ignored: then the window stays open, as it should.
    before = signal.signal(number, signal.SIG_DFL)
    try:
        assert application.run(with_pdf, parts=by_words) == 0
        assert signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, before)
    assert len(seen[0]) == 1
    assert _markers(own_home) == []


def test_a_second_start_brings_the_first_window_forward(
    library: str, by_words: Parts, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second program over the same library ends at once; the first one's window comes forward."""
    shown: list[str] = []

    class Watched(MainWindow):
        def activateWindow(self) -> None:
            shown.append("forward")
            super().activateWindow()

    monkeypatch.setattr(application, "MainWindow", Watched)
    code = "import sys; from desktop_kb.gui import application; sys.exit(application.run(sys.argv[1]))"
    second: list[subprocess.Popen[bytes]] = []
    deadline = time.monotonic() + 120

    def start() -> None:
        second.append(subprocess.Popen([sys.executable, "-c", code, library], env=os.environ))

    def look() -> None:
        ended = bool(second) and second[0].poll() is not None
        if (ended and shown) or time.monotonic() > deadline:
            for window in QApplication.topLevelWidgets():
                if isinstance(window, Watched):
                    window.close()
            QApplication.exit()

    QTimer.singleShot(200, start)
    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(50)
    try:
        application.run(library, parts=by_words)
    finally:
        timer.stop()
        if second and second[0].poll() is None:
            second[0].kill()
    assert second
    assert second[0].wait(5) == 0
    assert shown == ["forward"]


def test_windows_have_the_icon_and_the_name_of_the_menu_entry() -> None:
    code = (
        "from desktop_kb.gui.application import _application\n"
        "app = _application()\n"
        "print(app.desktopFileName(), app.windowIcon().pixmap(64).width())"
    )
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    name, width = done.stdout.split()
    assert (ROOT / "packaging" / "linux" / f"{name}.desktop").is_file()
    assert int(width) == 64


def test_the_terminal_opens_the_window_with_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opened: list[tuple[object, list[Path]]] = []

    def run(library: str | None, files: list[Path], *, parts: Parts | None) -> int:
        opened.append((library, files))
        return 0

    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("DESKTOP_KB_HOME", str(tmp_path))
    monkeypatch.setattr(application, "run", run)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["gui", "--", "a.md"]) == 0
    assert cli.main([]) == 0
    assert opened == [(None, [tmp_path / "a.md"]), (None, [])]


def test_the_language_is_a_setting_of_the_person(qapp: QApplication, tmp_path: Path) -> None:
    """Also of the terminal; earlier versions kept it with the window's state."""
    state = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    state.setValue("language", "zh")
    application._dress(qapp, state)
    assert translation.language() == "zh"
    assert load(paths.config_dir() / "settings.json").language == "zh"
    assert not state.contains("language")
    save(paths.config_dir() / "settings.json", {"language": "en"})
    application._dress(qapp, state)
    assert translation.language() == "en"
