"""What the system says has been touched in folders: a hint where to look, never what is there.

Linux's inotify, Windows' ReadDirectoryChangesW and macOS' FSEvents tell what this machine changes. A folder on a file
server, which others change too, and one that the system cannot watch (too many folders in it) have to be looked
through: they are `polled`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from desktop_kb import paths

if TYPE_CHECKING:
    from watchfiles._rust_notify import RustNotify

log = logging.getLogger(__name__)

#: The watcher looks so often whether to stop, and whether more follows what was touched; it gathers this long.
_STEP_MS: Final = 200
_GATHER_MS: Final = 1000
#: What it says of an entry besides 'modified', which of a folder says nothing: its entries speak for themselves.
_MODIFIED: Final = 2


class Flag(Protocol):
    """What is asked whether to stop."""

    def is_set(self) -> bool: ...

    def wait(self, timeout: float) -> bool: ...


class Watcher:
    """Watches folders that are there, until it is closed.

    Attributes:
        polled: those of the folders that have to be looked through.
    """

    def __init__(self, folders: Iterable[str]) -> None:
        wanted = list(folders)
        self._real = {os.path.realpath(folder): folder for folder in wanted}
        self.polled = {folder for folder in wanted if paths.network_of(Path(folder))}
        self._local = [folder for folder in wanted if folder not in self.polled]
        self._notify = self._begun()

    def _begun(self) -> RustNotify | None:
        """What watches all that can be watched; the others are polled."""
        notify = _notify(self._local)
        if notify is None:  # one of them cannot be watched
            for folder in self._local:
                if (alone := _notify([folder])) is None:
                    self.polled.add(folder)
                else:
                    alone.close()
            notify = _notify([folder for folder in self._local if folder not in self.polled])
        return notify

    def wait(self, seconds: float, stop: Flag) -> set[str]:
        """The paths that were touched since it was asked last, or folders where it cannot be said what was; waits until
        some are, or these seconds.

        Raises:
            KeyboardInterrupt: the person asked to stop.
        """
        if self._notify is None:
            stop.wait(seconds)
            return set()
        from watchfiles._rust_notify import WatchfilesRustInternalError

        try:
            found = self._notify.watch(_GATHER_MS, _STEP_MS, max(1, round(1000 * seconds)), stop)
        except WatchfilesRustInternalError as error:
            # A name that is no text was touched: it tells nothing any more.
            log.info("watched anew: %s", type(error).__name__)
            self._notify.close()
            self._notify = self._begun()
            return set(self._local)
        if found == "signal":
            raise KeyboardInterrupt
        if isinstance(found, str):
            return set()
        return {
            self._as_asked(path) for change, path in found if change != _MODIFIED or not Path(path).is_dir()
        }

    def close(self) -> None:
        """Stop watching."""
        if self._notify is not None:
            self._notify.close()
            self._notify = None

    def _as_asked(self, path: str) -> str:
        """A path below the folder as it was asked for, not by a link in it: FSEvents tells paths without links, and
        inotify by which of several ways it came last."""
        parent, name = os.path.split(path)
        real = os.path.realpath(parent)
        if path in self._real.values():
            return path
        for root, folder in self._real.items():
            if real == root or real.startswith(os.path.join(root, "")):  # noqa: PTH118 - text
                return os.path.join(folder + real[len(root) :], name)  # noqa: PTH118 - text
        return path


def _notify(folders: list[str]) -> RustNotify | None:
    """What watches these folders and all below them; None if one cannot be watched, or there are none."""
    # Loaded where a folder is watched: it takes .1 s.
    from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

    if not folders:
        return None
    try:
        return RustNotify(folders, False, False, 300, True, True)
    except (OSError, UnicodeEncodeError, WatchfilesRustInternalError) as error:
        log.info("not watched: %s", type(error).__name__)
        return None
