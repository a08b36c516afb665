"""Bibliographies: what BibTeX, RIS and CSL JSON files say of documents, and which files they name.

Read without a library for it: bibtexparser needs pyparsing and is being written anew, pybtex brings YAML and a TeX
codec, and none reads all three. What cannot be read is counted, never raised: one broken entry loses no other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from desktop_kb.bibliography import bibtex, csl, ris
from desktop_kb.bibliography.named import file_named, shown
from desktop_kb.bibliography.reference import Reference, doi_in

__all__ = ["Reference", "doi_in", "file_named", "is_bibliography", "references_in", "shown"]

#: Larger ones are no bibliography: Zotero writes about 2 KB an entry.
_MOST_BYTES: Final = 256 * 2**20
_READERS: Final[Mapping[str, Callable[[str], list[Reference]]]] = {
    ".bib": bibtex.read,
    ".ris": ris.read,
    ".json": csl.read,
}


def is_bibliography(path: Path) -> bool:
    """Whether a file is a list of references; of a JSON file its beginning tells."""
    suffix = path.suffix.lower()
    if suffix != ".json":
        return suffix in _READERS and path.is_file()
    try:
        with path.open("rb") as file:
            return csl.begins(file.read(65_536).decode("utf-8-sig", "replace"))
    except OSError:
        return False


def references_in(path: Path) -> list[Reference]:
    """The references of a file, in its order.

    Raises:
        OSError: it cannot be read.
    """
    if path.stat().st_size > _MOST_BYTES:
        return []
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    return _READERS[path.suffix.lower()](text)
