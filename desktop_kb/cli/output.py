"""One result on stdout: a JSON object for a script, or a line for a person. What went wrong goes to stderr."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from desktop_kb.cli.speech import tell, words_of
from desktop_kb.errors import Problem
from desktop_kb.records import Document, FileReport
from desktop_kb.sentences import Told, say


def emit(record: dict[str, Any], line: str | None, as_json: bool) -> None:
    """Print a result; without a line there is nothing for a person here."""
    if as_json:
        print(json.dumps(record), flush=True)
    elif line is not None:
        print(line, flush=True)


def with_error(row: FileReport | Document) -> dict[str, Any]:
    """A row with what was in the way as a sentence, before its code and details."""
    fields = asdict(row)
    code, details = fields.pop("error_code"), fields.pop("error_details")
    return {
        **fields,
        "error": say(row.error) if row.error else None,
        "error_code": code,
        "error_details": details,
    }


def told(told: Told) -> dict[str, Any]:
    """Something that was found, for scripts and for people."""
    return {"code": told.code, "details": told.details, "message": say(told)}


def print_problem(problem: Problem, *, as_json: bool) -> None:
    """Say what went wrong, on stderr."""
    if as_json:
        error = {
            "code": problem.code,
            "message": say(problem),
            "path": problem.path,
            "details": problem.details,
        }
        print(json.dumps({"error": error}), file=sys.stderr)
    else:
        said = words_of(problem)
        tell(f"{problem.path}: {said}" if problem.path else said)
