"""Finds the files that a bibliography names, which was often written on another machine."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final
from urllib.parse import unquote, urlsplit

_DRIVE: Final = re.compile(r"[A-Za-z]:[\\/]")
#: So many of a path's last parts are looked for below the bibliography: Zotero keeps a file in 'storage/ABCD1234'.
_TAIL: Final = 4


def file_named(readings: Iterable[str], folder: Path) -> Path | None:
    """The file that one of these readings of a path names, absolute or from the bibliography's folder; None if there is
    none. A path of another machine is looked for below the folder, with as many of its folders as are there."""
    for reading in readings:
        for path in _candidates(reading, folder):
            try:
                if path.is_file():
                    return Path(os.path.abspath(path))  # noqa: PTH100 - symlinks stay
            except (OSError, ValueError):  # too long, or a NUL in it
                continue
    return None


def shown(readings: Iterable[str]) -> str:
    """A path as a person knows it."""
    return _local(next(iter(readings), ""))


def _candidates(reading: str, folder: Path) -> Iterator[Path]:
    named = _local(reading)
    if not named or named.startswith(
        ("\\\\", "//")
    ):  # asking another machine for a file would tell it who asks
        return
    if not _DRIVE.match(named) and not named.startswith(("/", "~")):
        yield folder / named
        if "\\" in named:
            yield folder.joinpath(*PureWindowsPath(named).parts)
        return
    if os.name == "nt" or not _DRIVE.match(named):
        yield Path(named).expanduser()
    parts = (PureWindowsPath(named) if _DRIVE.match(named) else PurePosixPath(named)).parts[1:]
    for count in range(min(_TAIL, len(parts)), 0, -1):
        if ".." not in parts[-count:]:
            yield folder.joinpath(*parts[-count:])


def _local(reading: str) -> str:
    """The path of a `file:` address, or the reading itself; '' for an address elsewhere."""
    if not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+:", reading) or _DRIVE.match(reading):
        return reading
    try:
        address = urlsplit(reading)
    except ValueError:
        return ""
    if address.scheme != "file":
        return "" if address.scheme in ("http", "https", "ftp", "internal-pdf") else reading
    path = unquote(address.path)
    return path[1:] if re.match(r"/[A-Za-z]:", path) else path
