"""The plain values that records are made of."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
#: In half the memory, where there are many.
Halves = NDArray[np.float16]
Ints = NDArray[np.int32]

#: A metadata value: an integer, else an ISO date, else any string (both as `str`).
Value = int | str
Json = dict[str, Any]
PathLike = str | Path


#: How the paths of a team begin that are not of this machine: see `remote.folder`.
_OF_OTHERS: Final = re.compile(r"(?:team|[^/\\:@]+@[^/\\:@]+):/")


def is_of_others(path: str) -> bool:
    """Whether it is the path of a file that other machines of a team have."""
    return _OF_OTHERS.match(path) is not None


class Location(NamedTuple):
    """Where a content stands: in the file `path` itself, or in a part of it: 'mails/3.eml', of a part in a part
    'old.zip/report.docx'."""

    path: str
    part: str = ""

    @property
    def name(self) -> str:
        """The name of the file or the part, with its suffix; on Windows too a part has '/'."""
        return self.part.rpartition("/")[2] if self.part else Path(self.path).name

    @property
    def inside(self) -> str:
        """The name of the file that it is a part of, and of the part; '' for a file itself."""
        return f"{Path(self.path).name} › {self.part}" if self.part else ""

    @property
    def shown(self) -> str:
        """Path and part as people see them."""
        return f"{self.path} › {self.part}" if self.part else self.path

    def is_in(self, parts: frozenset[str]) -> bool:
        """Whether it is one of these parts of its file, or in one of them."""
        part = self.part
        while part:
            if part in parts:
                return True
            part = part.rpartition("/")[0]
        return False


class Located:
    """What has a path: a file, or a part of it; see `Location`."""

    __slots__ = ()
    path: str
    part: str

    @property
    def location(self) -> Location:
        """The file or its part; of a document one of its places."""
        return Location(self.path, self.part)
