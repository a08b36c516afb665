"""What this machine saw at the places of a library that several share: a journal, one line each, the last one counts.

Others write the same library, so only this tells a file that was changed here from one that somebody else's text has
replaced. Several processes add to it; each reads on from where it was.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from desktop_kb.files import write_whole
from desktop_kb.records import PlaceState

#: So many lines that count no more are left standing.
_OUTDATED: Final = 10_000


class Sight(NamedTuple):
    """The file at a place, as it was here.

    Attributes:
        content: its hash.
        apart: what stands here is not what the library has there; both are kept (see `Folder`).
    """

    content: str
    size: int = 0
    mtime_ns: int = 0
    state: PlaceState = "there"
    apart: bool = False


class Sights:
    """Thread-safe.

    Args:
        file: the journal; it need not exist.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._guard = threading.Lock()
        self._known: dict[str, Sight] = {}
        self._read = 0
        self._lines = 0

    def known(self) -> Mapping[str, Sight]:
        """All, by place as the library has it; not to be changed."""
        with self._guard:
            self._read_on()
            return self._known

    def note(self, seen: Mapping[str, Sight]) -> None:
        """Remember what was seen."""
        with self._guard:
            self._read_on()
            new = {place: sight for place, sight in seen.items() if self._known.get(place) != sight}
            if not new:
                return
            self._known |= new
            if self._lines + len(new) > 2 * len(self._known) + _OUTDATED:
                write_whole(self._file, _written(self._known))
                self._read, self._lines = self._file.stat().st_size, len(self._known)
                return
            lines = _written(new)
            with self._file.open("ab") as journal:
                if journal.tell() == self._read:
                    journal.write(lines)
                    self._read += len(lines)
                    self._lines += len(new)
                else:  # behind what another process wrote meanwhile, or a kill has left: read with that
                    journal.write(b"\n" + lines)

    def _read_on(self) -> None:
        try:
            size = self._file.stat().st_size
        except FileNotFoundError:
            return
        if size == self._read:
            return
        if size < self._read:  # written anew
            self._known, self._read, self._lines = {}, 0, 0
        with self._file.open("rb") as journal:
            journal.seek(self._read)
            for line in journal:
                if not line.endswith(b"\n"):  # another process is writing it
                    break
                self._read += len(line)
                self._lines += 1
                try:
                    place, *sight = json.loads(line)
                    self._known[place] = Sight(*sight)
                except (ValueError, TypeError):  # torn by a kill: as if it had not been seen
                    continue


def _written(sights: Mapping[str, Sight]) -> bytes:
    return b"".join(json.dumps([place, *sight]).encode() + b"\n" for place, sight in sights.items())
