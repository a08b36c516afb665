"""What Wine cannot do and Windows can: the tests that need it are skipped there, each with its reason.

`packaging/wine.py` runs the suite under Wine. On Windows itself nothing here applies.
"""

from __future__ import annotations

import ctypes
import sys

#: Wine locks by fcntl, which wants the right to write; SQLite passes over the refusal, APSW's VFS does not.
_LOCKS = "it locks no file that was opened for reading only, which a VFS of Python's reports"

#: The beginning of a test's name, from `tests/` on, and what Wine lacks.
LIMITS: dict[str, str] = {
    "e2e/test_hostile.py::test_hostile": "what is given up there has had its seconds of the processor in minutes",
    "e2e/test_kill.py": "a child whose parent is killed while it starts it neither begins nor ends",
    "unit/extract/test_folders.py::test_junctions": "it makes no junctions",
    "unit/extract/test_folders.py::test_folders_may_lie_as_deep": "it makes a thousand folders in minutes",
    "unit/kb/test_adding.py::test_a_file_renamed_in_capitals": "a new name that differs in capitals only is not taken",
    "unit/kb/test_python.py::test_the_pages_of_readme_have": "no mypy is set up, and it says the same everywhere",
    "unit/store/test_killed.py": _LOCKS,
    "unit/test_watching.py::test_what_is_touched": "of what lies deeper it tells nothing, or by a name it had before",
    "unit/test_disk.py::test_a_disk_full": _LOCKS,
    "unit/test_disk.py::test_a_disk_too_full": _LOCKS,
}


def under_wine() -> bool:
    """Whether this Windows is Wine."""
    return sys.platform == "win32" and hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")


def limit_of(test: str) -> str | None:
    """Why this test cannot run under Wine; None where it can."""
    name = test.removeprefix("tests/")
    return next((reason for begin, reason in LIMITS.items() if name.startswith(begin)), None)
