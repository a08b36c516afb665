"""Stand-ins for the two child processes: the same contracts, in this process, in no time."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import numpy as np

from desktop_kb.errors import Cancelled, DocumentProblem
from desktop_kb.extract import Extractor
from desktop_kb.indexer import Pace
from desktop_kb.inference import installed
from desktop_kb.kb import Parts
from desktop_kb.records import Extracted, Floats, Ints, Reader
from desktop_kb.worker import Message


class FakeEmbedder:
    """Each word has a fixed random direction; a sentence is their sum. Reads English only, or everything."""

    languages: tuple[str, ...] = ("en",)
    dimensions = 32
    window_tokens = 24
    device = "cpu"
    notice = None
    fell_back = False
    late_pooling = True
    batch_windows = 8

    def __init__(self, name: str = "fake", languages: tuple[str, ...] | None = None) -> None:
        self.id = name
        if languages is not None:
            self.languages = languages
        self.fingerprint = f"{name}-1"
        self.passages: list[str] = []
        self.windows: list[tuple[str, ...]] = []
        self.after_call: Callable[[], object] = lambda: None

    def measure(self, texts: Sequence[str]) -> tuple[Ints, Floats]:
        counts = [max(1, len(text.split())) for text in texts]
        coverage = [
            sum(c.isascii() or not self.languages for c in text) / max(1, len(text)) for text in texts
        ]
        return np.array(counts, np.int32), np.array(coverage, np.float32)

    def encode_windows(self, windows: Sequence[Sequence[str]]) -> list[Floats]:
        self.windows += [tuple(window) for window in windows]
        self.after_call()
        return [np.stack([self._sum(text) for text in window]) for window in windows]

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        self.passages += texts
        self.after_call()
        sums = np.stack([self._sum(text[::-1]) for text in texts])
        return np.asarray(sums / np.linalg.norm(sums, axis=1, keepdims=True), np.float32)

    def encode_query(self, text: str) -> Floats:
        vector = self._sum(text)
        return np.asarray(vector / np.linalg.norm(vector), np.float32)

    def late_interaction(
        self, query: str, passages: Sequence[str], centres: tuple[Floats, Floats] | None = None
    ) -> Floats:
        words = set(query.lower().split())
        shares = [len(words & set(text.lower().split())) / max(1, len(words)) for text in passages]
        return np.array(shares, np.float32)

    def close(self) -> None:
        pass

    def _sum(self, text: str) -> Floats:
        total = np.zeros(self.dimensions)
        for word in text.lower().split() or [""]:
            named = word if self.id == "fake" else f"{self.id} {word}"
            seed = int.from_bytes(hashlib.sha256(named.encode()).digest()[:4], "little")
            total += np.random.default_rng(seed).normal(size=self.dimensions)
        return np.asarray(total, np.float32)


def installed_fakes() -> Callable[..., FakeEmbedder | None]:
    """In place of `find_embedder`: what is installed, each answering as a fake of its name and fingerprint."""
    clients: dict[str, FakeEmbedder] = {}

    def find_embedder(*, name: str = "", **_options: Any) -> FakeEmbedder | None:
        found = installed.find(name or "all-MiniLM-L6-v2")
        if found is None:
            return None
        client = clients.setdefault(found.model.id, FakeEmbedder(found.model.id, found.model.languages))
        client.fingerprint = found.model.fingerprint
        return client

    return find_embedder


def fake_parts(
    embedder: FakeEmbedder | None = None,
    *,
    open_embedder: Callable[..., FakeEmbedder | None] | None = None,
    retry: float = 20.0,
) -> Parts:
    """What a library works with: files are their bytes, this embedder answers (or those that are opened),
    and the indexer looks for work a hundred times a second."""
    return Parts(
        extractor=cast(Extractor, FakeExtractor()),
        open_embedder=cast(Any, open_embedder or (lambda **_options: embedder)),
        pace=Pace(poll=0.01, retry=retry),
    )


class FakeReranker:
    """The share of the query's words that a passage begins with; does not read Chinese."""

    id = "fake reranker"
    device = "cpu"
    notice = None
    fell_back = False

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.before_answer: Callable[[], object] = lambda: None

    def score(self, query: str, passages: Sequence[str]) -> Floats:
        self.asked.append(tuple(passages))
        self.before_answer()
        words = query.lower().split()
        scores = [
            sum(word in text.lower().split()[: len(words)] for word in words) / len(words)
            if (query + text).isascii()
            else np.nan
            for text in passages
        ]
        return np.array(scores, np.float32)

    def close(self) -> None:
        pass


class FakeModels:
    """What stands at hand: any embedders, one of them or more chosen, and rerankers by name."""

    def __init__(self, embedder: FakeEmbedder | None, *others: FakeEmbedder) -> None:
        self.embedder = embedder
        self.others = others
        self.further: tuple[FakeEmbedder, ...] = ()
        self.absent: tuple[str, ...] = ()
        self.rerankers: dict[str, FakeReranker] = {}
        self.reranker_id = ""

    @property
    def readers(self) -> tuple[FakeEmbedder, ...]:
        return tuple(e for e in (self.embedder, *self.further) if e is not None)

    @property
    def wanted(self) -> tuple[str, ...]:
        return (*(e.id for e in self.readers), *self.absent)

    def embedder_of(self, reader: Reader | None) -> FakeEmbedder | None:
        known = [*self.readers, *self.others]
        return next((e for e in known if reader and e.fingerprint == reader.fingerprint), None)

    def reranker(self, name: str) -> FakeReranker | None:
        return self.rerankers.get(name)


class Card:
    """A `Worker` that answers as a child on a graphics card would, which computes so many tokens at once."""

    running = True

    def __init__(self, batch_tokens: int, fell_back: bool = False) -> None:
        self.header = {
            "device": "cpu" if fell_back else "cuda",
            "notice": None,
            "fell_back": fell_back,
            "batch_tokens": batch_tokens,
        }
        self.asked: list[int] = []
        self.left = self.stopped = 0

    def call(self, header: Any, blobs: Any, **_limits: Any) -> Message:
        if header["do"] == "leave":
            self.left += 1
            return Message({})
        self.asked.append(len(header.get("counts", blobs)))
        return Message(self.header, (np.ones((len(blobs), 384), np.float32).tobytes(),))

    def stop(self) -> None:
        self.stopped += 1

    close = stop


def holding(text: str = "", **parts: str) -> str:
    """A file for `FakeExtractor` with this text and these parts: 'a_txt' is a part 'a.txt'."""
    return json.dumps({"text": text, "parts": {name.replace("_", "."): said for name, said in parts.items()}})


class FakeExtractor:
    """A file's text is its bytes; one that begins with 'LOCKED' needs the password 'bees'. A file made by
    `holding` has parts."""

    def extract(
        self,
        path: Path,
        *,
        part: str = "",
        password: str | None = None,
        seen: Mapping[int, bytes] = MappingProxyType({}),
        cancelled: threading.Event | None = None,
    ) -> Extracted:
        if cancelled is not None and cancelled.is_set():
            raise Cancelled
        text = self._content(path, part)
        if text.startswith('{"text"'):
            held = json.loads(text)
            left_out = held.get("left_out", 0)
            return Extracted(held["text"], "", parts=tuple(held["parts"]), parts_left_out=left_out)
        if text.startswith("LOCKED") and password != "bees":
            raise DocumentProblem("locked", path=str(path))
        if text.startswith("BROKEN"):
            raise DocumentProblem("damaged", path=str(path))
        return Extracted(text, "")

    def look_at(
        self,
        path: Path,
        part: str,
        *,
        password: str | None = None,
        cancelled: threading.Event | None = None,
    ) -> tuple[str, int]:
        data = self._content(path, part).encode()
        return hashlib.sha256(data).hexdigest(), len(data)

    def _content(self, path: Path, part: str) -> str:
        text = path.read_bytes().decode("utf-8", "replace")
        for name in part.split("/") if part else ():
            text = json.loads(text)["parts"].get(name)
            if text is None:
                raise DocumentProblem("part-vanished", path=str(path))
        return text

    def close(self) -> None:
        pass


def write_model(folder: Path, *, pooling: str = "mean", rerank: bool = False, seed: int = 0) -> Path:
    """A folder that imports as a model and computes nothing: for tests of what is around one."""
    folder.mkdir(parents=True)
    weights = json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    data = len(weights).to_bytes(8, "little") + weights + seed.to_bytes(8, "little")
    (folder / "model.safetensors").write_bytes(data)
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    kind = "BertForSequenceClassification" if rerank else "BertModel"
    config = {
        "model_type": "bert",
        "architectures": [kind],
        "hidden_size": 32,
        "max_position_embeddings": 512,
        "id2label": {"0": "LABEL_0"},
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    if not rerank:
        modules = [
            {"path": path, "type": f"sentence_transformers.models.{kind}"}
            for path, kind in (("", "Transformer"), ("1_Pooling", "Pooling"))
        ]
        (folder / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling" / "config.json").write_text(
            json.dumps({"pooling_mode": pooling}), encoding="utf-8"
        )
    return folder
