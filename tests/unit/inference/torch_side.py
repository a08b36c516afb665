"""Run by the `probe` fixture in a process of its own; prints one JSON object.

The first half is the reference: sentence-transformers by itself, knowing nothing of this
program. The second drives `Encoder` into memory and device trouble that no test machine has.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from desktop_kb.errors import ModelProblem
from desktop_kb.inference import bert, bfloat16, networks
from desktop_kb.inference.catalogue import ENGLISH
from desktop_kb.inference.encoder import Encoder

QUERIES = ("how tall is the tower?", "Ünïcode, ﬁ & 中文 2022", "word " * 400, "")
SENTENCES = (
    "The tower was built in 1889.",
    "It is 330 metres tall!",
    "Millions visit it; few climb the stairs.",
)
#: Two hundred that all differ, of 4 to 60 words.
MANY = [
    " ".join(
        f"{('the', 'old', 'river', 'town', 'library', 'bee', 'of', 'stone')[(i * k + k) % 8]} {i * k % 97}"
        for k in range(1, 3 + i % 29)
    )
    for i in range(200)
]
ROWS = ((101, 7, 8, 102), (101, 9, 102), (101, 10, 11, 12, 13, 102), (101, 14, 102), (101, 15, 102))


class Cramped(torch.nn.Module):
    """Has memory for a batch of `room` tokens, for more after a move to the CPU; vectors show token
    ids. A batch takes `seconds`, whatever its size."""

    def __init__(self, room: int, error: RuntimeError, seconds: float = 0.0) -> None:
        super().__init__()
        self.room, self.error, self.seconds = room, error, seconds
        self.batches: list[int] = []

    def to(self, *args: Any, **kwargs: Any) -> Cramped:
        self.room = 1000
        return self

    def forward(self, features: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        ids = features["input_ids"]
        self.batches.append(len(ids))
        time.sleep(self.seconds)
        if ids.numel() > self.room:
            raise self.error
        return {"token_embeddings": ids.unsqueeze(-1).repeat(1, 1, 2).float()}


def reference(folder: str) -> dict[str, Any]:
    model = SentenceTransformer(folder, device="cpu", local_files_only=True)
    tokens = model.encode([" ".join(SENTENCES)], output_value="token_embeddings")[0]
    counts = [len(model.tokenizer(s, add_special_tokens=False)["input_ids"]) for s in SENTENCES]
    return {
        "query_texts": QUERIES,
        "sentences": SENTENCES,
        "queries": model.encode(list(QUERIES), batch_size=1, normalize_embeddings=True).tolist(),
        "window": model.encode(" ".join(SENTENCES), normalize_embeddings=True).tolist(),
        "tokens": tokens.tolist(),
        "many_texts": MANY,
        "many": model.encode(MANY, normalize_embeddings=True).tolist(),
        "counts": counts,
    }


def cramped(folder: Path, room: int, device: str, error: RuntimeError) -> dict[str, Any]:
    encoder = Encoder(ENGLISH, folder, threads=1, device="cpu")
    encoder.device = device
    encoder._network = model = Cramped(room, error)
    try:
        found = {index: vectors[:, 0].tolist() for index, vectors in encoder.token_vectors(ROWS)}
    except (ModelProblem, RuntimeError) as problem:
        return {"problem": str(problem), "batches": model.batches}
    rows = [found[index] for index in range(len(ROWS))]
    return {
        "rows": rows,
        "batches": model.batches,
        "device": encoder.device,
        "notice": encoder.notice and asdict(encoder.notice),
        "fell_back": encoder.fell_back,
    }


def tried(folder: Path, card: str, error: RuntimeError) -> dict[str, Any]:
    """The batches of a card with room for 5,000 tokens, and where the next process begins there."""
    rows = [[101, *([7] * 126), 102]] * 400
    with tempfile.TemporaryDirectory() as home:
        os.environ["DESKTOP_KB_HOME"] = home
        encoder = Encoder(ENGLISH, folder, threads=1, device="cpu")
        on_the_cpu = encoder.batch_tokens
        encoder.device = card
        encoder._batch = encoder._batch_size()
        encoder._network = model = Cramped(5000, error, seconds=0.1)  # a busy machine adds hundredths
        count = sum(1 for _ in encoder.token_vectors(rows))
        return {
            "rows": count,
            "batches": model.batches,
            "device": encoder.device,
            "next": encoder._batch_size().tokens,
            "cpu": on_the_cpu,
        }


def fast_cpu(folder: Path, is_faster: bool) -> dict[str, Any]:
    """What a setting for fewer digits does on a CPU that is faster with them, and on one that is not."""
    exact = Encoder(ENGLISH, folder, threads=1, device="cpu")
    with mock.patch.object(bfloat16, "is_faster", return_value=is_faster):
        fast = Encoder(ENGLISH, folder, threads=1, device="cpu", fast_cpu=True)
    pairs = zip(exact.pooled(ROWS), fast.pooled(ROWS), strict=True)
    cosines = [float(a @ b / np.linalg.norm(a) / np.linalg.norm(b)) for (_, a), (_, b) in pairs]
    digits = {str(weight.dtype) for weight in fast._network.parameters()}
    return {"digits": sorted(digits), "least": min(cosines)}


def chosen_digits() -> dict[str, Any]:
    """Whether processors are found to be faster with fewer digits, and how often each was measured."""
    found: dict[str, Any] = {"gain": bfloat16.gain()}
    measured: list[float] = []

    def gain() -> float:
        measured.append(1.7 if len(measured) == 1 else 1.1)
        return measured[-1]

    processors: dict[str, dict[str, Any]] = {
        "without": {"cpu_name": "A", "avx512_vnni": True},
        "slower": {"cpu_name": "B", "avx512_bf16": True},
        "faster": {"cpu_name": "C", "amx_bf16": True},
    }
    with tempfile.TemporaryDirectory() as home:
        os.environ["DESKTOP_KB_HOME"] = home
        with mock.patch.object(bfloat16, "gain", gain):
            for name in (*processors, *processors):
                with mock.patch.object(torch.cpu, "get_capabilities", lambda name=name: processors[name]):
                    found.setdefault(name, []).append((bfloat16.is_faster(), len(measured)))
    return found


def packing() -> dict[str, Any]:
    """A network whose last layer is its embedding again, before and after; and what follows a layer."""
    torch.manual_seed(1)
    words, inner, head = torch.nn.Embedding(50, 8), torch.nn.Linear(8, 8), torch.nn.Linear(8, 50, bias=False)
    head.weight = words.weight
    inside = torch.nn.Sequential(inner)
    network = torch.nn.Sequential(words, inside, head)
    pair = torch.nn.ModuleList((bert.Activated(8, 16), bert.Added(16, 8)))

    def both(values: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = pair[1](pair[0](values), values)
        return found

    ids, values = torch.arange(50), torch.randn(5, 8)
    with torch.inference_mode():
        before, followed = network(ids), both(values)
        networks.pack(network)
        networks.pack(pair)
        apart = (network(ids) - before).abs().max().item()
        followed_apart = (both(values) - followed).abs().max().item()
    return {
        "layers": [type(layer).__name__ for layer in (inside[0], network[2], *pair)],
        "apart": max(apart, followed_apart),
    }


def absent_device(folder: Path) -> dict[str, Any]:
    asked = "mps" if torch.cuda.is_available() else "cuda"
    encoder = Encoder(ENGLISH, folder, threads=1, device=asked)
    lengths = [len(vectors) for _, vectors in encoder.token_vectors(ROWS)]
    return {
        "asked": asked,
        "device": encoder.device,
        "notice": encoder.notice and asdict(encoder.notice),
        "fell_back": encoder.fell_back,
        "lengths": lengths,
    }


if __name__ == "__main__":
    model_folder = Path(sys.argv[1])
    cuda = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
    metal = RuntimeError("MPS backend out of memory (MPS allocated: 9.0 GB)")
    processor = RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
    result = {
        "reference": reference(sys.argv[1]),
        "rows": ROWS,
        "halved": cramped(model_folder, 7, "cpu", cuda),
        # 'cpu:0' is the CPU to torch but no device of that name to the encoder.
        "moved": cramped(model_folder, 0, "cpu:0", metal),
        "hopeless": cramped(model_folder, 0, "cpu", processor),
        "other": cramped(model_folder, 0, "cpu", RuntimeError("device-side assert triggered")),
        "tried": tried(model_folder, "cpu:0", cuda),
        "fast": {str(one): fast_cpu(model_folder, one) for one in (True, False)},
        "chosen": chosen_digits(),
        "packing": packing() if networks.packs() else None,
        "absent": absent_device(model_folder),
    }
    json.dump(result, sys.stdout)
