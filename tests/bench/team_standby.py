"""A standby takes over: the first engine is killed while documents are replaced, and the work goes on at the second.

    python tests/bench/team_standby.py [--times 3]

Both engines are started as `team start` starts them, with TLS and a password. After each kill the standby is promoted,
and every document must be there, whole, found by words and by vectors; what was acknowledged and is missing is counted,
as the log is sent behind the write. Then it is written to, stopped, and started again. Exits 1 where anything is wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import shutil
import socket
import sys
import tempfile
import time
from pathlib import Path

from team_killed import DOCUMENTS, Bench, Revisions, begin, look, made, until_back, writers

from desktop_kb.errors import StorageProblem
from desktop_kb.remote import RemoteLibrary, serving


class Followed(Bench):
    """An engine whose log others may read; `follow` makes the engine that does."""

    def __init__(self, folder: Path, source: str = "") -> None:
        self.standby = serving.Standby(free_port(), source)
        super().__init__(folder)

    def start(self) -> None:
        self.started, self.port = serving.start(
            self.folder, self.port, memory_mib=self.memory_mib, public=True, standby=self.standby
        )

    def follow(self, folder: Path) -> Followed:
        folder.mkdir()
        shutil.copytree(self.started.wallet, folder / "wallet")
        shutil.copy(self.started.password, folder / "password")
        return Followed(folder, f"127.0.0.1:{self.standby.port}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def once(scratch: Path, seed: int) -> list[str]:
    """One kill of the first engine."""
    first = Followed(scratch / "first")
    library, log = begin(first), scratch / "writer.log"
    second = first.follow(scratch / "second")
    try:
        library.index.put(made(3, 1))
        began = time.monotonic()
        with contextlib.closing(second.open()) as there:
            until_back(lambda: seen(there, 3, 1), 120)
            behind = time.monotonic() - began
            wrong = refused(there)
        with writers(first, [log], seed):
            time.sleep(random.Random(seed).uniform(1, 4))
            first.kill()
            began = time.monotonic()
        serving.promote(second.folder)
        with contextlib.closing(second.open()) as there:
            until_back(lambda: written(there), 120)
            back = time.monotonic() - began
            lost, found = compared(there, Revisions(log))
            wrong += found
            wrong += [f"{one.name}: {one.findings}" for one in there.check() if not one.ok]
        serving.stop(second.folder)
        second.standby = serving.Standby(second.standby.port)
        second.start()
        with contextlib.closing(second.open()) as there:
            wrong += until_back(lambda: written(there), 120)
        done = sum(Revisions(log).done.values())
        print(
            f"behind by {behind:.1f} s; {done} replaced when it was killed; the second one wrote after {back:.1f} s, "
            f"{lost} of the last revisions of {DOCUMENTS} documents missing",
            *wrong,
            flush=True,
        )
        return wrong
    finally:
        library.close()
        serving.stop(first.folder)
        serving.stop(second.folder)


def seen(library: RemoteLibrary, number: int, revision: int) -> list[str]:
    """Raises until it is."""
    if wrong := look(library, number, "words", revision):
        raise StorageProblem("engine-away", name="standby")
    return wrong


def refused(library: RemoteLibrary) -> list[str]:
    try:
        library.index.put(made(0, 1))
    except StorageProblem as problem:
        return [] if problem.code == "not-allowed" else [f"written to while it follows: {problem.code}"]
    return ["written to while it follows"]


def written(library: RemoteLibrary) -> list[str]:
    library.index.put(made(DOCUMENTS, 0))
    return look(library, DOCUMENTS, "words", 0)


def compared(library: RemoteLibrary, log: Revisions) -> tuple[int, list[str]]:
    """How many documents are of an earlier revision than was acknowledged, and what is wrong with any."""
    lost, wrong = 0, []
    for number in range(DOCUMENTS):
        place = library.documents.place(f"/bench/{number}.md")
        if place is None:
            wrong.append(f"{number}: lost")
            continue
        revision = int(place.content_hash.partition("-")[2])
        lost += revision < log.done.get(number, 0)
        for leg in ("words", "vectors"):
            wrong += look(library, number, leg, revision)
    return lost, wrong


def main() -> int:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    wrong = []
    for seed in range(options.seed, options.seed + options.times):
        with tempfile.TemporaryDirectory() as folder:
            wrong += once(Path(folder), seed)
    print(*wrong or ["all well"], sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
