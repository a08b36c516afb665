"""What holds for every test: its own folders, no window, and no surprise in the log."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from limits_of_wine import limit_of, under_wine

from desktop_kb.search.calibration import Calibration

os.environ["QT_QPA_PLATFORM"] = "offscreen"
if os.name == "nt":  # drawn into memory, Qt does not know the system's fonts
    os.environ["QT_QPA_FONTDIR"] = str(Path(os.environ["SYSTEMROOT"], "Fonts"))
# A busy machine is no bug; what must be fast is measured in seconds of the processor, in tests of its own.
settings.register_profile("desktop-kb", deadline=None)
settings.load_profile("desktop-kb")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip under Wine what needs Windows itself."""
    if under_wine():
        for item in items:
            if reason := limit_of(item.nodeid):
                item.add_marker(pytest.mark.skip(reason=f"Wine: {reason}"))


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The person's folders, in this test and in every child it starts."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("DESKTOP_KB_HOME", str(home))
    monkeypatch.setenv("DESKTOP_KB_HELPER", "off")  # it would outlive its test
    monkeypatch.setenv("LC_ALL", "C.UTF-8")  # whatever the machine speaks
    return home


@pytest.fixture(autouse=True)
def _calibrated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand-ins for models have no direction that all texts share, and are not asked for it."""
    monkeypatch.setattr("desktop_kb.search.calibration.measure", lambda _embedder: Calibration({}))


@pytest.fixture(autouse=True)
def _fsync_as_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows flushes only files that were opened for writing (FlushFileBuffers); so does every test."""
    if os.name == "nt":
        return
    import fcntl  # not on Windows

    fsync = os.fsync

    def strict(opened: int) -> None:
        read_only = fcntl.fcntl(opened, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
        if read_only and not stat.S_ISDIR(os.fstat(opened).st_mode):
            raise PermissionError(13, "Permission denied")
        fsync(opened)

    monkeypatch.setattr(os, "fsync", strict)


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    """The program's log ends with the test: `diagnostics.set_up` opens a file and takes the log to itself."""
    logger = logging.getLogger("desktop_kb")
    before = logger.handlers[:], logger.level, logger.propagate
    yield
    for handler in logger.handlers:
        if handler not in before[0]:
            handler.close()
    logger.handlers[:], logger.level, logger.propagate = before


class _Unexpected(logging.Handler):
    """Keeps what a test was not prepared for: a warning nobody reads is a bug."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture(autouse=True)
def _no_unexpected_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test during which a warning or error was logged.

    A test that means it says so: `@pytest.mark.logs("part of the message")`, and then fails
    if nothing of the kind was logged.
    """
    handler = _Unexpected()
    logging.getLogger().addHandler(handler)
    yield
    logging.getLogger().removeHandler(handler)
    expected = [part for mark in request.node.iter_markers("logs") for part in mark.args]
    messages = [f"{record.name}: {record.getMessage()}" for record in handler.records]
    unexpected = [message for message in messages if not any(part in message for part in expected)]
    assert not unexpected, "logged, but not expected"
    missing = [part for part in expected if not any(part in message for message in messages)]
    assert not missing, "expected in the log, but not there"
