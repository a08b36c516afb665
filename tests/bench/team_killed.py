"""A team's library under stress: kills, and endless replacement with readers, over an engine of its own.

    python tests/bench/team_killed.py kills [--server 20] [--clients 20]
    python tests/bench/team_killed.py reads [--reads 1000] [--writers 2]

Writers are processes of their own that replace documents without pause; each passage says of which document and which
revision it is, and so does its vector. After each kill every document must be there, whole, of the revision that was
acknowledged last or of the one that was on its way, found by words and by vectors, and the library's check must find
nothing. A read looks a document up within one moment; it is wrong if it sees two revisions, by words a part of one, or
if what it found is gone when it is fetched. Exits 1 where anything is wrong.

The engine's package must be here, or its folder in DESKTOP_KB_ENGINE. `team_faults.py` tries what may be in the way.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import itertools
import multiprocessing
import random
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing.context import ForkProcess
from pathlib import Path

import numpy as np

from desktop_kb.errors import StorageProblem
from desktop_kb.kb.team import NoJobs
from desktop_kb.records import (
    Extracted,
    File,
    Fingerprint,
    Floats,
    Incoming,
    Key,
    Layout,
    Made,
    Moment,
    Passage,
    Question,
    Reader,
    Scope,
    StoredPassage,
)
from desktop_kb.remote import Engine, RemoteLibrary, Server, serving

DOCUMENTS = 12
DIMENSIONS = 32
FINGERPRINT = Fingerprint((Reader("bench", "1", DIMENSIONS),), 1, 1, 0)
ALL = Scope()
_FORK = multiprocessing.get_context("fork")


class Bench:
    """An engine in a folder; it is started again after it was killed."""

    def __init__(self, folder: Path, memory_mib: int = 1536) -> None:
        self.folder = folder
        self.memory_mib = memory_mib
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.start()

    def start(self) -> None:
        self.started, _ = serving.start(self.folder, self.port, memory_mib=self.memory_mib, public=True)

    def kill(self) -> None:
        """As by the system, without a word."""
        process = self.started.process()
        if process is not None:
            process.kill()
            process.wait(30)

    def open(self, user: str = "root", password: str = "", database: str = "bench") -> RemoteLibrary:
        server = Server("localhost", self.port, user, database, str(self.started.authority))
        return RemoteLibrary(Engine(server, password or self.started.password.read_text("ascii")), NoJobs())


def made(number: int, revision: int) -> Incoming:
    """A document: 3 to 12 passages that say which it is."""
    count = 3 + (7 * number + revision) % 10
    texts = [
        f"Document d{number}q has revision r{revision}q and here part p{part}q." for part in range(count)
    ]
    starts = [0, *itertools.accumulate(len(text) + 1 for text in texts)]
    passages = [
        Passage(
            start=start, end=start + len(text), page=None, last_page=None, heading=(), tokens=12, text=text,
            coverage=1.0, sentences=np.array([(start, start + len(text))], np.int32),
            sentence_vectors=vector_of(number, part)[None], vector=vector_of(number, part),
        )
        for part, (start, text) in enumerate(zip(starts, texts, strict=False))
    ]  # fmt: skip
    extracted = Extracted(" ".join(texts), f"title{number}", Layout())
    file = File(
        f"/bench/{number}.md", len(extracted.text), 1, "markdown", content_hash=f"{number}-{revision}"
    )
    text_hash = hashlib.sha256(extracted.text.encode()).hexdigest()
    return Incoming(file, extracted, text_hash, [Made(1, 1, passages)])


def vector_of(number: int, part: int) -> Floats:
    """A unit vector near the document's own, float32 (d,); parts are the same in every revision."""
    own = np.random.default_rng(number).standard_normal(DIMENSIONS)
    vector = (
        own / np.linalg.norm(own)
        + 0.1 * np.random.default_rng([number, part]).standard_normal(DIMENSIONS) / 6
    )
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def parts_of(number: int, revision: int) -> int:
    return len(made(number, revision).made[0].passages)


# --- a writer: a process that may be killed ---------------------------------------------------


def write(folder: Path, port: int, log: Path, seed: int, numbers: list[int]) -> None:
    """Replace documents until killed; says before and after which revision it is at."""
    started = serving.Folder(folder)
    server = Server("localhost", port, "root", "bench", str(started.authority))
    library = RemoteLibrary(Engine(server, started.password.read_text("ascii")), NoJobs())
    revisions = Revisions(log)
    chance = random.Random(seed)
    with log.open("a", encoding="ascii") as file:
        while True:
            number = chance.choice(numbers)
            revision = max(revisions.done.get(number, 0), *revisions.begun.get(number, {0})) + 1
            while True:
                print("begun", number, revision, file=file, flush=True)
                revisions.begun.setdefault(number, set()).add(revision)
                try:
                    library.index.put(made(number, revision))
                    break
                except StorageProblem as problem:
                    if problem.code not in ("engine-away", "engine-stuck", "engine-error"):
                        raise
                    print("away", problem, file=file, flush=True)
                    time.sleep(0.2)
            print("done", number, revision, file=file, flush=True)
            revisions.done[number] = revision


class Revisions:
    """What a writer's log says: the revision that was acknowledged last, and those that were begun after it."""

    def __init__(self, log: Path) -> None:
        self.done: dict[int, int] = {}
        self.begun: dict[int, set[int]] = {}
        for line in log.read_text("ascii").splitlines() if log.exists() else ():
            word, *numbers = line.split()
            if word == "begun" and len(numbers) == 2:
                self.begun.setdefault(int(numbers[0]), set()).add(int(numbers[1]))
            elif word == "done" and len(numbers) == 2:
                self.done[int(numbers[0])] = int(numbers[1])

    def allowed(self, number: int) -> set[int]:
        last = self.done.get(number, 0)
        return {last} | {one for one in self.begun.get(number, ()) if one > last}


@contextlib.contextmanager
def writers(bench: Bench, logs: list[Path], seed: int) -> Iterator[list[ForkProcess]]:
    """One for each log; each has documents of its own. They are forked, as each would read the dictionaries for longer
    than it writes."""
    sizes = {log: log.stat().st_size if log.exists() else 0 for log in logs}
    running = []
    for at, log in enumerate(logs):
        numbers = [*range(at, DOCUMENTS, len(logs))]
        running.append(_FORK.Process(target=write, args=(bench.folder, bench.port, log, seed + at, numbers)))
        running[-1].start()
    try:
        until = time.monotonic() + 60
        while not all(log.exists() and b"done" in log.read_bytes()[size:] for log, size in sizes.items()):
            assert time.monotonic() < until, "the writers do not begin"
            time.sleep(0.05)
        yield running
    finally:
        for process in running:
            process.kill()
            process.join()


# --- looking ---------------------------------------------------------------------------------


def check(library: RemoteLibrary, logs: list[Path]) -> list[str]:
    """What is wrong with the library as it stands now."""
    wrong = [f"{one.name}: {one.findings}" for one in library.check() if not one.ok]
    logged = [Revisions(log) for log in logs]
    for number in range(DOCUMENTS):
        allowed = set().union(*(one.allowed(number) for one in logged if number in one.begun))
        place = library.documents.place(f"/bench/{number}.md")
        if place is None:
            wrong += [f"{number}: lost"] if 0 not in allowed else []
            continue
        revision = int(place.content_hash.partition("-")[2])
        if allowed and revision not in allowed:
            wrong.append(f"{number}: is of revision {revision}, not of {sorted(allowed)}")
        expected = made(number, revision)
        if library.documents.text(place.document)[0] != expected.extracted.text:
            wrong.append(f"{number}: another text")
        for leg in ("words", "vectors"):
            wrong += [f"{number}: {one}" for one in look(library, number, leg, revision)]
    return wrong


def look(library: RemoteLibrary, number: int, leg: str, revision: int | None = None) -> list[str]:
    """What one read of a document sees that cannot be; with its revision where nobody writes."""
    by_words = leg == "words"
    question = Question(
        f"d{number}q" if by_words else "", {} if by_words else {1: vector_of(number, 0)}, by_words
    )
    wrong = []
    with library.index.moment() as moment:
        found = moment.retrieve(question, ALL, 40)
        if not by_words:  # what stands at the end of the index' list but not in the table
            wrong += ["found and gone"] if len(found.nearest[1]) < len(found.passages) else []
        own = {key: one for key, one in found.passages.items() if f"d{number}q" in one.text}
        seen = {one.text.split()[4] for one in own.values()}
        if len(seen) > 1:
            wrong.append(f"{leg}: revisions {sorted(seen)}")
        elif own:
            wrong += _whole(moment, number, int(next(iter(seen))[1:-1]), own, leg, quiet=revision is not None)
        elif revision is not None or by_words:
            wrong.append(f"{leg}: nothing")
        if revision is not None and seen != {f"r{revision}q"}:
            wrong.append(f"{leg}: {seen}, not r{revision}q")
    return wrong


def _whole(
    moment: Moment, number: int, revision: int, own: dict[Key, StoredPassage], leg: str, *, quiet: bool
) -> list[str]:
    wrong = []
    count = parts_of(number, revision)
    # The vector index may lack some of a document that is being replaced; it never has two revisions of one.
    if len(own) > count or (len(own) < count and (quiet or leg == "words")):
        wrong.append(f"{leg}: {len(own)} of {count} passages of r{revision}")
    for key in own:
        said = moment.slices([key])[0].text
        if f"d{number}q has revision r{revision}q" not in said:
            wrong.append(f"{leg}: found and gone: {said!r}")
    if len(moment.passages(own, [1])) != len(own):
        wrong.append(f"{leg}: passages are gone")
    return wrong


# --- the trials ------------------------------------------------------------------------------


def begin(bench: Bench) -> RemoteLibrary:
    library = bench.open()
    library.create()
    library.index.start_generation(FINGERPRINT)
    for number in range(DOCUMENTS):
        library.index.put(made(number, 0))
    return library


def kills(bench: Bench, scratch: Path, server: int, clients: int, seed: int) -> list[str]:
    """Kill the engine, then writers, at any moment."""
    chance, wrong = random.Random(seed), []
    logs = [scratch / f"{number}.log" for number in range(2)]
    begin(bench).close()
    for kind, count in (("server", server), ("client", clients)):
        for number in range(count):
            with writers(bench, logs, seed + number) as running:
                time.sleep(chance.uniform(0.2, 4))
                if kind == "server":
                    bench.kill()
                    began = time.monotonic()
                    bench.start()
                    back = time.monotonic() - began
                else:
                    running[0].kill()
                    back = 0.0
            with contextlib.closing(bench.open()) as library:
                found = until_back(lambda: check(library, logs))
            wrong += found
            done = sum(sum(Revisions(log).done.values()) for log in logs)
            print(
                f"{kind} kill {number + 1}: {done} replaced so far, back after {back:.1f} s",
                *found,
                flush=True,
            )
    return wrong


def until_back(look_again: Callable[[], list[str]], seconds: float = 30) -> list[str]:
    until = time.monotonic() + seconds
    while True:
        try:
            return look_again()
        except StorageProblem as problem:
            if (
                problem.code not in ("engine-away", "engine-stuck", "engine-error")
                or time.monotonic() > until
            ):
                raise
            time.sleep(0.2)


def reads(bench: Bench, scratch: Path, count: int, many: int, seed: int) -> list[str]:
    """Read while documents are replaced without pause."""
    chance, wrong, seen = random.Random(seed), [], Counter[str]()
    library, logs = begin(bench), [scratch / f"{number}.log" for number in range(many)]
    with writers(bench, logs, seed) as running:
        for number in range(count):
            leg = ("words", "vectors")[number % 2]
            found = look(library, chance.randrange(DOCUMENTS), leg)
            seen[leg] += 1
            wrong += found
            if found or number % 100 == 99:
                done = sum(sum(Revisions(log).done.values()) for log in logs)
                print(f"{number + 1} reads {dict(seen)}, {done} replaced meanwhile", *found, flush=True)
            if any(process.exitcode is not None for process in running):
                return [*wrong, "a writer ended"]
    return wrong + check(library, logs)


def main() -> int:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("trial", choices=("kills", "reads"))
    parser.add_argument("--server", type=int, default=20)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--reads", type=int, default=1000)
    parser.add_argument("--writers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        bench = Bench(scratch / "engine")
        try:
            if options.trial == "kills":
                wrong = kills(bench, scratch, options.server, options.clients, options.seed)
            else:
                wrong = reads(bench, scratch, options.reads, options.writers, options.seed)
        finally:
            serving.stop(bench.folder)
    print(*wrong or ["all well"], sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
