"""What the doctor says of a library, in the window's language.

The sentences are made below the window (`store.check`, `store.salvage`, `kb.doctor`); here stands
the form of each, so that it can be recognised and said in Chinese.
"""

from __future__ import annotations

import re
from typing import Final

from desktop_kb.gui.translation import problem, tr

#: What is looked at, by the name of its check.
NAMES: Final = {
    "database": "The library file",
    "index": "The search index",
    "passages": "The passages",
    "work in progress": "Work in progress",
    "files": "Copies of files",
    "model": "The models",
}
FORMS: Final = (
    "in order",
    "in order again; it was: {was}",
    "part of it cannot be read ({reason})",
    "what is stored makes no sense ({reason})",
    "it was not closed and its log is gone: what was stored last may be lost",
    "{count} pages have changed on the disk since it was closed ({tables})",
    "their tables cannot be told",
    "in no table",
    "{table} row {row} belongs to nothing",
    "{count} passages are missing from {table} of generation {generation}",
    "{count} passages are left over in {table} of generation {generation}",
    "{count} vectors of generation {generation} are not those of their passages",
    "{count} documents have lost passages",
    "{count} texts are not what was read",
    "{count} documents have no passages, or passages that are not in their text",
    "job {id} has no readable report",
    "the library names a file outside itself",
    "the stored file {name} is gone",
    "the stored file {name} is not what was added",
    "no embedding model is installed; search works by words",
    "{models}, as published",
    "{count} rows of {table}",
    "{count} row of {table}",
    "{count} documents, read again from where they stand: {names}",
    "the texts of {count} documents, read again from where they stand",
    "nothing but what can be made again",
)
_MORE: Final = re.compile(r"(?P<first>.*) \(and (?P<more>\d+) more\)", re.DOTALL)


def say_finding(found: str) -> str:
    """A check's message, or what was lost, as the window says it."""
    if more := _MORE.fullmatch(found):
        return say_finding(more["first"]) + tr(" (and {n} more)", n=more["more"])
    whole = _as_one(found)
    if whole is not None:
        return whole
    return "; ".join(_as_one(part) or problem(part) for part in found.split("; "))


def _as_one(found: str) -> str | None:
    for form in FORMS:
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(form))
        match = re.fullmatch(pattern, found)
        # The parts of several findings in one message are looked at one by one.
        if match and not (form.startswith("{") and "; " in found):
            inner = {name: _inner(name, value) for name, value in match.groupdict().items()}
            return tr(form, **inner) if inner else tr(form)
    return None


def _inner(name: str, value: str) -> str:
    """A finding within a finding."""
    return say_finding(value) if name == "was" else (_as_one(value) or value) if name == "tables" else value
