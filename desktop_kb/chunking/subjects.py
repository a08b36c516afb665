"""The subjects of sentences: sections, their vectors, and which sentences are headings."""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from desktop_kb import language, similarity
from desktop_kb.records import Floats, Sentence

_HASHED = 256


def lexical_vectors(sentences: Sequence[Sentence]) -> Floats:
    """Hashed word vectors of sentences: float32 (n, 256), unit rows, zero for a sentence without words.

    Words and grams by signed hashing (Weinberger et al. 2009), weighted by BM25's idf over these
    sentences. They replace a model's vectors if it does not cover the script.
    """
    counts = [Counter(language.words(s.text) + language.grams(s.text)) for s in sentences]
    frequency = Counter(term for count in counts for term in count)
    total = len(sentences)
    numbers = {term: number for number, term in enumerate(frequency)}
    keys = np.array([zlib.crc32(term.encode()) for term in frequency], np.int64)
    weights = [math.log(1 + (total - n + 0.5) / (n + 0.5)) for n in frequency.values()]
    signed = np.where(keys & 2**16, 1.0, -1.0) * np.array(weights)
    of = np.array([numbers[term] for count in counts for term in count], np.int64)
    often = np.array([n for count in counts for n in count.values()], np.float64)
    rows = np.repeat(np.arange(total), [len(count) for count in counts])
    vectors = np.zeros((total, _HASHED), np.float32)
    np.add.at(vectors, (rows, keys[of] % _HASHED), (signed[of] * np.sqrt(often)).astype(np.float32))
    return similarity.unit(vectors)


@dataclass(frozen=True, slots=True)
class Section:
    """A section `sentences[first:last]`, whose end no passage crosses, with its sentences' vectors.

    `vectors` is float32 (n, d), unit rows or zero; `mean` (d,) is the mean over the whole document. A
    lexical section has word vectors, another the model's: never compare one with the other.
    """

    first: int
    last: int
    lexical: bool
    vectors: Floats
    mean: Floats


def find_sections(sentences: Sequence[Sentence], vectors: Floats | None) -> list[Section]:
    """The sections with their vectors: the model's if it covers at least half of the section's tokens (its
    other sentences are zero, which is neutral), word vectors otherwise."""
    tokens = np.array([sentence.tokens for sentence in sentences])
    model = np.zeros((len(sentences), 1), np.float32) if vectors is None else vectors
    covered = similarity.known(model)
    spaces = {False: model}
    found: list[Section] = []
    for first, last in _section_ranges(sentences):
        part = slice(first, last)
        lexical = bool(tokens[part][covered[part]].sum() * 2 < tokens[part].sum() or not covered[part].any())
        if lexical and True not in spaces:
            spaces[True] = lexical_vectors(sentences)
        space = spaces[lexical]
        found.append(Section(first, last, lexical, space[part], space[0]))
    means = {lexical: _mean(space) for lexical, space in spaces.items()}
    return [replace(section, mean=means[section.lexical]) for section in found]


def _mean(vectors: Floats) -> Floats:
    """The mean of the non-zero rows."""
    nonzero = max(1, int(similarity.known(vectors).sum()))
    return np.asarray(vectors.sum(axis=0, dtype=np.float64) / nonzero, np.float32)


def _section_ranges(sentences: Sequence[Sentence]) -> Iterator[tuple[int, int]]:
    """Sections as `[first, last)`; a heading without text belongs to the section of the next heading."""
    heading = find_headings(sentences)
    first = 0
    for at in range(1, len(sentences)):
        if sentences[at].section != sentences[at - 1].section and not heading[at - 1]:
            yield first, at
            first = at
    yield first, len(sentences)


def find_headings(sentences: Sequence[Sentence]) -> list[bool]:
    """Which sentences are headings: the first paragraph of every section but 0."""
    found: list[bool] = []
    opening = (-1, -1)
    for sentence in sentences:
        if sentence.section != opening[0]:
            opening = sentence.section, sentence.paragraph
        found.append(sentence.section > 0 and sentence.paragraph == opening[1])
    return found


_COLON = (":", "：")
_STOP = re.compile(r"[.!?。！？…;；][\"'”’»)\]）】」』》]*$")


def find_leads(sentences: Sequence[Sentence]) -> list[bool]:
    """Which sentences lead to the next: they end in a colon, or start a paragraph and have no final
    punctuation."""
    found = []
    for at, sentence in enumerate(sentences):
        text = sentence.text.rstrip()
        begins = at == 0 or sentences[at - 1].paragraph != sentence.paragraph
        found.append(text.endswith(_COLON) or (begins and not _STOP.search(text)))
    return found
