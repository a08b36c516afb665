"""Flip bits in a closed library, one anywhere each time, and count what is said and what comes back.

    python tests/bench/damage.py [--flips 100] [--notes 40] [--seed 1]

Prints a table: in which part of the file the bit lay, what the doctor found, whether `doctor --repair`
made everything right again, and whether a word of every note is found then. Exits 1 where a bit was
not found, something stayed wrong, or a note was lost.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

import apsw
from kill import write_files

from desktop_kb.errors import StorageProblem
from desktop_kb.kb import KnowledgeBase, rescue
from desktop_kb.records import SearchOptions


def owners(database: Path) -> dict[int, str]:
    """Which table each page belongs to; pages that none has are free or lists of free ones."""
    connection = apsw.Connection(f"file:{database}?immutable=1", flags=apsw.SQLITE_OPEN_READONLY | 0x40)
    rows = connection.execute("select pageno, name from dbstat").fetchall()
    connection.close()
    return dict(rows)


def part(name: str) -> str:
    """The kind of table: a generation's number and SQLite's own suffixes left out."""
    if re.match(r"words_|grams_", name):
        return "words (derived)"
    if re.match(r"vectors_|chunk_vectors", name):
        return "vectors (derived)"
    if name.startswith("chunks"):
        return "passages (derived)"
    return "texts" if name == "texts" else "everything else"


def found(library: Path) -> str:
    """The names of the checks that are not well."""
    try:
        with KnowledgeBase(library, create=False) as kb:
            wrong = [c.name for c in kb.doctor() if not c.ok]
    except StorageProblem as problem:
        return f"refused ({problem.code})"
    return f"found ({', '.join(wrong)})" if wrong else "NOT FOUND"


BY_WORDS = SearchOptions(mode="words")


def repaired(library: Path, notes: int) -> str:
    try:
        rescue(library)
        with KnowledgeBase(library, create=False) as kb:
            wrong = [c.name for c in kb.doctor(repair=True) if not c.ok]
            lost = [n for n in range(notes) if not kb.search(f'"zebra{n}"', BY_WORDS).hits]
    except StorageProblem as problem:
        return f"NOT repaired ({problem.code})"
    if wrong or lost:
        return f"NOT repaired ({', '.join(wrong)}; {len(lost)} notes lost)"
    return "all is back"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flips", type=int, default=100)
    parser.add_argument("--notes", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    outcomes: Counter[tuple[str, str, str]] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DESKTOP_KB_HOME"] = str(Path(folder) / "home")
        files, library, kept = (Path(folder) / name for name in ("files", "library", "kept"))
        files.mkdir()
        write_files(files, options.notes, 5, options.seed)
        for number, note in enumerate(sorted(files.glob("*.md"))):
            note.write_text(f"{note.read_text('utf-8')}\nHere zebra{number} rests.\n", encoding="utf-8")
        with KnowledgeBase(library) as kb:
            list(kb.follow(kb.add([files])))
        shutil.copytree(library, kept)
        owner = owners(library / "library.sqlite")
        for _ in range(options.flips):
            data = bytearray((library / "library.sqlite").read_bytes())
            at = chance.randrange(len(data))
            data[at] ^= 1 << chance.randrange(8)
            (library / "library.sqlite").write_bytes(data)
            name = "header" if at < 100 else part(owner.get(at // 4096 + 1, ""))
            outcomes[name, found(library), repaired(library, options.notes)] += 1
            shutil.rmtree(library)
            shutil.copytree(kept, library)
    print("| a bit in | the doctor | repair | times |\n|---|---|---|---|")
    for outcome, times in sorted(outcomes.items()):
        print(f"| {' | '.join(outcome)} | {times} |")
    return 1 if any("NOT" in word for outcome in outcomes for word in outcome) else 0


if __name__ == "__main__":
    sys.exit(main())
