"""Targets: what a click can ask the views to show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from desktop_kb.records import Spot

Kind = Literal["filter", "failed", "gone", "trash", "question", "document", "passage"]


@dataclass(frozen=True, slots=True)
class Target:
    """Something to show. `views.VIEWS` decides which view shows it.

    Attributes:
        kind: `filter` restricts what is shown; `failed`, `gone` (whose files are) and `trash` are
            gathered in the library only; `question` is a query to search for; `document` is a single document; of a
            `passage` the related ones are shown.
        value: the filter ('' is everything) or the query, as a person types it into the box, or the
            document's id, of a passage with its offsets.
    """

    kind: Kind
    value: str = ""


EVERYTHING: Final = Target("filter")
FAILED: Final = Target("failed")
GONE: Final = Target("gone")
TRASH: Final = Target("trash")
MARKED: Final = Target("filter", "has:mark")


def related_to(document: str, start: int, end: int) -> Target:
    """The passages related to one."""
    return Target("passage", f"{document}:{start}:{end}")


def spot_of(target: Target) -> Spot:
    """The passage of a target made by `related_to`."""
    document, start, end = target.value.rsplit(":", 2)
    return document, int(start), int(end)
