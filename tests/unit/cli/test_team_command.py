from __future__ import annotations

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import Mock

import pytest
from typed import Terminal

from desktop_kb import paths
from desktop_kb.errors import StorageProblem
from desktop_kb.remote import RemoteIndex, serving
from desktop_kb.remote.documents import RemoteDocuments
from desktop_kb.store import Documents, Index


def test_no_team_is_connected_at_first(terminal: Terminal) -> None:
    assert terminal("team", "status") == (0, [], "")
    code = terminal.main(["--library", "team:nobody", "search", "--json", "bees"])
    assert code == 1


def test_a_teams_library_does_all_that_one_on_this_machine_does() -> None:
    """`kb` calls the same methods of both."""

    def methods(kind: type) -> set[str]:
        return {name for name in vars(kind) if not name.startswith("_")}

    assert methods(Documents) - methods(RemoteDocuments) == set()
    assert methods(Index) - methods(RemoteIndex) == {
        *("forget_damaged", "rebuild"),  # a damaged file's
        "nearest",  # the landscape's, which has none of a team's
    }


def test_a_team_that_is_not_connected_is_said_and_nothing_is_made(terminal: Terminal) -> None:
    code = terminal.main(["--library", "team:nobody", "add", "--json", terminal.file("a.txt", "Bees.")])
    assert code == 1
    assert not paths.library("team:nobody").root.exists()


def test_a_connection_that_does_not_answer_is_listed_with_what_to_do(terminal: Terminal) -> None:
    folder = paths.library("team:bees").root
    folder.mkdir(parents=True)
    connection = {
        "host": "localhost", "port": 9, "user": "ada", "database": "bees", "authority": "",
        "password_file": terminal.file("secret", "s"),
    }  # fmt: skip
    (folder / paths.TEAM_FILE).write_text(json.dumps(connection), "utf-8")
    code, rows, _ = terminal("team", "status")
    assert code == 1
    assert rows[0]["problem"]["code"] == "engine-away"
    assert "password" not in json.dumps(rows)
    assert terminal("add", terminal.file("a.txt", "Bees."))[0] == 0
    code, _, said = terminal("team", "push", "bees")
    assert (code, json.loads(said)["error"]["code"]) == (1, "engine-away")


def test_an_engine_whose_first_start_failed_gets_its_password_at_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StorageProblem("engine-failed", path="engine.log")

    (tmp_path / "seekdb").touch()
    monkeypatch.setattr(serving, "package", lambda: tmp_path)
    monkeypatch.setattr(serving, "_run", lambda *_: None)
    monkeypatch.setattr(serving, "_await", fail)
    with pytest.raises(StorageProblem):
        serving.start(tmp_path / "engine", public=True)
    monkeypatch.setattr(serving, "_await", lambda *_, **__: None)
    given: list[str] = []
    monkeypatch.setattr(serving, "_secure", lambda port, password: given.append(password))
    folder, _ = serving.start(tmp_path / "engine", public=True)
    assert [folder.password.read_text("ascii")] == given


def test_the_password_of_an_engine_is_kept_whatever_fails_after_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[str] = []

    def fail_with_tls(*_: object, encrypted: bool) -> None:
        if encrypted:
            raise StorageProblem("engine-failed", path="engine.log")

    (tmp_path / "seekdb").touch()
    monkeypatch.setattr(serving, "package", lambda: tmp_path)
    monkeypatch.setattr(serving, "_run", lambda *_: None)
    monkeypatch.setattr(serving, "_await", fail_with_tls)
    monkeypatch.setattr(serving, "_secure", lambda port, password: given.append(password))
    for _ in range(2):
        with pytest.raises(StorageProblem):
            serving.start(tmp_path / "engine", public=True)
    assert [serving.Folder(tmp_path / "engine").password.read_text("ascii")] == given


def test_an_engine_that_runs_without_a_password_gets_it_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who started it first was killed meanwhile, and it runs on."""
    given: list[str] = []
    (tmp_path / "seekdb").touch()
    folder = serving.Folder(tmp_path / "engine")
    folder.wallet.mkdir(parents=True)
    folder.authority.touch()
    folder.first_password.write_text("secret", "ascii")
    running = [Mock(cmdline=lambda: ["seekdb", "--port", "2900"])]
    running_again = running[0]
    monkeypatch.setattr(serving.Folder, "process", lambda _: running[-1] if running else None)
    monkeypatch.setattr(serving, "stop", lambda _: running.clear())
    monkeypatch.setattr(serving, "package", lambda: tmp_path)
    monkeypatch.setattr(serving, "_run", lambda *_: running.append(running_again))
    monkeypatch.setattr(serving, "_await", lambda *_, **__: None)
    monkeypatch.setattr(serving, "_secure", lambda port, password: given.append(password))
    ports = [serving.start(folder.root, public=True)[1] for _ in range(2)]
    assert ports == [serving.PORT, 2900]  # the second one says where it runs
    assert given == [folder.password.read_text("ascii")] == ["secret"]


def test_of_two_starts_at_once_the_second_waits_and_says_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "seekdb").touch()
    running: list[Mock] = []

    def run(folder: serving.Folder, found: Path, port: int, *_: object) -> None:
        assert not running, "two engines in one folder"
        running.append(Mock(cmdline=lambda: ["seekdb", "--port", str(port)]))

    monkeypatch.setattr(serving.Folder, "process", lambda _: running[-1] if running else None)
    monkeypatch.setattr(serving, "stop", lambda _: running.clear())
    monkeypatch.setattr(serving, "package", lambda: tmp_path)
    monkeypatch.setattr(serving, "_run", run)
    monkeypatch.setattr(serving, "_await", lambda *_, **__: time.sleep(0.1))
    monkeypatch.setattr(serving, "_secure", lambda port, password: None)
    with ThreadPoolExecutor() as pool:
        started = [
            pool.submit(serving.start, tmp_path / "engine", port, public=True) for port in (29011, 29012)
        ]
        ports = {one.result()[1] for one in started}
    assert len(ports) == 1


def test_who_is_to_follow_an_engine_needs_its_certificates(tmp_path: Path) -> None:
    with pytest.raises(StorageProblem) as caught:
        serving.start(tmp_path / "engine", public=True, standby=serving.Standby(2, "localhost:1"))
    assert caught.value.code == "no-wallet"
    with pytest.raises(StorageProblem) as caught:
        serving.promote(tmp_path / "engine")
    assert caught.value.code == "engine-off"


def test_an_engine_is_not_started_where_another_program_listens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "seekdb").touch()
    monkeypatch.setattr(serving, "package", lambda: tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(StorageProblem) as caught:
            serving.start(tmp_path / "engine", other.getsockname()[1], public=True)
    assert caught.value.code == "port-taken"


def test_a_damaged_connection_is_listed_beside_the_others(terminal: Terminal) -> None:
    for name, said in (("bees", "[1"), ("cats", '{"host": "h"}'), ("dogs", "null")):
        folder = paths.library(f"team:{name}").root
        folder.mkdir(parents=True)
        (folder / paths.TEAM_FILE).write_text(said, "utf-8")
    code, rows, _ = terminal("team", "status")
    assert code == 1
    assert [(row["name"], row["problem"]["code"]) for row in rows] == [
        ("bees", "no-team"),
        ("cats", "no-team"),
        ("dogs", "no-team"),
    ]
    assert terminal.main(["team", "status"]) == 1


def test_an_engine_without_its_package_is_said(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "package", lambda: None)
    code, _, said = terminal("team", "start", str(terminal.folder / "engine"), "--public")
    assert (code, json.loads(said)["error"]["code"]) == (1, "no-engine")
    assert terminal("team", "stop", str(terminal.folder / "engine"))[1] == [{"stopped": False}]
