"""What BibTeX and RIS files tell of the files they name: title, authors, year and keywords.

Zotero's own database is not read: it is locked while Zotero runs. Its exports are, as Better BibTeX keeps them up to
date (https://retorque.re/zotero-better-bibtex/exporting/auto/): `file = {Full Text:/…/storage/AB12CD34/Bees.pdf:…}`;
of RIS (https://en.wikipedia.org/wiki/RIS_(file_format)) the tags TI, T1, AU, A1, PY, Y1, KW, DO, L1 and L4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from desktop_kb.records import Value

_SUFFIXES: Final = (".bib", ".bibtex", ".ris")
#: Larger files are no person's references.
_LARGEST: Final = 64 * 2**20
_ENTRY: Final = re.compile(r"@\s*(\w+)\s*[{(]")
_FIELD: Final = re.compile(r"\s*,?\s*([A-Za-z][\w-]*)\s*=\s*")
_JOINED: Final = re.compile(r"\s*#\s*")
_BARE: Final = re.compile(r"[^,}\s]*")
_BRACE: Final = re.compile(r"\\.|[{}]", re.DOTALL)
_RIS: Final = re.compile(r"^([A-Z][A-Z0-9])  - ?(.*)$")
_YEAR: Final = re.compile(r"\b(1[5-9]\d\d|20\d\d)\b")
_COMMAND: Final = re.compile(r"\\[a-zA-Z]+\s*|[{}]|\\(?=[&%$#_])")
_FILE: Final = re.compile(r"(?<!\\);")


@dataclass(frozen=True, slots=True)
class Reference:
    """An item of a bibliography: its keywords, and title, author and year as values of a document."""

    tags: tuple[str, ...]
    values: Mapping[str, Value]


def is_source(path: str) -> bool:
    """Whether a file has references, by its name."""
    return path.lower().endswith(_SUFFIXES)


def references_of(folder: Path) -> Mapping[str, Reference]:
    """The references in the files of a folder and, of Zotero's 'storage', of the one above it; by 'FOLDER/NAME' of the
    files that they name, and by NAME where one item only has it."""
    found: dict[str, Reference] = {}
    twice: set[str] = set()
    for source in _sources(folder):
        for paths, reference in _read(source):
            for path in paths:
                below = PurePosixPath(path.replace("\\", "/"))
                found[f"{below.parent.name}/{below.name}"] = reference
                if found.setdefault(below.name, reference) != reference:
                    twice.add(below.name)
    return {name: one for name, one in found.items() if name not in twice}


def _sources(folder: Path) -> list[Path]:
    folders = [folder, *([folder.parent] if folder.name == "storage" else [])]
    found = [path for one in folders if one.is_dir() for path in one.iterdir()]
    return sorted(path for path in found if is_source(path.name) and path.is_file())


def _read(source: Path) -> Iterator[tuple[Sequence[str], Reference]]:
    """The items of a file with the paths that they name; none of one that cannot be read now."""
    try:
        if source.stat().st_size > _LARGEST:
            return
        text = source.read_bytes().decode("utf-8-sig", "replace")
    except OSError:
        return
    items = _ris(text) if source.suffix.lower() == ".ris" else _bibtex(text)
    for fields in items:
        if paths := fields.get("file", []):
            yield paths, _reference(fields)


def _reference(fields: Mapping[str, Sequence[str]]) -> Reference:
    values: dict[str, Value] = {}
    if title := next(filter(None, fields.get("title", ())), ""):
        values["title"] = title
    if authors := fields.get("author"):
        values["author"] = "; ".join(authors)
    if year := _YEAR.search(" ".join(fields.get("year", ()))):
        values["year"] = int(year[1])
    if doi := fields.get("doi"):
        values["doi"] = doi[0]
    return Reference(tuple(dict.fromkeys(filter(None, fields.get("tags", ())))), values)


# --- BibTeX


def _bibtex(text: str) -> Iterator[Mapping[str, Sequence[str]]]:
    for entry in _ENTRY.finditer(text):
        if entry[1].lower() in ("comment", "string", "preamble"):
            continue
        comma = text.find(",", entry.end())
        fields = dict(_fields(text, comma)) if comma > 0 else {}
        year = fields.get("year") or fields.get("date", "")
        yield {
            "title": [_plain(fields.get("title", ""))],
            "author": [_name(one) for one in re.split(r"\s+and\s+", fields.get("author", "")) if one.strip()],
            "year": [year],
            "doi": [fields["doi"]] if fields.get("doi") else [],
            "tags": [_plain(one) for one in re.split("[,;]", fields.get("keywords", ""))],
            "file": [path for one in _FILE.split(fields.get("file", "")) if (path := _path(one))],
        }


def _fields(text: str, at: int) -> Iterator[tuple[str, str]]:
    """Names and values of an entry from its first comma on."""
    while (found := _FIELD.match(text, at)) is not None:
        value, at = _value(text, found.end())
        while (joined := _JOINED.match(text, at)) is not None:
            more, at = _value(text, joined.end())
            value += more
        yield found[1].lower(), value


def _value(text: str, at: int) -> tuple[str, int]:
    """A value in braces or quotes, or a bare one, and where it ends."""
    if at < len(text) and text[at] == '"':
        end = text.find('"', at + 1)
        return (text[at + 1 : end], end + 1) if end > 0 else ("", len(text))
    if at >= len(text) or text[at] != "{":
        bare = _BARE.match(text, at)
        return (bare[0], bare.end()) if bare else ("", len(text))
    depth = 0
    for brace in _BRACE.finditer(text, at):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if not depth:
            return text[at + 1 : brace.start()], brace.end()
    return "", len(text)


def _plain(text: str) -> str:
    return " ".join(_COMMAND.sub("", text).split())


def _name(author: str) -> str:
    """'Frisch, Karl von' as people write it."""
    family, comma, given = _plain(author).partition(",")
    return f"{given.strip()} {family.strip()}" if comma else family


def _path(entry: str) -> str:
    """The path in 'Title:path:mimetype' or a bare one; Windows' drive letter has an escaped colon."""
    fields = [one.replace("\\:", ":").replace("\\\\", "\\") for one in re.split(r"(?<!\\):", entry.strip())]
    return fields[1] if len(fields) >= 3 else entry.strip()


# --- RIS


def _ris(text: str) -> Iterator[Mapping[str, Sequence[str]]]:
    names = {
        **{"TI": "title", "T1": "title", "AU": "author", "A1": "author", "PY": "year", "Y1": "year"},
        **{"KW": "tags", "DO": "doi", "L1": "file", "L4": "file"},
    }
    fields: dict[str, list[str]] = {}
    for line in text.splitlines():
        if (found := _RIS.match(line)) is None:
            continue
        tag, value = found[1], found[2].strip()
        if tag == "ER":
            yield fields
            fields = {}
        elif tag in names and value:
            fields.setdefault(names[tag], []).append(_name(value) if tag in ("AU", "A1") else value)
