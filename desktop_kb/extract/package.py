"""ZIP packages, as office files and books are: their entries, each read within limits.

What a package says of its sizes is not trusted: bytes are counted as they are unpacked. Nothing is written,
and an entry's name never becomes a path of the disk.
"""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from desktop_kb.errors import Problem

#: An office file with a password is a compound file (MS-CFB) with the package in it, encrypted.
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
#: How each entry of a ZIP file's directory begins.
DIRECTORY_ENTRY: Final = b"PK\x01\x02"
_MOST_ENTRIES = 50_000
#: Bytes unpacked of one entry and of a whole package. As a tree an entry takes up to ten times as much memory.
MOST_OF_ENTRY = 96 * 2**20
MOST_OF_PACKAGE = 384 * 2**20
_STEP = 2**18


class Package:
    """The entries of a ZIP file. Names are compared without regard to case, as office programs do it.

    Raises:
        Problem: encrypted, damaged, unpacks-too-large.
    """

    def __init__(self, data: bytes) -> None:
        if data.startswith(_COMPOUND) and _ENCRYPTED in data:
            raise Problem("encrypted")
        if data.count(DIRECTORY_ENTRY) > _MOST_ENTRIES:  # zipfile would make an object of each
            raise too_large(MOST_OF_PACKAGE)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError) as error:
            raise Problem("damaged") from error
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():  # of two with the same name, the first
            self._entries.setdefault(_name(info.filename), info)
        self._unpacked = 0
        self._asked: set[str] = set()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all entries, as they are written."""
        return tuple(info.filename for info in self._entries.values())

    def __contains__(self, name: str) -> bool:
        return _name(name) in self._entries

    def once(self, name: str) -> bool:
        """Whether there is such an entry and it is asked for the first time: what a hostile file names many
        thousand times is read once."""
        name = _name(name)
        is_new = name in self._entries and name not in self._asked
        self._asked.add(name)
        return is_new

    def read(self, name: str, *, streamed: bool = False) -> bytes:
        """The bytes of an entry.

        Args:
            streamed: no tree is made of it, so it may be as large as a whole package.

        Raises:
            Problem: encrypted, unpacks-too-large, or damaged; the latter too if there is no such entry.
        """
        info = self._entries.get(_name(name))
        if info is None:
            raise Problem("damaged")
        if info.flag_bits & 1:
            raise Problem("encrypted")
        parts: list[bytes] = []
        size = 0
        try:
            with self._zip.open(info) as entry:
                while part := entry.read(_STEP):
                    parts.append(part)
                    size += len(part)
                    self._unpacked += len(part)
                    if size > MOST_OF_ENTRY and not streamed:
                        raise too_large(MOST_OF_ENTRY)
                    if self._unpacked > MOST_OF_PACKAGE:
                        raise too_large(MOST_OF_PACKAGE)
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError) as error:
            raise Problem("damaged") from error
        except NotImplementedError as error:  # a compression that Python has not
            raise Problem("damaged") from error
        return b"".join(parts)


@contextmanager
def passing_over_damage() -> Iterator[None]:
    """Leave a damaged part of a file unread: the rest may be sound."""
    try:
        yield
    except Problem as problem:
        if problem.code != "damaged":
            raise


def _name(written: str) -> str:
    """A name as it is compared. Some programs write Windows' separators."""
    return written.replace("\\", "/").lstrip("/").lower()


def too_large(limit_bytes: int) -> Problem:
    """The problem of what unpacks to more bytes than these."""
    return Problem("unpacks-too-large", limit_mib=limit_bytes // 2**20)
