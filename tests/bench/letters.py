"""How long the last letter of a question waits for its answer, while those before it are being answered.

    python tests/bench/letters.py FOLDER [--size 200000] [--kind chats] [--both] [--pace 0.06]

FOLDER is that of `speed.py`. Half of the questions are asked at once, the others typed letter by letter, as the window
asks them: the first answer without reranking, the second with. Milliseconds from the last key to the first answer; a
letter that waits for nothing takes as long as a question asked at once.
"""

from __future__ import annotations

import argparse
import os
import statistics
import threading
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, Qt
from speed import quantile, queries
from synthetic import KINDS, library, make_seed

from desktop_kb.gui.asker import Asker
from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import SearchOptions

_WAIT_S = 60.0


class Typist:
    """Asks, and notes when each number was answered first."""

    def __init__(self, kb: KnowledgeBase, pace: float) -> None:
        self._asker = Asker(kb)
        self._pace = pace
        self._seconds = kb.settings.rerank_milliseconds / 1000
        self._answered = threading.Condition()
        self._when: dict[int, float] = {}
        self._asker.searched.connect(self._note, Qt.ConnectionType.DirectConnection)

    def _note(self, number: int, _result: object, final: bool) -> None:
        with self._answered:
            self._when.setdefault(2 * number + final, time.perf_counter())
            self._answered.notify_all()

    def _ask(self, text: str) -> int:
        return self._asker.search(text, SearchOptions(limit=50, rerank_seconds=self._seconds, typing=True))

    def last(self, text: str, typed: bool) -> tuple[float, float]:
        """Milliseconds from the last key to the first answer and to the final one."""
        for end in range(max(1, len(text) - 8), len(text)) if typed else ():
            self._ask(text[:end])
            time.sleep(self._pace)
        began, number = time.perf_counter(), self._ask(text)
        with self._answered:
            if not self._answered.wait_for(lambda: 2 * number + 1 in self._when, _WAIT_S):
                raise SystemExit(f"no answer to {text}")
            first, final = self._when[2 * number], self._when[2 * number + 1]
        return (first - began) * 1e3, (final - began) * 1e3

    def close(self) -> None:
        self._asker.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=200_000)
    parser.add_argument("--kind", choices=[*KINDS], default="texts")
    parser.add_argument("--both", action="store_true")
    parser.add_argument("--pace", type=float, default=0.06, help="seconds between two letters")
    parser.add_argument("--queries", type=int, default=12, help="of each kind and way")
    parser.add_argument("--only", default="", help="one kind of query, as 'en common'")
    options = parser.parse_args()
    app = QCoreApplication([])
    name = "seed" if options.kind == "texts" else f"seed-{options.kind}"
    seed = make_seed([], options.folder / f"{name}.pickle", options.kind)
    kb = KnowledgeBase(library(options.folder, seed, options.size, both=options.both, kind=options.kind))
    kb.pause()
    kb.load_model()
    typist = Typist(kb, options.pace)
    for code, kind, asked in queries(seed, 2 * options.queries + 4):
        if options.only not in ("", f"{code} {kind}"):
            continue
        for text in asked[2 * options.queries :]:
            typist.last(text, typed=False)
        for name, some, typed in (("at once", asked[::2], False), ("typed", asked[1::2], True)):
            found = [typist.last(text, typed) for text in some[: options.queries]]
            firsts, finals = zip(*found, strict=True)
            first, final = (
                f"{statistics.median(some):.0f} ms (p95 {quantile(some, 0.95):.0f})"
                for some in (firsts, finals)
            )
            print(f"{code} {kind:<13}{name:<8} first {first}, final {final}", flush=True)
    typist.close()
    kb.close()
    app.quit()


if __name__ == "__main__":
    main()
