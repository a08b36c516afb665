"""A library as plain files that any other program reads.

    DIR/files/           every document as its owner knows it: the file, under its own name
    DIR/text/            what was read of it, UTF-8
    DIR/documents.json   titles, tags, metadata, places, and which file is which
    DIR/documents.csv    the same as a table

Names are made safe for every system: nothing in a name can lead out of the folder.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from desktop_kb.errors import StorageProblem, reason_of
from desktop_kb.files import sha256
from desktop_kb.records import Document
from desktop_kb.store import Store

#: Bytes of a name; file systems take 255, and ' (2)' and an ending follow.
_LONGEST_NAME = 180
#: Devices on Windows, whatever the suffix
#: (https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file).
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
#: For Windows; and what ends a line or turns the direction of writing, as in 'annual\u202efdp.exe'.
_FORBIDDEN: Final = re.compile('[<>:"/\\\\|?*\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]')


@dataclass(frozen=True, slots=True)
class Exported:
    """One document outside. `file` and `text` are relative to the folder, None where there is none.

    `status` is 'exported'; 'changed' where the original is not what was read any more (it is
    exported as it is now); 'gone' where neither original nor copy is there.
    """

    document: str
    path: str
    status: Literal["exported", "changed", "gone"]
    file: str | None
    text: str | None


def export(store: Store, folder: Path) -> Iterator[Exported]:
    """Write every document that is not in the trash into `folder`, which must be empty or new.

    The tables are written when the last document has been yielded.

    Raises:
        StorageProblem: there is something in the folder ('exists'), or it cannot be written.
    """
    rows = []
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise StorageProblem("exists", path=str(folder), what=folder.name)
        for part in ("files", "text"):
            (folder / part).mkdir(parents=True, mode=0o700)
        taken: set[str] = set()
        for document in store.documents.find():
            exported = _export(store, document, folder, taken)
            rows.append((document, exported))
            yield exported
        _write_tables(folder, rows)
    except OSError as error:
        raise StorageProblem(
            "not-written", path=str(folder), what=folder.name, reason=reason_of(error)
        ) from error


def plain_name(name: str, taken: set[str]) -> str:
    """A file name that every system takes and that is not in `taken` (where it is put)."""
    name = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode("utf-8"))
    name = _FORBIDDEN.sub("_", name).strip(" .") or "_"
    if _RESERVED.fullmatch(name):
        name = f"_{name}"
    suffix = Path(name).suffix if len(Path(name).suffix.encode()) <= 20 else ""
    stem = name.removesuffix(suffix).encode("utf-8")[:_LONGEST_NAME].decode("utf-8", "ignore").rstrip(" .")
    chosen, number = f"{stem}{suffix}", 1
    while chosen.casefold() in taken:
        number += 1
        chosen = f"{stem} ({number}){suffix}"
    taken.add(chosen.casefold())
    return chosen


def _export(store: Store, document: Document, folder: Path, taken: set[str]) -> Exported:
    original = Path(document.path).name or f"{document.title}.{document.type}"
    name = plain_name(original, taken)
    status: Literal["exported", "changed", "gone"] = "gone"
    content_hash, sources = store.sources(document.document)
    for source in sources:
        if source.is_file() and _copy(source, folder / "files" / name):
            status = "exported" if sha256(folder / "files" / name) == content_hash else "changed"
            if status == "exported":
                break
    text, _ = store.documents.text(document.document)
    if text:
        with (folder / "text" / f"{name}.txt").open("w", encoding="utf-8", newline="") as file:
            file.write(text)
    return Exported(
        document.document,
        document.path,
        status,
        None if status == "gone" else f"files/{name}",
        f"text/{name}.txt" if text else None,
    )


def _copy(source: Path, target: Path) -> bool:
    """Whether the source could be read; that the target cannot be written is for the caller."""
    try:
        file = source.open("rb")
    except OSError:
        return False
    with file, target.open("wb") as written:
        shutil.copyfileobj(file, written, 2**20)
    return True


def _write_tables(folder: Path, rows: list[tuple[Document, Exported]]) -> None:
    records = []
    for document, exported in rows:
        record = asdict(document)
        record |= {"file": exported.file, "text": exported.text, "state": exported.status}
        records.append(record)
    with (folder / "documents.json").open("w", encoding="utf-8") as file:
        # ASCII: a path need not be valid Unicode, and JSON's escapes hold any.
        json.dump(records, file, indent=1)
    # The byte order mark tells Excel that this is UTF-8.
    with (folder / "documents.csv").open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
        table = csv.writer(file)
        table.writerow(
            ("title", "type", "status", "tags", "metadata", "added", "pages", "file", "text", "path")
        )
        for document, exported in rows:
            cells = (
                document.title,
                document.type,
                document.status,
                " ".join(document.tags),
                "; ".join(f"{key}={value}" for key, value in document.metadata.items()),
                document.added,
                document.pages or "",
                exported.file or "",
                exported.text or "",
                document.path,
            )
            table.writerow(map(_cell, cells))


def _cell(value: object) -> str:
    """A cell that a spreadsheet takes for text: a title like '=HYPERLINK(...)' must do nothing
    (https://owasp.org/www-community/attacks/CSV_Injection)."""
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
