"""Findings as data; `sentences` turns them into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from desktop_kb.errors import JsonValue, Problem


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to tell a person: damage that a check found, data that was lost, why a file failed.

    `code` is stable; `details` are plain JSON, like those of a `Problem`.
    """

    code: str
    details: Mapping[str, JsonValue] = field(default_factory=dict)

    @classmethod
    def of(cls, problem: Problem) -> Finding:
        """The finding for a problem that is stored or shown rather than raised."""
        return cls(problem.code, problem.details)


@dataclass(frozen=True, slots=True)
class Check:
    """One part of the library that was checked; `ok` unless its findings are damage."""

    name: str
    ok: bool
    findings: tuple[Finding, ...] = ()

    @property
    def code(self) -> str:
        """'in-order', the code of the only finding, or 'several'."""
        if len(self.findings) > 1:
            return "several"
        return self.findings[0].code if self.findings else "in-order"

    @property
    def details(self) -> Mapping[str, JsonValue]:
        """The details of the only finding, or all findings under `findings`."""
        if len(self.findings) > 1:
            return {"findings": [asdict(finding) for finding in self.findings]}
        return self.findings[0].details if self.findings else {}
