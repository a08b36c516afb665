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
from desktop_kb.inference.catalogue import ENGLISH, MULTILINGUAL
from desktop_kb.inference.installed import Progress
from desktop_kb.inference.models import wanted as wanted_models
from desktop_kb.ingest import seconds_a_passage, wanted
from desktop_kb.records import (
    LATE_INTERACTION,
    Check,
    Embedder,
    Finding,
    Generation,
    ModelRecord,
    ModelUse,
    ReaderStatus,
)
from desktop_kb.settings import Settings, load, save
from desktop_kb.store import Store

log = logging.getLogger(__name__)

#: Disk bytes per passage: its text and index, and for each dimension 13 bytes of vectors (float32, float16,
#: and int8 for about 7 sentences).
_PASSAGE_BYTES: Final = 3_000
_VECTOR_BYTES: Final = 4 + 2 + 7
#: The same for a further reader, whose vectors of sentences take four bits a dimension.
_FURTHER_BYTES: Final = 4 + 2 + 4


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
        self._served = models.readers
        self._paces: dict[str, float] = {}

    @property
    def settings(self) -> Settings:
        """The settings that the models were chosen by."""
        return self._settings

    def list(self) -> list[ModelRecord]:
        """The catalogue and what else is installed; see `overview`."""
        return overview(self._settings)

    def use(self, name: str) -> ModelUse:
        """Make the library use an installed model, after trying that it loads. An embedder takes the place of
        the multilingual one of the program; the English one of the program then reads alone.

        Args:
            name: its id, or 'late interaction' for no reranker.

        Raises:
            ModelProblem: it is not installed or cannot be loaded; nothing is changed.
            Problem: the disk has no room for a second set of passages.
            StorageProblem: the library's settings cannot be written.
        """
        id, fields = self._tried(name)
        if "reranker" in fields:
            self._save(**fields)
            return ModelUse(id, "rerank")
        return self._read_by(id, **fields)

    def read_by(self, readers: str) -> ModelUse:
        """Have the library read by 'both' models, by the 'multilingual' one or by the 'english' one.

        Raises: as `use`.
        """
        return self._read_by("", readers=readers)

    def price(self, name: str = "", *, readers: str = "") -> ModelUse:
        """What `use` of this model, or `read_by` these, would mean. Changes nothing; a model that has not read
        the library reads some of it, which takes seconds.

        Raises: as `use`.
        """
        id, fields = ("", {"readers": readers}) if readers else self._tried(name)
        if "reranker" in fields:
            return ModelUse(id, "rerank")
        return self._cost(id, dataclasses.replace(self._settings, **fields))  # type: ignore[arg-type]

    def _tried(self, name: str) -> tuple[str, dict[str, str]]:
        """The id of an installed model, after trying that it loads, and the settings that have it used."""
        if name.replace("-", " ").lower() == LATE_INTERACTION:
            return LATE_INTERACTION, {"reranker": ""}
        found = installed.find(name)
        if found is None:
            raise ModelProblem("model-absent", name=name)
        self._models.try_out(found)
        id = found.model.id
        return id, {"reranker": id} if found.model.task == "rerank" else _as_embedder(self._settings, id)

    def keep(self) -> ModelUse:
        """Have the library read by the models that answer now; what was built for others is dropped.

        Raises: as `use`.
        """
        active = self._store.index.generation()
        ids = [reader.model for reader in active.fingerprint.readers] if active else []
        others = [id for id in ids if id != ENGLISH.id]
        fields = {"readers": "both" if others and len(ids) > 1 else "multilingual" if others else "english"}
        for id in others:
            fields |= _as_embedder(self._settings, id) | fields
        return self._read_by(next(iter(ids), ""), **fields)

    def _read_by(self, id: str, **fields: str) -> ModelUse:
        """Choose the models that read the library, where the disk has room for it."""
        after = dataclasses.replace(self._settings, **fields)  # type: ignore[arg-type]
        use = self._cost(id, after)
        installed.check_room(use.needed_bytes, self._file.parent)
        self._save(**fields)
        return use

    def _cost(self, id: str, after: Settings) -> ModelUse:
        """What it means for the library to be read by the models of these settings."""
        active = self._store.index.generation()
        models = [found.model for name in wanted_models(after) if (found := installed.find(name))]
        read = {reader.fingerprint for reader in active.fingerprint.readers} if active else set()
        if active is None or read == {model.fingerprint for model in models}:
            return ModelUse(id, "embed")
        needed = needed_bytes(active.chunks, *(model.dimensions for model in models))
        added = tuple(model.id for model in models if model.fingerprint not in read)
        seconds = sum(map(self._pace, added)) * active.chunks if active.chunks else 0.0
        return ModelUse(id, "embed", active.documents, active.chunks, needed, added, round(seconds, 1))

    def _pace(self, id: str) -> float:
        """Seconds in which a model reads one passage of this library, measured once."""
        if id not in self._paces:
            self._paces[id] = seconds_a_passage(self._store.index, self._models.embedder_named(id))
        return self._paces[id]

    def progress(self) -> tuple[int, int] | None:
        """How many documents all of the chosen models have encoded, and of how many; None once it is all. While
        a model is built beside those that serve, how many one of the models has encoded."""
        active = self._store.index.generation()
        if active is None or not self._models.readers or not active.documents:
            return None
        if self._building(active) is not None:  # of the same moment: another generation may take over now
            building, chosen = self._store.index.generation("building"), wanted(self._models, active)
            mine = building is not None and building.fingerprint == chosen
            return (building.documents if building and mine else 0), active.documents
        return (
            (min(one.done for one in self.readers()), active.documents) if self._is_behind(active) else None
        )

    def building(self) -> str | None:
        """The id of the model that takes over when it has encoded the library; None if none is being built."""
        return self._building(self._store.index.generation())

    def _building(self, active: Generation | None) -> str | None:
        if active is None or not active.documents or not self._models.readers:
            return None
        chosen = wanted(self._models, active)
        if active.fingerprint == chosen:
            return None
        added = [reader for reader in chosen.readers if reader not in active.fingerprint.readers]
        return (added or chosen.readers)[0].model

    def readers(self) -> tuple[ReaderStatus, ...]:
        """The chosen models that are installed, each with how many documents it has read."""
        active, building = self._store.index.generation(), self._store.index.generation("building")
        documents = active.documents if active else 0
        done = {
            reader.fingerprint: one.documents
            for generation in (building, active)
            if generation is not None
            for reader, one in zip(generation.fingerprint.readers, generation.read, strict=True)
        }
        return tuple(
            ReaderStatus(one.id, one.device, min(documents, done.get(one.fingerprint, 0)), documents)
            for one in self._models.readers
        )

    def needs_building(self) -> bool:
        """Whether a generation is half built, or one of its readers has not read everything, perhaps because
        another process ended, and the model is here."""
        active = self._store.index.generation()
        return (active is not None and self._is_behind(active)) or self.rebuilds()

    def rebuilds(self) -> bool:
        """Whether the next generation is being built, and can be: its model is here, or none is needed."""
        active, building = self._store.index.uncounted(), self._store.index.uncounted("building")
        return building is not None and (
            self._models.embedder is not None
            or (active is not None and active.fingerprint.cuts_like(building.fingerprint))
        )

    def _is_behind(self, active: Generation) -> bool:
        """Whether a reader that is here has documents left to read."""
        here = {embedder.fingerprint for embedder in self._models.readers}
        return any(
            reader.fingerprint in here
            and read.documents < active.documents
            and self._store.index.missing_from(active.id, number) is not None
            for number, (reader, read) in enumerate(
                zip(active.fingerprint.readers, active.read, strict=True), 1
            )
        )

    def serving(self) -> tuple[Embedder, ...]:
        """The embedders that answer queries now; while others are being built they are the ones before.
        What is found is remembered for `ready`."""
        generation = self._store.index.generation()
        if generation is None:
            self._served = self._models.readers
        else:
            found = map(self._models.embedder_of, generation.fingerprint.readers)
            self._served = tuple(embedder for embedder in found if embedder is not None)
        return self._served

    @property
    def ready(self) -> bool:
        """Whether the embedders that `serving` found last are loaded, or there are none. Reads nothing."""
        return all(embedder.device for embedder in self._served)

    def load(self) -> None:
        """Load the embedders that answer queries. Blocks for seconds.

        Raises:
            ModelProblem: one cannot be loaded.
        """
        for embedder in self.serving():
            embedder.encode_query("ready")

    def check(self) -> Check:
        """Whether the files of the models in use are those that were published."""
        if not self._models.readers:
            return Check("model", True, (Finding("no-model"),))
        used = [*(embedder.id for embedder in self._models.readers), self._models.reranker_id]
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
        self._choose(embedder=chosen.embedder, readers=chosen.readers, reranker=chosen.reranker)

    def _save(self, **fields: str) -> None:
        save(self._file, fields)
        self._choose(**fields)

    def _choose(self, **fields: str) -> None:
        with self._lock:
            before, after = self._settings, dataclasses.replace(self._settings, **fields)  # type: ignore[arg-type]
            self._settings = after
            if after != before:
                self._models.choose(after)
        if wanted_models(after) != wanted_models(before):
            self._changed()


def _as_embedder(settings: Settings, id: str) -> dict[str, str]:
    """The settings that have this embedder read the library."""
    if id == ENGLISH.id:
        return {"readers": "english"}
    readers = "both" if settings.readers == "english" else settings.readers
    return {"embedder": "" if id == MULTILINGUAL.id else id, "readers": readers}


def needed_bytes(passages: int, *dimensions: int) -> int:
    """Disk space for a second set of this many passages, encoded by models with these dimensions."""
    first, *further = dimensions or (0,)
    return passages * (_PASSAGE_BYTES + _VECTOR_BYTES * first + _FURTHER_BYTES * sum(further))


def overview(settings: Settings | None = None) -> list[ModelRecord]:
    """What there is: the catalogue in its order, each with whether it is installed and in use with these
    settings, then what else is."""
    settings = settings or Settings()
    used = {*wanted_models(settings), settings.reranker}
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
