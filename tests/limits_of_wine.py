"""What Wine cannot do and Windows can: the tests that need it are skipped there, each with its reason.

`packaging/wine.py` runs the suite under Wine. On Windows itself nothing here applies.
"""

from __future__ import annotations

import ctypes
import sys

#: The beginning of a test's name, from `tests/` on, and what Wine lacks.
LIMITS: dict[str, str] = {
    "unit/extract/test_folders.py::test_folders_may_lie_as_deep": "it makes a thousand folders in minutes",
    "unit/kb/test_adding.py::test_a_file_renamed_in_capitals": "a new name that differs in capitals only is not taken",
}


def under_wine() -> bool:
    """Whether this Windows is Wine."""
    return sys.platform == "win32" and hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")


def limit_of(test: str) -> str | None:
    """Why this test cannot run under Wine; None where it can."""
    name = test.removeprefix("tests/")
    return next((reason for begin, reason in LIMITS.items() if name.startswith(begin)), None)
