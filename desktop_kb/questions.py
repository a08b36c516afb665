"""Questions for measuring a search: a person's own, or generated from the documents.

Questions can be generated without labelled data. The answer to a heading is the text below it, the
answer to a sentence is its neighbours (the 'inverse cloze task' of Lee, Chang & Toutanova 2019), and a
definition answers 'what is X'. Headings and sentences used as questions are removed from the document
before it is searched, so that the answer has to be found by the rest of the text. In a library of both
languages definitions are also asked for in the one that they are not written in.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from desktop_kb import language
from desktop_kb.chunking import approximate_measure, split
from desktop_kb.errors import UsageProblem, reason_of
from desktop_kb.reading import Reading
from desktop_kb.records import Document, Edit, Extracted, Heading, Layout, Sentence

Kind = Literal["heading", "sentence", "definition", "across", "own"]
#: How many content words a sentence must have to be used as a question.
_SENTENCE_WORDS = range(6, 40)
#: How many characters below a heading count as its answer, which is what a reader sees first.
_BELOW = 1_000
_MOST_HEADING_WORDS = 12
#: Patterns of sentences that define a term. 'This is a ...' defines nothing.
_DEFINITIONS = (
    re.compile(
        r"(?:An? |The )?(?P<term>(?!(?:This|That|These|It|There|He|She|They|We|You|What|Here|One|I)\b)"
        r"[A-Za-z][\w-]*(?: [\w-]+){0,3}) (?:is|are|means|refers to|denotes) (?:an?|the|any|one) \w"
    ),
    re.compile(
        r"(?P<term>[^\W\d_](?:(?![这那它他她我你其此一的是])[\w]){1,11})"
        r"(?:是指|指的是|是一[种个类项名家座部位]|就是)\w"
    ),
)
#: Of questions that are made: rows of them, dealt in turn.
_KINDS = 4
#: By language how to ask for a term.
_ASKING = {"en": "What is {}?", "zh": "什么是{}？"}


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the position of its answer.

    Attributes:
        answer: raw `[start, end)` ranges in the text of `document`, a public id.
        removed: the raw `[start, end)` range to remove from the document before it is searched.
        asked_in: its language, where its words do not tell: a term of one language, asked for in another.
    """

    text: str
    document: str
    answer: tuple[tuple[int, int], ...]
    kind: Kind
    filters: tuple[str, ...] = ()
    removed: tuple[int, int] | None = None
    asked_in: str = ""

    @property
    def language(self) -> str:
        """Its language; see `language.language_of`."""
        return self.asked_in or language.language_of(self.text)


# --- made from documents ---------------------------------------------------------------------


def make(documents: Sequence[tuple[str, Extracted]], most: int, seed: int = 0) -> list[Question]:
    """Generate up to `most` questions, spread evenly over kinds and documents as far as possible.

    Args:
        documents: public id and text. The same documents and seed give the same questions.
    """
    chance = random.Random(seed)
    titles = Counter(
        language.fold(h.title.strip()) for _, extracted in documents for h in extracted.layout.headings
    )
    languages = {language.language_of(extracted.text) for _, extracted in documents}
    rows: list[list[Question]] = []
    for id, extracted in documents:
        sentences = split(extracted, approximate_measure)
        definitions = _definitions(id, sentences)
        made = (
            _headings(id, extracted, sentences, titles),
            _sentences(id, extracted, sentences, chance),
            definitions,
            _across(definitions) if languages.issuperset(_ASKING) else [],
        )
        for questions in made:
            chance.shuffle(questions)
            rows.append(questions)
    return _deal(rows, most)


def _deal(rows: Sequence[list[Question]], most: int) -> list[Question]:
    """Take one question from each row in turn, kind by kind, until there are `most`."""
    kinds = [[row for row in rows[kind::_KINDS] if row] for kind in range(_KINDS)]
    turns = [
        iter([q for turn in range(max(map(len, kind))) for q in _turn(kind, turn)]) for kind in kinds if kind
    ]
    dealt: list[Question] = []
    while turns and len(dealt) < most:
        for questions in tuple(turns):
            question = next(questions, None)
            if question is None:
                turns.remove(questions)
            elif len(dealt) < most and all(_apart(question, other) for other in dealt):
                dealt.append(question)
    return dealt


def _turn(rows: Sequence[Sequence[Question]], turn: int) -> list[Question]:
    return [row[turn] for row in rows if turn < len(row)]


def _apart(one: Question, other: Question) -> bool:
    """Whether neither question removes text that answers the other."""
    if one.document != other.document:
        return True
    return not any(
        first.removed and start < first.removed[1] and first.removed[0] < end
        for first, second in ((one, other), (other, one))
        for start, end in second.answer
    )


def _headings(
    id: str, extracted: Extracted, sentences: Sequence[Sentence], titles: Counter[str]
) -> list[Question]:
    """Questions from headings that have enough content words and occur once; the text below is the answer."""
    known = frozenset(language.words(extracted.title))
    found = []
    for heading in extracted.layout.headings:
        words = _content_words(heading.title)
        if not 2 <= len(words) <= _MOST_HEADING_WORDS or known.issuperset(words):
            continue
        answer = _below(heading, extracted.layout.headings, sentences)
        if titles[language.fold(heading.title.strip())] == 1 and answer is not None:
            removed = (heading.start, heading.end)
            found.append(Question(heading.title.strip(), id, (answer,), "heading", removed=removed))
    return found


def _below(
    heading: Heading, headings: Sequence[Heading], sentences: Sequence[Sentence]
) -> tuple[int, int] | None:
    """The range of the text between a heading and the next one; None if it has fewer than two sentences."""
    end = min((other.start for other in headings if other.start > heading.start), default=None)
    inside = [s for s in sentences if s.start >= heading.end and (end is None or s.end <= end)]
    if len(inside) < 2:
        return None
    start = inside[0].start
    return start, max(s.end for s in inside[:2] + [s for s in inside if s.end - start <= _BELOW])


def _sentences(
    id: str, extracted: Extracted, sentences: Sequence[Sentence], chance: random.Random
) -> list[Question]:
    """Questions from one inner sentence of each paragraph of three or more; its neighbours are the answer."""
    headings = {heading.start for heading in extracted.layout.headings}
    found = []
    for _, group in groupby(sentences, key=lambda sentence: sentence.paragraph):
        paragraph = list(group)
        inner = [
            at
            for at in range(1, len(paragraph) - 1)
            if len(_content_words(paragraph[at].text)) in _SENTENCE_WORDS
            and paragraph[at].start not in headings
        ]
        if inner:
            at = chance.choice(inner)
            before, asked, after = paragraph[at - 1 : at + 2]
            answer = ((before.start, before.end), (after.start, after.end))
            removed = (asked.start, asked.end)
            found.append(Question(asked.text, id, answer, "sentence", removed=removed))
    return found


def _definitions(id: str, sentences: Sequence[Sentence]) -> list[Question]:
    """Questions from sentences that define a term, each term once."""
    found: dict[str, Question] = {}
    for sentence in sentences:
        for pattern, question in zip(_DEFINITIONS, _ASKING.values(), strict=True):
            match = pattern.match(sentence.text)
            if (
                match
                and _content_words(match["term"])
                and len(_content_words(sentence.text)) >= _SENTENCE_WORDS.start
            ):
                answer = ((sentence.start, sentence.end),)
                text = question.format(match["term"])
                found.setdefault(text, Question(text, id, answer, "definition"))
    return list(found.values())


def _across(definitions: Sequence[Question]) -> list[Question]:
    """The same terms asked for in the other language."""
    found = []
    for question in definitions:
        own, other = ("zh", "en") if question.text.startswith(_ASKING["zh"][:3]) else ("en", "zh")
        before, after = _ASKING[own].split("{}")
        term = question.text.removeprefix(before).removesuffix(after)
        found.append(replace(question, text=_ASKING[other].format(term), kind="across", asked_in=other))
    return found


def _content_words(text: str) -> list[str]:
    """The words of a text without function words."""
    return [word for word in language.words(text) if not language.is_stop(word)]


def without(extracted: Extracted, removed: Sequence[tuple[int, int]]) -> Extracted:
    """The document with edits that remove these ranges from its reading; offsets still refer to the whole
    text."""
    layout = extracted.layout
    edits = [e for e in layout.edits if not any(e.start < end and start < e.end for start, end in removed)]
    edits += [Edit(start, end) for start, end in removed]
    edits.sort(key=lambda edit: edit.start)
    headings = [h for h in layout.headings if not any(start <= h.start < end for start, end in removed)]
    return replace(extracted, layout=replace(layout, edits=tuple(edits), headings=tuple(headings)))


# --- a person's own --------------------------------------------------------------------------


def read_questions(file: Path) -> list[dict[str, Any]]:
    """The questions of a file: JSON Lines, or one JSON object with a list `questions`.

    Each has `question`, `answer_in` (a file of the library, by name or path) and may have
    `contains` (words of the answer, exactly as in the document) and `filters` (a list).

    Raises:
        UsageProblem: it cannot be read or does not have this format.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageProblem("usage", reason="questions", cause=reason_of(error)) from error
    asked = list(_objects(text))
    for number, question in enumerate(asked, 1):
        good = isinstance(question, dict) and all(
            isinstance(question.get(key), str) and question[key].strip() for key in ("question", "answer_in")
        )
        filters = question.get("filters", []) if good else None
        if not good or not isinstance(filters, list) or not isinstance(question.get("contains", ""), str):
            raise UsageProblem("usage", reason="question-fields", number=number)
    if not asked:
        raise UsageProblem("usage", reason="no-question")
    return asked


def _objects(text: str) -> Iterator[Any]:
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        whole = None
    if isinstance(whole, dict) and isinstance(whole.get("questions"), list):
        yield from whole["questions"]
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield json.loads(line)
            except (ValueError, RecursionError) as error:
                raise UsageProblem("usage", reason="question-no-json", number=number) from error


def locate(
    asked: dict[str, Any], documents: Sequence[Document], text_of: Callable[[str], tuple[str, Layout]]
) -> Question:
    """A person's question with the position of its answer in the library.

    Args:
        text_of: public id -> (text, layout).

    Raises:
        UsageProblem: the file is not in the library, or does not contain these words.
    """
    wanted = Path(asked["answer_in"])
    named = [d for d in documents if any(_names(wanted, Path(place)) for place in d.places)]
    contains = asked.get("contains", "")
    for document in named:
        text, layout = text_of(document.document)
        place = _place(text, layout.edits, contains) if contains else (0, len(text))
        if place is not None:
            filters = tuple(map(str, asked.get("filters", ())))
            return Question(asked["question"], document.document, (place,), "own", filters)
    question, file = str(asked["question"]), str(asked["answer_in"])
    if named:
        raise UsageProblem("usage", reason="answer-absent", question=question, words=contains, file=file)
    raise UsageProblem("usage", reason="file-absent", question=question, file=file)


def _names(wanted: Path, place: Path) -> bool:
    return place.parts[-len(wanted.parts) :] == wanted.parts


def _place(text: str, edits: Sequence[Edit], contains: str) -> tuple[int, int] | None:
    """The raw range of these words, searched for in the reading and then in the raw text."""
    reading = Reading(text, edits)
    at = reading.text.find(contains)
    if at >= 0:
        return reading.span(at, at + len(contains))
    at = text.find(contains)
    return (at, at + len(contains)) if at >= 0 else None
