"""What may be in the way of a team's library: prints each as the sentence that a person gets.

    python tests/bench/team_faults.py [--small FOLDER]

Wrong passwords, rights, schemas, an engine that is frozen, stopped or shows an expired certificate; with a full disk if
FOLDER is on a small one (`mount -t tmpfs -o size=3g none FOLDER`). Exits 1 where another sentence comes.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from team_killed import DOCUMENTS, Bench, begin, look, made, until_back

from desktop_kb.errors import Problem, StorageProblem
from desktop_kb.remote import certificates, people, schema, serving
from desktop_kb.sentences import say

#: What is left of the disk: more than the engine takes by itself in a minute.
_ROOM_MIB = 40


def faults(bench: Bench, small: Path | None) -> list[str]:
    """Everything that may be in the way, each as the sentence that a person gets."""
    library, wrong = begin(bench), []
    library.close()

    def case(name: str, code: str, do: Callable[[], object]) -> None:
        began = time.monotonic()
        try:
            do()
            said = got = "nothing"
        except Problem as problem:
            got, said = problem.code, say(problem)
        except Exception as error:
            got = said = f"{type(error).__name__}: {error}"
        if got != code:
            wrong.append(f"{name}: {got}, not {code}")
        print(f"{name} ({time.monotonic() - began:.1f} s): {said}", flush=True)

    def opened(**given: str) -> str:
        with contextlib.closing(bench.open(**given)) as one:
            return one.id

    def add(bench: Bench, **given: str) -> None:
        with contextlib.closing(bench.open(**given)) as one:
            one.index.put(made(1, 99))

    case("wrong password", "wrong-login", lambda: opened(password="wrong"))
    case("no such library", "no-library", lambda: opened(database="nothing"))
    with contextlib.closing(bench.open()) as owner:
        people.grant(owner.engine, "ada", "reader", "secret")
        case("a person nobody knows", "no-person", lambda: people.grant(owner.engine, "bo", "reader", None))
    case("a reader who writes", "not-allowed", lambda: add(bench, user="ada", password="secret"))
    case("a reader who reads", "nothing", lambda: opened(user="ada", password="secret"))
    for version, code in ((0, "older-team"), (99, "newer-library")):
        _set(bench, f"update library set version = {version}")
        case(f"schema {version}", code, opened)
    _set(bench, f"update library set version = {schema.VERSION}")
    process = bench.started.process()
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    with contextlib.closing(bench.open()) as one:
        case("frozen", "engine-away", lambda: one.id)
        case("frozen, asked again", "engine-away", lambda: one.id)
        os.kill(process.pid, signal.SIGCONT)
        until_back(lambda: [one.id])
    serving.stop(bench.folder)
    case("stopped", "engine-away", opened)
    certificates.make(bench.started.wallet, valid=timedelta(days=-1))
    serving._run(
        bench.started, _package(), bench.port, bench.memory_mib
    )  # `start` would wait until it is trusted
    wrong += until_back(lambda: _expired(case, opened))
    serving.stop(bench.folder)
    if small is not None:
        wrong += _full(case, small)
    return wrong


def _set(bench: Bench, statement: str) -> None:
    with contextlib.closing(bench.open()) as one, one.engine.writing() as session:
        session.run(statement)


def _package() -> Path:
    found = serving.package()
    assert found is not None
    return found


def _expired(case: Callable[[str, str, Callable[[], object]], None], opened: Callable[[], str]) -> list[str]:
    try:
        opened()
    except StorageProblem as problem:
        if problem.code != "certificate":
            raise
    case("certificate that has expired", "certificate", opened)
    return []


def _full(case: Callable[[str, str, Callable[[], object]], None], small: Path) -> list[str]:
    """Fill the engine's disk; what was there before is found when there is room and it was started again."""
    bench = Bench(small / "engine")
    library = begin(bench)
    ballast, numbers = small / "ballast", itertools.count(DOCUMENTS)

    def fill() -> None:
        while True:
            one = made(next(numbers), 0)
            long = replace(
                one.extracted, text=one.extracted.text + random.Random(0).randbytes(2_000_000).hex()
            )
            library.index.put(replace(one, extracted=long))

    try:
        with ballast.open("wb") as file:
            file.truncate()
            for _ in range(max(0, shutil.disk_usage(small).free // 2**20 - _ROOM_MIB)):
                file.write(bytes(2**20))
        case("a full disk", "engine-stuck", fill)
        case("a full disk, asked again", "engine-stuck", lambda: look(library, 3, "words", 0))
        ballast.unlink()  # seekdb 1.4.0 does not look again: it has to be started again
        serving.stop(bench.folder)
        bench.start()
        return [f"after a full disk: {one}" for one in until_back(lambda: look(library, 3, "words", 0))]
    finally:
        serving.stop(bench.folder)


def main() -> int:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--small", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder) / "engine")
        try:
            wrong = faults(bench, options.small)
        finally:
            serving.stop(bench.folder)
    print(*wrong or ["all well"], sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
