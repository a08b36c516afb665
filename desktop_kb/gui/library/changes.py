"""What a person changes of documents: tags, values, whether they are in the trash; and the undoing of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from desktop_kb.errors import Problem
from desktop_kb.gui.bridge import Bridge
from desktop_kb.gui.translation import plural, say, tr
from desktop_kb.gui.widgets import ask_line
from desktop_kb.kb.sources import bibtex, source_of
from desktop_kb.records import Document, FileFinished, Value

LOCKED = ("locked", "wrong-password")


def copy_bibtex(documents: Sequence[Document]) -> None:
    """Copy documents as the entries of a BibTeX file."""
    keys = set[str]()
    QGuiApplication.clipboard().setText("\n".join(bibtex(source_of(one, one), keys) for one in documents))


class Changes(QObject):
    """Changes documents on a thread; `done` says each change once it is made, with the function that undoes it."""

    #: the library has changed
    changed = Signal()
    #: a sentence, what undoes it (None: nothing does), whether the person cannot see it where they are
    done = Signal(str, object, bool)

    def __init__(self, bridge: Bridge, parent: QWidget) -> None:
        super().__init__(parent)
        self._bridge, self._window = bridge, parent
        self._unlocking: set[str] = set()  # the files whose password was given
        bridge.finished.connect(self._finished)

    def tag(self, documents: Sequence[Document], given: Sequence[str], taken: Sequence[str] = ()) -> None:
        """Give documents tags, and take others away."""
        kb = self._bridge.kb
        gave = {tag: [d.document for d in documents if tag not in d.tags] for tag in given}
        took = {tag: [d.document for d in documents if tag in d.tags] for tag in taken}

        def change(giving: Mapping[str, list[str]], taking: Mapping[str, list[str]]) -> None:
            for tag, ids in giving.items():
                kb.tag(ids, [tag])
            for tag, ids in taking.items():
                kb.untag(ids, [tag])

        count = len({id for ids in (*gave.values(), *took.values()) for id in ids})
        words = [tr("Tagged with {tags}", tags=", ".join(given))] if given else []
        words += [tr("No longer tagged with {tags}", tags=", ".join(taken))] if taken else []
        said = plural(count, "{n} document", "{n} documents")
        said = tr("{what}: {documents}", what="; ".join(words), documents=said)
        self._do(lambda: change(gave, took), lambda: change(took, gave), said, count > 1)

    def set_values(self, documents: Sequence[Document], values: Mapping[str, Value]) -> None:
        """Give documents these values; '' takes the person's own away."""
        kb = self._bridge.kb
        ids = [document.document for document in documents]
        before: dict[str, Mapping[str, Value]] = {}

        def work() -> None:
            before.update(kb.own_values(ids))
            kb.set_metadata(ids, values)

        def back() -> None:
            for id, own in before.items():
                kb.set_metadata(id, {key: own.get(key, "") for key in values})

        said = plural(len(ids), "{n} document changed.", "{n} documents changed.")
        self._do(work, back, said, len(ids) > 1)

    def remove(self, documents: Sequence[str]) -> None:
        """Move documents, by id, into the trash."""
        ids = list(documents)
        said = plural(len(ids), "{n} document removed.", "{n} documents removed.")
        self._do(lambda: self._bridge.kb.remove(ids), lambda: self._restore(ids), said, True)

    def restore(self, documents: Sequence[str]) -> None:
        """Take documents, by id, out of the trash; they are indexed again."""
        ids = list(documents)
        self._bridge.call(lambda: self._restore(ids), lambda _: self.changed.emit())

    def _restore(self, ids: Sequence[str]) -> None:
        problems = []
        for id in ids:
            try:
                self._bridge.kb.restore(id)
            except Problem as problem:  # such as another file at its path now: restore the others
                problems.append(problem)
        self._bridge.kb.start_indexing()
        if problems:
            raise problems[0]

    def _do(self, work: Callable[[], object], back: Callable[[], object], said: str, unseen: bool) -> None:
        def undo() -> None:
            self._bridge.call(back, lambda _: self.changed.emit())

        def made(_result: object) -> None:
            self.done.emit(said, undo, unseen)
            self.changed.emit()

        self._bridge.call(work, made)

    # --- reading again

    def read_again(self, documents: Sequence[Document]) -> None:
        """Read files again; a locked one asks for its password."""
        locked = [d for d in documents if d.error_code in LOCKED]
        others = [place for d in documents if d not in locked for place in d.places]  # of a part its file
        for document in locked:
            self._unlock(document)
        if others:
            paths = frozenset(others)
            failed = [d for d in documents if d.status == "failed" and d not in locked]
            pictured = [d for d in documents if d not in locked and d.has_unread_pages]
            self._bridge.call(
                lambda: self.read(sorted(paths), failed, pictured), lambda _: self.changed.emit()
            )

    def read(self, paths: Sequence[str], failed: Sequence[Document], pictured: Sequence[Document]) -> None:
        """Read failed files, the pictures of pages that hold no text that can be read, and what has changed."""
        kb = self._bridge.kb
        if kb.settings.recognize == "off":
            pictured = ()
        failed = [document for document in failed if document not in pictured]
        kb.retry(documents=[document.document for document in failed])
        if pictured:
            kb.retry(documents=[document.document for document in pictured], recognize=True)
        tried = {path for document in (*failed, *pictured) for path in document.places}
        kb.add([path for path in paths if path not in tried])

    def _unlock(self, document: Document) -> None:
        question = tr(
            "'{name}' is locked. Its text will be stored unencrypted in the library.", name=document.title
        )
        if document.error_code == "wrong-password" and document.error is not None:
            question = f"{say(document.error)}\n\n{question}"
        password = ask_line(self._window, tr("Password"), question, hidden=True)
        if password:
            self._unlocking.add(document.path)
            self._bridge.call(
                lambda: self._bridge.kb.add([document.path], password=password), lambda _: self.changed.emit()
            )

    def _finished(self, event: FileFinished) -> None:
        """Say that a password was wrong: the row alone looks as it did before."""
        report = event.report
        if report.path in self._unlocking and not report.part:
            self._unlocking.discard(report.path)
            if report.error is not None:
                self.done.emit(f"{report.location.name}: {say(report.error)}", None, True)
