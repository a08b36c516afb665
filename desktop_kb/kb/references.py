"""What a folder's bibliographies tell of the files in it.

Zotero's own database is not read: it is locked while Zotero runs. Its exports are, as Better BibTeX keeps them up to
date (https://retorque.re/zotero-better-bibtex/exporting/auto/).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from desktop_kb.bibliography import Reference, is_bibliography, references_in, shown


def references_of(folder: Path) -> Mapping[str, Reference]:
    """The references in the files of a folder and, of Zotero's 'storage', of the one above it; by 'FOLDER/NAME' of the
    files that they name, and by NAME where one item only has it."""
    found: dict[str, Reference] = {}
    twice: set[str] = set()
    for reference in _references(folder):
        for readings in reference.files:
            path = PurePosixPath(shown(readings).replace("\\", "/"))
            found[f"{path.parent.name}/{path.name}"] = reference
            if found.setdefault(path.name, reference) != reference:
                twice.add(path.name)
    return {name: one for name, one in found.items() if name not in twice}


def _references(folder: Path) -> Iterator[Reference]:
    """Those of all its bibliographies, without one that cannot be read now."""
    folders = [folder, *([folder.parent] if folder.name == "storage" else [])]
    for path in sorted(path for one in folders if one.is_dir() for path in one.iterdir()):
        if is_bibliography(path):
            try:
                yield from references_in(path)
            except OSError:  # it is being written, which is told
                continue
