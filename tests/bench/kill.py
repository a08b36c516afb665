"""Kill the whole program at random moments of an `add` and look at what is left.

    python tests/bench/kill.py [--kills 20] [--notes 200] [--pages 300] [--seed 1] [--again]

After each kill no child may be left and `doctor` must find nothing; in the end every file must
be indexed. `add --verbose` logs how many windows it encodes, stages and stores: what was encoded
and neither staged nor stored when the kill came is lost, and may be no older than the staging
interval. With `--again` everything is found before the first kill, and they fall into the reading by
the second model. Exits 1 where any of this does not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import psutil
from reportlab.pdfgen.canvas import Canvas

from desktop_kb.ingest.encode import STAGING_SECONDS

_WHO = [
    "The surveyor",
    "A young baker",
    "The harbour master",
    "Our neighbour",
    "The clock maker",
    "A travelling nurse",
]
_DOES = [
    "repaired",
    "measured",
    "forgot",
    "described",
    "painted",
    "sold",
    "borrowed",
    "weighed",
    "photographed",
    "buried",
]
_WHAT = [
    "the copper kettle",
    "a map of the valley",
    "seven barrels of cider",
    "the old railway bridge",
    "a blind horse",
]
_WHEN = [
    "before the frost came",
    "during the spring flood",
    "without telling anyone",
    "for a small fee",
    "at dawn",
]
#: So long a child may outlive the program: it ends as its input does, but cannot see that while it imports torch.
_CHILDREN_S = 15.0
_LINE = re.compile(r"^(\S+ \S+) \w+ \d+ \S+ desktop_kb\.ingest\.\w+: (.+)$")


def sentence(chance: random.Random) -> str:
    """One sentence; the number makes almost every one different."""
    parts = (chance.choice(words) for words in (_WHO, _DOES, _WHAT, _WHEN))
    return f"{' '.join(parts)} in the year {chance.randrange(1500, 2030)}."


def write_files(folder: Path, notes: int, pages: int, seed: int) -> int:
    """Notes and one long PDF in the midst of them; returns how many files."""
    chance = random.Random(seed)
    for number in range(notes):
        text = "\n\n".join(" ".join(sentence(chance) for _ in range(6)) for _ in range(3))
        (folder / f"{number:03}.md").write_text(f"# Note {number}\n\n{text}\n", encoding="utf-8")
    canvas = Canvas(str(folder / f"{notes // 2:03}-book.pdf"), invariant=1)
    for _ in range(pages):
        for line in range(30):
            canvas.drawString(60, 780 - 24 * line, sentence(chance))
        canvas.showPage()
    canvas.save()
    return notes + 1


@dataclass
class Encoded:
    """What the log of one run says: windows by text, and what was neither staged nor stored when it ended:
    windows, and seconds in which they were encoded."""

    needed: dict[str, int] = field(default_factory=dict)
    encoded: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    lost_seconds: float = 0.0


@dataclass
class _Unsafe:
    """A text's windows that are in memory only, and when they were encoded."""

    since: float
    until: float
    windows: int = 0


def read_log(text: str) -> Encoded:
    """Count windows; those of a text are safe once they are staged or the text is stored."""
    found = Encoded()
    unsafe: dict[str, _Unsafe] = {}
    for match in filter(None, map(_LINE.match, text.splitlines())):
        at = datetime.strptime(match[1], "%Y-%m-%d %H:%M:%S,%f").timestamp()  # noqa: DTZ007 - one clock
        words = match[2].split()
        if words[0] == "encoding":
            name = words[1].rstrip(":")
            found.needed[name] = int(words[2])
            unsafe[name] = _Unsafe(at, at)
        elif words[0] == "encoded" and words[1].isdecimal():
            name, windows = words[4], int(words[1])
            found.encoded[name] += windows
            own = unsafe.setdefault(name, _Unsafe(at, at))
            own.windows, own.until = own.windows + windows, at
        elif words[0] == "staged":
            unsafe[words[4]] = _Unsafe(at, at)
        elif words[0] == "stored":
            unsafe.pop(words[1].rstrip(":"), None)
    found.lost = sum(own.windows for own in unsafe.values())
    found.lost_seconds = _length([(own.since, own.until) for own in unsafe.values() if own.windows])
    return found


def _length(spans: Sequence[tuple[float, float]]) -> float:
    """How long these spans of time are together: texts are encoded side by side."""
    length, reached = 0.0, 0.0
    for since, until in sorted(spans):
        length += max(0.0, until - max(since, reached))
        reached = max(reached, until)
    return length


def alive(process: psutil.Process) -> bool:
    """It runs; a dead one that nobody has waited for does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Trial:
    """One library over one folder of files, indexed by programs that are killed."""

    def __init__(self, scratch: Path, notes: int, pages: int, seed: int) -> None:
        self.files = scratch / "files"
        self.files.mkdir(parents=True)
        self.count = write_files(self.files, notes, pages, seed)
        self.library = scratch / "library"
        self.log = scratch / "log"
        self.needed: dict[str, int] = {}
        self.encoded: Counter[str] = Counter()
        self.problems: list[str] = []

    def add(self, kill_after: float | None, wait: str = "all") -> bool:
        """Run `add`, killed after so many seconds; False if it was done before."""
        with self.log.open("w", encoding="utf-8") as log:
            process = psutil.Popen(
                self._command("--verbose", "add", str(self.files), "--wait", wait, "--json"),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
            try:
                output, _ = process.communicate(timeout=kill_after)
            except subprocess.TimeoutExpired:
                children = process.children(recursive=True)
                process.kill()
                process.communicate()
                self._after_kill(children)
                return True
        self._count(read_log(self.log.read_text(encoding="utf-8")))
        reports = [json.loads(line) for line in output.splitlines()]
        bad = [report for report in reports if report["status"] not in ("indexed", "unchanged")]
        if process.returncode or bad or len(reports) != self.count:
            self.problems.append(f"add: exit {process.returncode}, {len(reports)} reports, bad: {bad[:3]}")
        return False

    def _after_kill(self, children: list[psutil.Process]) -> None:
        killed = time.monotonic()
        while any(map(alive, children)) and time.monotonic() < killed + _CHILDREN_S:
            time.sleep(0.05)
        lived = time.monotonic() - killed
        self.problems += [f"orphan {child.pid}" for child in children if alive(child)]
        found = read_log(self.log.read_text(encoding="utf-8"))
        self._count(found)
        # One more call to the encoder may have been under way; its seconds are not in the log.
        if found.lost_seconds > STAGING_SECONDS + 3:
            self.problems.append(f"{found.lost_seconds:.1f} s of encoding lost")
        self.check()
        print(
            f"killed with {len(children)} children, which lived {lived:.1f} s: "
            f"lost {found.lost} windows, {found.lost_seconds:.1f} s",
            flush=True,
        )

    def check(self) -> None:
        """The doctor finds nothing. A program that was killed early has made no library yet."""
        if not (self.library / "library.sqlite").exists():
            return
        doctor = subprocess.run(self._command("doctor", "--json"), capture_output=True, text=True)
        if doctor.returncode:
            self.problems.append(f"doctor: {doctor.stdout} {doctor.stderr}")

    def read_by_all(self) -> None:
        """Every model has read every document."""
        status = subprocess.run(self._command("status", "--json"), capture_output=True, text=True)
        readers = json.loads(status.stdout)["readers"]
        if not readers or any((one["done"], one["of"]) != (self.count, self.count) for one in readers):
            self.problems.append(f"not read by all: {readers}")

    def _count(self, found: Encoded) -> None:
        self.needed |= found.needed
        self.encoded += found.encoded

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-P", "-m", "desktop_kb", "--library", str(self.library), *arguments]


def main() -> int:
    """Trials with new files until there were enough kills."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--notes", type=int, default=200)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--longest", type=float, default=24.0, help="seconds to the latest kill")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", action="store_true", help="kills fall into the second reading")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    kills, bad = 0, False
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DESKTOP_KB_HOME"] = str(Path(folder) / "home")  # not the person's log and settings
        for number in range(options.kills):
            trial = Trial(Path(folder) / str(number), options.notes, options.pages, options.seed + number)
            before = kills
            if options.again:
                trial.add(None, wait="first")
            while kills < options.kills and trial.add(chance.uniform(0.2, options.longest)):
                kills += 1
            trial.add(None)
            trial.check()
            trial.read_by_all()
            needed, encoded = sum(trial.needed.values()), trial.encoded.total()
            print(f"library {number}: {kills - before} kills, {encoded} windows encoded, {needed} needed")
            print(*trial.problems, sep="\n", flush=True)
            bad = bad or bool(trial.problems)
            if kills >= options.kills:
                break
    print(f"{kills} kills, {'NOT ' if bad else ''}all well")
    return 1 if bad or kills < options.kills else 0


if __name__ == "__main__":
    sys.exit(main())
