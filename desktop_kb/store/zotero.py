"""What Zotero's database says of the files in its storage.

Zotero holds it locked for as long as it runs. It is opened as a file that nobody writes (`immutable`), so that no lock
is asked for and no byte is written beside it; what was read counts only if the file was the same before and after.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Final

import apsw

from desktop_kb.bibliography import Reference
from desktop_kb.bibliography.reference import made
from desktop_kb.errors import StorageProblem
from desktop_kb.store.connection import connect

#: Its fields, or those that they stand for in an item's type ('caseName' is a title), by the names that we keep.
_KEPT: Final[Mapping[str, str]] = {
    "title": "title",
    "date": "date",
    "publicationTitle": "journal",
    "bookTitle": "booktitle",
    "proceedingsTitle": "booktitle",
    "publisher": "publisher",
    "volume": "volume",
    "issue": "number",
    "pages": "pages",
    "DOI": "doi",
    "ISBN": "isbn",
    "url": "url",
}
#: How the path of a file in its storage begins.
_STORED: Final = "storage:"
_ATTACHED: Final = "select coalesce(parentItemID, itemID) from itemAttachments where path is not null"
_FIELDS: Final = f"""
select itemID, own.fieldName, base.fieldName, value from itemData
join items using (itemID) join itemDataValues using (valueID) join fields own using (fieldID)
left join baseFieldMappings on baseFieldMappings.itemTypeID = items.itemTypeID
  and baseFieldMappings.fieldID = itemData.fieldID
left join fields base on base.fieldID = baseFieldID
where itemID in ({_ATTACHED})"""
_CREATORS: Final = f"""
select itemID, creatorType, firstName, lastName from itemCreators
join creators using (creatorID) join creatorTypes using (creatorTypeID)
where itemID in ({_ATTACHED}) order by itemID, orderIndex"""
_TAGS: Final = "select itemID, name from itemTags join tags using (tagID) order by itemID, name"
_FILES: Final = """
select itemID, parentItemID, key, path from itemAttachments join items using (itemID) where path is not null"""


def references_of(database: Path) -> list[Reference] | None:
    """What it says of each file in its storage, which is beside it: of the item that the file belongs to. None where it
    cannot be told: it is not there, it is being written, or it is none of a Zotero that is known (5 and later)."""
    try:
        before = _state(database)
        if _is_half_written(database):
            return None
        with contextlib.closing(connect(database, immutable=True)) as connection:
            found = list(_references(connection, database.parent / "storage"))
        return found if _state(database) == before else None
    except (OSError, StorageProblem, apsw.Error):
        return None


def _state(database: Path) -> tuple[int, int]:
    status = database.stat()
    return status.st_size, status.st_mtime_ns


def _is_half_written(database: Path) -> bool:
    """Whether a transaction is being written, or broke off: then its journal begins with something
    (https://www.sqlite.org/fileformat.html#the_rollback_journal)."""
    try:
        with database.with_name(f"{database.name}-journal").open("rb") as journal:
            return any(journal.read(8))
    except FileNotFoundError:
        return False


def _references(connection: apsw.Connection, storage: Path) -> Iterator[Reference]:
    values: dict[int, dict[str, str]] = {}
    for item, own, base, value in connection.execute(_FIELDS):
        if name := _KEPT.get(own) or _KEPT.get(base):
            values.setdefault(item, {})[name] = _date(str(value)) if name == "date" else str(value)
    for item, names in _names(connection).items():
        values.setdefault(item, {})["author"] = "; ".join(names)
    tags: dict[int, list[str]] = {}
    for item, name in connection.execute(_TAGS):
        tags.setdefault(item, []).append(" ".join(str(name).split()))
    for item, parent, key, path in connection.execute(_FILES):
        name = str(path).removeprefix(_STORED)
        if not str(path).startswith(_STORED) or not name or Path(name).name != name:
            continue
        said = dict(values.get(parent, {}))
        title = re.sub(r"</?[a-z][^>]*>", "", said.pop("title", ""))
        words = dict.fromkeys([*tags.get(parent, ()), *tags.get(item, ())])
        yield made(title, said, tuple(words), [(str(storage / str(key) / name),)])


def _names(connection: apsw.Connection) -> dict[int, list[str]]:
    """The authors of each item; where it has none its editors, or else who made it."""
    kinds: dict[int, dict[str, list[str]]] = {}
    for item, kind, first, last in connection.execute(_CREATORS):
        parts = [str(part).strip() for part in (last, first) if part]
        chinese = any(ord(sign) >= 0x2E80 for part in parts for sign in part)
        name = ("" if chinese else ", ").join(filter(None, parts))
        kinds.setdefault(item, {}).setdefault(str(kind), []).append(name)
    return {
        item: by_kind.get("author") or by_kind.get("editor") or list(chain.from_iterable(by_kind.values()))
        for item, by_kind in kinds.items()
    }


def _date(value: str) -> str:
    """A date as it is sorted, which Zotero keeps before the words it was written in: '1967-05-00 May 1967'."""
    sorted_as, _, written = value.partition(" ")
    parts = sorted_as.split("-")
    if len(parts) != 3 or not sorted_as.replace("-", "").isdecimal():
        return value
    known = [part for part in parts if part.strip("0")]
    return "-".join(known) if known and parts[0] in known else written
