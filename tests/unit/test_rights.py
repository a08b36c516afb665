"""Whatever the umask says, what the program writes is its owner's alone."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeEmbedder

from desktop_kb import diagnostics, paths, settings

pytestmark = pytest.mark.skipif(os.name != "posix", reason="rights are another thing there")


@pytest.fixture(autouse=True)
def _open_to_all() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def rights(folder: Path) -> dict[str, str]:
    """What is not 0700 (folders) or 0600 (files), by name."""
    return {
        path.name: oct(stat.S_IMODE(path.stat().st_mode))
        for path in (folder, *folder.rglob("*"))
        if stat.S_IMODE(path.stat().st_mode) != (0o700 if path.is_dir() else 0o600)
    }


def test_the_library_with_all_that_is_in_it(open_bench: Any) -> None:
    bench = open_bench(FakeEmbedder())
    assert bench.store.lock.acquire()
    bench.run(bench.file("a.pdf", "Bees dance."), bench.file("b.txt", "Whales sing."))
    settings.save(bench.store.library.settings, {"trash_days": 9})
    there = {path.name for path in bench.store.library.root.rglob("*")}
    assert there >= {"library.sqlite", "library.sqlite-wal", "settings.json", "files", "indexer.lock"}
    assert rights(bench.store.library.root) == {}


def test_the_persons_settings_and_log() -> None:
    home = paths.log_dir().parent
    root = logging.getLogger("desktop_kb")
    before = root.handlers[:], root.level, root.propagate
    root.handlers.clear()
    diagnostics.set_up()
    (rotating,) = (handler for handler in root.handlers if hasattr(handler, "doRollover"))
    logging.getLogger("desktop_kb.test").info("first")
    rotating.doRollover()
    logging.getLogger("desktop_kb.test").info("second")
    for handler in root.handlers:
        handler.close()
    root.handlers[:], root.level, root.propagate = before
    settings.save(paths.config_dir() / "settings.json", {"threads": 2})
    names = {path.name for path in home.rglob("*")}
    assert names >= {"settings.json", "desktop-kb.log", "desktop-kb.log.1"}
    assert rights(paths.config_dir()) == rights(paths.log_dir()) == {}
