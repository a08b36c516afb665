"""Change the embedder of a library, kill the program again and again meanwhile, and search all along.

    python tests/bench/switch.py [--passages 2000] [--kills 5] [--seed 1]

Indexes notes with the embedded model, then has a terminal read them anew for another one (tiny, random,
made here) and kills it at random moments. Another process, this one, searches without a pause. No search
may fail or lose its vectors, nothing may be damaged, and in the end every passage and every vector must be
what a fresh library has. Exits 1 where any of this does not hold.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import apsw
import numpy as np
from kill import sentence

from desktop_kb.choice import import_model
from desktop_kb.kb import KnowledgeBase
from desktop_kb.worker import command

ROOT = Path(__file__).resolve().parent.parent.parent
MODEL = "bge-m3"  # by its layout: [CLS] pooling, so that both passes are at work
_QUESTIONS = ("who repaired the railway bridge", "seven barrels of cider", "a blind horse at dawn")


def write_notes(folder: Path, passages: int, seed: int) -> None:
    """Notes that are cut into about so many passages, ten each."""
    chance = random.Random(seed)
    for number in range(passages // 10):
        parts = (" ".join(sentence(chance) for _ in range(5)) for _ in range(10))
        sections = (f"## Part {part}\n\n{text}" for part, text in enumerate(parts))
        body = "\n\n".join(sections)
        (folder / f"{number:04}.md").write_text(f"# Note {number}\n\n{body}\n", encoding="utf-8")


def terminal(library: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*command(), "--library", str(library), *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def stored(library: Path) -> dict[tuple[str, int, int], np.ndarray]:
    """The vector of every passage that serves, by its note and its place."""
    connection = apsw.Connection(str(library / "library.sqlite"), flags=apsw.SQLITE_OPEN_READONLY)
    rows = connection.execute(
        'select path, start, "end", vector from chunks join generations on generations.id = generation '
        "and state = 'active' join chunk_vectors on chunk_id = chunks.id join places using (document_id)"
    )
    found = {
        (os.fsdecode(path).rpartition("/")[2], start, end): np.frombuffer(vector or b"", "<f2")
        for path, start, end, vector in rows
    }
    connection.close()
    return found


def built(library: Path) -> int:
    """Documents that the generation being built holds."""
    connection = apsw.Connection(str(library / "library.sqlite"), flags=apsw.SQLITE_OPEN_READONLY)
    count = connection.execute(
        "select count(*) from indexed join generations on id = generation and state = 'building'"
    ).get
    connection.close()
    return int(count)


class Asking(threading.Thread):
    """Searches until it is told to end; counts what was left out, and the slowest."""

    def __init__(self, library: Path) -> None:
        super().__init__()
        self._kb = KnowledgeBase(library)
        self.ended = threading.Event()
        self.answers: Counter[str] = Counter()
        self.seconds: list[float] = []
        self.failure = ""

    def run(self) -> None:
        with self._kb:
            while not self.ended.is_set():
                for question in _QUESTIONS:
                    try:
                        result = self._kb.search(question)
                    except Exception as error:  # whatever it is, it is what is looked for here
                        self.failure = f"{type(error).__name__}: {error}"
                        return
                    if not result.hits or result.hits[0].why.meaning is None:
                        self.failure = f"no vectors: {result.degraded}"
                        return
                    self.answers[" ".join(result.degraded) or "whole"] += 1
                    self.seconds.append(result.seconds["total"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return run(Path(folder), options.passages, options.kills, options.seed)


def run(folder: Path, passages: int, kills: int, seed: int) -> int:
    os.environ["DESKTOP_KB_HOME"] = str(folder / "home")
    os.environ.setdefault("PYTHONPATH", str(ROOT))
    (folder / "notes").mkdir()
    write_notes(folder / "notes", passages, seed)
    tiny = ROOT / "tests" / "unit" / "inference" / "tiny.py"
    subprocess.run([sys.executable, str(tiny), str(folder / "tiny")], check=True, capture_output=True)
    import_model(folder / "tiny" / MODEL)
    library = folder / "library"
    assert terminal(library, "add", str(folder / "notes")).wait() == 0
    print(f"{len(stored(library))} passages by the embedded model")
    asking = Asking(library)
    asking.start()
    began = time.perf_counter()
    chance = random.Random(seed)
    for number in range(kills):
        process = terminal(library, "models", "use", MODEL)
        # At a moment of its own within each part of the work.
        wanted_share = (number + chance.random()) / (kills + 1)
        while process.poll() is None and built(library) < wanted_share * passages / 10:
            time.sleep(0.02)
        time.sleep(chance.uniform(0, 0.3))
        process.kill()
        process.wait()
        print(f"kill {number + 1}: {built(library)} documents read anew")
    assert terminal(library, "models", "use", MODEL).wait() == 0
    seconds = time.perf_counter() - began
    time.sleep(10)  # the searches go on with the other model
    asking.ended.set()
    asking.join()
    assert terminal(library, "status").wait() == 0
    sound = terminal(library, "doctor").wait() == 0
    fresh = folder / "fresh"
    assert terminal(fresh, "add", str(tiny)).wait() in (0, 1)  # makes the library; it reads no such file
    assert terminal(fresh, "models", "use", MODEL).wait() == 0
    assert terminal(fresh, "add", str(folder / "notes")).wait() == 0
    changed, wanted = stored(library), stored(fresh)
    same = changed.keys() == wanted.keys()
    apart = (
        max((float(np.abs(changed[k] - wanted[k]).max(initial=0)) for k in changed), default=0)
        if same
        else 1.0
    )
    print(
        f"{kills} kills in {seconds:.0f} s; searches {dict(asking.answers)}, the slowest {max(asking.seconds):.2f} s"
    )
    print(
        f"{len(changed)} passages, the same as in a fresh library: {same}; vectors apart at most {apart:.5f}"
    )
    for problem in (asking.failure, "" if sound else "doctor finds damage"):
        if problem:
            print(problem)
    return 0 if same and apart < 2e-3 and sound and not asking.failure else 1


if __name__ == "__main__":
    sys.exit(main())
