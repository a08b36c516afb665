"""What single parts of the program add, each switched off in turn; other ways to cut and to rank beside them."""

from __future__ import annotations

import functools
import itertools
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import corpora
import numpy as np
import references
import two_levels
from corpora import Asked, Library
from kept import Shelf
from measures import READ, Span, difference, interval, ndcg, recalls, table
from parts import PARTS as PLAIN
from parts import WAYS, Values

from desktop_kb.inference import find_embedder
from desktop_kb.ingest import encode
from desktop_kb.ingest.passages import build_passages
from desktop_kb.lexical import WordQuery
from desktop_kb.records import Embedder
from desktop_kb.search import meaning

_CHUNKS = 20_000
_STRATEGIES = ("fixed", "percentile", "recursive", "semantic")


def _only_words(part: Callable[[WordQuery], WordQuery]) -> Any:
    """Search with a part of the words' index only."""
    whole = WordQuery.of
    return mock.patch.object(WordQuery, "of", lambda text: part(whole(text)))


def _no_grams() -> Any:
    return _only_words(lambda query: replace(query, grams=(), characters=()))


def _no_characters() -> Any:
    return _only_words(lambda query: replace(query, characters=()))


def _no_sentences() -> Any:
    return mock.patch.object(meaning, "_SENTENCE", 0.0)


#: name, how it is searched, what is switched off, what it must be better than
_LEGS: dict[str, tuple[str, Callable[[], Any] | None, str]] = {
    "words: stems, jieba words": ("words", _no_grams, ""),
    "+ whole words, Han bigrams": ("words", _no_characters, "words: stems, jieba words"),
    "words (+ single characters)": ("words", None, "+ whole words, Han bigrams"),
    "meaning: passages": ("vectors", _no_sentences, ""),
    "meaning (+ best sentence)": ("vectors", None, "meaning: passages"),
    "fused without sentences": ("fused", _no_sentences, "words (+ single characters)"),
    "**fused**": ("fused", None, "words (+ single characters)"),
}


def legs(folder: Path, shelf: Shelf) -> str:
    """What the parts of each leg add."""
    sections = []
    for library in itertools.chain(corpora.alone(folder), corpora.cisi(folder)):
        for cell in library.cells:
            asked, found = shelf.questions(library, cell), {}
            for name, (way, switch, _) in _LEGS.items():
                with switch() if switch else ExitStack():
                    answers = shelf.ask(library, cell, WAYS[way], name if switch else "")
                if way != "vectors" or sum(answer.unread for answer in answers) * 2 < len(answers):
                    pairs = zip(answers, asked, strict=True)
                    found[name] = np.array([ndcg([h.name for h in a.hits], q.relevant) for a, q in pairs])
            sections.append(f"### {library.name}, {len(asked)} questions\n\n{_legs_table(found)}")
    return "\n\n".join(sections)


def _legs_table(found: Mapping[str, Values]) -> str:
    rows = []
    for name, values in found.items():
        other = _LEGS[name][2]
        gain = f"{difference(values, found[other])} over {other.strip('*')}" if other in found else ""
        rows.append([name, interval(values), gain])
    return table(["way", "nDCG@10", "gain"], rows)


def prototype(folder: Path, shelf: Shelf) -> str:
    """The late interaction that this program began with, on the same questions."""
    library = next(corpora.alone(folder))
    embedder = _embedder()
    reference = references.Reference(references.encode(library.texts, embedder), "semantic", 170)
    (cell,) = library.cells
    asked = shelf.questions(library, cell)
    theirs = []
    for one in asked:
        documents = reference.score_documents(one.text, embedder.encode_query(one.text))
        theirs.append(ndcg(references.late(documents, library.texts, one.text, embedder), one.relevant))
    answers = shelf.ask(library, cell, WAYS["reranked"])
    ours = [ndcg([h.name for h in a.hits], q.relevant) for a, q in zip(answers, asked, strict=True)]
    gain = difference(np.array(ours), np.array(theirs))
    return f"Prototype, late interaction: {interval(np.array(theirs))}; reranked over it: {gain}."


def cuts(folder: Path, shelf: Shelf) -> str:
    """Recall at equal characters read, of every way to cut; and of recipes from outside."""
    (library,) = corpora.chunking(folder)
    asked = shelf.questions(library, "once")
    embedder = _embedder()
    encoded = references.encode(library.texts, embedder)
    began, recursive = (
        references.Reference(encoded, *how) for how in (("semantic", 170), ("recursive", 200))
    )
    vectors = [(one.text, embedder.encode_query(one.text)) for one in asked]
    found = {
        "by sentence": {"prototype": _recalls([began.rank_sentences(*one) for one in vectors], asked)},
        "by passage": {
            "recursive 200 + BM25": _recalls([recursive.rank_passages(*one) for one in vectors], asked)
        },
    }
    for unit, ways in found.items():
        options = PLAIN[f"{unit.removeprefix('by ')}s"].options
        ways |= {way: _found(shelf, library, asked, options(plain)) for way, plain in WAYS.items()}
    for way in ("vectors", "fused"):
        found[f"ways to cut, {way}"] = {
            cut: _found(shelf, one, asked, PLAIN["passages"].options(WAYS[way]))
            for cut, one in _cut(shelf, library)
        }
    ours = sum(text.encoder_tokens for text in encoded)
    whole = sum(sentence.tokens for text in encoded for sentence in text.sentences)
    title = f"### Long texts, {len(asked)} questions; encoder tokens {ours / whole:.3f} of the text's own"
    return "\n\n".join((title, *(_recall_table(name, ways) for name, ways in found.items())))


def _cut(shelf: Shelf, library: Library) -> Iterator[tuple[str, Library]]:
    """The same library cut in each way."""
    for strategy in _STRATEGIES:
        one = replace(library, name=f"{library.name}-{strategy}")
        with mock.patch.object(
            encode, "build_passages", functools.partial(build_passages, strategy=strategy)
        ):
            shelf.library(one)
        yield strategy, one


def _found(shelf: Shelf, library: Library, asked: Sequence[Asked], options: Any) -> Values:
    answers = shelf.ask(library, "once", options)
    return _recalls([[(h.name, h.start, h.end) for h in answer.hits] for answer in answers], asked)


def _recalls(ranked: Sequence[Sequence[Span]], asked: Sequence[Asked]) -> Values:
    pairs = zip(ranked, asked, strict=True)
    return np.array(
        [recalls([[s] for s in spans], next(iter(q.relevant)), q.references) for spans, q in pairs]
    )


def _recall_table(name: str, ways: Mapping[str, Values]) -> str:
    base = next(iter(ways))
    header = [name, *(text for budget in READ for text in (f"R@{budget}", f"over {base}"))]
    rows = []
    for way, scores in ways.items():
        row = [way]
        for column in range(len(READ)):
            other = ways[base][:, column]
            row += [interval(scores[:, column]), "" if way == base else difference(scores[:, column], other)]
        rows.append(row)
    return table(header, rows)


def levels(folder: Path, shelf: Shelf) -> str:
    """Time of both levels over that of one."""
    with tempfile.TemporaryDirectory() as scratch:
        two, one = two_levels.ratio(Path(scratch), _CHUNKS)
    return (
        f"### Time of a search at {_CHUNKS:,} passages (fused, model aside)\n\n"
        f"Two levels {two:.1f} ms, one level {one:.1f} ms: {two / one:.2f} times."
    )


def _embedder() -> Embedder:
    found = find_embedder()
    if found is None:
        raise SystemExit("the embedding model is not installed")
    return found


PARTS: dict[str, Callable[[Path, Shelf], str]] = {
    "legs": legs,
    "prototype": prototype,
    "cuts": cuts,
    "levels": levels,
}
