"""Asks the encoder child's own `Session` for the vectors of a tiny model in four bits, and plain transformers
code for those of the same numbers in float32. Run in a process of its own; prints one JSON object.

    python tests/unit/inference/packed_side.py FOLDER
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from packed import EPSILON, SIZES, SPECIAL, WORDS, model_of_file, numbers_of, tensors, written
from sessions import floats, message
from transformers import BertConfig, BertModel

from desktop_kb.inference import bfloat16
from desktop_kb.inference.encoder_worker import Session
from desktop_kb.inference.q4 import read_vocabulary
from desktop_kb.inference.unigram import Unigram

ROWS = len(SPECIAL) + len(WORDS) + 3
QUERY = "bees keep 蜜蜂"
PASSAGES = ("蜜蜂怎样keep bees.", "abba bab", "ꙮ bees bees bees bees bees bees bees bees")
#: Longer than a window of 30 tokens together, and one of them alone.
SENTENCES = ("bees keep.", "", "蜜蜂怎样", "ab " * 40)


def bert(held: dict[str, Any]) -> BertModel:
    """The same numbers in transformers' own module, table and all."""
    made = BertModel(
        BertConfig(
            vocab_size=ROWS,
            hidden_size=SIZES["hidden"],
            num_hidden_layers=SIZES["layers"],
            num_attention_heads=SIZES["heads"],
            intermediate_size=SIZES["inner"],
            max_position_embeddings=SIZES["positions"],
            type_vocab_size=SIZES["types"],
            layer_norm_eps=EPSILON,
        ),
        add_pooling_layer=False,
    )
    state = {
        "embeddings.word_embeddings.weight": "emb.word",
        "embeddings.position_embeddings.weight": "emb.pos",
    }
    state |= {"embeddings.token_type_embeddings.weight": "emb.type"}
    parts = {
        "attention.self.query": "q", "attention.self.key": "k", "attention.self.value": "v",
        "attention.output.dense": "ao", "attention.output.LayerNorm": "aln", "intermediate.dense": "fi",
        "output.dense": "fo", "output.LayerNorm": "oln",
    }  # fmt: skip
    for kind, letter in (("weight", "w"), ("bias", "b")):
        state[f"embeddings.LayerNorm.{kind}"] = f"emb.ln.{letter}"
        for layer in range(SIZES["layers"]):
            for name, short in parts.items():
                state[f"encoder.layer.{layer}.{name}.{kind}"] = f"l{layer}.{short}.{letter}"
    made.load_state_dict({name: torch.from_numpy(numbers_of(held[key])) for name, key in state.items()})
    made.eval()
    return made


def main(folder: Path) -> dict[str, Any]:
    held = tensors(ROWS, seed=5)
    file = written(folder / "tiny-q4.bin", held)
    model, width = model_of_file(file), SIZES["hidden"]
    plain, cut = bert(held), Unigram(read_vocabulary(file))

    def hidden(ids: Sequence[int]) -> Any:
        with torch.no_grad():
            return plain(torch.tensor([[0, *ids, 2]])).last_hidden_state[0].numpy()

    def pooled(text: str) -> Any:
        vector = hidden(cut.ids([text])[0][:30]).mean(axis=0)
        return vector / np.linalg.norm(vector)

    prompt = cut.ids(["passage:"])[0]
    first, third = cut.ids([SENTENCES[0], SENTENCES[2]])
    seen = hidden([*prompt, *first, *third])[1 + len(prompt) : -1]
    asked = cut.ids(["query:"])[0]
    tokens = [
        hidden([*before, *cut.ids([text])[0][: 30 - len(before)]])[1 + len(before) : -1]
        for text, before in ((QUERY, asked), *((passage, prompt) for passage in PASSAGES))
    ]
    units = [some / np.linalg.norm(some, axis=1, keepdims=True) for some in tokens]
    session = Session(model, folder, 1, "cpu")
    return {
        "query": floats(session.query(message(QUERY)), width)[0].tolist(),
        "passages": floats(session.passages(message(*PASSAGES)), width).tolist(),
        "windows": floats(session.windows(message(*SENTENCES, counts=[3, 1])), width).tolist(),
        "late": floats(session.late(message(QUERY, *PASSAGES)), 1)[:, 0].tolist(),
        "expected": {
            "query": pooled("query: " + QUERY).tolist(),
            "passages": [pooled("passage: " + text).tolist() for text in PASSAGES],
            "windows": [seen[: len(first)].sum(0).tolist(), seen[len(first) :].sum(0).tolist()],
            "late": [float((units[0] @ other.T).max(axis=1).mean().clip(0, 1)) for other in units[1:]],
        },
        "half": halved(model, folder),
    }


def halved(model: Any, folder: Path) -> list[float]:
    """The query's vector where the network is in bfloat16, as on a graphics card."""
    bfloat16.is_faster = lambda: True
    session = Session(model, folder, 1, "cpu", fast_cpu=True)
    return list(floats(session.query(message(QUERY)), SIZES["hidden"])[0].tolist())


if __name__ == "__main__":
    json.dump(main(Path(sys.argv[1])), sys.stdout)
