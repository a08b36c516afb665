"""A scan whose pages are being recognized: kill the program at random moments, and ask questions meanwhile.

    python tests/bench/scans_killed.py [--pages 40] [--kills 10] [--questions 40] [--seed 1]

The recognized pages are counted by `add --verbose`'s log; a kill may cost the page that was under way, so no more
pages may be recognized than the scan has and kills were. In the end all are, and `doctor` finds nothing. Questions
are asked of the library while another scan of as many pages is recognized and, in turn, while that is paused. Without
kills, or without questions, the rest is measured. Exits 1 where any of this does not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

sys.path.append(str(Path(__file__).parents[1] / "unit"))

from kill import sentence
from scans import pictures_of, scan, typed

from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import PageRecognized

_DRAWN = "desktop_kb.ingest.recognition: recognizing page"
_LINES = 20
#: Seconds from the first page on, which waits for the child that recognizes.
_KILLED_AFTER = 1.0, 12.0
_ROUNDS = 8
_LONGEST = 120.0  # seconds that a page may take on a busy machine
_QUESTION = "the harbour master weighed seven barrels of cider"


def pages_of(pages: int, seed: int) -> bytes:
    """A PDF of pages of twenty lines each."""
    chance = random.Random(seed)
    lines = [[sentence(chance)[:70] for _ in range(_LINES)] for _ in range(pages)]
    return typed(lines, size=(595, 500))


def write_scan(file: Path, pages: int, seed: int) -> None:
    """A scan of such pages."""
    file.write_bytes(scan(pictures_of(pages_of(pages, seed))))


def add(folder: Path, kill_after: float | None) -> tuple[int, bool]:
    """Run `add`, killed so long after it began its first page. Returns how many pages it began, and whether it
    came to its end."""
    command = _command(folder, "--verbose", "add", str(folder / "scan.pdf"), "--wait", "all", "--json")
    log = folder / "log"
    with log.open("w", encoding="utf-8") as errors:
        process = psutil.Popen(command, stdout=subprocess.PIPE, stderr=errors)
        if kill_after is not None:
            while process.poll() is None and _DRAWN not in log.read_text("utf-8"):
                time.sleep(0.1)
            try:
                process.wait(kill_after)
            except psutil.TimeoutExpired:
                process.kill()
        process.communicate()
    return log.read_text("utf-8").count(_DRAWN), process.returncode == 0


def states(folder: Path) -> dict[str, int]:
    """How many pages of the scan are in which state; the doctor finds nothing."""
    subprocess.run(_command(folder, "doctor"), check=True, capture_output=True)
    output = subprocess.run(_command(folder, "list", "--json"), check=True, capture_output=True).stdout
    return dict(json.loads(output.splitlines()[0])["page_states"])


def asked(kb: KnowledgeBase, questions: int) -> list[float]:
    """The seconds of so many questions, with a tenth of a second between them."""
    seconds = []
    for _ in range(questions):
        began = time.perf_counter()
        assert kb.search(_QUESTION).hits
        seconds.append(time.perf_counter() - began)
        time.sleep(0.1)
    return seconds


def _command(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "desktop_kb", "--library", str(folder / "library"), *arguments]


def _p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


def _said(seconds: list[float]) -> str:
    return f"median {statistics.median(seconds):.3f} s, p95 {_p95(seconds):.3f} s ({len(seconds)} questions)"


def _killed(folder: Path, pages: int, kills: int, chance: random.Random) -> bool:
    """Whether `kills` kills cost at most as many pages."""
    write_scan(folder / "scan.pdf", pages, 1)
    begun, done = 0, 0
    while done < kills:
        count, ended = add(folder, chance.uniform(*_KILLED_AFTER))
        begun += count
        if ended:
            break
        done += 1
        print(f"killed after {count} pages were begun", flush=True)
    begun += add(folder, None)[0]
    found = states(folder)
    print(
        f"{done} kills: {begun} pages begun of {pages}, {begun - pages} lost; in the end {found}", flush=True
    )
    return done == kills and begun - pages <= kills and found["recognized"] == pages


def _answered(folder: Path, pages: int, questions: int) -> None:
    """Ask in rounds, at rest and while pages are recognized in turn: other programs use the machine too."""
    (folder / "typed.pdf").write_bytes(pages_of(pages, 3))
    write_scan(folder / "other.pdf", pages, 2)
    subprocess.run(_command(folder, "add", str(folder / "typed.pdf")), check=True, capture_output=True)
    rest, meanwhile, recognized = list[float](), list[float](), threading.Event()
    with KnowledgeBase(folder / "library") as kb:
        kb.subscribe(lambda event: recognized.set() if isinstance(event, PageRecognized) else None)
        asked(kb, 3)  # the model is loaded
        kb.add([folder / "other.pdf"])
        kb.start_indexing()
        for _ in range(_ROUNDS):
            kb.resume()
            recognized.clear()
            if not recognized.wait(_LONGEST):
                break  # there is no page left
            meanwhile += asked(kb, -(-questions // _ROUNDS))
            kb.pause()
            time.sleep(1)  # until the children under way have ended
            rest += asked(kb, -(-questions // _ROUNDS))
        states = kb.status().page_states
    print(f"at rest: {_said(rest)}", flush=True)
    print(f"while pages are recognized: {_said(meanwhile)}; then {dict(states)}", flush=True)
    ratios = (share(meanwhile) / share(rest) for share in (statistics.median, _p95))
    print("{:.2f} times the median, {:.2f} times the p95".format(*ratios), flush=True)


def main() -> int:
    """One scan killed, another one recognized meanwhile."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=40)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["DESKTOP_KB_HOME"] = str(Path(scratch) / "home")  # not the person's log and settings
        folder = Path(scratch)
        good = not options.kills or _killed(folder, options.pages, options.kills, random.Random(options.seed))
        if options.questions:
            _answered(folder, options.pages, options.questions)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
