"""Libraries that a team shares: connecting to one, an engine of one's own, and how they are."""

from __future__ import annotations

import argparse
import getpass
import sys
from dataclasses import asdict
from pathlib import Path

from desktop_kb.cli.command import Command, argument, count
from desktop_kb.cli.output import emit, padded
from desktop_kb.cli.speech import tell, tr, words_of
from desktop_kb.kb import KnowledgeBase
from desktop_kb.paths import TEAM as OF_TEAM
from desktop_kb.rows import finding_record

_PASSWORD_FILE = argument(
    "--password-file",
    metavar="FILE",
    default="",
    help="the password is this file's first line (default: asked)",
)

_NAME = argument("name", metavar="NAME", help="the team's library")
_PERSON = argument("person", metavar="PERSON", help="their name on the engine")

#: What a role is called.
_MAY = {"reader": "may read", "writer": "may write"}


def _connect(options: argparse.Namespace) -> int:
    from desktop_kb.kb import team

    password = None
    if not options.password_file:
        password = getpass.getpass(tr("Password of {name}: ", name=options.user), sys.stderr)
    id = team.connect(
        options.name,
        options.host,
        options.user,
        port=options.port,
        database=options.database,
        authority=options.authority,
        password_file=options.password_file,
        password=password,
        create=options.create,
        root=options.folder,
    )
    said = tr("Connected: --library team:{name}", name=options.name)
    emit({"name": options.name, "id": id}, said, options.json)
    return 0


def _folder(options: argparse.Namespace) -> int:
    from desktop_kb.kb import team

    root = team.set_root(options.name, options.folder)
    said = (
        tr("The team's folder is {path} here.", path=root) if root else tr("The team's folder is not here.")
    )
    emit({"name": options.name, "folder": root}, said, options.json)
    return 0


def _status(options: argparse.Namespace) -> int:
    from desktop_kb.kb import team

    found = team.teams()
    for one in found:
        counts = {"documents": one.documents, "passages": one.passages}
        state = (
            words_of(one.problem)
            if one.problem
            else tr("{documents} documents, {passages} passages", **counts)
        )
        known = asdict(one.connection) if one.connection else {}
        where = "{user}@{host}:{port}/{database}".format(**known) if known else "?"
        record = {
            "name": one.name,
            **{key: value for key, value in known.items() if key != "password_file"},
            **counts,
            "problem": finding_record(one.problem) if one.problem else None,
        }
        emit(record, f"{padded(one.name, 12)}  {where}  {state}", options.json)
    if not found and not options.json:
        tell(tr("No team's library is connected. 'desktop-kb team connect NAME' connects one."))
    return 1 if any(one.problem for one in found) else 0


def _start(options: argparse.Namespace) -> int:
    from desktop_kb.kb import team

    folder = Path(options.folder).expanduser().absolute()
    started = team.start_engine(
        folder,
        options.port,
        memory_mib=options.memory,
        public=options.public,
        log_port=options.log_port,
        follows=options.follow,
    )
    emit(asdict(started), tr("The engine runs on port {port}.", port=started.port), options.json)
    if not options.json:
        tell(tr("It listens on every address of this machine, with TLS and passwords. Connect to it with"))
        tell(
            f"  desktop-kb team connect NAME --create --host localhost --port {started.port} --user root "
            f"--authority {started.authority} --password-file {started.password_file}"
        )
    return 0


def _promote(options: argparse.Namespace) -> int:
    from desktop_kb.kb import team

    team.promote_engine(Path(options.folder).expanduser().absolute())
    emit({"promoted": True}, tr("The engine follows no other one now, and can be written to."), options.json)
    return 0


def _stop(options: argparse.Namespace) -> int:
    from desktop_kb.kb import team

    ran = team.stop_engine(Path(options.folder).expanduser().absolute())
    said = tr("The engine is stopped.") if ran else tr("No engine runs in this folder.")
    emit({"stopped": ran}, said, options.json)
    return 0


def _people(options: argparse.Namespace) -> int:
    from desktop_kb.kb import team

    for person, role in team.people_of(options.name).items():
        emit({"person": person, "role": role}, f"{padded(tr(_MAY[role]), 10)}  {person}", options.json)
    return 0


def _grant(options: argparse.Namespace) -> int:
    from desktop_kb.kb import team

    team.grant(options.name, options.person, options.role, _typed(options))
    said = f"{padded(tr(_MAY[options.role]), 10)}  {options.person}"
    emit({"person": options.person, "role": options.role}, said, options.json)
    return 0


def _typed(options: argparse.Namespace) -> str | None:
    """The password of somebody who is new on the engine; None where it is not given."""
    from desktop_kb.kb import team

    return team.first_line(Path(options.password_file)) if options.password_file else None


def _revoke(options: argparse.Namespace) -> int:
    from desktop_kb.kb import team

    team.revoke(options.name, options.person)
    emit(
        {"person": options.person, "role": None},
        tr("{name} has no rights there now.", name=options.person),
        options.json,
    )
    return 0


def _push(options: argparse.Namespace) -> int:
    with KnowledgeBase(options.library, create=not options.library, parts=options.parts) as kb:
        moved = kb.push(options.name)
    counts = moved.as_json()
    said = tr(
        "{moved} documents are there now, {there} were; {failed} that could not be read stay here.", **counts
    )
    emit(counts, said, options.json)
    return 0


def _backup(options: argparse.Namespace) -> int:
    with KnowledgeBase(f"{OF_TEAM}{options.name}", create=False, parts=options.parts) as kb:
        made = kb.backup(options.file)
    said = tr(
        "{documents} documents are in {file}. 'restore' makes a library of them, 'team push' a team's again.",
        documents=made.documents,
        file=made.path,
    )
    emit({"path": made.path, "documents": made.documents, "size_bytes": made.size_bytes}, said, options.json)
    return 0


def _take(options: argparse.Namespace) -> int:
    with KnowledgeBase(options.library, create=not options.library, parts=options.parts) as kb:
        moved = kb.take(options.folder, (options.filter,) if options.filter else ())
    said = tr(
        "{moved} documents are in {folder} now, {there} were; {failed} that could not be read stay.",
        folder=options.folder,
        **moved.as_json(),
    )
    emit(moved.as_json(), said, options.json)
    return 0


TEAM = Command(
    "team",
    _status,
    "libraries that a team shares on an engine",
    commands=(
        Command("status", _status, "which are connected, and whether they answer"),
        Command(
            "connect",
            _connect,
            "connect to a team's library; then it is --library team:NAME",
            argument("name", metavar="NAME", help="what you call it"),
            argument("--host", required=True, help="the machine that the engine runs on"),
            argument("--port", type=count, default=2881, help="its port (default: 2881)"),
            argument("--user", required=True, help="your name there"),
            argument("--database", default="", help="the library's name there (default: NAME)"),
            argument(
                "--authority", metavar="FILE", default="", help="the certificate by which the engine is known"
            ),
            _PASSWORD_FILE,
            argument("--create", action="store_true", help="make the library if there is none"),
            argument(
                "--folder", metavar="DIR", default="", help="where the team's folder is on this machine"
            ),
        ),
        Command(
            "folder",
            _folder,
            "say where the team's folder is on this machine: its files are the same for everybody",
            _NAME,
            argument("folder", metavar="DIR", nargs="?", default="", help="none: it is not here"),
        ),
        Command(
            "people",
            _people,
            "who may read and write a team's library",
            _NAME,
        ),
        Command(
            "grant",
            _grant,
            "let somebody read or write a team's library (its owner may)",
            _NAME,
            _PERSON,
            argument("role", choices=("reader", "writer"), help="what they may do"),
            argument(
                "--password-file",
                metavar="FILE",
                default="",
                help="their first password, if they are new there",
            ),
        ),
        Command(
            "revoke",
            _revoke,
            "take somebody's rights to a team's library",
            _NAME,
            _PERSON,
        ),
        Command(
            "push",
            _push,
            "put a library's documents into a team's, without encoding them again",
            _NAME,
        ),
        Command(
            "backup",
            _backup,
            "a team's documents in one file, with their passages and vectors; files of the team's folder are not in it",
            _NAME,
            argument("file", metavar="FILE", help="the new file"),
        ),
        Command(
            "take",
            _take,
            "put a team's documents into a library of your own, without encoding them again",
            argument("folder", metavar="DIR", help="the new library's folder"),
            argument("filter", nargs="?", metavar="FILTER", help="such as tag:cars"),
        ),
        Command(
            "start",
            _start,
            "run an engine on this machine, from its package",
            argument("folder", metavar="DIR", help="where it keeps what it has"),
            argument("--port", type=count, default=2881, help="its port (default: 2881)"),
            argument(
                "--memory", type=count, default=2048, metavar="MIB", help="what it may take (default: 2048)"
            ),
            argument("--public", action="store_true", help="also where the internet reaches this machine"),
            argument("--log-port", type=count, metavar="PORT", help="let other engines follow it there"),
            argument(
                "--follow",
                default="",
                metavar="HOST:PORT",
                help="follow the engine whose log is there, as its standby",
            ),
        ),
        Command(
            "promote",
            _promote,
            "let an engine that has followed another one be written to",
            argument("folder", metavar="DIR", help="its folder"),
        ),
        Command(
            "stop", _stop, "stop the engine of a folder", argument("folder", metavar="DIR", help="its folder")
        ),
    ),
)
