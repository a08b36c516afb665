"""How quick the window is: the event loop while files are indexed, the start, a large library.

    python tests/bench/window.py stalls [--notes 300] [--pdfs 20] [--folder DIR] [--typing]
    python tests/bench/window.py start [--documents 5000] [--runs 5] [--library DIR [--cold]]
    python tests/bench/window.py library [--rows 100000]

`stalls`: the real window over a new library, from a cold start with the model's loading, while
all files are indexed. A 10 ms timer says how late the event loop is; when it is more than 30 ms
late a thread notes what every thread does, and the worst are printed. `start`: from the start of
the process to the first paint with the library's contents, and to the first answer by words.
`library`: what a table of so many rows costs, each step with its repaint, and how late the event
loop is while such a library is read. Drawn offscreen; figures want a quiet machine.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

os.environ["QT_QPA_PLATFORM"] = "offscreen"

_BEAT_MS = 10
_LATE_MS = 30.0
_WORDS = ["harbour", "kettle", "valley", "winter", "bridge", "orchard", "lantern", "copper", "barrel"]
_WORDS += ["meadow", "signal", "engine", "paper", "storm", "ledger", "canal", "pepper", "glacier"]
_DOES = ["repaired", "measured", "described", "painted", "weighed", "borrowed", "buried", "sold"]


# --- files -------------------------------------------------------------------------------------


def sentence(chance: random.Random) -> str:
    """One sentence; almost every one is different."""
    some = [chance.choice(_WORDS) for _ in range(5)]
    return (
        f"The {some[0]} keeper {chance.choice(_DOES)} the {some[1]} near the {some[2]} and the {some[3]}, "
        f"for the {some[4]} of {chance.randrange(1500, 2030)}."
    )


def write_files(folder: Path, notes: int, pdfs: int, pages: int = 12) -> int:
    """Notes in English and (every fifth) Chinese, and PDFs of several pages; returns how many."""
    from reportlab.pdfgen.canvas import Canvas

    chance = random.Random(1)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(notes):
        paragraphs = [" ".join(sentence(chance) for _ in range(5)) for _ in range(4)]
        if number % 5 == 0:
            year = chance.randrange(1900, 2030)
            paragraphs.append(f"这座码头建于{year}年，后来改成了茶叶仓库。" * 6 + f"{number}号库房还在使用。")
        head = f"---\ntags: [{chance.choice(_WORDS)}]\nyear: {chance.randrange(2000, 2026)}\n---\n"
        text = f"{head}# Note {number}\n\n" + "\n\n".join(paragraphs) + "\n"
        (folder / f"note-{number:05}.md").write_text(text, encoding="utf-8")
    for number in range(pdfs):
        sheet = Canvas(str(folder / f"paper-{number:03}.pdf"), invariant=1)
        for _ in range(pages):
            for line in range(36):
                sheet.drawString(50, 790 - 20 * line, sentence(chance))
            sheet.showPage()
        sheet.save()
    return notes + pdfs


# --- the event loop ----------------------------------------------------------------------------


class Heart:
    """A 10 ms timer in the event loop, and a thread that looks where everybody is when it is late."""

    def __init__(self) -> None:
        from PySide6.QtCore import Qt, QTimer

        self.late_ms: list[float] = []
        self.seen: list[tuple[float, float, list[str]]] = []  # when, how late, stacks
        self._main = threading.main_thread().ident
        self._last = time.perf_counter()
        self._stop = threading.Event()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._watch = threading.Thread(target=self._look, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to count."""
        self._last = time.perf_counter()
        self._timer.start(_BEAT_MS)
        self._watch.start()

    def stop(self) -> None:
        """Count no longer."""
        self._stop.set()
        self._watch.join()
        self._timer.stop()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.late_ms.append(max(0.0, (now - self._last) * 1000 - _BEAT_MS))
        self._last = now

    def _look(self) -> None:
        looked = 0.0
        while not self._stop.wait(0.008):
            last = self._last
            late = (time.perf_counter() - last) * 1000 - _BEAT_MS
            if late > _LATE_MS and last != looked:
                looked = last
                self.seen.append((last, late, self._stacks()))

    def _stacks(self) -> list[str]:
        names = {thread.ident: thread.name for thread in threading.enumerate()}
        frames = sys._current_frames()
        here = threading.get_ident()
        ordered = sorted(frames, key=lambda ident: ident != self._main)
        return [
            f"{names.get(i, '?')}: {_where(frames[i])}" for i in ordered if i != here and _busy(frames[i])
        ]

    def report(self, worst: int = 5) -> None:
        """Print the distribution, and what was seen at the worst."""
        late = sorted(self.late_ms)
        if not late:
            print("  no beat")
            return
        line = f"  {len(late)} beats: late p50 {_percentile(late, 50):.1f} ms, p99 {_percentile(late, 99):.1f} ms"
        over = sum(value > _LATE_MS for value in late)
        print(f"{line}, max {late[-1]:.1f} ms, {over} beats over {_LATE_MS:.0f} ms")
        for _, seen, stacks in sorted(self.seen, key=lambda entry: -entry[1])[:worst]:
            print(f"  late by more than {seen:.0f} ms:")
            for stack in stacks:
                print(f"    {stack}")


def _percentile(ordered: Sequence[float], percent: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def _where(frame: FrameType) -> str:
    """The innermost calls of a stack, the program's own first."""
    calls = [
        f"{Path(call.filename).name}:{call.lineno} {call.name}" for call in traceback.extract_stack(frame)
    ]
    return " < ".join(reversed(calls[-6:]))


def _busy(frame: FrameType) -> bool:
    """Not merely waiting for a lock, a queue or a child."""
    return Path(frame.f_code.co_filename).name not in ("threading.py", "queue.py", "thread.py")


@contextlib.contextmanager
def open_window(library: Path) -> Iterator[tuple[Any, Any, Heart]]:
    """The window as `application.run` opens it; the heart beats from before it is built."""
    from PySide6.QtCore import QSettings

    from desktop_kb import paths
    from desktop_kb.gui import application
    from desktop_kb.gui.bridge import Bridge
    from desktop_kb.gui.window import MainWindow
    from desktop_kb.kb import KnowledgeBase

    app = application._application()
    state = QSettings(str(paths.config_dir() / "window.ini"), QSettings.Format.IniFormat)
    application._dress(app, state)
    bridge = Bridge(KnowledgeBase(library))
    window = MainWindow(bridge, state)
    window.show()
    app.processEvents()
    heart = Heart()
    try:
        yield window, app, heart
    finally:
        window.close()
        bridge.close()


def run_until(done: Callable[[], bool], seconds: float) -> bool:
    """Run Qt's own event loop until `done`, looked at every 100 ms."""
    from PySide6.QtCore import QEventLoop, QTimer

    deadline = time.monotonic() + seconds
    loop, check = QEventLoop(), QTimer()
    check.timeout.connect(lambda: loop.quit() if done() or time.monotonic() > deadline else None)
    check.start(100)
    loop.exec()
    check.stop()
    return done()


# --- stalls ------------------------------------------------------------------------------------


def stalls(options: argparse.Namespace, scratch: Path) -> int:
    """Index a folder while the heart beats."""
    folder = Path(options.folder) if options.folder else scratch / "files"
    count = sum(1 for file in folder.rglob("*") if file.is_file()) if options.folder else 0
    count = count or write_files(folder, options.notes, options.pdfs)
    began = time.perf_counter()
    with open_window(scratch / "library") as (window, _app, heart):
        finished: list[object] = []
        window.bridge.finished.connect(finished.append)
        heart.start()
        window.bridge.kb.start_indexing()
        window.bridge.warm_up()
        window.add([folder])
        typist = Typist(window) if options.typing else None
        done = run_until(lambda: len(finished) >= count, 1200)
        run_until(lambda: bool(window.status) and not window.status.waiting, 30)
        if typist:
            typist.stop()
        heart.stop()
        seconds = time.perf_counter() - began
        status = window.bridge.kb.status()
    print(
        f"stalls: {len(finished)} of {count} files, {status.chunks} passages, {seconds:.0f} s, {status.device}"
    )
    heart.report(options.worst)
    loaded = sorted({"torch", "transformers", "sentence_transformers"} & set(sys.modules))
    print(f"  in the window's process: {', '.join(loaded) or 'no torch, no transformers'}")
    return 0 if done and not loaded else 1


class Typist:
    """Types one query after another, a letter every 120 ms."""

    def __init__(self, window: Any) -> None:
        from PySide6.QtCore import QTimer

        self._window, self._chance, self._rest = window, random.Random(2), ""
        self._timer = QTimer()
        self._timer.timeout.connect(self._type)
        self._timer.start(120)

    def _type(self) -> None:
        line = self._window.box.line
        if not self._rest:
            line.clear()
            self._rest = sentence(self._chance)[:40]
        line.insert(self._rest[0])
        line.textEdited.emit(line.text())
        self._rest = self._rest[1:]

    def stop(self) -> None:
        """Type no more."""
        self._timer.stop()


# --- start -------------------------------------------------------------------------------------


class _Invented:
    """Stands for the embedder while a large library is made: the vectors are random, all else is real."""

    def __init__(self) -> None:
        from desktop_kb.inference import find_embedder

        real = find_embedder()
        assert real is not None, "the embedded model is not installed"
        self.id, self.fingerprint, self.dimensions = real.id, real.fingerprint, real.dimensions
        self.window_tokens, self.device, self.notice = real.window_tokens, "cpu", None
        self.late_pooling, self.batch_windows, self.fell_back = True, real.batch_windows, False
        self.languages = real.languages

    def measure(self, texts: Sequence[str]) -> Any:
        """Tokens and coverage as where no model is."""
        from desktop_kb.chunking import approximate_measure

        counts, coverage = approximate_measure(texts)
        return counts, coverage * 0 + 1

    def encode_windows(self, windows: Sequence[Sequence[str]]) -> list[Any]:
        """Random directions."""
        import numpy as np

        chance = np.random.default_rng(1)
        return [chance.normal(size=(len(w), self.dimensions)).astype(np.float32) for w in windows]

    def close(self) -> None:
        """Nothing to end."""


def make_library(library: Path, folder: Path, documents: int) -> None:
    """Index so many short notes."""
    from desktop_kb.kb import KnowledgeBase, Parts

    write_files(folder, documents, 0)
    invented: Any = _Invented()
    with KnowledgeBase(library, parts=Parts(open_embedder=lambda **_options: invented)) as kb:
        reports = list(kb.follow(kb.add([folder])))
    assert len(reports) == documents
    assert not [report for report in reports if report.error]


def start(options: argparse.Namespace, scratch: Path) -> int:
    """Start the program several times over a library that is there."""
    library = Path(options.library) if options.library else scratch / "library"
    if not (library / "library.sqlite").exists():
        began = time.perf_counter()
        make_library(library, scratch / "files", options.documents)
        print(
            f"start: a library of {options.documents} documents made in {time.perf_counter() - began:.0f} s"
        )
    runs: list[dict[str, float]] = []
    # As a person's program has it: where Python is told to write no bytecode, each start compiles all modules, .3 s.
    surroundings = {**os.environ, "DISPLAY": ":0", "PYTHONPYCACHEPREFIX": str(scratch / "bytecode")}
    surroundings.pop("PYTHONDONTWRITEBYTECODE", None)
    for number in range(options.runs + 1):
        if options.cold:
            from speed import forget  # not above: every start measured would import what it needs

            forget(library)
        began = time.monotonic()
        command = [sys.executable, __file__, "started", "--library", str(library), "--began", repr(began)]
        if options.library:
            command.append("--by-meaning")
        ended = subprocess.run(command, capture_output=True, text=True, env=surroundings)
        if ended.returncode:
            print(ended.stdout, ended.stderr)
            return 1
        if number:  # the first has compiled them
            runs.append(json.loads(ended.stdout.splitlines()[-1]))
    print(
        f"start: median of {len(runs)}, seconds from the start of the process "
        f"({library.name if options.library else f'{options.documents} documents'})"
    )
    for name in runs[0]:
        values = sorted(float(run[name]) for run in runs)
        print(f"  {name}: {statistics.median(values):.2f}  ({values[0]:.2f} to {values[-1]:.2f})")
    return 0


def started(options: argparse.Namespace) -> int:
    """One start, by the program's own entrance; prints when what was there."""
    marks: dict[str, float] = {"python": time.monotonic() - options.began}
    from desktop_kb.__main__ import main

    def mark(name: str) -> None:
        marks.setdefault(name, time.monotonic() - options.began)

    watch_window(mark, lambda: print(json.dumps(marks), flush=True), by_meaning=options.by_meaning)
    sys.argv = ["desktop-kb", "--library", options.library, "gui"]
    return main()


def watch_window(mark: Callable[[str], None], done: Callable[[], None], *, by_meaning: bool) -> None:
    """Have the window that `application.run` opens tell when it is painted and when it has answered."""
    from PySide6.QtCore import QEvent, QObject, QTimer

    from desktop_kb.gui import application
    from desktop_kb.gui.window import MainWindow

    mark("imported")

    class Watched(MainWindow):
        def __init__(self, *arguments: Any) -> None:
            mark("core opened")
            super().__init__(*arguments)
            mark("window built")
            self.side_bar.viewport().installEventFilter(self)
            self.bridge.searched.connect(self._answered)

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint and self.isVisible():
                mark("first paint")
                if self.status is not None:
                    mark("paint with contents")
                    if not self.box.text():
                        self.box.ask("kettle near the harbour")
            return bool(super().eventFilter(watched, event))

        def _answered(self, _number: int, result: Any, _final: bool) -> None:
            assert result.hits
            if not self.bridge.kb.model_ready:
                mark("answer by words")
            if not by_meaning or result.hits[0].why.meaning is not None:
                mark("answer by meaning" if by_meaning else "answer by words")
                done()
                self.close()
            else:
                QTimer.singleShot(20, self._ask_again)

        def _ask_again(self) -> None:
            if self.bridge.kb.model_ready:
                mark("model ready")
                self.box.ask("who repaired the harbour")
            else:
                QTimer.singleShot(20, self._ask_again)

    setattr(application, "MainWindow", Watched)  # noqa: B010 (it is not its own name there)


# --- library -----------------------------------------------------------------------------------


def fill_library(library: Path, rows: int) -> None:
    """Rows of documents with tags, values and places, without their texts."""
    from desktop_kb import paths
    from desktop_kb.records import File, JobOptions
    from desktop_kb.store import Store
    from desktop_kb.store.placing import put_document

    chance = random.Random(3)
    kinds = ["markdown", "pdf", "text", "html"]
    store = Store(paths.library(library))

    def write(connection: Any) -> None:
        for number in range(rows):
            kind = kinds[number % 4]
            file = File(
                f"/somewhere/{number % 97}/{sentence(chance)}.{kind}", 1000, number, kind, str(number)
            )
            options = JobOptions((chance.choice(_WORDS),), {"year": 2000 + number % 26})
            put_document(connection, file, None, options)
        connection.execute("update documents set status = iif(id % 50, 'ready', 'failed'), pages = id % 300")

    store._database.write(write)
    store.close()


def library(options: argparse.Namespace, scratch: Path) -> int:
    """A table of so many rows in the real window."""
    from PySide6.QtCore import Qt

    folder = scratch / f"library-{options.rows}"
    if not folder.exists():
        fill_library(folder, options.rows)
    from desktop_kb.gui.library.document_model import matching
    from desktop_kb.gui.library.library_view import LibraryView
    from desktop_kb.gui.loaded import Library
    from desktop_kb.gui.places import counted

    with open_window(folder) as (window, app, heart):
        heart.start()
        loaded = run_until(lambda: window.status is not None, 60)
        window.go("library")
        for _ in range(3):
            window.reload()
            run_until(lambda: False, 2.0)
        heart.stop()
        print(f"library: {len(window.documents)} rows; the event loop while they were read four times:")
        heart.report(options.worst)
        view = window.view(LibraryView)
        table = view.table
        painted = table.viewport()
        assert painted.isVisible()
        documents = list(window.documents)
        contents = Library(documents, window.status, window.box.keys, {}, counted(documents))
        time_step(app, painted, "reload, all of it", lambda: window._loaded(contents))
        time_step(app, painted, "show_library", lambda: view.show_library(window.documents))
        for column in range(view.model.columnCount()):
            for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
                name = f"sort by column {column} {order.name[:3]}"
                time_step(app, painted, name, partial(table.sortByColumn, column, order))
        bar = table.verticalScrollBar()
        for place in (0.0, 0.3, 0.9, 1.0):
            time_step(app, painted, f"scroll to {place}", partial(bar.setValue, round(place * bar.maximum())))
        time_step(app, painted, "page up", lambda: bar.setValue(bar.value() - bar.pageStep()))
        for query in ("k", "ke", "kettle", "kettle pdf", "type:pdf", "tag:kettle", ""):
            wanted = matching(window.bridge.kb.filter(query), window.documents)  # on a thread in the window
            time_step(app, painted, f"filter by '{query}'", partial(view.model.filter, wanted))
        time_step(app, painted, "select all", table.selectAll)
        time_step(app, painted, "select a row", lambda: table.selectRow(5))
    return 0 if loaded else 1


def time_step(app: Any, painted: Any, name: str, step: Callable[[], object]) -> None:
    """Print the median of five goes, each with all the painting it causes."""
    goes = []
    for _ in range(5):
        began = time.perf_counter()
        step()
        app.processEvents()
        painted.repaint()
        goes.append((time.perf_counter() - began) * 1000)
    slow = "  <- over 100 ms" if statistics.median(goes) > 100 else ""
    print(f"  {name}: {statistics.median(goes):.0f} ms (first {goes[0]:.0f}, worst {max(goes):.0f}){slow}")


def main() -> int:
    """The benchmark that was named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("stalls")
    one.add_argument("--notes", type=int, default=300)
    one.add_argument("--pdfs", type=int, default=20)
    one.add_argument("--folder", help="index this folder instead of made files")
    one.add_argument("--typing", action="store_true", help="type queries meanwhile")
    one.add_argument("--worst", type=int, default=5, help="how many of the worst stalls to explain")
    two = commands.add_parser("start")
    two.add_argument("--documents", type=int, default=5000)
    two.add_argument("--runs", type=int, default=5)
    two.add_argument("--library", metavar="DIR", help="this one, and a first answer by meaning as well")
    two.add_argument("--cold", action="store_true", help="not in the system's cache")
    three = commands.add_parser("library")
    three.add_argument("--rows", type=int, default=100_000)
    three.add_argument("--worst", type=int, default=5, help="how many of the worst stalls to explain")
    for parser_ in (one, two, three):
        parser_.add_argument("--keep", metavar="DIR", help="make libraries here and use those that are there")
    run = commands.add_parser("started", help="one start, used by `start`")
    run.add_argument("--library", required=True)
    run.add_argument("--began", type=float, required=True)
    run.add_argument("--by-meaning", action="store_true")
    options = parser.parse_args()
    if options.command == "started":
        return started(options)
    with tempfile.TemporaryDirectory() as made:
        scratch = Path(options.keep or made) / options.command
        scratch.mkdir(parents=True, exist_ok=True)
        os.environ.setdefault("DESKTOP_KB_HOME", str(scratch / "home"))
        return {"stalls": stalls, "start": start, "library": library}[options.command](options, scratch)


if __name__ == "__main__":
    sys.exit(main())
