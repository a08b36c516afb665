"""BM25 of passages from their own terms."""

from __future__ import annotations

import pytest

from desktop_kb.lexical import MOST_PER_IDF, Terms
from desktop_kb.lexical.scoring import Statistics, shares


@pytest.mark.parametrize(
    ("term", "often"), [("bee", 3), ("be*", 4), ("b*", 5), ("dance", 1), ("ee", 0), ("honey bee", 0)]
)
def test_terms_are_counted_as_they_stand(term: str, often: int) -> None:
    """Also one that follows itself, and all that begin so."""
    known = Statistics({term: 1.0}, {}, {}, mean_words=7.0, mean_grams=0.0, weight=1.0)
    (score,) = shares(known, {0: Terms("", "", "bee bee bee been b dance honey", "", "")}).values()
    assert score == pytest.approx(2.2 * often / (often + 1.2) / MOST_PER_IDF)
