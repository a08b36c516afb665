"""Hits as text to take along: Markdown, a table (CSV), or a bibliography (BibTeX)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from desktop_kb.files import write_whole
from desktop_kb.gui.citations import with_source
from desktop_kb.gui.search.said import cited, place
from desktop_kb.kb import KnowledgeBase
from desktop_kb.kb.sources import bibtex, page_of, source_of, year_of
from desktop_kb.records import Document, Hit

#: What a spreadsheet would take for a formula; a passage of a stranger's file is never one.
_FORMULA: Final = re.compile(r"[=+\-@\t\r]")
_COLUMNS: Final = ("rank", "title", "author", "year", "place", "page", "score", "weak", "path", "passage")

Documents = Mapping[str, Document]


def quoted(hit: Hit, documents: Documents, kb: KnowledgeBase) -> str:
    """A passage with its citation in the person's style, and a link back to it."""
    source = source_of(hit, documents.get(hit.document), page_of(hit))
    link = kb.link(hit.document, start=hit.start, end=hit.end)
    return with_source(hit.shown, source, kb.settings.citation, link)


def markdown(hits: Sequence[Hit], documents: Documents) -> str:
    """Each passage as a quotation, with its source below."""
    return "\n".join(
        "".join(f"> {line}\n" for line in hit.shown.splitlines()) + f"\n— {_source(hit, documents)}\n"
        for hit in hits
    )


def table(hits: Sequence[Hit], documents: Documents) -> str:
    """A row for each passage."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\r\n")
    rows.writerow(_COLUMNS)
    for hit in hits:
        page = hit.page_label or hit.page or ""
        year = year_of(hit, documents.get(hit.document))
        row = (hit.rank, hit.title, _author(hit, documents), year, " › ".join(hit.heading), page, hit.score,
               int(hit.weak), hit.location.shown, hit.shown)  # fmt: skip
        rows.writerow([_no_formula(cell) for cell in row])
    return written.getvalue()


def bibliography(hits: Sequence[Hit], documents: Documents) -> str:
    """An entry for each document, with the pages of its passages."""
    of_document: dict[str, list[Hit]] = {}
    for hit in hits:
        of_document.setdefault(hit.document, []).append(hit)
    keys = set[str]()
    entries = []
    for document, passages in of_document.items():
        pages = ", ".join(dict.fromkeys(filter(None, map(page_of, passages))))
        entries.append(bibtex(source_of(passages[0], documents.get(document), pages), keys))
    return "\n".join(entries)


#: How hits can be saved: by suffix the name in English, and what writes them.
WAYS: Final[Mapping[str, tuple[str, Callable[[Sequence[Hit], Documents], str]]]] = {
    ".md": ("Quotations (Markdown)", markdown),
    ".csv": ("Table (CSV)", table),
    ".bib": ("Bibliography (BibTeX)", bibliography),
}


def save(place: Path, hits: Sequence[Hit], documents: Documents) -> None:
    """Write hits in the way that the suffix of the file says, as quotations if it says none.

    Raises:
        OSError: it cannot be written.
    """
    _, write = WAYS.get(place.suffix, WAYS[".md"])
    # Without the mark at its beginning Excel misreads the Chinese of a table.
    write_whole(place, write(hits, documents).encode("utf-8-sig" if write is table else "utf-8"))


def _source(hit: Hit, documents: Documents) -> str:
    said = (_author(hit, documents), hit.title, place(hit), year_of(hit, documents.get(hit.document)))
    return ", ".join(filter(None, said)) if said[0] else ", ".join(filter(None, (cited(hit), said[3])))


def _author(hit: Hit, documents: Documents) -> str:
    document = documents.get(hit.document)
    return str(document.metadata.get("author", "")) if document else ""


def _no_formula(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell
