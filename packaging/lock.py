"""Write the lock files beside this one from pyproject.toml: `.venv/bin/python packaging/lock.py`.

The newest versions that fit are resolved once, for the interpreter that runs this. Then, for
every target (system x Python) the environment markers of the whole graph are evaluated, what
only that target needs is added, and pip is asked which file it would install there. So a
version that some target cannot install fails here and not on a user's machine, and every line
carries the sha256 of every file that may be installed. Only the public index is asked, whatever
this machine's pip is configured with, and no address is written down.

    lock-build.txt      pip and setuptools: installed first, they build the few source packages
    lock.txt            everything but torch
    lock-torch.txt      torch as the public index has it (on Linux the CUDA build) and what only it needs
    lock-data.txt       wheels of which only some files are taken, the same on every target (wheels.py)
    lock-torch-cpu.txt  torch's CPU build for Linux; not on the public index, so written by hand
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import wheels
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HERE = Path(__file__).resolve().parent
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
BUILD = ("pip", "setuptools")


@dataclass(frozen=True, slots=True)
class Target:
    """A system and a Python that the lock must serve."""

    sys_platform: str
    machine: str
    tags: tuple[str, ...]
    python: str

    @property
    def environment(self) -> dict[str, str]:
        """What markers are evaluated against, beside this interpreter's own values."""
        return {
            "sys_platform": self.sys_platform,
            "platform_system": {"linux": "Linux", "win32": "Windows", "darwin": "Darwin"}[self.sys_platform],
            "os_name": "nt" if self.sys_platform == "win32" else "posix",
            "platform_machine": self.machine,
            "python_version": self.python,
            "python_full_version": f"{self.python}.5",
        }


def _linux(machine: str) -> tuple[str, str, tuple[str, ...]]:
    # pip takes each tag as it is: a machine with glibc 2.39 is named by all the older ones too.
    old = ("manylinux1", "manylinux2010", "manylinux2014")
    return (
        "linux",
        machine,
        tuple(f"{tag}_{machine}" for tag in (*(f"manylinux_2_{n}" for n in range(5, 40)), *old)),
    )


TARGETS = tuple(
    Target(*system, python)
    for system, python in itertools.product(
        (
            _linux("x86_64"),
            _linux("aarch64"),
            ("win32", "AMD64", ("win_amd64",)),
            ("darwin", "arm64", ("macosx_14_0_arm64",)),
        ),
        PYTHONS,
    )
)


@dataclass(slots=True)
class Package:
    """One pinned package."""

    name: str
    version: str
    requires: list[Requirement]
    is_source: bool
    hashes: set[str] = field(default_factory=set)
    targets: set[Target] = field(default_factory=set)

    @property
    def pin(self) -> str:
        return f"{self.name}=={self.version}"


def _pip(arguments: Iterable[str]) -> list[dict[str, Any]]:
    """What pip would install: the `install` part of its report."""
    # A company's certificate may be needed to reach the index at all.
    kept = {name: value for name, value in os.environ.items() if name[:4] != "PIP_" or name == "PIP_CERT"}
    environment = {**kept, "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet"]
        subprocess.run([*command, "--report", str(report), *arguments], check=True, env=environment)
        installed: list[dict[str, Any]] = json.loads(report.read_text("utf-8"))["install"]
        return installed


def _resolve(wanted: Iterable[str]) -> dict[str, Package]:
    """Resolve for this interpreter."""
    packages: dict[str, Package] = {}
    for item in _pip(wanted):
        metadata, download = item["metadata"], item["download_info"]
        name = canonicalize_name(metadata["name"])
        packages[name] = Package(
            name,
            metadata["version"],
            [Requirement(line) for line in metadata.get("requires_dist", [])],
            is_source=not download["url"].endswith(".whl"),
            hashes={download["archive_info"]["hashes"]["sha256"]},
        )
    return packages


def _closure(
    wanted: Iterable[Requirement], target: Target, packages: dict[str, Package]
) -> tuple[set[str], set[str]]:
    """The names that `target` needs: those that are pinned, and those that are not yet."""
    needed: set[str] = set()
    missing: set[str] = set()
    seen: set[tuple[str, str]] = set()
    queue = [(requirement, "") for requirement in wanted]
    while queue:
        requirement, asked_extra = queue.pop()
        marker = requirement.marker
        if marker is not None and not marker.evaluate({**target.environment, "extra": asked_extra}):
            continue
        name = canonicalize_name(requirement.name)
        if name not in packages:
            missing.add(name)
            continue
        needed.add(name)
        for extra in {"", *requirement.extras} - {e for n, e in seen if n == name}:
            seen.add((name, extra))
            queue += [(dependency, extra) for dependency in packages[name].requires]
    return needed, missing


def _pinned(wanted: list[Requirement]) -> dict[str, Package]:
    """Every package that some target needs, with the targets that need it."""
    lines = [str(requirement) for requirement in wanted]
    packages = _resolve(lines)
    while True:
        closures = {target: _closure(wanted, target, packages) for target in TARGETS}
        missing = set().union(*(absent for _, absent in closures.values()))
        if not missing:
            break
        print("also for some targets:", ", ".join(sorted(missing)))
        more = _resolve([*(package.pin for package in packages.values()), *missing])
        packages |= {name: package for name, package in more.items() if name not in packages}
    for target, (needed, _) in closures.items():
        for name in needed:
            packages[name].targets.add(target)
    return {name: package for name, package in packages.items() if package.targets}


def _add_hashes(packages: dict[str, Package]) -> None:
    """Ask pip for the file of every wheel on every target; fails where there is none."""
    for target in TARGETS:
        pins = [p.pin for p in packages.values() if target in p.targets and not p.is_source]
        print(f"{target.sys_platform} {target.machine} Python {target.python}: {len(pins)} wheels")
        tags = [f"--platform={tag}" for tag in target.tags]
        options = ["--no-deps", "--only-binary=:all:", f"--python-version={target.python}", "--target=unused"]
        for item in _pip([*options, *tags, *pins]):
            found = item["download_info"]["archive_info"]["hashes"]["sha256"]
            packages[canonicalize_name(item["metadata"]["name"])].hashes.add(found)


def _data() -> list[Package]:
    """The wheels that are unpacked for their data, each with its one hash."""
    found = []
    for item in _pip([*wheels.OPTIONS, "--target=unused", *wheels.WANTED]):
        name, version = canonicalize_name(item["metadata"]["name"]), item["metadata"]["version"]
        hashes = {item["download_info"]["archive_info"]["hashes"]["sha256"]}
        found.append(Package(name, version, [], False, hashes, set(TARGETS)))
    return found


def _marker(targets: set[Target]) -> str:
    """The shortest marker that is true on these targets and no others of ours."""
    if targets == set(TARGETS):
        return ""
    for attributes in (("sys_platform",), ("python_version",), ("sys_platform", "python_version")):

        def key(target: Target, names: tuple[str, ...] = attributes) -> tuple[str, ...]:
            return tuple(target.environment[name] for name in names)

        keys = {key(target) for target in targets}
        if targets == {target for target in TARGETS if key(target) in keys}:
            terms = (
                " and ".join(f'{name} == "{value}"' for name, value in zip(attributes, values, strict=True))
                for values in sorted(keys)
            )
            return " ; " + " or ".join(terms)
    raise SystemExit(f"No marker tells {targets} from the others.")


def _write(name: str, packages: Iterable[Package]) -> None:
    lines = ["# Written by packaging/lock.py."]
    for package in sorted(packages, key=lambda package: package.name):
        hashes = [f"    --hash=sha256:{digest}" for digest in sorted(package.hashes)]
        lines.append(" \\\n".join([package.pin + _marker(package.targets), *hashes]))
    (HERE / name).write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{name}: {len(lines) - 1} packages")


def main() -> None:
    """Write the four files that can be written."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text("utf-8"))
    wanted = [
        Requirement(line)
        for line in (
            *project["project"]["dependencies"],
            *itertools.chain(*project["project"]["optional-dependencies"].values()),
            *project["build-system"]["requires"],
            *BUILD,
        )
    ]
    packages = _pinned(wanted)
    _add_hashes(packages)
    # What falls out of the graph with torch is torch's own: the CUDA libraries.
    without_torch = {name: package for name, package in packages.items() if name != "torch"}
    others: set[str] = set()
    for target in TARGETS:
        others |= _closure([r for r in wanted if r.name != "torch"], target, without_torch)[0]
    shared = set().union(
        *(
            _closure([r for r in packages["torch"].requires if r.marker is None], target, without_torch)[0]
            for target in TARGETS
        )
    )
    _write("lock-data.txt", _data())
    _write("lock-build.txt", [packages[name] for name in BUILD])
    _write("lock-torch.txt", [p for name, p in packages.items() if name not in others | shared])
    _write("lock.txt", [packages[name] for name in (others | shared) - set(BUILD)])


if __name__ == "__main__":
    main()
