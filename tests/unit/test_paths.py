from __future__ import annotations

import os
from collections import namedtuple
from pathlib import Path, PurePosixPath, PureWindowsPath

import psutil
import pytest

from desktop_kb import paths
from desktop_kb.errors import StorageProblem

Partition = namedtuple("Partition", "device mountpoint fstype opts")


@pytest.mark.parametrize(
    "folder",
    ["Dropbox/library", "OneDrive - Company/library", "Mobile Documents/x", "a/Nextcloud/b/c"],
)
def test_folders_that_a_sync_program_copies_are_refused(tmp_path: Path, folder: str) -> None:
    with pytest.raises(StorageProblem) as caught:
        paths.refuse_network_folder(tmp_path / folder)
    assert caught.value.code == "network-folder"
    assert Path(folder).parts[0 if "Nextcloud" not in folder else 1] in str(caught.value.details["name"])


@pytest.mark.skipif(os.name != "posix", reason="links need a right there")
def test_a_link_does_not_hide_a_sync_folder(tmp_path: Path) -> None:
    (tmp_path / "Dropbox").mkdir()
    (tmp_path / "library").symlink_to(tmp_path / "Dropbox")
    with pytest.raises(StorageProblem):
        paths.refuse_network_folder(tmp_path / "library")


@pytest.mark.parametrize(
    ("fstype", "opts", "refused"),
    [("nfs4", "rw", True), ("CIFS", "rw", True), ("NTFS", "rw,remote", True), ("ext4", "rw,noremote", False)],
)
def test_the_innermost_mount_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fstype: str, opts: str, refused: bool
) -> None:
    root = tmp_path.resolve()
    mounts = [
        Partition("server:/", str(root.parent), "nfs" if not refused else "ext4", "rw"),
        Partition("x", str(root), fstype, opts),
        Partition("server:/", str(root / "library-elsewhere"), "nfs", "rw"),
    ]
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: mounts)
    if refused:
        with pytest.raises(StorageProblem) as caught:
            paths.refuse_network_folder(root / "library")
        assert caught.value.code == "network-folder"
    else:
        paths.refuse_network_folder(root / "library")


@pytest.mark.parametrize(
    ("folder", "share"),
    [
        (r"\\server\share\library", r"\\server\share"),
        (r"\\?\UNC\server\share\library", r"\\server\share"),
        (r"\\wsl$\Debian\home", r"\\wsl$\Debian"),
        (r"C:\library", None),
        (r"\\?\C:\library", None),
        (r"\\.\C:\library", None),
    ],
)
def test_a_share_of_a_file_server_is_told_by_its_name(folder: str, share: str | None) -> None:
    assert paths.share(PureWindowsPath(folder)) == share
    assert paths.share(PurePosixPath(folder)) is None


@pytest.mark.skipif(os.name != "nt", reason="shares have other names elsewhere")
def test_a_library_on_a_share_is_refused() -> None:
    with pytest.raises(StorageProblem, match="network-folder"):
        paths.refuse_network_folder(Path(r"\\localhost\share\library"))


def test_a_library_is_where_it_was_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert paths.library("bees").root == tmp_path / "bees"
    assert paths.library("bees/../whales").root == tmp_path / "whales"
    assert not (tmp_path / "bees").exists()
    assert paths.library().root.is_relative_to(paths.data_dir())
    stored = paths.library("bees").stored("ab12", ".pdf")
    assert stored == tmp_path / "bees" / "files" / "ab" / "ab12.pdf"


@pytest.mark.skipif(os.name != "posix", reason="rights are another thing there")
def test_the_persons_folders_are_theirs_alone() -> None:
    for folder in (paths.data_dir(), paths.config_dir(), paths.cache_dir(), paths.log_dir()):
        assert str(folder.parent) == os.environ["DESKTOP_KB_HOME"]
        assert folder.stat().st_mode & 0o077 == 0
