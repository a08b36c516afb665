"""What an open window takes while nobody does anything, and how long a question waits for the encoder.

    python tests/bench/idle.py LIBRARY [--seconds 30] [--texts DIR...]

The program's own window over LIBRARY, drawn offscreen: seconds of CPU of its process and its children
over that time, and their memory, after it has loaded the model and before the model's child is ended
as idle. Then questions by Python: new ones, the same again, and new ones while the texts in DIR are
indexed into another library.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from ingest import files

from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import SearchOptions

_SETTLING_S = 25.0
_OPTIONS = SearchOptions(rerank="off")


def idle(library: Path, seconds: float) -> None:
    """Print CPU and memory of the window's process and of each of its children."""
    command = [sys.executable, "-m", "desktop_kb", "--library", str(library), "gui"]
    window = subprocess.Popen(command, env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "DISPLAY": ":0"})
    try:
        time.sleep(_SETTLING_S)
        own = psutil.Process(window.pid)
        family = [own, *own.children(recursive=True)]
        before = [sum(one.cpu_times()[:2]) for one in family]
        time.sleep(seconds)
        for one, earlier in zip(family, before, strict=True):
            spent = sum(one.cpu_times()[:2]) - earlier
            name = "window" if one.pid == window.pid else one.cmdline()[-1]
            memory = one.memory_full_info()
            print(
                f"  {name:<8} {spent:.2f} s of CPU in {seconds:.0f} s, {memory.rss / 1e6:.0f} MB resident, "
                f"{memory.uss / 1e6:.0f} MB of its own",
                flush=True,
            )
    finally:
        window.terminate()
        window.wait()


def questions() -> Iterator[str]:
    """Questions without end, no two alike."""
    for number in itertools.count():
        yield f"What did the committee decide about harbour number {number}?"


def ask(kb: KnowledgeBase, asked: list[str]) -> tuple[float, float]:
    """Median and longest milliseconds of the encoder's part of these questions."""
    spent = [kb.search(question, _OPTIONS).seconds["encode"] * 1e3 for question in asked]
    return statistics.median(spent), max(spent)


def latency(scratch: Path, texts: list[Path], times: int) -> None:
    """Print how long questions wait for the encoder: new, repeated, and during indexing."""
    for name, count in (("first", 1), ("files", 100)):
        (scratch / name).mkdir()
        for number, text in enumerate(itertools.islice(files(texts, "en", 60_000), count)):
            (scratch / name / f"{number}.txt").write_text(text, encoding="utf-8")
    asked = questions()
    with KnowledgeBase(scratch / "library") as kb:
        kb.load_model()
        list(kb.follow(kb.add([scratch / "first"])))
        some = list(itertools.islice(asked, times))
        for name in ("new questions", "the same again"):
            print("  {}: {:.1f} ms (longest {:.1f})".format(name, *ask(kb, some)), flush=True)
        batch = kb.add([scratch / "files"])
        thread = threading.Thread(target=lambda: list(kb.follow(batch)))
        thread.start()
        time.sleep(5)
        spent: list[float] = []
        for question in itertools.islice(asked, times):
            spent.append(ask(kb, [question])[0])
            time.sleep(0.3)
        busy = kb.status().waiting
        print(
            f"  while files are indexed ({busy} still wait): {statistics.median(spent):.0f} ms "
            f"(longest {max(spent):.0f})",
            flush=True,
        )
        kb.cancel()
        thread.join()


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("--texts", type=Path, nargs="+", default=[])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--times", type=int, default=30, help="questions of each kind")
    options = parser.parse_args()
    idle(options.library, options.seconds)
    if options.texts:
        with tempfile.TemporaryDirectory() as scratch:
            latency(Path(scratch), options.texts, options.times)


if __name__ == "__main__":
    main()
