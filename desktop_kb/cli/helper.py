"""The helper that keeps models loaded between two searches: whether it runs, and ending it."""

from __future__ import annotations

import argparse
from typing import Any

from desktop_kb import paths
from desktop_kb.cli.command import Command
from desktop_kb.cli.output import emit
from desktop_kb.cli.speech import tr
from desktop_kb.helper.channel import Gone, connect
from desktop_kb.sentences import size_text


def _status(options: argparse.Namespace) -> int:
    return _said(_asked(options, "status"), options)


def _stop(options: argparse.Namespace) -> int:
    found = _asked(options, "stop")
    return _said({**found, "running": False} if found else None, options)


def _asked(options: argparse.Namespace, do: str) -> dict[str, Any] | None:
    """What the helper says of itself; None if there is none."""
    try:
        channel = connect(paths.library(options.library))
        channel.send({"do": do})
        return channel.receive().header
    except Gone:
        return None


def _said(found: dict[str, Any] | None, options: argparse.Namespace) -> int:
    if found is None:
        emit({"running": False}, tr("No helper runs for this library."), options.json)
        return 0
    facts = {"pid": found["pid"], "memory": size_text(found["memory_bytes"])}
    if found["running"]:
        line = tr(
            "A helper runs: process {pid}, {memory} of memory; ends after {seconds} s without a question.",
            seconds=round(found["ends_after"]),
            **facts,
        )
    else:
        line = tr("The helper ends: process {pid}, {memory} of memory.", **facts)
    emit(found, line, options.json)
    return 0


HELPER = Command(
    "helper",
    _status,
    "the process that keeps the models loaded between two searches",
    commands=(
        Command("status", _status, "whether it runs, and what it takes"),
        Command("stop", _stop, "end it; the next search starts another"),
    ),
)
