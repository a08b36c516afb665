"""Documents -> sentences -> passages. Pure: text and arrays in, offsets out.

Hides how sentences are mapped back to the file, how an overlong one is cut, and how changes of subject
are found.

Invariants:
    Sentences are sorted, disjoint and hold every non-space character of the reading;
    `read(text, edits, sentence.start, sentence.end) == sentence.text`.
    No sentence is longer than `Budget.maximum`, unless it is a single character.
    A heading is a sentence of its own, the first of its section and the only one of its paragraph.
    Section 0 is the text before the first heading.
    Every sentence is in one passage, in order; the same input gives the same passages on every machine.
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
