"""Who may speak to the helper, and where it listens."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_kb import paths
from desktop_kb.helper import channel
from desktop_kb.helper.channel import Channel, Gone, Listener, build, connect, listen, lock_file

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a pipe of another kind")


class _Greeter:
    """Accepts connections and says of which build it is."""

    def __init__(self, listener: Listener, said: str) -> None:
        self._listener, self._said = listener, said
        self.refused = 0
        self.channels: list[Channel] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            while True:
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
        self._listener._listening.shutdown(2)
        self._listener.close()
        self._thread.join()
        for one in self.channels:
            one.close()


@pytest.fixture
def greeter(library: paths.Library) -> Iterator[_Greeter]:
    made = _Greeter(listen(library), build())
    yield made
    made.end()


def test_only_the_owner_can_enter(library: paths.Library, greeter: _Greeter) -> None:
    folder = lock_file(library).parent
    assert folder == Path(os.environ["XDG_RUNTIME_DIR"], "desktop-kb")
    (listening,) = folder.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(listening.stat().st_mode) == 0o600
    one = connect(library)
    answer = one.receive(5)
    one.close()
    assert (answer.header, answer.blobs) == ({"blobs are": "kept"}, (b"\0\xff", b""))


def test_another_user_is_refused(
    library: paths.Library, greeter: _Greeter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def owner_of(connection: socket.socket) -> int:  # seen from the helper: only who listens has a name
        return os.getuid() + (not connection.getpeername())

    monkeypatch.setattr(channel, "owner_of", owner_of)
    with pytest.raises(Gone):
        connect(library)
    assert greeter.refused == 1


def test_another_users_helper_is_not_asked(
    library: paths.Library, greeter: _Greeter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "owner_of", lambda _socket: os.getuid() + 1)
    with pytest.raises(Gone, match="somebody else"):
        connect(library)


def test_the_system_says_whose_the_other_end_is() -> None:
    for end in socket.socketpair(socket.AF_UNIX):
        with end:
            assert channel.owner_of(end) == os.getuid()


def test_another_build_is_not_asked(library: paths.Library) -> None:
    older = _Greeter(listen(library), "0.0.9 elsewhere 7")
    with pytest.raises(Gone, match="another version"):
        connect(library)
    older.end()


def test_where_there_is_none_it_is_said_at_once(library: paths.Library) -> None:
    with pytest.raises(Gone):
        connect(library)
    listener = listen(library)
    listener._listening.close()  # killed: its socket stays
    with pytest.raises(Gone):
        connect(library)
    listen(library).close()  # and is no hindrance to the next


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


def test_who_ends_within_the_greeting_does_not_end_the_listening() -> None:
    class Pipe:
        def accept(self) -> None:
            raise BrokenPipeError

    assert Listener(Pipe(), "").accept() is None


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
