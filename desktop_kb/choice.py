"""Which models a library uses: what can be chosen, choosing, and the progress of a change.

The choice is stored in the library's settings file, so that every process with this library open sees
it: a window follows what a terminal chose. A new reranker takes effect at once; a new embedder first
encodes the whole library, while the old one keeps answering.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from desktop_kb.errors import ModelProblem, Problem
from desktop_kb.inference import Models, catalogue, download_client, installed, verify
from desktop_kb.inference.installed import Progress
from desktop_kb.ingest import fingerprint
from desktop_kb.records import LATE_INTERACTION, Check, Embedder, Finding, ModelRecord, ModelUse
from desktop_kb.settings import Settings, load, save
from desktop_kb.store import Store

log = logging.getLogger(__name__)

#: Disk bytes per passage: its text and index, and for each dimension 13 bytes of vectors (float32, float16,
#: and int8 for about 7 sentences).
_PASSAGE_BYTES: Final = 3_000
_VECTOR_BYTES: Final = 4 + 2 + 7


class ModelChoice:
    """The models of one open library. Thread-safe.

    Args:
        file: the library's settings.
        changed: called when another embedder was chosen, here or by another process.
    """

    def __init__(
        self, store: Store, file: Path, settings: Settings, models: Models, changed: Callable[[], None]
    ) -> None:
        self._store = store
        self._file = file
        self._settings = settings
        self._models = models
        self._changed = changed
        self._lock = threading.Lock()
        self._seen = _written(file)
        self._served = models.embedder

    def list(self) -> list[ModelRecord]:
        """The catalogue and what else is installed; see `overview`."""
        return overview(self._models.embedder.id if self._models.embedder else "", self._models.reranker_id)

    def use(self, name: str) -> ModelUse:
        """Make the library use an installed model, after trying that it loads.

        Args:
            name: its id, or 'late interaction' for no reranker.

        Raises:
            ModelProblem: it is not installed or cannot be loaded; nothing is changed.
            Problem: the disk has no room for a second set of passages.
            StorageProblem: the library's settings cannot be written.
        """
        if name.replace("-", " ").lower() == LATE_INTERACTION:
            self._save("reranker", "")
            return ModelUse(LATE_INTERACTION, "rerank")
        found = installed.find(name)
        if found is None:
            raise ModelProblem("model-absent", name=name)
        self._models.try_out(found)
        id = found.model.id
        if found.model.task == "rerank":
            self._save("reranker", id)
            return ModelUse(id, "rerank")
        active = self._store.index.generation()
        reader = active.reader if active else None
        same = active is None or (reader is not None and reader.fingerprint == found.model.fingerprint)
        passages = 0 if same or active is None else active.chunks
        needed = needed_bytes(passages, found.model.dimensions)
        installed.check_room(needed, self._file.parent)
        self._save("embedder", id)
        return ModelUse(id, "embed", active.documents if active and not same else 0, passages, needed)

    def progress(self) -> tuple[int, int] | None:
        """How many documents the chosen model has encoded, and of how many; None once it serves."""
        active = self._store.index.generation()
        embedder = self._models.embedder
        if active is None or embedder is None or not active.documents:
            return None
        if active.fingerprint == fingerprint(embedder):
            return None
        building = self._store.index.generation("building")
        mine = building is not None and building.fingerprint == fingerprint(embedder)
        return (building.documents if building and mine else 0), active.documents

    def needs_building(self) -> bool:
        """Whether a generation is half built, perhaps by another process, and its model is here."""
        building, active = self._store.index.generation("building"), self._store.index.generation()
        return building is not None and (
            self._models.embedder is not None
            or (active is not None and active.fingerprint.cuts_like(building.fingerprint))
        )

    def serving(self) -> Embedder | None:
        """The embedder that answers queries now; while another one is being built it is the one before.
        What is found is remembered for `ready`."""
        generation = self._store.index.generation()
        self._served = self._models.embedder_of(generation.reader) if generation else self._models.embedder
        return self._served

    @property
    def ready(self) -> bool:
        """Whether the embedder that `serving` found last is loaded, or there is none. Reads nothing."""
        return self._served is None or bool(self._served.device)

    def load(self) -> None:
        """Load the embedder that answers queries. Blocks for seconds.

        Raises:
            ModelProblem: it cannot be loaded.
        """
        embedder = self.serving()
        if embedder is not None:
            embedder.encode_query("ready")

    def check(self) -> Check:
        """Whether the files of the models in use are those that were published."""
        if self._models.embedder is None:
            return Check("model", True, (Finding("no-model"),))
        used = [self._models.embedder.id, self._models.reranker_id]
        try:
            verified = [verify(id) for id in used if id]
        except Problem as problem:
            return Check("model", False, (Finding.of(problem),))
        return Check("model", True, (Finding("models-as-published", {"models": verified}),))

    def reload_if_changed(self) -> None:
        """Follow the settings file, if another process changed it; cheap enough for every search."""
        written = _written(self._file)
        if written == self._seen:
            return
        try:
            chosen = load(self._file)
        except Problem as problem:
            log.info("the library's settings cannot be read: %s", problem.code)
            return
        self._seen = written
        self._choose(embedder=chosen.embedder, reranker=chosen.reranker)

    def _save(self, field: str, id: str) -> None:
        save(self._file, {field: id})
        self._choose(**{field: id})

    def _choose(self, **fields: str) -> None:
        with self._lock:
            before, after = self._settings, dataclasses.replace(self._settings, **fields)  # type: ignore[arg-type]
            self._settings = after
            if after != before:
                self._models.choose(after)
        if after.embedder != before.embedder:
            self._changed()


def needed_bytes(passages: int, dimensions: int) -> int:
    """Disk space for a second set of this many passages, encoded by another model."""
    return passages * (_PASSAGE_BYTES + _VECTOR_BYTES * dimensions)


def overview(embedder: str = "", reranker: str = "") -> list[ModelRecord]:
    """What there is: the catalogue in its order, each with whether it is installed, then what else is.

    Args:
        embedder: the id of the one in use; '' for the English one that comes with the program.
        reranker: the id of the one in use; '' for none.
    """
    used = {embedder or catalogue.ENGLISH.id, reranker}
    here = {found.model.id: found for found in installed.installed()}
    records = []
    for entry in catalogue.entries():
        found = here.pop(entry.id, None)
        record = ModelRecord(
            id=entry.id,
            task=entry.task,
            installed=found is not None,
            in_use=found is not None and entry.id in used,
            who=entry.who,
            languages=entry.languages,
            dimensions=entry.dimensions,
            size_bytes=found.size_bytes if found else entry.size_bytes,
            licence=entry.licence,
            revision=found.model.revision if found else entry.revision,
        )
        records.append(record)
    for id, found in here.items():
        model = found.model
        records.append(
            ModelRecord(
                id=id,
                task=model.task,
                installed=True,
                in_use=id in used,
                who="",
                languages=None,
                dimensions=model.dimensions or None,
                size_bytes=found.size_bytes,
                licence=None,
                revision=model.revision,
            )
        )
    return records


def import_model(source: Path, *, like: str | None = None, progress: Progress | None = None) -> str:
    """Install a model from a folder or a zip file; see `installed.import_model`. Returns its id."""
    return installed.import_model(source, like=like, progress=progress).model.id


def install_model(
    id: str,
    settings: Settings,
    *,
    revision: str | None = None,
    progress: Progress | None = None,
    cancelled: threading.Event | None = None,
) -> str:
    """Fetch a model from the hub and install it; see `download_client.install`. Returns its id."""
    entry = catalogue.entry(id)
    found = download_client.install(
        entry.id if entry else id,
        settings.hub,
        revision=revision or (entry.revision if entry else None),
        progress=progress,
        cancelled=cancelled,
    )
    return found.model.id


def remove_model(name: str, *, do: bool) -> str:
    """Delete an installed model's files, or only find it. Returns its id.

    Raises:
        ModelProblem: it is not installed, or comes with the program.
    """
    found = installed.find(name)
    if found is None or found.model.package:
        raise ModelProblem("model-absent", name=name)
    if do:
        installed.remove(found)
    return found.model.id


def _written(file: Path) -> int:
    """The file's modification time; 0 if there is none."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0
