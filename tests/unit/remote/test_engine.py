"""Connections to an engine, where the driver fails as engines were seen to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pymysql
import pytest

from desktop_kb.errors import DocumentProblem, Problem, StorageProblem
from desktop_kb.remote import Engine, Server, engine
from desktop_kb.sentences import say


class FakeCursor:
    lastrowid = 0

    def __init__(self, error: Exception | None) -> None:
        self._error = error

    def __enter__(self) -> FakeCursor:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def mogrify(self, sql: str, values: object) -> str:
        return sql

    def execute(self, sql: str, values: object = None) -> None:
        if self._error is not None and not sql.startswith("start"):
            raise self._error


class FakeConnection:
    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    def cursor(self) -> FakeCursor:
        return FakeCursor(self._error)

    def commit(self) -> None:
        pass

    rollback = close = commit


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Engine, list[Any]]]:
    """An engine, and what connecting to it gives each time: an error or a connection; the last one stays."""
    given: list[Any] = []

    def connect(_: Engine) -> FakeConnection:
        one = given.pop(0) if len(given) > 1 else given[0]
        if isinstance(one, Exception):
            raise one
        assert isinstance(one, FakeConnection)
        return one

    monkeypatch.setattr(Engine, "_connect", connect)
    monkeypatch.setattr(engine, "_ASKED_EVERY_S", 0.01)
    made = Engine(Server("there", 1, "ada", "bees"), "secret")
    yield made, given
    made.close()


def failing(made: Engine, statement: str = "select 1") -> Problem:
    with pytest.raises(Problem) as caught, made.writing() as session:
        session.run(statement)
    return caught.value


def test_an_engine_that_begins_and_refuses_is_asked_until_it_answers(
    connections: tuple[Engine, list[Any]],
) -> None:
    made, given = connections
    beginning = pymysql.err.OperationalError(4012, "server is initializing")
    given += [pymysql.err.OperationalError(2003, "refused"), beginning, beginning, FakeConnection()]
    assert failing(made).code == "engine-away"
    until = time.monotonic() + 10
    while failing_code(made) is not None:
        assert time.monotonic() < until, "it stays away for ever"
        time.sleep(0.01)


def failing_code(made: Engine) -> str | None:
    try:
        with made.writing() as session:
            session.run("select 1")
    except StorageProblem as problem:
        return problem.code
    return None


def test_an_error_that_nobody_knows_is_a_sentence_without_the_statement(
    connections: tuple[Engine, list[Any]],
) -> None:
    made, given = connections
    given += [
        FakeConnection(
            pymysql.err.ProgrammingError(1064, "You have an error to use near 'by pass' at line 1")
        )
    ]
    problem = failing(made)
    assert isinstance(problem, StorageProblem)
    said = say(problem, "en")
    assert "1064 You have an error" in said
    assert "pass" not in said


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (pymysql.err.DataError(1406, "Data too long for column 'type'"), "engine-error"),
        (pymysql.err.OperationalError(1153, "Got a packet bigger than that"), "larger-than-engine"),
        (None, "larger-than-engine"),
    ],
)
def test_what_one_document_has_stops_no_other(
    connections: tuple[Engine, list[Any]],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception | None,
    code: str,
) -> None:
    """A `StorageProblem` would pause the queue, with the same document at its head each time."""
    made, given = connections
    given += [FakeConnection(error)]
    monkeypatch.setattr(engine, "_LONGEST_STATEMENT", 100)
    problem = failing(made, "x" * 101 if error is None else "select 1")
    assert (type(problem), problem.code) == (DocumentProblem, code)
