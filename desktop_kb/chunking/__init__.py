"""Documents into sentences, sentences into passages. Pure: text and arrays in, offsets out.

Hides how sentences find their way back to the file, how an endless one is cut, and where the
meaning changes.

Invariants:
    Sentences are sorted, disjoint and hold every character of the reading that is no space;
    `read(text, edits, sentence.start, sentence.end) == sentence.text`.
    None is longer than `Budget.maximum`, unless it is a single character.
    A heading is a sentence of its own, the first one of its section and the only one of its
    paragraph. Section 0 is what stands before the first heading.
    Passages hold every sentence once, in order; the same input gives the same passages anywhere.
"""

from desktop_kb.chunking.splitting import Budget, Measure, approximate_measure, split
from desktop_kb.chunking.strategies import STRATEGIES, VERSION, cut
from desktop_kb.chunking.subjects import lexical_vectors

__all__ = [
    "STRATEGIES",
    "VERSION",
    "Budget",
    "Measure",
    "approximate_measure",
    "cut",
    "lexical_vectors",
    "split",
]
