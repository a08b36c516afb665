"""The log of a private library: no text, no query, no path."""

from __future__ import annotations

import logging
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from desktop_kb import diagnostics, paths
from desktop_kb.errors import StorageProblem


def test_nothing_private_is_logged(bench: Any) -> None:
    diagnostics.set_up()
    diagnostics.set_up()
    bench.run(
        bench.file("Secretname.txt", "Confidential bees dance."),
        bench.file("Secretbroken.txt", "BROKEN confidential"),
        bench.file("Secretlocked.pdf", "LOCKED confidential"),
        str(bench.folder / "Secretmissing.txt"),
    )
    bench.search("confidential tag:bees")
    log = (paths.log_dir() / "desktop-kb.log").read_text(encoding="utf-8")
    name = diagnostics.alias(str(bench.folder / "Secretname.txt"))
    assert log.count(f"stored {name}") == 1
    for private in ("secret", "confidential", "bees", str(bench.folder).lower()):
        assert private not in log.lower()


@pytest.mark.skipif(os.name != "posix", reason="rights are another thing there")
def test_the_log_is_the_persons_own() -> None:
    diagnostics.set_up()
    mode = (paths.log_dir() / "desktop-kb.log").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_home_that_cannot_be_written_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(paths, "log_dir", broken)
    diagnostics.set_up()
    assert "No log is kept" in capsys.readouterr().err


def test_a_log_that_another_program_has_open_grows_until_it_is_free(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Windows renames no file that is open elsewhere, as the window's log is while a command runs."""
    monkeypatch.setattr(diagnostics, "_MOST_BYTES", 300)
    diagnostics.set_up()
    log, path = logging.getLogger("desktop_kb"), paths.log_dir() / "desktop-kb.log"
    with monkeypatch.context() as busy, path.open("ab"):
        if os.name == "posix":
            busy.setattr(os, "replace", lambda source, target: exec("raise PermissionError(13, 'in use')"))
        for number in range(20):
            log.info("line %d", number)
        assert path.read_text("utf-8").count("line") == 20
    log.info("the last line")
    assert path.read_text("utf-8").count("line") == 1
    assert path.with_name("desktop-kb.log.1").read_text("utf-8").count("line") == 20
    assert capsys.readouterr().err == ""


def test_an_alias_gives_nothing_away_and_stays() -> None:
    assert diagnostics.alias("/home/a/bees.pdf") == diagnostics.alias("/home/a/bees.pdf")
    assert diagnostics.alias("/home/a/bees.pdf") != diagnostics.alias("/home/b/bees.pdf")
    assert len(diagnostics.alias("caf\udce9")) == 8


def test_an_exception_tells_where_it_was_and_not_what_it_said() -> None:
    diagnostics.set_up()
    try:
        try:
            "confidential bees".index("lantern in /home/secret")
            int("confidential bees")
        except ValueError as error:
            raise StorageProblem("io-error", path="/home/secret", reason="secret") from error
    except StorageProblem:
        for handler in logging.getLogger("desktop_kb").handlers:
            record = logging.LogRecord("x", 40, "y", 1, "failed", (), sys.exc_info())
            handler.handle(record)
    log = (paths.log_dir() / "desktop-kb.log").read_text(encoding="utf-8")
    assert "StorageProblem io-error" in log
    assert "ValueError" in log
    assert "test_diagnostics.py:" in log
    for private in ("secret", "confidential", "lantern"):
        assert private not in log
