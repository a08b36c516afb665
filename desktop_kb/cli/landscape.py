"""The landscape of a library: its topics, its picture, and the ways in it."""

from __future__ import annotations

import argparse
import importlib
import os
from dataclasses import asdict
from pathlib import Path
from typing import get_args

from desktop_kb.cli.command import Command, argument, existing
from desktop_kb.cli.output import emit
from desktop_kb.cli.speech import language, tr
from desktop_kb.errors import StorageProblem, UsageProblem, reason_of
from desktop_kb.files import write_whole
from desktop_kb.kb import KnowledgeBase
from desktop_kb.records import ColouredBy, Landscape, Step
from desktop_kb.sentences import surface_lines


def _landscape(options: argparse.Namespace) -> int:
    with existing(options) as kb:
        landscape = kb.landscape(options.filter, measured=True)
    for name in filter(None, (options.svg, options.png)):
        picture = KnowledgeBase.draw(landscape, options.color, language()).encode()
        file = Path(name).absolute()
        if name == options.png:
            # Without a display Qt draws into memory; it is to be said before Qt is loaded.
            os.environ["QT_QPA_PLATFORM"] = "offscreen"
            picture = importlib.import_module("desktop_kb.gui.svg_picture").as_png(picture)
        try:
            write_whole(file, picture)
        except OSError as error:
            raise StorageProblem("io-error", path=str(file), reason=reason_of(error)) from error
    emit(landscape.as_json(), _lines(landscape), options.json)
    return 0


def _lines(landscape: Landscape) -> str:
    """What it is made of, its topics, the largest first, what has no answer in it, and what its surface is like."""
    counted = tr(
        "{documents} documents, {passages} passages, {topics} topics",
        documents=f"{len(landscape.documents):,}",
        passages=f"{len(landscape.passages):,}",
        topics=len(landscape.topics),
    )
    topics = [
        f"{one.passages:>7,}  {' · '.join(one.name.values())}"
        for one in sorted(landscape.topics, key=lambda one: -one.passages)
    ]
    gaps = [f"  {one.query}" for one in landscape.gaps]
    if gaps:
        gaps.insert(0, tr("Your questions that nothing answered well:"))
    return "\n".join((counted, *topics, *gaps, *surface_lines(landscape.measures, tr)))


def _way(options: argparse.Namespace) -> int:
    begin, end = (_spot(text) for text in (options.begin, options.end))
    with existing(options) as kb:
        for step in kb.way(begin, end):
            record = asdict(step)
            emit(
                {key: record[key] for key in ("document", "start", "end", "text")}, _step(step), options.json
            )
    return 0


def _step(step: Step) -> str:
    return f"{step.title}  ({step.document}:{step.start})\n  {' '.join(step.text.split())}\n"


def _spot(text: str) -> tuple[str, int]:
    document, _, start = text.rpartition(":")
    if not document or not start.isdecimal():
        raise UsageProblem("usage", reason="no-spot", spot=text)
    return document, int(start)


LANDSCAPE = Command(
    "landscape",
    _landscape,
    "what the library is about: topics, and a map where what is alike lies together",
    argument("--svg", metavar="FILE", help="draw it into a file that scales"),
    argument("--png", metavar="FILE", help="draw it as a picture"),
    argument(
        "--color", choices=get_args(ColouredBy), default="language", help="what its dots are coloured by"
    ),
    argument("--filter", action="append", default=[], metavar="EXPR", help="such as year>=2020"),
)
WAY = Command(
    "way",
    _way,
    "the way from one passage to another along passages that are alike",
    argument("begin", metavar="DOCUMENT:START", help="a document's id and an offset in its text"),
    argument("end", metavar="DOCUMENT:START", help="the same"),
)
