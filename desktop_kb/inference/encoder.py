"""Token ids -> token vectors, on the best device that works. The only importer of torch.

Imported by the child at its first encoding (5 s), never by the window's process.

Invariants: safetensors only, no remote code, no network; float32 everywhere. Rows of one call
are sorted by length and padded together, so the same call gives the same bits on the same
machine and device; in other company a vector differs by about 1e-6.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import psutil
import torch
from sentence_transformers import SentenceTransformer

from desktop_kb.errors import ModelProblem
from desktop_kb.inference.card import unused_card
from desktop_kb.records import Floats

DEVICES: Final = ("cuda", "mps", "cpu")

#: Most tokens of one padded batch, by device.
BATCH_TOKENS: Final = {"cuda": 16384, "mps": 4096, "cpu": 2048}


class Encoder:
    """A transformer on a device.

    Attributes:
        device: 'cuda', 'mps' or 'cpu'.
        notice: why that is not the device one would expect, for people; '' if it is.
    """

    def __init__(self, folder: Path, *, threads: int | None, device: str) -> None:
        torch.set_num_threads(threads or _physical_cores())
        model = SentenceTransformer(
            str(folder),
            device="cpu",
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True, "dtype": torch.float32},
        )
        self._transformer: torch.nn.Module = model[0].eval()
        self.notice = ""
        self.device = self._choose(device)
        self._transformer.to(self.device)
        self._batch_tokens = BATCH_TOKENS[self.device]

    def _choose(self, wanted: str) -> str:
        """The first device that can hold and add a few numbers; a driver may promise and fail."""
        for device in DEVICES if wanted == "auto" else (wanted, "cpu"):
            if device == "cpu" or (wanted == "auto" and not _promised(device)):
                continue
            try:
                if torch.ones(8, device=device).sum().item() == 8:
                    return device
            except (RuntimeError, AssertionError) as error:  # torch without CUDA asserts
                reason = str(error).partition("\n")[0]
                self.notice = f"The graphics device '{device}' cannot be used ({reason}); the CPU is."
        if wanted == "auto" and torch.version.cuda is None:
            self.notice = self.notice or unused_card()
        return "cpu"

    def token_vectors(self, rows: Sequence[Sequence[int]]) -> Iterator[tuple[int, Floats]]:
        """Encode rows of token ids, special tokens included; yields (index of the row, vectors).

        Vectors are float32 (tokens, d). Rows come longest first. Where memory runs out the batch
        is halved, then the CPU takes over, and `notice` says so.

        Raises:
            ModelProblem: 'encoder-failed', where even one row on the CPU does not fit.
        """
        waiting = sorted(range(len(rows)), key=lambda i: (-len(rows[i]), i))
        while waiting:
            longest = len(rows[waiting[0]])
            batch = waiting[: max(1, self._batch_tokens // longest)]
            vectors = self._try([rows[i] for i in batch])
            if vectors is None:
                self._use_less_memory(len(batch), longest)
                continue
            waiting = waiting[len(batch) :]
            for index, row in zip(batch, vectors, strict=True):
                yield index, row[: len(rows[index])]

    def _try(self, rows: Sequence[Sequence[int]]) -> Floats | None:
        """One pass over a batch, (rows, longest, d); None where memory ran out."""
        ids = torch.zeros((len(rows), len(rows[0])), dtype=torch.long)
        mask = torch.zeros_like(ids)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = torch.tensor(row)
            mask[i, : len(row)] = 1
        try:
            with torch.inference_mode():
                features = {"input_ids": ids.to(self.device), "attention_mask": mask.to(self.device)}
                vectors: torch.Tensor = self._transformer(features)["token_embeddings"]
                return np.asarray(vectors.float().cpu().numpy())
        except RuntimeError as error:
            if not _is_out_of_memory(error):
                raise
        return None

    def _use_less_memory(self, rows: int, longest: int) -> None:
        if self.device == "cuda":
            torch.cuda.empty_cache()
        if rows > 1:
            self._batch_tokens = rows // 2 * longest
        elif self.device != "cpu":
            self.notice = f"The graphics device '{self.device}' has too little memory; the CPU is used."
            self.device = "cpu"
            self._transformer.to("cpu")
            self._batch_tokens = BATCH_TOKENS["cpu"]
        else:
            raise ModelProblem("encoder-failed", reason="there is not enough memory")


def _promised(device: str) -> bool:
    return torch.cuda.is_available() if device == "cuda" else torch.backends.mps.is_available()


def _is_out_of_memory(error: RuntimeError) -> bool:
    # MPS, cuBLAS and the CPU's allocator have no class of their own for it.
    signs = ("out of memory", "not enough memory", "can't allocate memory", "ALLOC_FAILED")
    return isinstance(error, torch.OutOfMemoryError) or any(sign in str(error) for sign in signs)


def _physical_cores() -> int:
    """Cores this process may use; a second thread on one core slows matrix products down."""
    cores = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        cores = min(cores, len(os.sched_getaffinity(0)))
    return cores
