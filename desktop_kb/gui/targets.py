"""Where a click leads: what the views can be asked to show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["filter", "failed", "trash", "question", "document"]


@dataclass(frozen=True, slots=True)
class Target:
    """Something to show. Which view shows it is decided by `views.VIEWS`.

    Attributes:
        kind: `filter` narrows what is shown; `failed` and `trash` are documents that no search looks
            into; `question` is asked; `document` is one document by itself.
        value: the filter ('' is everything) or the question, as it is typed into the box; the
            document's id.
    """

    kind: Kind
    value: str = ""


EVERYTHING: Final = Target("filter")
FAILED: Final = Target("failed")
TRASH: Final = Target("trash")


def like(text: str) -> Target:
    """The question that finds passages like this one."""
    return Target("question", text.replace('"', " ")[:400])
