"""The libraries that quality is measured on, and what they are asked.

Each `Library` is made of texts, a note for each, and has its questions in *cells*: groups that are reported
apart, as 'zh on en' (Chinese questions, English notes). XQuAD's two collections are translations of each
other, line by line, so that a question of one is answered by the passage of the same number in the other.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import exact
from measures import Span, read

from desktop_kb import language

LANGUAGES = ("en", "zh")
#: Passages of one article in XQuAD.
_OF_AN_ARTICLE = 5
#: Libraries of one and of two notes: how many of each, how many questions each is asked in each language,
#: and how far away in the collection stands the passage whose questions they cannot answer.
_FEW, _FEW_ASKED, _FAR = 12, 3, 100
#: What the name of a text's copy ends with.
_AGAIN = " again"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the notes that answer it with their gains; none where nothing answers it.

    Attributes:
        references: raw ranges of the answer in its note, where they are known.
    """

    id: str
    text: str
    relevant: Mapping[str, float]
    references: Sequence[Sequence[int]] = ()


@dataclass(frozen=True, slots=True)
class Library:
    """A library to be made, and what is asked of it.

    Attributes:
        texts: by the name of each note.
        copies: by the name of a copy, how many characters stand before its text.
    """

    name: str
    texts: Mapping[str, str]
    cells: Mapping[str, Sequence[Asked]]
    copies: Mapping[str, int] | None = None

    def only(self, *cells: str) -> Library:
        """The same library asked less."""
        return replace(self, cells={cell: self.cells[cell] for cell in cells})

    def once(self, span: Span) -> Span:
        """Where this stands in the first copy of its text."""
        name, start, end = span
        before = (self.copies or {}).get(name, 0)
        return name.removesuffix(_AGAIN) if before else name, start - before, end - before


@functools.cache
def passages(folder: Path, collection: str) -> dict[str, str]:
    """The texts of a collection by number."""
    return {str(p["id"]): p["text"] for p in read(folder / collection / "passages.jsonl")}


@functools.cache
def asked(folder: Path, collection: str) -> tuple[Asked, ...]:
    """The questions of a collection."""
    rows: list[dict[str, Any]] = read(folder / collection / "queries.jsonl")
    return tuple(Asked(f"{collection}/{n}", row["query"], row["relevant"]) for n, row in enumerate(rows))


def xquad(folder: Path) -> Iterator[Library]:
    """A library in each language, asked in both."""
    for lang in LANGUAGES:
        cells = {f"{of} on {lang}": asked(folder, f"xquad-{of}") for of in sorted(LANGUAGES, key=lang.__ne__)}
        yield Library(f"xquad-{lang}", passages(folder, f"xquad-{lang}"), cells)


def alone(folder: Path) -> Iterator[Library]:
    """Each language by itself."""
    for library, lang in zip(xquad(folder), LANGUAGES, strict=True):
        yield library.only(f"{lang} on {lang}")


def across(folder: Path) -> Iterator[Library]:
    """Each language asked in the other one."""
    for library, lang, other in zip(xquad(folder), LANGUAGES, reversed(LANGUAGES), strict=True):
        yield library.only(f"{other} on {lang}")


def mixed(folder: Path) -> Iterator[Library]:
    """Even articles in English, odd ones in Chinese, every question in both."""
    yield _mixed(folder, "mixed", lambda article: LANGUAGES[article % 2])


def mostly(folder: Path) -> Iterator[Library]:
    """Nine of ten articles in one language."""
    for most, few in (LANGUAGES, LANGUAGES[::-1]):
        yield _mixed(folder, f"mostly-{most}", lambda article, m=most, f=few: f if article % 10 == 9 else m)  # type: ignore[misc]


def _mixed(folder: Path, name: str, language_of: Callable[[int], str]) -> Library:
    def of(number: str) -> str:
        return language_of(int(number) // _OF_AN_ARTICLE)

    texts = {
        number: passages(folder, f"xquad-{of(number)}")[number] for number in passages(folder, "xquad-en")
    }
    cells = {
        f"{lang} on {note}": [q for q in asked(folder, f"xquad-{lang}") if of(next(iter(q.relevant))) == note]
        for note in LANGUAGES
        for lang in LANGUAGES
    }
    return Library(name, texts, cells)


def halves(folder: Path) -> Iterator[Library]:
    """The first half of each passage in Chinese, the second in English."""
    english, chinese = (passages(folder, f"xquad-{lang}") for lang in LANGUAGES)
    texts = {number: _half_and_half(chinese[number], english[number]) for number in english}
    yield Library("halves", texts, {f"{of} on both": asked(folder, f"xquad-{of}") for of in LANGUAGES})


def _half_and_half(first: str, second: str) -> str:
    """The first half of one text and the second half of another, by sentences."""
    one, other = language.sentence_spans(first), language.sentence_spans(second)
    end, start = one[(len(one) - 1) // 2][1], other[len(other) // 2][0]
    return f"{first[:end]}\n\n{second[start:]}"


def cisi(folder: Path) -> Iterator[Library]:
    """A library of one field, and long questions that many of its notes answer."""
    yield Library("cisi", passages(folder, "cisi"), {"en on en": asked(folder, "cisi")})


def chunking(folder: Path) -> Iterator[Library]:
    """Three long texts; the answers are ranges in them."""
    texts = {path.stem: path.read_text("utf-8") for path in sorted((folder / "chunking").glob("*.md"))}
    rows = read(folder / "chunking" / "questions.jsonl")
    questions = [
        Asked(f"chunking/{n}", row["question"], {row["corpus"]: 1}, row["references"])
        for n, row in enumerate(rows)
    ]
    yield Library("chunking", texts, {"once": questions})


def twice(library: Library) -> Library:
    """Every text twice; before the copy stands a paragraph, so that its passages begin elsewhere."""
    random_ = random.Random(4)
    texts: dict[str, str] = {}
    copies: dict[str, int] = {}
    for name, text in library.texts.items():
        before = exact.paragraph(random_, "zh" if language.language_of(text) == "zh" else "en") + "\n\n"
        texts[name], texts[name + _AGAIN] = text, before + text
        copies[name + _AGAIN] = len(before)
    cells = {cell.replace("once", "twice"): questions for cell, questions in library.cells.items()}
    return Library(f"{library.name}-twice", texts, cells, copies)


def named() -> Iterator[Library]:
    """Notes asked by their exact titles, and by numbers that stand in one of them."""
    for name, (texts, kinds) in {"named": exact.named_notes(), "numbered": exact.numbered_notes()}.items():
        cells = {
            kind: [Asked(f"{kind}/{n}", text, {note: 1}) for n, (text, note) in enumerate(questions)]
            for kind, questions in kinds.items()
        }
        yield Library(name, texts, cells)


def few(folder: Path) -> Iterator[Library]:
    """Libraries of one note and of two, asked what they answer and what they do not."""
    every = len(passages(folder, "xquad-en"))
    for number in range(0, every, every // _FEW):
        beside = (number + 2 * _OF_AN_ARTICLE) % every
        for lang in LANGUAGES:
            yield _few(folder, "one note", {number: lang})
            yield _few(folder, "two notes", {number: lang, beside: lang})
        yield _few(folder, "two notes", {number: "en", beside: "zh"})


def _few(folder: Path, size: str, notes: Mapping[int, str]) -> Library:
    cells: dict[str, list[Asked]] = {}
    for of in LANGUAGES:
        for number, lang in notes.items():
            cell = cells.setdefault(f"{size}: {of} on {lang}", [])
            cell += _about(folder, of, number)
        nothing = _about(folder, of, (next(iter(notes)) + _FAR) % len(passages(folder, "xquad-en")))
        cells[f"{size}: {of}, nothing answers"] = [replace(one, relevant={}) for one in nothing]
    texts = {str(number): passages(folder, f"xquad-{lang}")[str(number)] for number, lang in notes.items()}
    name = "-".join((*size.split(), *(f"{lang}{number}" for number, lang in notes.items())))
    named_ = {cell: [replace(one, id=f"{name}/{one.id}") for one in some] for cell, some in cells.items()}
    return Library(name, texts, named_)


def _about(folder: Path, lang: str, number: int) -> list[Asked]:
    """The first questions that this passage answers."""
    return [q for q in asked(folder, f"xquad-{lang}") if str(number) in q.relevant][:_FEW_ASKED]
