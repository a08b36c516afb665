"""What Desktop KB knows of other programs' folders: Obsidian's vaults, Logseq's graphs, Zotero's storage.

Of each kind: which files in it are the program's own and are passed over, and what other files tell of one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from desktop_kb.bibliography import is_bibliography
from desktop_kb.kb.citing import citing
from desktop_kb.records import Cited, FolderKind, FollowedFolder, JobOptions
from desktop_kb.store import Store
from desktop_kb.store.zotero import references_of

#: Of Logseq's journals: 2024_01_15.md.
_JOURNAL: Final = re.compile(r"(\d{4})[_-](\d{2})[_-](\d{2})")
_DATABASE: Final = "zotero.sqlite"
#: Only the files of the items, not Zotero's database, styles and translators.
_ZOTERO: Final = ("/*", "!/storage/", "!/files/")


def kind_of(folder: Path) -> FolderKind:
    """Whose a folder is, by what is in it."""
    if (folder / ".obsidian").is_dir():
        return "obsidian"
    if (folder / "logseq").is_dir() and ((folder / "pages").is_dir() or (folder / "journals").is_dir()):
        return "logseq"
    zotero = folder.parent if folder.name == "storage" else folder
    return "zotero" if (zotero / _DATABASE).is_file() else "plain"


def passed_over(folder: FollowedFolder) -> tuple[str, ...]:
    """Patterns of the program's own files in a folder, as in `.gitignore` files."""
    root = Path(folder.path)
    if folder.kind == "obsidian":
        return ("/.obsidian/", "/.trash/", *_excluded(root / ".obsidian" / "app.json"))
    if folder.kind == "logseq":
        return ("/logseq/",)
    return _ZOTERO if folder.kind == "zotero" and (root / "storage").is_dir() else ()


def _excluded(settings: Path) -> list[str]:
    """The files that the person excludes in Obsidian ('Excluded files'); regular expressions are left to it."""
    try:
        listed = json.loads(settings.read_text(encoding="utf-8")).get("userIgnoreFilters") or []
    except (OSError, ValueError, AttributeError):  # none are set, or it is being written
        return []
    return [f"/{one}" for one in listed if isinstance(one, str) and one and not one.startswith("/")]


class Told:
    """What the programs of followed folders tell of the files in them, and what of it the library has been given.

    `read` comes before `of` for each folder.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._told: dict[FollowedFolder, Mapping[str, Cited]] = {}
        self._given: dict[str, Cited] = {}
        self._read: set[FollowedFolder] = set()  # all that is told there, once at least

    def is_by(self, folder: FollowedFolder, paths: Iterable[str]) -> bool:
        """Whether one of these files tells of others."""
        return folder.kind == "zotero" and any(
            Path(path).name == _DATABASE or is_bibliography(Path(path)) for path in paths
        )

    def of(self, folder: FollowedFolder, path: str) -> JobOptions:
        """What is told of a file that is read for the first time, besides what it says itself."""
        if folder.kind == "logseq":
            return _of_journal(path)
        cited = self._told[folder].get(path)
        if cited is not None:
            self._given[path] = cited
        return JobOptions(cited=cited)

    def read(self, folder: FollowedFolder) -> None:
        """Read what is told in a folder, and give what is new of it to documents that are known."""
        before: Mapping[str, Cited] = self._told.get(folder, {})
        told, is_all = before, True
        if folder.kind == "zotero":
            told, is_all = _of_zotero(Path(folder.path), self._store, before)
        is_first = folder not in self._read
        if is_all:
            self._read.add(folder)
        self._told[folder] = told
        if told == before:
            return
        files = (place for place in self._store.documents.places(folder.path) if not place.part)
        places = [place for place in files if place.path in told]
        known = self._store.documents.find(only=[place.document for place in places])
        has = {document.document: document.metadata.keys() for document in known}
        cited: list[tuple[str, Cited]] = []
        for place in places:
            now, was = told[place.path], self._given.get(place.path)
            # At the start it was told already if it is there: a tag that was taken away stays away.
            is_told = is_first and now.metadata.keys() - {"title"} <= has[place.document]
            if now != was and not is_told:
                cited.append((place.document, now))
            self._given[place.path] = now
        self._store.documents.cite(cited)


def _of_journal(path: str) -> JobOptions:
    """The day that a journal is of."""
    file = Path(path)
    found = _JOURNAL.fullmatch(file.stem) if file.parent.name == "journals" else None
    if found is None:
        return JobOptions()
    day = "-".join(found.groups())
    return JobOptions(metadata={"date": day, "title": day})


def _of_zotero(folder: Path, store: Store, before: Mapping[str, Cited]) -> tuple[Mapping[str, Cited], bool]:
    """By file what Zotero's database says, and of the others what bibliographies beside it say; and whether that is
    all. While it is being written what it said before counts."""
    folders = [folder, *([folder.parent] if folder.name == "storage" else [])]
    beside = [path for one in folders if one.is_dir() for path in one.iterdir()]
    said = citing(store, sorted(path for path in beside if is_bibliography(path))).files
    for database in (path for path in beside if path.name == _DATABASE):
        references = references_of(database)
        if references is None:
            return {**said, **before}, False
        for one in references:
            if one.metadata or one.tags:
                said[one.files[0][0]] = Cited(one.tags, one.metadata)
    return said, True
