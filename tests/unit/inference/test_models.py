"""Imported models at work in a library, through their real children."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asked import Tiny
from fakes import Card
from tiny import PASSAGES, QUERY

from desktop_kb import paths
from desktop_kb.choice import import_model
from desktop_kb.inference import EncoderClient, Models, catalogue, installed
from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import SearchOptions
from desktop_kb.settings import Settings


def test_an_embedder_and_a_causal_reranker_answer_in_a_library(tiny: Tiny, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    for number, text in enumerate(PASSAGES):
        (tmp_path / "notes" / f"{number}.txt").write_text(text, encoding="utf-8")
    judge = import_model(tiny.root / "Qwen3-Reranker-0.6B")
    exact = Settings(fast_cpu=False)  # as the answers that are known
    with KnowledgeBase(tmp_path / "library", exact) as kb:
        kb.models.use(import_model(tiny.root / "bge-m3"))
        kb.models.read_by("multilingual")
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
    # The fused score, a hundredth of the whole, decides between passages that it cannot tell apart.
    assert all(first > second - 0.01 for first, second in pairwise(found))


def test_the_new_embedder_gets_the_card_that_the_one_before_leaves(model_folder: Path) -> None:
    english = catalogue.ENGLISH.id
    cards = {english: Card(2048), "new": Card(2048, fell_back=True)}  # tried out while the card was taken

    def open_embedder(*, name: str, **_options: Any) -> EncoderClient:
        client = EncoderClient(catalogue.ENGLISH, model_folder)
        client._process._worker = cards[name]  # type: ignore[assignment]
        return client

    models = Models(Settings(readers="english"), open_embedder)
    before = models.embedder
    assert isinstance(before, EncoderClient)
    before.encode_query("ready")
    with models._lock:
        after = models._open("new")
    assert isinstance(after, EncoderClient)
    after.encode_query("ready")
    assert (before.device, after.device, after.fell_back) == ("cuda", "cpu", True)
    models.choose(Settings(embedder="new", readers="multilingual"))
    assert models.embedder is after
    assert (before._setup["device"], after._setup["device"]) == ("cpu", "auto")
    assert (cards[english].left, cards["new"].left) == (1, 1)  # each is opened again on its new device
    models.close()


@pytest.mark.parametrize("fast_cpu", [True, False])
def test_models_compute_faster_on_the_processor_unless_that_is_switched_off(fast_cpu: bool) -> None:
    models = Models(Settings() if fast_cpu else Settings(fast_cpu=False))
    setups = [reader._setup for reader in models.readers if isinstance(reader, EncoderClient)]
    assert [setup["fast_cpu"] for setup in setups] == [fast_cpu] * 2
    models.close()


def test_without_the_file_of_one_model_the_other_reads_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    there = paths.package
    gone = catalogue.MULTILINGUAL.package
    monkeypatch.setattr(paths, "package", lambda name: [] if name == gone else there(name))
    assert [found.model for found in installed.installed()] == [catalogue.ENGLISH]
    models = Models(Settings())
    assert [reader.id for reader in models.readers] == [catalogue.ENGLISH.id]
    models.close()
