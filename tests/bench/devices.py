"""What a model's work costs on the device it really runs on: against its bare forward pass, and to a question.

    python tests/bench/devices.py [--model ID] [--random-qwen] [--passages 256] [--queries 200]
        [--device auto] [--fast-cpu]

Passages a second through the encoder child, as a share of what the same network computes when it is
only called, in batches of the same size, in the same precision, its answer left where it is. Then the
seconds a query takes while nothing else is asked, and while documents are encoded as an `add` does it.
`--random-qwen` makes a model of Qwen3-Embedding-0.6B's size with random weights: the time is the same.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from kill import sentence

from desktop_kb.choice import import_model
from desktop_kb.inference import EncoderClient, find_embedder, installed
from desktop_kb.inference.encoder_client import PASSAGES_PER_WINDOW
from desktop_kb.inference.encoder_process import ENVIRONMENT
from desktop_kb.inference.tokens import Tokens

_TIMES = 3


def make_qwen(folder: Path) -> str:
    """Install a random model of Qwen3-Embedding-0.6B's size (its config.json); its id."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "unit" / "inference"))
    import tiny
    import torch
    from transformers import Qwen3Config, Qwen3Model

    tokenizer = tiny.qwen_tokenizer(closes=True)
    config = Qwen3Config(
        vocab_size=151_669,
        hidden_size=1024,
        num_hidden_layers=28,
        num_attention_heads=16,
        num_key_value_heads=8,
        head_dim=128,
        intermediate_size=3072,
        max_position_embeddings=32_768,
        tie_word_embeddings=True,
        dtype=torch.bfloat16,
    )
    target = folder / "random-qwen"
    model: Any = Qwen3Model(config)
    model.to(torch.bfloat16)
    model.save_pretrained(target)
    tiny.renamed(target, "Qwen3ForCausalLM")
    tokenizer.save_pretrained(target)
    tiny.sentence_transformer(target, "lasttoken", {}, 32_768)
    return import_model(target)


def make_passages(embedder: EncoderClient, count: int) -> list[list[str]]:
    """Passages of whole sentences, each nearly a window."""
    chance = random.Random(1)
    made: list[list[str]] = []
    while len(made) < count:
        sentences: list[str] = []
        while embedder.measure([" ".join(sentences)])[0][0] < 0.9 * min(254, embedder.window_tokens):
            sentences.append(sentence(chance))
        made.append(sentences[:-1])
    return made


def encoding(embedder: EncoderClient, passages: Sequence[Sequence[str]]) -> Callable[[int], int]:
    """Encodes what one call of an `add` brings, from this passage on; returns how many it were."""

    def encode(first: int) -> int:
        many = (
            embedder.batch_windows if embedder.late_pooling else PASSAGES_PER_WINDOW * embedder.batch_windows
        )
        some = passages[first : first + many]
        if embedder.late_pooling:
            embedder.encode_windows(some)
        else:
            embedder.encode_passages([" ".join(sentences) for sentences in some])
        return len(some)

    return encode


def through(embedder: EncoderClient, passages: Sequence[Sequence[str]]) -> float:
    """Seconds of all passages through the child."""
    encode = encoding(embedder, passages)
    began, first = time.perf_counter(), 0
    while first < len(passages):
        first += encode(first)
    return time.perf_counter() - began


class Bare:
    """The same network in this process, only called."""

    def __init__(self, embedder: EncoderClient, device: str, fast_cpu: bool) -> None:
        from desktop_kb.inference.encoder import Encoder

        found = installed.find(embedder.id)
        assert found is not None
        self._tokens = Tokens(found.model, found.folder)
        self._network = Encoder(found.model, found.folder, threads=None, device=device, fast_cpu=fast_cpu)

    def seconds(self, passages: Sequence[Sequence[str]]) -> float:
        """Seconds of its passes over all passages, longest first."""
        import torch

        tokens, network = self._tokens, self._network
        texts = [" ".join(sentences) for sentences in passages]
        rows = sorted(([*tokens.prefix, *ids, *tokens.suffix] for ids in tokens.ids(texts)), key=len)[::-1]
        spent, first = 0.0, 0
        while first < len(rows):
            longest = len(rows[first])
            batch = rows[first : first + max(1, network.batch_tokens // longest)]
            first += len(batch)
            padded = [([*row, *[0] * (longest - len(row))], len(row)) for row in batch]
            ids = torch.tensor([row for row, _ in padded], device=network.device)
            mask = torch.tensor([[1] * n + [0] * (longest - n) for _, n in padded], device=network.device)
            began = time.perf_counter()
            with torch.inference_mode():
                network._forward({"input_ids": ids, "attention_mask": mask})[0, 0, 0].item()
            spent += time.perf_counter() - began
        return spent


def compare(
    embedder: EncoderClient, passages: Sequence[Sequence[str]], device: str, fast_cpu: bool
) -> tuple[float, float]:
    """Passages a second, through the child and bare: the best of some runs, in turn, as another program
    may be at work. A first one finds the batch size and warms up."""
    through(embedder, passages)
    bare = Bare(embedder, device, fast_cpu)
    bare.seconds(passages[:8])
    both = [(through(embedder, passages), bare.seconds(passages)) for _ in range(_TIMES)]
    return len(passages) / min(a for a, _ in both), len(passages) / min(b for _, b in both)


def waits(embedder: EncoderClient, queries: int, pause: float) -> list[float]:
    """Milliseconds of each query, sorted."""
    spent = []
    for number in range(queries):
        began = time.perf_counter()
        embedder.encode_query(f"who repaired bridge number {number}")
        spent.append((time.perf_counter() - began) * 1e3)
        time.sleep(pause)
    return sorted(spent)


def told(name: str, spent: Sequence[float]) -> None:
    p95 = spent[int(0.95 * len(spent))]
    print(
        f"  a query, {name:<13}: median {spent[len(spent) // 2]:6.1f} ms, p95 {p95:6.1f}, worst {spent[-1]:6.1f}"
    )


def asking(embedder: EncoderClient, passages: Sequence[Sequence[str]], queries: int) -> None:
    """A query's time on an idle model, and beside an `add`."""
    told("idle", waits(embedder, queries, 0.02))
    encode = encoding(embedder, passages)
    ended, calls = threading.Event(), []

    def add() -> None:
        first = 0
        while not ended.is_set():
            began = time.perf_counter()
            first = (first + encode(first)) % len(passages)
            calls.append((time.perf_counter() - began) * 1e3)

    thread = threading.Thread(target=add)
    thread.start()
    told("while adding", waits(embedder, queries, 0.1))
    ended.set()
    thread.join()
    calls.sort()
    print(f"  a call of the add: median {calls[len(calls) // 2]:.1f} ms, worst {calls[-1]:.1f}")


def main() -> None:
    """Print the device, both speeds and the queries' times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", default="", help="an installed one's id; the embedded one if none is said")
    parser.add_argument("--random-qwen", action="store_true")
    parser.add_argument("--passages", type=int, default=256)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--fast-cpu", action="store_true", help="as the setting of that name")
    options = parser.parse_args()
    os.environ.update(ENVIRONMENT)  # read when torch is loaded, which is why that comes later
    with tempfile.TemporaryDirectory() as folder:
        if options.random_qwen:
            os.environ["DESKTOP_KB_HOME"] = folder
            options.model = make_qwen(Path(folder))
        embedder = find_embedder(
            name=options.model, device=options.device, fast_cpu=options.fast_cpu, idle_s=3600
        )
        assert embedder is not None
        embedder.encode_query("ready")
        passages = make_passages(embedder, options.passages)
        speed, alone = compare(embedder, passages, options.device, options.fast_cpu)
        print(f"{embedder.id} on {embedder.device} {embedder.notice or ''}")
        print(
            f"  {speed:.1f} passages/s, bare pass {alone:.1f}, share {speed / alone:.2f};"
            f" {embedder.batch_windows} a call"
        )
        asking(embedder, passages, options.queries)
        embedder.close()


if __name__ == "__main__":
    main()
