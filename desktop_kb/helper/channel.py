"""Where the helper listens, who may speak to it, and the connection: frames both ways.

Elsewhere than on Windows it is a socket in a folder that only its owner can enter; the system says on both sides whose
the other one is. On Windows it is a named pipe; both sides prove that they know a key from a file of the owner's.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import hmac
import importlib
import io
import os
import secrets
import socket
import stat
import struct
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast

import desktop_kb
from desktop_kb import paths
from desktop_kb.files import private
from desktop_kb.frames import Message, frame, read_frame, write_frame

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

#: A helper says at once who it is; one that does not is busy beyond use.
_HELLO_S: Final = 2.0
#: A caller on a pipe says at once that it knows the key; the next one is heard after that, and waits longer.
_PROOF_S: Final = 1.0
#: The longest path that a socket can have on macOS is 103 bytes, on Linux 107.
_SOCKET_BYTES: Final = 103
#: Where Linux has everybody's folder that XDG_RUNTIME_DIR names (pam_systemd).
_RUNTIME: Final = "/run/user"
_FRAME_BYTES: Final = 2**31 - 1


class Gone(OSError):
    """There is no helper, or it has ended, or it is not ours."""


class Late(Gone):
    """There is one, and it does not answer in time."""


class Channel:
    """One connection. For one thread at a time."""

    def __init__(self, connection: socket.socket | Connection[Any, Any]) -> None:
        self._connection = connection
        self._stream: IO[bytes] | None = None
        if isinstance(connection, socket.socket):
            self._stream = cast("IO[bytes]", connection.makefile("rwb"))

    def send(self, header: Mapping[str, Any], blobs: Sequence[bytes] = ()) -> None:
        """Send one frame.

        Raises:
            Gone: nobody takes it.
        """
        try:
            if isinstance(self._connection, socket.socket):
                assert self._stream is not None
                write_frame(self._stream, header, blobs)
            else:
                self._connection.send_bytes(frame(header, blobs))
        except (OSError, ValueError) as error:  # ValueError: it was closed on this side
            raise Gone(str(error)) from error

    def receive(self, seconds: float | None = None) -> Message:
        """The next frame; waits no longer than this.

        Raises:
            Late: none comes in time.
            Gone: none will come.
        """
        try:
            if isinstance(self._connection, socket.socket):
                assert self._stream is not None
                self._connection.settimeout(seconds)
                message = read_frame(self._stream, lambda: _FRAME_BYTES)
            else:
                if not self._connection.poll(seconds):
                    raise Late("late")
                message = read_frame(io.BytesIO(self._connection.recv_bytes()), lambda: _FRAME_BYTES)
        except Late:
            raise
        except TimeoutError as error:
            raise Late("late") from error
        except (OSError, EOFError, ValueError) as error:  # EOFError: of a pipe
            raise Gone(str(error)) from error
        if message is None:
            raise Gone("ended")
        return message

    def close(self) -> None:
        """End the connection; another thread that waits for a frame wakes up."""
        if isinstance(self._connection, socket.socket):
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)
            with contextlib.suppress(OSError, ValueError):
                cast("IO[bytes]", self._stream).close()
        with contextlib.suppress(OSError, ValueError):
            self._connection.close()


@functools.cache
def build() -> str:
    """What tells this program from an earlier one, which may still be running: version, place, and when its newest
    file was written."""
    root = Path(desktop_kb.__file__).parent
    if getattr(sys, "frozen", False):  # on Windows the window has an executable of its own
        program = Path(sys.executable)
        files = [str(program.with_name("desktop-kb.exe") if sys.platform == "win32" else program)]
    else:
        files = [f"{at}/{name}" for at, _, names in os.walk(root) for name in names if name.endswith(".py")]
    return f"{desktop_kb.__version__} {root} {max(map(_written, files))}"


def _written(file: str) -> int:
    """When a file was written; 0 where an editor's mark beside the program's files leads nowhere."""
    try:
        return os.stat(file).st_mtime_ns  # noqa: PTH116 - 250 files, before every search
    except OSError:
        return 0


def connect(library: paths.Library, seconds: float = _HELLO_S) -> Channel:
    """A connection to the helper of this person and library.

    Raises:
        Late: it does not say in time who it is.
        Gone: there is none, or it is of another version of the program and ends.
    """
    own = build()  # first: it may take a while, and who is called waits no longer than who calls
    try:
        channel = _pipe(library, seconds) if sys.platform == "win32" else Channel(_socket(library))
    except Gone:
        raise
    except (OSError, ValueError) as error:
        raise Gone(str(error)) from error
    try:
        channel.send({"build": own})
        if channel.receive(seconds).header.get("build") != own:
            raise Gone("another version")
    except Gone:
        channel.close()
        raise
    return channel


class Listener:
    """Where the helper takes connections. One process can have it; made by `listen`."""

    def __init__(self, listening: Any, *, address: str = "", key: bytes = b"") -> None:
        self._listening = listening
        self._address = address
        self._key = key

    def accept(self) -> Channel | None:
        """The next connection; None for one that was refused.

        Raises:
            OSError: the listener was closed.
        """
        if not isinstance(self._listening, socket.socket):
            return _accepted_pipe(self._listening, self._key)
        connection, _ = self._listening.accept()
        if owner_of(connection) != os.getuid():
            connection.close()
            return None
        return Channel(connection)

    def close(self) -> None:
        """Take no more."""
        if isinstance(self._listening, socket.socket):
            Path(self._address).unlink(missing_ok=True)
        self._listening.close()


def listen(library: paths.Library) -> Listener:
    """Listen for this person and library; for the process that holds `lock_file`.

    Raises:
        OSError: the system refuses it.
    """
    build()  # known before anybody asks for it
    if sys.platform == "win32":
        return _listening_pipe(library)
    address = _address(library)
    Path(address).unlink(missing_ok=True)  # of a helper that was killed
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(address)
    os.chmod(address, 0o600)  # noqa: PTH101 - beside `bind`
    listening.listen()
    return Listener(listening, address=address)


def lock_file(library: paths.Library) -> Path:
    """The file that the helper holds locked."""
    return _folder() / f"{_name(library)}.lock"


def _name(library: paths.Library) -> str:
    """One for each person's folders and library."""
    what = "\0".join(map(str, (paths.config_dir(), paths.data_dir(), library.root)))
    return hashlib.sha256(what.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _folder() -> Path:
    """The folder of sockets, private to its owner: the system's own for such things where it has one
    (XDG Base Directory Specification).

    Raises:
        OSError: it belongs to somebody else.
    """
    if sys.platform == "win32":
        return paths.cache_dir()
    # Who was started with few variables, as programs with an assistant do, finds the others' helper all the same.
    given = Path(os.environ.get("XDG_RUNTIME_DIR") or f"{_RUNTIME}/{os.getuid()}")
    if (
        given.is_absolute()
        and given.is_dir()
        and given.stat().st_uid == os.getuid()
        and len(bytes(given)) < 70
    ):
        folder = given / "desktop-kb"
    else:
        folder = Path(tempfile.gettempdir(), f"desktop-kb-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise Gone(f"not our folder: {folder}")
    if stat.S_IMODE(found.st_mode) != 0o700:
        folder.chmod(0o700)
    return folder


# --- sockets ---------------------------------------------------------------------------------


def _address(library: paths.Library) -> str:
    address = str(_folder() / _name(library))
    if len(os.fsencode(address)) > _SOCKET_BYTES:
        raise Gone(f"too long: {address}")
    return address


def _socket(library: paths.Library) -> socket.socket:
    address = _address(library)
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(address)
        if owner_of(connection) != os.getuid():
            raise Gone("somebody else's")
    except OSError:
        connection.close()
        raise
    return connection


def owner_of(connection: socket.socket) -> int:
    """The user whose process is at the other end, as the system says."""
    if hasattr(socket, "SO_PEERCRED"):  # Linux, unix(7): struct ucred, pid, uid, gid
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        return int(struct.unpack("iII", credentials)[1])
    # macOS, sys/un.h: SOL_LOCAL is 0, LOCAL_PEERCRED 1, struct xucred begins with version and uid.
    return int(struct.unpack("II", connection.getsockopt(0, 1, 76)[:8])[1])


# --- pipes -----------------------------------------------------------------------------------


def _pipe_address(library: paths.Library) -> str:
    return rf"\\.\pipe\desktop-kb-{_name(library)}"


def _key_file(library: paths.Library) -> Path:
    return _folder() / f"{_name(library)}.key"


def _pipe(library: paths.Library, seconds: float) -> Channel:
    key = _key_file(library).read_bytes()
    channel = Channel(_opened_pipe(_pipe_address(library), seconds))
    try:
        _prove(channel, key, "caller", "helper", seconds)
    except Gone:
        channel.close()
        raise
    return channel


def _opened_pipe(address: str, seconds: float) -> Connection[Any, Any]:
    """What `multiprocessing.connection.Client` opens, which waits 20 s for one that nobody accepts.

    Raises:
        Late: there is one, and it is not free in time.
    """
    from multiprocessing import connection

    api: Any = importlib.import_module("_winapi")  # Windows alone has it
    access, overlapped = api.GENERIC_READ | api.GENERIC_WRITE, api.FILE_FLAG_OVERLAPPED
    deadline = time.monotonic() + seconds
    while True:
        try:
            api.WaitNamedPipe(address, int(seconds * 1000))
            pipe = api.CreateFile(address, access, 0, api.NULL, api.OPEN_EXISTING, overlapped, api.NULL)
            break
        except OSError as error:
            code = getattr(error, "winerror", None)
            if code == api.ERROR_SEM_TIMEOUT or (
                code == api.ERROR_PIPE_BUSY and time.monotonic() >= deadline
            ):
                raise Late("late") from error
            if code != api.ERROR_PIPE_BUSY:  # else another caller was first
                raise
    api.SetNamedPipeHandleState(pipe, api.PIPE_READMODE_MESSAGE, None, None)
    return cast("Connection[Any, Any]", vars(connection)["PipeConnection"](pipe))


def _listening_pipe(library: paths.Library) -> Listener:
    from multiprocessing.connection import Listener as PipeListener

    key = secrets.token_bytes(32)
    file = _key_file(library)
    file.unlink(missing_ok=True)
    with open(file, "xb", opener=private) as out:
        out.write(key)
    # Its first instance: Windows refuses it where somebody else has a pipe of this name already.
    return Listener(PipeListener(_pipe_address(library), "AF_PIPE"), key=key)


def _accepted_pipe(listening: Any, key: bytes) -> Channel | None:
    try:
        channel = Channel(listening.accept())
    except ConnectionError:  # it has ended already
        return None
    try:
        _prove(channel, key, "helper", "caller", _PROOF_S)
    except Gone:
        channel.close()
        return None
    return channel


def _prove(channel: Channel, key: bytes, own: str, others: str, seconds: float) -> None:
    """Prove to the other side that this one knows the key, and have it do the same. `multiprocessing` can that too,
    but waits for ever for one that says nothing.

    Raises:
        Late: it says nothing in time.
        Gone: it does not know the key, or has ended.
    """
    asked = secrets.token_hex(32)
    channel.send({"prove": asked})
    other = channel.receive(seconds).header.get("prove")
    channel.send({"proof": _proof(key, own, other)})
    proof = channel.receive(seconds).header.get("proof")
    if not hmac.compare_digest(str(proof).encode(), _proof(key, others, asked).encode()):
        raise Gone("not the key")


def _proof(key: bytes, side: str, asked: object) -> str:
    """What only who knows the key can say, and this side alone: its own words sent back are no proof."""
    return hmac.digest(key, f"{side} {asked}".encode("utf-8", "surrogatepass"), "sha256").hex()
