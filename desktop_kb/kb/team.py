"""Libraries of a team: what this machine knows of them, and who may do what.

A team's library has a folder here too: its `team.json` says where the engine is, and beside it lies what is of this
machine alone, in a library file of its own: the queue, staged work, copies of files. The password is in the system's
keyring or in a file that the person named, never in a file of ours.
"""

from __future__ import annotations

import contextlib
import json
import platform
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from desktop_kb import paths
from desktop_kb.errors import Problem, StorageProblem, reason_of
from desktop_kb.files import make_private, write_whole
from desktop_kb.records import (
    FileReport,
    Job,
    JobKind,
    JobOptions,
    Location,
)
from desktop_kb.remote import (
    Engine,
    RemoteLibrary,
    Server,
    people,
    serving,
)

#: What a library is called on the command line: team:NAME.
SCHEME: Final = paths.TEAM
#: The engine's.
PORT: Final = serving.PORT
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_DATABASE: Final = re.compile(r"[A-Za-z0-9_]{1,64}")
_SERVICE: Final = "Desktop KB"
#: Passwords that were asked for, until the program ends; by the library's folder.
_asked: dict[Path, str] = {}


@dataclass(frozen=True, slots=True)
class Connection:
    """Where a team's library is, as `team connect` was told.

    Attributes:
        password_file: '' where the keyring has it.
        here: by what name others see the files of this machine, 'ada@desk'.
        root: the team's folder on this machine; '' if it is not here.
        id: the library's, as it was told then.
    """

    host: str
    port: int
    user: str
    database: str
    authority: str
    password_file: str = ""
    here: str = ""
    root: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class TeamState:
    """A team's library: `problem` says why it cannot be reached; `connection` is None if what says where it is was
    damaged."""

    name: str
    connection: Connection | None
    documents: int = 0
    passages: int = 0
    problem: Problem | None = None


class NoJobs:
    """Where nothing is added."""

    def end(self, job: Job, report: FileReport) -> None:
        """There is none."""

    def enqueue(self, files: Sequence[Location], options: JobOptions, kind: JobKind) -> list[int]:
        """There is none."""
        return []


@dataclass(frozen=True, slots=True)
class Started:
    """An engine of this machine: how it is connected to."""

    port: int
    authority: str
    password_file: str


def start_engine(
    folder: Path, port: int, *, memory_mib: int, public: bool, log_port: int | None = None, follows: str = ""
) -> Started:
    """Run an engine on this machine; see `serving.start`. Its owner's password is in a file of its folder.

    Args:
        log_port: where others may follow it.
        follows: HOST:PORT of the engine that it follows.
    """
    if follows and log_port is None:
        log_port = port + 1
    standby = None if log_port is None else serving.Standby(log_port, follows)
    engine, port = serving.start(folder, port, memory_mib=memory_mib, public=public, standby=standby)
    return Started(port, str(engine.authority), str(engine.password))


def promote_engine(folder: Path) -> None:
    """Let an engine that has followed another one be written to."""
    serving.promote(folder)


def stop_engine(folder: Path) -> bool:
    """Stop it; False if it did not run."""
    return serving.stop(folder)


# --- connecting ------------------------------------------------------------------------------


def connect(
    name: str,
    host: str,
    user: str,
    *,
    port: int = serving.PORT,
    database: str = "",
    authority: str = "",
    password_file: str = "",
    password: str | None = None,
    create: bool = False,
    root: str = "",
) -> str:
    """Remember where a team's library is, once it has answered; returns its id.

    Args:
        authority: the file with the certificate of who signed the engine's, of which a copy is kept; '' for those
            that the system trusts.
        password: goes into the keyring; None if `password_file` has it.
        create: make the library if the engine has none of this name.
        root: see `set_root`; '' leaves it as it was.

    Raises:
        StorageProblem: it cannot be reached, or the keyring cannot keep the password ('no-keyring').
    """
    database = database or re.sub(r"\W", "_", name)
    if not _NAME.fullmatch(name) or not _DATABASE.fullmatch(database):
        raise StorageProblem("no-team", name=name)
    if password_file:
        password_file = str(Path(password_file).expanduser().absolute())
        password = first_line(Path(password_file))
    folder = paths.library(SCHEME + name).root
    root = _root(root) or _root_before(name)
    server = Server(host, port, user, database, authority)
    certificate = _certificate(host, authority) if authority else b""
    if create:
        _create(server, password or "")
    id = _id(server, password or "")
    make_private(folder)
    kept = ""
    if certificate:
        kept = str(folder / "authority.pem")
        write_whole(Path(kept), certificate)
    if not password_file:
        _keep(folder, user, password or "")
    here = f"{user}@{re.sub(r'[^A-Za-z0-9_.-]', '-', platform.node()) or 'here'}"
    _write(folder, Connection(host, port, user, database, kept, password_file, here, root, id))
    return id


def _certificate(host: str, file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise StorageProblem("certificate", name=host, reason=reason_of(error)) from error


def set_root(name: str, root: str) -> str:
    """Say where the team's folder is on this machine; '' if it is not here. Its files are the same for everybody, each
    with their own root. Returns it.

    Raises:
        StorageProblem: there is no such team ('no-team') or no such folder ('no-folder').
    """
    library = paths.library(SCHEME + name)
    connection = replace(connection_of(library), root=_root(root))
    _write(library.root, connection)
    return connection.root


def _root(folder: str) -> str:
    if not folder:
        return ""
    found = Path(folder).expanduser().absolute()
    if not found.is_dir():
        raise StorageProblem("no-folder", path=str(found))
    return str(found)


def _root_before(name: str) -> str:
    """Who connects again, with another password, does not say it again."""
    library = paths.library(SCHEME + name)
    try:
        return connection_of(library).root
    except StorageProblem:  # it is new, or what said where it is was damaged
        return ""


def _write(folder: Path, connection: Connection) -> None:
    write_whole(folder / paths.TEAM_FILE, json.dumps(asdict(connection), indent=2).encode())


def _id(server: Server, password: str) -> str:
    with contextlib.closing(Engine(server, password)) as engine:
        return RemoteLibrary(engine, NoJobs()).id


def _create(server: Server, password: str) -> None:
    with contextlib.closing(Engine(server, password)) as engine:
        RemoteLibrary(engine, NoJobs()).create()


def _keep(folder: Path, user: str, password: str) -> None:
    import keyring  # not at start: it looks for the desktop's services

    try:
        keyring.set_password(_SERVICE, f"{folder.name}/{user}", password)
    except Exception as error:
        raise StorageProblem("no-keyring", reason=type(error).__name__) from error


def tell_password(library: str | Path | None, password: str) -> None:
    """The password of a team's library, asked for where neither the keyring nor a file has it."""
    _asked[paths.library(library).root] = password


def _password(folder: Path, connection: Connection) -> str:
    if folder in _asked:
        return _asked[folder]
    if connection.password_file:
        return first_line(Path(connection.password_file))
    import keyring

    found = None
    with contextlib.suppress(keyring.errors.KeyringError):
        found = keyring.get_password(_SERVICE, f"{folder.name}/{connection.user}")
    if found is None:
        raise StorageProblem("no-password", name=folder.name)
    return found


def first_line(file: Path) -> str:
    """The first line of a file that holds a password."""
    try:
        return next(iter(file.read_text(encoding="utf-8-sig").splitlines()), "")
    except (OSError, UnicodeDecodeError) as error:
        raise StorageProblem("no-password", path=str(file), name=file.name) from error


def connection_of(library: paths.Library) -> Connection:
    """Where the engine of a team's library is."""
    file = library.root / paths.TEAM_FILE
    try:
        return Connection(**json.loads(file.read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        raise StorageProblem("no-team", path=str(file), name=library.root.name) from error


def names() -> list[str]:
    """What the team's libraries are called that were connected."""
    return [file.parent.name for file in sorted(paths.teams_dir().glob(f"*/{paths.TEAM_FILE}"))]


def state_of(name: str) -> TeamState:
    """A team's library, and whether it answers now."""
    return _state(name, paths.library(SCHEME + name))


def teams() -> list[TeamState]:
    """Every team's library that was connected, and whether it answers now."""
    return [
        _state(file.parent.name, paths.library(SCHEME + file.parent.name))
        for file in sorted(paths.teams_dir().glob(f"*/{paths.TEAM_FILE}"))
    ]


def _state(name: str, library: paths.Library) -> TeamState:
    connection = None
    try:
        connection = connection_of(library)
        with contextlib.closing(engine_of(library, connection)) as engine:
            shared = RemoteLibrary(engine, NoJobs())
            _ = shared.id
            counts, generation = shared.documents.counts(), shared.index.generation()
    except Problem as problem:
        return TeamState(name, connection, problem=problem)
    return TeamState(name, connection, counts["ready"], generation.chunks if generation else 0)


def engine_of(library: paths.Library, connection: Connection) -> Engine:
    """The engine of a team's library, not connected yet; with the password of this person."""
    server = Server(
        connection.host, connection.port, connection.user, connection.database, connection.authority
    )
    return Engine(server, _password(library.root, connection))


# --- who may do what ---------------------------------------------------------------------------


def people_of(name: str) -> dict[str, people.Role]:
    """The people of a team's library, with their roles, but for its owner."""
    with _opened(name) as engine:
        return people.people(engine)


def grant(name: str, person: str, role: people.Role, password: str | None = None) -> None:
    """Give a person a role; with a password to who has none there. The owner may."""
    with _opened(name) as engine:
        people.grant(engine, person, role, password)


def revoke(name: str, person: str) -> None:
    """Take a person's rights."""
    with _opened(name) as engine:
        people.revoke(engine, person)


def _opened(name: str) -> contextlib.closing[Engine]:
    library = paths.library(SCHEME + name)
    if not (library.root / paths.TEAM_FILE).exists():
        raise StorageProblem("no-team", name=name)
    return contextlib.closing(engine_of(library, connection_of(library)))
