"""Connections to an engine that speaks MySQL's protocol: one state for a reader, one transaction for a writer.

What goes wrong there is a `StorageProblem` with a code. While the engine is away every call is refused at once; a
thread asks it every second and opens the way again.
"""

from __future__ import annotations

import contextlib
import io
import ssl
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import pymysql
import pymysql.constants.CR
from pymysql.cursors import Cursor

from desktop_kb.errors import DocumentProblem, StorageProblem
from desktop_kb.remote.line import Line
from desktop_kb.remote.session import Session

#: Nobody who asks waits longer for an engine that does not answer.
PATIENCE_S: Final = 3.0
#: Who writes: what the engine was told is undone by giving up.
_WRITERS_PATIENCE_S: Final = 10.0
#: Who waits for a statement asks as long whether the engine answers anybody.
_ANSWERED_S: Final = 2.0
_AWAY_CODES: Final = ("engine-away", "engine-stuck")
#: A statement that the engine has begun: an index over a million passages takes its time.
_LONGEST_S: Final = 600.0
_ASKED_EVERY_S: Final = 1.0
#: A question's; of an engine whose disk is full it ends no more.
_READ_S: Final = 30.0
#: Until it is one's turn to write; whoever has it sends the text of a long document in a minute.
_TURN_S: Final = 120
#: What was sent is only written down then; on a full disk that does not end.
_COMMITTED_S: Final = 60.0
#: So many rows that were written before are known, by 70 bytes each.
_MOST_KEPT: Final = 500_000

#: Errors of the engine: the password; rights, also those of a standby; no such database or table; somebody else was
#: faster; its disk.
_LOGIN: Final = (1045,)
_RIGHTS: Final = (1044, 1142, 1143, 1227, 4688)
_NOTHING: Final = (1049, 1146)
_CONFLICT: Final = (1062, 1213)
_LOCKED: Final = (1205,)
_FULL: Final = (4184,)
#: What OpenSSL's `X509_V_ERR_...` mean (x509_vfy.h): dates; who signed it, in four ways; names and addresses.
_DOUBTS: Final = {
    **{9: "certificate-too-early", 10: "certificate-expired"},
    **dict.fromkeys((18, 19, 20, 21), "certificate-of-others"),
    **dict.fromkeys((62, 64), "certificate-for-others"),
}
#: On a full disk it lets nobody in: 'Timeout'.
_STUCK: Final = (4012,)
#: There is none: nothing listens, it closed the connection, or it does not answer.
_AWAY: Final = (0, 2002, 2003, 2006, 2013, 2014, 2055)


@dataclass(frozen=True, slots=True)
class Server:
    """Where a team's library is.

    Attributes:
        database: the library's.
        authority: the file with the certificate of who signed the engine's; '' for those the system trusts.
        encrypted: False only on this machine.
    """

    host: str
    port: int
    user: str
    database: str
    authority: str = ""
    encrypted: bool = True


class Engine:
    """The connections of one library. Thread-safe."""

    def __init__(self, server: Server, password: str) -> None:
        self.server = server
        self._password = password
        self._idle: list[pymysql.Connection[Cursor]] = []
        self._guard = threading.Lock()
        self._away_code = ""  # says why it is away
        self._kept: set[int] = set()  # what `Session.unknown` was asked for, as hashes
        self._closed = threading.Event()
        self._leaving = threading.Event()

    @contextlib.contextmanager
    def reading(self, *, limit_s: float = _LONGEST_S) -> Iterator[Session]:
        """One state of the library."""
        begin = "start transaction with consistent snapshot"
        with self._session(begin, limit_s=limit_s, writes=False) as session:
            yield session

    def asking(self) -> contextlib.AbstractContextManager[Session]:
        """The same for a question, which ends soon or not at all."""
        return self.reading(limit_s=_READ_S)

    @contextlib.contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction; nothing of it stays if something is raised within."""
        # A writer that waited for its turn must see what was written meanwhile: in one state of the library, which is
        # of before it waited, the engine refuses to go on.
        begin = "set transaction isolation level read committed", "start transaction"
        with self._session(*begin, limit_s=_LONGEST_S, writes=True) as session:
            yield session

    @contextlib.contextmanager
    def _session(self, *begin: str, limit_s: float, writes: bool) -> Iterator[Session]:
        connection = self._begun(begin)
        line = _wait(connection, limit_s, _WRITERS_PATIENCE_S if writes else PATIENCE_S)
        try:
            with _told(self.server):
                session = Session(connection, self.server.user, self._kept, self.server.database)
                yield session
                if writes:
                    _wait(connection, _COMMITTED_S, _COMMITTED_S)
                connection.commit()
        except StorageProblem as problem:
            with contextlib.suppress(pymysql.Error, OSError):
                connection.close()
            meant = StorageProblem("engine-stuck", name=self.server.host) if line.outlasted else problem
            # A connection that was ended, as with a person's rights, says nothing of the others: the next one will.
            if meant.code != "engine-away" or _is_frozen(problem.__cause__):
                self._note(meant)
            raise meant from problem.__cause__
        except BaseException:
            with contextlib.suppress(pymysql.Error, OSError):
                connection.rollback()
            self._give_back(connection)
            raise
        with self._guard:
            if len(self._kept) > _MOST_KEPT:
                self._kept.clear()
            self._kept |= session.new
        self._give_back(connection)

    def _begun(self, begin: Iterable[str]) -> pymysql.Connection[Cursor]:
        """A connection whose transaction has begun, within the time that anybody waits."""
        if self._away_code:
            raise StorageProblem(self._away_code, name=self.server.host)
        try:
            while True:
                with self._guard:
                    connection, is_new = (self._idle.pop(), False) if self._idle else (None, True)
                with _told(self.server):
                    connection = connection or self._connect()
                    try:
                        _wait(connection, PATIENCE_S, PATIENCE_S)
                        with connection.cursor() as cursor:
                            for statement in begin:
                                cursor.execute(statement)
                    except (pymysql.err.OperationalError, pymysql.err.InterfaceError) as error:
                        connection.close()
                        if is_new or _is_frozen(error):
                            raise
                        continue  # it was closed at the other end meanwhile
                    return connection
        except StorageProblem as problem:
            self._note(problem)
            raise

    def _connect(self, seconds: float = PATIENCE_S) -> pymysql.Connection[Cursor]:
        server = self.server
        connection = pymysql.connect(
            host=server.host,
            port=server.port,
            user=server.user,
            password=self._password,
            database=server.database or None,
            charset="utf8mb4",
            autocommit=False,
            connect_timeout=int(seconds),
            read_timeout=seconds,
            write_timeout=seconds,
            ssl=_tls(server) if server.encrypted else None,
            ssl_disabled=not server.encrypted,
            init_command="set ob_query_timeout = 600000000, ob_trx_timeout = 600000000, "
            f"ob_trx_lock_timeout = {_TURN_S * 1_000_000}, "
            "transaction_isolation = 'REPEATABLE-READ', ob_hnsw_ef_search = 400",
        )
        held = vars(connection)
        line = Line(held["_sock"], self._answers, self._leaving, limit_s=seconds, patience_s=seconds)
        held.update(_sock=line, _rfile=io.BufferedReader(line))
        return connection

    def _answers(self) -> bool:
        """Whether the engine answers anybody; asked by who waits for a statement."""
        if self._away_code:
            return False
        try:
            with _told(self.server):
                self._connect(_ANSWERED_S).close()
        except StorageProblem as problem:
            return problem.code not in _AWAY_CODES
        return True

    def make_database(self) -> None:
        """Make the library's database, if there is none."""
        outside = Engine(replace(self.server, database=""), self._password)
        with contextlib.closing(outside), outside.writing() as session:
            name = self.server.database
            session.run(f"create database if not exists `{name}` default charset utf8mb4 collate utf8mb4_bin")

    def _give_back(self, connection: pymysql.Connection[Cursor]) -> None:
        with self._guard:
            if not self._closed.is_set():
                self._idle.append(connection)
                return
        connection.close()

    def _note(self, problem: StorageProblem) -> None:
        """The engine is away from now on, until it answers."""
        with self._guard:
            if problem.code not in _AWAY_CODES or self._away_code or self._closed.is_set():
                return
            self._away_code = problem.code
        threading.Thread(target=self._ask, name="desktop-kb engine", daemon=True).start()

    def _ask(self) -> None:
        while not self._closed.wait(_ASKED_EVERY_S):
            try:
                with _told(self.server):
                    connection = self._connect()
                    if self.server.database:  # one whose disk is full lets people in, but answers nothing
                        with connection.cursor() as cursor:
                            cursor.execute("select changed from library")
                        connection.commit()
            except StorageProblem as problem:
                if problem.code in ("engine-away", "engine-stuck", "engine-error"):  # as of one that begins
                    continue
            else:
                self._give_back(connection)
            self._away_code = ""
            return

    def leave(self) -> None:
        """From now on no answer is waited for longer than some seconds."""
        self._leaving.set()

    def close(self) -> None:
        """Close the connections that nobody uses; those in use close with their transaction."""
        self._closed.set()
        self.leave()
        with self._guard:
            idle, self._idle = self._idle, []
        for connection in idle:
            with contextlib.suppress(pymysql.Error, OSError):
                connection.close()


def _tls(server: Server) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=server.authority or None)
    except OSError as error:  # ssl.SSLError is one
        raise StorageProblem("certificate", name=server.host, reason=str(error)) from error


def _wait(connection: pymysql.Connection[Cursor], limit_s: float, patience_s: float) -> Line:
    """How long an answer may take from now on."""
    line: Line = vars(connection)["_sock"]
    line.limit_s, line.patience_s = limit_s, patience_s
    return line


def _is_frozen(error: BaseException | None) -> bool:
    return "timed out" in str(error)


@contextlib.contextmanager
def _told(server: Server) -> Iterator[None]:
    """What the driver raises, as a problem with its code."""
    try:
        yield
    except pymysql.Error as error:
        number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        cause = getattr(error, "original_exception", None)
        if isinstance(cause, ssl.SSLError):
            reason = _DOUBTS.get(getattr(cause, "verify_code", 0)) or cause.reason or str(cause)
            raise StorageProblem("certificate", name=server.host, reason=reason) from error
        if number == pymysql.constants.CR.CR_SSL_CONNECTION_ERROR:
            raise StorageProblem("certificate", name=server.host, reason="not-encrypted") from error
        known = _problem(number, server)
        if known is not None:
            raise known from error
        if isinstance(error, pymysql.err.InterfaceError) or number in _AWAY:
            raise StorageProblem("engine-away", name=server.host) from error
        said = str(error.args[-1]) if error.args else ""
        reason = (
            f"{number} {said.partition(' near ')[0]}"  # what follows is of the statement: perhaps a password
        )
        if isinstance(error, pymysql.err.DataError):  # what this document has does not fit
            raise DocumentProblem("engine-error", name=server.host, reason=reason) from error
        raise StorageProblem("engine-error", name=server.host, reason=reason) from error
    except (ConnectionError, TimeoutError) as error:
        raise StorageProblem("engine-away", name=server.host) from error


def _problem(number: int, server: Server) -> StorageProblem | None:
    if number in _LOGIN:
        return StorageProblem("wrong-login", name=server.host)
    if number in _RIGHTS:
        return StorageProblem("not-allowed", name=server.host)
    if number in _NOTHING:
        return StorageProblem("no-library", path=server.database)
    if number in _CONFLICT:
        return StorageProblem("conflict", name=server.host)
    if number in _LOCKED:
        return StorageProblem("engine-locked", name=server.host)
    if number in _STUCK:
        return StorageProblem("engine-stuck", name=server.host)
    if number in _FULL:
        return StorageProblem("engine-full", name=server.host)
    return None
