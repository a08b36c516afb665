"""Ways to make cosines comparable, tried on stored vectors in seconds instead of searches in minutes.

    python tests/bench/calibration.py COLLECTIONS [--only PART...] [--set NAME=VALUE...] [--keep DIR]
                                      [--general FILE] [--every N] [--ranges]

Takes the libraries that `quality.py` keeps (the same `--keep` and `--set`), their passages' and sentences'
vectors, the questions' vectors, and the share of each question's words that each passage carries; and
prints nDCG@10 for every reader and way, by meaning alone and fused with words half and half.

From Python, `fields` gives these as arrays, and `Field.ndcgs` measures any scores (questions, passages):

    with Shelf(keep, settings(["readers=both"])).opened() as shelf:
        for field in fields(shelf, corpora.mixed(Path(collections))):
            meaning = field.meaning(field.readers[0], by_language)
            print(field.cells(field.fused(meaning)))

`--ranges` prints instead whether one floor of what is weak serves models of other ranges: to every vector one
component is added that all texts share, so that unrelated ones have a cosine as Qwen3's, bge's or e5's have, and noise.

`--general FILE` has questions of no collection, one a line: the mean of questions is taken from these;
without, from the questions that are measured, which is too good to be true.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from corpora import Library
from kept import Shelf, settings
from measures import above, interval, ndcg, table
from numpy.typing import NDArray
from parts import PARTS, RANKINGS

from desktop_kb import language
from desktop_kb.inference import find_embedder
from desktop_kb.records import Embedder, Question, Scope, StoredPassage, Terms
from desktop_kb.search.calibration import Calibration, Means, general
from desktop_kb.search.fuse import _WEAK_CHINESE, _WEAK_HYBRID
from desktop_kb.search.words import fullness
from desktop_kb.similarity import unit

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]
#: The best sentence's weight in meaning, the share of a question's letters that a reader must read, and how
#: many passages are asked for: all.
_SENTENCE, _READ, _ALL = 0.5, 0.75, 10**6
#: Neighbours whose mean is a passage's hubness (Radovanovic et al. 2010; Conneau et al. 2018, CSLS).
_NEIGHBOURS = 10


@dataclass(frozen=True, slots=True)
class Side:
    """Unit vectors of one reader, (n, d), zero where it does not read, and the language of each."""

    vectors: Array
    languages: NDArray[np.str_]

    @property
    def read(self) -> Mask:
        """Which the reader reads."""
        return np.asarray(self.vectors.any(axis=1))


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader makes of a library and of its questions; `owners` are the sentences' passages, rising.
    The mean of questions is taken from `general`."""

    name: str
    passages: Side
    sentences: Side
    owners: NDArray[np.intp]
    questions: Side
    general: Side


#: Moves vectors of the same sort by what is usual for them.
Centre = Callable[[Side, Side], Array]


def raw(side: Side, usual: Side) -> Array:
    """As they are."""
    return side.vectors


def one_mean(side: Side, usual: Side) -> Array:
    """Less the mean of all."""
    return _less(side, usual.vectors[usual.read].mean(axis=0))


def by_language(side: Side, usual: Side) -> Array:
    """Less the mean of their language; the mean of all where a language has none."""
    moved = one_mean(side, usual).copy()
    for lang in np.unique(side.languages):
        mine, theirs = side.languages == lang, usual.read & (usual.languages == lang)
        if theirs.any():
            own = Side(side.vectors[mine], side.languages[mine])
            moved[mine] = _less(own, usual.vectors[theirs].mean(axis=0))
    return moved


def _less(side: Side, mean: Array) -> Array:
    return np.where(side.read[:, None], unit(side.vectors - mean), 0).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Field:
    """A library with its questions, as arrays.

    Attributes:
        notes: which note each passage is of; `names` are theirs.
        words: the share of each question's words in each passage, 0..1 (questions, passages).
        possible: the share of each question's words that could stand in each passage's language.
    """

    library: Library
    names: Sequence[str]
    notes: NDArray[np.intp]
    languages: NDArray[np.str_]
    readers: Sequence[Reading]
    words: Array
    possible: Array
    gains: Sequence[Mapping[str, float]]
    cell_of: NDArray[np.str_]

    def meaning(self, reader: Reading, centre: Centre = raw) -> Array:
        """Half the passage's cosine, half that of its best sentence, (questions, passages)."""
        questions = centre(reader.questions, reader.general)
        whole = questions @ centre(reader.passages, reader.passages).T
        if not len(reader.owners):
            return np.asarray(whole)
        every = questions @ centre(reader.sentences, reader.passages).T
        owners, starts = np.unique(reader.owners, return_index=True)
        best = whole.copy()
        best[:, owners] = np.maximum(whole[:, owners], np.maximum.reduceat(every, starts, axis=1))
        return np.asarray((1 - _SENTENCE) * whole + _SENTENCE * best)

    def less_hubness(self, scores: Array, share: float = 0.5) -> Array:
        """Less a share of what each passage gets from the questions nearest to it, by their language."""
        return np.asarray(scores - share * self._by_language(scores, _hubness))

    def standardised(self, scores: Array) -> Array:
        """In standard deviations from the mean, by question and passages' language; scaled to about 0..1."""
        moved = scores.copy()
        for lang in np.unique(self.languages):
            some = scores[:, self.languages == lang]
            moved[:, self.languages == lang] = (some - some.mean(1, keepdims=True)) / (
                some.std(1, keepdims=True) + 1e-9
            )
        return np.asarray(moved / 10)

    def _by_language(self, scores: Array, of: Callable[[Array], Array]) -> Array:
        found = np.zeros_like(scores)
        asked = np.array([cell.split(" on ")[0] for cell in self.cell_of])
        for lang in np.unique(asked):
            found[asked == lang] = of(scores[asked == lang])
        return found

    def fused(self, meaning: Array, share: float = 0.5, *, charged: bool = True) -> Array:
        """With words; uncharged, words weigh as far as they could stand in the passage's language."""
        mine = np.clip(meaning, 0, 1)
        if charged:
            return np.asarray((1 - share) * self.words + share * mine)
        weight = (1 - share) * self.possible
        own = np.divide(self.words, self.possible, out=np.zeros_like(self.words), where=self.possible > 0)
        return np.asarray((weight * own.clip(0, 1) + share * mine) / (weight + share))

    def ndcgs(self, scores: Array) -> NDArray[np.float64]:
        """nDCG@10 of each question; a note is as good as its best passage."""
        order = np.argsort(self.notes, kind="stable")
        notes, starts = np.unique(self.notes[order], return_index=True)
        best = np.maximum.reduceat(scores[:, order], starts, axis=1)
        first = np.argsort(-best, axis=1, kind="stable")[:, :10]
        ranked = [
            [self.names[notes[note]] for note in row if own[note] != 0]  # 0: of which nothing is said
            for row, own in zip(first, best, strict=True)
        ]
        return np.array([ndcg(names, gains) for names, gains in zip(ranked, self.gains, strict=True)])

    def cells(self, scores: Array) -> dict[str, NDArray[np.float64]]:
        """nDCG@10 of each question, by cell."""
        values = self.ndcgs(scores)
        return {cell: values[self.cell_of == cell] for cell in self.library.cells}


def _hubness(scores: Array) -> Array:
    nearest = np.partition(scores, -min(_NEIGHBOURS, len(scores)), axis=0)[-_NEIGHBOURS:]
    return np.asarray(np.broadcast_to(nearest.mean(axis=0), scores.shape))


# --- from a kept library ---------------------------------------------------------------------


def fields(shelf: Shelf, libraries: Iterable[Library], general: Sequence[str] = ()) -> Iterator[Field]:
    """The libraries as arrays.

    Args:
        general: questions whose mean is that of questions; none takes the library's own.
    """
    for library in libraries:
        yield _field(shelf, library, general)


def _field(shelf: Shelf, library: Library, general: Sequence[str]) -> Field:
    kb = shelf.library(library)
    asked = [(cell, one) for cell in library.cells for one in shelf.questions(library, cell)]
    texts = [one.text for _, one in asked]
    generation = kb._store.index.generation()
    assert generation is not None
    known = generation.fingerprint.readers
    with kb._store.index.moment() as moment:
        vectors = {
            number: np.eye(1, one.dimensions, dtype=np.float32)[0] for number, one in enumerate(known, 1)
        }
        found = dict(moment.retrieve(Question("", vectors, by_words=False), Scope(), _ALL).passages)
        answers = [moment.retrieve(Question(text), Scope(), _ALL) for text in texts]
        for answer in answers:
            found = {**answer.passages, **found}
        paths = moment.places({key.document for key in found})
    keys = list(found)
    passages = [found[key] for key in keys]
    at = {key: column for column, key in enumerate(keys)}
    words = np.zeros((len(texts), len(keys)), np.float32)
    for row, answer in enumerate(answers):
        for key, share in answer.by_words.items():
            words[row, at[key]] = share
    languages = np.array([language.language_of(passage.text) for passage in passages])
    names = sorted({Path(paths[key.document][0].name).stem for key in keys})
    number_of = {name: number for number, name in enumerate(names)}
    readers = []
    for number, reader in enumerate(known, 1):
        embedder = kb._models.embedder_of(reader)
        assert embedder is not None, reader
        readers.append(_reading(embedder, number, passages, languages, texts, general))
    kinds = {
        lang: _possible(texts, [answer.terms for answer in answers], lang) for lang in np.unique(languages)
    }
    return Field(
        library,
        names,
        np.array([number_of[Path(paths[key.document][0].name).stem] for key in keys]),
        languages,
        readers,
        words,
        np.stack([kinds[lang] for lang in languages], axis=1),
        [one.relevant for _, one in asked],
        np.array([cell for cell, _ in asked]),
    )


def _reading(
    embedder: Embedder,
    number: int,
    passages: Sequence[StoredPassage],
    languages: NDArray[np.str_],
    texts: Sequence[str],
    general: Sequence[str],
) -> Reading:
    nothing = np.zeros(embedder.dimensions, np.float32)
    whole, sentences, owners = [], [], []
    for at, passage in enumerate(passages):
        own = passage.vectors.get(number)
        whole.append(nothing if own is None or own.whole is None else own.whole)
        for row in () if own is None or own.sentences is None else own.sentences:
            sentences.append(row)
            owners.append(at)
    places = np.array(owners, np.intp)
    below = np.array(sentences, np.float32).reshape(-1, embedder.dimensions)
    questions = _asked(embedder, texts)
    return Reading(
        embedder.id,
        Side(unit(np.array(whole, np.float32)), languages),
        Side(unit(below), languages[places]),
        places,
        questions,
        _asked(embedder, general) if general else questions,
    )


def _asked(embedder: Embedder, texts: Sequence[str]) -> Side:
    coverage = embedder.measure(list(texts))[1]
    nothing = np.zeros(embedder.dimensions, np.float32)
    rows = [
        embedder.encode_query(text)
        if share >= _READ and language.reads(embedder.languages, text)
        else nothing
        for text, share in zip(texts, coverage, strict=True)
    ]
    return Side(np.array(rows, np.float32), np.array([language.language_of(text) for text in texts]))


def _possible(texts: Sequence[str], terms: Sequence[Terms], lang: str) -> Array:
    """Which share of the weight of each question's words could stand in a passage of this language: in
    Chinese Han, numbers, codes and what is written with a capital, elsewhere all but Han."""
    shares = []
    for text, own in zip(texts, terms, strict=True):
        if not own.words:
            shares.append(1.0)
            continue
        named = {t.term for t in language.word_tokens(text) if t.start and text[t.start].isupper()}
        there = [
            weight
            for term, weight in own.words.items()
            if (lang == "zh" and (term in named or any(map(str.isdigit, term))))
            or language.is_han(term[0]) == (lang == "zh")
        ]
        shares.append(sum(there) / sum(own.words.values()))
    return np.array(shares, np.float32)


# --- what is tried ---------------------------------------------------------------------------


def ways(field: Field, reader: Reading) -> Iterator[tuple[str, Array]]:
    """The ways to calibrate one reader's cosines."""
    moved = {
        way.__name__.replace("_", " "): field.meaning(reader, way) for way in (raw, one_mean, by_language)
    }
    yield from moved.items()
    yield "by language, less half the hubness", field.less_hubness(moved["by language"])
    yield "by language, standardised", field.standardised(moved["by language"])


def tried(field: Field) -> str:
    """A table of ways by cells."""
    rows = []
    found = {reader.name: dict(ways(field, reader)) for reader in field.readers}
    if len(found) > 1:
        of_all = [[by_way[way] for by_way in found.values()] for way in next(iter(found.values()))]
        read = np.stack([r.questions.read[:, None] & r.passages.read[None] for r in field.readers])
        names = list(next(iter(found.values())))
        found["mean of the readers"] = {
            name: np.sum(np.stack(some) * read, axis=0) / np.maximum(1, read.sum(axis=0))
            for name, some in zip(names, of_all, strict=True)
        }
    rows.append(["words", *_figures(field, field.words)])
    for reader, by_way in found.items():
        for way, scores in by_way.items():
            rows.append([f"{reader}: {way}", *_figures(field, scores)])
            rows.append([f"{reader}: {way}, fused", *_figures(field, field.fused(scores))])
            rows.append(
                [f"{reader}: {way}, fused, uncharged", *_figures(field, field.fused(scores, charged=False))]
            )
    counts = [f"{cell} ({int((field.cell_of == cell).sum())})" for cell in field.library.cells]
    return f"### {field.library.name}\n\n{table(['nDCG@10', *counts], rows)}"


def _figures(field: Field, scores: Array) -> list[str]:
    return [interval(values) if len(values) else "" for values in field.cells(scores).values()]


# --- one floor for every range ---------------------------------------------------------------

#: The cosine of unrelated texts that is added, as with models of these ranges; the noise's length, a vector's is 1.
_RANGES = {"as it is": 0.0, "Qwen3": 0.3, "bge": 0.6, "e5": 0.76}
_NOISES = (0.0, 0.3)


def ranges(field: Field, embedder: Embedder, reader: Reading) -> str:
    """A table: raw and calibrated cosines of unrelated texts and of answers, and what the floor says of both."""
    rows = []
    texts = {
        lang: of for lang, of in general().items() if not embedder.languages or lang in embedder.languages
    }
    asked = {
        lang: np.stack([embedder.encode_query(t) for t in of["questions"]]) for lang, of in texts.items()
    }
    told = {
        lang: unit(np.concatenate([embedder.encode_windows([[t]])[0] for t in of["passages"]]))
        for lang, of in texts.items()
    }
    right = np.array([[name in gains for name in field.names] for gains in field.gains])[:, field.notes]
    language_ = str(field.languages[0])
    for (name, level), noise in itertools.product(_RANGES.items(), _NOISES):
        moved = partial(_in_range, level=level, noise=noise, chance=np.random.default_rng(1))
        means = {lang: Means(moved(asked[lang]).mean(0), moved(told[lang]).mean(0), 0.0) for lang in texts}
        calibration = Calibration(means)
        questions, passages = moved(reader.questions.vectors), moved(reader.passages.vectors)
        raw = questions @ passages.T
        own = [calibration.question(question, language_) for question in questions]
        languages = [language_] * len(passages)
        known = np.clip([calibration.cosines(passages, languages, question) for question in own], 0, 1)
        fused = (field.words * fullness(language_) + known) / 2
        best, without = fused.max(1), np.where(right, 0, fused).max(1)
        first = right[np.arange(len(fused)), fused.argmax(1)]
        floor = _WEAK_CHINESE if language_ == "zh" else _WEAK_HYBRID
        rows.append(
            [
                f"{name}, noise {noise}",
                *(f"{side[~right].mean():.2f} ({side[~right].std():.3f})" for side in (raw, known)),
                *(f"{side[right].mean():.2f}" for side in (raw, known)),
                f"{(best[first] >= floor).mean():.3f}",
                f"{(without >= floor).mean():.3f}",
                f"{above(best.tolist(), without.tolist()).mean():.3f}",
            ]
        )
    header = [
        "range",
        "unrelated, raw",
        "calibrated",
        "answers, raw",
        "calibrated",
        "right not weak",
        "answer away, not weak",
    ]
    return f"### {field.library.name}, {reader.name}\n\n{table([*header, 'AUC'], rows)}"


def _in_range(vectors: Array, *, level: float, noise: float, chance: np.random.Generator) -> Array:
    """These vectors with a component that all share, so that unrelated ones have this cosine, and noise."""
    some = vectors + noise * unit(chance.standard_normal(vectors.shape).astype(np.float32))
    shared = np.full((len(vectors), 1), np.sqrt(level / (1 - level)), np.float32)
    return unit(np.hstack([unit(some), shared]))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="%(prog)s COLLECTIONS ...",
    )
    parser.add_argument("collections", type=Path)
    parser.add_argument("--only", nargs="+", choices=RANKINGS, default=["xquad", "across", "mixed", "cisi"])
    parser.add_argument("--set", nargs="+", default=[], metavar="NAME=VALUE", dest="changes")
    parser.add_argument("--keep", type=Path, default=Path.home() / ".cache" / "desktop-kb-bench")
    parser.add_argument("--general", type=Path)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--ranges", action="store_true")
    options = parser.parse_args()
    asked = options.general.read_text("utf-8").splitlines() if options.general else []
    with Shelf(options.keep, settings(options.changes), options.every).opened() as shelf:
        parts = (PARTS[name].libraries(options.collections) for name in options.only)
        for field in fields(shelf, itertools.chain.from_iterable(parts), asked):
            if not options.ranges:
                print(tried(field), end="\n\n", flush=True)
                continue
            for reader in field.readers:
                embedder = find_embedder(name=reader.name)
                assert embedder is not None
                if reader.questions.read.mean() > 0.5:
                    print(ranges(field, embedder, reader), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
