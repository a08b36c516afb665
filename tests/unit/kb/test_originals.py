"""Originals: those that are unchanged, moved, renamed, edited, deleted, or on a drive that is not connected."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeEmbedder

from desktop_kb import files
from desktop_kb.errors import UsageProblem
from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import Batch, FileReport
from desktop_kb.store.queue import Queue


def write(folder: Path, **texts: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


def run(kb: KnowledgeBase, batch: Batch) -> dict[str, str]:
    return {Path(report.path).name: report.status for report in kb.follow(batch)}


def names(paths: tuple[str, ...]) -> list[str]:
    return [Path(path).name for path in paths]


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return write(tmp_path / "notes", bees="Bees dance.", whales="Whales sing.")


@pytest.mark.parametrize("again", ["add", "refresh"])
def test_a_renamed_file_takes_its_new_name_and_keeps_its_tags(
    open_kb: Callable[..., KnowledgeBase], notes: Path, again: str
) -> None:
    kb = open_kb()
    run(kb, kb.add([notes], tags=["mine"]))
    (notes / "bees.txt").rename(notes / "hornets.txt")
    assert run(kb, kb.add([notes]) if again == "add" else kb.refresh()) == {
        "hornets.txt": "moved",
        "whales.txt": "unchanged",
    }
    document = next(one for one in kb.documents() if one.title != "whales")
    assert (document.title, names(document.places), document.tags) == ("hornets", ["hornets.txt"], ("mine",))
    assert names(tuple(hit.path for hit in kb.search("hornets").hits)) == ["hornets.txt"]
    assert kb.search("bees", mode="words").hits[0].title == "hornets"  # its text says it, its name does not
    write(notes, hornets="Hornets sleep.")
    run(kb, kb.add([notes]))
    assert [hit.shown for hit in kb.search("dance sleep", mode="words").hits] == ["Hornets sleep."]
    assert len(kb.documents()) == 2


def test_a_moved_folder_is_found_again(open_kb: Callable[..., KnowledgeBase], tmp_path: Path) -> None:
    kb = open_kb()
    write(tmp_path / "notes" / "old", bees="Bees dance.", copy="Bees dance.")
    write(tmp_path / "notes", whales="Whales sing.")
    run(kb, kb.add([tmp_path / "notes"]))
    (tmp_path / "notes" / "old").rename(tmp_path / "notes" / "new")
    assert run(kb, kb.refresh())["bees.txt"] == "moved"
    document = next(one for one in kb.documents() if one.title == "bees")
    assert {Path(place).parent.name for place in document.places} == {"new"}
    assert names(document.places) == ["bees.txt", "copy.txt"]


def test_a_copy_is_no_move(open_kb: Callable[..., KnowledgeBase], notes: Path) -> None:
    kb = open_kb()
    run(kb, kb.add([notes]))
    write(notes / "more", bees="Bees dance.")
    assert run(kb, kb.add([notes / "more"])) == {"bees.txt": "duplicate"}


def test_what_is_gone_is_said_and_the_hit_is_where_it_lives(
    open_kb: Callable[..., KnowledgeBase], notes: Path
) -> None:
    kb = open_kb()
    write(notes, another="Bees dance.")
    run(kb, kb.add([notes]))
    (notes / "another.txt").unlink()
    run(kb, kb.add([notes]))  # it is noticed without another round
    (hit,) = kb.search("dance").hits
    assert (Path(hit.path).name, names(hit.places)) == ("bees.txt", ["bees.txt", "another.txt"])
    document = next(one for one in kb.documents() if "bees.txt" in names(one.places))
    assert (names(document.missing_places), document.gone, kb.status().gone) == (["another.txt"], False, 0)
    (notes / "bees.txt").unlink()
    reports = {Path(report.path).name: report.error_code for report in kb.follow(kb.refresh())}
    assert reports == {"another.txt": "vanished", "bees.txt": "vanished", "whales.txt": None}
    document = next(one for one in kb.documents() if one.gone)
    assert ([found.code for found in document.standing], kb.status().gone) == (["original-gone"], 1)
    (check,) = [check for check in kb.doctor() if check.name == "originals"]
    assert (check.ok, check.findings[0].details) == (True, {"count": 1})
    write(notes, bees="Bees dance.")
    run(kb, kb.refresh())
    assert [one for one in kb.documents() if one.gone] == []


def test_only_what_is_nowhere_is_pruned(open_kb: Callable[..., KnowledgeBase], notes: Path) -> None:
    kb = open_kb()
    (notes / "paper.pdf").write_bytes(b"Penguins swim.")  # of which the library keeps a copy
    run(kb, kb.add([notes], tags=["old"]))
    (notes / "bees.txt").unlink()
    (notes / "paper.pdf").unlink()
    assert names(tuple(one.path for one in kb.prune())) == ["bees.txt"]
    assert len(kb.documents()) == 3
    assert kb.prune(["tag:new"], yes=True) == []
    kb.prune(["tag:old"], yes=True)
    assert sorted(one.title for one in kb.documents()) == ["paper", "whales"]
    assert [one.title for one in kb.trash()] == ["bees"]


def test_a_drive_that_is_away_is_not_gone(
    open_kb: Callable[..., KnowledgeBase], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kb = open_kb()
    drive = write(tmp_path / "drive" / "notes", bees="Bees dance.").parent
    mounted = {str(drive), os.path.abspath(os.sep)}  # noqa: PTH100
    monkeypatch.setattr(os.path, "ismount", lambda path: str(path) in mounted)
    run(kb, kb.add([drive]))
    drive.rename(tmp_path / "elsewhere")
    mounted.remove(str(drive))
    (report,) = kb.follow(kb.refresh())
    assert (report.status, report.error_code) == ("skipped", "away")
    (document,) = kb.documents()
    assert (document.gone, document.missing_places, names(document.away_places)) == (False, (), ["bees.txt"])
    assert ([found.code for found in document.standing], kb.status().away) == (["original-away"], 1)
    assert kb.prune() == []
    assert run(kb, kb.add([write(tmp_path / "copy", bees="Bees dance.")])) == {"bees.txt": "duplicate"}
    (tmp_path / "elsewhere").rename(drive)
    mounted.add(str(drive))
    assert run(kb, kb.refresh()) == {"bees.txt": "unchanged"}
    (document,) = kb.documents()
    assert (document.away_places, kb.status().away) == ((), 0)
    (drive / "notes" / "bees.txt").unlink()  # now the drive is there, and the file is not on it
    run(kb, kb.refresh())
    (document,) = kb.documents()
    assert len(document.missing_places) == 1


@pytest.mark.parametrize(
    ("path", "away"),
    [
        ("/media/nobody/STICK/notes/a.md", True),
        ("/run/media/nobody/STICK/a.md", True),
        ("/mnt/nothing/here/a.md", True),
        ("/Volumes/Nothing/a.md", True),
        ("/home/nobody/a.md", False),
        ("/srv/media/a.md", False),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="drives have letters there, as the next test has them")
def test_drives_of_libraries_that_did_not_keep_their_mount_points(path: str, away: bool) -> None:
    assert files.look(path) == ("away" if away else "gone")


@pytest.mark.skipif(os.name != "nt", reason="drives have no letters elsewhere")
def test_a_drive_by_its_letter_and_a_share_that_are_not_there_are_away() -> None:
    free = next(f"{letter}:" for letter in "QRSTUVWXYP" if not Path(f"{letter}:\\").exists())
    assert files.look(rf"{free}\notes\a.md") == "away"
    assert files.look(r"\\desktop-kb.invalid\share\a.md") == "away"
    assert files.look(r"C:\nobody\a.md") == "gone"


def test_unchanged_files_are_not_queued_and_still_get_tags(
    open_kb: Callable[..., KnowledgeBase], notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kb = open_kb()
    run(kb, kb.add([notes]))
    queued: list[str] = []
    enqueue = Queue.enqueue

    def watched(self: Queue, paths: Any, *rest: Any) -> list[int]:
        queued.extend(Path(path).name for path in paths)
        return enqueue(self, paths, *rest)

    monkeypatch.setattr(Queue, "enqueue", watched)
    write(notes, penguins="Penguins swim.", whales="Whales sleep now.")
    assert run(kb, kb.add([notes], tags=["again"], metadata={"year": 2024})) == {
        "bees.txt": "unchanged",
        "penguins.txt": "indexed",
        "whales.txt": "updated",
    }
    assert queued == ["penguins.txt", "whales.txt"]
    assert {one.title: (one.tags, one.metadata) for one in kb.documents()} == dict.fromkeys(
        ("bees", "whales", "penguins"), (("again",), {"year": 2024})
    )


def test_what_is_left_to_read_of_unchanged_files_is_said(
    open_kb: Callable[..., KnowledgeBase], notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kb = open_kb(FakeEmbedder())
    run(kb, kb.add([notes]))
    assert [report.pending.readers for report in kb.follow(kb.add([notes]))] == [0, 0]
    kb.pause()  # or it is read again at once
    kb._store.index.drop([kb.documents()[0].document], 1)
    assert [report.pending.readers for report in kb.follow(kb.add([notes]))] == [1, 0]


def test_what_is_passed_over_is_named(
    open_kb: Callable[..., KnowledgeBase], tmp_path: Path, notes: Path
) -> None:
    kb = open_kb()
    write(notes / ".net相关", c="C# speaks to .NET.")
    write(notes / "node_modules" / "x", readme="Read me.")
    write(notes / "drafts", one="Not yet.")
    (notes / ".gitignore").write_text("whales.*\n")
    reports = {Path(one.path).name: one for one in kb.follow(kb.add([notes], exclude=["/drafts"]))}
    assert {name: (one.status, one.error_code) for name, one in reports.items()} == {
        ".net相关": ("skipped", "hidden"),
        "node_modules": ("skipped", "ignored"),
        "drafts": ("skipped", "ignored"),
        "whales.txt": ("skipped", "git-ignored"),
        "bees.txt": ("indexed", None),
    }
    assert reports["whales.txt"].error_details["file"] == str(notes / ".gitignore")
    with pytest.raises(UsageProblem):
        kb.add([notes], exclude=["!"])
    # It is there and only passed over: what is known of it is not gone.
    assert run(kb, kb.add([notes / "whales.txt"])) == {"whales.txt": "indexed"}
    run(kb, kb.add([notes]))
    assert [one for one in kb.documents() if one.missing_places] == []


def test_what_failed_says_so_again(open_kb: Callable[..., KnowledgeBase], tmp_path: Path) -> None:
    kb = open_kb()
    write(tmp_path / "notes", empty="")

    def reports() -> Mapping[str, FileReport]:
        return {Path(one.path).name: one for one in kb.follow(kb.add([tmp_path / "notes"]))}

    first, again = reports(), reports()
    assert (first["empty.txt"].status, again["empty.txt"].status) == ("failed", "failed")
    assert again["empty.txt"].error_code == first["empty.txt"].error_code


def test_what_has_happened_meanwhile_is_noticed_once(
    open_kb: Callable[..., KnowledgeBase], notes: Path
) -> None:
    kb = open_kb()
    write(notes, broken="BROKEN", gone="Gone.", moved="Moved.", known="Known.")
    run(kb, kb.add([notes]))
    (notes / "known.txt").unlink()
    assert run(kb, kb.notice()) == {"known.txt": "skipped"}
    # Neither what is gone since then, nor what failed and has not changed.
    assert kb.notice() == Batch((), ())
    write(notes, bees="Bees sleep in winter.", broken="Whole again.")
    (notes / "gone.txt").unlink()
    (notes / "moved.txt").rename(notes / "there.txt")
    assert run(kb, kb.notice()) == {
        "bees.txt": "updated",
        "broken.txt": "updated",
        "there.txt": "moved",
        "gone.txt": "skipped",
    }
    assert (kb.notice(), kb.status().gone) == (Batch((), ()), 2)
    write(notes, gone="Gone.")
    assert run(kb, kb.notice()) == {"gone.txt": "unchanged"}
    assert kb.status().gone == 1


_TEXT = (
    "The boiler stands in the cellar. Krause serviced it in May and replaced the pump. The next service is due in "
    "autumn. The oil is bought in summer, when it is cheap."
)


def test_a_file_renamed_and_edited_at_once_keeps_its_tags_and_values(
    open_kb: Callable[..., KnowledgeBase], notes: Path
) -> None:
    kb = open_kb()
    write(notes, draft=_TEXT)
    run(kb, kb.add([notes]))
    old = next(one for one in kb.documents() if one.title == "draft")
    kb.tag([old.document], ["house"])
    kb.set_metadata(old.document, {"year": 2024})
    (notes / "draft.txt").unlink()
    write(notes, boiler=_TEXT.replace("in autumn", "in October") + " It needs a new chimney.")
    (report,) = [one for one in kb.follow(kb.add([notes])) if one.status == "indexed"]
    assert Path(report.tags_from).name == "draft.txt"
    new = next(one for one in kb.documents() if one.title == "boiler")
    assert (new.tags, new.metadata["year"]) == (("house",), 2024)
    # The gone one is as it was, should it have been another note.
    assert next(one for one in kb.documents() if one.title == "draft").tags == ("house",)


def test_another_note_of_the_same_template_takes_nothing_over(
    open_kb: Callable[..., KnowledgeBase], notes: Path
) -> None:
    kb = open_kb()
    days = {f"day{n}": f"{_TEXT} Guest number {n} came and stayed for {n} nights." for n in range(3)}
    write(notes, **days)
    run(kb, kb.add([notes], tags=["house"]))
    (notes / "day1.txt").unlink()
    write(notes, day4=f"{_TEXT} Nobody came.", short="Krause serviced it in May and replaced the pump.")
    reports = [one for one in kb.follow(kb.add([notes])) if one.status == "indexed"]
    assert [(Path(one.path).name, one.tags_from) for one in reports] == [("day4.txt", ""), ("short.txt", "")]
    assert kb.documents(["title:day4"])[0].tags == ()
