"""Records as the JSON objects that programs are given: by the terminal under `--json`, and by the server for
assistants. Their sentences are English."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from desktop_kb.errors import Problem
from desktop_kb.records import Document, FileReport
from desktop_kb.sentences import Told, say


def with_error(row: FileReport | Document) -> dict[str, Any]:
    """A document or a report: its error as a sentence, a code and details."""
    # `asdict` copies each value with all it holds: .1 ms, and there may be 20,000 rows.
    fields = {name: getattr(row, name) for name in row.__dataclass_fields__ if name != "states"}
    if isinstance(row, Document):
        fields["gone"] = row.gone
        if changes := fields.pop("changes"):  # of a team's
            fields["changes"] = [change._asdict() for change in changes]
    else:
        fields["pending"] = asdict(row.pending)
    code, details = fields.pop("error_code"), fields.pop("error_details")
    return {
        **fields,
        "error": say(row.error) if row.error else None,
        "error_code": code,
        "error_details": details,
        "page_states": dict(row.page_states),
    }


def listed(document: Document) -> dict[str, Any]:
    """A document as `list` has it."""
    record = with_error(document)
    del record["places"]
    return record


def finding_record(found: Told) -> dict[str, Any]:
    """A problem or finding with its sentence."""
    return {"code": found.code, "details": found.details, "message": say(found)}


def problem_record(problem: Problem) -> dict[str, Any]:
    """What went wrong."""
    return {
        "code": problem.code,
        "message": say(problem),
        "path": problem.path,
        "details": problem.details,
    }
