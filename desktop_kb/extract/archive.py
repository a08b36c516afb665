"""Archives (zip, 7z, tar, and what gzip, bzip2 or xz have compressed): their files are parts, they have no text.

Nothing is written, and what an archive says of its sizes is not trusted: bytes are counted as they are unpacked.
Of a damaged one the files that can still be found are read; the rest counts as one that was left out.
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
from desktop_kb.extract.package import DIRECTORY_ENTRY, too_large
from desktop_kb.extract.parts import LARGEST, Part
from desktop_kb.extract.seven_zip import MAGIC as _SEVEN_ZIP
from desktop_kb.extract.seven_zip import SevenZip
from desktop_kb.records import Extracted

_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_RAR: Final = b"Rar!\x1a\x07"
#: How compressed files begin, and what unpacks them.
_COMPRESSED: Final[dict[bytes, Callable[..., Any]]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}
_TAR_MAGIC: Final = b"ustar"
_TAR: Final = re.compile(r"\.(?:tar\.\w+|t\w+)$", re.IGNORECASE)
_MOST_ENTRIES = 200_000  # the standard library makes an object of each
_MOST_UNPACKED = 512 * 2**20  # of a compressed tar, which must be unpacked to know what is in it
_STEP = 2**20
_UTF8_NAME, _ENCRYPTED = 0x800, 0x1  # flags of an entry of a zip
_SIZES_BEHIND = 0x8  # an entry's sizes stand behind it
_ENTRY, _HEAD_OF_ENTRY = b"PK\x03\x04", struct.Struct("<4s2xHH4xIIIHH")  # APPNOTE 4.3.7
_STORED, _DEFLATED = 0, 8
_UNICODE_PATH = 0x7075  # the extra field with an entry's name in UTF-8 (APPNOTE 4.6.9)
_DAMAGE: Final = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, tarfile.TarError),
    *(EOFError, OSError, ValueError, IndexError, NotImplementedError, struct.error),
)


def _nothing() -> bytes:
    raise Problem("damaged")


#: What could not be found of a damaged archive. No reader takes a file without a name, so it counts as left out.
_LOST: Final = Part("", 0, _nothing)


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """An archive says nothing itself."""
    return Extracted("", "", holds_files=True)


def parts(data: bytes, path: Path, password: str | None) -> Iterator[Part]:
    """The files in an archive.

    Raises:
        Problem: damaged, encrypted, unpacks-too-large, rar, other-packing.
    """
    try:
        yield from _files(data, path)
    except _DAMAGE as error:
        raise Problem("damaged") from error


def _files(data: bytes, path: Path) -> Iterable[Part]:
    if data.startswith(_ZIP):
        return _zipped(data)
    if data.startswith(_SEVEN_ZIP):
        held = SevenZip(data, _MOST_UNPACKED)
        return (
            Part(one.name, one.place.size if one.place else 0, partial(held.read, one))
            for one in held.files()
        )
    if data.startswith(_RAR):
        raise Problem("rar")
    unpack = next((one for start, one in _COMPRESSED.items() if data.startswith(start)), None)
    if unpack is None:
        return _archived(data) if data[257:262] == _TAR_MAGIC or _ENTRY not in data else _salvaged(data)
    with unpack(io.BytesIO(data)) as file:
        head = file.read(tarfile.BLOCKSIZE)
    if head[257:262] == _TAR_MAGIC or _TAR.search(path.name):
        return _archived(_unpacked(data, unpack, _MOST_UNPACKED, as_far=True))
    # It was 'notes.txt' before it became 'notes.txt.gz'.
    return [Part(path.stem, 0, partial(_unpacked, data, unpack, LARGEST))]


def _unpacked(data: bytes, unpack: Callable[..., Any], most: int, *, as_far: bool = False) -> bytes:
    """What was compressed; `as_far`: of damaged data what comes before the damage."""
    pieces: list[bytes] = []
    size = 0
    with unpack(io.BytesIO(data)) as file:
        try:
            while piece := file.read1(_STEP):
                size += len(piece)
                if size > most:
                    raise too_large(most)
                pieces.append(piece)
        except _DAMAGE:
            if not as_far:
                raise
    return b"".join(pieces)


# --- zip ---------------------------------------------------------------------------------------


def _zipped(data: bytes) -> Iterator[Part]:
    if data.count(DIRECTORY_ENTRY) > _MOST_ENTRIES:
        raise too_large(_MOST_UNPACKED)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _DAMAGE:
        yield from _salvaged(data)
        return
    for entry in archive.infolist():
        if not entry.is_dir():
            yield Part(_name_in_zip(entry), entry.file_size, partial(_from_zip, archive, entry))


def _from_zip(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    if entry.flag_bits & _ENCRYPTED:
        raise Problem("encrypted")
    try:
        with archive.open(entry) as file:
            return file.read(LARGEST + 1)
    except NotImplementedError as error:
        raise Problem("other-packing") from error


def _salvaged(data: bytes) -> Iterator[Part]:
    """The entries of a ZIP file whose directory, at its end, is damaged or was cut off: each has a head of its own."""
    at, found = data.find(_ENTRY), 0
    while at >= 0 and found < _MOST_ENTRIES and at + _HEAD_OF_ENTRY.size <= len(data):
        _, flags, method, checksum, packed, size, name, extra = _HEAD_OF_ENTRY.unpack_from(data, at)
        start = at + _HEAD_OF_ENTRY.size
        entry = zipfile.ZipInfo(
            data[start : start + name].decode("utf-8" if flags & _UTF8_NAME else "cp437", "replace")
        )
        entry.flag_bits, entry.extra = flags, data[start + name : start + name + extra]
        entry.compress_type, entry.CRC, entry.compress_size, entry.file_size = method, checksum, packed, size
        start += name + extra
        if entry.filename and not entry.is_dir():
            found += 1
            yield Part(_name_in_zip(entry), size, partial(_salvage, data, start, entry))
        is_known = not flags & _SIZES_BEHIND and start + packed <= len(data)
        at = data.find(_ENTRY, start + packed if is_known else start)
    if not found:
        raise Problem("damaged")
    yield _LOST


def _salvage(data: bytes, start: int, entry: zipfile.ZipInfo) -> bytes:
    is_known = not entry.flag_bits & _SIZES_BEHIND
    if entry.flag_bits & _ENCRYPTED:
        raise Problem("encrypted")
    if entry.compress_type == _DEFLATED:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        found = unpacker.decompress(memoryview(data)[start:], LARGEST + 1)
        is_whole = unpacker.eof or len(found) > LARGEST
    elif entry.compress_type == _STORED and is_known:
        found = data[start : start + min(entry.compress_size, LARGEST + 1)]
        is_whole = True
    else:
        raise Problem("other-packing")
    if not is_whole or (is_known and len(found) <= LARGEST and zlib.crc32(found) != entry.CRC):
        raise Problem("damaged")
    return found


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
    archive = tarfile.open(  # noqa: SIM115 - its members are read later
        fileobj=io.BytesIO(data), mode="r:", encoding="utf-8", errors="surrogateescape", ignore_zeros=True
    )
    end, is_whole = 0, True
    for count, member in enumerate(_members(archive, len(data))):
        if count >= _MOST_ENTRIES:
            raise too_large(_MOST_UNPACKED)
        if member is None:
            is_whole = False
            continue
        is_whole = is_whole and (member.offset == end or _is_blank(data, end))
        end = archive.offset
        if member.isreg():
            name = _name(member.name.encode("utf-8", "surrogateescape"))
            yield Part(name, member.size, partial(from_tar, archive, member))
    if is_whole and _is_blank(data, end):
        return
    if not end:
        raise Problem("damaged")
    yield _LOST


def _members(archive: tarfile.TarFile, size: int) -> Iterator[tarfile.TarInfo | None]:
    """The members of a tar of so many bytes; None for damage, behind which the next head is looked for."""
    while True:
        try:
            member = archive.next()
        except tarfile.TarError:
            yield None
            archive.offset += tarfile.BLOCKSIZE
            if archive.offset >= size:
                return
            continue
        if member is None:
            return
        yield member


def _is_blank(data: bytes, at: int) -> bool:
    """Whether an empty block, or nothing, stands there: archives end so, and may be put one behind the other."""
    return not data[at : at + tarfile.BLOCKSIZE].strip(b"\0")


def from_tar(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """The content of a member, as far as a part may be large; one that is no file has none."""
    file = archive.extractfile(member)
    return file.read(LARGEST + 1) if file is not None else b""
