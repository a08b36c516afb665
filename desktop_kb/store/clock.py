"""Moments as the library writes them: ISO 8601 in UTC, to the second, so that they sort as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def now() -> str:
    """This moment."""
    return ago(timedelta())


def ago(span: timedelta) -> str:
    """So long before this moment."""
    return (datetime.now(UTC) - span).isoformat(timespec="seconds")
