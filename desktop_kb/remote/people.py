"""Who may do what with a library: rights that the engine grants for its database.

There a database is named by a pattern: without its backslash the _ of 'our_team' would stand for any character, and
rights to that library would be rights to 'ourXteam' too.
"""

from __future__ import annotations

import re
from typing import Final, Literal, get_args

import pymysql

from desktop_kb.errors import StorageProblem
from desktop_kb.remote.engine import Engine

Role = Literal["reader", "writer"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
_RIGHTS: Final[dict[Role, str]] = {"reader": "select", "writer": "select, insert, update, delete"}
_ENDED: Final = 1094  # 'Unknown thread id': the connection has ended meanwhile
_NAME: Final = re.compile(r"[A-Za-z0-9_]{1,32}")


def people(engine: Engine) -> dict[str, Role]:
    """The people who have rights to this library alone, by name."""
    with engine.reading() as session:
        rows = session.rows(
            "select user, insert_priv from mysql.db where db = %s and select_priv = 'Y' order by user",
            (_pattern(engine),),
        )
    return {str(user): "writer" if may_write == "Y" else "reader" for user, may_write in rows}


def grant(engine: Engine, name: str, role: Role, password: str | None) -> None:
    """Give a person a role here, in place of the one before; with a password who has none on the engine yet.

    Raises:
        StorageProblem: one cannot be called so ('no-name'), or the engine knows nobody of this name ('no-person').
    """
    _check(name)
    library, known = f"`{_pattern(engine)}`.*", people(engine)
    with engine.writing() as session:
        if password is None and not session.value("select count(*) from mysql.user where user = %s", (name,)):
            raise StorageProblem("no-person", name=name)
        if password is not None:
            session.run(f"create user if not exists `{name}` identified by %s require ssl", (password,))
        if name in known:
            session.run(f"revoke all privileges on {library} from `{name}`")
        session.run(f"grant {_RIGHTS[role]} on {library} to `{name}`")
    if known.get(name, role) != role:
        _disconnect(engine, name)


def revoke(engine: Engine, name: str) -> None:
    """Take a person's rights to this library."""
    _check(name)
    if name in people(engine):
        with engine.writing() as session:
            session.run(f"revoke all privileges on `{_pattern(engine)}`.* from `{name}`")
        _disconnect(engine, name)


def _disconnect(engine: Engine, name: str) -> None:
    """End a person's connections to this library: each keeps the rights that were there when it began."""
    with engine.writing() as session:
        for (id,) in session.rows(
            "select id from information_schema.processlist where user = %s and db = %s",
            (name, engine.server.database),
        ):
            try:
                session.run(f"kill {int(id)}")
            except pymysql.err.OperationalError as error:
                if error.args[0] != _ENDED:
                    raise


def _pattern(engine: Engine) -> str:
    return engine.server.database.replace("_", r"\_")


def _check(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise StorageProblem("no-name", name=name)
