"""What was found, as data: `sentences` makes words of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from desktop_kb.errors import JsonValue, Problem


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person may want to know: what a doctor found, what was lost, why a file failed.

    `code` is stable; `details` are plain JSON, as those of a `Problem`.
    """

    code: str
    details: Mapping[str, JsonValue] = field(default_factory=dict)

    @classmethod
    def of(cls, problem: Problem) -> Finding:
        """A problem that is kept or told rather than raised."""
        return cls(problem.code, problem.details)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that the doctor looked at; `ok` says that what was found there is no damage."""

    name: str
    ok: bool
    findings: tuple[Finding, ...] = ()

    @property
    def code(self) -> str:
        """'in-order', the one finding's, or 'several'."""
        if len(self.findings) > 1:
            return "several"
        return self.findings[0].code if self.findings else "in-order"

    @property
    def details(self) -> Mapping[str, JsonValue]:
        """The one finding's, or all findings."""
        if len(self.findings) > 1:
            return {"findings": [asdict(finding) for finding in self.findings]}
        return self.findings[0].details if self.findings else {}
