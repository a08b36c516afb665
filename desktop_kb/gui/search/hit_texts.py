"""Hits as text to take along: Markdown, a table (CSV), or a bibliography (BibTeX)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from desktop_kb.files import write_whole
from desktop_kb.gui.search.said import cited, place
from desktop_kb.records import Document, Hit

#: What a spreadsheet would take for a formula; a passage of a stranger's file is never one.
_FORMULA: Final = re.compile(r"[=+\-@\t\r]")
_COLUMNS: Final = ("rank", "title", "author", "year", "place", "page", "score", "weak", "path", "passage")
_BIBTEX: Final = str.maketrans({sign: f"\\{sign}" for sign in "&%$#_{}"} | {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\n": " ",
})  # fmt: skip

Documents = Mapping[str, Document]


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
        row = (hit.rank, hit.title, _author(hit, documents), _year(hit, documents), " › ".join(hit.heading), page,
               hit.score, int(hit.weak), hit.location.shown, hit.shown)  # fmt: skip
        rows.writerow([_no_formula(cell) for cell in row])
    return written.getvalue()


def bibliography(hits: Sequence[Hit], documents: Documents) -> str:
    """An entry for each document, with the pages of its passages."""
    of_document: dict[str, list[Hit]] = {}
    for hit in hits:
        of_document.setdefault(hit.document, []).append(hit)
    entries, keys = [], set[str]()
    for passages in of_document.values():
        first = passages[0]
        pages = dict.fromkeys(str(hit.page_label or hit.page) for hit in passages if hit.page is not None)
        values = {
            "title": first.title,
            "author": re.sub(r"\s*[;；、]\s*", " and ", _author(first, documents)),
            "year": _year(first, documents),
            "pages": ", ".join(pages),
            "file": first.path,
        }
        fields = [f"  {name} = {{{value.translate(_BIBTEX)}}}" for name, value in values.items() if value]
        key = _key(values, keys)
        entries.append(f"@misc{{{key},\n" + ",\n".join(fields) + "\n}\n")
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
    said = (_author(hit, documents), hit.title, place(hit), _year(hit, documents))
    return ", ".join(filter(None, said)) if said[0] else ", ".join(filter(None, (cited(hit), said[3])))


def _author(hit: Hit, documents: Documents) -> str:
    document = documents.get(hit.document)
    return str(document.metadata.get("author", "")) if document else ""


def _year(hit: Hit, documents: Documents) -> str:
    document = documents.get(hit.document)
    year = str(document.metadata.get("year", "")) if document else ""
    return year or (hit.date or "")[:4]


def _no_formula(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def _key(values: Mapping[str, str], taken: set[str]) -> str:
    """A key of the first author, the year and the first word of the title, once in the file."""
    author = re.split(r"[,;，；、]| and ", values["author"])[0].split()
    words = re.findall(r"\w+", values["title"])
    parts = (author[-1] if author else "", values["year"], words[0] if words else "")
    stem = re.sub(r"\W", "", "".join(parts)).lower() or "document"
    key, number = stem, 2
    while key in taken:
        key, number = f"{stem}-{number}", number + 1
    taken.add(key)
    return key
