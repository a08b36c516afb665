"""What scripts beside this file answer, run in processes of their own: torch is not for the tests'."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_kb.inference.encoder_process import ENVIRONMENT


@dataclass(frozen=True, slots=True)
class Tiny:
    """Tiny random models as they are published, and what their model cards' code answers."""

    root: Path
    answers: dict[str, Any]


def answers_of(script: str, *arguments: str) -> Any:
    """What a script beside this file prints as JSON, run where torch may be loaded."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name(script)), *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, **ENVIRONMENT},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
