"""One window for a library: who starts the program again tells the first one, and ends.

It is told paths of files to add (absolute, with zero bytes between them, which no path contains), a link behind a zero
byte, nothing, which raises its window, or `QUICK`, which opens quick find. A start that only tells imports little.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from PySide6.QtNetwork import QLocalServer, QLocalSocket

from desktop_kb import paths

#: How long a start waits until the first one takes what it is told; what was not taken then is lost on Windows.
_TAKEN_MS: Final = 60_000
QUICK: Final = b"quick"


def server_name(library: str | None) -> str:
    """The name by which the window of this library is reached."""
    root = os.path.normcase(paths.library(library).root)
    return "desktop-kb-" + hashlib.sha256(root.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def tell(name: str, message: bytes = b"") -> bool:
    """Whether a window of this name is open; if so, tell it this."""
    socket = QLocalSocket()
    socket.connectToServer(name)
    if not socket.waitForConnected(200):
        return False
    if message:
        socket.write(message)
        # Windows takes it when the first window reads it, which may be busy, as one that opens is; Linux at once.
        socket.waitForBytesWritten(_TAKEN_MS)
    socket.disconnectFromServer()
    return True


def message_of(files: Sequence[Path], link: str = "") -> bytes:
    """What tells of files, or of a link."""
    return b"\0".join(os.fsencode(file) for file in files) or (b"\0" + link.encode() if link else b"")


def told(message: bytes) -> tuple[list[Path], str]:
    """The files and the link of a message."""
    if message.startswith(b"\0"):
        return [], message[1:].decode("utf-8", "replace")
    return [Path(os.fsdecode(file)) for file in message.split(b"\0")] if message else [], ""


def listen(name: str, heard: Callable[[bytes], object]) -> QLocalServer:
    """Listen for later starts of the program."""
    server = QLocalServer()
    QLocalServer.removeServer(name)
    server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)

    def taken() -> None:
        socket = server.nextPendingConnection()

        def ended() -> None:
            heard(bytes(socket.readAll().data()))
            socket.deleteLater()

        # A quick second start may have disconnected already.
        if socket.state() == QLocalSocket.LocalSocketState.UnconnectedState:
            ended()
        else:
            socket.disconnected.connect(ended)

    server.newConnection.connect(taken)
    server.listen(name)
    return server
