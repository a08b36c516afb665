"""The two models that come with the program, both a BERT (Devlin et al. 2018), as torch alone computes it.

transformers has the same network; but to import it takes longer than torch and 150 MB, which is more than
either model. Every weight comes from the model's file: safetensors, or the one that `q4` reads.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from desktop_kb.errors import ModelProblem
from desktop_kb.inference.catalogue import Model
from desktop_kb.inference.q4 import Shape, read_weights

#: Gives the tensor with transformers' name for it, of this size.
_Source = Callable[..., torch.Tensor]

#: The parts of a layer: transformers' names, and those in the file that `q4` reads.
_PARTS: Final = {
    "attention.self.query": "q",
    "attention.self.key": "k",
    "attention.self.value": "v",
    "attention.output.dense": "ao",
    "attention.output.LayerNorm": "aln",
    "intermediate.dense": "fi",
    "output.dense": "fo",
    "output.LayerNorm": "oln",
}
_TABLES: Final = {"word_embeddings": "word", "position_embeddings": "pos", "token_type_embeddings": "type"}


class Bert(torch.nn.Module):
    """Token ids and their mask -> token vectors (rows, longest, d), answered as sentence-transformers does."""

    def __init__(self, shape: Shape, words: torch.nn.Module) -> None:
        super().__init__()
        self.words = words
        self.positions = _unfilled(shape.positions, shape.hidden)
        self.types = _unfilled(shape.types, shape.hidden)
        self.norm = torch.nn.LayerNorm(shape.hidden, shape.epsilon)
        self.layers = torch.nn.ModuleList(Layer(shape) for _ in range(shape.layers))

    def forward(self, features: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        ids, mask = features["input_ids"], features["attention_mask"].bool()
        vectors = self.words(ids) + self.positions.weight[: ids.shape[1]] + self.types.weight[0]
        vectors = self.norm(vectors)
        seen = None if bool(mask.all()) else mask[:, None, None, :]
        for layer in self.layers:
            vectors = layer(vectors, seen)
        return {"token_embeddings": vectors}


def _unfilled(rows: int, hidden: int) -> torch.nn.Embedding:
    """A table whose weights come later. Torch would draw them, and without memory to draw them into it imports its
    compiler and sympy for that, which takes as long as torch itself (1.1 s of the processor)."""
    return torch.nn.Embedding(rows, hidden, _weight=torch.empty(rows, hidden))


class Activated(torch.nn.Linear):
    """A linear layer with GELU after it, which oneDNN computes in one (see `networks.pack`)."""

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return F.gelu(super().forward(values))


class Added(torch.nn.Linear):
    """A linear layer whose answer is added to what stood before; in one, as `Activated`."""

    def forward(self, values: torch.Tensor, before: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        return before + super().forward(values)


class Layer(torch.nn.Module):
    """Attention, then two dense layers; each is added to what it was given, and the sum normalised."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self._heads = shape.heads
        self.attention = torch.nn.Linear(shape.hidden, 3 * shape.hidden)  # queries, keys and values
        self.gathered = Added(shape.hidden, shape.hidden)
        self.gathered_norm = torch.nn.LayerNorm(shape.hidden, shape.epsilon)
        self.inner = Activated(shape.hidden, shape.inner)
        self.outer = Added(shape.inner, shape.hidden)
        self.outer_norm = torch.nn.LayerNorm(shape.hidden, shape.epsilon)

    def forward(self, vectors: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        rows, length, _ = vectors.shape
        heads = self.attention(vectors).view(rows, length, 3, self._heads, -1).permute(2, 0, 3, 1, 4)
        seen = _attended(heads[0], heads[1], heads[2], mask).transpose(1, 2).flatten(2)
        vectors = self.gathered_norm(self.gathered(seen, vectors))
        answer: torch.Tensor = self.outer_norm(self.outer(self.inner(vectors), vectors))
        return answer


def _attended(
    asked: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, mask: torch.Tensor | None
) -> torch.Tensor:
    """The values (rows, heads, tokens, d) that each token attends to, of those that `mask` has.

    In bfloat16 on a processor torch's fused attention takes 11.9 ms for eight rows of 256 tokens, as in float32;
    the two products that oneDNN computes, with the softmax between them, take 6.9.
    """
    if asked.device.type != "cpu" or asked.dtype != torch.bfloat16:
        return F.scaled_dot_product_attention(asked, keys, values, attn_mask=mask)
    scores = (asked * asked.shape[-1] ** -0.5) @ keys.transpose(-1, -2)
    if mask is not None:
        scores += torch.zeros(mask.shape, dtype=scores.dtype).masked_fill_(~mask, -torch.inf)
    return torch.softmax(scores, dim=-1) @ values


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


def load(model: Model, folder: Path) -> Bert:
    """Load a model that comes with the program, in float32 on the CPU.

    Raises:
        ModelProblem: 'model-truncated', or 'model-incomplete' if a weight is not in its file.
    """
    if model.packed:
        weights = read_weights(folder / model.packed)
        shape = weights.shape
        words: torch.nn.Module = _Table(*weights.blocks("emb.word", shape.vocabulary, shape.hidden)).float()
        return _filled(
            shape, words, lambda name, *size: torch.from_numpy(weights.values(_short(name), *size))
        )
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    shape = _shape(config)
    (name,) = model.weights
    try:
        with safe_open(folder / name, "pt") as file:

            def tensor(name: str, *size: int) -> torch.Tensor:
                found: torch.Tensor = file.get_tensor(name)
                # A copy: the file's pages would stay in memory for the sake of one weight.
                return found.clone().view(size)

            table = tensor("embeddings.word_embeddings.weight", shape.vocabulary, shape.hidden)
            return _filled(shape, torch.nn.Embedding(shape.vocabulary, shape.hidden, _weight=table), tensor)
    except (SafetensorError, RuntimeError) as error:
        raise ModelProblem("model-incomplete", reason="weight", name=name) from error


def _shape(config: dict[str, Any]) -> Shape:
    """The sizes in transformers' settings."""
    return Shape(
        hidden=config["hidden_size"],
        layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"],
        inner=config["intermediate_size"],
        vocabulary=config["vocab_size"],
        positions=config["max_position_embeddings"],
        types=config["type_vocab_size"],
        epsilon=config["layer_norm_eps"],
    )


def _short(name: str) -> str:
    """The name in the file that `q4` reads."""
    *place, kind = name.split(".")
    if place[0] == "embeddings":
        table = _TABLES.get(place[1])
        return f"emb.{table}" if table else f"emb.ln.{kind[0]}"
    return f"l{place[2]}.{_PARTS['.'.join(place[3:])]}.{kind[0]}"


def _filled(shape: Shape, words: torch.nn.Module, tensor: _Source) -> Bert:
    """The network with its weights; none is made up first."""
    with torch.device("meta"):
        network = Bert(shape, words)
    wide, inner = shape.hidden, shape.inner

    def fill(module: torch.nn.Module, size: tuple[int, ...], *names: str) -> None:
        for kind, own in (("weight", size), ("bias", size[:1])):
            if getattr(module, kind, None) is not None:
                parts = [tensor(f"{name}.{kind}", *own) for name in names]
                whole = torch.cat(parts) if len(parts) > 1 else parts[0]
                setattr(module, kind, torch.nn.Parameter(whole, requires_grad=False))

    fill(network.positions, (shape.positions, wide), "embeddings.position_embeddings")
    fill(network.types, (shape.types, wide), "embeddings.token_type_embeddings")
    fill(network.norm, (wide,), "embeddings.LayerNorm")
    for number, layer in enumerate(network.layers):
        assert isinstance(layer, Layer)
        name = f"encoder.layer.{number}"
        asked = (f"{name}.attention.self.{part}" for part in ("query", "key", "value"))
        fill(layer.attention, (wide, wide), *asked)
        fill(layer.gathered, (wide, wide), f"{name}.attention.output.dense")
        fill(layer.gathered_norm, (wide,), f"{name}.attention.output.LayerNorm")
        fill(layer.inner, (inner, wide), f"{name}.intermediate.dense")
        fill(layer.outer, (wide, inner), f"{name}.output.dense")
        fill(layer.outer_norm, (wide,), f"{name}.output.LayerNorm")
    return network.eval()
