"""What is done for each file or each question walks over no table that grows with the library."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from fakes import FakeEmbedder
from workbench import Bench

from desktop_kb.settings import Settings
from desktop_kb.store import connection as connections

_GROWS = (
    "documents|places|texts|tags|metadata|marks|jobs|indexed|chunks|chunk_vectors|reader_vectors|neighbours"
)
#: The words of a file's name may stand in the middle of it: 1 ms for 10,000 files. What has been read is counted
#: once after something was written. `documents_waiting` has no others than those with pages that wait.
_BY_DESIGN = re.compile(r"from places\) where|left join indexed|sum\(covered\)|documents_waiting")

Asked = tuple[apsw.Connection, str, Any]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    """Every statement that SQLite is asked, with its connection and values."""
    found: list[Asked] = []
    prepare = connections._prepare

    def traced(connection: apsw.Connection, write: bool) -> None:
        prepare(connection, write)

        def note(cursor: apsw.Cursor, statement: str, values: Any) -> bool:
            found.append((cursor.connection, statement, values))
            return True

        connection.exec_trace = note

    monkeypatch.setattr(connections, "_prepare", traced)
    return found


@pytest.fixture
def bench(asked: list[Asked], tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path, FakeEmbedder(), Settings())
    bench.run(bench.file("birds.txt", "Birds fly south."), tags=("flying",), metadata={"year": 2020})
    bench.run(bench.file("bees.txt", "Bees make honey."), tags=("flying",), metadata={"year": 2021})
    yield bench
    bench.store.close()


_DOES: dict[str, Callable[[Bench], Any]] = {
    "a new file": lambda bench: bench.run(bench.file("owls.txt", "Owls hunt at night."), tags=("night",)),
    "a file with the same content": lambda bench: bench.run(bench.file("other.txt", "Bees make honey.")),
    "a changed file": lambda bench: bench.run(bench.file("bees.txt", "Bees make wax.")),
    "a question": lambda bench: bench.search("honey"),
    "what waits": lambda bench: (bench.store.queue.waiting(), bench.store.queue.files(10)),
    "the keys of filters": lambda bench: bench.store.documents.keys(),
}


@pytest.mark.parametrize("does", _DOES)
def test_no_table_that_grows_is_walked_over(bench: Bench, asked: list[Asked], does: str) -> None:
    asked.clear()
    _DOES[does](bench)
    walks = {
        (statement, plan)
        for connection, statement, values in list(asked)
        if re.match(r"\s*(select|insert|update|delete|with)\b", statement) and "temp." not in statement
        for _, _, _, plan in connection.execute(f"explain query plan {statement}", values)
        if re.match(rf"SCAN ({_GROWS})\b", plan)
    }
    assert len(asked) > 0
    assert {walk for walk in walks if not _BY_DESIGN.search(" ".join(walk))} == set()


def test_a_walk_is_noticed(bench: Bench, asked: list[Asked]) -> None:
    connection, *_ = asked[0]
    (row,) = connection.execute("explain query plan select id from documents where size = 3")
    assert re.match(rf"SCAN ({_GROWS})\b", row[3])
