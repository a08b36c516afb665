"""Where a team's files stand, as their library has it and as this machine does.

Two kinds of places: in the team's folder, of which everybody has a root of their own (`team:/reports/may.pdf`), and
anywhere else on somebody's machine (`ada@desk:/home/ada/may.pdf`), which only that machine has. Where a file of the
folder says something else here than in the library, it stands apart: in the second way, until both say the same.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePath
from typing import Final

from desktop_kb.files import volume_of
from desktop_kb.records import Location
from desktop_kb.remote.sights import Sights

#: Before the path of a file in the team's folder.
TEAM: Final = "team:"
#: The drive of what is on other machines: one that is never connected (see `files.look`).
ELSEWHERE: Final = "on/another-machine"
_DRIVE: Final = re.compile(r"/[A-Za-z]:/")


class Folder:
    """Args:
    here: this person on this machine, 'ada@desk'; '' leaves paths as they are.
    root: the team's folder on this machine; '' if it is not here.
    """

    def __init__(self, here: str, root: str, sights: Sights) -> None:
        self._here, self._root, self.sights = here, PurePath(root) if root else None, sights
        there = bool(root) and Path(root).is_dir()
        #: The drive that the team's folder is on.
        self.volume = volume_of(Path(root) / TEAM) if there else ELSEWHERE

    def kept(self, path: str) -> str:
        """How the library has a path of this machine; what is none is left as it is."""
        inside = self.inside(path)
        return self.own(path) if inside is None or self.is_apart(inside) else inside

    def inside(self, path: str) -> str | None:
        """How the library has a path in the team's folder; None if it is not in there."""
        if self._root is None or not PurePath(path).is_relative_to(self._root):
            return None
        within = PurePath(path).relative_to(self._root).as_posix()
        return TEAM if within == "." else f"{TEAM}/{within}"

    def own(self, path: str) -> str:
        """How the library has a path that only this machine has."""
        if not self._here or not is_here(path):
            return path
        written = PurePath(path).as_posix()
        return f"{self._here}:{'' if written.startswith('/') else '/'}{written}"

    def ways(self, path: str) -> list[str]:
        """How the library may have what is at this path or below it."""
        ways = [self.own(path)]
        if (inside := self.inside(path)) is not None:
            ways.append(inside)
        elif self._root is not None and is_here(path) and self._root.is_relative_to(path):
            ways.append(TEAM)
        return ways

    def here(self, kept: str) -> str:
        """The path on this machine; as the library has it where this machine has none."""
        if kept.startswith(f"{TEAM}/"):
            if self._root is None or self.is_apart(kept):
                return kept
            return str(self._root / kept[len(TEAM) + 1 :])
        own = f"{self._here}:/"
        if not self._here or not kept.startswith(own):
            return kept
        path = kept[len(own) - 1 :]
        return str(PurePath(path[1:] if os.name == "nt" and _DRIVE.match(path) else path))

    def at(self, location: Location) -> Location:
        """The same of a file or a part."""
        return location._replace(path=self.here(location.path))

    def apart(self) -> list[str]:
        """What stands apart here, as the library has its place."""
        return self.sights.apart()

    def is_apart(self, kept: str) -> bool:
        """Whether the library has another text at this place of the team's folder than this machine."""
        sight = self.sights.known().get(kept)
        return sight is not None and sight.apart


def is_here(path: str) -> bool:
    """Whether it is a path of this machine."""
    return os.path.isabs(path)  # noqa: PTH117 - of names from other systems too


def is_shared(kept: str) -> bool:
    """Whether it is in the team's folder."""
    return kept.startswith(TEAM)
