"""Proof that a frozen program works by itself: in an empty home, and installed in a clean system.

The smoke test copies the folder away, gives it no PATH, no Python and an empty home, and has it do
the main job with the samples aboard. Where strace is at hand every file that it or a child opens is
looked at: none may lie in this checkout, its environment or this Python.
"""

from __future__ import annotations

import contextlib
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

from contents import files

ROOT = Path(__file__).resolve().parent.parent
SUFFIX = ".exe" if os.name == "nt" else ""
QUESTIONS = ("How do I find the right length for a new bicycle chain?", "后备厢能放下几只行李箱？")
MEANING = "how do I replace a bicycle chain"


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
        # Windows needs these to start any program at all.
        kept = {name: os.environ[name] for name in ("SYSTEMROOT", "TEMP", "TMP") if name in os.environ}
        self._home = home
        self._environment = {**kept, "DESKTOP_KB_HOME": str(home), "HOME": str(home), "PATH": "", **variables}

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
        does_its_job(program, samples)
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
    (result,) = program.json("search", "--mode", "vectors", MEANING)
    expect("no-model" not in result["degraded"], "the embedding model is not aboard")
    expect(any(hit["why"]["meaning"] for hit in result["hits"]), "nothing was found by meaning")
    print(f"by meaning: {MEANING} -> {Path(result['hits'][0]['path']).name}")
    expect(all(report["ok"] for report in program.json("doctor")), "the library is damaged")


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
    for line in records.splitlines():
        if " = -1 " in line or "st_mode=S_IFDIR" in line:
            continue
        for path in re.findall(r'"((?:[^"\\]|\\.)*)"', line):
            if any(path == folder or path.startswith(f"{folder}/") for folder in folders):
                found.add(path)
    return sorted(found)


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


# --- installed in a clean system -------------------------------------------------------------


#: Where the package puts the program, and where a person's settings lie.
PLACE = "/usr/lib/desktop-kb"
_SETTINGS = Path("/home/person/.config/desktop-kb/settings.json")


class CleanRoot:
    """A bare Debian in a folder, made with debootstrap and entered with chroot, so only by root."""

    HOME = "/home/person"

    def __init__(self, root: Path) -> None:
        self.root = root

    def make(self) -> None:
        """Download and unpack it, unless it is there."""
        if not (self.root / "etc" / "debian_version").is_file():
            version = _os_release("VERSION_CODENAME")
            self._run(["debootstrap", "--variant=minbase", version, str(self.root)], "debootstrap failed")
        # A person without a past: an earlier check may have left one.
        self("userdel", "--remove", "person", may_fail=True)
        self("useradd", "--create-home", "--home-dir", self.HOME, "person")

    def __call__(self, *command: str, person: bool = False, may_fail: bool = False, **variables: str) -> str:
        """Run a command inside; its output."""
        who = ["--userspec=person:person"] if person else []
        told = [f"{name}={value}" for name, value in {"HOME": self.HOME, **variables}.items()]
        inside = ["/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", *told, *command]
        return self._run(["chroot", *who, str(self.root), *inside], f"{' '.join(command)} failed", may_fail)

    def install(self, package: Path) -> None:
        """Install a package with what it depends on, from Debian's own archive."""
        shutil.copy(package, self.root / "tmp" / package.name)
        quiet = ["-q", "-y", "-o=Dpkg::Use-Pty=0"]
        self("apt-get", "update", "-q")
        self("apt-get", "install", *quiet, "--reinstall", "--allow-downgrades", f"/tmp/{package.name}")
        (self.root / "tmp" / package.name).unlink()

    @contextlib.contextmanager
    def mounted(self) -> Iterator[None]:
        """With /proc and /dev, which a program may expect."""
        for place in ("proc", "dev"):
            self._run(["mount", "--bind", f"/{place}", str(self.root / place)], f"{place} cannot be mounted")
        try:
            yield
        finally:
            for place in ("dev", "proc"):
                subprocess.run(["umount", "--lazy", str(self.root / place)], check=False)

    def _run(self, command: list[str], complaint: str, may_fail: bool = False) -> str:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode and not may_fail:
            raise Failed(f"In the clean system: {complaint}.\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout


def installed(root: CleanRoot, first: Path, second: Path, picture: Path) -> None:
    """Install, use, upgrade and remove the package in a clean system; says what it saw.

    Args:
        root: the clean system.
        first: the package.
        second: the same as a later version.
        picture: where the window's picture is put, to be looked at.
    """
    root.make()
    person = root.root / root.HOME[1:]
    with root.mounted():
        root.install(first)
        # As the program's loader does, libraries are first looked for beside it.
        looked = f"find {PLACE} -name '*.so*' -exec ldd {{}} + | grep 'not found' | sort -u || true"
        missing = root("sh", "-c", looked, LD_LIBRARY_PATH=f"{PLACE}/_internal")
        expect(not missing, f"libraries are missing: {missing}")
        root(
            "sh",
            "-c",
            f"mkdir -p {_SETTINGS.parent} && echo '{{\"max_file_mib\": 321}}' > {_SETTINGS}",
            person=True,
        )
        _use(root)
        _photograph(root, picture)
        root.install(second)
        version = root("dpkg-query", "-W", "-f=${Version}", "desktop-kb*")
        expect(f"_{version}_" in second.name, f"version {version} is installed after the upgrade")
        _answers(root)
        kept = _kept(person)
        expect("321" in (root.root / str(_SETTINGS)[1:]).read_text("utf-8"), "the upgrade changed a setting")
        print(f"upgraded to {version}: the library answers, settings are kept")
        root("apt-get", "purge", "-y", "-q", "desktop-kb*")
        expect(not (root.root / PLACE[1:]).exists(), "removing left the program's folder")
        expect(_kept(person) == kept, "removing took or changed files of the person's")
        print(f"removed: the program is gone, the person's {len(kept)} files are there")


def _use(root: CleanRoot) -> None:
    """Add the samples as a person, in there, and ask."""
    lines = root("desktop-kb", "add", "--json", f"{PLACE}/_internal/resources/samples", person=True)
    rows = [json.loads(line) for line in lines.splitlines()]
    expect(all(row["status"] in ("indexed", "skipped") for row in rows), f"not all was indexed: {rows}")
    print(f"installed; indexed {len(rows)} samples")
    _answers(root)


def _answers(root: CleanRoot) -> None:
    for question in QUESTIONS:
        result = json.loads(root("desktop-kb", "search", "--json", question, person=True))
        expect(bool(result["hits"]), f"nothing answers '{question}'")
        print(f"{question} -> {Path(result['hits'][0]['path']).name}")


def _photograph(root: CleanRoot, picture: Path) -> None:
    """Open the window on a screen of its own, ask in it and take a picture of the screen."""
    display = ":47"
    with contextlib.ExitStack() as stack:

        def started(*command: str, **variables: str) -> subprocess.Popen[bytes]:
            environment = {**os.environ, "DISPLAY": display, **variables}
            silent = subprocess.DEVNULL
            process = subprocess.Popen(command, env=environment, stdout=silent, stderr=silent)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            time.sleep(2)
            return process

        started("Xvfb", display, "-screen", "0", "1360x860x24", "-ac")
        started("openbox")
        told = ["/usr/bin/env", "-i", "PATH=/usr/bin:/bin", "LANG=C.UTF-8", f"HOME={root.HOME}"]
        inside = [*told, f"DISPLAY={display}", "/usr/bin/desktop-kb", "gui"]
        window = started("chroot", "--userspec=person:person", str(root.root), *inside)
        environment = {**os.environ, "DISPLAY": display}

        def keys(*arguments: str) -> None:
            subprocess.run(["xdotool", *arguments], env=environment, check=True, stdout=subprocess.DEVNULL)

        keys("search", "--sync", "--onlyvisible", "--name", "Desktop KB")
        time.sleep(8)
        keys("key", "ctrl+k")
        keys("type", "--delay", "40", QUESTIONS[0])
        time.sleep(12)
        subprocess.run(["import", "-window", "root", str(picture)], env=environment, check=True)
        expect(window.poll() is None, "the window closed by itself")
        print(f"the window on a screen: {picture}")


def _kept(person: Path) -> dict[str, str]:
    """The SHA-256 of the person's files, by place; caches and logs are not the person's."""
    return {
        file.place: file.sha256
        for folder in (".local/share", ".config")
        for file in files(person / folder)
        if not file.place.endswith(".log")
    }


def _os_release(name: str) -> str:
    lines = Path("/etc/os-release").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line).get(name, "").strip('"')
