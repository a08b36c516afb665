"""The files of an installed model, as such models are published -> its network, in float32 on the CPU.

The only importer of transformers and sentence-transformers, which take 200 MB and longer to import than torch:
the models that come with the program do without (`bert`). Safetensors only, no remote code, no network.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

from desktop_kb.errors import ModelProblem
from desktop_kb.inference.catalogue import Model


def load(model: Model, folder: Path) -> torch.nn.Module:
    """Load the network in float32 on the CPU.

    Raises:
        ModelProblem: 'model-incomplete' if a weight is not in the files: it would be random.
    """
    options: dict[str, Any] = {
        "local_files_only": True,
        "trust_remote_code": False,
        "model_kwargs": {"use_safetensors": True, "dtype": torch.float32},
    }
    try:
        if model.task == "embed":
            network: torch.nn.Module = SentenceTransformer(str(folder), device="cpu", **options)[0]
            _check_whole(network, [folder / name for name in model.weights])
        else:
            options |= options.pop("model_kwargs")
            kind: Any = (
                AutoModelForCausalLM if model.pooling == "yes-no" else AutoModelForSequenceClassification
            )
            network, found = kind.from_pretrained(str(folder), output_loading_info=True, **options)
            for name in sorted(found["missing_keys"]):
                raise ModelProblem("model-incomplete", reason="weight", name=name)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        said = str(error).strip().partition("\n")[0]
        raise ModelProblem("encoder-failed", reason="not-loaded", said=said) from error
    return network.eval()


def _check_whole(network: torch.nn.Module, files: Sequence[Path]) -> None:
    """Check that the files hold as many weights as the network has, not counting its pooler, which is never
    used: sentence-transformers silently fills missing weights with random numbers."""
    needed = sum(weight.numel() for name, weight in network.named_parameters() if "pooler" not in name)
    stored = 0
    for path in files:
        with path.open("rb") as file:  # the header of a safetensors file: its README, 'Format'
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        stored += sum(math.prod(tensor["shape"]) for name, tensor in header.items() if name != "__metadata__")
    if stored < needed:
        raise ModelProblem("model-incomplete", reason="weights", missing=needed - stored, needed=needed)


def has_types(model: Model, folder: Path, network: torch.nn.Module) -> bool:
    """Whether to pass token types for pairs: the network has a second type (BERT has; XLM-R and Qwen3 have
    not) and its own tokenizer would pass them."""
    if model.pooling != "classifier" or getattr(network.config, "type_vocab_size", 0) < 2:
        return False
    tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    return "token_type_ids" in tokenizer.model_input_names
