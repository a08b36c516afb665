"""Archives (zip, tar, and what gzip, bzip2 or xz have compressed): their files are parts, they have no text.

Nothing is written, and what an archive says of its sizes is not trusted: bytes are counted as they are unpacked.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from desktop_kb.errors import Problem
from desktop_kb.extract.decoding import decode
from desktop_kb.extract.parts import LARGEST, Part
from desktop_kb.records import Extracted

_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
#: How compressed files begin, and what unpacks them.
_COMPRESSED: Final[dict[bytes, Callable[..., Any]]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}
_TAR: Final = re.compile(r"\.(?:tar\.\w+|t\w+)$", re.IGNORECASE)
_DIRECTORY_ENTRY: Final = b"PK\x01\x02"
_MOST_ENTRIES = 200_000  # zipfile makes an object of each
_MOST_UNPACKED = 512 * 2**20  # of a compressed tar, which must be unpacked to know what is in it
_STEP = 2**20
_UTF8_NAME, _ENCRYPTED = 0x800, 0x1  # flags of an entry of a zip
_UNICODE_PATH = 0x7075  # the extra field with an entry's name in UTF-8 (APPNOTE 4.6.9)
_DAMAGE: Final = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, tarfile.TarError),
    *(EOFError, OSError, ValueError, NotImplementedError, struct.error),
)


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """Raises:
    Problem: damaged, unpacks-too-large.
    """
    return Extracted("", "", parts_left_out=sum(1 for _ in parts(data, path, password)))


def parts(data: bytes, path: Path, password: str | None) -> Iterator[Part]:
    """The files in an archive.

    Raises:
        Problem: damaged, unpacks-too-large.
    """
    try:
        yield from _files(data, path)
    except _DAMAGE as error:
        raise Problem("damaged") from error


def _files(data: bytes, path: Path) -> Iterable[Part]:
    if data.startswith(_ZIP):
        return _zipped(data)
    unpack = next((one for start, one in _COMPRESSED.items() if data.startswith(start)), None)
    if unpack is None:
        return _archived(data)
    with unpack(io.BytesIO(data)) as file:
        head = file.read(tarfile.BLOCKSIZE)
    if head[257:262] == b"ustar" or _TAR.search(path.name):
        return _archived(_unpacked(data, unpack, _MOST_UNPACKED))
    # It was 'notes.txt' before it became 'notes.txt.gz'.
    return [Part(path.stem, 0, partial(_unpacked, data, unpack, LARGEST))]


def _unpacked(data: bytes, unpack: Callable[..., Any], most: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    with unpack(io.BytesIO(data)) as file:
        while piece := file.read(_STEP):
            size += len(piece)
            if size > most:
                raise _too_large(most)
            pieces.append(piece)
    return b"".join(pieces)


def _too_large(most: int) -> Problem:
    return Problem("unpacks-too-large", limit_mib=most // 2**20)


# --- zip ---------------------------------------------------------------------------------------


def _zipped(data: bytes) -> Iterator[Part]:
    if data.count(_DIRECTORY_ENTRY) > _MOST_ENTRIES:
        raise _too_large(_MOST_UNPACKED)
    archive = zipfile.ZipFile(io.BytesIO(data))
    for entry in archive.infolist():
        if not entry.is_dir():
            yield Part(_name_in_zip(entry), entry.file_size, partial(_from_zip, archive, entry))


def _from_zip(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    if entry.flag_bits & _ENCRYPTED:
        raise Problem("encrypted")
    with archive.open(entry) as file:
        return file.read(LARGEST + 1)


def _name_in_zip(entry: zipfile.ZipInfo) -> str:
    """The name of an entry. Without the flag for UTF-8 it is in the encoding of the system that wrote it:
    GBK, where that was a Chinese Windows; zipfile took it for code page 437."""
    if entry.flag_bits & _UTF8_NAME:
        return entry.filename
    extra, at = entry.extra, 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == _UNICODE_PATH and length > 5:
            return extra[at + 9 : at + 4 + length].decode("utf-8", "replace")
        at += 4 + length
    return _name(entry.filename.encode("cp437", "replace"))


def _name(raw: bytes) -> str:
    try:
        return decode(raw)
    except Problem:  # control characters
        return raw.decode("utf-8", "replace")


# --- tar ---------------------------------------------------------------------------------------


def _archived(data: bytes) -> Iterator[Part]:
    stream = io.BytesIO(data)
    archive = tarfile.open(fileobj=stream, mode="r:", encoding="utf-8", errors="surrogateescape")  # noqa: SIM115 - its members are read later
    for member in archive:
        if member.isreg():
            name = _name(member.name.encode("utf-8", "surrogateescape"))
            yield Part(name, member.size, partial(from_tar, archive, member))


def from_tar(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """The content of a member, as far as a part may be large; one that is no file has none."""
    file = archive.extractfile(member)
    return file.read(LARGEST + 1) if file is not None else b""
