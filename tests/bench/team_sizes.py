"""A team's library beside the same one of one's own: whether both find the same, and how long each takes.

    python tests/bench/team_sizes.py FOLDER NAME --seed SEED [--questions 20] [--engine DIR]

FOLDER is a library (`synthetic.py` makes large ones, and SEED), NAME a team's library that
`desktop-kb --library FOLDER team push NAME` filled from it, DIR the engine's folder if it is on this machine. Each
question is asked of both, one right after the other, once, so that nothing is known of its words; reranking is off.
What is printed for each kind of question and filter: how many of the ten best of FOLDER are among those of NAME, on
average and at the worst; milliseconds by the clock without encoding, median and p95; mean processor time, the engine's
too; the ratio of the medians and of the means; and the stages of both.
"""

from __future__ import annotations

import argparse
import contextlib
import pickle
import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from speed import quantile, queries
from synthetic import Seed

from desktop_kb import paths
from desktop_kb.inference import Models, find_embedder
from desktop_kb.kb.opened import open_store
from desktop_kb.records import SearchOptions
from desktop_kb.remote.serving import Folder
from desktop_kb.search import Searcher
from desktop_kb.settings import Settings

FILTERS = {"all": (), "1 %": ("tag:hundredth",), "4 %": ("tag:twentyfifth",)}
STAGES = ("parse", "exact", "words", "vectors", "passages", "fuse", "order", "fold", "hits")
MOST = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """What one library answered to the questions of a kind; `engine` is who works for it besides this process."""

    searcher: Searcher
    engine: psutil.Process | None = None
    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    stages: dict[str, list[float]] = field(default_factory=dict)

    def ask(self, question: str, options: SearchOptions) -> list[tuple[str, int]]:
        """The places of the ten best."""
        worked = self._worked()
        found = self.searcher.search(question, options)
        self.processor.append((self._worked() - worked) * 1e3)
        self.clock.append((found.seconds["total"] - found.seconds["encode"]) * 1e3)
        for stage in STAGES:
            self.stages.setdefault(stage, []).append(found.seconds.get(stage, 0.0) * 1e3)
        return [(hit.path, hit.start) for hit in found.hits]

    def _worked(self) -> float:
        spent = self.engine.cpu_times() if self.engine else None
        return time.process_time() + (spent.user + spent.system if spent else 0)

    def __str__(self) -> str:
        clock = f"{statistics.median(self.clock):.0f} ({quantile(self.clock, 0.95):.0f})"
        return f"{clock}, processor {statistics.mean(self.processor):.0f}"

    def in_stages(self) -> str:
        """The medians of its stages."""
        return ", ".join(f"{stage} {statistics.median(spent):.0f}" for stage, spent in self.stages.items())


def kinds(seed: Seed, count: int) -> Iterator[tuple[str, list[str]]]:
    """Two rare words, two common words, eight common words, and sentences' beginnings, in both languages."""
    chance = random.Random(2)
    for code, kind, asked in queries(seed, count):
        if kind == "rare":
            # Not the made-up words: `synthetic` stores them whole, what moves is cut anew, and they have parts.
            real = [question.split()[1] for question in asked]
            asked = [" ".join(pair) for pair in zip(real, [*real[1:], real[0]], strict=True)]
        yield f"{code} {kind}", asked
    for code, letters in (("en", 80), ("zh", 30)):
        yield f"{code} sentence", [one.text[:letters] for one in chance.sample(seed.sentences[code], count)]


def compare(own: Searcher, team: Searcher, seed: Seed, given: argparse.Namespace) -> None:
    """Print a line for each kind of question and filter."""
    engine = Folder(given.engine.absolute()).process() if given.engine else None
    for name, questions in kinds(seed, given.questions):
        if given.kinds and name not in given.kinds:
            continue
        for share, filters in FILTERS.items():
            options = SearchOptions(rerank="off", filters=filters, limit=MOST)
            sides, overlaps = (Asked(own), Asked(team, engine)), []
            for number, question in enumerate(questions):
                order = (0, 1) if number % 2 else (1, 0)
                found = {side: sides[side].ask(question, options) for side in order}
                if found[0]:
                    overlaps.append(len(set(found[0]) & set(found[1])) / len(found[0]))
                    if overlaps[-1] < given.show:
                        print(f"    {overlaps[-1]:.2f} {question!r}\n      {found[0]}\n      {found[1]}")
            clock = statistics.median(sides[1].clock) / statistics.median(sides[0].clock)
            processor = sum(sides[1].processor) / sum(sides[0].processor)
            print(
                f"{name:<16} {share:>4}: overlap {statistics.mean(overlaps or [1]):.3f} "
                f"(worst {min(overlaps, default=1):.2f}), ms {sides[0]} own, {sides[1]} team: {clock:.2f} x, "
                f"processor {processor:.2f} x\n"
                f"    own  {sides[0].in_stages()}\n    team {sides[1].in_stages()}",
                flush=True,
            )


def main() -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("name")
    parser.add_argument("--seed", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=20, help="of each kind")
    parser.add_argument("--engine", type=Path)
    parser.add_argument("--kinds", nargs="+", default=[])
    parser.add_argument("--show", type=float, default=0.0, help="questions of which less is found")
    given = parser.parse_args()
    seed: Seed = pickle.loads(given.seed.read_bytes())
    embedder = find_embedder()
    assert embedder is not None
    with contextlib.ExitStack() as held:
        held.callback(embedder.close)
        searchers = []
        for library in (paths.library(given.folder), paths.library(paths.TEAM + given.name)):
            store = held.enter_context(contextlib.closing(open_store(library, create=False)))
            searchers.append(Searcher(store, Models(Settings(), lambda **_options: embedder), Settings()))
        for searcher in searchers:
            searcher.search("ready", SearchOptions(rerank="off"))
        own, team = searchers
        compare(own, team, seed, given)


if __name__ == "__main__":
    main()
