"""The best passages of each leg."""

from __future__ import annotations

from typing import Final

from desktop_kb.records import Question
from desktop_kb.search.context import SearchContext

#: Passages that each leg brings to the fusion.
_CANDIDATES: Final = 100


def retrieve(context: SearchContext) -> None:
    """Ask the index for the best of every leg at once: it looks in parallel, and says how long each took."""
    vectors = {
        reader: context.calibrations[reader].facing(vector, context.language)
        for reader, vector in context.vectors.items()
    }
    begun = (*context.query.beginnings, *(context.query.begun if context.options.typing else ()))
    question = Question(context.query.text, vectors, context.by_words, begun)
    found = context.moment.retrieve(question, context.scope, _CANDIDATES, context.named.candidates)
    context.retrieved = found
    context.also += found.also
    for name, seconds in found.seconds.items():
        context.add_seconds(name, seconds)
