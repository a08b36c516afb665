from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
from packages import tarred
from pdfs import PROSE, column, drawn

from desktop_kb.errors import Problem
from desktop_kb.extract import extraction_worker, joplin
from desktop_kb.extract.extraction_worker import read

NAME = Path("notes.jex")


def item(kind: int, id: str, text: str = "", **fields: str) -> tuple[str, bytes]:
    known = {"id": id * 32, "created_time": "2023-10-08T10:11:12.000Z", **fields}
    said = "\n".join(f"{key}: {value}" for key, value in known.items())
    head = f"{text}\n\n" if text else ""
    return f"{id * 32}.md", f"{head}{said}\ntype_: {kind}".encode()


def export(*files: tuple[str, bytes]) -> bytes:
    return tarred(dict(files))


WHOLE = export(
    item(1, "a", "堆肥\n\nKitchen waste turns into *humus*.", parent_id="f" * 32, author="Ann"),
    item(1, "b", "Plans / ideas\n\nA second bin.", parent_id="e" * 32),
    item(1, "c", "Loose note\n\nNo notebook."),
    item(2, "e", "Garden"),
    item(2, "f", "Soil", parent_id="e" * 32),
    item(4, "d", "heap.pdf", mime="application/pdf"),
    item(4, "9", "photo.png", mime="image/png"),
    item(5, "1", "compost"),
    item(6, "2", note_id="a" * 32, tag_id="1" * 32),
    (f"resources/{'d' * 32}.pdf", drawn([column(PROSE)])),
    (f"resources/{'9' * 32}.png", b"PNG"),
)


def test_notes_are_parts_by_their_notebooks_and_titles(tmp_path: Path) -> None:
    path = tmp_path / "notes.jex"
    path.write_bytes(WHOLE)
    found = read(path, "joplin")
    assert found.parts == (
        "Garden/Soil/堆肥.md",
        "Garden/Plans ∕ ideas.md",
        "Loose note.md",
        "resources/heap.pdf",
    )
    assert (found.text, found.parts_left_out) == ("", 0)
    note = read(path, "joplin", part="Garden/Soil/堆肥.md")
    assert (note.title, note.tags) == ("堆肥", ("compost",))
    assert (note.metadata["author"], note.metadata["year"]) == ("Ann", 2023)
    assert "created_time" not in "".join(
        note.text[: note.layout.edits[-1].start] if note.layout.edits else note.text
    )
    assert read(path, "joplin", part="resources/heap.pdf").text.startswith(PROSE[0])
    extraction_worker._last.clear()


def test_notebooks_in_a_ring_end() -> None:
    ring = export(
        item(1, "a", "Note", parent_id="e" * 32),
        item(2, "e", "One", parent_id="f" * 32),
        item(2, "f", "Two", parent_id="e" * 32),
    )
    (part,) = joplin.parts(ring, NAME, None)
    assert part.name.startswith("Two/One/")
    assert part.name.endswith("/Note.md")


def test_what_is_no_export_is_damaged() -> None:
    with pytest.raises(Problem) as caught:
        list(joplin.parts(export(("a.txt", b"-")), NAME, None))
    assert caught.value.code == "damaged"
    with pytest.raises(tarfile.TarError):
        list(joplin.parts(b"no archive at all" * 99, NAME, None))
