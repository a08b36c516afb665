"""Where things live: the person's folders, a library's own folder, and shipped resources.

`DESKTOP_KB_HOME`, when set, holds all of the person's folders (tests, portable use).
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import shutil
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import platformdirs
import psutil

from desktop_kb.errors import StorageProblem

_APP = "desktop-kb"

#: File systems over a network. SQLite's locks are not to be trusted there
#: (https://www.sqlite.org/howtocorrupt.html, 2.1).
_NETWORK_FILE_SYSTEMS = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "afpfs", "webdav", "davfs", "ncpfs", "fuse.sshfs", "fuse.rclone")
)
#: A sync program copies the database and its log at different moments.
_SYNC_FOLDERS = (
    "Dropbox",
    "OneDrive",
    "Google Drive",
    "GoogleDrive",
    "iCloudDrive",
    "Mobile Documents",
    "Nextcloud",
)


#: A copy in the library, by the SHA-256 of its content.
_COPY = re.compile(r"files/([0-9a-f]{2})/\1[0-9a-f]{62}\.[a-z0-9]{1,16}")


def _person(kind: str) -> Path:
    home = os.environ.get("DESKTOP_KB_HOME")
    own = getattr(platformdirs, f"user_{kind}_dir")
    folder = Path(home) / kind if home else Path(own(_APP, appauthor=False))
    make_private(folder)
    return folder


def make_private(folder: Path) -> None:
    """Make a folder and those above it that are missing, each for its owner alone."""
    for missing in reversed([folder, *folder.parents]):
        if not missing.is_dir():
            missing.mkdir(mode=0o700, exist_ok=True)


def private(path: str, flags: int) -> int:
    """An opener for `open`: a file made with it is its owner's alone."""
    return os.open(path, flags, 0o600)


_SCRATCH = re.compile(r"\.incoming-(\d+)-")


def scratch_name(parent: Path) -> Path:
    """Where this process may put what is not finished; `scratch` clears away those of dead ones."""
    return parent / f".incoming-{os.getpid()}-{secrets.token_hex(4)}"


@contextlib.contextmanager
def scratch(parent: Path) -> Iterator[Path]:
    """A new folder in `parent`, its owner's alone; it and what dead processes left are gone afterwards."""
    for path in parent.glob(".incoming-*"):
        owner = _SCRATCH.match(path.name)
        if owner is None or not psutil.pid_exists(int(owner[1])):
            shutil.rmtree(path, ignore_errors=True)
    folder = scratch_name(parent)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def data_dir() -> Path:
    """The default library is in here. Created."""
    return _person("data")


def models_dir() -> Path:
    """Models that were installed, a folder each. Created."""
    folder = data_dir() / "models"
    make_private(folder)
    return folder


def config_dir() -> Path:
    """Settings of the person. Created."""
    return _person("config")


def cache_dir() -> Path:
    """What can be made again. Created."""
    return _person("cache")


def log_dir() -> Path:
    """The log. Created."""
    return _person("log")


def resource(name: str) -> Path:
    """A shipped file or folder, from source and from the frozen program."""
    frozen = getattr(sys, "_MEIPASS", None)
    root = Path(frozen) if frozen else Path(__file__).resolve().parent.parent
    return root / "resources" / name


def regular(path: str, flags: int) -> int:
    """An opener for `open` that takes only what is a file at this moment: to open a pipe waits for
    its other end, for ever perhaps, and a name may have become one since it was looked at."""
    opened = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise OSError(errno.EINVAL, "it is no ordinary file", path)
    return opened


def sha256(path: Path) -> str:
    """The SHA-256 of a file, hexadecimal.

    Raises:
        OSError: it cannot be read, or is no ordinary file.
    """
    with open(path, "rb", opener=regular) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Library:
    """The folder of one library and what stands in it."""

    root: Path

    @property
    def database(self) -> Path:
        """Everything but the files themselves."""
        return self.root / "library.sqlite"

    @property
    def files(self) -> Path:
        """Copies of PDFs by content hash."""
        return self.root / "files"

    @property
    def lock(self) -> Path:
        """Held by the one process that indexes."""
        return self.root / "indexer.lock"

    @property
    def settings(self) -> Path:
        """Settings of this library."""
        return self.root / "settings.json"

    def copy(self, name: str) -> Path | None:
        """Where a copy stands that the database calls `name`; None for a name that we never give:
        a database may come from a stranger, and no path in it leads out of the library."""
        return self.root / name if _COPY.fullmatch(name) else None

    def stored(self, content_hash: str, suffix: str) -> Path:
        """Where the copy of a file with this SHA-256 stands."""
        return self.files / content_hash[:2] / f"{content_hash}{suffix}"


def library(folder: str | Path | None = None) -> Library:
    """The library in `folder`, or the person's default one; nothing is created."""
    root = Path(folder).expanduser() if folder else data_dir() / "library"
    return Library(Path(os.path.abspath(root)))  # noqa: PTH100 - symlinks stay as the user wrote them


def sample_library() -> Path:
    """The folder of the library that the sample documents are tried in: never the person's own."""
    return data_dir() / "samples"


def refuse_network_folder(folder: Path) -> None:
    """Raise StorageProblem('network-folder') where a database would be damaged sooner or later."""
    real = folder.resolve()
    for part in real.parts:
        if part.startswith(_SYNC_FOLDERS):
            raise StorageProblem("network-folder", path=str(folder), reason=part)
    mounts = [
        partition
        for partition in psutil.disk_partitions(all=True)
        if real.is_relative_to(partition.mountpoint)
    ]
    if mounts:
        mount = max(mounts, key=lambda partition: len(partition.mountpoint))
        if mount.fstype.lower() in _NETWORK_FILE_SYSTEMS or "remote" in mount.opts.split(","):
            raise StorageProblem("network-folder", path=str(folder), reason=mount.fstype)
