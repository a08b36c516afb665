"""Many notes and one very long PDF in one add: what the main process takes, whether questions are
answered meanwhile, and how soon it pauses.

    python tests/bench/load.py [--notes 20000] [--pages 5000] [--seconds 540] [--one-layer]

`--one-layer` leaves the embedded model its first layer only: most of the time is the encoder's, which
is not what is measured here, and every vector is as long as before.

Prints the memory of this process (children apart) every few seconds, the slowest search, and the
time from `pause` to rest. Ends when all is indexed or the seconds are over; exits 1 where memory
grew by more than 150 MiB over the second half, a search failed, or a pause took more than 2 s.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
from kill import write_files
from safetensors.numpy import load_file, save_file

from desktop_kb.choice import import_model
from desktop_kb.inference import catalogue
from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import ProgressMade

#: A file that is still being read when a pause comes is read again: not more often than it takes.
_PAUSE_EVERY_S = 45


def main() -> int:
    """One library, filled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notes", type=int, default=20_000)
    parser.add_argument("--pages", type=int, default=5_000)
    parser.add_argument("--seconds", type=float, default=540)
    parser.add_argument("--one-layer", action="store_true")
    options = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DESKTOP_KB_HOME"] = str(Path(folder) / "home")  # not the person's log and settings
        files = Path(folder) / "files"
        files.mkdir()
        began = time.monotonic()
        count = write_files(files, options.notes, options.pages, 1)
        book = next(files.glob("*-book.pdf"))
        book.rename(files / "000-a-book.pdf")  # among the first, so that it is under way for long
        print(f"{count} files written in {time.monotonic() - began:.0f} s", flush=True)
        with KnowledgeBase(Path(folder) / "library") as kb:
            if options.one_layer:
                kb.models.use(import_model(_one_layer(Path(folder) / "one-layer")))
            failed = _fill(kb, files, options.seconds)
    return 1 if failed else 0


def _one_layer(folder: Path) -> Path:
    """The embedded model without the layers above its first."""
    source = catalogue.find(catalogue.ENGLISH)
    assert source is not None
    shutil.copytree(source, folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["num_hidden_layers"] = 1
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    weights = load_file(folder / "model.safetensors")
    kept = {name: w for name, w in weights.items() if not re.search(r"layer\.[1-9]", name)}
    save_file(kept, folder / "model.safetensors", {"format": "pt"})
    return folder


def _fill(kb: KnowledgeBase, files: Path, seconds: float) -> bool:
    moved = threading.Event()
    kb.subscribe(lambda event: moved.set() if isinstance(event, ProgressMade) else None)
    began = time.monotonic()
    kb.add([files])
    print(f"queued in {time.monotonic() - began:.1f} s", flush=True)
    kb.start_indexing()
    own = psutil.Process()
    memory: list[float] = []
    searches: list[float] = []
    pauses: list[float] = []
    began, said = time.monotonic(), 0.0
    while (status := kb.status()).waiting and time.monotonic() - began < seconds:
        at = time.monotonic()
        kb.search("the harbour master weighed seven barrels of cider")
        searches.append(time.monotonic() - at)
        memory.append(own.memory_info().rss / 2**20)
        if time.monotonic() - said > _PAUSE_EVERY_S:
            said = time.monotonic()
            line = f"{said - began:5.0f} s  {memory[-1]:6.0f} MiB  {status.documents} documents"
            print(
                f"{line}, {status.chunks} passages, {status.waiting} waiting, search {searches[-1]:.2f} s",
                flush=True,
            )
            pauses.append(_pause(kb, moved))
        time.sleep(1)
    half = len(memory) // 2
    growth = max(memory[half:]) - max(memory[:half]) if half else 0.0
    print(
        f"memory {memory[0]:.0f} -> {memory[-1]:.0f} MiB, most {max(memory):.0f}; second half grew by {growth:.0f}"
    )
    print(
        f"{len(searches)} searches: median {statistics.median(searches):.2f} s, slowest {max(searches):.2f} s"
    )
    print(f"pauses: {', '.join(f'{pause:.2f}' for pause in pauses)} s")
    return growth > 150 or any(pause > 2 for pause in pauses)


def _pause(kb: KnowledgeBase, moved: threading.Event) -> float:
    """Seconds until nothing moves any more."""
    at = last = time.monotonic()
    kb.pause()
    moved.clear()
    while time.monotonic() - last < 1.5 and time.monotonic() - at < 60:
        if moved.wait(0.05):
            moved.clear()
            last = time.monotonic()
    kb.resume()
    return last - at


if __name__ == "__main__":
    sys.exit(main())
