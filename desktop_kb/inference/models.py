"""Which models an open library uses, and their clients.

A library is read by one or two embedders, its readers. While it is re-encoded for another one, the ones before
answer queries and the new one encodes: that one gets the graphics card, one that is to be left moves to the CPU.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final

from desktop_kb.errors import ModelProblem
from desktop_kb.inference import installed
from desktop_kb.inference.catalogue import ENGLISH, MULTILINGUAL
from desktop_kb.inference.encoder_client import EncoderClient, RerankerClient
from desktop_kb.inference.encoder_process import EncoderProcess, Encoding, SharedProcess
from desktop_kb.inference.installed import Installed
from desktop_kb.records import Embedder, Reader, Reranker
from desktop_kb.settings import Settings

#: The devices of a model that needs no room on a graphics card; '' is that of one that is not loaded.
_ON_CPU: Final = ("", "cpu")


def find_embedder(*, name: str = "", **options: Any) -> EncoderClient | None:
    """The client of an embedding model, or None if it is not installed.

    Args:
        name: its id; '' is the English one that comes with the program.
        options: see `ModelClient`.

    Starts no process: the child starts at the first request, torch is loaded at the first encoding.
    """
    found = installed.find(name or ENGLISH.id)
    if found is None or found.model.task != "embed":
        return None
    return EncoderClient(found.model, found.folder, **options)


def wanted(settings: Settings) -> tuple[str, ...]:
    """The ids of the embedders that a library with these settings is to be read by, the fastest first,
    whether they are installed or not."""
    multilingual = settings.embedder or MULTILINGUAL.id
    if settings.readers == "english" or multilingual == ENGLISH.id:
        return (ENGLISH.id,)
    return (multilingual,) if settings.readers == "multilingual" else (ENGLISH.id, multilingual)


class Models:
    """The models of one open library. Thread-safe.

    Args:
        open_embedder: makes the client of a model; same arguments as `find_embedder`.
        encoding: whoever encodes for other programs too; None for children of our own.
    """

    def __init__(
        self,
        settings: Settings,
        open_embedder: Callable[..., Embedder | None] = find_embedder,
        encoding: Encoding | None = None,
    ) -> None:
        self._lock = threading.Lock()
        self._open_embedder = open_embedder
        self._encoding = encoding
        self._settings = settings
        self._processes: list[EncoderProcess] = []
        self._process = self._new_process("embed")  # of all embedders: torch is loaded once
        self._embedders: dict[str, Embedder] = {}
        self._rerankers: dict[str, RerankerClient] = {}
        self._readers = self._open_wanted()

    def _new_process(self, name: str) -> EncoderProcess:
        idle_s = self._settings.idle_seconds
        shared = self._encoding
        process = EncoderProcess(idle_s) if shared is None else SharedProcess(shared, name, idle_s)
        self._processes.append(process)
        return process

    def _open(self, id: str) -> Embedder | None:
        known = self._embedders.get(id)
        if known is None:
            options = {**_options(self._settings), "process": self._process}
            known = self._open_embedder(name=id, **options)
        if known is not None:
            self._embedders[id] = known
        return known

    def _open_wanted(self) -> tuple[Embedder, ...]:
        found = [embedder for id in wanted(self._settings) if (embedder := self._open(id)) is not None]
        return tuple({embedder.fingerprint: embedder for embedder in found}.values())

    def choose(self, settings: Settings) -> None:
        """Use the models named in these settings from now on."""
        with self._lock:
            before, self._settings = self._readers, settings
            self._readers = chosen = self._open_wanted()
        for embedder in before:
            if (
                isinstance(embedder, EncoderClient)
                and embedder not in chosen
                and embedder.device not in _ON_CPU
            ):
                embedder.move_to("cpu")
        for embedder in chosen:  # only now: the others may have left it no room
            if isinstance(embedder, EncoderClient):
                embedder.move_to(settings.device)

    def try_out(self, found: Installed) -> None:
        """Load a model and let it answer once, so that a fault shows before anything depends on it.

        Raises:
            ModelProblem: it cannot be loaded.
        """
        if found.model.task == "rerank":
            reranker = self.reranker(found.model.id)
            if reranker is None:
                raise ModelProblem("model-absent", name=found.model.id)
            reranker.score("ready", ["ready"])
            return
        self.embedder_named(found.model.id).encode_query("ready")

    def embedder_named(self, id: str) -> Embedder:
        """The embedder of this id, whether it is in use or not.

        Raises:
            ModelProblem: it is not installed.
        """
        with self._lock:
            embedder = self._open(id)
        if embedder is None:
            raise ModelProblem("model-absent", name=id)
        return embedder

    @property
    def wanted(self) -> tuple[str, ...]:
        """The ids of the chosen embedders, installed or not."""
        return wanted(self._settings)

    @property
    def readers(self) -> tuple[Embedder, ...]:
        """The chosen embedders that are installed, the fastest first."""
        return self._readers

    @property
    def embedder(self) -> Embedder | None:
        """The first of the readers; None if none of them is installed."""
        return next(iter(self._readers), None)

    def embedder_of(self, reader: Reader | None) -> Embedder | None:
        """The embedder of a generation's reader; None if it is not installed or there is no reader."""
        if reader is None:
            return None
        with self._lock:
            for known in self._embedders.values():
                if known.fingerprint == reader.fingerprint:
                    return known
            for found in installed.installed():
                if found.model.fingerprint == reader.fingerprint and found.model.task == "embed":
                    return self._open(found.model.id)
        return None

    @property
    def reranker_id(self) -> str:
        """The id of the chosen reranker; '' for none."""
        return self._settings.reranker

    @property
    def loaded_reranker(self) -> Reranker | None:
        """The client of the chosen reranker, if it has been opened."""
        with self._lock:
            wanted = self._settings.reranker
            return next((known for known in self._rerankers.values() if known.id == wanted), None)

    def reranker(self, name: str) -> Reranker | None:
        """The client of an installed reranker; None if there is none with this name."""
        with self._lock:
            found = installed.find(name)
            if found is None or found.model.task != "rerank":
                return None
            model = found.model
            key = f"{model.fingerprint} {self._settings.rerank_instruction}"
            if key not in self._rerankers:
                self._rerankers[key] = RerankerClient(
                    model,
                    found.folder,
                    instruction=self._settings.rerank_instruction,
                    process=self._new_process(f"rerank {model.fingerprint}"),
                    **_options(self._settings),
                )
            return self._rerankers[key]

    def close(self) -> None:
        """End every child."""
        clients: list[Embedder | Reranker] = [*self._embedders.values(), *self._rerankers.values()]
        for client in clients:
            client.close()
        for process in self._processes:
            process.close()


def _options(settings: Settings) -> dict[str, Any]:
    """The options of `ModelClient` from the settings."""
    return {
        "threads": settings.threads or None,
        "device": settings.device,
        "fast_cpu": settings.fast_cpu,
        "idle_s": settings.idle_seconds,
    }
