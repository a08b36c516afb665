"""Exports a library as plain files that any other program can read.

    DIR/notes/           the library's own notes and their pictures, in the same folders as in the library
    DIR/files/           every other document: the file, under its own name
    DIR/text/            the extracted text of each document, UTF-8
    DIR/documents.json   titles, tags, metadata, source paths, and which exported file is which document
    DIR/documents.csv    the same as a table
    DIR/marks.md         the marked passages with their comments, document by document, and links that lead to them
    DIR/marks.json       the same with all that is known of them

File names are made valid on every system, and none can lead out of the folder.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal

from desktop_kb.errors import StorageProblem, reason_of
from desktop_kb.files import make_private, plain_name, sha256
from desktop_kb.formats import shown_as
from desktop_kb.records import Document, Link, Mark
from desktop_kb.store import NoteFolder, Store


@dataclass(frozen=True, slots=True)
class Exported:
    """One exported document. `file` and `text` are paths relative to the folder, None if not written.

    `status` is one of
        'exported': the file was copied;
        'changed': the original has changed since it was indexed; its present version was copied;
        'as-read': original and copy are both missing; `file` is the extracted text;
        'gone': original and copy are missing, and there is no text either;
        'part': it is a part of a file that is exported; only its text is written;
        'left-out': no document, but a file among the notes that is a link to a folder or unreadable.
    """

    document: str
    path: str
    status: Literal["exported", "changed", "as-read", "gone", "part", "left-out"]
    file: str | None
    text: str | None
    part: str = ""


def export(store: Store, folder: Path) -> Iterator[Exported]:
    """Write every document that is not in the trash, and the notes with their pictures, into
    `folder`, which must be empty or new.

    documents.json and documents.csv are written after the last document was yielded.

    Raises:
        StorageProblem: the folder is not empty ('exists') or cannot be written.
    """
    rows = []
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise StorageProblem("exists", path=str(folder), what=folder.name)
        for part in ("files", "text"):
            (folder / part).mkdir(parents=True, mode=0o700)
        notes, left_out = _export_notes(store, folder)
        for path in left_out:
            yield Exported("", str(path), "left-out", None, None)
        taken: set[str] = set()
        for document in store.documents.find():
            exported = _export(store, document, folder, notes, taken)
            rows.append((document, exported))
            yield exported
        _write_tables(folder, rows)
        _write_marks(folder, store.marks.find(), store.id)
    except OSError as error:
        raise StorageProblem(
            "not-written", path=str(folder), what=folder.name, reason=reason_of(error)
        ) from error


def _export_notes(store: Store, folder: Path) -> tuple[dict[Path, str], list[Path]]:
    """Copy the library's notes, except those in the trash. Returns the exported path of each note by its
    original path, and the files that were left out."""
    trash = store.documents.find(removed=True)
    removed = {place for document in trash if not document.part for place in document.places}
    notes: dict[Path, str] = {}
    note_folder = NoteFolder(store.library)
    for file in note_folder.files():
        if str(file.path) not in removed:
            make_private((folder / file.plain_name).parent)
            if note_folder.copy(file, folder / file.plain_name):
                notes[file.path] = file.plain_name
            else:
                (folder / file.plain_name).unlink(missing_ok=True)
    return notes, [store.library.root / name for name in note_folder.left_out]


def _export(
    store: Store, document: Document, folder: Path, notes: dict[Path, str], taken: set[str]
) -> Exported:
    original = document.location.name or f"{document.title}.{document.type}"
    name = plain_name(original, taken)
    status: Literal["exported", "changed", "as-read", "gone", "part"] = "part" if document.part else "gone"
    file = None
    content_hash, sources = store.sources(document.document)
    for source in sorted(sources, key=lambda source: source not in notes):
        if source in notes:
            file = notes[source]
        elif _copy(source, folder / "files" / name):
            file = f"files/{name}"
        else:
            continue
        status = "exported" if sha256(folder / file) == content_hash else "changed"
        if status == "exported":
            break
    text, _ = store.documents.text(document.document)
    if text:
        _write_text(folder / "text" / f"{name}.txt", text)
    if text and file is None and not document.part:
        # The text of a note is the note itself. The text of a PDF must not get a note's suffix.
        editable = shown_as(document.type).editable
        status, file = "as-read", f"files/{name if editable else plain_name(f'{original}.txt', taken)}"
        _write_text(folder / file, text)
    written = f"text/{name}.txt" if text else None
    return Exported(document.document, document.path, status, file, written, document.part)


def _write_text(target: Path, text: str) -> None:
    with target.open("w", encoding="utf-8", newline="") as file:
        file.write(text)


def _copy(source: Path, target: Path) -> bool:
    """Copy a file; False if the source cannot be read. An error in writing the target is raised."""
    try:
        if not source.is_file():
            return False
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
        # Write ASCII: a path need not be valid Unicode, and JSON escapes can represent any path.
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
                document.location.shown,
            )
            table.writerow(map(_cell, cells))


def _write_marks(folder: Path, marks: Sequence[Mark], library: str) -> None:
    """The marks, if there are any."""
    if not marks:
        return
    with (folder / "marks.json").open("w", encoding="utf-8") as file:
        json.dump([asdict(mark) for mark in marks], file, indent=1)
    _write_text(folder / "marks.md", markdown_of(marks, library))


def markdown_of(marks: Sequence[Mark], library: str) -> str:
    """Marks as Markdown: a heading for each document, each passage as a quotation with its comment and a link."""
    parts = []
    for title, own in groupby(marks, key=lambda mark: (mark.document, mark.title)):
        parts.append(f"# {title[1]}\n")
        for mark in own:
            quoted = "".join(f"> {line}\n" for line in mark.quote.splitlines())
            link = Link(library, mark.document, mark.page, mark.start, mark.end)
            where = f"[{mark.page_label or mark.page or mark.colour}]({link})"
            parts.append(
                "\n".join(filter(None, (quoted, f"{mark.comment}\n" if mark.comment else "", where))) + "\n"
            )
    return "\n".join(parts).encode("utf-8", "replace").decode("utf-8")


def _cell(value: object) -> str:
    """A cell that a spreadsheet treats as text, because a title like '=HYPERLINK(...)' must not be executed
    (https://owasp.org/www-community/attacks/CSV_Injection)."""
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
