"""Joplin's export (.jex): a tar archive of notes, each a part by the name of its notebook and its title.

Every item is a file of Markdown with fields at its end: `type_: 1` is a note, 2 a notebook, 4 an attached file,
5 a tag, 6 says that a note has a tag (https://joplinapp.org/help/apps/import_export).
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from desktop_kb.errors import Problem
from desktop_kb.extract.archive import from_tar
from desktop_kb.extract.parts import MOST_PARTS, Part
from desktop_kb.formats import MARKDOWN
from desktop_kb.records import Extracted

_FIELDS: Final = re.compile(r"(?:^|\n)((?:[a-z_]+:[^\n]*(?:\n|\Z))*type_: (\d+))\s*\Z")
_NOTE, _NOTEBOOK, _FILE, _TAG, _TAGGED = "1", "2", "4", "5", "6"
_DEEPEST = 20  # notebooks in notebooks
_LONGEST_NAME = 80
_LARGEST_ITEM = 8 * 2**20  # of what is read at once; a note of that size is read as well


class _Item(NamedTuple):
    """What one file of the export says."""

    kind: str
    title: str
    fields: Mapping[str, str]
    member: tarfile.TarInfo


def read(data: bytes, path: Path, password: str | None = None) -> Extracted:
    """An export says nothing itself."""
    return Extracted("", "", holds_files=True)


def parts(data: bytes, path: Path, password: str | None) -> Iterator[Part]:
    """The notes, and the files attached to them; pictures are passed over.

    Raises:
        Problem: damaged: there is no note.
    """
    archive = tarfile.open(fileobj=io.BytesIO(data), mode="r:")  # noqa: SIM115 - parts are read from it later
    items, files = _items(archive)
    if not any(item.kind == _NOTE for item in items.values()):
        raise Problem("damaged")
    tags: dict[str, list[str]] = {}
    for item in items.values():
        tag = items.get(item.fields.get("tag_id", ""))
        if item.kind == _TAGGED and tag is not None:
            tags.setdefault(item.fields.get("note_id", ""), []).append(tag.title)
    for id, item in items.items():
        if item.kind == _NOTE:
            name = "/".join([*_notebooks(items, item), _name(item.title) or id])
            size = item.member.size
            yield Part(
                f"{name}{MARKDOWN.suffixes[0]}",
                size,
                partial(_note, archive, item.member, tuple(tags.get(id, ()))),
            )
        elif item.kind == _FILE and id in files and not item.fields.get("mime", "").startswith("image/"):
            held = files[id]
            suffix = Path(held.name).suffix
            name = _name(item.title) or id
            name = name if name.lower().endswith(suffix.lower()) else f"{name}{suffix}"
            yield Part(f"resources/{name}", held.size, partial(from_tar, archive, held))


def _items(archive: tarfile.TarFile) -> tuple[dict[str, _Item], dict[str, tarfile.TarInfo]]:
    """The items, and the attached files, by their ids."""
    items: dict[str, _Item] = {}
    files: dict[str, tarfile.TarInfo] = {}
    for number, member in enumerate(archive):
        if number >= 4 * MOST_PARTS:
            break
        name = Path(member.name)
        if not member.isfile():
            continue
        if name.parent.name == "resources":
            files[name.stem] = member
        elif name.suffix == MARKDOWN.suffixes[0] and member.size <= _LARGEST_ITEM:
            text = from_tar(archive, member).decode("utf-8", "replace").replace("\r\n", "\n")
            if found := _FIELDS.search(text):
                fields = {
                    key: value.strip() for key, _, value in (f.partition(":") for f in found[1].split("\n"))
                }
                title = text[: found.start()].lstrip().partition("\n")[0].strip()
                items[fields.get("id") or name.stem] = _Item(found[2], title, fields, member)
    return items, files


def _notebooks(items: Mapping[str, _Item], item: _Item) -> list[str]:
    """The names of the notebooks that a note is in, the outermost first."""
    names: list[str] = []
    above = items.get(item.fields.get("parent_id", ""))
    while above is not None and above.kind == _NOTEBOOK and len(names) < _DEEPEST:
        names.insert(0, _name(above.title) or "-")
        above = items.get(above.fields.get("parent_id", ""))
    return names


def _name(title: str) -> str:
    return " ".join(title.replace("/", "∕").split())[:_LONGEST_NAME].strip(". ")


def _note(archive: tarfile.TarFile, member: tarfile.TarInfo, tags: tuple[str, ...]) -> bytes:
    """A note, with its tags among its fields."""
    content = from_tar(archive, member)
    if not tags:
        return content
    said = f"\ntags: {', '.join(tags)}\ntype_: 1".encode()
    before, mark, _ = content.rpartition(b"\ntype_: 1")
    return before + said if mark else content
