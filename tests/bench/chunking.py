"""How well the ways to cut find what was asked: recall at equal characters read.

    python tests/bench/chunking.py COLLECTION [--cache DIR] [--maximum 250] [--target 170]

COLLECTION holds texts `NAME.md` and `questions.jsonl`, one object a line:
`{"corpus": NAME, "question": ..., "references": [[start, end], ...]}` in code points of the text
(the format of Chroma's chunking evaluation). All texts are searched together. R@B is the share of
the reference characters among the first B characters of the chunks in rank order. Texts are
encoded once, in windows of whole sentences; a chunk's vector is the sum of its sentences'.
'both levels' adds to each chunk the score of its best sentence, smoothed with both neighbours.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rank_bm25 import BM25Okapi

from desktop_kb import language
from desktop_kb.chunking import STRATEGIES, Budget, cut, split
from desktop_kb.inference import find_embedder, pack_windows
from desktop_kb.records import Cut, Embedder, Extracted, Floats, Sentence

READ = (1000, 2000)


@dataclass(frozen=True, slots=True)
class Text:
    name: str
    text: str
    sentences: list[Sentence]
    sums: Floats  # (sentences, d): the sum of each sentence's token vectors


def unit(rows: Floats) -> Floats:
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9)


def load(path: Path, embedder: Embedder, cache: Path | None) -> Text:
    text = path.read_text("utf-8")
    sentences = split(Extracted(text, "text", path.stem), embedder.measure)
    stored = cache / f"{path.stem}-{len(sentences)}.npy" if cache else None
    if stored and stored.exists():
        return Text(path.stem, text, sentences, np.load(stored))
    windows = pack_windows([sentence.tokens for sentence in sentences], embedder.window_tokens)
    sums = embedder.encode_windows([[s.text for s in sentences[a:b]] for a, b in windows])
    if stored:
        np.save(stored, np.concatenate(sums))
    return Text(path.stem, text, sentences, np.concatenate(sums))


def recalls(
    order: np.ndarray, chunks: list[tuple[Text, Cut]], corpus: str, references: list[list[int]]
) -> list[float]:
    """R@B for each B of `READ`."""
    wanted = {place for start, end in references for place in range(start, end)}
    found, read, seen = [], 0, {}
    hit = 0
    for number in order:
        text, piece = chunks[number]
        done = seen.setdefault(text.name, set())
        for place in range(piece.start, piece.end):
            if place not in done:
                done.add(place)
                read += 1
                hit += text.name == corpus and place in wanted
                if read in READ:
                    found.append(hit / len(wanted))
        if read >= READ[-1]:
            break
    return found


def fuse(alike: np.ndarray, words: np.ndarray) -> np.ndarray:
    return alike / max(1e-9, alike.max()) + words / max(1e-9, words.max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collection", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--maximum", type=int, default=250)
    parser.add_argument("--target", type=int, default=170)
    parser.add_argument("--strategies", default=",".join(STRATEGIES[:3]))  # 'fixed' has no sentences
    options = parser.parse_args()
    embedder = find_embedder(threads=2)
    if embedder is None:
        raise SystemExit("the embedding model is not installed")
    begin = time.perf_counter()
    texts = [load(path, embedder, options.cache) for path in sorted(options.collection.glob("*.md"))]
    lines = (options.collection / "questions.jsonl").read_text("utf-8").splitlines()
    questions = [json.loads(line) for line in lines]
    stored = options.cache / "questions.npy" if options.cache else None
    if stored and stored.exists():
        queries = np.load(stored)
    else:
        queries = np.stack([embedder.encode_query(question["question"]) for question in questions])
        if stored:
            np.save(stored, queries)
    embedder.close()
    print(f"{sum(len(text.sentences) for text in texts)} sentences, {time.perf_counter() - begin:.1f} s")
    budget = Budget(options.maximum, options.target)
    for strategy in options.strategies.split(","):
        report(strategy, budget, texts, questions, queries)


def report(strategy: str, budget: Budget, texts: list[Text], questions: list[dict], queries: Floats) -> None:
    begin = time.perf_counter()
    chunks = [(text, piece) for text in texts for piece in cut(text.sentences, text.sums, strategy, budget)]
    seconds = time.perf_counter() - begin
    owner = np.array([at for at, (_, piece) in enumerate(chunks) for _ in range(piece.first, piece.last)])
    above = unit(np.stack([text.sums[piece.first : piece.last].sum(axis=0) for text, piece in chunks]))
    below = unit(np.concatenate([text.sums for text in texts]))
    passages = BM25Okapi([language.words(text.text[piece.start : piece.end]) for text, piece in chunks])
    lines = BM25Okapi([language.words(s.text) or [""] for text in texts for s in text.sentences])
    rows: dict[str, list[list[float]]] = {"vectors": [], "+ BM25": [], "both levels": []}
    for question, query in zip(questions, queries, strict=True):
        terms = [term for term in language.words(question["question"]) if not language.is_stop(term)]
        alike = above @ query
        fused = fuse(alike, passages.get_scores(terms))
        near = np.convolve(fuse(below @ query, lines.get_scores(terms)), [0.25, 1, 0.25], "same") / 1.5
        best = np.full(len(chunks), -np.inf)
        np.maximum.at(best, owner, near)
        for name, scores in zip(rows, (alike, fused, fused + best), strict=True):
            order = np.argsort(-scores, kind="stable")
            rows[name].append(recalls(order, chunks, question["corpus"], question["references"]))
    sizes = [piece.tokens for _, piece in chunks]
    means = " ".join(f"{name} {np.mean(found, axis=0).round(3)}" for name, found in rows.items())
    print(
        f"{strategy:10} target {budget.target:3}: {len(chunks)} chunks, mean {np.mean(sizes):.0f}, "
        f"largest {max(sizes)}, {seconds:.2f} s; R@{READ}: {means}"
    )


if __name__ == "__main__":
    main()
