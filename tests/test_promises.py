"""What README promises is held by tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_every_promise_names_tests_that_exist() -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## What we promise")[2]
    rows = re.findall(r"^\| \*\*.+\| (.+) \|$", section.partition("\n## ")[0], re.MULTILINE)
    assert len(rows) > 9
    for row in rows:
        names = re.findall(r"`([\w/.]+)`", row)
        assert names
        for name in names:
            place = ROOT / "tests" / name
            assert place.is_dir() or place.is_file() or place.with_suffix(".py").is_file(), name
