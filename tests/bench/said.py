"""What models said, kept on disk between runs: vectors of questions and windows, and scores of late interaction
and of rerankers, by the model and the text.

A model is known by its fingerprint and by what it answers to a few probes, so that a change of its code or
weights that left the fingerprint alone is noticed as well.
"""

from __future__ import annotations

import functools
import hashlib
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from desktop_kb.inference import EncoderClient, RerankerClient

_PROBES = ("How warm is it inside a beehive in winter?", "冬天蜂巢里有多暖和？", "Quant à la ruche, 35 °C.")
#: Probes are compared to this: other batches and devices give other last bits.
_ALIKE = 2e-3

Array = NDArray[np.float32]


class Memory:
    """What models said, on disk. Within `remembering`, no model is asked the same twice."""

    def __init__(self, file: Path) -> None:
        self._lock = threading.RLock()
        self._database = sqlite3.connect(file, timeout=120, check_same_thread=False, isolation_level=None)
        self._database.execute("pragma journal_mode = wal")
        self._database.execute("pragma synchronous = off")
        self._database.execute(
            "create table if not exists said(key blob primary key, value blob) without rowid"
        )
        self._database.execute(
            "create table if not exists models(id integer primary key, fingerprint text, probe blob)"
        )
        self._real: dict[tuple[type, str], Any] = {}
        #: By fingerprint, a model's number on disk.
        self._numbers: dict[str, int] = {}

    @contextmanager
    def remembering(self) -> Iterator[None]:
        """Models are asked through this memory."""
        replaced: dict[type, dict[str, Callable[..., Any]]] = {
            EncoderClient: {
                "measure": self._measure,
                "encode_query": self._query,
                "encode_windows": self._windows,
                "encode_passages": self._passages,
                "late_interaction": functools.partial(self._pairs, EncoderClient, "late_interaction"),
            },
            RerankerClient: {"score": functools.partial(self._pairs, RerankerClient, "score")},
        }
        with ExitStack() as stack:
            for kind, methods in replaced.items():
                for name, method in methods.items():
                    self._real[kind, name] = getattr(kind, name)
                    patch = functools.partialmethod(_of_self, method)
                    stack.enter_context(mock.patch.object(kind, name, patch))
            try:
                yield
            finally:
                self._database.close()

    # --- what is asked

    def _measure(self, client: Any, texts: Sequence[str]) -> tuple[Any, Array]:
        def ask(some: Sequence[tuple[str, ...]]) -> list[Array]:
            counts, coverage = self._ask(EncoderClient, "measure", client, [text for (text,) in some])
            return [np.array(pair, np.float32) for pair in zip(counts, coverage, strict=True)]

        found = self._remembered(client, "measure", [(text,) for text in texts], ask)
        pairs = np.array(found, np.float32).reshape(-1, 2)
        return pairs[:, 0].astype(np.int32), pairs[:, 1].copy()

    def _query(self, client: Any, text: str) -> Array:
        ask = lambda _: [self._ask(EncoderClient, "encode_query", client, text)]  # noqa: E731
        return self._remembered(client, "query", [(text,)], ask)[0]

    def _windows(self, client: Any, windows: Sequence[Sequence[str]]) -> list[Array]:
        ask = lambda some: self._ask(EncoderClient, "encode_windows", client, some)  # noqa: E731
        found = self._remembered(client, "windows", [tuple(window) for window in windows], ask)
        return [rows.reshape(-1, client.dimensions) for rows in found]

    def _passages(self, client: Any, texts: Sequence[str]) -> Array:
        def ask(some: Sequence[tuple[str, ...]]) -> list[Array]:
            return list(self._ask(EncoderClient, "encode_passages", client, [text for (text,) in some]))

        found = self._remembered(client, "passages", [(text,) for text in texts], ask)
        return np.array(found, np.float32).reshape(len(texts), client.dimensions)

    def _pairs(
        self, kind: type, name: str, client: Any, query: str, passages: Sequence[str], *centres: Any
    ) -> Array:
        def ask(some: Sequence[tuple[str, ...]]) -> list[Array]:
            return list(self._ask(kind, name, client, query, [passage for _, passage in some], *centres))

        of = (
            name if not any(centres) else f"{name} {digest(*(str(one.tolist()) for one in centres[0])).hex()}"
        )
        found = self._remembered(client, of, [(query, passage) for passage in passages], ask)
        return np.array(found, np.float32).reshape(len(passages))

    def _ask(self, kind: type, name: str, client: Any, *arguments: Any) -> Any:
        return self._real[kind, name](client, *arguments)

    # --- what is remembered

    def _remembered(
        self,
        client: Any,
        kind: str,
        texts: Sequence[tuple[str, ...]],
        ask: Callable[[Sequence[tuple[str, ...]]], Sequence[Array]],
    ) -> list[Array]:
        """An answer for each text, flat; `ask` is given those that no one asked before."""
        number = self._number(client)
        keys = [digest(str(number), kind, *text) for text in texts]
        known = self._known(keys)
        todo = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if todo:
            said = [np.ravel(np.asarray(value, np.float32)) for value in ask(list(todo.values()))]
            new = dict(zip(todo, said, strict=True))
            known |= new
            with self._lock:
                self._database.execute("begin")
                self._database.executemany(
                    "insert or ignore into said values (?, ?)",
                    [(key, value.tobytes()) for key, value in new.items()],
                )
                self._database.execute("commit")
        return [known[key] for key in keys]

    def _known(self, keys: Sequence[bytes]) -> dict[bytes, Array]:
        found: dict[bytes, Array] = {}
        with self._lock:
            for first in range(0, len(keys), 500):
                some = keys[first : first + 500]
                marks = ",".join("?" * len(some))
                rows = self._database.execute(f"select key, value from said where key in ({marks})", some)
                found |= {key: np.frombuffer(value, np.float32) for key, value in rows}
        return found

    # --- which model it is

    def _number(self, client: Any) -> int:
        """The model's number on disk: that of one with its fingerprint and its answers to the probes."""
        with self._lock:
            if client.fingerprint not in self._numbers:
                self._numbers[client.fingerprint] = self._find(client, self._probe(client))
            return self._numbers[client.fingerprint]

    def _probe(self, client: Any) -> Array:
        query, *others = _PROBES
        if not isinstance(client, EncoderClient):
            return np.ravel(self._real[RerankerClient, "score"](client, query, [query, *others]))

        def ask(name: str, *arguments: Any) -> Any:
            return self._real[EncoderClient, name](client, *arguments)

        counts, coverage = ask("measure", list(_PROBES))
        rows = [*ask("encode_windows", [list(_PROBES)])[0], *(ask("encode_query", text) for text in _PROBES)]
        units = [row / max(1e-9, float(np.linalg.norm(row))) for row in rows]
        late = ask("late_interaction", query, [query, " ".join(_PROBES * 60), *others])
        return np.concatenate(
            [np.asarray(part, np.float32).ravel() for part in (counts, coverage, *units, late)]
        )

    def _find(self, client: Any, probe: Array) -> int:
        rows = self._database.execute(
            "select id, probe from models where fingerprint = ?", (client.fingerprint,)
        ).fetchall()
        for id, blob in rows:
            before = np.frombuffer(blob, np.float32)
            if before.shape == probe.shape and np.allclose(
                before, probe, rtol=0, atol=_ALIKE, equal_nan=True
            ):
                return int(id)
        values = (client.fingerprint, np.asarray(probe, np.float32).tobytes())
        return int(
            self._database.execute("insert into models(fingerprint, probe) values (?, ?)", values).lastrowid
            or 0
        )


def _of_self(client: Any, method: Callable[..., Any], *arguments: Any) -> Any:
    return method(client, *arguments)


def digest(*texts: str) -> bytes:
    return hashlib.blake2b("\0".join(texts).encode("utf-8", "replace"), digest_size=16).digest()
