"""Imported models at work in a library, through their real children."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from asked import Tiny
from tiny import PASSAGES, QUERY

from desktop_kb.choice import import_model
from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import SearchOptions


def test_an_embedder_and_a_causal_reranker_answer_in_a_library(tiny: Tiny, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    for number, text in enumerate(PASSAGES):
        (tmp_path / "notes" / f"{number}.txt").write_text(text, encoding="utf-8")
    judge = import_model(tiny.root / "Qwen3-Reranker-0.6B")
    with KnowledgeBase(tmp_path / "library") as kb:
        kb.models.use(import_model(tiny.root / "bge-m3"))
        kb.models.use(judge)
        reports = list(kb.follow(kb.add([tmp_path / "notes"])))
        assert {report.status for report in reports} == {"indexed"}
        result = kb.search(QUERY, SearchOptions(limit=len(PASSAGES)))
        status = kb.status()
    assert (status.model, status.device) == ("bge-m3", "cpu")
    assert (status.reranker, status.reranker_device) == (judge, "cpu")
    assert result.degraded == ()
    assert len(result.hits) == len(PASSAGES)
    embedder, reranker = tiny.answers["bge-m3"], tiny.answers["Qwen3-Reranker-0.6B"]
    similarity = np.array(embedder["alone"]) @ np.array(embedder["query"])
    for hit in result.hits:
        number = int(Path(hit.path).stem)
        assert hit.shown == PASSAGES[number]
        assert hit.why.meaning is not None
        assert hit.why.rerank is not None
        assert hit.why.meaning.similarity == pytest.approx(
            similarity[number], abs=1e-3
        )  # float16 on the disk
        assert hit.why.rerank.score == pytest.approx(reranker["scores"][number], abs=1e-4)
        assert hit.why.rerank.model == judge
    found = [hit.why.rerank.score for hit in result.hits if hit.why.rerank]
    assert found == sorted(found, reverse=True)
