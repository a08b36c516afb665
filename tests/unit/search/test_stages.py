"""The stages of a search: each has a row, its time and its say; a new one needs nothing else."""

from __future__ import annotations

import time
from typing import Any, cast

import pytest

from desktop_kb.inference import Models
from desktop_kb.records import Leg, Scope, SearchOptions
from desktop_kb.search import Searcher
from desktop_kb.search.context import SearchContext
from desktop_kb.search.fuse import LEGS
from desktop_kb.search.query import parse
from desktop_kb.search.stages import TIMED, Stage, at_moment, before_moment
from desktop_kb.settings import Settings


def _context() -> SearchContext:
    query = parse("bees", frozenset())
    return SearchContext(query, SearchOptions(), Scope())


def test_the_seconds_are_those_of_the_stages(bench: Any) -> None:
    bench.run(bench.file("a.md", "Bees dance in the hive."))
    models = cast(Models, bench.models)
    names = {stage.name for stage in (*before_moment(bench.store, models), *at_moment(models, Settings()))}
    seconds = dict(bench.search("bees dance").seconds)
    assert set(seconds) == {*names, *TIMED, "total"}
    total = seconds.pop("total")
    assert 0 < sum(seconds.values()) - seconds["words"] - seconds["vectors"] <= total


def test_time_within_a_stage_is_counted_once() -> None:
    context = _context()
    with context.timed("fuse"):
        with context.timed("words"):
            time.sleep(0.05)
        context.add_seconds("vectors", 100.0)  # in parallel, on another core
    assert context.seconds["words"] >= 0.05
    assert context.seconds["fuse"] < 0.05


def test_every_leg_scores_the_candidates() -> None:
    assert list(LEGS) == list(Leg)


def test_a_stage_that_is_added_changes_what_comes_out(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.run(*(bench.file(f"{name}.md", f"Bees {name} in the hive.") for name in ("dance", "sleep")))
    plain = bench.search("bees dance", rerank="off").hits

    def reverse(context: SearchContext) -> None:
        context.candidates.reverse()

    def more(models: Models, settings: Settings) -> tuple[Stage, ...]:
        stages = at_moment(models, settings)
        at = [stage.name for stage in stages].index("order") + 1
        return (*stages[:at], Stage("reverse", reverse), *stages[at:])

    monkeypatch.setattr("desktop_kb.search.at_moment", more)
    found = Searcher(bench.store, bench.models, Settings()).search("bees dance", SearchOptions(rerank="off"))
    assert [hit.path for hit in found.hits] == [hit.path for hit in reversed(plain)]
    assert found.seconds["reverse"] >= 0
