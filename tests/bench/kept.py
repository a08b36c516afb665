"""Libraries kept on disk between runs, and what they answer; so that only what changed is made anew.

`DIR/said.sqlite` has what models said (`said.py`), `DIR/libraries` a library for each collection, by its
texts, the library's settings and the code that reads, cuts and stores; the program itself sees to it that
its readers are today's. Only what the program offers to everybody is used, so that older and newer versions
of it can be measured.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import hashlib
import json
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from corpora import Asked, Library
from said import Memory, digest

import desktop_kb
from desktop_kb import language
from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import SearchOptions
from desktop_kb.settings import Settings, save

#: Modules that cannot change what is stored.
_ONLY_READING = frozenset(
    (
        "gui",
        "cli",
        "search",
        "evaluate",
        "questions",
        "sentences",
        "mcp",
        "export",
        "kb",
        "diagnostics",
        "choice",
        "records",
        "errors",
    )
)
#: Texts whose terms are remembered.
_TEXTS = 20_000
#: Settings of the machine that change vectors.
_COMPUTED = ("device", "fast_cpu")
#: A library in which nothing moves for so long will not be finished.
_STUCK_S = 900.0


class Seen(NamedTuple):
    """A hit: the note's name, its range there, and whether it is said to be weak; `copies` are the ranges
    that the hit stands for besides."""

    name: str
    start: int
    end: int
    score: float
    weak: bool
    copies: tuple[tuple[str, int, int], ...] = ()


class Answer(NamedTuple):
    """What a question found; `unread` where no model reads it."""

    hits: tuple[Seen, ...]
    unread: bool


class Shelf:
    """The libraries, opened one after the other.

    Args:
        folder: where they and what the models said are kept.
        settings: those that every library is opened with.
        every: only every so-manieth question is asked.
    """

    def __init__(self, folder: Path, settings: Settings, every: int = 1) -> None:
        self.folder, self._settings, self._every = folder, settings, every
        self._open: tuple[str, KnowledgeBase] | None = None
        self._answers: dict[tuple[str, str, str], dict[str, Answer]] = {}
        self.memory = Memory(_made(folder) / "said.sqlite")

    @contextmanager
    def opened(self) -> Iterator[Shelf]:
        with self.memory.remembering(), _texts_cut_once():
            try:
                yield self
            finally:
                self.close()

    def close(self) -> None:
        if self._open is not None:
            self._open[1].close()
        self._open = None

    def questions(self, library: Library, cell: str) -> Sequence[Asked]:
        """Those questions of a cell that are asked in this run."""
        return library.cells[cell][:: self._every]

    def ask(self, library: Library, cell: str, options: SearchOptions, variant: str = "") -> list[Answer]:
        """What each question of a cell finds. The same is not asked twice in a run.

        Args:
            variant: names what is switched in the program while it is asked.
        """
        known = self._answers.setdefault((library.name, repr(options), variant), {})
        questions = self.questions(library, cell)
        for one in questions:
            if one.id not in known:
                found = self.library(library).search(one.text, options)
                known[one.id] = Answer(
                    tuple(_seen(hit) for hit in found.hits),
                    any("query-not-covered" in code or "no-model" in code for code in found.degraded),
                )
        return [known[one.id] for one in questions]

    def library(self, library: Library) -> KnowledgeBase:
        """This library, made if it is not there; it stays open until another one is asked for."""
        if self._open is None or self._open[0] != library.name:
            self.close()
            self._open = library.name, self._make(library)
        return self._open[1]

    def _make(self, library: Library) -> KnowledgeBase:
        folder = self.folder / "libraries" / f"{library.name}-{self.key(library)}"
        done = folder / "done"
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            notes = _made(folder / "notes")
            for name, text in library.texts.items():
                (notes / f"{name}.md").write_text(text, encoding="utf-8")
            own = _of_the_library(self._settings)
            save(_made(folder / "library") / "settings.json", own)
        kb = KnowledgeBase(folder / "library", self._settings)
        try:
            if not done.exists():
                for report in kb.follow(kb.add([folder / "notes"])):
                    if report.status not in ("indexed", "duplicate"):
                        raise SystemExit(f"{library.name}: {report}")
            _finish(kb)
            done.touch()
        except BaseException:
            kb.close()
            raise
        return kb

    def key(self, library: Library) -> str:
        """Changes when the library would be made otherwise."""
        computed = {name: getattr(self._settings, name) for name in _COMPUTED}
        own = json.dumps({**_of_the_library(self._settings), **computed}, sort_keys=True)
        texts = [part for pair in library.texts.items() for part in pair]
        return digest(written_by(), own, *texts).hex()[:12]


@contextmanager
def _texts_cut_once() -> Iterator[None]:
    """Remember the terms of texts: for each hit its words are looked up anew, which is half of a search's time
    and changes no ranking."""
    module = sys.modules[language.words.__module__]
    real = getattr(module, "_tokens", None)
    if real is None:
        yield
        return
    remembered = functools.lru_cache(_TEXTS)(lambda text, **how: tuple(real(text, **how)))
    with mock.patch.object(module, "_tokens", lambda text, **how: iter(remembered(text, **how))):
        yield


def _finish(kb: KnowledgeBase) -> None:
    """Wait until every reader has read everything."""
    kb.start_indexing()
    before, since = None, time.monotonic()
    while True:
        status = kb.status()
        if status.model is None:
            raise SystemExit("no model is there for these settings")
        readers = [(reader.done, reader.of) for reader in getattr(status, "readers", ())]
        rebuilding = getattr(status, "rebuilding", None)
        if not (status.waiting or status.building or rebuilding) and all(done >= of for done, of in readers):
            return
        now = (status.waiting, status.built, rebuilding, readers)
        if now != before:
            before, since = now, time.monotonic()
        if time.monotonic() - since > _STUCK_S:
            raise SystemExit(f"the library does not get finished: {status}")
        time.sleep(0.2)


@functools.cache
def written_by() -> str:
    """A digest of the code that reads, cuts and stores, without its comments."""
    root = Path(desktop_kb.__file__).parent
    found = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        if path.relative_to(root).parts[0].removesuffix(".py") not in _ONLY_READING:
            found.update(ast.dump(ast.parse(path.read_text(encoding="utf-8"))).encode())
    return found.hexdigest()


def settings(changes: Sequence[str]) -> Settings:
    """The program's own settings with some changed, each `NAME=VALUE`."""
    chosen = Settings()
    defaults = {field.name: field.default for field in dataclasses.fields(Settings)}
    for change in changes:
        name, _, text = change.partition("=")
        default = defaults.get(name)
        value: object = text
        if isinstance(default, bool):
            value = text in ("true", "1", "on", "yes")
        elif isinstance(default, int):
            value = int(text)
        chosen = chosen.change(name, value)
    return chosen


def _of_the_library(chosen: Settings) -> Mapping[str, Any]:
    """The settings that differ from the program's own and belong to a library."""
    return {
        field.name: getattr(chosen, field.name)
        for field in dataclasses.fields(Settings)
        if field.metadata.get("scope") == "library" and getattr(chosen, field.name) != field.default
    }


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _seen(hit: Any) -> Seen:
    copies = tuple((Path(one.path).stem, one.start, one.end) for one in getattr(hit, "copies", ()))
    return Seen(Path(hit.path).stem, hit.start, hit.end, hit.score, hit.weak, copies)
