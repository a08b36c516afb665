"""Freeze Desktop KB with PyInstaller and prove the result: `.venv/bin/python packaging/freeze.py`.

The frozen program is moved away from the source, given an empty home and no Python, and must
then add files, search them by words and by meaning, and find its library undamaged. So the
children start (`--worker`), SQLite loads its vector extension, and every data file is aboard.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FROZEN = ROOT / "dist" / "desktop-kb"
SAMPLES = ROOT / "resources" / "samples"


class Frozen:
    """The frozen program in `folder`, run in an empty home."""

    def __init__(self, folder: Path) -> None:
        self._program = folder / "program" / ("desktop-kb.exe" if os.name == "nt" else "desktop-kb")
        shutil.copytree(FROZEN, folder / "program", symlinks=True)
        home = folder / "home"
        home.mkdir()
        # Windows needs these to start any program at all.
        kept = {name: os.environ[name] for name in ("SYSTEMROOT", "TEMP", "TMP") if name in os.environ}
        self._environment = {**kept, "DESKTOP_KB_HOME": str(home), "HOME": str(home), "PATH": ""}

    def __call__(self, *arguments: str) -> str:
        """Its standard output; what it says on stderr is shown."""
        done = subprocess.run(
            [str(self._program), *arguments],
            env=self._environment,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            timeout=600,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"The frozen program failed at: {' '.join(arguments)}\n{done.stdout}")
        return done.stdout

    def json(self, *arguments: str) -> list[dict[str, Any]]:
        """The objects it prints under `--json`."""
        return [json.loads(line) for line in self(*arguments, "--json").splitlines()]


def build() -> None:
    """Run PyInstaller on the spec beside this file."""
    work, dist, spec = ROOT / "build", FROZEN.parent, ROOT / "packaging" / "desktop_kb.spec"
    options = ["--noconfirm", "--log-level=WARN", f"--workpath={work}", f"--distpath={dist}"]
    subprocess.run([sys.executable, "-m", "PyInstaller", *options, str(spec)], cwd=ROOT, check=True)


def smoke_test(program: Frozen) -> None:
    """The main job, done by the frozen program alone."""
    print("version:", program("--version").strip())
    added = program.json("add", str(SAMPLES))
    failed = [row for row in added if row["status"] == "failed"]
    _expect(bool(added) and not failed, f"files failed: {failed}")
    print(f"added {len(added)} files, {sum(row['chunks'] or 0 for row in added)} chunks")
    for question in json.loads((SAMPLES / "questions.json").read_text("utf-8"))["questions"][:2]:
        _expect(
            bool(program.json("search", question["question"])[0]["hits"]), "a sample question found nothing"
        )
    (result,) = program.json("search", "--mode", "vectors", "how do I replace a bicycle chain")
    _expect("no-model" not in result["degraded"], "the embedding model is not aboard")
    _expect(any(hit["why"]["meaning"] for hit in result["hits"]), "nothing was found by meaning")
    print("found by meaning:", Path(result["hits"][0]["path"]).name)
    _expect(all(report["ok"] for report in program.json("doctor")), "the library is damaged")


def _expect(holds: bool, complaint: str) -> None:
    if not holds:
        raise SystemExit(f"The frozen program does not work: {complaint}.")


def main() -> None:
    """Build unless told not to, then test."""
    parser = argparse.ArgumentParser(description="Freeze Desktop KB and prove that the result works.")
    parser.add_argument("--no-build", action="store_true", help="only test what was built before")
    if not parser.parse_args().no_build:
        build()
    size = sum(path.stat().st_size for path in FROZEN.rglob("*") if path.is_file() and not path.is_symlink())
    with tempfile.TemporaryDirectory() as folder:
        smoke_test(Frozen(Path(folder)))
    print(f"{FROZEN}: {size / 2**20:.0f} MiB, works")


if __name__ == "__main__":
    main()
