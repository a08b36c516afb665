"""Notes as files of the library: renamed with the links to them, linked from others, deleted into the trash."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from desktop_kb.errors import Problem, reason_of
from desktop_kb.files import move, numbered, sha256, write_whole
from desktop_kb.formats import MARKDOWN, format_of
from desktop_kb.kb.new_notes import file_name
from desktop_kb.kb.opened import OpenLibrary
from desktop_kb.records import Document, JobOptions, PathLike

#: A link by name, as Obsidian and Logseq write it: [[name]], [[name#heading]], [[name|shown]], ![[name]].
_LINK: Final = re.compile(r"(\[\[)([^\[\]|#\n]+)((?:#[^\[\]|\n]*)?(?:\|[^\[\]\n]*)?\]\])")


class Noting(OpenLibrary):
    """Methods for notes and the links between them."""

    def expect_note(self, path: Path) -> None:
        """A note is about to be written there by who then adds it: after a kill before that who opens the library next
        adds it.

        Raises:
            OSError: that cannot be noted.
        """
        self._unqueued.expect([path])

    def rename_note(self, path: PathLike, stem: str) -> Path:
        """Give a note's file this name, or one with a number where another file has it; returns its path. Its document
        stays the same, and the library's own notes link to its new name.

        Raises:
            Problem: the file cannot be renamed ('not-written').
        """
        old = Path(path)
        new = _renamed(old, stem)
        try:
            self._store.documents.rename(str(old), str(new))
        except Problem:  # who may only read a team's library
            move(new, old, over=False)
            raise
        if changed := [note for note in self._own_notes() if _relink(note, old.stem, new.stem)]:
            self._store.queue.enqueue([str(note) for note in changed], JobOptions(), "add")
            self._indexer.wake()
        return new

    def look_at(self, path: PathLike) -> None:
        """A person opens this file: if it says what a team's library has, they know that, and what they write there
        replaces it. Otherwise another one's text, which no look at the folder has met yet, is kept beside theirs."""
        place = self._store.documents.place(str(path)) if self._store.shared else None
        if place is None:
            return
        with contextlib.suppress(OSError):  # it is not there, which whoever opens it is told
            status = Path(path).stat()
            if sha256(Path(path)) == place.content_hash:
                self._store.saw([replace(place, size=status.st_size, mtime_ns=status.st_mtime_ns)])

    def backlinks(self, document: str) -> list[Document]:
        """The documents that link to this one by its name or title.

        Raises:
            Problem: there is no such document ('not-found').
        """
        known = self._store.documents.find(only=[document])
        if not known:
            raise Problem("not-found", what=document)
        names = {known[0].title.casefold(), *(Path(place).stem.casefold() for place in known[0].places)}
        linking = [
            id
            for id, text in self._store.documents.texts_with("[[")
            if id != document and any(not names.isdisjoint(meant(name)) for name in linked_names(text))
        ]
        return self._store.documents.find(only=linking, sort="title") if linking else []

    def delete_note(self, path: PathLike) -> str:
        """Move a note with its file into the library's trash, from where `restore` brings both back; returns the id of
        its document. Where other files have the same content, their document stays, and the note gets one of its own.

        Raises:
            Problem: it is not in the library ('not-found'), is none of its own notes ('not-a-note'), or its file cannot
                be moved ('not-written').
        """
        note = Path(path)
        place = self._store.documents.place(str(note))
        if place is None:
            raise Problem("not-found", what=note.name)
        if not note.is_relative_to(self.library.notes):
            raise Problem("not-a-note", path=str(note))
        try:
            content = note.read_bytes()
            content_hash = hashlib.sha256(content).hexdigest()
            copy = self.library.stored(content_hash, note.suffix.lower())
            copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(copy, content)
            name = copy.relative_to(self.library.root).as_posix()
            document = self._store.documents.remove_note(place, content_hash, name)
            try:
                note.unlink()
            except OSError:
                self._store.documents.restore(document)
                self._indexer.wake()
                raise
        except OSError as error:
            raise Problem("not-written", what=note.name, reason=reason_of(error)) from error
        return document

    def _own_notes(self) -> Iterator[Path]:
        for path in sorted(self.library.notes.rglob("*")):
            if format_of(path) is MARKDOWN and path.is_file():
                yield path


def linked_names(text: str) -> list[str]:
    """What a note links to by name, without folders before it."""
    return [found[2].strip().rpartition("/")[2] for found in _LINK.finditer(text)]


def meant(name: str) -> tuple[str, str]:
    """What a note is called that a link means by this name, in small letters: its title or its file; or its file where
    the title that named it has signs that a file's name cannot have, as in 'Quotation: outline'."""
    return name.strip().casefold(), file_name(name).casefold()


def relinked(text: str, old: str, new: str) -> str:
    """A note in which links to the name `old` lead to `new`; what they show, and headings, stay."""

    def link(found: re.Match[str]) -> str:
        folder, slash, name = found[2].rpartition("/")
        return f"{found[1]}{folder}{slash}{new if old.casefold() in meant(name) else name}{found[3]}"

    return _LINK.sub(link, text)


def _renamed(old: Path, stem: str) -> Path:
    """Give a file the first name of this stem that no other file has."""
    for new in map(old.with_name, numbered(stem, old.suffix)):
        if new.exists():
            continue
        try:
            move(old, new, over=False)
        except FileExistsError:  # another program was faster
            continue
        except OSError as error:
            raise Problem("not-written", what=new.name, reason=reason_of(error)) from error
        return new
    raise AssertionError("there is always another number")


def _relink(note: Path, old: str, new: str) -> bool:
    """Rewrite the links of a note; whether there were any. One that is not UTF-8, or cannot be written, stays."""
    try:
        text = note.read_bytes().decode("utf-8")
        changed = relinked(text, old, new)
        if changed != text:
            write_whole(note, changed.encode("utf-8"))
    except (OSError, UnicodeDecodeError):
        return False
    return changed != text
