"""Who may speak to the helper, and where it listens."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Client
from pathlib import Path

import pytest

from desktop_kb import paths
from desktop_kb.helper import channel
from desktop_kb.helper.channel import Channel, Gone, Late, build, connect, listen, lock_file

socket_only = pytest.mark.skipif(os.name == "nt", reason="a socket, where Windows has a pipe")
pipe_only = pytest.mark.skipif(os.name != "nt", reason="Windows' pipes")


class _Greeter:
    """Accepts connections and says of which build it is."""

    def __init__(self, library: paths.Library, said: str) -> None:
        self._library, self._listener, self._said = library, listen(library), said
        self._over = False
        self.refused = 0
        self.channels: list[Channel] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            while not self._over:
                one = self._listener.accept()
                if one is None:
                    self.refused += 1
                    continue
                self.channels.append(one)
                one.receive(5)
                one.send({"build": self._said})
                one.send({"blobs are": "kept"}, [b"\0\xff", b""])
        except OSError:
            return

    def end(self) -> None:
        self._over = True
        with contextlib.suppress(Gone):  # wakes who accepts
            connect(self._library, 5).close()
        self._thread.join()
        self._listener.close()
        for one in self.channels:
            one.close()


@pytest.fixture
def greeter(library: paths.Library) -> Iterator[_Greeter]:
    made = _Greeter(library, build())
    yield made
    made.end()


def test_frames_go_both_ways(library: paths.Library, greeter: _Greeter) -> None:
    one = connect(library)
    answer = one.receive(5)
    one.close()
    assert (answer.header, answer.blobs) == ({"blobs are": "kept"}, (b"\0\xff", b""))


@socket_only
def test_only_the_owner_can_enter(library: paths.Library, greeter: _Greeter) -> None:
    folder = lock_file(library).parent
    assert folder == Path(os.environ["XDG_RUNTIME_DIR"], "desktop-kb")
    (listening,) = folder.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(listening.stat().st_mode) == 0o600


@socket_only
def test_another_user_is_refused(
    library: paths.Library, greeter: _Greeter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def owner_of(connection: socket.socket) -> int:  # seen from the helper: only who listens has a name
        return os.getuid() + (not connection.getpeername())

    monkeypatch.setattr(channel, "owner_of", owner_of)
    with pytest.raises(Gone):
        connect(library)
    deadline = time.monotonic() + 60  # it counts once it has refused
    while not greeter.refused and time.monotonic() < deadline:
        time.sleep(0.01)
    assert greeter.refused == 1


@socket_only
def test_another_users_helper_is_not_asked(
    library: paths.Library, greeter: _Greeter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "owner_of", lambda _socket: os.getuid() + 1)
    with pytest.raises(Gone, match="somebody else"):
        connect(library)


@socket_only
def test_the_system_says_whose_the_other_end_is() -> None:
    for end in socket.socketpair(socket.AF_UNIX):
        with end:
            assert channel.owner_of(end) == os.getuid()


def test_another_build_is_not_asked(library: paths.Library) -> None:
    older = _Greeter(library, "0.0.9 elsewhere 7")
    with pytest.raises(Gone, match="another version"):
        connect(library)
    older.end()


def test_which_build_it_is_is_known_before_anybody_asks(library: paths.Library) -> None:
    build.cache_clear()
    listen(library).close()
    assert build.cache_info().currsize == 1


def test_where_there_is_none_it_is_said_at_once(library: paths.Library) -> None:
    with pytest.raises(Gone):
        connect(library)
    listener = listen(library)
    listener._listening.close()  # killed: its socket stays
    with pytest.raises(Gone):
        connect(library)
    listen(library).close()  # and is no hindrance to the next


@socket_only
def test_a_folder_of_somebody_elses_is_not_used(
    library: paths.Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "relative")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / f"desktop-kb-{os.getuid()}").symlink_to(tmp_path)
    with pytest.raises(OSError, match="not our folder"):
        listen(library)
    with pytest.raises(Gone):
        connect(library)


@socket_only
def test_who_has_no_variables_finds_the_same_folder(
    library: paths.Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = library.root.parent / str(os.getuid())
    own.mkdir(mode=0o700)
    monkeypatch.setattr(channel, "_RUNTIME", str(own.parent))
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert lock_file(library).parent == own / "desktop-kb"


@socket_only
def test_a_folder_that_others_can_enter_is_closed_to_them(library: paths.Library) -> None:
    folder = Path(os.environ["XDG_RUNTIME_DIR"], "desktop-kb")
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    listen(library).close()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_each_library_and_person_has_its_own(
    library: paths.Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = lock_file(library)
    assert lock_file(paths.library(tmp_path)) != first
    monkeypatch.setenv("DESKTOP_KB_HOME", str(tmp_path / "other"))
    assert lock_file(library) != first


@pipe_only
def test_a_stranger_is_refused_and_the_next_is_heard(library: paths.Library, greeter: _Greeter) -> None:
    address = channel._pipe_address(library)
    silent = Client(address, "AF_PIPE")
    Client(address, "AF_PIPE").close()
    other = Channel(Client(address, "AF_PIPE"))
    with pytest.raises(Gone):
        channel._prove(other, b"another key", "caller", "helper", 5)
    other.close()
    connect(library, 10).close()
    silent.close()
    assert greeter.refused == 3


@pipe_only
def test_a_pipe_of_somebody_elses_is_not_asked(library: paths.Library, greeter: _Greeter) -> None:
    channel._key_file(library).write_bytes(b"another key")
    with pytest.raises(Gone, match="not the key"):
        connect(library, 10)
    channel._key_file(library).write_bytes(greeter._listener._key)


@pytest.mark.parametrize("keys", [(b"key", b"key"), (b"key", b"other")], ids=["same", "another"])
def test_both_sides_prove_that_they_know_the_key(keys: tuple[bytes, bytes]) -> None:
    ends = [Channel(end) for end in socket.socketpair()]
    outcomes: list[str] = []

    def prove(number: int, own: str, others: str) -> None:
        try:
            channel._prove(ends[number], keys[number], own, others, 10)
            outcomes.append("known")
        except Gone as gone:
            outcomes.append(str(gone))

    thread = threading.Thread(target=prove, args=(0, "helper", "caller"))
    thread.start()
    prove(1, "caller", "helper")
    thread.join()
    assert outcomes == (["known"] * 2 if keys[0] == keys[1] else ["not the key"] * 2)
    for end in ends:
        end.close()


def test_what_was_proved_by_one_side_is_no_proof_of_the_other() -> None:
    mirror, asked = (Channel(end) for end in socket.socketpair())

    def reflect() -> None:
        with contextlib.suppress(Gone):
            while True:
                mirror.send(mirror.receive(10).header)

    thread = threading.Thread(target=reflect)
    thread.start()
    with pytest.raises(Gone, match="not the key"):
        channel._prove(asked, b"key", "caller", "helper", 10)
    asked.close()
    thread.join()
    mirror.close()


def test_who_says_nothing_is_late() -> None:
    silent, asked = (Channel(end) for end in socket.socketpair())
    with pytest.raises(Late):
        channel._prove(asked, b"key", "caller", "helper", 0.05)
    for end in (silent, asked):
        end.close()


def test_an_end_that_has_gone_is_said(library: paths.Library, greeter: _Greeter) -> None:
    one = connect(library)
    one.receive(5)
    ending = threading.Timer(0.3, greeter.channels[0].close)
    ending.start()
    for _ in range(2):  # while it is waited for, and when it is known
        with pytest.raises(Gone):
            one.receive(20)
    ending.join()
    one.close()


def test_closing_wakes_who_waits(library: paths.Library, greeter: _Greeter) -> None:
    one = connect(library)
    one.receive(5)
    ended: list[BaseException] = []

    def wait(waiting: Channel) -> None:
        try:
            waiting.receive()
        except Gone as gone:
            ended.append(gone)

    thread = threading.Thread(target=wait, args=(one,))
    thread.start()
    one.close()
    thread.join(5)
    assert ended
    with pytest.raises(Gone):
        one.send({})
