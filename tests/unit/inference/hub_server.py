"""A server on this machine that answers as the hub does, and can misbehave."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

REVISION = "c0ffee" + "0" * 34


class Hub(ThreadingHTTPServer):
    """Serves the folders below `root` as models, by their names.

    Attributes:
        asked: (path, Range header) of every request.
        lies: names of files for which it names another hash than theirs.
        says: what it says of a model instead of the truth.
        more: bytes that it sends after those of a file.
        stalls_at: after so many bytes of a file an answer waits; None: never.
    """

    daemon_threads = True

    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.root = root
        self.asked: list[tuple[str, str]] = []
        self.lies: set[str] = set()
        self.says: dict[str, Any] = {}
        self.more = 0
        self.stalls_at: int | None = None
        self.stalled = threading.Event()
        self.go_on = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Answer(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.server.asked.append((path, self.headers.get("Range", "")))
        if path.startswith("/api/models/"):
            name = path.removeprefix("/api/models/").partition("/revision/")[0]
            self._describe(name)
        else:
            name, _, file = path.lstrip("/").partition(f"/resolve/{REVISION}/")
            self._file(self.server.root / name.rpartition("/")[2] / file)

    def _describe(self, name: str) -> None:
        folder = self.server.root / name.rpartition("/")[2]
        if not folder.is_dir():
            self._send(404, b'{"error": "Repository not found"}', {"X-Error-Code": "RepoNotFound"})
            return
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        record = {"id": name, "sha": REVISION, "siblings": [self._sibling(folder, path) for path in files]}
        record |= self.server.says
        self._send(200, json.dumps(record).encode(), {"Content-Type": "application/json"})

    def _sibling(self, folder: Path, path: Path) -> dict[str, Any]:
        name, data = path.relative_to(folder).as_posix(), path.read_bytes()
        if name in self.server.lies:
            data = bytes(len(data))
        blob = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        record: dict[str, Any] = {"rfilename": name, "size": len(data), "blobId": blob}
        if name.endswith(".safetensors"):
            digest = hashlib.sha256(data).hexdigest()
            record["lfs"] = {"size": len(data), "sha256": digest, "pointerSize": 134}
        return record

    def _file(self, path: Path) -> None:
        if not path.is_file():
            self._send(404, b"", {"X-Error-Code": "EntryNotFound"})
            return
        data = path.read_bytes() + bytes(self.server.more)
        first = int(self.headers.get("Range", "bytes=0-")[6:].partition("-")[0])
        self.send_response(206 if first else 200)
        self.send_header("Content-Length", str(len(data) - first))
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        stop = self.server.stalls_at
        if stop is not None and first < stop < len(data):
            self.wfile.write(data[first:stop])
            self.wfile.flush()
            self.server.stalled.set()
            self.server.go_on.wait(30)
            return
        self.wfile.write(data[first:])

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving(root: Path) -> Iterator[Hub]:
    with Hub(root) as hub:
        threading.Thread(target=hub.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield hub
        finally:
            hub.go_on.set()
            hub.shutdown()
