"""The source of a document, as citations name it, and as an entry of a .bib file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from desktop_kb.formats import shown_as
from desktop_kb.records import Document, Hit

#: Between authors, as files and people write them.
_BETWEEN: Final = re.compile(r"\s*[;；、&]\s*|\s+and\s+", re.IGNORECASE)
_CHINESE: Final = re.compile(r"[\u2e80-\u9fff]")
#: Where values that say where a text was published stand in a document's metadata.
_JOURNAL: Final = ("journal", "journaltitle", "container-title", "publication")
_KEY: Final = re.compile(r"[^\s,{}\"#%~\\=']+")
_BIBTEX: Final = str.maketrans({sign: f"\\{sign}" for sign in "&%$#_{}"} | {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\n": " ",
})  # fmt: skip


class Author(NamedTuple):
    """A name in its parts; a Chinese one, and an organization's, is all `family`."""

    family: str
    given: str = ""

    @property
    def initials(self) -> list[str]:
        """The first letters of the given names."""
        return [part[0].upper() for part in re.split(r"[\s.\-]+", self.given) if part]


@dataclass(frozen=True, slots=True)
class Source:
    """What a citation says of a passage's document; '' where it is not known."""

    title: str
    authors: tuple[Author, ...] = ()
    year: str = ""
    page: str = ""
    journal: str = ""
    publisher: str = ""
    url: str = ""
    kind: str = ""  # the group of its format
    path: str = ""
    key: str = ""  # that it has in a bibliography
    more: Mapping[str, str] = field(default_factory=dict)  # further fields of BibTeX


def source_of(shown: Document | Hit, document: Document | None, page: str = "") -> Source:
    """The source of a document, or of a passage of it.

    Args:
        document: what the library knows of it; None if it is not loaded.
    """
    about = dict(document.metadata) if document is not None else {}
    journal = next((str(about[key]) for key in _JOURNAL if about.get(key)), "")
    return Source(
        shown.title,
        authors_of(str(about.get("author", ""))),
        year_of(shown, document),
        page,
        journal,
        str(about.get("publisher", "")),
        str(about.get("url", about.get("source", ""))),
        shown_as(shown.type).group,
        shown.path,
        str(about.get("citekey", "")),
        {
            name: str(about[name])
            for name in ("booktitle", "volume", "number", "pages", "doi", "isbn")
            if about.get(name)
        },
    )


def year_of(shown: Document | Hit, document: Document | None) -> str:
    """The year that a person gave a document, or that of its date; '' if neither is known."""
    given = str(document.metadata.get("year", "")) if document is not None else ""
    return given or (shown.date or "")[:4]


def page_of(hit: Hit) -> str:
    """The printed number of a hit's page; '' without pages."""
    return hit.page_label or str(hit.page) if hit.page is not None else ""


def authors_of(written: str) -> tuple[Author, ...]:
    """The authors in a value such as 'Ada Lovelace; Turing, Alan' or '林语堂、老舍'."""
    pieces = [piece.strip() for piece in _BETWEEN.split(written) if piece.strip()]
    if len(pieces) == 1:
        commas = [piece.strip() for piece in re.split("[,，]", pieces[0]) if piece.strip()]
        # One name: 'Lovelace, Ada', 'de la Cruz, Mary Ann'; two: 'Ada Lovelace, Alan Turing', '林语堂, 老舍'.
        several = all(" " in piece or _CHINESE.search(piece) for piece in commas)
        if len(commas) > 1 and several and not commas[0][0].islower():
            pieces = commas
    return tuple(map(_author, pieces))


def _author(name: str) -> Author:
    if _CHINESE.search(name):
        return Author(name)
    family, comma, given = name.partition(",")
    if comma:
        return Author(family.strip(), given.strip())
    words = name.split()
    return Author(words[-1], " ".join(words[:-1]))


def bibtex(source: Source, taken: set[str] | None = None) -> str:
    """An entry of a .bib file; its key is none of `taken`, which it joins."""
    taken = set() if taken is None else taken
    values = {
        "title": _escaped(source.title),
        "author": " and ".join(map(_in_bibtex, source.authors)),
        "year": _escaped(source.year),
        "journal": _escaped(source.journal),
        "publisher": _escaped(source.publisher),
        **{name: _escaped(value) for name, value in source.more.items()},
        "url": _escaped(source.url),
        "file": re.sub(
            r"([\\:;{}])", r"\\\1", source.path
        ),  # as Zotero and JabRef do: ':' and ';' part its values
    }
    if source.page:
        values["pages"] = _escaped(source.page)
    fields = [f"  {name} = {{{value}}}" for name, value in values.items() if value]
    return f"@{_kind(source)}{{{_key(source, taken)},\n" + ",\n".join(fields) + "\n}\n"


def _kind(source: Source) -> str:
    if source.journal:
        return "article"
    if "booktitle" in source.more:
        return "inproceedings"
    return "book" if source.kind == "book" or "isbn" in source.more else "misc"


def _escaped(text: str) -> str:
    return text.translate(_BIBTEX)


def _in_bibtex(author: Author) -> str:
    """The name of an organization is in braces, or its words would be taken for names."""
    family, given = map(_escaped, author)
    if given:
        return f"{family}, {given}"
    return f"{{{family}}}" if " " in family else family


def _key(source: Source, taken: set[str]) -> str:
    """The key that it has, or one of the first author, the year and the first word of the title."""
    words = re.findall(r"\w+", source.title)
    first = source.authors[0].family.split()[-1:] if source.authors else []
    stem = re.sub(r"\W", "", "".join((*first, source.year, *words[:1]))).lower() or "document"
    if _KEY.fullmatch(source.key):
        stem = source.key
    key, number = stem, 2
    while key in taken:
        key, number = f"{stem}-{number}", number + 1
    taken.add(key)
    return key
