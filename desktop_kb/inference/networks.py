"""A model's files -> the network, in float32 on the CPU; its linear layers for oneDNN. Imports torch.

Safetensors and the file that `q4` reads; no remote code, no network, and every weight comes from the files.
"""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    BertModel,
)

from desktop_kb.errors import ModelProblem
from desktop_kb.inference.catalogue import Model
from desktop_kb.inference.q4 import Weights, read_weights

#: Batch size on the CPU, padding included. No trial is needed: all-MiniLM-L6-v2 computes 7,000 to 7,200
#: tokens a second (one thread) with any size from 300 to 4,096, and 6,000 with 8,192.
CPU_TOKENS: Final = 2048

#: The layers of a BERT, by their names in the file that `q4` reads.
_LAYERS: Final = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


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
        if model.packed:
            network: torch.nn.Module = _unpack(read_weights(folder / model.packed))
        elif model.task == "embed":
            network = SentenceTransformer(str(folder), device="cpu", **options)[0]
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


class _Table(torch.nn.Module):
    """Embeddings in four bits, of which those that are looked up become floats: that of
    multilingual-e5-small takes 60 MB so, and 384 in float32."""

    def __init__(self, scales: NDArray[np.float16], halves: NDArray[np.uint8]) -> None:
        super().__init__()
        self.register_buffer("_scales", torch.from_numpy(scales))
        self.register_buffer("_halves", torch.from_numpy(halves))

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        halves, scales = self._halves[ids], self._scales[ids]  # type: ignore[index]
        whole = torch.cat((halves & 15, halves >> 4), dim=-1).to(scales.dtype) - 8
        return (whole * scales[..., None]).flatten(-2)


class _Unpacked(torch.nn.Module):
    """A BERT that answers as sentence-transformers' module does."""

    def __init__(self, bert: BertModel) -> None:
        super().__init__()
        self._bert = bert
        self.config = bert.config

    def forward(self, features: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return {"token_embeddings": self._bert(**features).last_hidden_state}


def _unpack(weights: Weights) -> torch.nn.Module:
    """The network in a file that `q4` reads.

    Raises:
        ModelProblem: 'model-truncated' if a tensor is missing or of another size.
    """
    shape = weights.shape
    bert = BertModel(
        BertConfig(
            vocab_size=1,  # its place is taken by the table
            hidden_size=shape.hidden,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            intermediate_size=shape.inner,
            max_position_embeddings=shape.positions,
            type_vocab_size=shape.types,
            layer_norm_eps=shape.epsilon,
            pad_token_id=0,
        ),
        add_pooling_layer=False,
    )
    table = _Table(*weights.blocks("emb.word", shape.vocabulary, shape.hidden))
    bert.embeddings.set_submodule("word_embeddings", table)
    names = {
        "embeddings.position_embeddings.weight": "emb.pos",
        "embeddings.token_type_embeddings.weight": "emb.type",
        "embeddings.LayerNorm.weight": "emb.ln.w",
        "embeddings.LayerNorm.bias": "emb.ln.b",
    }
    for number in range(shape.layers):
        for short, name in _LAYERS.items():
            names[f"encoder.layer.{number}.{name}.weight"] = f"l{number}.{short}.w"
            names[f"encoder.layer.{number}.{name}.bias"] = f"l{number}.{short}.b"
    with torch.no_grad():
        for name, parameter in bert.named_parameters():
            parameter.copy_(torch.from_numpy(weights.values(names[name], *parameter.shape)))
    return _Unpacked(bert)


class _Packed(torch.nn.Module):
    """A linear layer computed by oneDNN with prepacked weights. These are the operators that torch's
    compiler uses for it (torch/_inductor/mkldnn_lowerings.py; torch is pinned)."""

    def __init__(self, layer: torch.nn.Linear) -> None:
        super().__init__()
        self._bias = layer.bias
        self._weight = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach(), CPU_TOKENS)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        answer: torch.Tensor = torch.ops.mkldnn._linear_pointwise(
            values, self._weight, self._bias, "none", [], ""
        )
        return answer


def packs() -> bool:
    there: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return there and platform.machine() in ("x86_64", "AMD64")


def pack(network: torch.nn.Module) -> None:
    """Let oneDNN compute the linear layers in float32, instead of the MKL that torch is built with.

    On an AMD processor MKL reaches 104 billion operations a second, oneDNN 244. Packed, all-MiniLM-L6-v2
    computes 1.75 times as many tokens a second and a query takes 5.0 ms instead of 8.4 (CPU seconds of one
    thread), with the same vectors to 2e-7. ONNX Runtime reaches 1.85 times, and with int8 weights 3.3 times
    at the cost of .0018 nDCG@10 and cosines down to .986; but it is another 78 MB to install and needs a
    conversion of every model.
    """
    embedded = {m.weight.data_ptr() for m in network.modules() if isinstance(m, torch.nn.Embedding)}
    with torch.inference_mode():
        for module in list(network.modules()):
            for name, layer in list(module.named_children()):
                # A decoder's last layer shares its weights with the embedding: packing would copy them.
                if type(layer) is torch.nn.Linear and layer.weight.data_ptr() not in embedded:
                    setattr(module, name, _Packed(layer))
