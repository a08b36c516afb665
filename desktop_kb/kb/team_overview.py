"""A team's library as a window shows it: whether it answers, and who may do what there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from desktop_kb.errors import StorageProblem
from desktop_kb.kb import team
from desktop_kb.remote.people import Role

__all__ = ["Role", "TeamOverview", "overview"]


@dataclass(frozen=True, slots=True)
class TeamOverview:
    """`people` are those beside the owner; None where they are not this person's to see, or nobody answers."""

    state: team.TeamState
    people: Mapping[str, Role] | None = None


def overview(name: str) -> TeamOverview:
    """The library that was connected under this name, as it is now.

    Raises:
        StorageProblem: there is none ('no-team').
    """
    state = team.state_of(name)
    if state.problem is not None:
        return TeamOverview(state)
    try:
        return TeamOverview(state, team.people_of(name))
    except StorageProblem as problem:
        if problem.code != "not-allowed":
            raise
        return TeamOverview(state)
