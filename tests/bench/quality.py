"""How good search and passages are: every stage against the next, with intervals, in one run.

    python tests/bench/quality.py COLLECTIONS [--results tests/bench/RESULTS.md] [--only PART...]

COLLECTIONS holds `xquad-en` and `xquad-zh` (`passages.jsonl`: id, text; `queries.jsonl`: query,
relevant {id: gain}; line i of one is the translation of line i of the other), `cisi` (as these, with
long topical questions that many passages answer) and `chunking`
(texts `*.md`; `questions.jsonl`: corpus, question, references [[start, end]]). Everything is
indexed anew, by the program, each passage as a note. What it prints replaces the results up to
the line `---`; what stands below, notes on what was tried, stays. Takes about ten minutes on
two cores.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import references
import two_levels
from measures import READ, Span, area, difference, interval, ndcg, read, recalls, table
from numpy.typing import NDArray

from desktop_kb import language, paths
from desktop_kb.inference import EncoderClient, Models, find_embedder
from desktop_kb.ingest import encode
from desktop_kb.ingest.passages import build_passages
from desktop_kb.kb import KnowledgeBase, Parts
from desktop_kb.records import Degraded, Embedder, Floats, Ints, SearchOptions, SearchResult
from desktop_kb.search import Searcher, meaning
from desktop_kb.search.stages import WAYS
from desktop_kb.settings import Settings
from desktop_kb.store import Store
from desktop_kb.store.words import WordQuery

Scores = NDArray[np.float64]
#: Passages read in rank order, far enough for 2,000 characters of single sentences.
_DEEP = 60
_CHUNKS = 20_000


class Remembering:
    """An embedder that reads nothing twice: every way to search or cut asks for the same.

    Args:
        file: what it said is kept here from run to run.
    """

    def __init__(self, embedder: EncoderClient, file: Path | None = None) -> None:
        self._embedder, self._file = embedder, file
        self._known: dict[str, Floats] = {}
        self._measured = functools.cache(lambda texts: embedder.measure(texts))
        if file is not None and file.exists():
            with np.load(file) as kept:
                answers = np.split(kept["values"], np.cumsum(kept["sizes"])[:-1])
                self._known = dict(zip(kept["names"].tolist(), answers, strict=True))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def measure(self, texts: Sequence[str]) -> tuple[Ints, Floats]:
        return self._measured(tuple(texts))

    def encode_query(self, text: str) -> Floats:
        return self._ask("query", [(text,)], lambda _: [self._embedder.encode_query(text)])[0]

    def encode_windows(self, windows: Sequence[Sequence[str]]) -> list[Floats]:
        sums = self._ask("windows", windows, self._embedder.encode_windows)
        return [rows.reshape(-1, self.dimensions) for rows in sums]

    def late_interaction(self, query: str, passages: Sequence[str]) -> Floats:
        def read(pairs: Sequence[Sequence[str]]) -> Floats:
            return self._embedder.late_interaction(query, [passage for _, passage in pairs])

        scores = self._ask("late", [(query, passage) for passage in passages], read)
        return np.concatenate([np.zeros(0, np.float32), *scores])

    def _ask(self, kind: str, texts: Sequence[Sequence[str]], encode: Callable[..., Any]) -> list[Floats]:
        """One answer a text, flat; `encode` is given those that were not asked for before."""
        asked = ["\0".join((self.fingerprint, kind, *text)).encode() for text in texts]
        names = [hashlib.sha256(text).hexdigest() for text in asked]
        todo = {name: text for name, text in zip(names, texts, strict=True) if name not in self._known}
        if todo:
            answers = encode(list(todo.values()))
            self._known.update(zip(todo, map(np.ravel, answers), strict=True))
        return [self._known[name] for name in names]

    def close(self) -> None:
        """A library that closes leaves the model to the next one."""

    def end(self) -> None:
        """Write down what was said, and end the model's child."""
        self._embedder.close()
        if self._file is not None:
            values = list(self._known.values())
            sizes = [len(value) for value in values]
            np.savez(
                self._file, names=np.array(list(self._known)), sizes=sizes, values=np.concatenate(values)
            )


@contextmanager
def library(texts: Mapping[str, str], embedder: Embedder, strategy: str = "semantic") -> Iterator[Store]:
    """A library with a note for each text, in a temporary folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "notes").mkdir()
        for name, text in texts.items():
            (folder / "notes" / f"{name}.md").write_text(text, encoding="utf-8")
        cut = functools.partial(build_passages, strategy=strategy)
        with (
            mock.patch.object(encode, "build_passages", cut),
            KnowledgeBase(folder / "library", parts=Parts(open_embedder=lambda **_options: embedder)) as kb,
        ):
            for report in kb.follow(kb.add([folder / "notes"])):
                assert report.status in ("indexed", "duplicate"), report
        store = Store(paths.library(folder / "library"))
        try:
            yield store
        finally:
            store.close()


def ask(
    store: Store,
    embedder: Embedder,
    queries: Sequence[str],
    options: SearchOptions,
    settings: Settings | None = None,
) -> list[SearchResult]:
    """Every query of a library."""
    settings = settings or Settings()
    searcher = Searcher(store, Models(settings, lambda **_options: embedder), settings)
    return [searcher.search(query, options) for query in queries]


def only_words(part: Callable[[WordQuery], WordQuery]) -> Any:
    """Search with a part of the words' index only."""
    whole = WordQuery.of
    return mock.patch.object(WordQuery, "of", lambda text: part(whole(text)))


# --- ranking ---------------------------------------------------------------------------------

_TEN = {name: replace(options, limit=10, per_document=1) for name, (options, _) in WAYS.items()}
_WORDS_ONLY = lambda: only_words(lambda query: replace(query, grams=(), characters=()))  # noqa: E731
_NO_CHARACTERS = lambda: only_words(lambda query: replace(query, characters=()))  # noqa: E731


def _NO_SENTENCES() -> Any:
    return mock.patch.object(meaning, "_SENTENCE", 0.0)


_BARE = "fused without sentences"
#: name, how it is searched, what is switched off, what it must be better than
_WAYS: dict[str, tuple[str, Callable[[], Any] | None, str]] = {
    "words: stems, jieba words": ("words", _WORDS_ONLY, ""),
    "+ whole words, Han bigrams": ("words", _NO_CHARACTERS, "words: stems, jieba words"),
    "words (+ single characters)": ("words", None, "+ whole words, Han bigrams"),
    "meaning: passages": ("vectors", _NO_SENTENCES, ""),
    "meaning (+ best sentence)": ("vectors", None, "meaning: passages"),
    _BARE: ("fused", _NO_SENTENCES, "words (+ single characters)"),
    "**fused**": ("fused", None, "words (+ single characters)"),
    "**reranked**": ("reranked", None, "**fused**"),
    "reranked, 10 candidates": ("reranked", None, "**reranked**"),
}


def ndcgs(results: Sequence[SearchResult], queries: Sequence[Mapping[str, Any]]) -> Scores:
    """nDCG@10 of each query."""
    pairs = zip(results, queries, strict=True)
    return np.array([ndcg([Path(h.path).stem for h in r.hits], q["relevant"]) for r, q in pairs])


def ranking(
    store: Store, embedder: Embedder, queries: list[dict[str, Any]], ways: Sequence[str]
) -> tuple[dict[str, Scores], list[SearchResult]]:
    """nDCG@10 by way, and what was found fused; a way that needs a model which does not read the queries
    is left out."""
    texts = [query["query"] for query in queries]
    found: dict[str, Scores] = {}
    fused: list[SearchResult] = []
    covered = True
    for way in ways:
        stage, switch, _ = _WAYS[way]
        if not covered and stage != "words" and way != "**fused**":
            continue
        settings = Settings(rerank_candidates=10) if "10 cand" in way else None
        with switch() if switch else ExitStack():
            results = ask(store, embedder, texts, _TEN[stage], settings)
        fused = results if way == "**fused**" else fused
        covered = sum(Degraded.QUERY_NOT_COVERED not in result.degraded for result in results) * 2 > len(
            results
        )
        if covered:
            found[way] = ndcgs(results, queries)
            print(f"{way}: {interval(found[way])}", file=sys.stderr, flush=True)
    return found, fused


def ranking_table(found: Mapping[str, Scores]) -> str:
    rows = []
    for way, scores in found.items():
        other = _WAYS[way][2]
        gain = f"{difference(scores, found[other])} over {other.strip('*')}" if other in found else ""
        rows.append([way, interval(scores), gain])
    missing = [way for way in _WAYS if way not in found and not way.startswith(("+", "fused w", "meaning: "))]
    if "meaning (+ best sentence)" in missing:
        rows.append(["meaning", "not covered: the model does not read these questions", ""])
    return table(["way", "nDCG@10", "gain"], rows)


def nothing_answers(results: Sequence[SearchResult], queries: list[dict[str, Any]]) -> list[str]:
    """The best score with the answer's paragraph there, and without it."""
    with_it, without = [], []
    for result, query in zip(results, queries, strict=True):
        others = [hit for hit in result.hits if Path(hit.path).stem not in query["relevant"]]
        with_it.append((result.hits[0].score, result.hits[0].weak) if result.hits else (0.0, True))
        without.append((others[0].score, others[0].weak) if others else (0.0, True))
    auc = area([score for score, _ in with_it], [score for score, _ in without])
    shown = [f"{1 - np.mean([weak for _, weak in some]):.1%}" for some in (with_it, without)]
    return [f"{auc:.4f}", *shown]


def xquad(folder: Path, embedder: Embedder) -> str:
    """Both languages, each alone; the same with halves mixed; questions across languages."""
    texts = {
        lang: {str(p["id"]): p["text"] for p in read(folder / f"xquad-{lang}/passages.jsonl")}
        for lang in ["en", "zh"]
    }
    queries = {lang: read(folder / f"xquad-{lang}/queries.jsonl") for lang in texts}
    parts, areas, across = [], [], []
    for lang, other, name in (("en", "zh", "English"), ("zh", "en", "Chinese")):
        with library(texts[lang], embedder) as store:
            found, fused = ranking(store, embedder, queries[lang], list(_WAYS))
            parts.append(f"### XQuAD, {name}, {len(queries[lang])} questions\n\n{ranking_table(found)}")
            if lang == "en":
                parts.append(against_prototype(texts[lang], queries[lang], found["**reranked**"], embedder))
            areas.append([name, *nothing_answers(fused, queries[lang])])
            crossed = ask(store, embedder, [query["query"] for query in queries[other]], _TEN["reranked"])
            left = np.mean([any("not-covered" in code for code in result.degraded) for result in crossed])
            words = f"{ndcgs(crossed, queries[other]).mean():.4f}"
            across.append([f"{other} questions, {lang} passages", words, f"{left:.1%} not covered"])
    mixed = {id: halves(texts["zh"][id], texts["en"][id]) for id in texts["zh"]}
    with library(mixed, embedder) as store:
        ways = [way for way in _WAYS if way.startswith(("words (", "meaning (", "**"))]
        for lang in texts:
            found, _ = ranking(store, embedder, queries[lang], ways)
            parts.append(
                f"### Half of each passage Chinese, half English; {lang} questions\n\n{ranking_table(found)}"
            )
    header = ["", "AUC", "best hits shown as answers", "the same without the answer's paragraph"]
    parts.append(f"### 'Nothing answers this' (fused)\n\n{table(header, areas)}")
    header = ["", "nDCG@10", "by meaning"]
    parts.append(f"### Across languages (reranked)\n\n{table(header, across)}")
    return "\n\n".join(parts)


def topical(folder: Path, embedder: Embedder) -> str:
    """A library of one field, and long questions that many of its passages answer."""
    passages, queries = (read(folder / "cisi" / f"{name}.jsonl") for name in ("passages", "queries"))
    with library({str(p["id"]): p["text"] for p in passages}, embedder) as store:
        found, _ = ranking(store, embedder, queries, list(_WAYS))
    return f"### CISI, {len(queries)} topical questions\n\n{ranking_table(found)}"


def halves(first: str, second: str) -> str:
    """The first half of one text and the second half of another, by sentences."""
    one, other = language.sentence_spans(first), language.sentence_spans(second)
    end, start = one[(len(one) - 1) // 2][1], other[len(other) // 2][0]
    return f"{first[:end]}\n\n{second[start:]}"


def against_prototype(
    texts: Mapping[str, str], queries: list[dict[str, Any]], ours: Scores, embedder: Embedder
) -> str:
    """The late interaction that this program began with, on the same questions."""
    reference = references.Reference(references.encode(texts, embedder), "semantic", 170)
    scores = []
    for query in queries:
        documents = reference.score_documents(query["query"], embedder.encode_query(query["query"]))
        ranked = references.late(documents, texts, query["query"], embedder)
        scores.append(ndcg(ranked, query["relevant"]))
    theirs = np.array(scores)
    return f"Prototype, late interaction: {interval(theirs)}; reranked over it: {difference(ours, theirs)}."


# --- passages --------------------------------------------------------------------------------


def chunking(folder: Path, embedder: Embedder) -> str:
    """Recall at equal characters read, three texts in one index."""
    texts = {path.stem: path.read_text("utf-8") for path in sorted((folder / "chunking").glob("*.md"))}
    questions = read(folder / "chunking" / "questions.jsonl")
    asked = [(question["question"], embedder.encode_query(question["question"])) for question in questions]
    encoded = references.encode(texts, embedder)
    prototype = references.Reference(encoded, "semantic", 170)
    recursive = references.Reference(encoded, "recursive", 200)

    def measured(ranked: Sequence[Sequence[Span]]) -> Scores:
        pairs = zip(ranked, questions, strict=True)
        return np.array([recalls(spans, q["corpus"], q["references"]) for spans, q in pairs])

    found = {
        "sentence": {"prototype": measured([prototype.rank_sentences(*one) for one in asked])},
        "passage": {"recursive 200 + BM25": measured([recursive.rank_passages(*one) for one in asked])},
    }
    cuts: dict[str, dict[str, Scores]] = {"vectors": {}, "fused": {}}
    for strategy in ("fixed", "percentile", "recursive", "semantic"):
        with library(texts, embedder, strategy) as store:
            for unit in ("sentence", "passage") if strategy == "semantic" else ("passage",):
                for name in (*WAYS, _BARE) if strategy == "semantic" else cuts:
                    options = replace(WAYS["fused" if name == _BARE else name][0], limit=_DEEP, unit=unit)
                    with _NO_SENTENCES() if name == _BARE else ExitStack():
                        results = ask(store, embedder, [query for query, _ in asked], options)
                    spans = [[(Path(hit.path).stem, hit.start, hit.end) for hit in r.hits] for r in results]
                    scores = measured(spans)
                    if strategy == "semantic":
                        found[unit][name] = scores
                    if unit == "passage" and name in cuts:
                        cuts[name][strategy] = scores
    ours = sum(text.encoder_tokens for text in encoded)
    whole = sum(sentence.tokens for text in encoded for sentence in text.sentences)
    parts = [
        f"### Long texts, {len(questions)} questions; encoder tokens {ours / whole:.3f} of the text's own"
    ]
    for unit, ways in found.items():
        parts.append(recall_table(f"by {unit}", ways, next(iter(ways))))
    for name, strategies in cuts.items():
        parts.append(recall_table(f"ways to cut, {name}", strategies, "fixed"))
    return "\n\n".join(parts)


def recall_table(name: str, ways: Mapping[str, Scores], base: str) -> str:
    header = [name, *(text for budget in READ for text in (f"R@{budget}", f"over {base}"))]
    rows = []
    for way, scores in ways.items():
        row = [way]
        for column in range(len(READ)):
            other = ways[base][:, column]
            row += [interval(scores[:, column]), "" if way == base else difference(scores[:, column], other)]
        rows.append(row)
    return table(header, rows)


# --- the run ---------------------------------------------------------------------------------


def levels(folder: Path, embedder: Embedder) -> str:
    """Time of both levels over that of one."""
    with tempfile.TemporaryDirectory() as scratch:
        two, one = two_levels.ratio(Path(scratch), _CHUNKS)
    return (
        f"### Time of a search at {_CHUNKS:,} passages (fused, model aside)\n\n"
        f"Two levels {two:.1f} ms, one level {one:.1f} ms: {two / one:.2f} times."
    )


PARTS = {"xquad": xquad, "topical": topical, "chunking": chunking, "levels": levels}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collections", type=Path)
    parser.add_argument("--results", type=Path, help="write them here; without, they are printed")
    parser.add_argument("--cache", type=Path, help="a file (.npz) that keeps what the encoder said")
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    options = parser.parse_args()
    plain = find_embedder()
    if plain is None:
        raise SystemExit("the embedding model is not installed")
    embedder: Any = Remembering(plain, options.cache)
    began = time.perf_counter()
    try:
        parts = []
        for name in options.only:
            parts.append(PARTS[name](options.collections, embedder))
            print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
    finally:
        embedder.end()
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    minutes = (time.perf_counter() - began) / 60
    about = (
        f"Commit {commit}, {datetime.now(UTC):%Y-%m-%d}, {plain.id}, {platform.machine()}; {minutes:.1f} minutes. In "
        "brackets 95 % intervals by (paired) bootstrap over questions; a gain in bold is one that leaves out zero."
    )
    text = "\n\n".join(["# Quality", about, *parts]) + "\n"
    if options.results is None:
        print(text)
        return
    kept = ""
    if options.results.exists():
        _, line, notes = options.results.read_text("utf-8").partition("\n---\n")
        kept = line + notes
    options.results.write_text(text + kept, encoding="utf-8")


if __name__ == "__main__":
    main()
