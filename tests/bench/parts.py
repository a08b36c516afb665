"""What quality consists of: the parts that can be measured alone, each a set of libraries and measures."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import corpora
import numpy as np
from corpora import Asked, Library
from kept import Answer, Seen, Shelf
from measures import READ, Span, above, ndcg, once, recalls, repeated
from numpy.typing import NDArray

from desktop_kb.records import SearchOptions

Values = NDArray[np.float64]
#: Hits that are looked at where characters are counted: enough for 2,000 of single sentences.
_DEEP = 60
#: Measures of which less is better.
LESS_IS_BETTER: Final = frozenset(
    (
        "of these, weak",
        "best hits not weak, answer taken away",
        *(f"repeated in {what}" for what in ("10 hits", *(f"{budget} characters" for budget in READ))),
    )
)
#: Every part is searched so, the last one as a person does who changed nothing.
WAYS: Final[Mapping[str, SearchOptions]] = {
    "words": SearchOptions(limit=10, mode="words", rerank="off", per_document=1),
    "vectors": SearchOptions(limit=10, mode="vectors", rerank="off", per_document=1),
    "fused": SearchOptions(limit=10, rerank="off", per_document=1),
    "reranked": SearchOptions(limit=10, per_document=1),
}


@dataclass(frozen=True, slots=True)
class Score:
    """One measure of one way to search over the questions of a cell.

    Attributes:
        ids: of the questions; `values` are theirs, NaN where no model reads the question.
        shown: of each question, what was asked, what is right and what was found.
    """

    part: str
    cell: str
    measure: str
    way: str
    ids: Sequence[str]
    values: Values
    shown: Sequence[str]


#: Takes the library, its questions and what they found; gives a measure's name, and for each question its
#: value or None where it has none.
Measure = Callable[[Library, Sequence[Asked], Sequence[Answer]], Iterator[tuple[str, Sequence[float | None]]]]


@dataclass(frozen=True, slots=True)
class Part:
    """`options` replace those of `WAYS`."""

    libraries: Callable[[Path], Iterable[Library]]
    measure: Measure
    options: Callable[[SearchOptions], SearchOptions] = lambda options: options


def run(name: str, folder: Path, shelf: Shelf) -> list[Score]:
    """Measure one part."""
    part = PARTS[name]
    found: dict[tuple[str, str, str], list[tuple[str, float, str]]] = {}
    for library in part.libraries(folder):
        for cell, (way, options) in itertools.product(library.cells, WAYS.items()):
            asked = shelf.questions(library, cell)
            answers = shelf.ask(library, cell, part.options(options))
            for measure, values in part.measure(library, asked, answers):
                rows = found.setdefault((cell, measure, way), [])
                for one, answer, value in zip(asked, answers, values, strict=True):
                    if value is not None:
                        unread = way == "vectors" and answer.unread
                        rows.append((one.id, np.nan if unread else value, _shown(one, answer)))
        print(f"{name}: {library.name}", file=sys.stderr, flush=True)
    return [
        Score(
            name,
            cell,
            measure,
            way,
            [id for id, _, _ in rows],
            np.array([v for _, v, _ in rows]),
            [s for *_, s in rows],
        )
        for (cell, measure, way), rows in found.items()
    ]


def _shown(one: Asked, answer: Answer) -> str:
    first = ", ".join(f"{hit.name}{' (weak)' if hit.weak else ''}" for hit in answer.hits[:3]) or "nothing"
    right = ", ".join(list(one.relevant)[:3]) or "nothing"
    return f"{one.text[:200]} | right: {right} | found: {first}"


# --- measures --------------------------------------------------------------------------------


def _ranking(
    library: Library, asked: Sequence[Asked], answers: Sequence[Answer]
) -> Iterator[tuple[str, Sequence[float | None]]]:
    yield (
        "nDCG@10",
        [ndcg([hit.name for hit in a.hits], q.relevant) for q, a in zip(asked, answers, strict=True)],
    )


def _firsts(
    library: Library, asked: Sequence[Asked], answers: Sequence[Answer]
) -> Iterator[tuple[str, Sequence[float | None]]]:
    best = [_right(q, a) for q, a in zip(asked, answers, strict=True)]
    yield "the right note first", [float(hit is not None) for hit in best]
    yield "of these, weak", [float(hit.weak) if hit else None for hit in best]


def _honest(
    library: Library, asked: Sequence[Asked], answers: Sequence[Answer]
) -> Iterator[tuple[str, Sequence[float | None]]]:
    """Whether the answer comes first and is no weak one; where nothing answers, whether that is said."""
    values: list[float] = []
    for one, answer in zip(asked, answers, strict=True):
        hit = _right(one, answer)
        said = not answer.hits or answer.hits[0].weak
        values.append(float(hit is not None and not hit.weak if one.relevant else said))
    yield "right and said so", values


def _weak(
    library: Library, asked: Sequence[Asked], answers: Sequence[Answer]
) -> Iterator[tuple[str, Sequence[float | None]]]:
    """Best hits with the answers there, and what is best when they are taken away."""
    without = [
        next((hit for hit in a.hits if hit.name not in q.relevant), None)
        for q, a in zip(asked, answers, strict=True)
    ]
    right = [_right(q, a) for q, a in zip(asked, answers, strict=True)]
    yield "right best hits not weak", [float(not hit.weak) if hit else None for hit in right]
    yield (
        "best hits not weak, answer taken away",
        [float(hit is not None and not hit.weak) for hit in without],
    )
    best = [a.hits[0].score if a.hits else 0.0 for a in answers]
    yield "AUC", above(best, [hit.score if hit else 0.0 for hit in without]).tolist()


def _right(one: Asked, answer: Answer) -> Seen | None:
    """The best hit, if it is a right one."""
    return next((hit for hit in answer.hits[:1] if hit.name in one.relevant), None)


def _recall(
    library: Library, asked: Sequence[Asked], answers: Sequence[Answer]
) -> Iterator[tuple[str, Sequence[float | None]]]:
    rows = []
    for one, answer in zip(asked, answers, strict=True):
        hits: list[list[Span]] = [[(hit.name, hit.start, hit.end), *hit.copies] for hit in answer.hits]
        rows.append(recalls(hits, next(iter(one.relevant)), one.references, library.once))
    for column, budget in enumerate(READ):
        yield f"R@{budget}", [row[column] for row in rows]


def _again(
    library: Library, asked: Sequence[Asked], answers: Sequence[Answer]
) -> Iterator[tuple[str, Sequence[float | None]]]:
    """How much of what is read was read before, and what is found if the same text counts once."""
    spans = [[library.once((hit.name, hit.start, hit.end)) for hit in a.hits] for a in answers]
    yield "repeated in 10 hits", [repeated(some[:10]) for some in spans]
    for budget in READ:
        yield f"repeated in {budget} characters", [repeated(some, budget) for some in spans]
    if asked and not asked[0].references:
        documents = [[library.once(span)[0] for span in _documents(a)] for a in answers]
        yield (
            "nDCG@10, each text once",
            [ndcg(once(names), q.relevant) for q, names in zip(asked, documents, strict=True)],
        )
    else:
        yield from _recall(library, asked, answers)


def _documents(answer: Answer) -> list[Span]:
    """The best hit of each note."""
    first: dict[str, Span] = {}
    for hit in answer.hits:
        first.setdefault(hit.name, (hit.name, hit.start, hit.end))
    return list(first.values())


# --- parts -----------------------------------------------------------------------------------


def _deep(unit: str) -> Callable[[SearchOptions], SearchOptions]:
    return lambda options: replace(options, limit=_DEEP, per_document=None, unit=unit)  # type: ignore[arg-type]


def _twice(libraries: Callable[[Path], Iterable[Library]]) -> Callable[[Path], Iterator[Library]]:
    return lambda folder: map(corpora.twice, libraries(folder))


def _asked_for_weak(folder: Path) -> Iterator[Library]:
    for library in itertools.chain(corpora.alone(folder), corpora.mixed(folder), corpora.cisi(folder)):
        cells = {f"{library.name}: {cell}": questions for cell, questions in library.cells.items()}
        yield Library(library.name, library.texts, cells)


PARTS: Final[Mapping[str, Part]] = {
    "xquad": Part(corpora.alone, _ranking),
    "across": Part(corpora.across, _ranking),
    "mixed": Part(corpora.mixed, _ranking),
    "mostly": Part(corpora.mostly, _ranking),
    "halves": Part(corpora.halves, _ranking),
    "cisi": Part(corpora.cisi, _ranking),
    "weak": Part(_asked_for_weak, _weak),
    "exact": Part(lambda folder: corpora.named(), _firsts),
    "few": Part(corpora.few, _honest),
    "passages": Part(corpora.chunking, _recall, _deep("passage")),
    "sentences": Part(corpora.chunking, _recall, _deep("sentence")),
    "twice": Part(_twice(corpora.alone), _again, _deep("passage")),
    "twice-long": Part(_twice(corpora.chunking), _again, _deep("passage")),
}
#: Those of which only the order of notes counts.
RANKINGS: Final = [name for name, part in PARTS.items() if part.measure is _ranking]
