"""Kill the program while it does anything but `add`: re-add, remove, out of the trash, repair (which
makes every derived table again), backup, restore, export. `unit/store/test_killed` does so at every write.

    python tests/bench/kill_others.py [--kills 20] [--notes 60] [--seed 1]

After each kill `doctor` must find nothing, every document must be there or in the trash, and
every original untouched; a backup or a restored library is whole or is not there. Exits 1 where
any of this does not hold.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from kill import write_files


class Trial:
    """One library that is killed at whatever it does."""

    def __init__(self, scratch: Path, notes: int, seed: int) -> None:
        self.scratch, self.chance = scratch, random.Random(seed)
        self.files, self.library = scratch / "files", scratch / "library"
        self.files.mkdir(parents=True)
        self.count = write_files(self.files, notes, 10, seed)
        self.problems: list[str] = []
        self.outcomes: Counter[str] = Counter()
        self.run("add", str(self.files))

    def run(
        self, *arguments: str, kill_after: float | None = None, library: Path | None = None
    ) -> list[Any] | None:
        """The objects it printed; None if it was killed."""
        place = str(library or self.library)
        command = [sys.executable, "-P", "-m", "desktop_kb", "--library", place, *arguments, "--json"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            output, errors = process.communicate(timeout=kill_after)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return None
        nothing_left = arguments[0] == "remove" and "not-found" in errors
        if (process.returncode and not nothing_left) or "Traceback" in errors:
            self.problems.append(f"{arguments[0]}: exit {process.returncode} {errors[-300:]} {output[-300:]}")
        return [json.loads(line) for line in output.splitlines()]

    def once(self) -> bool:
        """One operation, killed; False if it was done before."""
        name, *arguments = self.chance.choice(self._operations())
        before = self._originals()
        killed = self.run(name, *arguments, kill_after=self.chance.uniform(0.3, 3.0)) is None
        self.outcomes[f"{name} {'killed' if killed else 'done'}"] += 1
        if self._originals() != before:
            self.problems.append(f"{name}: an original was changed")
        self.run("doctor")
        status = (self.run("status") or [{}])[0]
        if status.get("documents", 0) + status.get("trash", 0) + status.get("waiting", 0) < self.count:
            self.problems.append(f"{name}: documents are lost: {status}")
        self._look_outside(name)
        return killed

    def finish(self) -> None:
        """All that was removed comes back, all that waits is done, and all is found."""
        self.run("restore", "--trash")
        self.run("add", str(self.files))
        self.run("doctor")
        ready = [document for document in self.run("list") or [] if document["status"] == "ready"]
        if len(ready) != self.count:
            self.problems.append(f"{len(ready)} documents of {self.count} in the end")

    def _operations(self) -> list[list[str]]:
        note = self.chance.choice(sorted(self.files.glob("*.md")))
        with note.open("a") as file:  # by its owner: the next look at it reads it again
            file.write(f"\nA line more: {self.chance.randrange(10**6)}.\n")
        saved = self.scratch / "saved.zip"
        operations = [
            ["add", str(self.files)],
            ["refresh"],
            ["remove", str(note), "--yes"],
            ["remove", str(self.files), "--yes"],
            ["restore", "--trash"],
            ["doctor", "--repair"],
            ["backup", str(saved)],
            ["export", str(self.scratch / "out")],
        ]
        return operations

    def _look_outside(self, name: str) -> None:
        """A backup that has its name is whole: it is restored, killed once, and looked at."""
        saved, other = self.scratch / "saved.zip", self.scratch / "restored"
        if saved.exists():
            restore = ("restore", str(saved))
            if self.run(*restore, kill_after=self.chance.uniform(0.3, 0.7), library=other) is None:
                self.outcomes["restore killed"] += 1
            if not other.exists():
                self.run(*restore, library=other)
            self.run("doctor", library=other)
        for left in (saved, other, self.scratch / "out"):
            shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)

    def _originals(self) -> dict[str, str]:
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in self.files.iterdir()}


def main() -> int:
    """One library, killed until there were enough kills."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--notes", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DESKTOP_KB_HOME"] = str(Path(folder) / "home")  # not the person's log and settings
        trial = Trial(Path(folder), options.notes, options.seed)
        kills = 0
        while kills < options.kills:
            kills += trial.once()
            print(f"{kills} kills, {dict(trial.outcomes)}", *trial.problems, sep="\n", flush=True)
        trial.finish()
        print(f"{kills} kills: {dict(trial.outcomes)}")
        print(*trial.problems or ["all well"], sep="\n")
        return 1 if trial.problems else 0


if __name__ == "__main__":
    sys.exit(main())
