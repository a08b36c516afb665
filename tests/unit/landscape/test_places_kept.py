"""Neighbours and places are kept up with the library."""

from __future__ import annotations

from typing import Any

import numpy as np
from fakes import FakeEmbedder

from desktop_kb.landscape.keeping import Keeper

SUBJECTS = (
    "hive honey queen swarm nectar pollen wax drone comb forage",
    "rail track station signal carriage engine timetable platform junction driver",
    "carrot onion broth ladle simmer pepper thyme bowl stock celery",
    "sail mast rudder tide anchor harbour deck keel wind chart",
    "judge court appeal verdict jury oath witness plea clerk bench",
)


def laid_out(bench: Any) -> dict[tuple[str, int], np.ndarray]:
    """The place of each passage, by its document and its start."""
    keeper = Keeper(bench.store, bench.models)
    while keeper.step(lambda: False):
        pass
    ground = bench.store.landscape.ground()
    return {
        (ground.documents[owner], start): place
        for owner, start, place in zip(ground.owner, ground.starts.tolist(), ground.places, strict=True)
    }


def test_with_other_models_passages_lie_where_they_lay(open_bench: Any) -> None:
    bench = open_bench(FakeEmbedder("old"))
    random = np.random.default_rng(5)
    texts = [f"{' '.join(random.choice(words.split(), 14))}." for words in SUBJECTS * 12]
    bench.run(*(bench.file(f"{number}.txt", text) for number, text in enumerate(texts)))
    before = laid_out(bench)
    bench.models.embedder, bench.models.others = FakeEmbedder("new"), (bench.models.embedder,)
    bench.ingest.start()
    bench.work_off()
    after = laid_out(bench)
    assert bench.store.index.generation().reader.model == "new"
    assert before.keys() == after.keys()
    old, new = (np.array([places[key] for key in before]) for places in (before, after))
    moved = np.linalg.norm(new - old, axis=1)
    assert moved.max() > 0, "it is laid out again"
    assert np.median(moved) < 0.25 * np.ptp(old, axis=0).max()
