"""Token ids -> token vectors or scores, on the best device that works. Imports torch, as `networks` does.

Imported by the child at its first encoding (5 s), never by the window's process.

Invariants: safetensors only, no remote code, no network; every weight comes from the files. Rows of one
call are sorted by length and padded together, so the same call gives the same bits on the same machine and
device; batched with other rows, a vector differs by about 1e-6 (float32). With another device or precision its
cosine with itself is .9999.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import psutil
import torch

from desktop_kb import paths
from desktop_kb.errors import ModelProblem
from desktop_kb.inference import bfloat16
from desktop_kb.inference.batch import FIRST, BatchSize, remember, remembered
from desktop_kb.inference.catalogue import Model
from desktop_kb.inference.networks import CPU_TOKENS, load, pack, packs, trim
from desktop_kb.inference.unused_gpu import unused_card
from desktop_kb.records import Finding, Floats

DEVICES: Final = ("cuda", "mps", "cpu")

#: A graphics card is used only if its free memory is at least this many times the weights: batches need
#: memory too, and another model may be loaded later.
_ROOM: Final = 1.5

#: One input: token ids, special tokens included, and token types (1 for the second text of a pair).
Row = tuple[Sequence[int], Sequence[int]]
#: Takes the network's output for a padded batch and the (first, last) position of each row in it; returns
#: the answer for each row.
_Readout = Callable[[torch.Tensor, Sequence[tuple[int, int]]], list[Floats]]


class Encoder:
    """A transformer on a device.

    Attributes:
        device: 'cuda', 'mps' or 'cpu'.
        notice: why it is not the expected device; None if it is.
        fell_back: a graphics device was to be used but cannot be, or no longer.
    """

    def __init__(
        self, model: Model, folder: Path, *, threads: int | None, device: str, fast_cpu: bool = False
    ) -> None:
        torch.set_num_threads(threads or _physical_cores())
        self._model = model
        self._fast_cpu = fast_cpu
        self._network, self._typed = load(model, folder)
        self.notice: Finding | None = None
        self.fell_back = False
        self.device = self._choose(device)
        self._move_to_device()

    @property
    def batch_tokens(self) -> int:
        """The size of the next batch: a request with this many tokens keeps the device busy."""
        return self._batch.tokens

    def _choose(self, wanted: str) -> str:
        """The first device on which a small sum works: a driver may claim to work and fail."""
        for device in DEVICES if wanted == "auto" else (wanted, "cpu"):
            if device == "cpu" or (wanted == "auto" and not _is_available(device)):
                continue
            try:
                if torch.ones(8, device=device).sum().item() == 8 and self._fits(device):
                    return device
            except (RuntimeError, AssertionError) as error:  # torch without CUDA asserts
                reason = str(error).partition("\n")[0]
                self._fall_back(Finding("device-failed", {"device": device, "reason": reason}))
        if wanted == "auto" and torch.version.cuda is None:
            self.notice = self.notice or unused_card()
        return "cpu"

    def _fits(self, device: str) -> bool:
        if device != "cuda":
            return True
        size = torch.finfo(self._dtype(device)).bits // 8
        needed = _ROOM * size * sum(weight.numel() for weight in self._network.parameters())
        if torch.cuda.mem_get_info()[0] >= needed:
            return True
        self._fall_back(Finding("device-full", {"device": device}))
        return False

    def _dtype(self, device: str) -> torch.dtype:
        """On CUDA bfloat16 if the card supports it, else float16, but float32 for decoders, whose values
        overflow float16 since they were trained in bfloat16. On Metal float32: half precision was not
        measured there.

        On the CPU bfloat16 where that is faster (see `bfloat16`), unless the person wants float32, in which the
        vectors equal those of plain transformers to 1e-5 and are the same on every machine. On a CPU with AVX-512
        BF16 it computes 1.7 times as many tokens a second with both models that come with the program, with
        cosines of .9998 or more; dynamic int8 as many, but with cosines down to .984 (all-MiniLM-L6-v2).
        """
        if device == "cpu":
            return torch.bfloat16 if self._fast_cpu and bfloat16.is_faster() else torch.float32
        if device != "cuda":
            return torch.float32
        if torch.cuda.is_bf16_supported():
            return torch.bfloat16
        return torch.float32 if self._model.pooling in ("last", "yes-no") else torch.float16

    def _fall_back(self, notice: Finding) -> None:
        self.notice = notice
        self.fell_back = True

    def _move_to_device(self) -> None:
        """Move the network to the device, with the precision and batch size for it."""
        dtype = self._dtype(self.device)
        self._network.to(self.device, dtype=dtype)
        if self.device == "cpu" and packs(dtype):
            pack(self._network)
        trim()
        self._batch = self._batch_size()

    def _batch_size(self) -> BatchSize:
        """Fixed on the CPU; on a graphics device found by trial, once for each model."""
        if self.device == "cpu":
            return BatchSize(CPU_TOKENS)
        file = paths.cache_dir() / "batches.json"
        key = f"{self._model.fingerprint} {_name(self.device)}"
        known = remembered(file, key)
        if known is not None:
            return BatchSize(known)
        return BatchSize(FIRST, lambda tokens: remember(file, key, tokens))

    # --- the answers for rows

    def token_vectors(self, rows: Sequence[Sequence[int]]) -> Iterator[tuple[int, Floats]]:
        """Encode rows of token ids, special tokens included; yields (index of the row, vectors).

        Vectors are float32 (tokens, d). The longest rows come first. If memory runs out the batch is
        halved; if even one row does not fit, the CPU takes over and `notice` says so.

        Raises:
            ModelProblem: 'encoder-failed' if even one row on the CPU does not fit.
        """
        return self._run([(row, ()) for row in rows], _tokens_of)

    def pooled(self, rows: Sequence[Sequence[int]]) -> Iterator[tuple[int, Floats]]:
        """As `token_vectors`, but one vector for each row as the model pools it, float32 (d,), not
        normalised."""
        read = {"mean": _mean_of, "cls": _first_of, "last": _last_of}[self._model.pooling]
        return self._run([(row, ()) for row in rows], read)

    def logits(self, rows: Sequence[Row], yes: int = 0, no: int = 0) -> Iterator[tuple[int, float]]:
        """A reranker's logit for each pair; `yes` and `no` are the ids of the tokens whose logits a
        'yes-no' reranker subtracts."""

        def of_tokens(answer: torch.Tensor, ends: Sequence[tuple[int, int]]) -> list[Floats]:
            return list(_to_numpy(answer[:, -1, yes].float() - answer[:, -1, no].float()))

        read = of_tokens if self._model.pooling == "yes-no" else _head_of
        for index, score in self._run(rows, read):
            yield index, float(score)

    # --- batches

    def _run(self, rows: Sequence[Row], read: _Readout) -> Iterator[tuple[int, Floats]]:
        waiting = sorted(range(len(rows)), key=lambda i: (-len(rows[i][0]), i))
        while waiting:
            longest = len(rows[waiting[0]][0])
            batch = waiting[: max(1, self._batch.tokens // longest)]
            began = time.perf_counter()
            answers = self._try([rows[i] for i in batch], read)
            if answers is None:
                self._use_less_memory(len(batch), longest)
                continue
            self._batch.record_time(len(batch) * longest, time.perf_counter() - began)
            waiting = waiting[len(batch) :]
            yield from zip(batch, answers, strict=True)

    def _try(self, rows: Sequence[Row], read: _Readout) -> list[Floats] | None:
        """One forward pass over a batch; None if memory ran out."""
        longest = len(rows[0][0])
        ids = torch.zeros((len(rows), longest), dtype=torch.long)
        mask, types = torch.zeros_like(ids), torch.zeros_like(ids)
        ends = []
        for i, (row, kinds) in enumerate(rows):
            first = longest - len(row) if self._model.padding == "left" else 0
            ends.append((first, first + len(row) - 1))
            ids[i, first : first + len(row)] = torch.tensor(row)
            mask[i, first : first + len(row)] = 1
            if kinds:
                types[i, first : first + len(row)] = torch.tensor(kinds)
        features = {"input_ids": ids, "attention_mask": mask}
        if self._typed:
            features["token_type_ids"] = types
        try:
            with torch.inference_mode():
                features = {name: tensor.to(self.device) for name, tensor in features.items()}
                answers = read(self._forward(features), ends)
        except RuntimeError as error:
            if not _is_out_of_memory(error):
                raise
            return None
        if not all(np.isfinite(answer).all() for answer in answers):
            raise ModelProblem("encoder-failed", reason="no-number")
        return answers

    def _forward(self, features: dict[str, torch.Tensor]) -> torch.Tensor:
        """An embedder's token vectors (rows, longest, d), a 'yes-no' reranker's logits after the last
        token (rows, 1, vocabulary), or a classification head's (rows, 1)."""
        if self._model.task == "rerank":
            # Logits at every token would take 1.2 GB for a batch of Qwen3.
            last = {"logits_to_keep": 1} if self._model.pooling == "yes-no" else {}
            answer: torch.Tensor = self._network(**features, **last).logits
            return answer
        vectors: torch.Tensor = self._network(features)["token_embeddings"]
        return vectors

    def _use_less_memory(self, rows: int, longest: int) -> None:
        if self.device == "cuda":
            torch.cuda.empty_cache()
        if rows > 1:
            self._batch.too_large(rows // 2 * longest)
        elif self.device != "cpu":
            self._fall_back(Finding("device-full", {"device": self.device}))
            self.device = "cpu"
            self._move_to_device()
        else:
            raise ModelProblem("encoder-failed", reason="no-memory")


# --- the network's output -> each row's answer --------------------------------------------------


def _to_numpy(tensor: torch.Tensor) -> Floats:
    return np.asarray(tensor.float().cpu().numpy())


def _tokens_of(answer: torch.Tensor, ends: Sequence[tuple[int, int]]) -> list[Floats]:
    vectors = _to_numpy(answer)
    return [vectors[i, first : last + 1] for i, (first, last) in enumerate(ends)]


def _mean_of(answer: torch.Tensor, ends: Sequence[tuple[int, int]]) -> list[Floats]:
    return list(
        _to_numpy(torch.stack([answer[i, a : b + 1].float().mean(0) for i, (a, b) in enumerate(ends)]))
    )


def _first_of(answer: torch.Tensor, ends: Sequence[tuple[int, int]]) -> list[Floats]:
    return list(_to_numpy(torch.stack([answer[i, first] for i, (first, _) in enumerate(ends)])))


def _last_of(answer: torch.Tensor, ends: Sequence[tuple[int, int]]) -> list[Floats]:
    return list(_to_numpy(torch.stack([answer[i, last] for i, (_, last) in enumerate(ends)])))


def _head_of(answer: torch.Tensor, ends: Sequence[tuple[int, int]]) -> list[Floats]:
    return list(_to_numpy(answer[:, 0]))


# --- devices -----------------------------------------------------------------------------------


def _is_available(device: str) -> bool:
    return torch.cuda.is_available() if device == "cuda" else torch.backends.mps.is_available()


def free_memory() -> None:
    """Give back what a model took that is not used any more."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    trim()


def _name(device: str) -> str:
    """The card's model and memory size, on both of which the batch size depends."""
    if device != "cuda":
        return device
    card = torch.cuda.get_device_properties(0)
    return f"{card.name} {card.total_memory >> 20} MiB"


def _is_out_of_memory(error: RuntimeError) -> bool:
    # MPS, cuBLAS and the CPU's allocator raise plain RuntimeErrors.
    signs = ("out of memory", "not enough memory", "can't allocate memory", "ALLOC_FAILED")
    return isinstance(error, torch.OutOfMemoryError) or any(sign in str(error) for sign in signs)


def _physical_cores() -> int:
    """Physical cores that this process may use; a second thread on a core slows matrix products down."""
    cores = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        cores = min(cores, len(os.sched_getaffinity(0)))
    return cores
