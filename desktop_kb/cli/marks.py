"""The marked passages of a library."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from desktop_kb.cli.command import FILTER, Command, argument, existing, filters
from desktop_kb.cli.output import emit
from desktop_kb.cli.speech import tr
from desktop_kb.formats import shown_as
from desktop_kb.records import Mark


def _marks(options: argparse.Namespace) -> int:
    with existing(options) as kb:
        if options.share:
            kb.share_marks(options.share)
        if options.take_back:
            kb.take_marks_back(options.take_back)
        for mark in kb.marks(filters(options)):
            link = kb.link(mark)
            record = {**asdict(mark), "adrift": mark.adrift, "link": link}
            emit(record, _line(mark, link), options.json)
    return 0


def _line(mark: Mark, link: str) -> str:
    """A mark for a person: where, the words, the comment, the link."""
    where = mark.title
    if mark.page is not None:
        where += tr(", ") + tr(shown_as(mark.type).page, page=mark.page_label or mark.page)
    said = [tr("adrift: the words are not in the text any more")] if mark.adrift else []
    said += [tr("the file's own")] if mark.own else []
    said += [tr("by {name}", name=mark.by)] if mark.by else [tr("shared")] if mark.shared else []
    head = f"{where}  ({tr(', ').join((tr(mark.colour), *said))})"
    words = " ".join(mark.quote.split())
    lines = [head, *([f"  “{words}”"] if words else []), *([f"  {mark.comment}"] if mark.comment else [])]
    return "\n".join((*lines, f"  {link}", ""))


MARKS = Command(
    "marks",
    _marks,
    "the marked passages, with links to them",
    FILTER,
    argument(
        "--share",
        action="append",
        metavar="UID",
        help="let the others of a team's library see this mark (--json has its uid)",
    ),
    argument("--take-back", action="append", metavar="UID", help="let nobody else see it any more"),
)
