"""Citations of what a library holds: GB/T 7714-2015, APA (7th edition), BibTeX, or plain words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from desktop_kb.gui.translation import tr
from desktop_kb.kb.sources import Source, bibtex

_CHINESE: Final = re.compile(r"[\u2e80-\u9fff]")


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
