"""The download child: lists the files of a model on the hub and downloads them one at a time.

It is the only module of the program that speaks to a network, and runs in a process of its own, only for
a model that the person asked for. It contacts the given address (and where that redirects for large
files), identifies nobody, sends no token and no telemetry.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, BinaryIO

from huggingface_hub import HfApi, constants, hf_hub_url
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.file_download import http_get

from desktop_kb.errors import Problem, is_full
from desktop_kb.files import sha256
from desktop_kb.worker import Message, serve

#: The base class of the HTTP library's errors, whichever library huggingface_hub uses.
_NetworkError: Any = HfHubHTTPError.__bases__[0]


def resolve(request: Message) -> Message:
    """The commit that a revision names now, and every file of it: name, size and the hub's hash."""
    header = request.header
    try:
        info = HfApi(endpoint=header["endpoint"], token=False).model_info(
            header["repo"], revision=header["revision"], files_metadata=True, timeout=30, token=False
        )
    except (OSError, ValueError, _NetworkError) as error:
        raise _problem(error, header) from error
    try:
        files = [
            {
                "name": str(file.rfilename),
                "size": max(0, int(file.size or 0)),
                "sha256": str(file.lfs.sha256) if file.lfs else None,
                "git": None if file.lfs else str(file.blob_id),
            }
            for file in info.siblings or []
        ]
    except (TypeError, ValueError, AttributeError) as error:
        raise _problem(error, header) from error
    return Message({"revision": info.sha, "files": files})


def fetch(request: Message) -> Message:
    """Download one file to `target`, resuming an interrupted attempt, and compare its hash."""
    header, file = request.header, request.header["file"]
    target = Path(header["target"])
    part = target.with_name(target.name + ".part")
    url = hf_hub_url(header["repo"], file["name"], revision=header["revision"], endpoint=header["endpoint"])
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with part.open("ab") as written:
            if written.tell() > file["size"]:
                written.truncate(0)
            bounded: Any = _Bounded(written, file["size"])
            http_get(url, bounded, resume_size=written.tell(), expected_size=file["size"])
        if not _is_published(part, file):
            part.unlink()
            raise Problem("model-damaged", name=file["name"])
        part.replace(target)
    except (OSError, ValueError, _NetworkError) as error:
        raise _problem(error, header) from error
    return Message({})


class _Bounded:
    """A file that refuses to grow beyond the announced size, since an endless answer would fill the disk."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size = file, size
        self.seek, self.tell, self.truncate = file.seek, file.tell, file.truncate

    def write(self, block: bytes) -> None:
        if self._file.tell() + len(block) > self._size:
            raise ValueError("more came than the hub said")
        self._file.write(block)


def _is_published(path: Path, file: dict[str, Any]) -> bool:
    """Compare with the hub's hash: SHA-256 for large files, the git blob hash for small ones."""
    if file["sha256"]:
        return sha256(path) == str(file["sha256"])
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    digest.update(path.read_bytes())
    return digest.hexdigest() == str(file["git"])


def _problem(error: Exception, header: dict[str, Any]) -> Problem:
    where = header["endpoint"].partition("://")[2]
    if isinstance(error, OSError) and is_full(error):
        return Problem("disk-full")
    if isinstance(error, GatedRepoError):
        return Problem("download-failed", reason="gated")
    if isinstance(error, RepositoryNotFoundError | HFValidationError):
        return Problem("download-failed", reason="no-such-model", host=where, name=header["repo"])
    if isinstance(error, RevisionNotFoundError):
        return Problem("download-failed", reason="no-such-revision", revision=header["revision"])
    if isinstance(error, HfHubHTTPError) and error.response is not None:
        return Problem(
            "download-failed", reason="answered", host=where, status=int(error.response.status_code)
        )
    return Problem("download-failed", reason="unreachable", host=where, error=type(error).__name__)


def main() -> None:
    """Serve until the parent closes stdin."""
    constants.DOWNLOAD_CHUNK_SIZE = 2**16  # bytes per write; a kill loses no more than that
    serve({"resolve": resolve, "fetch": fetch})
