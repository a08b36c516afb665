"""An engine on this machine, from its package: started with what is unsafe by default made safe.

By default it has no password, sends telemetry, speaks without encryption, keeps logs without bound and takes most of
the memory. It cannot be bound to one address, so a machine that the internet reaches is refused.
"""

from __future__ import annotations

import contextlib
import importlib.util
import ipaddress
import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import filelock
import psutil
import pymysql
from pymysql.cursors import Cursor

from desktop_kb.errors import StorageProblem
from desktop_kb.files import make_private, write_whole
from desktop_kb.remote import certificates

#: The package that holds the server (Apache-2.0; Linux, and macOS on Apple silicon).
PACKAGE: Final = "pylibseekdb"
PORT: Final = 2881
#: It takes at least this much.
LEAST_MIB: Final = 1024
_START_S: Final = 120.0
_LOG_FILES: Final = 4
#: So many looks, three a second, that find no process mean that it ended.
_MISSED: Final = 9
_WRONG_PASSWORD: Final = 1045
_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Folder:
    """Where an engine keeps what it has."""

    root: Path

    @property
    def pid(self) -> Path:
        """The file with the id of its process."""
        return self.root / "engine.pid"

    @property
    def password(self) -> Path:
        """The file with the password of its owner."""
        return self.root / "password"

    @property
    def first_password(self) -> Path:
        """The same until the engine was made safe."""
        return self.root / "password.new"

    @property
    def log(self) -> Path:
        """The file with what it says when it starts."""
        return self.root / "engine.log"

    @property
    def wallet(self) -> Path:
        """The folder of its certificates, where it looks for them."""
        return self.root / "wallet"

    @property
    def authority(self) -> Path:
        """The certificate by which clients know it."""
        return self.wallet / "ca.pem"

    @property
    def store(self) -> Path:
        """The folder of what it stores."""
        return self.root / "store"

    @property
    def lock(self) -> Path:
        """The file that who starts it holds until it answers."""
        return self.root / "engine.lock"

    def process(self) -> psutil.Process | None:
        """Its process, if it runs."""
        with contextlib.suppress(OSError, ValueError, psutil.Error):
            process = psutil.Process(int(self.pid.read_text("ascii")))
            if str(self.root) in process.cmdline():
                return process
        return None


@dataclass(frozen=True, slots=True)
class Standby:
    """How an engine is followed, or follows.

    Attributes:
        port: where others read its log, or will once it was promoted.
        source: HOST:PORT of the one whose log it reads; '' if it follows none.
    """

    port: int
    source: str = ""

    @property
    def arguments(self) -> list[str]:
        """What the engine's program is told."""
        given = ["--parameter", "enable_rpc_service=true", "--parameter", f"rpc_port={self.port}"]
        if self.source:
            given += ["--role", "STANDBY", "--parameter", f"log_restore_source={self.source}"]
            # From the first moment on: who follows has no password yet, and is let in by its certificate.
            given += ["--parameter", "ssl_client_authentication=true"]
        return given


def package() -> Path | None:
    """The folder of the server's package; None if it is not installed here."""
    given = os.environ.get("DESKTOP_KB_ENGINE")
    if given:
        return Path(given)
    spec = importlib.util.find_spec(PACKAGE)
    return Path(next(iter(spec.submodule_search_locations or ()))) if spec else None


def start(
    root: Path,
    port: int = PORT,
    *,
    memory_mib: int = 2048,
    public: bool = False,
    standby: Standby | None = None,
) -> tuple[Folder, int]:
    """Start the engine of a folder and wait until it answers; returns its port, another one than asked for if it runs
    already. The first time its owner, 'root', gets a password, which is written into the folder before the engine has
    it: after whatever ends this, the next start goes on from there. Of two at once the second waits for the first.

    Raises:
        StorageProblem: its package is not here ('no-engine'), this machine has a public address ('public-address'),
            something else listens at the port ('port-taken'), who follows has neither the password nor the certificates
            of the one that it follows ('no-wallet'), or it does not start ('engine-failed').
    """
    folder = Folder(root.absolute())
    if standby and standby.source and not (folder.authority.exists() and folder.password.exists()):
        raise StorageProblem("no-wallet", path=str(folder.root))
    found = package()
    if folder.process() is None:
        if found is None or not (found / "seekdb").exists():
            raise StorageProblem("no-engine", name=PACKAGE)
        if not public and (address := public_address()):
            raise StorageProblem("public-address", name=address)
    make_private(folder.root)
    try:
        with filelock.FileLock(folder.lock, timeout=2 * _START_S, mode=0o600):
            return folder, _start(folder, found or Path(), port, memory_mib, standby)
    except filelock.Timeout as error:
        raise StorageProblem("engine-failed", path=str(folder.log)) from error


def _start(folder: Folder, found: Path, port: int, memory_mib: int, standby: Standby | None) -> int:
    process = folder.process()
    if process is not None:
        if not folder.first_password.exists():
            running = _port_of(process, port)
            _await(folder, running, encrypted=True)  # who started it may have been ended before it answered
            return running
        stop(folder.root)  # who started it first was ended before it had a password
    if _listens(port):  # whose password would be set?
        raise StorageProblem("port-taken", port=port)
    if not folder.authority.exists():
        write_whole(folder.first_password, secrets.token_urlsafe(18).encode())
        certificates.make(folder.wallet)
    if folder.first_password.exists():
        _run(folder, found, port, memory_mib)
        try:
            _await(folder, port, encrypted=False)
            _secure(port, folder.first_password.read_text("ascii"))
        except pymysql.Error as error:
            raise StorageProblem("engine-failed", path=str(folder.log)) from error
        finally:
            stop(folder.root)  # with TLS from the next start on
        folder.first_password.replace(folder.password)
    if standby and standby.source and not folder.store.exists():
        _begin_to_follow(folder, found, port, memory_mib, standby)
    else:
        _run(folder, found, port, memory_mib, standby)
        _await(folder, port, encrypted=True)
    return port


def _begin_to_follow(folder: Folder, found: Path, port: int, memory_mib: int, standby: Standby) -> None:
    # WORKAROUND(seekdb 1.4.0): of eight first starts of one that follows, four ended by themselves, and did so again in
    # what they had begun; begun anew, they stayed.
    for left in range(_TRIES, 0, -1):
        try:
            _run(folder, found, port, memory_mib, standby)
            _await(folder, port, encrypted=True)
            return
        except StorageProblem:
            stop(folder.root)
            for begun in (folder.store, folder.root / "etc", folder.root / "run"):
                shutil.rmtree(begun, ignore_errors=True)
            if left == 1:
                raise


def _port_of(process: psutil.Process, otherwise: int) -> int:
    with contextlib.suppress(psutil.Error, ValueError, IndexError):
        given = process.cmdline()
        return int(given[given.index("--port") + 1])
    return otherwise


def promote(root: Path) -> None:
    """Let the engine of a folder, which has followed another one, be written to.

    Raises:
        StorageProblem: it does not run ('engine-off'), or refuses ('engine-failed').
    """
    folder = Folder(root.absolute())
    process = folder.process()
    if process is None:
        raise StorageProblem("engine-off", path=str(folder.root))
    tls = ssl.create_default_context(cafile=str(folder.authority))
    try:
        with (
            contextlib.closing(
                _as_owner(_port_of(process, PORT), folder.password.read_text("ascii").strip(), tls)
            ) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("alter system activate standby")
    except pymysql.Error as error:
        raise StorageProblem("engine-failed", path=str(folder.log)) from error


def stop(root: Path) -> bool:
    """Stop the engine of a folder; False if it did not run."""
    process = Folder(root.absolute()).process()
    if process is None:
        return False
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(60)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(10)
    return True


def public_address() -> str | None:
    """An address of this machine that the internet reaches."""
    for addresses in psutil.net_if_addrs().values():
        for one in addresses:
            with contextlib.suppress(ValueError):
                if ipaddress.ip_address(one.address.partition("%")[0]).is_global:
                    return str(one.address)
    return None


def _run(folder: Folder, found: Path, port: int, memory_mib: int, standby: Standby | None = None) -> None:
    # WORKAROUND(seekdb 1.4.0): what a transaction wrote to its log before the engine was killed holds its rows for
    # minutes after the next start, and every writer waits; so nothing of it is written before it ends.
    settings = {
        "memory_limit": f"{max(LEAST_MIB, memory_mib)}M",
        "datafile_size": "256M",
        "log_disk_size": "2G",
        "max_syslog_file_count": str(_LOG_FILES),
        "enable_syslog_recycle": "true",
        "_private_buffer_size": "0B",
    }
    command = [str(found / "seekdb"), "--nodaemon", "--port", str(port), "--base-dir", str(folder.root)]
    command += ["--log-level", "ERROR"]
    for name, value in settings.items():
        command += ["--parameter", f"{name}={value}"]
    command += standby.arguments if standby else []
    libraries = [str(found), str(found.with_name(f"{PACKAGE}.libs"))]
    environment = {**os.environ, "TELEMETRY_ENABLED": "false", "LD_LIBRARY_PATH": os.pathsep.join(libraries)}
    with folder.log.open("wb") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=sys.platform != "win32",
        )
    folder.pid.write_text(str(process.pid), "ascii")
    process.returncode = 0  # it outlives this program: nobody waits for it


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _await(folder: Folder, port: int, *, encrypted: bool) -> None:
    """Wait until it answers, if only that a password is wrong."""
    until, missed = time.monotonic() + _START_S, 0
    # On a busy machine a process that begins has no command line for a moment.
    while time.monotonic() < until and missed < _MISSED:
        missed = 0 if folder.process() else missed + 1
        tls = ssl.create_default_context(cafile=str(folder.authority)) if encrypted else None
        try:
            pymysql.connect(
                host="127.0.0.1", port=port, user="root", password="-" if encrypted else "", connect_timeout=3,
                read_timeout=5, ssl=tls, ssl_disabled=not encrypted,
            ).close()  # fmt: skip
        except pymysql.err.OperationalError as error:
            if error.args[0] == _WRONG_PASSWORD:
                return
        else:
            return
        time.sleep(0.3)
    raise StorageProblem("engine-failed", path=str(folder.log))


def _secure(port: int, password: str) -> None:
    """Give the owner a password, unless it was given before this was ended, and let TLS be spoken."""
    try:
        connection = _as_owner(port, "")
    except pymysql.err.OperationalError as error:
        if error.args[0] != _WRONG_PASSWORD:
            raise
        connection = _as_owner(port, password)
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute("alter system set ssl_client_authentication = true")
        cursor.execute("alter user root identified by %s", (password,))


def _as_owner(port: int, password: str, tls: ssl.SSLContext | None = None) -> pymysql.Connection[Cursor]:
    return pymysql.connect(
        host="127.0.0.1", port=port, user="root", password=password, connect_timeout=3, read_timeout=_START_S,
        ssl=tls, ssl_disabled=tls is None, autocommit=True,
    )  # fmt: skip
