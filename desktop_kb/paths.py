"""Where things live: the person's folders, a library's own folder, and shipped resources.

`DESKTOP_KB_HOME`, when set, holds all of the person's folders (tests, portable use).
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import platformdirs
import psutil

from desktop_kb.errors import StorageProblem
from desktop_kb.files import make_private

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
    def notes(self) -> Path:
        """Notes written in the program, with their pictures; the only copy there is."""
        return self.root / "notes"

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
            raise StorageProblem("network-folder", path=str(folder), name=part)
    mounts = [
        partition
        for partition in psutil.disk_partitions(all=True)
        if real.is_relative_to(partition.mountpoint)
    ]
    if mounts:
        mount = max(mounts, key=lambda partition: len(partition.mountpoint))
        if mount.fstype.lower() in _NETWORK_FILE_SYSTEMS or "remote" in mount.opts.split(","):
            raise StorageProblem("network-folder", path=str(folder), name=mount.fstype)
