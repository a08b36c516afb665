"""Connections to an engine, where the driver fails as engines were seen to."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import pymysql
import pytest

from desktop_kb.errors import DocumentProblem, Problem, StorageProblem
from desktop_kb.remote import Engine, Server, engine
from desktop_kb.sentences import say


class FakeCursor:
    lastrowid = 0

    def __init__(self, error: Exception | None, executed: list[Any]) -> None:
        self._error = error
        self._executed = executed

    def __enter__(self) -> FakeCursor:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def execute(self, sql: str, values: object = None) -> None:
        self._executed.append((sql, values))
        if self._error is not None and not sql.startswith("start"):
            raise self._error


class FakeConnection:
    def __init__(self, error: Exception | None = None) -> None:
        self._error = error
        self._sock = Mock(outlasted=False)
        self.executed: list[Any] = []

    def cursor(self) -> FakeCursor:
        return FakeCursor(self._error, self.executed)

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


def test_a_connection_that_was_ended_is_no_engine_that_is_away(connections: tuple[Engine, list[Any]]) -> None:
    """As when a person's rights change; the next one is asked at once."""
    made, given = connections
    lost = FakeConnection(pymysql.err.OperationalError(2013, "Lost connection to MySQL server during query"))
    given += [lost, FakeConnection()]
    with pytest.raises(StorageProblem, match="engine-away"), made.reading() as session:
        session.run("select 1")
    assert failing_code(made) is None


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


def test_an_engine_that_ends_nothing_is_not_waited_for_each_time(
    connections: tuple[Engine, list[Any]],
) -> None:
    """One whose disk is full takes what it is told, does not commit, and lets nobody in."""
    made, given = connections
    full = FakeConnection()
    full._sock.outlasted = True
    frozen = pymysql.err.OperationalError(2013, "Lost connection (The read operation timed out)")
    full.commit = Mock(side_effect=frozen)  # type: ignore[method-assign]
    given += [full, pymysql.err.OperationalError(4012, "Timeout")]
    assert [failing_code(made) for _ in range(3)] == ["engine-stuck"] * 3
    given[:] = [FakeConnection()]
    until = time.monotonic() + 10
    while failing_code(made) is not None:
        assert time.monotonic() < until, "it stays away for ever"
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (9, "not valid yet"),
        (10, "has expired"),
        (19, "signed by somebody else"),
        (62, "another name"),
        (99, "NEW"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_said(
    connections: tuple[Engine, list[Any]], code: int, said: str
) -> None:
    made, given = connections
    cause = ssl.SSLCertVerificationError(1, "[SSL: NEW] certificate verify failed")
    cause.verify_code = code
    cause.reason = "NEW"
    error = pymysql.err.OperationalError(2003, "cannot connect")
    vars(error)["original_exception"] = cause
    given += [error]
    problem = failing(made)
    assert problem.code == "certificate"
    assert said in say(problem)


def test_what_one_document_has_stops_no_other(connections: tuple[Engine, list[Any]]) -> None:
    """A `StorageProblem` would pause the queue, with the same document at its head each time."""
    made, given = connections
    given += [FakeConnection(pymysql.err.DataError(1406, "Data too long for column 'type'"))]
    assert (type(failing(made)), failing(made).code) == (DocumentProblem, "engine-error")
    given[0] = FakeConnection()
    with pytest.raises(DocumentProblem) as caught, made.writing() as session:
        session.put_text(1, "x" * 16_000_001, "", b"")
    assert caught.value.code == "larger-than-engine"


@pytest.mark.parametrize("text", ["", "蜜" * 7_999, "a'\\n" * 99_999, "x" * 500_000])
def test_a_text_is_sent_in_pieces_that_the_engine_has_read_before_the_next_comes(
    connections: tuple[Engine, list[Any]], text: str
) -> None:
    made, given = connections
    connection = FakeConnection()
    given += [connection]
    with made.writing() as session:
        session.put_text(1, text, "", text.encode()[:70_000])
    held: dict[str, Any] = {"text": "", "layout": b"", "@held": ""}
    for sql, values in connection.executed:
        sizes = [len(value if isinstance(value, bytes) else str(value).encode()) for value in values or ()]
        assert sum(sizes) <= 33_000
        if sql.startswith("replace"):
            _, held["text"], _, held["layout"] = values
        elif sql.startswith("set @held = concat"):
            held["@held"] += values[0]
        elif sql.startswith("set @held"):
            held["@held"] = values[0]
        elif sql.startswith("update"):
            held["text" if "text =" in sql else "layout"] += held["@held"]
            assert len(held["@held"]) < 1_000_000 / 3
    assert (held["text"], held["layout"]) == (text, text.encode()[:70_000])
