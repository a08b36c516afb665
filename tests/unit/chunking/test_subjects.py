"""What sentences are about."""

from __future__ import annotations

import numpy as np
from drafts import extracted, measure

from desktop_kb.chunking import lexical_vectors, split


def test_lexical_vectors_are_alike_where_words_are() -> None:
    sentences = split(extracted("搜索引擎检索文档。\n文档由搜索引擎检索。\n今天下雨。\n！？"), measure)
    vectors = lexical_vectors(sentences)
    alike = vectors @ vectors.T
    assert vectors.dtype == np.float32
    assert np.allclose(np.diag(alike), [1, 1, 1, 0], atol=1e-5)
    assert alike[0, 1] > 0.5 > alike[0, 2]
    # Stable across processes and machines: no hash().
    assert np.flatnonzero(lexical_vectors(sentences[2:3])[0]).tolist() == FIXED_BINS


FIXED_BINS = [47, 135, 252]
