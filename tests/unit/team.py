"""An engine from its package, for tests: started once, its library emptied for each."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from desktop_kb.records import FileReport, Job, JobKind, JobOptions, Location
from desktop_kb.remote import Engine, RemoteLibrary, Server, serving
from desktop_kb.remote.session import Session


@dataclass
class Reports:
    """A queue that keeps what it is told."""

    reports: list[tuple[Job, FileReport]] = field(default_factory=list)
    queued: list[Location] = field(default_factory=list)

    def end(self, job: Job, report: FileReport) -> None:
        self.reports.append((job, report))

    def enqueue(self, files: Sequence[Location], options: JobOptions, kind: JobKind) -> list[int]:
        self.queued += files
        return [*range(len(files))]


class TeamLibrary(RemoteLibrary):
    """A library with what tests look at."""

    def __init__(self, engine: Engine) -> None:
        self.jobs = Reports()
        super().__init__(engine, self.jobs)
        self.reports = self.jobs.reports


class EngineForTests:
    """Args:
    folder: empty; the engine's.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        started, _ = serving.start(folder, self.port, memory_mib=1536, public=True)
        self.password = started.password.read_text("ascii")

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Within this context it answers nobody."""
        process = serving.Folder(self.folder).process()
        assert process is not None
        os.kill(process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(process.pid, signal.SIGCONT)

    def server(self, database: str = "kb", user: str = "root") -> Server:
        return Server("127.0.0.1", self.port, user, database, str(serving.Folder(self.folder).authority))

    def run(self, *statements: str) -> None:
        """As the owner, outside any library."""
        engine = Engine(self.server(""), self.password)
        with engine.writing() as session:
            for statement in statements:
                session.run(statement)
        engine.close()

    def open(self, database: str = "kb", user: str = "root", password: str = "") -> TeamLibrary:
        return TeamLibrary(Engine(self.server(database, user), password or self.password))

    @contextlib.contextmanager
    def library(self) -> Iterator[TeamLibrary]:
        """An empty library."""
        self.run("create database if not exists kb default charset utf8mb4 collate utf8mb4_bin")
        library = self.open()
        with library.engine.writing() as session:
            tables = [name for (name,) in session.rows("show tables")]
            for table in tables:
                kept = table.rpartition("_")[0] not in ("passages", "terms") and table != "library"
                session.run(
                    f"delete from {table}"
                    if kept
                    else f"drop table {table}"
                    if table != "library"
                    else "do 0"
                )
        if not tables:
            library.create()
        yield library
        library.close()


def engine_in(folder: Path) -> Iterator[EngineForTests]:
    """For a fixture: an engine, where its package is."""
    if serving.package() is None:
        pytest.skip(f"the engine's package, {serving.PACKAGE}, is not installed")
    yield EngineForTests(folder)
    serving.stop(folder)


def queries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What engines are asked from now on."""
    rows, asked = Session.rows, list[str]()

    def listen(session: Session, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        asked.append(sql)
        return rows(session, sql, values)

    monkeypatch.setattr(Session, "rows", listen)
    return asked
