"""Archives of 7-Zip (7zFormat.txt of the LZMA SDK): what is in one, and its files' bytes.

Files are packed in *folders*, one after the other in one stream, so a file is read by unpacking its folder; the one
unpacked last is kept. The standard library's LZMA decoder does the work, with its filters for programs' code.
"""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, zip_longest
from typing import Final, NamedTuple

from desktop_kb.errors import Problem
from desktop_kb.extract.package import too_large
from desktop_kb.extract.seven_zip_coders import AES, Coder, decoded

MAGIC: Final = b"7z\xbc\xaf\x27\x1c"
_HEAD = 32  # bytes before what is packed
_END, _HEADER, _STREAMS, _FILES, _PACKED, _FOLDERS, _IN_FOLDERS = 0, 1, 4, 5, 6, 7, 8
_SIZE, _SUM, _FOLDER, _UNPACKED, _COUNT, _NO_STREAM, _EMPTY, _NAMES, _PACKED_HEADER = (
    *(0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F, 0x11, 0x17),
)
_MOST_CODERS = 32
_MOST_HEADERS = 4  # each packed in another
_LARGEST_HEADER = 64 * 2**20


class Place(NamedTuple):
    """Where a file's bytes are: in which folder, from where on, how many; and their checksum, if it is known."""

    folder: int
    start: int
    size: int
    checksum: int | None


class File(NamedTuple):
    """A file: its name, and where its bytes are, None where it is empty."""

    name: str
    place: Place | None


@dataclass(frozen=True, slots=True)
class _Folder:
    """Coders in the order in which they unpack, and after each the size; what is packed stands at `at`."""

    coders: tuple[Coder, ...]
    is_chain: bool
    sizes: tuple[int, ...] = ()
    checksum: int | None = None
    packed: int = 1  # streams
    at: tuple[int, int] = (0, 0)


class SevenZip:
    """An archive that is open for reading.

    Args:
        largest: bytes of a folder; the files of a larger one are not read.
    """

    def __init__(self, data: bytes, largest: int) -> None:
        """Raises:
        Problem: encrypted, unpacks-too-large, other-packing.
        ValueError, EOFError, IndexError: damaged.
        """
        self._data = data
        self._largest = largest
        self._last: tuple[int, bytes] = (-1, b"")
        self._folders: list[_Folder] = []
        self._files: list[File] = []
        head = _Cursor(data[12:_HEAD])
        start, size = head.fixed(8), head.fixed(8)
        header = data[_HEAD + start :][:size]
        if len(header) < size or zlib.crc32(header) != head.fixed(4):
            raise ValueError("the header is not there")
        for _ in range(_MOST_HEADERS):
            cursor = _Cursor(header)
            kind = cursor.byte() if header else _END
            if kind == _PACKED_HEADER:
                folders, _ = _streams(cursor)
                header = self._unpacked(folders[0], _LARGEST_HEADER)
                continue
            if kind == _HEADER:
                self._read_header(cursor)
            return
        raise ValueError("headers in headers")

    def files(self) -> Sequence[File]:
        """The files in it, also empty ones; no folders of the disk."""
        return self._files

    def read(self, file: File) -> bytes:
        """The bytes of a file.

        Raises:
            Problem: encrypted, unpacks-too-large, other-packing, damaged.
        """
        place = file.place
        if place is None:
            return b""
        if self._last[0] != place.folder:
            self._last = (-1, b"")  # before the next is unpacked, as both may be large
            try:
                self._last = (place.folder, self._unpacked(self._folders[place.folder], self._largest))
            except (ValueError, EOFError, IndexError, OSError, lzma.LZMAError, zlib.error) as error:
                raise Problem("damaged") from error
        found = self._last[1][place.start : place.start + place.size]
        if len(found) < place.size or (place.checksum is not None and zlib.crc32(found) != place.checksum):
            raise Problem("damaged")
        return found

    def _read_header(self, cursor: _Cursor) -> None:
        places: list[Place] = []
        while (kind := cursor.byte()) != _END:
            if kind == _STREAMS:
                self._folders, places = _streams(cursor)
            elif kind == _FILES:
                self._files = list(_named(cursor, places))
            else:
                raise ValueError("a part of the header that is not known")

    def _unpacked(self, folder: _Folder, largest: int) -> bytes:
        if any(coder.identity == AES for coder in folder.coders):
            raise Problem("encrypted")
        if max(folder.sizes, default=0) > largest:
            raise too_large(largest)
        if not folder.is_chain:
            raise Problem("other-packing")
        start, size = folder.at
        data = self._data[start : start + size]
        for coder, unpacked in zip(folder.coders, folder.sizes, strict=True):
            data = decoded(coder, data, unpacked)
        return data


class _Cursor:
    """Reads a header byte by byte.

    Raises:
        EOFError: it ends.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        found = self._data[self._at : self._at + size]
        if len(found) < size:
            raise EOFError
        self._at += size
        return found

    def byte(self) -> int:
        return self.take(1)[0]

    def fixed(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def number(self) -> int:
        """A number: the first bits of its first byte say how many bytes follow."""
        first, value = self.byte(), 0
        for count in range(8):
            mask = 0x80 >> count
            if not first & mask:
                return value | (first & (mask - 1)) << (8 * count)
            value |= self.byte() << (8 * count)
        return value

    def bits(self, count: int) -> list[bool]:
        found = self.take((count + 7) // 8)
        return [bool(found[at // 8] & 0x80 >> at % 8) for at in range(count)]

    def rest(self) -> bytes:
        return self._data[self._at :]

    def checksums(self, count: int) -> list[int | None]:
        known = [True] * count if self.byte() else self.bits(count)
        return [self.fixed(4) if one else None for one in known]


def _streams(cursor: _Cursor) -> tuple[list[_Folder], list[Place]]:
    """The folders, and of each file in them its folder, place, size and checksum."""
    packed: list[tuple[int, int]] = []
    folders: list[_Folder] = []
    places: list[Place] | None = None
    while (kind := cursor.byte()) != _END:
        if kind == _PACKED:
            packed = _packed(cursor)
        elif kind == _FOLDERS:
            folders = _folders(cursor)
        elif kind == _IN_FOLDERS:
            places = _in_folders(cursor, folders)
        else:
            raise ValueError("a part of the streams that is not known")
    first = 0
    for number, folder in enumerate(folders):
        if folder.packed == 1:
            folders[number] = replace(folder, at=packed[first])
        first += folder.packed
    if places is None:
        places = [Place(number, 0, one.sizes[-1], one.checksum) for number, one in enumerate(folders)]
    return folders, places


def _packed(cursor: _Cursor) -> list[tuple[int, int]]:
    """Where what is packed stands, and how long each is."""
    start, count = _HEAD + cursor.number(), cursor.number()
    sizes: list[int] = []
    while (kind := cursor.byte()) != _END:
        if kind == _SIZE:
            sizes = [cursor.number() for _ in range(count)]
        else:
            cursor.checksums(count)
    return list(zip(accumulate(sizes, initial=start), sizes, strict=False))


def _folders(cursor: _Cursor) -> list[_Folder]:
    if cursor.byte() != _FOLDER:
        raise ValueError("no folders")
    count = cursor.number()
    if cursor.byte():
        raise ValueError("folders elsewhere")
    read = [_folder(cursor) for _ in range(count)]
    if cursor.byte() != _UNPACKED:
        raise ValueError("no sizes")
    folders = [_sized(folder, order, [cursor.number() for _ in range(outs)]) for folder, order, outs in read]
    while (kind := cursor.byte()) != _END:
        if kind != _SUM:
            raise ValueError("a part of the folders that is not known")
        sums = cursor.checksums(count)
        folders = [replace(folder, checksum=one) for folder, one in zip(folders, sums, strict=True)]
    return folders


def _sized(folder: _Folder, order: list[int], sizes: list[int]) -> _Folder:
    if not folder.is_chain:
        return replace(folder, sizes=(max(sizes),))
    coders, sizes = [folder.coders[at] for at in order], [sizes[at] for at in order]
    return replace(folder, coders=tuple(coders), sizes=tuple(sizes))


def _folder(cursor: _Cursor) -> tuple[_Folder, list[int], int]:
    """A folder, in which order its coders unpack, and how many streams come out of them."""
    coders: list[Coder] = []
    ins = outs = 0
    count = cursor.number()
    if not 0 < count <= _MOST_CODERS:
        raise ValueError("too many coders")
    for _ in range(count):
        flags = cursor.byte()
        identity = cursor.take(flags & 0xF).hex()
        fed, made = (cursor.number(), cursor.number()) if flags & 0x10 else (1, 1)
        coders.append(Coder(identity, cursor.take(cursor.number()) if flags & 0x20 else b""))
        ins, outs = ins + fed, outs + made
    if max(ins, outs) > _MOST_CODERS:
        raise ValueError("too many streams")
    feeds = {}  # which coder's input an output is
    for _ in range(outs - 1):
        into = cursor.number()
        feeds[cursor.number()] = into
    packed = ins - (outs - 1)
    if packed > 1:
        for _ in range(packed):
            cursor.number()
    order: list[int] = []
    at = next((one for one in range(ins) if one not in feeds.values()), None)
    while at is not None and at not in order:
        order.append(at)
        at = feeds.get(at)
    is_chain = ins == outs == len(coders) == len(order)
    return _Folder(tuple(coders), is_chain, packed=max(packed, 0)), order, outs


def _in_folders(cursor: _Cursor, folders: list[_Folder]) -> list[Place]:
    counts = [1] * len(folders)
    kind = cursor.byte()
    if kind == _COUNT:
        counts = [cursor.number() for _ in folders]
        kind = cursor.byte()
    places: list[Place] = []
    for number, (folder, count) in enumerate(zip(folders, counts, strict=True)):
        start = 0
        for nth in range(count):
            size = cursor.number() if kind == _SIZE and nth < count - 1 else folder.sizes[-1] - start
            places.append(Place(number, start, size, folder.checksum if count == 1 else None))
            start += size
    if kind == _SIZE:
        kind = cursor.byte()
    while kind != _END:
        if kind != _SUM:
            raise ValueError("a part of the files that is not known")
        unknown = [at for at, place in enumerate(places) if place.checksum is None]
        for at, checksum in zip(unknown, cursor.checksums(len(unknown)), strict=True):
            places[at] = places[at]._replace(checksum=checksum)
        kind = cursor.byte()
    return places


def _named(cursor: _Cursor, places: list[Place]) -> Iterator[File]:
    """The files by their names; which have bytes and which have none."""
    count = cursor.number()
    without, empty, names = [], list[bool](), list[str]()
    while (kind := cursor.byte()) != _END:
        said = _Cursor(cursor.take(cursor.number()))
        if kind == _NO_STREAM:
            without = said.bits(count)
        elif kind == _EMPTY:
            empty = said.bits(sum(without))
        elif kind == _NAMES and not said.byte():
            names = said.rest().decode("utf-16-le", "replace").split("\0")[:count]
    held, empties = iter(places), iter(empty)
    for name, has_none in zip_longest(names, without[: len(names)], fillvalue=False):
        if not has_none:
            yield File(str(name), next(held, None))
        elif next(empties, False):
            yield File(str(name), None)
