"""Followed folders: each kind of change is found, once, and no tag is lost."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from workbench import file_at_rest, until

from desktop_kb import files
from desktop_kb.errors import UsageProblem
from desktop_kb.kb import KnowledgeBase, folder_watch
from desktop_kb.kb.folder_watch import FolderWatch
from desktop_kb.records import FolderEvent
from desktop_kb.watching import Flag, Watcher

Told = list[tuple[str, str, str]]


def told(events: list[FolderEvent], vault: Path) -> Told:
    """Each event with its paths below the vault."""

    def below(path: str) -> str:
        return Path(path).relative_to(vault).as_posix() if path else ""

    return sorted((one.event, below(one.path), below(one.from_)) for one in events)


def look(kb: KnowledgeBase, vault: Path) -> Told:
    return told(list(kb.watch(once=True)), vault)


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    file_at_rest(tmp_path / "vault" / "bees.txt", "Bees dance.")
    file_at_rest(tmp_path / "vault" / "sea" / "whales.txt", "Whales sing.")
    return tmp_path / "vault"


@pytest.fixture
def kb(open_kb: Callable[..., KnowledgeBase], vault: Path) -> KnowledgeBase:
    """A library that follows the vault, whose notes all have a tag."""
    kb = open_kb()
    kb.follow_folder(vault)
    assert look(kb, vault) == [("new", "bees.txt", ""), ("new", "sea/whales.txt", "")]
    kb.tag([one.document for one in kb.documents()], ["mine"])
    return kb


def rename(old: Path, new: Path) -> None:
    new.parent.mkdir(parents=True, exist_ok=True)
    old.rename(new)


def saved_by_rename(path: Path, text: str) -> None:
    file_at_rest(path.with_name(f".{path.name}.swp"), text).replace(path)


def swapped(one: Path, other: Path) -> None:
    text = one.read_text("utf-8")
    file_at_rest(one, other.read_text("utf-8"))
    file_at_rest(other, text)


def one_renamed_one_deleted(old: Path, new: Path, deleted: Path) -> None:
    old.rename(new)
    deleted.unlink()


LONG = (
    "A sentence that only this note says, and it says it at some length. "
    "Another one that stands nowhere else in the vault, and is as long as that. "
)
CHANGES: dict[str, tuple[Callable[[Path], object], Told]] = {
    "a new note": (lambda v: file_at_rest(v / "ants.txt", "Ants dig."), [("new", "ants.txt", "")]),
    "an edit": (lambda v: file_at_rest(v / "bees.txt", "Bees sleep."), [("changed", "bees.txt", "")]),
    "an edit of the same length": (
        lambda v: file_at_rest(v / "bees.txt", "Bees dunce."),
        [("changed", "bees.txt", "")],
    ),
    "a save by rename": (
        lambda v: saved_by_rename(v / "bees.txt", "Bees hum."),
        [("changed", "bees.txt", "")],
    ),
    "a new time only": (lambda v: os.utime(v / "bees.txt", (10**9, 10**9)), []),
    "a rename": (
        lambda v: rename(v / "bees.txt", v / "hornets.txt"),
        [("moved", "hornets.txt", "bees.txt")],
    ),
    "a move": (
        lambda v: rename(v / "bees.txt", v / "air" / "bees.txt"),
        [("moved", "air/bees.txt", "bees.txt")],
    ),
    "a folder renamed": (
        lambda v: rename(v / "sea", v / "ocean"),
        [("moved", "ocean/whales.txt", "sea/whales.txt")],
    ),
    "a deletion": (lambda v: (v / "bees.txt").unlink(), [("gone", "bees.txt", "")]),
    "a copy": (lambda v: file_at_rest(v / "twin.txt", "Bees dance."), [("new", "twin.txt", "")]),
    "contents swapped": (
        lambda v: swapped(v / "bees.txt", v / "sea" / "whales.txt"),
        [("changed", "bees.txt", ""), ("changed", "sea/whales.txt", "")],
    ),
    "a folder of new notes": (
        lambda v: [file_at_rest(v / "more" / "deep" / f"{n}.txt", f"Note {n}.") for n in range(3)],
        [("new", f"more/deep/{n}.txt", "") for n in range(3)],
    ),
    "what is hidden or ignored": (
        lambda v: [
            file_at_rest(v / name, "No note.")
            for name in (".trash/a.txt", ".x.txt", "node_modules/a.txt", "a.xyz")
        ],
        [],
    ),
    "a rename and a deletion": (
        lambda v: one_renamed_one_deleted(v / "sea" / "whales.txt", v / "orcas.txt", v / "bees.txt"),
        [("gone", "bees.txt", ""), ("moved", "orcas.txt", "sea/whales.txt")],
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_kind_of_change_is_found_once_and_no_tag_is_lost(
    kb: KnowledgeBase, vault: Path, change: str
) -> None:
    do, expected = CHANGES[change]
    before = {document.document for document in kb.documents()}
    do(vault)
    assert look(kb, vault) == expected
    assert look(kb, vault) == []
    kept = [document for document in kb.documents() if document.document in before]
    # Content that another document had already goes to that one; of swapped ones each keeps its own.
    assert kept
    assert all(document.tags == ("mine",) for document in kept)


def test_a_file_that_comes_back_is_the_same_document(kb: KnowledgeBase, vault: Path) -> None:
    (vault / "bees.txt").rename(vault.parent / "aside.txt")
    (gone,) = kb.watch(once=True)
    (vault.parent / "aside.txt").rename(vault / "bees.txt")
    (back,) = kb.watch(once=True)
    assert (gone.event, back.event, back.document) == ("gone", "back", gone.document)
    assert kb.document(back.document).tags == ("mine",)


def test_what_the_person_removed_stays_removed(kb: KnowledgeBase, vault: Path) -> None:
    bees = kb.get(vault / "bees.txt").document
    kb.remove([bees])
    assert look(kb, vault) == []
    file_at_rest(vault / "bees.txt", "Bees sleep.")
    assert look(kb, vault) == []
    list(kb.follow(kb.restore(bees)))
    assert kb.document(bees).tags == ("mine",)
    file_at_rest(vault / "bees.txt", "Bees hum.")
    assert look(kb, vault) == [("changed", "bees.txt", "")]


def test_a_note_renamed_and_edited_at_once_keeps_its_tags(kb: KnowledgeBase, vault: Path) -> None:
    file_at_rest(vault / "long.txt", LONG)
    (new,) = kb.watch(once=True)
    kb.tag([new.document], ["kept"])
    (vault / "long.txt").unlink()
    file_at_rest(vault / "longer.txt", f"{LONG}And one more.")
    events = list(kb.watch(once=True))
    assert told(events, vault) == [("moved", "longer.txt", "long.txt")]
    assert kb.document(events[0].document).tags == ("kept",)


def test_a_note_moved_and_edited_at_once_keeps_its_tags_and_marks(kb: KnowledgeBase, vault: Path) -> None:
    file_at_rest(vault / "long.txt", LONG)
    (new,) = kb.watch(once=True)
    kb.tag([new.document], ["kept"])
    kb.mark(new.document, 2, 10, comment="mine")
    (vault / "long.txt").unlink()
    file_at_rest(vault / "elsewhere" / "long.txt", f"{LONG}And one more.")
    (moved,) = kb.watch(once=True)
    assert told([moved], vault) == [("moved", "elsewhere/long.txt", "long.txt")]
    assert kb.document(moved.document).tags == ("kept",)
    assert [mark.comment for mark in kb.marks(documents=[moved.document])] == ["mine"]


def test_a_drive_that_is_away_is_no_news(
    kb: KnowledgeBase, vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted = {str(vault), os.path.abspath(os.sep)}  # noqa: PTH100
    monkeypatch.setattr(os.path, "ismount", lambda path: str(path) in mounted)
    file_at_rest(vault / "bees.txt", "Bees sleep.")
    file_at_rest(vault / "sea" / "whales.txt", "Whales dive.")
    assert len(look(kb, vault)) == 2  # read again, they are known to be on that drive
    vault.rename(vault.parent / "elsewhere")
    mounted.remove(str(vault))
    assert look(kb, vault) == []
    assert {document.gone for document in kb.documents()} == {False}
    (vault.parent / "elsewhere").rename(vault)
    mounted.add(str(vault))
    assert look(kb, vault) == []
    assert [document.away_places for document in kb.documents()] == [(), ()]


def test_what_is_in_a_cloud_only_stays_there(
    kb: KnowledgeBase, vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = {str(file_at_rest(vault / "far.txt", "Not here.").stat().st_size)}
    monkeypatch.setattr(
        "desktop_kb.extract.folders.is_placeholder", lambda status: str(status.st_size) in far
    )
    assert look(kb, vault) == []
    far.clear()
    assert look(kb, vault) == [("new", "far.txt", "")]
    rename(vault / "far.txt", vault.parent / "far.txt")
    file_at_rest(vault / ".far.txt.icloud", "what iCloud leaves")
    assert look(kb, vault) == []
    assert files.look(str(vault / "far.txt")) == "away"


def test_a_file_that_cannot_be_read_is_said_once(kb: KnowledgeBase, vault: Path) -> None:
    file_at_rest(vault / "empty.txt", "")
    (event,) = kb.watch(once=True)
    assert (event.event, Path(event.path).name, event.error_code) == ("failed", "empty.txt", "no-words")
    assert look(kb, vault) == []


def test_a_file_that_another_program_holds_is_tried_again(
    kb: KnowledgeBase, vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_watch, "_TRIES_S", (0.01, 0.01, 0.01))
    tries: list[object] = []
    hashed = files.sha256

    def held(path: Path) -> str:
        if path.name == "held.txt" and len(tries) < 2:
            tries.append(path)
            raise PermissionError(13, "another program has it", str(path))
        return hashed(path)

    monkeypatch.setattr("desktop_kb.ingest.decide.sha256", held)
    file_at_rest(vault / "held.txt", "Written elsewhere.")
    assert look(kb, vault) == [("new", "held.txt", "")]
    assert len(tries) == 2


def test_a_file_is_read_once_it_is_at_rest(kb: KnowledgeBase, vault: Path) -> None:
    (vault / "half.txt").write_text("Half", encoding="utf-8")

    def finish() -> None:
        (vault / "half.txt").write_text("Half and the other half.", encoding="utf-8")

    later = threading.Timer(folder_watch.REST_S / 2, finish)
    later.start()
    assert look(kb, vault) == [("new", "half.txt", "")]
    later.join()
    assert kb.search("other", mode="words").hits


def test_a_file_that_is_being_read_is_not_asked_for_again(
    kb: KnowledgeBase, vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was told twice when its folder was new too, and looked at before it."""
    monkeypatch.setattr(folder_watch, "REST_S", 0.0)
    watch = kb.folder_watch()
    watch._see_folders()
    assert list(watch._look()) == []
    path = str(file_at_rest(vault / "more" / "ants.txt", "Ants dig."))
    watch._touch(str(vault / "more"))
    assert list(watch._look()) == []
    assert kb._store.queue.claim() is not None  # another program reads it now
    watch._touch(path)
    assert list(watch._look()) == []
    assert [asked.path for asked in watch._asked.values()] == [path]
    assert watch._again == {path}


def test_a_folder_in_a_followed_one_and_the_library_in_it_are_apart(
    open_kb: Callable[..., KnowledgeBase], tmp_path: Path
) -> None:
    file_at_rest(tmp_path / "outer.txt", "Outside.")
    file_at_rest(tmp_path / "in[n]er" / "inner.txt", "Inside.")
    file_at_rest(tmp_path / "in[n]er" / "templates" / "t.txt", "A template.")
    kb = open_kb()
    file_at_rest(kb.library.notes / "own.txt", "The library's own.")
    kb.follow_folder(tmp_path)
    kb.follow_folder(tmp_path / "in[n]er")
    assert look(kb, tmp_path) == [
        ("new", "in[n]er/inner.txt", ""),
        ("new", "in[n]er/templates/t.txt", ""),
        ("new", "outer.txt", ""),
    ]


def test_each_folder_has_patterns_of_its_own(open_kb: Callable[..., KnowledgeBase], tmp_path: Path) -> None:
    for vault in ("one", "other"):
        for name in ("a.txt", "drafts/b.txt", ".kept/c.txt"):
            file_at_rest(tmp_path / vault / name, f"{vault} {name}")
    kb = open_kb()
    kb.follow_folder(tmp_path / "one", ignore=["drafts/", "!.kept"])
    kb.follow_folder(tmp_path / "other")
    assert [path for _, path, _ in look(kb, tmp_path)] == [
        "one/.kept/c.txt",
        "one/a.txt",
        "other/a.txt",
        "other/drafts/b.txt",
    ]
    kb.follow_folder(tmp_path / "one", ignore=[])
    assert look(kb, tmp_path) == [("new", "one/drafts/b.txt", "")]
    with pytest.raises(UsageProblem) as raised:
        kb.follow_folder(tmp_path / "one", ignore=["#"])
    assert raised.value.code == "bad-pattern"


def test_what_is_followed_is_not_copied(open_kb: Callable[..., KnowledgeBase], tmp_path: Path) -> None:
    kb = open_kb()
    file_at_rest(tmp_path / "vault" / "paper.pdf", "Penguins swim.")
    file_at_rest(tmp_path / "other" / "report.pdf", "Seals swim.")
    kb.follow_folder(tmp_path / "vault")
    list(kb.watch(once=True))
    list(kb.follow(kb.add([tmp_path / "other"])))
    assert {one.title: one.copied for one in kb.documents()} == {"paper": False, "report": True}


def test_what_cannot_be_followed_is_said(kb: KnowledgeBase, vault: Path) -> None:
    for folder, code in ((vault / "none", "no-folder"), (kb.library.root, "library-folder")):
        with pytest.raises(UsageProblem) as raised:
            kb.follow_folder(folder)
        assert raised.value.code == code
    assert [one.path for one in kb.folders()] == [str(vault)]
    kb.unfollow_folder(vault)
    assert kb.folders() == []
    with pytest.raises(UsageProblem) as raised:
        kb.unfollow_folder(vault)
    assert raised.value.code == "not-followed"
    file_at_rest(vault / "ants.txt", "Ants dig.")
    assert look(kb, vault) == []


class Following:
    """A watch on a thread of its own."""

    def __init__(self, watch: FolderWatch, vault: Path) -> None:
        self.watch, self._vault = watch, vault
        self._events: list[FolderEvent] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        for event in self.watch.events():
            self._events.append(event)

    @property
    def told(self) -> Told:
        return told(self._events, self._vault)


def test_changes_are_found_while_it_runs(kb: KnowledgeBase, vault: Path) -> None:
    following = Following(kb.folder_watch(), vault)
    time.sleep(0.3)
    file_at_rest(vault / "ants.txt", "Ants dig.")
    until(lambda: following.told == [("new", "ants.txt", "")])
    rename(vault / "sea", vault / "ocean")
    (vault / "bees.txt").unlink()
    until(lambda: len(following.told) == 3)
    assert following.told == [
        ("gone", "bees.txt", ""),
        ("moved", "ocean/whales.txt", "sea/whales.txt"),
        ("new", "ants.txt", ""),
    ]


def test_changes_of_the_librarys_own_notes_are_found_where_they_are_followed(
    open_kb: Callable[..., KnowledgeBase],
) -> None:
    kb = open_kb()
    notes = file_at_rest(kb.library.notes / "bees.txt", "Bees dance.").parent
    kb.follow_folder(notes)
    following = Following(kb.folder_watch(), notes)
    until(lambda: following.told == [("new", "bees.txt", "")])
    file_at_rest(notes / "ants.txt", "Ants dig.")
    until(lambda: ("new", "ants.txt", "") in following.told)


def test_all_is_looked_at_after_sleep_and_when_asked(
    kb: KnowledgeBase, vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is told of what another machine changes, or of what happens while this one sleeps."""

    def hears_nothing(self: Watcher, seconds: float, stop: Flag) -> set[str]:
        stop.wait(seconds)
        return set()

    monkeypatch.setattr(Watcher, "wait", hears_nothing)
    following = Following(kb.folder_watch(), vault)
    time.sleep(0.3)
    file_at_rest(vault / "ants.txt", "Ants dig.")
    time.sleep(0.3)
    assert following.told == []
    following.watch.look_again()
    until(lambda: following.told == [("new", "ants.txt", "")])
    file_at_rest(vault / "wasps.txt", "Wasps sting.")
    clock = time.time
    monkeypatch.setattr(time, "time", lambda: clock() + 3600)
    until(lambda: len(following.told) == 2)


def test_a_folder_that_is_followed_later_or_made_anew_is_looked_through(
    kb: KnowledgeBase, vault: Path, tmp_path: Path
) -> None:
    following = Following(kb.folder_watch(), tmp_path)
    file_at_rest(tmp_path / "second" / "ants.txt", "Ants dig.")
    kb.follow_folder(tmp_path / "second")
    until(lambda: following.told == [("new", "second/ants.txt", "")])
    (tmp_path / "second").rename(tmp_path / "third")
    until(lambda: ("gone", "second/ants.txt", "") in following.told)
    file_at_rest(tmp_path / "second" / "wasps.txt", "Wasps sting.")
    until(lambda: ("new", "second/wasps.txt", "") in following.told)
