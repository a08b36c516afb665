"""Do one thing to a library and end at a given write to the disk, as if killed: for `test_killed`.

    python dying.py FOLDER WHAT WRITE

WRITE 0 never comes: all is done, and the number of writes that it took is printed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from fakes import FakeEmbedder
from full_disk import FullDisk
from workbench import Bench

from desktop_kb.settings import Settings


class DyingDisk(FullDisk):
    """The process is gone before the chosen write: no buffer is flushed, nothing is closed."""

    chosen = 0

    def write(self) -> None:
        super().write()
        if self.writes == self.chosen:
            os._exit(9)


def read_again(bench: Bench) -> None:
    (place,) = (
        place for document in bench.store.documents.find() for place in document.places if "whales" in place
    )
    Path(place).write_text("Whales sing below the ice. " * 9, encoding="utf-8")
    bench.run(place)


def remove_and_bring_back(bench: Bench) -> None:
    ids = [document.document for document in bench.store.documents.find()]
    bench.store.documents.remove(ids)
    for id in ids:
        bench.run(*bench.store.documents.restore(id), kind="read")


def repair(bench: Bench) -> None:
    bench.store.repair()
    bench.work_off()


#: What is done -> the model it is done with, and how; opening an old library upgrades it.
DEEDS: dict[str, tuple[str, Callable[[Bench], object]]] = {
    "upgrade": ("fake", Bench.work_off),
    "re-embed": ("other", Bench.work_off),
    "read again": ("fake", read_again),
    "remove": ("fake", remove_and_bring_back),
    "repair": ("fake", repair),
    "compact": ("fake", lambda bench: bench.store._database.compact()),
}


def main() -> None:
    folder, what, write = sys.argv[1:]
    model, do = DEEDS[what]
    disk = DyingDisk()
    disk.chosen = int(write)
    bench = Bench(Path(folder), FakeEmbedder(model), Settings())
    do(bench)
    bench.store.close()
    sys.stdout.write(str(disk.writes))


if __name__ == "__main__":
    main()
