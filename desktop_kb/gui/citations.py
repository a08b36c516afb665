"""Citations of what a library holds: GB/T 7714-2015, APA (7th edition), BibTeX, or plain words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from desktop_kb.formats import shown_as
from desktop_kb.gui.translation import tr
from desktop_kb.records import Document, Hit

#: Between authors, as files and people write them.
_BETWEEN: Final = re.compile(r"\s*[;；、&]\s*|\s+and\s+", re.IGNORECASE)
_CHINESE: Final = re.compile(r"[\u2e80-\u9fff]")
#: Where values that say where a text was published stand in a document's metadata.
_JOURNAL: Final = ("journal", "journaltitle", "container-title", "publication")
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
        # 'Lovelace, Ada' is one name; 'Ada Lovelace, Alan Turing' and '林语堂, 老舍' are two.
        if len(commas) > 1 and all(" " in piece or _CHINESE.search(piece) for piece in commas):
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


# --- the styles


def plain(source: Source) -> str:
    """'Author, title, page, year' in the window's language."""
    page = tr("page {page}", page=source.page) if source.page else ""
    names = ", ".join(" ".join(filter(None, (one.given, one.family))) for one in source.authors)
    return ", ".join(filter(None, (names, source.title, page, source.year)))


def gbt7714(source: Source) -> str:
    """GB/T 7714-2015: 'LOVELACE A, TURING A. Title[J]. Journal, 1950: 3.'; of more than three authors the first
    three."""
    chinese = bool(_CHINESE.search(source.title))
    names = [
        one.family if _CHINESE.search(one.family) else " ".join((one.family.upper(), *one.initials))
        for one in source.authors[:3]
    ]
    if len(source.authors) > 3:
        names.append("等" if chinese else "et al")
    where = ", ".join(filter(None, (source.journal or source.publisher, source.year)))
    if source.page:
        where = f"{where}: {source.page}" if where else source.page
    parts = [", ".join(names), f"{source.title}[{_mark(source)}]", where, source.url]
    return ". ".join(part.rstrip(".") for part in parts if part) + "."


def _mark(source: Source) -> str:
    """What kind of document GB/T 7714 says that it is."""
    if source.journal:
        return "J"
    if source.kind == "book" or source.publisher:
        return "M"
    return "EB/OL" if source.kind == "web" else "Z"


def apa(source: Source) -> str:
    """APA: 'Lovelace, A., & Turing, A. (1950). Title. Journal (p. 3).'"""
    names = [
        f"{one.family}, {' '.join(f'{initial}.' for initial in one.initials)}" if one.given else one.family
        for one in source.authors
    ]
    if len(names) > 20:
        names = [*names[:19], f"… {names[-1]}"]
    elif len(names) > 1:
        names[-1] = f"& {names[-1]}"
    date = f"({source.year or 'n.d.'})"
    page = f" (p. {source.page})" if source.page else ""
    head = f"{', '.join(names)} {date}" if names else ""
    where = source.journal or source.publisher
    parts = [head, f"{source.title}{'' if where else page}", f"{where}{page}" if where else "", source.url]
    said = ". ".join(part.rstrip(".") for part in parts if part)
    return f"{said}." if names else f"{said}. {date}."


def bibtex(source: Source, taken: set[str] | None = None) -> str:
    """An entry of a .bib file; its key is none of `taken`, which it joins."""
    taken = set() if taken is None else taken
    values = {
        "title": _escaped(source.title),
        "author": " and ".join(map(_in_bibtex, source.authors)),
        "year": _escaped(source.year),
        "journal": _escaped(source.journal),
        "publisher": _escaped(source.publisher),
        "pages": _escaped(source.page),
        "url": _escaped(source.url),
        "file": _escaped(source.path),
    }
    kind = "article" if source.journal else "book" if source.kind == "book" else "misc"
    fields = [f"  {name} = {{{value}}}" for name, value in values.items() if value]
    return f"@{kind}{{{_key(source, taken)},\n" + ",\n".join(fields) + "\n}\n"


def _escaped(text: str) -> str:
    return text.translate(_BIBTEX)


def _in_bibtex(author: Author) -> str:
    """The name of an organization is in braces, or its words would be taken for names."""
    family, given = map(_escaped, author)
    if given:
        return f"{family}, {given}"
    return f"{{{family}}}" if " " in family else family


def _key(source: Source, taken: set[str]) -> str:
    """A key of the first author, the year and the first word of the title."""
    words = re.findall(r"\w+", source.title)
    first = source.authors[0].family.split()[-1:] if source.authors else []
    stem = re.sub(r"\W", "", "".join((*first, source.year, *words[:1]))).lower() or "document"
    key, number = stem, 2
    while key in taken:
        key, number = f"{stem}-{number}", number + 1
    taken.add(key)
    return key


#: The styles, as the setting `citation` names them.
STYLES: Final[Mapping[str, Callable[[Source], str]]] = {
    "plain": plain,
    "gbt7714": gbt7714,
    "apa": apa,
    "bibtex": bibtex,
}


def with_source(passage: str, source: Source, style: str, link: str) -> str:
    """A passage with its citation and a link back to it, to be pasted anywhere."""
    return f"{passage.strip()}\n\n— {STYLES[style](source).strip()}\n{link}"


def as_note(passage: str, source: Source, style: str, link: str) -> str:
    """A passage as a quotation of a note: its words, its citation, and a link back to it."""
    quoted = "\n".join(f"> {line}".rstrip() for line in passage.strip().splitlines())
    cited = STYLES["plain" if style == "bibtex" else style](source).strip()
    return f"{quoted}\n\n— [{cited.replace('[', chr(92) + '[').replace(']', chr(92) + ']')}]({link})\n"
