"""Timestamps as the library stores them: ISO 8601 in UTC, to the second, so that they sort as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def now() -> str:
    """The current time."""
    return ago(timedelta())


def ago(span: timedelta) -> str:
    """The time `span` ago."""
    return (datetime.now(UTC) - span).isoformat(timespec="seconds")
