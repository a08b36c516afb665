"""The lists that methods take. A single string is refused, because Python would take it as a list of
letters."""

from __future__ import annotations

import os
from collections.abc import Iterable

from desktop_kb.arguments import several
from desktop_kb.records import Filter, PathLike
from desktop_kb.search.query import parse_filter


def files(given: Iterable[PathLike]) -> list[PathLike]:
    """Paths of files and folders."""
    return several("files", given, (str, os.PathLike), "paths, str or Path")


def documents(given: Iterable[str]) -> list[str]:
    """Ids of documents."""
    return several("documents", given, str, "ids of documents, str")


def tags(given: Iterable[str]) -> list[str]:
    """Tags."""
    return several("tags", given, str, "tags, str")


def patterns(given: Iterable[str]) -> list[str]:
    """Patterns of files."""
    return several("exclude", given, str, "patterns such as '*.tmp'")


def targets(given: Iterable[str]) -> list[str]:
    """Ids, paths or filters that name documents."""
    return several("targets", given, str, "ids, paths or filters, str")


def marks(given: Iterable[str]) -> list[str]:
    """Ids of marks."""
    return several("marks", given, str, "ids of marks, str")


def jobs(given: Iterable[int]) -> list[int]:
    """Numbers of jobs."""
    return several("jobs", given, int, "numbers of jobs, int")


def filters(given: Iterable[str]) -> tuple[Filter, ...]:
    """Filters, parsed.

    Raises:
        UsageProblem: one of them is not valid.
    """
    listed = several("filters", given, str, "filters such as 'year:2022'")
    return tuple(filter for expression in listed for filter in parse_filter(expression))
