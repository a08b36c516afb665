"""Cross-encoders and late interaction over the first hits: order, probability, time, memory."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import FakeEmbedder, FakeReranker

from desktop_kb.errors import ModelProblem
from desktop_kb.settings import Settings

ECHO = "Do bees keep warm? Many people ask whether bees keep warm in winter."
ANSWER = "bees keep warm by shivering around the queen."


@pytest.fixture
def reranked(open_bench: Any) -> Any:
    """Two passages that the words rank one way and the reranker the other."""
    bench = open_bench(FakeEmbedder())
    bench.run(bench.file("echo.txt", ECHO), bench.file("answer.txt", ANSWER))
    bench.models.rerankers["fake reranker"] = FakeReranker()
    return bench


def test_a_cross_encoder_has_the_last_word_and_its_probability_is_told(reranked: Any) -> None:
    query = "keep bees warm"
    assert reranked.found(query, rerank="off")[0] == "echo.txt"
    result = reranked.search(query, rerank="fake reranker")
    assert [Path(hit.path).name for hit in result.hits] == ["answer.txt", "echo.txt"]
    why = result.hits[0].why.rerank
    assert (why.score, why.model) == (1.0, "fake reranker")
    assert result.hits[0].score > 0.99
    assert result.reranked == (2, 2)
    assert result.degraded == ()


def test_the_chosen_reranker_is_used_until_another_is_named(reranked: Any) -> None:
    assert reranked.search("bees keep warm").hits[0].why.rerank.model == "late interaction"
    reranked.models.reranker_id = "fake reranker"
    assert reranked.search("bees keep warm").hits[0].why.rerank.model == "fake reranker"
    late = reranked.search("bees keep warm", rerank="late interaction")
    assert late.hits[0].why.rerank.model == "late interaction"
    assert reranked.search("bees keep warm", rerank="off").hits[0].why.rerank is None


def test_a_reranker_that_is_not_there_is_named(reranked: Any) -> None:
    result = reranked.search("bees keep warm", rerank="nothing")
    assert result.degraded == ("reranker-missing",)
    assert result.hits[0].why.rerank is None
    reranked.models.reranker_id = "gone"  # chosen once, deleted since: late interaction stands in
    result = reranked.search("bees keep warm")
    assert result.degraded == ("reranker-missing",)
    assert result.hits[0].why.rerank.model == "late interaction"


@pytest.mark.logs("not reranked")
def test_a_reranker_that_fails_is_named(reranked: Any) -> None:
    def fail() -> None:
        raise ModelProblem("encoder-failed", reason="it ended")

    reranked.models.rerankers["fake reranker"].before_answer = fail
    result = reranked.search("bees keep warm", rerank="fake reranker")
    assert result.degraded == ("reranker-missing",)
    assert len(result.hits) == 2


def test_what_a_reranker_does_not_read(reranked: Any) -> None:
    reranked.run(reranked.file("c.txt", "蜜蜂 keep warm bees."))
    reranked.models.reranker_id = "fake reranker"
    result = reranked.search("bees keep warm")
    scores = {Path(hit.path).name: hit.why.rerank for hit in result.hits}
    assert scores["c.txt"] is None
    assert scores["answer.txt"] is not None
    assert "reranker-missing" in reranked.search("蜜蜂").degraded


def test_without_an_embedder_a_cross_encoder_reranks_what_words_found(open_bench: Any) -> None:
    bench = open_bench(None)
    bench.run(bench.file("echo.txt", ECHO), bench.file("answer.txt", ANSWER))
    bench.models.rerankers["r"] = FakeReranker()
    assert bench.found("keep bees warm", rerank="r")[0] == "answer.txt"


def test_a_model_without_late_interaction_leaves_the_fused_order(open_bench: Any) -> None:
    embedder = FakeEmbedder()
    embedder.late_pooling = False
    bench = open_bench(embedder)
    bench.run(bench.file("answer.txt", ANSWER))
    result = bench.search("bees keep warm")
    assert result.degraded == ("reranker-missing",)
    assert result.hits[0].why.rerank is None


def test_a_model_that_had_to_leave_the_graphics_card_is_named(reranked: Any) -> None:
    assert reranked.search("bees keep warm", rerank="fake reranker").degraded == ()
    reranked.models.rerankers["fake reranker"].fell_back = True
    assert reranked.search("bees keep warm", rerank="fake reranker").degraded == ("device-fallback",)
    assert reranked.search("bees keep warm", rerank="off").degraded == ()
    reranked.embedder.fell_back = True
    assert reranked.search("bees keep warm", rerank="off").degraded == ("device-fallback",)
    assert reranked.search("bees keep warm", mode="words", rerank="off").degraded == ()


# --- time -------------------------------------------------------------------------------------


@pytest.fixture
def many(open_bench: Any) -> Any:
    bench = open_bench(FakeEmbedder(), Settings(rerank_candidates=40))
    bench.run(*(bench.file(f"{n:02}.txt", f"bees keep warm number{n}.") for n in range(40)))
    bench.models.rerankers["r"] = FakeReranker()
    return bench


def test_no_time_means_as_many_as_are_asked_for_in_one_go(many: Any) -> None:
    result = many.search("bees keep warm", rerank="r", limit=40)
    assert result.reranked == (40, 40)
    assert [len(some) for some in many.models.rerankers["r"].asked] == [40]


def test_as_many_as_the_measured_speed_allows_and_asking_again_goes_on(many: Any) -> None:
    reranker = many.models.rerankers["r"]
    reranker.before_answer = lambda: time.sleep(0.1)  # up to 8 passages in .1 s
    first = many.search("bees keep warm", rerank="r", rerank_seconds=0.25, limit=40)
    assert first.degraded == ("rerank-budget",)
    done, wanted = first.reranked
    assert 2 <= done < wanted == 40
    assert sum(hit.why.rerank is not None for hit in first.hits) == done
    asked = [text for some in reranker.asked for text in some]
    reads = [done]
    while reads[-1] < 40:
        reads.append(many.search("bees keep warm", rerank="r", rerank_seconds=0.25, limit=40).reranked[0])
        assert len(reads) < 20
    assert reads == sorted(reads)
    again = [text for some in reranker.asked for text in some]
    assert again[: len(asked)] == asked
    assert len(again) == len(set(again)) == 40  # nothing was read twice
    reranker.asked.clear()
    whole = many.search("bees keep warm", rerank="r", rerank_seconds=0.25, limit=40)
    assert (whole.degraded, whole.reranked, reranker.asked) == ((), (40, 40), [])


def test_a_slow_model_reads_few_at_once_so_that_the_next_question_need_not_wait(
    many: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    reranker, score = many.models.rerankers["r"], FakeReranker.score

    def slowly(self: FakeReranker, query: str, passages: Any) -> Any:
        time.sleep(0.03 * len(passages))
        return score(self, query, passages)

    monkeypatch.setattr(FakeReranker, "score", slowly)
    assert many.search("bees keep warm", rerank="r", rerank_seconds=60, limit=40).reranked == (40, 40)
    assert {len(some) for some in reranker.asked} <= {1, 2, 3}


def test_a_model_that_was_loading_is_not_slow_for_good(many: Any) -> None:
    reranker = many.models.rerankers["r"]
    reranker.before_answer = lambda: time.sleep(0.5)
    loading = many.search("bees keep warm", rerank="r", rerank_seconds=0.1, limit=40)
    assert (loading.degraded, loading.reranked) == (("rerank-budget",), (1, 40))
    reranker.before_answer = lambda: None
    assert many.search("bees keep warm", rerank="r", rerank_seconds=0.4, limit=40).reranked == (40, 40)


def test_what_was_not_read_stays_in_fused_order_below(many: Any) -> None:
    fused = [hit.path for hit in many.search("bees keep warm", rerank="off", limit=40).hits]
    many.models.rerankers["r"].before_answer = lambda: time.sleep(0.1)
    found = many.search("bees keep warm", rerank="r", rerank_seconds=0.05, limit=40)
    assert found.reranked == (1, 40)
    rest = [hit.path for hit in found.hits if hit.why.rerank is None]
    assert rest == [path for path in fused if path in rest]
    assert [hit.path for hit in found.hits[1:]] == rest
    scores = [hit.score for hit in found.hits]
    assert scores == sorted(scores, reverse=True)
    assert np.all((np.array(scores) >= 0) & (np.array(scores) <= 1))
