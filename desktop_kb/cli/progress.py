"""What moves on stderr while something is done; nothing where stderr is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from desktop_kb.cli.output import moves
from desktop_kb.cli.speech import tell, tr
from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import Event, FileFinished, ProgressMade
from desktop_kb.sentences import STAGES, size_text


class Bar:
    """A bar on stderr while one thing is done; nothing where stderr is no terminal."""

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if moves(sys.stderr):
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()

    def bytes(self, done: int, total: int) -> None:
        """So many of these bytes are done."""
        said = tr("{done} of {total}", done=size_text(done), total=size_text(total))
        self._show(said, done / max(1, total))

    def count(self, done: int, total: int) -> None:
        """So many of these documents are done."""
        self._show(tr("{n} of {of} documents", n=done, of=total), done / max(1, total))

    def stage(self, stage: str, share: float) -> None:
        """`share` of a stage of an evaluation, 0..1, is done."""
        self._show(tr(STAGES[stage]), share)

    def _show(self, what: str, share: float) -> None:
        if moves(sys.stderr):
            sys.stderr.write(f"\r{'█' * round(min(1.0, share) * 24):░<24} {what}\033[K")
            sys.stderr.flush()


class ProgressBar:
    """A line on stderr while files are indexed; nothing where stderr is no terminal."""

    def __init__(self, kb: KnowledgeBase, total: int) -> None:
        self._kb = kb
        self._total = total
        self._done = 0
        self._shown = moves(sys.stderr) and total > 0
        self._line = ""

    def __enter__(self) -> ProgressBar:
        if self._shown:
            self._kb.subscribe(self._on_event)
            if self._kb.indexer:
                tell(tr("{program} indexes this library; waiting for it.", program=self._kb.indexer))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()
        self._shown = False

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Make room for a line of output."""
        self._clear()
        yield
        if self._shown:
            sys.stderr.write(self._line)
            sys.stderr.flush()

    def _on_event(self, event: Event) -> None:
        if not self._shown:
            return
        if isinstance(event, FileFinished):
            self._done += 1
            fraction, name = 0.0, ""
        elif isinstance(event, ProgressMade):
            fraction, name = event.fraction, event.location.name
        else:
            return
        share = min(1.0, (self._done + fraction) / self._total)
        bar = "█" * round(share * 24)
        done = tr("{done} of {total}", done=self._done, total=self._total)
        self._line = f"\r{bar:░<24} {done}  {name[:40]}\033[K"
        sys.stderr.write(self._line)
        sys.stderr.flush()

    def _clear(self) -> None:
        if self._shown:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
