"""Freeze Desktop KB, say what is in it, prove it and pack it.

    .venv/bin/python packaging/build.py             freeze into dist/desktop-kb and prove it in an empty home
    .venv/bin/python packaging/build.py --package   and make this system's installer
    .venv/bin/python packaging/build.py --check     the whole check, before a release: as --package, and freeze a
                                                    second time to compare, time the start, compile the Windows
                                                    installer, and as root on Debian install, upgrade and remove the
                                                    package in a clean system

Beside the installer lie its checksums (`.sha256`), those of every file in it (`.files.sha256`) and a
bill of materials (`.cdx.json`). The flavour, with CUDA or without, is that of the torch in `.venv`.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import clean_system
import contents
import installers
import proof

ROOT = Path(__file__).resolve().parent.parent
#: What the folder of the CPU flavour may take, with both models and recognition.
AIM_BYTES = 920 * 10**6


@dataclass(frozen=True, slots=True)
class Build:
    """A frozen folder and what is known of it."""

    folder: Path
    files: list[contents.File]
    parts: list[contents.Part]

    @property
    def flavour(self) -> str:
        """'gpu' where CUDA's libraries came along."""
        return "gpu" if any(part.name.startswith("nvidia-") for part in self.parts) else "cpu"

    @property
    def size_bytes(self) -> int:
        """Of all files."""
        return sum(file.size for file in self.files)


def freeze(output: Path) -> Build:
    """Run PyInstaller on the spec, from nothing."""
    work = output / "work"
    options = ["--noconfirm", "--clean", "--log-level=WARN", f"--workpath={work}", f"--distpath={output}"]
    # The order of sets and the date of files decide what an archive looks like.
    fixed = {"PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": str(commit_time()), "PYTHONPATH": str(ROOT)}
    spec = str(ROOT / "packaging" / "desktop_kb.spec")
    command = [sys.executable, "-m", "PyInstaller", *options, spec]
    subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, **fixed})
    return described(output)


def described(output: Path) -> Build:
    """What PyInstaller left in `output`."""
    folder = output / "desktop-kb"
    sources = json.loads((output / "work" / "desktop_kb" / "sources.json").read_text("utf-8"))
    return Build(folder, contents.files(folder), contents.parts(map(Path, sources)))


def report(build: Build) -> None:
    """Say how big it is, and why."""
    print(f"{build.folder}, {build.flavour}: {build.size_bytes / 1e6:.0f} MB in {len(build.files)} files")
    if build.flavour == "cpu" and build.size_bytes > AIM_BYTES:
        print(f"That is more than the {AIM_BYTES / 1e6:.0f} MB aimed at.")
    for name, size in contents.largest(build.files, 15):
        print(f"  {size / 1e6:7.1f} MB  {name}")


def package(build: Build, output: Path, version: str) -> list[Path]:
    """This system's installer, its checksums and its bill of materials; the installer first."""
    if sys.platform == "linux":
        made = installers.deb(build.folder, output, version, build.flavour, made=commit_time())
    elif sys.platform == "win32":
        made = installers.windows_installer(build.folder, output, version)
    else:
        subprocess.run([str(ROOT / "packaging" / "macos" / "package.sh"), version, str(output)], check=True)
        made = next(output.glob(f"*{version}*.dmg"))
    bill = contents.bill_of_materials(
        version,
        build.parts,
        build.files,
        contents.locked_hashes((ROOT / "packaging").glob("lock*.txt")),
        made=commit_time(),
    )
    with made.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    beside = {
        ".sha256": f"{digest}  {made.name}\n",
        ".files.sha256": contents.checksums(build.files),
        ".cdx.json": json.dumps(bill, indent=1) + "\n",
    }
    for suffix, text in beside.items():
        made.with_name(made.name + suffix).write_text(text, "utf-8")
    print(
        f"{made}: {made.stat().st_size / 1e6:.0f} MB; {len(bill['components'])} parts in its bill of materials"
    )
    return [made, *(made.with_name(made.name + suffix) for suffix in beside)]


def check(build: Build, output: Path, version: str) -> None:
    """What takes longer, and what only some systems can."""
    for name, (frozen, source) in proof.start_times(build.folder).items():
        print(f"  {name}: {frozen:.2f} s frozen, {source:.2f} s from source")
    if shutil.which("makensis"):
        compile_windows_installer(version)
    if sys.platform == "linux":
        check_package(build, output, version)
    with tempfile.TemporaryDirectory() as temporary:
        again = freeze(Path(temporary))
        differing = contents.differences(build.files, again.files)
    print(f"A second build: {len(differing)} of {len(build.files)} files differ.")
    for line in differing[:20]:
        print(f"  {line}")


def compile_windows_installer(version: str) -> None:
    """Compile the Windows installer around empty files: the script is right, the program is not aboard."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "desktop-kb"
        (folder / "_internal").mkdir(parents=True)
        for name in ("desktop-kb.exe", "Desktop KB.exe", "_internal/base_library.zip"):
            (folder / name).touch()
        made = installers.windows_installer(folder, Path(temporary), version)
        print(f"The Windows installer compiles ({made.stat().st_size} bytes around empty files).")


def check_package(build: Build, output: Path, version: str) -> None:
    """Install, use, upgrade and remove the package in a clean Debian."""
    if os.geteuid() != 0 or not all(
        map(shutil.which, ("debootstrap", "Xvfb", "openbox", "xdotool", "xprop", "import"))
    ):
        print(
            "Not installed in a clean system: "
            "that takes root, debootstrap, Xvfb, openbox, xdotool, xprop and ImageMagick."
        )
        return
    first = next(output.glob(f"desktop-kb*_{version}_*.deb"))
    with tempfile.TemporaryDirectory() as temporary:
        newer = f"{version}+1"
        later = installers.deb(
            build.folder, Path(temporary), newer, build.flavour, made=commit_time(), compress=False
        )
        root = clean_system.CleanRoot(output / "clean-root")
        clean_system.installed(root, first, later, output / "window.png")


def commit_time() -> int:
    """When the commit was made, in seconds since 1970; `SOURCE_DATE_EPOCH` says it where there is no git."""
    if said := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(said)
    asked = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    return int(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)


def main(arguments: list[str]) -> int:
    """Do what the arguments ask; the exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(
            errors="backslashreplace"
        )  # Windows' own encoding lacks the Chinese of the proof
    parser = argparse.ArgumentParser(
        description="Freeze Desktop KB, say what is in it, prove it and pack it."
    )
    parser.add_argument("--no-build", action="store_true", help="take what was frozen before")
    parser.add_argument("--package", action="store_true", help="make this system's installer")
    parser.add_argument("--check", action="store_true", help="the whole check, before a release")
    parser.add_argument("--output", metavar="DIR", default=str(ROOT / "dist"), help="default: dist/")
    options = parser.parse_args(arguments)
    output = Path(options.output).resolve()
    version = project_version()
    try:
        build = described(output) if options.no_build else freeze(output)
        report(build)
        proof.smoke_test(build.folder)
        if options.package or options.check:
            package(build, output, version)
        if options.check:
            check(build, output, version)
    except (contents.Incomplete, proof.Failed) as failure:
        print(failure, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as failure:
        print(f"'{failure.cmd[0]}' failed; its own message is above.", file=sys.stderr)
        return 1
    return 0


def project_version() -> str:
    """The program's version, read without importing it."""
    text = (ROOT / "desktop_kb" / "__init__.py").read_text("utf-8")
    return text.split('__version__ = "')[1].split('"')[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
