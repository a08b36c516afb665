"""Which documents a bibliography speaks of: the files that it names, and documents with the same DOI or title."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

from desktop_kb.bibliography import Reference, doi_in, file_named, references_in, shown
from desktop_kb.errors import Problem, reason_of
from desktop_kb.files import as_spelled
from desktop_kb.kb.originals import report_of
from desktop_kb.language import bare
from desktop_kb.records import Cited, FileReport
from desktop_kb.store import Store

#: What they end with, beside CSL's JSON.
BIBLIOGRAPHIES: Final = (".bib", ".ris")
#: A paper has its own DOI on its first page; those that it cites come later.
_HEAD: Final = 3_000
#: In so many of its first lines, and letters, a text may say its title.
_FIRST_LINES, _BEGINNING = 6, 600
#: A shorter title may be that of several texts.
_LONG_TITLE: Final = 18


@dataclass(slots=True)
class Citing:
    """What bibliographies say: of files, by path, and of documents in the library, by id; and reports of the rest."""

    files: dict[str, Cited] = field(default_factory=dict)
    documents: dict[str, Cited] = field(default_factory=dict)
    reports: list[FileReport] = field(default_factory=list)


def citing(store: Store, bibliographies: Iterable[Path]) -> Citing:
    """Read these bibliographies, and find what they speak of."""
    found = Citing()
    known: _Known | None = None
    for path in bibliographies:
        try:
            references = references_in(path)
        except OSError as error:
            problem = Problem("io-error", path=str(path), reason=reason_of(error))
            found.reports.append(report_of(str(path), "failed", problem))
            continue
        if not references:
            found.reports.append(report_of(str(path), "failed", Problem("no-references", path=str(path))))
            continue
        known = known or _Known(store)
        titles = Counter(bare(reference.title) for reference in references)
        files, matched, left = 0, 0, 0
        for reference in references:
            cited = Cited(reference.tags, reference.metadata)
            here, missing = _files(store, reference, path.parent, found, cited)
            files += here
            if not here and (id := known.same(reference, titles)) is not None:
                found.documents.setdefault(id, cited)
                matched += 1
            elif not here:
                left += 1
                found.reports += [
                    report_of(name, "skipped", Problem("no-such-file", path=name)) for name in missing
                ]
        told = Problem(
            "references", path=str(path), count=len(references), files=files, known=matched, left=left
        )
        found.reports.append(report_of(str(path), "skipped", told))
    return found


def _files(
    store: Store, reference: Reference, folder: Path, found: Citing, cited: Cited
) -> tuple[bool, list[str]]:
    """Whether a file that the reference names is there, or its document; and those that are not."""
    here, missing = False, []
    for readings in reference.files:
        path = file_named(readings, folder)
        if path is not None:
            found.files.setdefault(str(as_spelled(path)), cited)
            here = True
        elif (place := store.documents.place(shown(readings))) is not None:
            found.documents.setdefault(place.document, cited)
            here = True
        else:
            missing.append(shown(readings))
    return here, missing


class _Known:
    """The library's documents by DOI and by title, where that is of one document and of one reference only."""

    def __init__(self, store: Store) -> None:
        heads = store.documents.heads(_HEAD)
        self._dois = _single((doi_in(head), id) for id, _, head in heads)
        self._titles = _single(
            (bare(one), id) for id, title, head in heads for one in (title, *_first_lines(head))
        )

    def same(self, reference: Reference, titles: Mapping[str, int]) -> str | None:
        """The document that a reference surely speaks of.

        Args:
            titles: how many references have which title.
        """
        if reference.doi and (id := self._dois.get(reference.doi)) is not None:
            return id
        title = bare(reference.title)
        letters = sum(3 if ord(sign) >= 0x2E80 else 1 for sign in title)  # a Chinese one says as much
        return self._titles.get(title) if letters >= _LONG_TITLE and titles[title] == 1 else None


def _first_lines(text: str) -> Iterator[str]:
    """What a text begins with, its title perhaps, which may go over two lines."""
    lines = [line.strip().lstrip("#").strip() for line in text[:_BEGINNING].splitlines()]
    lines = [line for line in lines if line][:_FIRST_LINES]
    yield from lines
    yield from (" ".join(two) for two in pairwise(lines))


def _single(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """The ids by key, of keys that are one document's."""
    found: dict[str, str] = {}
    several: set[str] = set()
    for key, id in pairs:
        if found.setdefault(key, id) != id:
            several.add(key)
    return {key: id for key, id in found.items() if key and key not in several}
