"""Looking after a library: what is wrong with it, repairing it, and making one from a backup."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from desktop_kb import paths
from desktop_kb.records import Check, Finding, PathLike
from desktop_kb.store import Backup, Store, is_readable, restore, salvage

log = logging.getLogger(__name__)


def repaired(store: Store, read_again: Callable[[], None]) -> list[Check]:
    """Make again what is derived and read again what can be, then check; what was wrong before and is not
    now says so.

    Args:
        read_again: works off the files that are to be read again.
    """
    before = {check.name: check for check in store.check()}
    for found in store.repair():
        log.info("repaired: %s %s", found.code, dict(found.details))
    read_again()
    return [
        Check(now.name, True, (_in_order_again(was),))
        if now.ok and (was := before.get(now.name)) and not was.ok
        else now
        for now in store.check()
    ]


def _in_order_again(was: Check) -> Finding:
    return Finding("in-order-again", {"was": {"code": was.code, "details": was.details}})


def restore_backup(file: PathLike, library: PathLike | None = None) -> Backup:
    """Make the library that a backup holds in a folder where there is none (None: the person's own).

    Raises:
        StorageProblem: the folder holds something, or the file is no sound backup; nothing changed.
    """
    return restore(Path(file).expanduser().absolute(), paths.library(library))


def mend(library: PathLike | None = None) -> list[Finding]:
    """If a library's database is damaged, copy what can be read into a new one; the damaged file is kept
    in the same folder. Call it while nobody has the library open, before `doctor(repair=True)`.

    Returns what was lost; nothing where nothing was damaged.

    Raises:
        StorageProblem: nothing can be read ('beyond-repair'), or another program indexes.
    """
    place = paths.library(library)
    if not place.database.exists() or is_readable(place.database):
        return []
    return salvage(place) or [Finding("nothing-lost")]
