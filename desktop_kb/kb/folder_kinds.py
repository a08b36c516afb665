"""What Desktop KB knows of other programs' folders: Obsidian's vaults, Logseq's graphs, Zotero's storage.

Of each kind: which files in it are the program's own and are passed over, and what other files tell of one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from desktop_kb.bibliography import is_bibliography
from desktop_kb.kb.citing import citing
from desktop_kb.records import FolderKind, FollowedFolder, JobOptions
from desktop_kb.store import Store

#: What is told of a file, by its path, besides what it says itself.
Telling = Callable[[str], JobOptions]
#: Of Logseq's journals: 2024_01_15.md.
_JOURNAL: Final = re.compile(r"(\d{4})[_-](\d{2})[_-](\d{2})")
#: Only the files of the items, not Zotero's database, styles and translators.
_ZOTERO: Final = ("/*", "!/storage/", "!/files/")


def kind_of(folder: Path) -> FolderKind:
    """Whose a folder is, by what is in it."""
    if (folder / ".obsidian").is_dir():
        return "obsidian"
    if (folder / "logseq").is_dir() and ((folder / "pages").is_dir() or (folder / "journals").is_dir()):
        return "logseq"
    zotero = folder.parent if folder.name == "storage" else folder
    return "zotero" if (zotero / "zotero.sqlite").is_file() else "plain"


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


def told_in(folder: FollowedFolder, store: Store) -> Telling:
    """What is told in a folder, read now."""
    if folder.kind == "logseq":
        return _of_journal
    if folder.kind == "zotero":
        said = citing(store, _bibliographies(Path(folder.path))).files
        return lambda path: JobOptions(cited=said.get(path))
    return lambda path: JobOptions()


def _of_journal(path: str) -> JobOptions:
    """The day that a journal is of."""
    file = Path(path)
    found = _JOURNAL.fullmatch(file.stem) if file.parent.name == "journals" else None
    if found is None:
        return JobOptions()
    day = "-".join(found.groups())
    return JobOptions(metadata={"date": day, "title": day})


def _bibliographies(folder: Path) -> list[Path]:
    """Those beside Zotero's storage. Its own database is not read: it is locked while Zotero runs."""
    folders = [folder, *([folder.parent] if folder.name == "storage" else [])]
    found = [path for one in folders if one.is_dir() for path in one.iterdir()]
    return sorted(path for path in found if is_bibliography(path))
