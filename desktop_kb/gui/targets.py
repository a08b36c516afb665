"""Targets: what a click can ask the views to show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["filter", "failed", "trash", "question", "document"]


@dataclass(frozen=True, slots=True)
class Target:
    """Something to show. `views.VIEWS` decides which view shows it.

    Attributes:
        kind: `filter` restricts what is shown; `failed` and `trash` are documents that are never
            searched; `question` is a query to search for; `document` is a single document.
        value: the filter ('' is everything) or the query, as a person types it into the box, or the
            document's id.
    """

    kind: Kind
    value: str = ""


EVERYTHING: Final = Target("filter")
FAILED: Final = Target("failed")
TRASH: Final = Target("trash")


def like(text: str) -> Target:
    """A query that finds passages similar to this text."""
    return Target("question", text.replace('"', " ")[:400])
