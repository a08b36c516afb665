"""Asking a library, and seeing how files are cut: search, chunks, inspect, evaluate."""

from __future__ import annotations

import argparse
import codecs
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

from desktop_kb.cli import printing
from desktop_kb.cli.command import Command, argument, count, existing, seconds
from desktop_kb.cli.output import emit
from desktop_kb.cli.progress import Bar
from desktop_kb.errors import UsageProblem, reason_of
from desktop_kb.kb import QUESTIONS, STRATEGIES, chunk_file, inspect_file
from desktop_kb.records import Passage, SearchOptions, SearchSort


def _search(options: argparse.Namespace) -> int:
    if bool(options.query) == bool(options.batch):
        raise UsageProblem("usage", reason="no-query")
    asked = SearchOptions(
        limit=options.limit,
        mode=options.mode,
        rerank=options.rerank,
        rerank_seconds=options.rerank_seconds,
        filters=tuple(options.filter),
        unit=options.unit,
        per_document=options.per_document,
        merge=options.merge,
        copies=options.copies,
        sort=options.sort,
    )
    with existing(options) as kb:
        for query in _queries(options.batch) if options.batch else (" ".join(options.query),):
            result = kb.search(query, asked)
            if not options.batch and not options.filter:
                kb.note_question(query, answered=result.answered)
            emit(result.as_json(), None, options.json)
            if not options.json:
                printing.print_result(kb, result)
    return 0


def _queries(batch: str) -> Iterator[str]:
    """One query a line, split at line feeds only; a line feed at the end begins no other query. Windows' shells
    write a carriage return before each, and a mark of the encoding before the first."""
    try:
        data = sys.stdin.buffer.read() if batch == "-" else Path(batch).read_bytes()
    except OSError as error:
        raise UsageProblem("usage", reason="queries", cause=reason_of(error)) from error
    lines = data.removeprefix(codecs.BOM_UTF8).split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    yield from (line.removesuffix(b"\r").decode("utf-8", "replace") for line in lines)


def _chunks(options: argparse.Namespace) -> int:
    path = Path(options.file).absolute()
    extracted, chunks = chunk_file(path, options.strategy, parts=options.parts)
    rows = [_chunk_record(chunk) for chunk in chunks]
    record = {"path": str(path), "text_length": len(extracted.text), "chunks": rows}
    emit(record, None, options.json)
    if not options.json:
        printing.print_chunks(chunks)
    return 0


def _inspect(options: argparse.Namespace) -> int:
    path = Path(options.file).absolute()
    extracted, inspection = inspect_file(path, options.strategy, parts=options.parts)
    inside, across = inspection.cohesion
    record = {
        "path": str(path),
        "title": inspection.title,
        "model": inspection.model,
        "text_length": len(extracted.text),
        "chunks": [_chunk_record(chunk) for chunk in inspection.chunks],
        "sentences": [span for chunk in inspection.chunks for span in chunk.sentences.tolist()],
        "curve": [None if value != value else round(value, 4) for value in inspection.curve.tolist()],
        "cuts": list(inspection.cuts),
        "cohesion": {"inside": inside, "across": across},
        "sizes": [{"least": least, "chunks": count} for least, count in inspection.sizes],
    }
    emit(record, None, options.json)
    if not options.json:
        printing.print_inspection(inspection)
    return 0


def _chunk_record(chunk: Passage) -> dict[str, Any]:
    return {
        "start": chunk.start,
        "end": chunk.end,
        "page": chunk.page,
        "heading": list(chunk.heading),
        "tokens": chunk.tokens,
    }


def _evaluate(options: argparse.Namespace) -> int:
    with existing(options) as kb, Bar() as bar:
        evaluation = kb.evaluate(options.file, most=options.questions, progress=bar.stage)
    emit(asdict(evaluation), None, options.json)
    if not options.json:
        printing.print_evaluation(evaluation)
    return 0


SEARCH = Command(
    "search",
    _search,
    "answer a question",
    argument(
        "query",
        nargs="*",
        metavar="QUERY",
        help='words; besides them "a phrase", (this OR that), begin*, "near words"~5, -without, tag:work, year>=2020, '
        "date:2024-03, price:5..9.50, -tag:sold",
    ),
    argument("--batch", metavar="FILE", help="one query a line; - is standard input"),
    argument("--limit", type=count, default=10, metavar="N", help="how many hits; -n N is the same"),
    argument(
        "--mode",
        choices=("hybrid", "words", "vectors"),
        default="hybrid",
        help="how passages are found: by words, by meaning (vectors), by both (hybrid)",
    ),
    argument("--rerank", default="auto", metavar="auto|off|MODEL", help="which model has the last word"),
    argument("--rerank-seconds", type=seconds, metavar="S", help="how long it may take for that"),
    argument("--filter", action="append", default=[], metavar="EXPR", help="such as year>=2020"),
    argument("--unit", choices=("passage", "sentence"), default="passage", help="what a hit is"),
    argument("--per-document", type=count, metavar="N", help="at most N hits of a document"),
    argument("--merge", action="store_true", help="join passages that follow each other"),
    argument("--sort", choices=get_args(SearchSort), default="score", help="newest first, or by title"),
    argument("--copies", action="store_true", help="show each copy of a text as a hit of its own"),
)
_STRATEGY = argument("--strategy", choices=STRATEGIES, default="semantic", help="where to cut")
CHUNKS = Command(
    "chunks",
    _chunks,
    "show how a file would be cut; stores nothing",
    argument("file", metavar="FILE"),
    _STRATEGY,
)
INSPECT = Command(
    "inspect",
    _inspect,
    "show a file's passages and the curve they are cut by; stores nothing",
    argument("file", metavar="FILE"),
    _STRATEGY,
)
EVALUATE = Command(
    "evaluate",
    _evaluate,
    "measure how well the library answers, every stage against the next",
    argument(
        "file",
        nargs="?",
        metavar="FILE",
        help="your questions, an object a line: question, answer_in (a file of the library) and, if you like, "
        "contains (words of the answer) and filters (a list); without FILE they are made",
    ),
    argument("--questions", type=count, default=QUESTIONS, metavar="N", help="how many to make"),
)
