"""The models that this person has installed: one folder each, with a manifest that has the files' hashes.

A model is copied into a scratch folder, whose name starts with a dot, and renamed only when it is complete
and its hashes match: a kill, a full disk or a wrong hash leaves nothing that looks installed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import lzma
import re
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from desktop_kb import paths
from desktop_kb.errors import ModelProblem, Problem, is_full, reason_of
from desktop_kb.files import (
    copy_bytes,
    make_private,
    move,
    private,
    regular,
    sha256,
    sync,
)
from desktop_kb.inference import catalogue, checkpoint
from desktop_kb.inference.catalogue import EMBEDDED, Model
from desktop_kb.scratch import scratch_folder, scratch_name

log = logging.getLogger(__name__)

_MANIFEST: Final = "desktop-kb.json"
#: Disk space that must stay free after a model is installed.
_SPARE_BYTES: Final = 200 * 2**20
#: What zipfile raises for a damaged archive, the last three for impossible names or numbers in it.
_ZIP_ERRORS: Final = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError),
    *(ValueError, struct.error, OverflowError),
)

#: Called with the bytes done and the total.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Installed:
    """An installed model and the folder with its files."""

    model: Model
    folder: Path
    size_bytes: int


def installed() -> list[Installed]:
    """Every installed model: those that come with the program first, the others by the name of their folder."""
    embedded = ((model, catalogue.find(model)) for model in EMBEDDED)
    found = [
        Installed(model, there, _size(there, model.files)) for model, there in embedded if there is not None
    ]
    for manifest in sorted(paths.models_dir().glob(f"[!.]*/{_MANIFEST}")):
        try:
            model = catalogue.model_of(json.loads(manifest.read_text(encoding="utf-8"))["model"])
        except (OSError, ValueError, LookupError, TypeError) as error:
            log.warning("a model's description cannot be read: %s", type(error).__name__)
            continue
        found.append(Installed(model, manifest.parent, _size(manifest.parent, model.files)))
    return found


def find(name: str) -> Installed | None:
    """The installed model with this id; the part after '/' is enough if only one model has it."""
    wanted = name.lower()
    models = installed()
    exact = [found for found in models if found.model.id.lower() == wanted]
    close = exact or [found for found in models if found.model.id.lower().rpartition("/")[2] == wanted]
    return close[0] if len(close) == 1 else None


def import_model(source: Path, *, like: str | None = None, progress: Progress | None = None) -> Installed:
    """Install a model from a folder or a zip file.

    Args:
        like: the model's id in the catalogue, if the name of the folder does not tell it.

    Raises:
        ModelProblem: it is no model, incomplete, or differs from the published one; nothing is installed.
        Problem: the disk has no room for it, or it cannot be read.
    """
    if like is not None and catalogue.entry(like) is None:
        raise ModelProblem("model-absent", name=like)
    with _readable(source), scratch_folder(paths.models_dir()) as scratch:
        folder, others = source, []
        if source.is_file():
            folder = scratch / "unpacked"
            others = _unpack(source, folder)
        elif not source.is_dir():
            raise ModelProblem("model-unknown", reason="no-source")
        folder = checkpoint.root_of(folder)
        found = checkpoint.inspect(folder, like or _name(source), others)
        return _install(folder, found, scratch, _revision(folder), {}, progress)


def publish(folder: Path, id: str, revision: str, hashes: Mapping[str, str]) -> Installed:
    """Install a downloaded model; its files are moved.

    Args:
        hashes: the hub's SHA-256 of files, by name.

    Raises:
        ModelProblem: as `import_model`.
    """
    with _readable(folder), scratch_folder(paths.models_dir()) as scratch:
        found = checkpoint.inspect(folder, id)
        found = dataclasses.replace(found, model=dataclasses.replace(found.model, id=id))
        return _install(folder, found, scratch, revision, hashes, None)


def remove(found: Installed) -> None:
    """Delete an installed model's files. It is renamed first, so that a kill leaves no half model."""
    gone = scratch_name(found.folder.parent)
    move(found.folder, gone)
    shutil.rmtree(gone)


def check_room(needed: int, folder: Path | None = None) -> None:
    """Check that the disk of the models' folder (or of `folder`) has room for `needed` bytes.

    Raises:
        Problem: 'no-room'.
    """
    free = shutil.disk_usage(folder or paths.models_dir()).free
    if free < needed + _SPARE_BYTES:
        raise Problem("no-room", needed_bytes=needed, free_bytes=free)


# --- parts ---------------------------------------------------------------------------------------


def _install(
    folder: Path,
    found: checkpoint.Checkpoint,
    scratch: Path,
    revision: str,
    hashes: Mapping[str, str],
    progress: Progress | None,
) -> Installed:
    """Copy, hash and compare the files, then rename their folder to its final name."""
    total = _size(folder, found.names)
    moved = folder.is_relative_to(paths.models_dir())
    check_room(0 if moved else total)
    target = scratch / "model"
    files: dict[str, str] = {}
    done = 0
    for name in found.names:
        make_private((target / name).parent)
        files[name] = _move(folder / name, target / name) if moved else _copy(folder / name, target / name)
        done += (target / name).stat().st_size
        if progress is not None:
            progress(done, total)
    entry = catalogue.entry(found.model.id)
    with checkpoint.readable_settings():
        published = checkpoint.published_hashes(folder)
    pinned = {**published, **((entry and entry.files) or {}), **hashes}
    for name, digest in files.items():
        if pinned.get(name, digest) != digest:
            raise ModelProblem("model-damaged", name=name)
    revision = revision or f"imported {files[found.names[-1]][:12]}"
    model = dataclasses.replace(found.model, files=files, revision=revision)
    for other in installed():
        if other.model.files == files or _same_files(other.model, files):
            return other
    if find(model.id) is not None:
        model = dataclasses.replace(model, id=f"{model.id}@{files[found.names[-1]][:8]}")
    record = {"model": {**dataclasses.asdict(model), "files": files}}
    with open(target / _MANIFEST, "w", encoding="utf-8", opener=private) as file:
        json.dump(record, file, indent=1)
        sync(file)
    final = paths.models_dir() / (re.sub(r"[^\w.@-]+", "--", model.id).lstrip(".") or "model")
    move(target, final)
    return Installed(model, final, total)


def _same_files(model: Model, files: Mapping[str, str]) -> bool:
    """It comes with the program, whose manifest pins more files than an import copies."""
    return bool(model.package) and all(model.files.get(name) == digest for name, digest in files.items())


def _copy(source: Path, target: Path) -> str:
    """Copy a file to the disk and return its SHA-256."""
    with open(source, "rb", opener=regular) as reader, open(target, "wb", opener=private) as writer:
        digest = copy_bytes(reader, writer)
        sync(writer)
    return digest


def _move(source: Path, target: Path) -> str:
    """Move a file within the disk and return its SHA-256."""
    move(source, target)
    target.chmod(0o600)
    return sha256(target)


def _unpack(archive: Path, folder: Path) -> list[str]:
    """Unpack the files that make up a model; returns the names of the others.

    Raises:
        ModelProblem: 'model-archive', a name leads out of the folder, or it is no zip file.
        Problem: 'no-room'.
    """
    left = []
    try:
        with zipfile.ZipFile(archive) as zipped:
            members = [member for member in zipped.infolist() if not member.is_dir()]
            for member in members:
                _refuse_unsafe(member)
            wanted = [m for m in members if checkpoint.wanted(m.filename)]
            left = [m.filename for m in members if not checkpoint.wanted(m.filename)]
            check_room(sum(member.file_size for member in wanted))
            for member in wanted:
                path = folder.joinpath(*PurePosixPath(member.filename).parts)
                make_private(path.parent)
                with zipped.open(member) as reader, open(path, "wb", opener=private) as writer:
                    # zipfile stops at the member's declared size, for which there is room.
                    copy_bytes(reader, writer)
    except _ZIP_ERRORS as error:
        raise ModelProblem("model-archive", reason="no-zip") from error
    except RuntimeError as error:  # zipfile raises it for an encrypted member
        raise ModelProblem("model-archive", reason="encrypted") from error
    return left


def _refuse_unsafe(member: zipfile.ZipInfo) -> None:
    name = member.filename
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or "\0" in name:
        raise ModelProblem("model-archive", reason="leads-out", name=name)
    if stat.S_ISLNK(member.external_attr >> 16):
        raise ModelProblem("model-archive", reason="link", name=name)


def _name(source: Path) -> str:
    """The model's name: the repository's in the hub's cache, else that of the folder or file."""
    source = source.resolve()
    for part in (source.name, source.parent.parent.name):
        if part.startswith("models--"):
            return part.removeprefix("models--")
    return source.stem if source.is_file() else source.name


def _revision(folder: Path) -> str:
    """The commit named by the hub's cache or by huggingface_hub's .metadata files, or ''."""
    if folder.parent.name == "snapshots":
        return folder.name
    for note in sorted((folder / ".cache" / "huggingface" / "download").rglob("*.metadata")):
        return note.read_text(encoding="utf-8", errors="replace").partition("\n")[0].strip()
    return ""


def _size(folder: Path, names: Mapping[str, str] | tuple[str, ...]) -> int:
    return sum(path.stat().st_size for name in names if (path := folder / name).is_file())


@contextlib.contextmanager
def _readable(source: Path) -> Iterator[None]:
    """Turn operating system errors about the source or the disk into a `Problem`."""
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise Problem("disk-full", path=str(paths.models_dir())) from error
        raise Problem("unreadable", path=str(source), reason=reason_of(error)) from error
