"""Files of the library's folder of notes that are in no list: about to be there, or there and not in the queue yet. A
kill between the two would leave them there for good.

Who writes such files notes their names in a journal first, each time in a file of its own, so that several programs do
not meet. One that was left is found by the next, which queues what it names; a file that is queued twice is found to be
unchanged.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from desktop_kb.files import make_private, write_whole

log = logging.getLogger(__name__)

#: A journal of nothing that is there is of who was killed before the first file; younger, it may be written just now.
_OLD_S: Final = 3600.0


class Unqueued:
    """Thread-safe.

    Args:
        into: the library's folder of notes; of a team's library one that others write to as well.
        root: where what is of this machine alone is kept.
    """

    def __init__(self, into: Path, root: Path) -> None:
        self._into, self._folder = into, root / "unqueued"
        self._guard = threading.Lock()
        self._journals: dict[Path, set[Path]] = {}

    def expect(self, files: Sequence[Path]) -> None:
        """These files are about to be written; of others than notes of the library nothing is noted.

        Raises:
            OSError: the journal cannot be written; then they must not be.
        """
        own = [file for file in files if file.is_relative_to(self._into)]
        if not own:
            return
        make_private(self._folder)
        journal = self._folder / uuid.uuid4().hex
        write_whole(journal, json.dumps([file.relative_to(self._into).as_posix() for file in own]).encode())
        with self._guard:
            self._journals[journal] = set(own)

    def queued(self, files: Iterable[str | Path]) -> None:
        """These files are in the queue now."""
        with self._guard:
            done = set(map(Path, files)) if self._journals else set()
            for journal, own in list(self._journals.items()):
                if not done.isdisjoint(own) and not any(file.is_file() for file in own - done):
                    with contextlib.suppress(OSError):  # then they are queued once more
                        journal.unlink()
                    del self._journals[journal]

    def left(self) -> list[Path]:
        """The files that journals name and nobody has queued yet, perhaps of a program that was killed."""
        found: dict[Path, None] = {}
        for journal in sorted(self._folder.glob("?" * 32)):
            try:
                names = json.loads(journal.read_bytes())
                since = time.time() - journal.stat().st_mtime
            except FileNotFoundError:  # queued meanwhile
                continue
            except (OSError, ValueError):
                log.info("%s cannot be read", journal, exc_info=True)
                continue
            named = self._named(names)
            files = [file for file in named if file.is_file()]
            if not files and since > _OLD_S:
                with contextlib.suppress(OSError):  # then it is met again
                    journal.unlink()
                continue
            with self._guard:
                self._journals[journal] = set(named)
            found |= dict.fromkeys(filter(_is_written, files))
        return list(found)

    def _named(self, names: object) -> list[Path]:
        own = self._into.resolve()
        paths = (
            [self._into / name for name in names if isinstance(name, str)] if isinstance(names, list) else []
        )
        return [path for path in paths if path.resolve().is_relative_to(own)]


def _is_written(file: Path) -> bool:
    """Whether it is there and more than the name that a new note has at first."""
    try:
        return file.stat().st_size > 0
    except OSError:
        return False
