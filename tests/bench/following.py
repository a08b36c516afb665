"""A followed vault of notes: how soon a change is found, whether any is lost, told twice or costs a tag.

    python tests/bench/following.py [--notes 5000] [--burst 5000] [--kills 10] [--seconds 60] [--seed 1]

By words alone, so that it is the following that is measured and not a model. First `add` and the following of the same
notes by turns, each into a library of its own; then 15 kinds of change, one after the other, each with the seconds from
the change to its news (a file rests for one); a burst of as many new notes; the watch at rest; and at last a vault
that is changed at random while its watch is killed and begun anew: in the end each file is one living document, what is
deleted is gone, and each tag is where it was. Exits 1 where any of this does not hold.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
from kill import sentence

from desktop_kb.kb import KnowledgeBase, Parts
from desktop_kb.records import FolderEvent

_WORDS = Parts(open_embedder=lambda **_options: None)
_TAG = "kept"
#: A file rests for a second; then it is to be found within three.
_SOON_S = 4.0


def write(path: Path, chance: random.Random) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "\n\n".join(" ".join(sentence(chance) for _ in range(5)) for _ in range(2))
    path.write_text(f"# {path.stem}\n\n{text}\n", encoding="utf-8")


def make_vault(folder: Path, notes: int, chance: random.Random) -> Path:
    for number in range(notes):
        write(folder / f"{number % 40:02}" / f"note {number:05}.md", chance)
    return folder


class Watching:
    """A watch on a thread, and what it has told."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self.told: list[tuple[float, FolderEvent]] = []
        self._kb = kb
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        for event in self._kb.watch():
            self.told.append((time.monotonic(), event))

    def until(self, count: int, seconds: float) -> list[tuple[float, FolderEvent]]:
        """Wait until so many events were told, and a moment for those that should not come; they are taken."""
        deadline = time.monotonic() + seconds
        while len(self.told) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(1.5)
        told, self.told = self.told, []
        return told


def saved_by_rename(path: Path, chance: random.Random) -> None:
    write(path.with_name(f".{path.name}.swp"), chance)
    path.with_name(f".{path.name}.swp").replace(path)


def written_slowly(path: Path, chance: random.Random) -> None:
    for _ in range(4):
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{sentence(chance)}\n")
        time.sleep(0.4)


def swap(one: Path, other: Path) -> None:
    aside = one.with_name(".aside")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)


def changes(vault: Path, chance: random.Random) -> Iterator[tuple[str, Callable[[], object], list[str]]]:
    """The kinds of change, how each is made, and the events that are to be told."""

    def note(number: int) -> Path:
        return vault / f"{number % 40:02}" / f"note {number:05}.md"

    yield "a new note", lambda: write(vault / "00" / "fresh.md", chance), ["new"]
    yield "an edit", lambda: write(note(1), chance), ["changed"]
    yield "a save by rename", lambda: saved_by_rename(note(2), chance), ["changed"]
    yield "written in pieces", lambda: written_slowly(vault / "00" / "slow.md", chance), ["new"]
    yield "a new time only", lambda: os.utime(note(3)), []
    yield "a rename", lambda: note(4).rename(note(4).with_name("renamed.md")), ["moved"]
    yield "a move to another folder", lambda: note(5).rename(vault / "06" / "moved.md"), ["moved"]
    yield "two names swapped", lambda: swap(note(7), note(8)), ["changed"] * 2
    yield "a copy", lambda: (vault / "09" / "copy.md").write_bytes(note(9).read_bytes()), ["new"]
    yield "a deletion", lambda: note(10).rename(vault.parent / "aside.md"), ["gone"]
    yield "what was deleted is back", lambda: (vault.parent / "aside.md").rename(note(10)), ["back"]
    count = len(list((vault / "11").iterdir()))
    yield "a folder renamed", lambda: (vault / "11").rename(vault / "eleven"), ["moved"] * count
    yield "what is hidden", lambda: write(vault / ".trash" / "old.md", chance), []
    yield "what is ignored", lambda: write(vault / "node_modules" / "a.md", chance), []
    yield "a file that cannot be read", lambda: (vault / "00" / "empty.md").write_bytes(b""), ["failed"]


def tags_lost(kb: KnowledgeBase, tagged: set[str]) -> int:
    return len(tagged - {document.document for document in kb.documents() if _TAG in document.tags})


def by_turns(folder: Path, vault: Path) -> None:
    """Seconds of processor time and of the clock, of `add` and of a first look by following."""
    for turn in range(2):
        for name in ("add", "follow"):
            before, clock = _spent(), time.monotonic()
            with KnowledgeBase(folder / f"{name}{turn}", parts=_WORDS) as kb:
                if name == "add":
                    count = sum(1 for _ in kb.follow(kb.add([vault])))
                else:
                    kb.follow_folder(vault)
                    count = sum(1 for _ in kb.watch(once=True))
                took, spent = time.monotonic() - clock, _spent() - before
            print(f"  {name:<7} {count} notes: {took:.1f} s, {spent:.1f} s of CPU", flush=True)


def _spent() -> float:
    """Processor time of this process and its children, those that have ended too."""
    own = psutil.Process().cpu_times()
    living = (one.cpu_times() for one in psutil.Process().children(recursive=True))
    return sum((own.user, own.system, own.children_user, own.children_system)) + sum(
        one.user + one.system for one in living
    )


def found(folder: Path, vault: Path, burst: int, seconds: float, chance: random.Random) -> bool:
    """Each kind of change, a burst, and rest."""
    right = True
    with KnowledgeBase(folder / "found", parts=_WORDS) as kb:
        kb.follow_folder(vault)
        for _ in kb.watch(once=True):
            pass
        tagged = {document.document for document in kb.documents()}
        kb.tag(sorted(tagged), [_TAG])
        watching = Watching(kb)
        time.sleep(4.0)
        for name, change, expected in changes(vault, chance):
            change()
            began = time.monotonic()
            told = watching.until(len(expected), 60.0)
            latest = max((at - began for at, _ in told), default=0.0)
            held = sorted(event.event for _, event in told) == sorted(expected)
            held = held and (latest < _SOON_S or len(expected) > 2) and not tags_lost(kb, tagged)
            right = right and held
            wrong = "" if held else f"  WRONG: {[event for _, event in told][:5]}"
            print(f"  {name:<26} {len(told):>4} told, the last after {latest:.2f} s{wrong}", flush=True)
        before, began = _spent(), time.monotonic()
        make_vault(vault / "burst", burst, chance)
        told = watching.until(burst, 1800.0)
        took = max((at for at, _ in told), default=began) - began
        once = len({event.path for _, event in told}) == len(told) == burst
        print(
            f"  a burst of {burst}: {len(told)} told in {took:.1f} s, {_spent() - before:.1f} s of CPU",
            flush=True,
        )
        time.sleep(15.0)
        own = psutil.Process().cpu_times()
        time.sleep(seconds)
        now = psutil.Process().cpu_times()
        rest = (now.user + now.system - own.user - own.system) * 60 / seconds
        print(f"  at rest {rest:.3f} s of CPU a minute; tags lost: {tags_lost(kb, tagged)}", flush=True)
        return right and once and not tags_lost(kb, tagged)


def killed(folder: Path, notes: int, kills: int, chance: random.Random) -> bool:
    """Changes at random, while the watch is killed again and again."""
    vault, library = make_vault(folder / "killed vault", notes, chance), folder / "killed"
    with KnowledgeBase(library, parts=_WORDS) as kb:
        kb.follow_folder(vault)
        for _ in kb.watch(once=True):
            pass
        kb.tag([document.document for document in kb.documents()], [_TAG])
    for _ in range(kills):
        child = subprocess.Popen([sys.executable, __file__, "--child", str(library)])
        deadline = time.monotonic() + chance.uniform(1.0, 6.0)
        while time.monotonic() < deadline:
            _change(vault, chance)
            time.sleep(chance.uniform(0.0, 0.1))
        child.kill()
        child.wait()
        for _ in range(20):
            _change(vault, chance)
    with KnowledgeBase(library, parts=_WORDS) as kb:
        twice = sum(1 for _ in kb.watch(once=True)) and sum(1 for _ in kb.watch(once=True))
        there = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in vault.rglob("*.md")}
        living: dict[Path, str] = {}
        for document in kb.documents():
            for place in set(document.places) - set(document.missing_places):
                living[Path(place)] = document.document
        lost = there.keys() - living.keys()
        ghosts = living.keys() - there.keys()
        stale = sum(1 for path in there if path in living and not _is_read(kb, living[path], path))
        untagged = sum(
            1 for path in there if path.name.startswith("note") and not _has_tag(kb, living.get(path))
        )
        sound = all(check.ok for check in kb.doctor())
    print(
        f"  {kills} kills: {len(there)} files, {len(lost)} not found, {len(ghosts)} that are not there, {stale} "
        f"as they were before, {untagged} without their tag, {twice} told again; doctor: {sound}",
        flush=True,
    )
    return not (lost or ghosts or stale or untagged or twice) and sound


def _is_read(kb: KnowledgeBase, document: str, path: Path) -> bool:
    return kb.text(document)[0].strip() == path.read_text("utf-8").strip()


def _has_tag(kb: KnowledgeBase, document: str | None) -> bool:
    return document is not None and _TAG in kb.document(document).tags


def _change(vault: Path, chance: random.Random) -> None:
    """A note is written, edited, renamed, moved or deleted. Those called 'note' were there from the first: they keep
    their name and their tag wherever they go."""
    files = sorted(vault.rglob("*.md"))
    one = chance.choice(files)
    kind = chance.randrange(5)
    if kind == 0:
        write(vault / "new" / f"{chance.randrange(10**9)}.md", chance)
    elif kind == 1:
        with one.open("a", encoding="utf-8") as file:
            file.write(f"\n{sentence(chance)}\n")
    elif kind == 2 or one.name.startswith("note"):
        target = vault / f"{chance.randrange(40):02}" / one.name
        target.parent.mkdir(exist_ok=True)
        if not target.exists():
            one.rename(target)
    elif kind == 3:
        one.rename(one.with_name(f"{chance.randrange(10**9)}.md"))
    else:
        one.unlink()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--notes", type=int, default=5000)
    parser.add_argument("--burst", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("turns", "found", "killed"))
    parser.add_argument("--child", metavar="LIBRARY", help="follow this library until killed")
    options = parser.parse_args()
    if options.child:
        with KnowledgeBase(options.child, parts=_WORDS) as kb:
            for _ in kb.watch():
                pass
        return 0
    chance = random.Random(options.seed)
    right = True
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        vault = make_vault(folder / "vault", options.notes, chance)
        if options.only in (None, "turns"):
            by_turns(folder, vault)
        if options.only in (None, "found"):
            right = found(folder, vault, options.burst, options.seconds, chance) and right
        if options.only in (None, "killed"):
            right = killed(folder, min(options.notes, 300), options.kills, chance) and right
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
