"""Embedding models and rerankers, each behind a process border.

Callers see `records.Embedder` and `records.Reranker`, which they get from `Models`. Hidden here: which
models there are and whether their files are the published ones (`catalogue`, `checkpoint`,
`installed`), how a model is downloaded (`download_client`, `download_worker`), the child that holds torch
and its lifetime (`encoder_client`, `encoder_process`, `encoder_worker`), tokens and coverage (`tokens`,
`unigram`), the file that is one embedded model (`q4`), networks (`networks`, `bert`, `published`), devices and
the pooling (`encoder`).

The importing process never loads torch, transformers or sentence-transformers: the modules behind `encoder` are
their only importers and only the child imports them. It never speaks to a network: `download_worker` is
the only importer of huggingface_hub, and runs in a child of its own.
"""

from __future__ import annotations

from desktop_kb.errors import ModelProblem
from desktop_kb.inference import catalogue, installed
from desktop_kb.inference.encoder_client import COVERED, PASSAGES_PER_WINDOW, EncoderClient, RerankerClient
from desktop_kb.inference.encoder_process import Encoding, Processes
from desktop_kb.inference.models import Models, find_embedder
from desktop_kb.inference.windows import pack_windows

__all__ = [
    "COVERED",
    "PASSAGES_PER_WINDOW",
    "EncoderClient",
    "Encoding",
    "Models",
    "Processes",
    "RerankerClient",
    "find_embedder",
    "pack_windows",
    "verify",
]


def verify(name: str = "") -> str:
    """Compare every file of a model (by default the embedded English one) with the published file; returns its id.

    Raises:
        ModelProblem: 'no-model' if it is not installed, 'model-damaged' for the first file that differs.
    """
    found = installed.find(name or catalogue.ENGLISH.id)
    if found is None:
        raise ModelProblem("no-model")
    catalogue.check_settings(found.model, found.folder)
    catalogue.check_weights(found.model, found.folder)
    return found.model.id
