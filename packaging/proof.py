"""Proof that a frozen program works by itself, in an empty home.

The smoke test copies the folder away, gives it no PATH, no Python and an empty home, and has it do
the main job with the samples aboard; then the rest of what its parts are for, and other models, tiny
random ones of the kinds that can be installed, from a hub on this machine (both those of the tests).
Where strace is at hand every file that it or a child opens is
looked at: none may lie in this checkout, its environment or this Python.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SUFFIX = ".exe" if os.name == "nt" else ""
QUESTIONS = ("How do I find the right length for a new bicycle chain?", "后备厢能放下几只行李箱？")
MEANING = "how do I replace a bicycle chain"
#: As a question of its own: what the multilingual model reads.
MEANING_ZH = "车里装得下多少行李？"
#: The embedding models that come with the program.
READERS = ["all-MiniLM-L6-v2", "multilingual-e5-small-q4"]
#: The scripts that make tiny models and serve them.
HELPERS = ROOT / "tests" / "unit" / "inference"
#: The script that writes a file of each kind.
EVERY_KIND = ROOT / "tests" / "unit" / "extract" / "every_kind.py"
#: The script that makes a scan, and what is to be read in it.
SCANS = ROOT / "tests" / "unit" / "scans.py"
SCANNED = "The badger digs a deep burrow."
FETCHED = ("BAAI/bge-m3", "BAAI/bge-reranker-v2-m3")
IMPORTED = ("Qwen3-Embedding-0.6B", "Qwen3-Reranker-0.6B")


class Failed(Exception):
    """The program does not do what it must; the message is one sentence."""


def expect(holds: bool, complaint: str) -> None:
    """Raise `Failed` unless it holds."""
    if not holds:
        raise Failed(f"The program does not work: {complaint}.")


class Program:
    """A program to be tried, in a home of its own.

    Args:
        command: what starts it.
        home: its empty home.
        trace: a folder for strace's records, one a call.
        variables: set in its environment, which is empty otherwise.
    """

    def __init__(self, command: list[str], home: Path, trace: Path | None = None, **variables: str) -> None:
        self._command = command
        self._trace = trace
        self._calls = 0
        home.mkdir(parents=True, exist_ok=True)
        # Windows needs the first three to start any program at all, Wine the last for torch's threads.
        needed = ("SYSTEMROOT", "TEMP", "TMP", "KMP_AFFINITY")
        kept = {name: os.environ[name] for name in needed if name in os.environ}
        self._home = home
        self._environment = {**kept, "DESKTOP_KB_HOME": str(home), "HOME": str(home), "PATH": ""}
        # A helper would outlive the trial, and its files.
        self._environment |= {"DESKTOP_KB_HELPER": "off", **variables}

    def __call__(self, *arguments: str) -> str:
        """Its standard output; what it says on stderr is shown."""
        command = [*self._command, *arguments]
        if self._trace is not None:
            self._calls += 1
            strace = shutil.which("strace") or "strace"
            record = str(self._trace / f"{self._calls}.txt")
            command = [strace, "-f", "--seccomp-bpf", "-qq", "-e", "trace=%file", "-o", record, *command]
        done = subprocess.run(
            command,
            env=self._environment,
            cwd=self._home,  # wherever this runs from, a look at it would count against the program
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            timeout=600,
            check=False,
        )
        expect(done.returncode == 0, f"it failed at: {' '.join(arguments)}\n{done.stdout}")
        return done.stdout

    def json(self, *arguments: str) -> list[dict[str, Any]]:
        """The objects it prints under `--json`."""
        return [json.loads(line) for line in self(*arguments, "--json").splitlines()]

    def settings(self, **values: str) -> None:
        """Write the person's settings."""
        folder = self._home / "config"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "settings.json").write_text(json.dumps(values), encoding="utf-8")

    def seconds(self, *arguments: str) -> float:
        """How long a call takes, the better of three."""
        taken = []
        for _ in range(3):
            begun = time.perf_counter()
            self(*arguments)
            taken.append(time.perf_counter() - begun)
        return min(taken)


# --- in an empty home ------------------------------------------------------------------------


def smoke_test(frozen: Path) -> None:
    """The main job, done by the frozen program alone; says what it saw."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shutil.copytree(frozen, folder / "program", symlinks=True)
        trace = folder / "trace" if shutil.which("strace") else None
        if trace is not None:
            trace.mkdir()
        started = folder / "program" / f"desktop-kb{SUFFIX}"
        program = Program([str(started)], folder / "home", trace)
        samples = folder / "program" / "_internal" / "resources" / "samples"
        print("version:", program("--version").strip())
        if sys.platform == "linux":
            types_chinese(folder / "program")
        does_its_job(program, samples)
        reads_every_kind(program, folder / "kinds")
        does_the_rest(program, samples, folder)
        reads_a_scan(program, folder / "scan.pdf")
        takes_other_models(program, folder / "models")
        for language, query in zip(("en", "zh"), QUESTIONS, strict=True):
            picture = folder / f"{language}.png"
            program("gui", "--screenshot", str(picture), "--query", query, "--language", language)
            expect(picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n", "the window was not drawn")
            print(f"the window was drawn, {language}: {picture.stat().st_size} bytes")
        if trace is None:
            print("Without strace it is not shown that nothing is read from the checkout.")
            return
        records = "".join(path.read_text("utf-8", "replace") for path in trace.iterdir())
        reached = opened_from(records, forbidden())
        expect(not reached, f"it reads from where it was built: {', '.join(reached[:5])}")
        print(f"of {records.count(chr(10))} looks at files none reached the checkout or its Python")


def types_chinese(frozen: Path) -> None:
    """Qt's module for IBus is aboard, which the window falls back to for fcitx too."""
    module = "platforminputcontexts/libibusplatforminputcontextplugin.so"
    expect(any(frozen.rglob(module)), "Chinese cannot be typed, as Qt's module for IBus is missing")


def does_its_job(program: Program, samples: Path) -> None:
    """Adds the samples, answers in both languages by words and by meaning, is whole afterwards."""
    added = program.json("add", str(samples))
    failed = [row for row in added if row["status"] == "failed"]
    expect(bool(added) and not failed, f"files failed: {failed}")
    print(f"added {len(added)} files, {sum(row['chunks'] or 0 for row in added)} passages")
    for question in QUESTIONS:
        (result,) = program.json("search", question)
        expect(bool(result["hits"]), f"nothing answers '{question}'")
        print(f"{question} -> {Path(result['hits'][0]['path']).name}")
    (status,) = program.json("status")
    expect([reader["id"] for reader in status["readers"]] == READERS, "an embedding model is not aboard")
    for question in (MEANING, MEANING_ZH):
        (result,) = program.json("search", "--mode", "vectors", question)
        expect("query-not-covered" not in result["degraded"], f"no model reads '{question}'")
        expect(any(hit["why"]["meaning"] for hit in result["hits"]), "nothing was found by meaning")
        print(f"by meaning: {question} -> {Path(result['hits'][0]['path']).name}")
    expect(all(report["ok"] for report in program.json("doctor")), "the library is damaged")


def reads_every_kind(program: Program, folder: Path) -> None:
    """Adds one file of each kind of office files, books, mail and archives, and finds what each says."""
    folder.mkdir()
    made = subprocess.run(
        [sys.executable, str(EVERY_KIND), str(folder)], capture_output=True, text=True, check=True
    )
    added = program.json("add", str(folder))
    failed = [row for row in added if row["status"] == "failed"]
    expect(not failed, f"files failed: {failed}")
    kinds = json.loads(made.stdout)
    for name, part, said in kinds:
        (result,) = program.json("search", f'"{said}"')
        found = [[Path(hit["path"]).name, hit["part"]] for hit in result["hits"]]
        expect([name, part] in found, f"what {name} says is not found: {found}")
    print(f"found what {len(kinds)} files of as many kinds say")


def does_the_rest(program: Program, samples: Path, folder: Path) -> None:
    """Shows how a file is cut, judges itself, and takes the library out and in again."""
    (cut,) = program.json("inspect", str(next(samples.glob("*.pdf"))))
    expect(bool(cut["chunks"] and cut["cuts"] and any(cut["curve"])), "a file's cuts are not shown")
    (judged,) = program.json("evaluate", "--questions", "10")
    stages = [stage["name"] for part in judged["languages"] for stage in part["stages"]]
    expect("reranked" in stages, f"it does not judge itself: {judged}")
    print(f"inspected {len(cut['chunks'])} passages, evaluated {sum(judged['kinds'].values())} questions")
    (backup,) = program.json("backup", str(folder / "backup.zip"))
    program("--library", str(folder / "again"), "restore", str(folder / "backup.zip"))
    before, after = (
        program.json(*library, "search", QUESTIONS[0])[0]["hits"]
        for library in ([], ["--library", str(folder / "again")])
    )
    expect(
        bool(before) and [hit["text"] for hit in before] == [hit["text"] for hit in after],
        "a restored library answers otherwise",
    )
    exported = program.json("export", str(folder / "exported"))
    expect(len(exported) >= backup["documents"], "the export is not whole")
    print(f"backed up and restored {backup['documents']} documents, exported {len(exported)} files")


def reads_a_scan(program: Program, file: Path) -> None:
    """Recognizes the words in the picture of a page."""
    made = subprocess.run(
        [sys.executable, str(SCANS), str(file), SCANNED], capture_output=True, text=True, check=False
    )
    expect(made.returncode == 0, f"there is no scan to try it with\n{made.stderr[-2000:]}")
    (report,) = program.json("add", str(file))
    expect(report["status"] == "indexed" and report["chunks"] == 1, f"a scan is not read: {report}")
    (result,) = program.json("search", SCANNED)
    hits = [hit for hit in result["hits"] if hit["recognized"]]
    expect(bool(hits) and hits[0]["text"] == SCANNED, "the words of a scan are not found")
    print(f"read in a picture: {hits[0]['text']}")


def takes_other_models(program: Program, folder: Path) -> None:
    """Fetches, imports and uses models of the kinds it can compute, and goes back to its own."""
    made = subprocess.run(
        [sys.executable, str(HELPERS / "tiny.py"), str(folder)], capture_output=True, text=True, check=False
    )
    expect(made.returncode == 0, f"there are no models to try it with\n{made.stderr[-2000:]}")
    with _hub(folder) as address:
        program.settings(hub=address)
        taken = [program.json("models", "install", name) for name in FETCHED]
    taken += [program.json("models", "import", str(folder / name)) for name in IMPORTED]
    for (model,) in taken:
        program("models", "use", model["id"])
        (result,) = program.json("search", MEANING)
        given = "meaning" if model["task"] == "embed" else "rerank"
        served = any(hit["why"][given] is not None for hit in result["hits"])
        expect(served, f"{model['id']} does not serve: {result['degraded']}")
    for own in (READERS[1], "late-interaction"):
        program("models", "use", own)
    print(f"fetched or imported, and used: {', '.join(model['id'] for (model,) in taken)}")


@contextlib.contextmanager
def _hub(folder: Path) -> Iterator[str]:
    """A server on this machine with the models in `folder`, as the hub has them; its address."""
    found = importlib.util.spec_from_file_location("hub_server", HELPERS / "hub_server.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    with module.serving(folder) as hub:
        yield hub.address


def forbidden() -> list[str]:
    """Folders that the frozen program has no business in."""
    named = (sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))
    # A Python of the system's stands in /usr, where any program may look.
    return sorted({str(ROOT), sys.prefix, sys.base_prefix, *named} - {"/usr"})


def opened_from(records: str, folders: list[str]) -> list[str]:
    """The files below these folders that strace's records show to have been found.

    That a folder exists is asked by the system's loader: Python's modules may name the place where
    Python was built. A folder that is opened counts.
    """
    found = set()
    for call in _calls(records):
        if " = -1 " in call or "st_mode=S_IFDIR" in call:
            continue
        for path in re.findall(r'"((?:[^"\\]|\\.)*)"', call):
            if any(path == folder or path.startswith(f"{folder}/") for folder in folders):
                found.add(path)
    return sorted(found)


def _calls(records: str) -> Iterator[str]:
    """The calls that came to an end, each as one line.

    Where another process has its turn in the middle of a call, strace breaks it in two,
    '12 openat(... <unfinished ...>' and '12 <... openat resumed>) = 3'. A thread that starts another
    program goes on under its process's number. What a killed process had begun found nothing.
    """
    begun: dict[str, str] = {}
    for line in records.splitlines():
        pid, _, call = line.partition(" ")
        if moved := re.match(r" *\+\+\+ superseded by execve in pid (\d+)", call):
            begun[pid] = begun.pop(moved[1], "")
        elif resumed := re.match(r" *<\.\.\. \S+ resumed>", call):
            yield begun.pop(pid, "") + call[resumed.end() :]
        elif "<unfinished ...>" in call:
            begun[pid] = call.partition("<unfinished ...>")[0]
        else:
            yield call


def start_times(frozen: Path) -> dict[str, tuple[float, float]]:
    """Seconds of a few commands: (frozen, from source), the better of three, on a library of the samples."""
    samples = ROOT / "resources" / "samples"
    with tempfile.TemporaryDirectory() as temporary:
        programs = [
            Program([str(frozen / f"desktop-kb{SUFFIX}")], Path(temporary) / "frozen"),
            Program(
                [sys.executable, "-P", "-m", "desktop_kb"],
                Path(temporary) / "source",
                PYTHONPATH=str(ROOT),
            ),
        ]
        for program in programs:
            program("add", str(samples))
        picture = str(Path(temporary) / "window.png")
        return {
            name: (programs[0].seconds(*command), programs[1].seconds(*command))
            for name, command in (
                ("--version", ["--version"]),
                ("search, words", ["search", "--mode", "words", MEANING]),
                ("search, model loaded anew", ["search", MEANING]),
                ("gui --screenshot", ["gui", "--screenshot", picture]),
            )
        }
