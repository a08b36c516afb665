"""Notes: renamed with the links to them, linked from others, deleted and brought back."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_kb.errors import Problem
from desktop_kb.kb import KnowledgeBase
from desktop_kb.kb.noting import linked_names, relinked

LINKS = (
    "See [[Bees]], [[bees#Winter|the winter]], ![[Bees]], [[notes/Bees]] and [[Beeswax]]; [Bees](x) stays."
)


def test_links_by_name_are_found() -> None:
    assert linked_names(LINKS) == ["Bees", "bees", "Bees", "Bees", "Beeswax"]
    assert linked_names("[[]] [[|x]] [[a\nb]] [x]") == []


def test_links_follow_a_note_that_is_renamed() -> None:
    assert relinked(LINKS, "Bees", "Honey bees") == (
        "See [[Honey bees]], [[Honey bees#Winter|the winter]], ![[Honey bees]], [[notes/Honey bees]] and [[Beeswax]]; "
        "[Bees](x) stays."
    )


def test_links_by_the_title_that_named_the_file_follow_too() -> None:
    assert relinked(
        "[[Quotation: outline]] [[notes/quotation: *outline*|it]]", "Quotation outline", "Quotation end"
    ) == ("[[Quotation end]] [[notes/Quotation end|it]]")
    assert relinked("[[a_b]] [[a b]]", "a_b", "c") == "[[c]] [[a b]]"


@pytest.fixture
def kb(open_kb: Callable[..., KnowledgeBase]) -> KnowledgeBase:
    kb = open_kb()
    kb.library.notes.mkdir(parents=True)
    for name, text in (("Bees.md", "# Bees\n\nThey dance."), ("Hive.md", f"# Hive\r\n\r\n{LINKS}")):
        (kb.library.notes / name).write_bytes(text.encode())
    list(kb.follow(kb.add([kb.library.notes])))
    return kb


def test_notes_that_link_to_one_are_named(kb: KnowledgeBase) -> None:
    bees, hive = (kb.get(kb.library.notes / name) for name in ("Bees.md", "Hive.md"))
    assert [one.document for one in kb.backlinks(bees.document)] == [hive.document]
    assert kb.backlinks(hive.document) == []
    with pytest.raises(Problem):
        kb.backlinks("0" * 16)


def test_renaming_a_note_keeps_its_links_and_its_document(kb: KnowledgeBase) -> None:
    notes = kb.library.notes
    before = kb.get(notes / "Bees.md")
    new = kb.rename_note(notes / "Bees.md", "Honey bees")
    assert new == notes / "Honey bees.md"
    assert kb.get(new).document == before.document
    written = (notes / "Hive.md").read_bytes().decode()
    assert written == f"# Hive\r\n\r\n{relinked(LINKS, 'Bees', 'Honey bees')}"
    list(kb.follow(kb.add([notes])))
    assert [one.title for one in kb.backlinks(before.document)] == ["Hive"]


def test_a_note_is_linked_by_its_title_before_and_after_it_is_renamed(kb: KnowledgeBase) -> None:
    notes = kb.library.notes
    quotation, hive = notes / "Quotation outline.md", notes / "Hive.md"
    quotation.write_text("# Quotation: outline\n\nThey hum.", encoding="utf-8")
    hive.write_text("# Hive\n\n[[Quotation: outline]]", encoding="utf-8")
    list(kb.follow(kb.add([notes])))
    id = kb.get(quotation).document
    assert [one.title for one in kb.backlinks(id)] == ["Hive"]
    quotation.write_text("# Quotation outline\n\nThey hum.", encoding="utf-8")  # the file's name stays
    list(kb.follow(kb.add([notes])))
    assert [one.title for one in kb.backlinks(kb.get(quotation).document)] == ["Hive"]
    new = kb.rename_note(quotation, "Quotation end")
    list(kb.follow(kb.add([notes])))
    assert hive.read_text(encoding="utf-8") == "# Hive\n\n[[Quotation end]]"
    assert [one.title for one in kb.backlinks(kb.get(new).document)] == ["Hive"]


def test_a_file_that_appears_meanwhile_is_not_overwritten(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = kb.library.notes
    (notes / "Honey bees.md").write_text("Another's", encoding="utf-8")
    exists = Path.exists
    # As if it had come between the look and the renaming.
    monkeypatch.setattr(Path, "exists", lambda self: self.name != "Honey bees.md" and exists(self))
    assert kb.rename_note(notes / "Bees.md", "Honey bees") == notes / "Honey bees (2).md"
    assert (notes / "Honey bees.md").read_text(encoding="utf-8") == "Another's"


@pytest.mark.skipif(os.name == "nt", reason="Windows refuses by itself")
def test_a_disk_without_second_names(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_names: object, **_options: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", link)
    test_a_file_that_appears_meanwhile_is_not_overwritten(kb, monkeypatch)


def test_a_deleted_note_comes_back_with_its_file_its_tags_and_its_marks(kb: KnowledgeBase) -> None:
    path = kb.library.notes / "Bees.md"
    note = kb.get(path)
    kb.tag([note.document], ["insects"])
    kb.mark(note.document, 2, 6)
    path.write_text("# Bees\n\nThey dance and hum.", encoding="utf-8")  # not read yet
    assert kb.delete_note(path) == note.document
    assert not path.exists()
    assert [one.document for one in kb.trash()] == [note.document]
    assert all(check.ok for check in kb.doctor())
    list(kb.follow(kb.restore(note.document)))
    assert path.read_text(encoding="utf-8") == "# Bees\n\nThey dance and hum."
    assert kb.get(path).tags == ("insects",)
    assert [mark.quote for mark in kb.marks()] == ["Bees"]
    assert kb.trash() == []


def test_of_two_notes_that_say_the_same_one_is_deleted(kb: KnowledgeBase) -> None:
    one, two = (kb.library.notes / name for name in ("Bees.md", "Copy.md"))
    two.write_bytes(one.read_bytes())
    list(kb.follow(kb.add([two])))
    stays = kb.get(one)
    assert stays.places == (str(one), str(two))
    kb.tag([stays.document], ["insects"])
    gone = kb.delete_note(two)
    assert one.exists()
    assert not two.exists()
    assert kb.get(one).document == stays.document
    assert kb.get(one).places == (str(one),)
    assert [found.document for found in kb.search("dance").hits] == [stays.document]
    assert [(found.document, found.tags) for found in kb.trash()] == [(gone, ("insects",))]
    assert all(check.ok for check in kb.doctor())
    list(kb.follow(kb.restore(gone)))
    assert two.read_bytes() == one.read_bytes()
    assert kb.get(two).places == (str(one), str(two))
    assert kb.trash() == []


@pytest.mark.parametrize("read", [False, True])
@pytest.mark.parametrize("all", [False, True])
def test_a_deleted_note_whose_name_another_one_has_comes_back_beside_it(
    kb: KnowledgeBase, read: bool, all: bool
) -> None:
    path = kb.library.notes / "Bees.md"
    note = kb.delete_note(path)
    path.write_text("# Bees\n\nThey sting.", encoding="utf-8")
    if read:
        list(kb.follow(kb.add([path])))
    list(kb.follow(kb.restore_trash() if all else kb.restore(note)))
    list(kb.follow(kb.add([kb.library.notes])))
    back = kb.library.notes / "Bees (2).md"
    assert path.read_text(encoding="utf-8") == "# Bees\n\nThey sting."
    assert back.read_text(encoding="utf-8") == "# Bees\n\nThey dance."
    assert kb.get(back).document == note
    assert kb.get(path).document != note
    assert "dance" in kb.text(note)[0]
    assert kb.trash() == []
    assert all_ok(kb)


def test_a_note_that_cannot_be_taken_away_stays(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    path = kb.library.notes / "Bees.md"
    note = kb.get(path)

    unlink = Path.unlink

    def refuse(self: Path, missing_ok: bool = False) -> None:
        if self == path:
            raise PermissionError(errno.EACCES, "in use")
        unlink(self, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        with pytest.raises(Problem) as told:
            kb.delete_note(path)
    assert told.value.code == "not-written"
    assert kb.trash() == []
    assert kb.get(path).document == note.document
    assert path.exists()


def all_ok(kb: KnowledgeBase) -> bool:
    return all(check.ok for check in kb.doctor())


def test_only_the_librarys_own_notes_are_deleted(kb: KnowledgeBase, tmp_path: Path) -> None:
    mine = tmp_path / "mine.md"
    mine.write_text("Mine.", encoding="utf-8")
    with pytest.raises(Problem) as unknown:
        kb.delete_note(mine)
    assert unknown.value.code == "not-found"
    list(kb.follow(kb.add([mine])))
    with pytest.raises(Problem) as told:
        kb.delete_note(mine)
    assert told.value.code == "not-a-note"
    assert mine.exists()
