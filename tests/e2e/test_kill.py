"""A program that is killed leaves a whole library and no child; `tests/bench/kill.py` is the long version."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_BENCH = Path(__file__).parents[1] / "bench" / "kill.py"


def test_killed_three_times_and_still_whole() -> None:
    few = ("--kills", "3", "--notes", "20", "--pages", "20", "--longest", "9")
    done = subprocess.run([sys.executable, str(_BENCH), *few], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_killed_at_something_else_and_still_whole() -> None:
    few = ("--kills", "3", "--notes", "12")
    bench = _BENCH.with_name("kill_others.py")
    done = subprocess.run([sys.executable, str(bench), *few], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
