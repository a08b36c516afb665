"""Which models an open library uses, and their clients.

While a library is re-encoded for another embedder two models work: the old one answers queries, the new
one encodes. The new one gets the graphics card, the old one moves to the CPU.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from typing import Any

from desktop_kb.errors import ModelProblem
from desktop_kb.inference import installed
from desktop_kb.inference.catalogue import ENGLISH
from desktop_kb.inference.encoder_client import EncoderClient, RerankerClient
from desktop_kb.inference.installed import Installed
from desktop_kb.records import Embedder, Reader, Reranker
from desktop_kb.settings import Settings


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


class Models:
    """The models of one open library. Thread-safe.

    Args:
        open_embedder: makes the client of a model; same arguments as `find_embedder`.
    """

    def __init__(
        self, settings: Settings, open_embedder: Callable[..., Embedder | None] = find_embedder
    ) -> None:
        self._lock = threading.Lock()
        self._open_embedder = open_embedder
        self._settings = settings
        self._embedders: dict[str, Embedder] = {}
        self._rerankers: dict[str, RerankerClient] = {}
        self._embedder = self._open(settings)

    def _open(self, settings: Settings) -> Embedder | None:
        known = self._embedders.get(settings.embedder)
        if known is None:
            known = self._open_embedder(name=settings.embedder, **_options(settings))
        if known is not None:
            self._embedders[settings.embedder] = known
        return known

    def choose(self, settings: Settings) -> None:
        """Use the models named in these settings from now on."""
        with self._lock:
            before, self._settings = self._embedder, settings
            self._embedder = chosen = self._open(settings)
        if isinstance(before, EncoderClient) and before is not chosen and before.device not in ("", "cpu"):
            before.move_to("cpu")
        if isinstance(chosen, EncoderClient):  # only now: the other model may have left it no room
            chosen.move_to(settings.device)

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
        with self._lock:
            embedder = self._open(dataclasses.replace(self._settings, embedder=found.model.id))
        if embedder is None:
            raise ModelProblem("model-absent", name=found.model.id)
        embedder.encode_query("ready")

    @property
    def embedder(self) -> Embedder | None:
        """The chosen embedder; None if it is not installed."""
        return self._embedder

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
                    return self._open(dataclasses.replace(self._settings, embedder=found.model.id))
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
                    **_options(self._settings),
                )
            return self._rerankers[key]

    def close(self) -> None:
        """End every child."""
        clients: list[Embedder | Reranker] = [*self._embedders.values(), *self._rerankers.values()]
        for client in clients:
            client.close()


def _options(settings: Settings) -> dict[str, Any]:
    """The options of `ModelClient` from the settings."""
    return {
        "threads": settings.threads or None,
        "device": settings.device,
        "fast_cpu": settings.fast_cpu,
        "idle_s": settings.idle_seconds,
    }
