"""Embedding models, each behind a process border.

What callers see is `records.Embedder`, got from `find_embedder`. Hidden here: where a model's
files lie and whether they are the published ones (`catalogue`), the child that holds torch and
its lifetime (`client`, `child`), tokens and coverage (`tokens`), the pooling (`encoder`).

The importing process never loads torch, transformers or sentence-transformers: `encoder` is
their only importer and only the child imports it.
"""

from __future__ import annotations

from desktop_kb.errors import ModelProblem
from desktop_kb.inference import catalogue
from desktop_kb.inference.client import COVERED, EncoderClient
from desktop_kb.inference.windows import pack_windows

__all__ = ["COVERED", "EncoderClient", "find_embedder", "pack_windows", "verify"]


def find_embedder(
    *, threads: int | None = None, device: str = "auto", idle_s: float = 600.0
) -> EncoderClient | None:
    """The embedder of the embedded model, or None where its package is not installed.

    Args:
        threads: CPU threads for the encoder; None means one a physical core.
        device: 'auto' (cuda, mps, cpu, the first that works), or one of them.
        idle_s: seconds without a request after which its child is ended.

    Starts nothing: the child starts at the first request, torch loads at the first encoding.
    """
    folder = catalogue.find(catalogue.EMBEDDED)
    if folder is None:
        return None
    return EncoderClient(catalogue.EMBEDDED, folder, threads=threads, device=device, idle_s=idle_s)


def verify() -> None:
    """Compare every file of the embedded model with the published one.

    Raises:
        ModelProblem: 'no-model' where it is not installed, 'model-damaged' for the first that differs.
    """
    folder = catalogue.find(catalogue.EMBEDDED)
    if folder is None:
        raise ModelProblem("no-model")
    catalogue.check_settings(catalogue.EMBEDDED, folder)
    catalogue.check_weights(catalogue.EMBEDDED, folder)
