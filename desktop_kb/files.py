"""Opening, copying, naming and writing files: private to their owner, atomic, and flushed to the disk."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shutil
import stat
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import IO, Final, Literal

from desktop_kb.errors import DocumentProblem, reason_of

_BLOCK: Final = 2**20
_UNFINISHED: Final = re.compile(r"\.[a-z0-9_]{8}\.tmp")  # the names that `tempfile` makes


def make_private(folder: Path) -> None:
    """Create a folder and its missing parents, all private to their owner."""
    for missing in reversed([folder, *folder.parents]):
        if not missing.is_dir():
            missing.mkdir(mode=0o700, exist_ok=True)


def private(path: str, flags: int) -> int:
    """An opener for `open` that creates files private to their owner."""
    return os.open(path, flags, 0o600)


class NoOrdinaryFile(OSError):
    """A pipe, a device or a folder."""


def regular(path: str, flags: int) -> int:
    """An opener for `open` that accepts only regular files and never blocks: opening a pipe could wait
    forever for its other end, and a path may have become one since it was checked."""
    opened = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise NoOrdinaryFile(f"it is no ordinary file: {path}")
    return opened


def problem_of(error: OSError, path: str) -> DocumentProblem:
    """The problem for an operating system's error about a file."""
    if problem := unopened(path):
        return problem
    # A longer name than this system has, as 'C:\\...' of a library from Windows may be, is no file's.
    if isinstance(error, FileNotFoundError | NotADirectoryError) or error.errno == errno.ENAMETOOLONG:
        return DocumentProblem("vanished", path=path)
    if isinstance(error, PermissionError):
        return DocumentProblem("no-permission", path=path)
    return DocumentProblem("unreadable", path=path, reason=reason_of(error))


def unopened(path: str) -> DocumentProblem | None:
    """Why Windows does not open a file that is there: 'device-name' where it takes the name for a
    device's, 'path-too-long' where long paths were not allowed
    (https://learn.microsoft.com/en-us/windows/win32/fileio/maximum-file-path-limitation)."""
    device = is_device(os.path.basename(path))  # noqa: PTH119 - any path, of which Path may make another
    if os.name != "nt" or not (device or len(path) >= 248) or not os.path.lexists(as_written(path)):
        return None
    return (
        DocumentProblem("device-name", path=path) if device else DocumentProblem("path-too-long", path=path)
    )


def as_written(path: str) -> str:
    r"""An absolute path by which Windows finds a file of any name and length: '\\?\C:\nul.txt',
    '\\?\UNC\server\share\nul.txt' (https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file)."""
    if path.startswith("\\\\?\\"):
        return path
    return f"\\\\?\\UNC\\{path[2:]}" if path.startswith("\\\\") else f"\\\\?\\{path}"


def is_there(path: Path) -> bool:
    """Whether a file stands there; not where the system refuses to look, as it may not be read either."""
    try:
        return path.is_file()
    except OSError:
        return False


def as_spelled(path: Path) -> Path:
    """An absolute path as the disk spells it: on Windows 'c:\\docs\\a.PDF' opens 'C:\\Docs\\A.pdf', and a library
    knows one file by one path. Links stay as they are."""
    if os.name != "nt":
        return path
    real = os.path.realpath(path)
    return Path(real) if os.path.normcase(real) == os.path.normcase(path) else path


#: Errors of a share that does not answer, and of a disk that was taken out.
_NOT_ANSWERING: Final = frozenset(
    getattr(errno, name)
    for name in (
        "EHOSTDOWN",
        "EHOSTUNREACH",
        "ENETDOWN",
        "ENODEV",
        "ENOTCONN",
        "ENXIO",
        "ESTALE",
        "ETIMEDOUT",
    )
    if hasattr(errno, name)
)
_WINDOWS_NOT_ANSWERING: Final = frozenset((21, 53, 55, 59, 64, 67, 121, 1167))
#: Where systems mount drives: for a library made before mount points were kept.
_DRIVE: Final = re.compile(r"((?:/run)?/media/[^/]+|/mnt/[^/]+|/Volumes/[^/]+)(/[^/]+)?/")


def look(path: str, volume: str = "") -> os.stat_result | Literal["gone", "away"]:
    """An original's size and time; or that it is gone, or away with its drive.

    Args:
        volume: what `volume_of` said when it was there.

    Raises:
        OSError: it is there, and may not be looked at.
    """
    try:
        status = Path(path).stat()
        return status if str(as_spelled(Path(path))) == path else "gone"  # renamed, in capitals only
    except ValueError:  # no system accepts such a name
        return "gone"
    except OSError as error:
        if error.errno in _NOT_ANSWERING or getattr(error, "winerror", 0) in _WINDOWS_NOT_ANSWERING:
            return "away"
        if problem_of(error, path).code != "vanished":
            raise
    return "away" if _is_away(path, volume) or _is_in_cloud(path) else "gone"


#: Marks of files whose content is fetched from a cloud once they are opened: Windows' FILE_ATTRIBUTE_OFFLINE,
#: _RECALL_ON_OPEN and _RECALL_ON_DATA_ACCESS, and macOS' SF_DATALESS.
_FETCHED: Final = 0x1000 | 0x40000 | 0x400000
_DATALESS: Final = 0x40000000


def is_placeholder(status: os.stat_result) -> bool:
    """Whether a file's content is not on this machine, and would be fetched from a cloud to be read."""
    marks, flags = getattr(status, "st_file_attributes", 0), getattr(status, "st_flags", 0)
    return bool(marks & _FETCHED or flags & _DATALESS)


def _is_in_cloud(path: str) -> bool:
    """Whether iCloud has put '.name.icloud' in the place of a file, as older ones do to make room."""
    here = Path(path)
    return os.path.lexists(here.with_name(f".{here.name}.icloud"))  # of a name too long as well


def stored_path(path: bytes) -> str:
    """A path as a database has it. On Windows names are Unicode, and one from another system, or of a damaged
    database, may be none: it stands for a file that is not there."""
    try:
        return os.fsdecode(path)
    except UnicodeDecodeError:
        return path.decode("utf-8", "surrogateescape")


def volume_of(path: Path) -> str:
    """The mount point of the drive that an existing file is on."""
    folder = Path(os.path.realpath(path)).parent
    while folder != folder.parent and not os.path.ismount(folder):
        folder = folder.parent
    return str(folder)


def _is_away(path: str, volume: str) -> bool:
    if os.path.dirname(volume) not in ("", volume):  # noqa: PTH120 - no root, of which there is always one
        return not os.path.ismount(volume)
    if drive := os.path.splitdrive(path)[0]:
        return not os.path.exists(drive + os.sep)  # noqa: PTH110 - C:\ or \\server\share\
    found = _DRIVE.match(path)
    mounted = [found[1], *([found[1] + found[2]] if found[2] else [])] if found else []
    return any(map(_is_empty, mounted if mounted and "media" in mounted[0] else mounted[:1]))


def _is_empty(folder: str) -> bool:
    """Whether nothing is mounted there: no folder, or an empty one."""
    try:
        with os.scandir(folder) as found:
            return next(found, None) is None
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False


def sha256(path: Path) -> str:
    """The SHA-256 of a file, hexadecimal.

    Raises:
        OSError: it cannot be read, or is not a regular file.
    """
    with open(path, "rb", opener=regular) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep_copy(path: Path, copy: Path, content_hash: str) -> None:
    """Copy a file with this content to where a library keeps it, if that is not there yet; whole or not at all.

    Raises:
        DocumentProblem: the file has another content meanwhile ('changed').
        OSError: it cannot be read, or the copy cannot be written.
    """
    if copy.is_file() and sha256(copy) == content_hash:
        return
    make_private(copy.parent)
    with open(path, "rb", opener=regular) as source, whole(copy) as target:
        if copy_bytes(source, target) != content_hash:
            raise DocumentProblem("changed", path=str(path))


def copy_bytes(
    source: IO[bytes],
    target: IO[bytes],
    *,
    limit: int | None = None,
    progress: Callable[[int], None] = lambda more: None,
) -> str:
    """Copy the rest of an open file; returns its SHA-256, hexadecimal.

    Args:
        progress: called with the number of bytes copied since its last call.

    Raises:
        ValueError: it is longer than `limit` bytes.
    """
    digest = hashlib.sha256()
    left = limit
    while block := source.read(_BLOCK):
        if left is not None:
            left -= len(block)
            if left < 0:
                raise ValueError("it is larger than it says")
        digest.update(block)
        target.write(block)
        progress(len(block))
    return digest.hexdigest()


def sync(file: IO[bytes] | IO[str]) -> None:
    """Flush an open file and wait until it is on the disk.

    The file must be open for writing: Windows refuses to flush any other
    (https://learn.microsoft.com/en-us/windows/win32/api/fileapi/nf-fileapi-flushfilebuffers).
    """
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until a folder's entries are on the disk; without this a power failure may undo a rename or
    removal. Windows has no such call, but NTFS journals names."""
    if os.name == "posix":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


@contextlib.contextmanager
def whole(path: Path) -> Iterator[IO[bytes]]:
    """Write a file atomically: at every moment `path` has either the old content or the new one.

    A new file is private to its owner; an existing one keeps its permissions, and a link stays a link. If
    the block raises, nothing has changed.
    """
    target = path.resolve()
    handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=target.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            sync(file)
        if os.name == "posix" and target.exists():  # elsewhere a file that may not be written is not replaced
            shutil.copymode(target, unfinished)
        move(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)


#: Seconds to wait before each retry.
_TRIES_S: Final = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64) if os.name == "nt" else ()


def move(source: Path, target: Path, *, over: bool = True) -> None:
    """Rename a file or folder; a file at `target` is replaced, or with `over` off refused. Windows refuses
    while any program reads either (a virus scanner, an indexer, our own children), which is short, so try again."""
    rename = source.replace if over else partial(_rename_new, source)
    for wait_s in _TRIES_S:
        try:
            rename(target)
            return
        except PermissionError:
            time.sleep(wait_s)
    rename(target)


def _rename_new(source: Path, target: Path) -> None:
    """Rename a file to a name that nothing has. Windows refuses another one; elsewhere a second name is made first,
    which is refused, or on disks that know no second names an empty file, which is then replaced."""
    if os.name == "nt" or source.is_dir():
        source.rename(target)
        return
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:
        target.open("xb").close()
        try:
            source.replace(target)
        except OSError:
            target.unlink()
            raise
    else:
        try:
            source.unlink()
        except OSError:  # it may not be removed, or another program was first
            target.unlink()
            raise


def write_whole(path: Path, data: bytes) -> None:
    """Write a file atomically; see `whole`."""
    with whole(path) as file:
        file.write(data)


def is_unfinished(name: str) -> bool:
    """Whether this is the name of a temporary file of `write_whole`, which a kill may have left behind."""
    return _UNFINISHED.fullmatch(name) is not None


#: Bytes of a file name without suffix; file systems allow 255, and ' (2)' and the suffix are added.
_LONGEST_NAME = 180
_DEVICE: Final = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
#: Forbidden by Windows, and characters that end a line or reverse its direction: 'annual\u202efdp.exe'.
_FORBIDDEN: Final = re.compile('[<>:"/\\\\|?*\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]')


def plain_name(name: str, taken: set[str]) -> str:
    """A file name like `name` that every system accepts and that is not in `taken`; it is added there."""
    name = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode("utf-8"))
    name = _FORBIDDEN.sub("_", name).strip(" .") or "_"
    suffix = Path(name).suffix if len(Path(name).suffix.encode()) <= 20 else ""
    stem = name.removesuffix(suffix).encode("utf-8")[:_LONGEST_NAME].decode("utf-8", "ignore").rstrip(" .")
    if is_device(f"{stem}{suffix}"):
        stem = f"_{stem}"
    chosen = next(name for name in numbered(stem, suffix) if name.casefold() not in taken)
    taken.add(chosen.casefold())
    return chosen


def numbered(stem: str, suffix: str) -> Iterator[str]:
    """The file names to try for a stem, until no other file has one: 'Bees.md', 'Bees (2).md' and so on."""
    yield f"{stem}{suffix}"
    for number in count(2):
        yield f"{stem} ({number}){suffix}"


def is_device(name: str) -> bool:
    """Whether Windows has a device of this name, whatever the suffix
    (https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file)."""
    return _DEVICE.fullmatch(name) is not None


def is_plain(name: str) -> bool:
    """Whether every system accepts this file name."""
    return (
        0 < len(name.encode("utf-8", "surrogatepass")) <= 255
        and not _FORBIDDEN.search(name)
        and not is_device(name)
        and name == name.rstrip(" .").encode("utf-8", "replace").decode("utf-8")
    )
