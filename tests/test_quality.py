"""The style and the types hold everywhere, so that `pytest` alone is the whole gate."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
#: A conftest.py in each folder would be one module of several files.
TESTS = sorted(str(path) for path in (ROOT / "tests").rglob("*.py") if path.name != "conftest.py")


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(["ruff", "check", "."], id="ruff"),
        pytest.param(["ruff", "format", "--check", "."], id="format"),
        pytest.param(["mypy", "-p", "desktop_kb"], id="types"),
        pytest.param(["mypy", *TESTS], id="types-tests"),
        pytest.param(["mypy", "--scripts-are-modules", "packaging/dev.py"], id="types-dev"),
        pytest.param(
            ["mypy", "--scripts-are-modules", "packaging/lock.py", "packaging/wine.py"], id="types-lock"
        ),
        pytest.param(
            ["mypy", "--scripts-are-modules", "packaging/build.py", "packaging/make_icons.py"],
            id="types-build",
        ),
    ],
)
def test_clean(check: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", *check],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
