"""Downloading a model from the hub: the parent's side.

Hides the child that speaks to the network, the folder of an unfinished download (its name starts with a
dot, so it is not taken for a model, and the next attempt resumes from it) and the progress.
"""

from __future__ import annotations

import contextlib
import logging
import re
import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final

from desktop_kb import paths
from desktop_kb.errors import Cancelled, ModelProblem, Problem, WorkerDied
from desktop_kb.inference import checkpoint, installed
from desktop_kb.inference.installed import Installed, Progress
from desktop_kb.worker import Limits, Message, Worker

log = logging.getLogger(__name__)

#: Environment of the child, read when huggingface_hub is imported. HF_HUB_OFFLINE is set because the
#: person may have set it for other programs.
ENVIRONMENT: Final = {
    "HF_HUB_OFFLINE": "0",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "HF_HUB_DISABLE_XET": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_VERBOSITY": "error",
    "HF_HUB_DOWNLOAD_TIMEOUT": "30",
}
#: A day, since huggingface_hub has its own timeout for when no data arrives.
_LIMITS: Final = Limits(86_400, 2 * 2**30, 16 * 2**20)
_POLL_S: Final = 0.2


def install(
    id: str,
    endpoint: str,
    *,
    revision: str | None = None,
    progress: Progress | None = None,
    cancelled: threading.Event | None = None,
) -> Installed:
    """Download a model, compare every file with the hub's hash, and install it.

    Args:
        id: its name on the hub, such as BAAI/bge-m3.
        endpoint: the address of the hub or of a mirror.
        revision: a commit or branch; None is the newest. The commit it names now is pinned.
        cancelled: set it to stop; the downloaded files are then deleted.

    Raises:
        Problem: it cannot be downloaded ('download-failed'; the files are kept for the next attempt), or
            there is no room for it.
        ModelProblem: it is not a usable model, or a file differs from the hub's hash.
        Cancelled: `cancelled` was set.
    """
    worker = Worker("download", {**ENVIRONMENT, "HF_HOME": str(paths.cache_dir() / "hub")})
    where = {"repo": id, "endpoint": endpoint.rstrip("/")}
    prefix = f".download-{re.sub(r'[^A-Za-z0-9.-]+', '--', id)}@"
    try:
        found = _ask(worker, {"do": "resolve", **where, "revision": revision}, cancelled).header
        where["revision"] = _commit(found["revision"])
        files = _needed(found["files"])
        folder = paths.models_dir() / f"{prefix}{where['revision'][:12]}"
        _forget(prefix, but=folder)
        installed.check_room(sum(file["size"] for file in files) - _fetched(folder, files))
        with _reported(folder, files, progress):
            for file in files:
                target = folder / file["name"]
                if not target.is_file():
                    _ask(worker, {"do": "fetch", **where, "file": file, "target": str(target)}, cancelled)
        hashes = {file["name"]: file["sha256"] for file in files if file["sha256"]}
        model = installed.publish(folder, id, where["revision"], hashes)
        _forget(prefix)
        return model
    except Cancelled:
        worker.close()  # first, or it would go on writing into the folder
        _forget(prefix)
        raise
    finally:
        worker.close()


def _ask(worker: Worker, request: dict[str, Any], cancelled: threading.Event | None) -> Message:
    try:
        return worker.call(request, limits=_LIMITS, cancelled=cancelled)
    except WorkerDied as died:
        raise Problem("download-failed", reason="ended", said=str(died)) from died


def _commit(revision: object) -> str:
    """The revision, if it is a commit hash: it becomes part of a folder's name, and any hub may send it."""
    if not (isinstance(revision, str) and re.fullmatch(r"[0-9a-f]{8,64}", revision)):
        raise Problem("download-failed", reason="no-revision")
    return revision


def _needed(files: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The files that make up a model, smallest first, so that a problem shows before the weights are
    downloaded.

    Raises:
        ModelProblem: none of them is a safetensors file, or a name leads out of the folder.
    """
    names = [str(file["name"]) for file in files]
    weights = [name for name in names if re.fullmatch(r"model(-\d+-of-\d+)?\.safetensors", name)]
    if not weights:
        pickle = next((name for name in names if name.endswith((".bin", ".pt"))), None)
        if pickle is not None:
            raise ModelProblem("model-pickle", name=pickle)
        raise ModelProblem("model-incomplete", reason="file", name="model.safetensors")
    needed = []
    for file in files:
        path = PurePosixPath(file["name"])
        part = len(path.parts) == 2 and path.name == "config.json" and path.parts[0][:1].isdigit()
        if path.name in weights or (len(path.parts) == 1 and checkpoint.describes(path.name)) or part:
            if path.is_absolute() or ".." in path.parts or any(c in file["name"] for c in "\\:\0"):
                raise ModelProblem("model-unknown", reason="leads-out", name=str(path))
            needed.append(file)
    return sorted(needed, key=lambda file: (file["size"], file["name"]))


def _fetched(folder: Path, files: Sequence[dict[str, Any]]) -> int:
    """Bytes downloaded so far."""
    total = 0
    for file in files:
        for path in (folder / file["name"], folder / f"{file['name']}.part"):
            with contextlib.suppress(OSError):  # it may be renamed right now; the next call counts it
                total += path.stat().st_size
    return total


@contextlib.contextmanager
def _reported(folder: Path, files: Sequence[dict[str, Any]], progress: Progress | None) -> Iterator[None]:
    """Report the progress from a thread until the block ends."""
    if progress is None:
        yield
        return
    total = sum(file["size"] for file in files)
    ended = threading.Event()

    def report() -> None:
        while not ended.wait(_POLL_S):
            progress(_fetched(folder, files), total)

    thread = threading.Thread(target=report, name="download-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        progress(_fetched(folder, files), total)


def _forget(prefix: str, but: Path | None = None) -> None:
    """Delete what earlier attempts at this model left, except the folder `but`."""
    for path in paths.models_dir().glob(f"{prefix}*"):
        if path != but:
            shutil.rmtree(path, ignore_errors=True)
