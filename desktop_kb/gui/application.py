"""Start and end of the window, with one instance per library, and screenshots without a display."""

from __future__ import annotations

import logging
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Final

from PySide6.QtCore import (
    QMessageLogContext,
    QSettings,
    QSocketNotifier,
    Qt,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtGui import QFontDatabase, QIcon
from PySide6.QtWidgets import QApplication, QMessageBox

from desktop_kb import paths
from desktop_kb.errors import Problem, StorageProblem, UsageProblem
from desktop_kb.gui import input_method, instance, theme, translation
from desktop_kb.gui.backups_due import BackupsDue
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.links import library_of
from desktop_kb.gui.quick.quick import Quick
from desktop_kb.gui.running import Application
from desktop_kb.gui.sheets.libraries import remember_library
from desktop_kb.gui.targets import Target
from desktop_kb.gui.translation import say
from desktop_kb.gui.views import VIEWS
from desktop_kb.gui.widgets import bring_forward
from desktop_kb.gui.window import MainWindow
from desktop_kb.kb import KnowledgeBase, Parts
from desktop_kb.records import Finding, parse_link
from desktop_kb.settings import load, save

log = logging.getLogger(__name__)

#: A path in one of Qt's messages, up to the end of the line because paths may contain spaces.
_PATH = re.compile(r"(?:file:|/|\\\\|\b[A-Za-z]:[/\\]).*")

_SETTLE_S = 60.0
_ONCE: Final = Qt.ConnectionType.SingleShotConnection
#: The one thing a screenshot can show that is not a view.
SETTINGS: Final = "settings"


def open_link(text: str, library: str | None = None, *, parts: Parts | None = None) -> int:
    """Open the window of the library that a link names, which asks before it shows anything. What is no link, or leads
    nowhere, is only said."""
    link = parse_link(text)
    state = _state()
    root = library_of(link, state, library) if link is not None else None
    if link is not None and root is not None:
        return run(str(root), link=str(link), parts=parts)
    problem = UsageProblem("no-link") if link is None else Problem("link-elsewhere")
    app = _application()
    _dress(app, state)
    QMessageBox.warning(None, "Desktop KB", say(problem))
    return problem.exit_code


def _state() -> QSettings:
    return QSettings(str(paths.config_dir() / "window.ini"), QSettings.Format.IniFormat)


def run(
    library: str | None = None,
    files: Sequence[Path] = (),
    *,
    link: str = "",
    quick: bool = False,
    parts: Parts | None = None,
) -> int:
    """Open the window, add `files`, follow `link`, and return after the window was closed.

    A second start raises the window of the first one and passes these to it.

    Args:
        quick: open quick find, and the window only if it is asked for there.
    """
    app = _application()
    app.setQuitOnLastWindowClosed(False)  # the main window says when it has ended: it may be in the tray
    state = _state()
    _follow_system(app, state)
    chosen: str | None = library
    rescue_first, lost = False, None
    while True:
        name = instance.server_name(chosen)
        if instance.tell(name, instance.QUICK if quick else instance.message_of(files, link)):
            return 0
        _dress(app, state)
        try:
            if rescue_first:
                raise StorageProblem("database-damaged")
            bridge = Bridge(KnowledgeBase(chosen, parts=parts))
        except Problem as problem:
            from desktop_kb.gui.sheets.rescue_sheet import offer_rescue

            rescued = offer_rescue(paths.library(chosen).root, problem, skip_question=rescue_first)
            if rescued is None:
                return problem.exit_code
            root, lost = rescued
            chosen, rescue_first = str(root), False
            continue
        window = _made(app, bridge, state)
        remember_library(bridge.kb.library.root, state)  # by its id links find it from now on
        app.pass_to(partial(_open_in, window))
        code = _run_window(app, window, state, name, (files, link), quick=quick, lost=lost)
        app.pass_to(None)
        files, quick, lost = (), False, None
        if window.next_library is None:
            return code
        chosen, rescue_first, link = window.next_library, window.rescue_next, window.next_link


def _made(app: QApplication, bridge: Bridge, state: QSettings) -> MainWindow:
    with theme.undressed(app):
        return MainWindow(bridge, state)


def _begin(window: MainWindow) -> None:
    """Start what goes on behind the window: the model's process at once; what works in this one, and would take its
    time from the drawing, once the library's contents are shown."""
    window.bridge.kb.share_models()
    window.bridge.warm_up()
    window.filled.connect(partial(QTimer.singleShot, 0, window, partial(_go_on, window)), _ONCE)


def _go_on(window: MainWindow) -> None:
    window.bridge.kb.start_indexing()
    if window.bridge.kb.library.root == paths.library(paths.sample_library()).root:
        window.intake.add_samples()


def _hand_in(window: MainWindow, files: Sequence[Path], link: str) -> None:
    """What the program was started with, or what a later start passes on."""
    if files:
        window.add(list(files))
    if link:
        window.links.follow(link, outside=True)


def _run_window(
    app: QApplication,
    window: MainWindow,
    state: QSettings,
    name: str,
    handed: tuple[Sequence[Path], str],
    *,
    quick: bool,
    lost: Sequence[Finding] | None,
) -> int:
    """Show the window until it has ended, then close its library; see `run`.

    Args:
        name: by which later starts reach it.
        handed: files to add, and a link to follow.
        lost: what a rescue of the library has lost, if there was one.
    """
    bridge = window.bridge
    window.ended.connect(app.exit)
    small = Quick(window, state)
    server = instance.listen(name, partial(_told, window, small))
    if quick:
        small.open()
    else:
        window.show()
    _begin(window)
    _hand_in(window, *handed)
    if lost is not None:
        window.checks.open(repair=True, lost=lost)
    window.intake.watch(app)
    window.follower.watch()
    BackupsDue(window)
    with _ending_in_order(app):
        code = app.exec()
    server.close()
    small.close()
    bridge.close()
    window.deleteLater()
    return code


def _open_in(window: MainWindow, files: Sequence[Path], link: str) -> None:
    """Show in the window what the system opens."""
    bring_forward(window)
    _hand_in(window, files, link)


def _told(window: MainWindow, small: Quick, message: bytes) -> None:
    """Do what a later start of the program asks for."""
    if message == instance.QUICK:
        small.open()
        return
    _open_in(window, *instance.told(message))


def screenshot(
    file: Path,
    library: str | None = None,
    *,
    query: str = "",
    view: str = "",
    dark: bool = False,
    language: str = "en",
    parts: Parts | None = None,
) -> int:
    """Draw the window to a PNG once its search has settled, and return.

    Args:
        view: a view's id, or 'settings'; '' is the first view.
    """
    view = view or VIEWS[0].id
    if view not in (known := (*(entry.id for entry in VIEWS), SETTINGS)):
        raise UsageProblem("usage", reason="no-view", view=view, views=", ".join(known))
    app = application_in_memory()
    theme.apply(app, dark)
    translation.apply(app, language)
    bridge = Bridge(KnowledgeBase(library, parts=parts))
    state = QSettings(str(paths.cache_dir() / "screenshot.ini"), QSettings.Format.IniFormat)
    state.clear()
    window = _made(app, bridge, state)
    window.resize(1440, 900)  # the offscreen platform has no real screen to fit
    window.show()
    try:
        _until(app, lambda: window.status is not None)
        if query or view == SETTINGS:  # both need the model: its hits, and the device it runs on
            bridge.warm_up()
            _until(app, lambda: bridge.kb.model_ready)
        if query:
            window.box.ask(query)
            _until(app, lambda: window.drawn)
        _show(window, view, bool(query))
        window.reload()
        _until(app, lambda: window.drawn)
        shown = QApplication.activeModalWidget() if view == SETTINGS else None
        saved = (shown or window).grab().save(str(file), "PNG")
    finally:
        window.close()
        bridge.close()
        window.deleteLater()
    if not saved:
        raise Problem("unreadable", path=str(file), reason="no-picture")
    return 0


def _show(window: MainWindow, view: str, asked: bool) -> None:
    """Show a view. A view of a single document shows the document of the hit, or the library's first."""
    if view == SETTINGS:
        window.sheets.settings()
        return
    entry = next(entry for entry in VIEWS if entry.id == view)
    if entry.of_document and not asked and window.documents:
        window.open(Target("document", window.documents[0].document))
    else:
        window.visit(entry)


def _application() -> Application:
    existing = QApplication.instance()
    if isinstance(existing, Application):
        return existing
    qInstallMessageHandler(_to_log)
    if sys.platform not in ("win32", "darwin"):  # Qt supports the input methods of these two directly
        os.environ["QT_IM_MODULES"] = input_method.modules(os.environ)
    app = Application(["desktop-kb"])
    app.setApplicationName("Desktop KB")
    app.setDesktopFileName("desktop-kb")
    app.setWindowIcon(QIcon(str(paths.resource("icons/desktop-kb.png"))))
    return app


def application_in_memory() -> Application:
    """An application that needs no display. On Windows Qt then knows the fonts of one folder only, and not its
    collections, which the Chinese ones are."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if sys.platform == "win32":
        os.environ.setdefault("QT_QPA_FONTDIR", str(Path(os.environ["SYSTEMROOT"], "Fonts")))
    app = _application()
    if sys.platform == "win32":
        for collection in Path(os.environ["QT_QPA_FONTDIR"]).glob("*.ttc"):
            QFontDatabase.addApplicationFont(str(collection))
    return app


def _to_log(kind: QtMsgType, _context: QMessageLogContext, message: str | None) -> None:
    """Write Qt's messages into the log, not to the person's terminal."""
    grave = kind in (QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg)
    log.log(logging.ERROR if grave else logging.INFO, "Qt: %s", _PATH.sub("(a path)", message or ""))


def _dress(app: QApplication, state: QSettings) -> None:
    _choose_theme(app, state)
    translation.apply(app, _language(state))


def _follow_system(app: QApplication, state: QSettings) -> None:
    """Choose the theme anew when the system's changes, or the contrast that it asks for."""
    hints = app.styleHints()
    hints.colorSchemeChanged.connect(lambda _scheme: _choose_theme(app, state))
    hints.accessibility().contrastPreferenceChanged.connect(lambda _wanted: _choose_theme(app, state))


def _choose_theme(app: QApplication, state: QSettings) -> None:
    """The person's, or else the system's; asked anew whenever either changes."""
    theme.apply(app, {"dark": True, "light": False}.get(str(state.value("theme", ""))))


def _language(state: QSettings) -> str:
    """The language in the person's settings. Earlier versions stored it with the window's state; it is
    moved from there."""
    file = paths.config_dir() / "settings.json"
    try:
        if state.contains("language"):
            save(file, {"language": str(state.value("language")) or "system"})
            state.remove("language")
        return load(file).language
    except Problem as problem:  # opening the library will report it
        log.info("the language was not read: %s", problem.code)
        return "system"


@contextmanager
def _ending_in_order(app: QApplication) -> Iterator[None]:
    """Within this context, a termination signal (at logout, for example) closes the window as its close
    button does. A second signal ends the program at once.

    Python runs signal handlers between bytecode instructions. While Qt's event loop waits, no bytecode
    runs; while a widget is painted, it does. So the signal is written into a pipe that the loop watches.
    """
    if sys.platform == "win32":  # Windows closes windows with messages, not signals
        yield
        return

    def only_once(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)

    def end() -> None:
        os.read(out, 64)
        app.quit()

    out, into = os.pipe()
    os.set_blocking(into, False)
    heard = QSocketNotifier(out, QSocketNotifier.Type.Read)
    heard.activated.connect(end)
    woken = signal.set_wakeup_fd(into)
    before = {
        number: signal.signal(number, only_once)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        if signal.getsignal(number) is not signal.SIG_IGN  # `nohup` ignores SIGHUP
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(woken)
        heard.setEnabled(False)
        os.close(out)
        os.close(into)


def _until(app: QApplication, done: Callable[[], bool]) -> None:
    """Process events until `done` is true twice in a row; for a minute at most."""
    deadline = time.monotonic() + _SETTLE_S
    seen = 0
    while seen < 2 and time.monotonic() < deadline:
        seen = seen + 1 if done() else 0
        _process_events(app, 0.02)


def _process_events(app: QApplication, seconds: float) -> None:
    ready: list[bool] = []
    QTimer.singleShot(round(seconds * 1000), lambda: ready.append(True))
    while not ready:
        app.processEvents()
        time.sleep(0.005)
