"""Reaching the helper of a library, and starting it. Imports next to nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any, Final

from desktop_kb import paths
from desktop_kb.errors import Problem
from desktop_kb.helper.channel import Channel, Gone, Late, connect
from desktop_kb.settings import load_person

#: Of the terminal that was typed in: what decides how an answer looks there.
ENVIRONMENT: Final = ("LC_ALL", "LC_MESSAGES", "LANG", "TERM", "NO_COLOR", "COLUMNS")

#: Until a helper that was started listens: its imports, from a cold disk.
_START_S: Final = 20.0


def is_on() -> bool:
    """Whether there is to be a helper."""
    if os.environ.get("DESKTOP_KB_HELPER") == "off":
        return False
    try:
        return load_person().helper
    except Problem:  # the command says what is wrong with the settings
        return False


def connected(library: paths.Library) -> Channel:
    """A connection to the helper, which is started if there is none.

    Raises:
        Gone: there is none in time, or it does not answer.
    """
    try:
        return connect(library)
    except Late:  # another one would wait for it in vain, and so would who asks
        raise
    except Gone:
        try:
            process = start(library)
        except OSError as error:  # no room for a process more
            raise Gone(str(error)) from error
    # Python warns of a child that nobody waits for, and it would stay a zombie in a long-lived program.
    threading.Thread(target=process.wait, name="helper-end", daemon=True).start()
    deadline = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.03)
        try:
            return connect(library)
        except Gone:
            continue
    return connect(library)  # another one may have been first


def start(library: paths.Library) -> subprocess.Popen[bytes]:
    """Start a helper that outlives this process; if there is one it ends at once."""
    from desktop_kb.worker import command

    detached: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        detached = {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    return subprocess.Popen(
        [*command(), "--worker", "helper", str(library.root)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=tempfile.gettempdir(),
        **detached,
    )
