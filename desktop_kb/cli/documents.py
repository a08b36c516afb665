"""The documents of a library: list, status, remove."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import get_args

from desktop_kb.cli import printing
from desktop_kb.cli.command import FILTER, Command, argument, existing, filters
from desktop_kb.cli.output import emit
from desktop_kb.cli.speech import tell, tr, words_of
from desktop_kb.kb.sources import bibtex, source_of
from desktop_kb.records import Document, SearchSort
from desktop_kb.rows import listed
from desktop_kb.sentences import say


def _list(options: argparse.Namespace) -> int:
    with existing(options) as kb:
        keys = set[str]()
        for document in kb.documents(filters(options), sort=options.sort):
            record, line = listed(document), printing.document_line(document) + _last_change(document)
            if options.bibtex:
                line = record["bibtex"] = bibtex(source_of(document, document), keys)
            emit(record, line, options.json)
    return 0


def _last_change(document: Document) -> str:
    """Who changed a team's document last."""
    if not document.changes:
        return ""
    last = document.changes[-1]
    return f"\n{'':<11}{last.when}  {words_of(last.finding)}"


def _status(options: argparse.Namespace) -> int:
    with existing(options) as kb:
        status = kb.status()
        record = asdict(status)
        record |= {"notice": None, "notice_code": None, "notice_details": {}}
        if notice := status.notice:
            record |= {"notice": say(notice), "notice_code": notice.code, "notice_details": notice.details}
        emit(record, printing.status_lines(status), options.json)
    return 0


def _remove(options: argparse.Namespace) -> int:
    with existing(options) as kb:
        documents = kb.find(options.targets)
        if options.yes:
            kb.remove([document.document for document in documents])
        _say_removed(documents, options)
    return 0


def _prune(options: argparse.Namespace) -> int:
    with existing(options) as kb:
        documents = kb.prune(filters(options), yes=options.yes)
        _say_removed(documents, options)
        if not documents and not options.json:
            tell(tr("No document lacks both its file and a copy."))
    return 0


def _say_removed(documents: Sequence[Document], options: argparse.Namespace) -> None:
    for document in documents:
        line = f"{tr('removed') if options.yes else tr('would remove')}  {document.location.shown}"
        record = {"document": document.document, "path": document.path, "part": document.part}
        emit(record, line, options.json)
    if documents and not options.yes:
        tell(tr("Nothing is removed yet; add --yes to move this to the library's trash."))


LIST = Command(
    "list",
    _list,
    "the documents of the library",
    FILTER,
    argument(
        "--sort",
        choices=get_args(SearchSort),
        default="score",
        help="newest first, or by title (score: in the order in which they came)",
    ),
    argument("--bibtex", action="store_true", help="print them as entries of a BibTeX file"),
)
STATUS = Command("status", _status, "counts, sizes, model, queue")
_YES = argument("--yes", action="store_true", help="do it; without, it is only said")
PRUNE = Command(
    "prune",
    _prune,
    "move documents to the library's trash whose file is gone and that it has no copy of",
    FILTER,
    _YES,
)
REMOVE = Command(
    "remove",
    _remove,
    "move documents to the library's trash; originals stay",
    argument("targets", nargs="+", metavar="ID|PATH|KEY:VALUE"),
    _YES,
)
