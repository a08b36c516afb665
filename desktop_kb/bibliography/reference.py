"""What a bibliography says of one document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

_DOI: Final = re.compile(r"\b10\.\d{4,9}/[^\s\"<>{}|\\^`]+")
_YEAR: Final = re.compile(r"(?<!\d)(1[0-9]{3}|20[0-9]{2})(?!\d)")
#: Longer keywords are sentences.
_LONGEST_TAG: Final = 80


@dataclass(frozen=True, slots=True)
class Reference:
    """One entry.

    Attributes:
        title: '' if it has none.
        values: author ('Family, Given; Family, Given'), year, date, journal, doi and others, as they are kept with a
            document; none is ''.
        tags: its keywords.
        files: the paths that it names, as they are written, the likeliest reading of each first.
    """

    title: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    files: tuple[tuple[str, ...], ...] = ()

    @property
    def metadata(self) -> Mapping[str, str]:
        """What is kept with its document: the values, and the title where it has one."""
        return {**self.values, "title": self.title} if self.title else self.values

    @property
    def doi(self) -> str:
        """Its DOI, in small letters; '' if it has none."""
        return doi_in(self.values.get("doi", "")) or doi_in(self.values.get("url", ""))


def doi_in(text: str) -> str:
    """The first DOI in a text, in small letters, without what ends a sentence; '' if there is none."""
    found = _DOI.search(text)
    if found is None:
        return ""
    doi = found[0].rstrip(".,;:'")
    while doi.endswith(")") and doi.count(")") > doi.count("("):
        doi = doi[:-1].rstrip(".,;:'")
    return doi.lower()


def year_in(date: str) -> str:
    """The year of a date; '' if it names none."""
    found = _YEAR.search(date)
    return found[0] if found else ""


def keywords(lines: Iterable[str]) -> tuple[str, ...]:
    """The keywords in fields that part them by commas or semicolons."""
    found = (" ".join(word.split()) for line in lines for word in re.split(r"[,;，；]", line))
    return tuple(dict.fromkeys(word for word in found if word and len(word) <= _LONGEST_TAG))


def made(
    title: str, values: Mapping[str, str], tags: tuple[str, ...], files: Iterable[tuple[str, ...]]
) -> Reference:
    """A reference of what an entry says, without empty values."""
    kept = {key: " ".join(value.split()) for key, value in values.items() if value.strip()}
    if "year" not in kept and (year := year_in(kept.get("date", ""))):
        kept["year"] = year
    return Reference(" ".join(title.split()), kept, tags, tuple(files))
