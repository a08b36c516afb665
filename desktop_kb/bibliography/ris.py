"""Reads RIS, as Zotero, EndNote, Mendeley and publishers write it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from desktop_kb.bibliography.reference import Reference, keywords, made

_LINE: Final = re.compile(r"(?P<tag>[A-Z][A-Z0-9])  ?- ?(?P<value>.*)")
#: Where a value comes from: the first of these tags that is there.
_TAGS: Final[Mapping[str, tuple[str, ...]]] = {
    "citekey": ("ID",),
    "date": ("DA", "PY", "Y1"),
    "journal": ("JO", "JF", "T2", "JA"),
    "publisher": ("PB",),
    "volume": ("VL",),
    "number": ("IS",),
    "doi": ("DO",),
    "isbn": ("SN",),
    "url": ("UR",),
}


def read(text: str) -> list[Reference]:
    """The references of a .ris file."""
    found: list[Reference] = []
    entry: dict[str, list[str]] = {}
    last = ""
    for line in text.splitlines():
        match = _LINE.fullmatch(line.strip("\ufeff").rstrip())
        if match is None:
            if last and line.strip():  # a long value goes on
                entry[last][-1] += f" {line.strip()}"
            continue
        last = match["tag"]
        if last in ("TY", "ER"):
            if entry:
                found.append(_reference(entry))
            entry = {}
        entry.setdefault(last, []).append(match["value"].strip())
        if last == "ER":
            entry, last = {}, ""
    return [*found, _reference(entry)] if entry else found


def _reference(entry: Mapping[str, list[str]]) -> Reference:
    def first(*tags: str) -> str:
        return next((value for tag in tags for value in entry.get(tag, ()) if value), "")

    values = {name: first(*tags) for name, tags in _TAGS.items()}
    values["date"] = "-".join(
        part.zfill(2) for part in values["date"].split("/")[:3] if part.strip().isdecimal()
    )
    values["year"] = first("PY", "Y1", "DA")[:4].strip("/")
    names = [name for tag in ("AU", "A1", "A2") for name in entry.get(tag, ())]
    values["author"] = "; ".join(name.replace(";", ",") for name in names if name)
    begin, end = first("SP"), first("EP")
    values["pages"] = f"{begin}–{end}" if begin and end and begin != end else begin
    files = [
        (path,) for tag in ("L1", "L4") for value in entry.get(tag, ()) for path in value.split(";") if path
    ]
    return made(first("TI", "T1", "CT", "BT"), values, keywords(entry.get("KW", ())), files)
