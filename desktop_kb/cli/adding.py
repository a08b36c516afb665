"""Bringing documents in: add, refresh, retry."""

from __future__ import annotations

import argparse
import codecs
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, get_args

from desktop_kb.cli import printing
from desktop_kb.cli.command import FILTER, Command, argument, existing, filters
from desktop_kb.cli.output import emit
from desktop_kb.cli.progress import ProgressBar
from desktop_kb.cli.speech import plural, tell, tr, words_of
from desktop_kb.errors import UsageProblem, reason_of
from desktop_kb.kb import Batch, KnowledgeBase, parse_value
from desktop_kb.kb.inbox import QUIET_S
from desktop_kb.kb.new_notes import TextType
from desktop_kb.records import Finding, Value
from desktop_kb.rows import with_error


def _add(options: argparse.Namespace) -> int:
    password = None
    if options.password_file:
        try:
            lines = Path(options.password_file).read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageProblem("usage", reason="password-file", cause=reason_of(error)) from error
        password = lines[0] if lines else ""
    if options.inbox:
        return _take_inbox(options)
    text = _text(options)
    paths = [] if text is not None else [*options.paths, *_listed(options)]
    given: dict[str, Any] = {"tags": options.tag, "metadata": dict(map(_assignment, options.set))}
    with KnowledgeBase(options.library, parts=options.parts) as kb:
        if text is None:
            batch = kb.add(paths, password=password, exclude=options.exclude, **given)
        else:
            batch = kb.add_text(text, title=options.title or "", type=options.type or "md", **given)
        return follow(kb, batch, options)


def _take_inbox(options: argparse.Namespace) -> int:
    """Take what lies in the inbox, as far as it is whole."""
    if options.paths or options.list:
        raise UsageProblem("usage", reason="inbox-alone")
    with KnowledgeBase(options.library, parts=options.parts) as kb:
        if not kb.settings.inbox:
            raise UsageProblem("no-inbox")
        batch = kb.take_inbox()
        if kb.inbox_waiting:  # at a first look everything waits
            time.sleep(QUIET_S)
            more = kb.take_inbox()
            batch = Batch((*batch.jobs, *more.jobs), (*batch.reports, *more.reports))
        if left := kb.inbox_waiting:
            tell(plural(left, "{n} file is still being written.", "{n} files are still being written."))
        return follow(kb, batch, options)


def _text(options: argparse.Namespace) -> str | None:
    """The text from standard input that is to be added; None if paths are."""
    if "-" not in options.paths:
        if options.title or options.type:
            raise UsageProblem("usage", reason="not-of-text")
        return None
    if len(options.paths) > 1 or options.list:
        raise UsageProblem("usage", reason="one-input")
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageProblem("usage", reason="text", cause=reason_of(error)) from error


def _listed(options: argparse.Namespace) -> list[str]:
    """The paths of `--from`: any bytes but a line feed or, with `-0`, a NUL."""
    if options.list is None:
        if not options.paths:
            raise UsageProblem("usage", reason="no-path")
        return []
    try:
        data = sys.stdin.buffer.read() if options.list == "-" else Path(options.list).read_bytes()
    except OSError as error:
        raise UsageProblem("usage", reason="paths", cause=reason_of(error)) from error
    if options.nul:
        return [os.fsdecode(path) for path in data.split(b"\0") if path]
    lines = data.removeprefix(codecs.BOM_UTF8).split(b"\n")
    return [os.fsdecode(path) for line in lines if (path := line.removesuffix(b"\r")).strip()]


def _refresh(options: argparse.Namespace) -> int:
    with existing(options) as kb:
        return follow(kb, kb.refresh(filters(options)), options)


def _retry(options: argparse.Namespace) -> int:
    with existing(options) as kb:
        return follow(kb, kb.retry(filters(options), recognize=options.recognize), options)


def follow(kb: KnowledgeBase, batch: Batch, options: argparse.Namespace) -> int:
    """Print the reports of a batch as they come; 1 if a file failed."""
    failed = behind = pictures = passed_over = 0
    jobs = () if options.no_wait else batch.jobs
    with ProgressBar(kb, len(jobs)) as progress:
        for report in kb.follow(replace(batch, jobs=jobs), by_all=options.wait == "all"):
            failed += report.status == "failed"
            behind += report.pending.readers > 0
            passed_over += report.status == "skipped" and report.error_code not in (None, "references")
            pictures += report.pending.pages
            with progress.aside():
                emit(with_error(report), printing.report_line(report), options.json)
    if passed_over and not options.json:
        tell(words_of(Finding("passed-over", {"count": passed_over})))
    if not options.json and not batch.jobs and not batch.reports:
        tell(tr("There is nothing to do."))
    elif not options.json and len(batch.jobs) > len(jobs):
        left = len(batch.jobs)
        tell(
            plural(
                left,
                "{n} file waits: the window reads it, or the next 'add'.",
                "{n} files wait: the window reads them, or the next 'add'.",
            )
        )
    if behind and not options.json:
        tell(words_of(Finding("further-reading", {"count": behind})))
    if pictures and not options.json:
        tell(words_of(Finding("pages-behind", {"count": pictures})))
    if jobs:
        status = kb.status()
        if status.notice:
            tell(words_of(status.notice))
        if line := printing.coverage_line(status):
            tell(line)
    return 1 if failed else 0


def _assignment(text: str) -> tuple[str, Value]:
    key, equals, value = text.partition("=")
    if not equals or not key.replace("-", "_").isidentifier() or not value:
        raise UsageProblem("usage", reason="no-assignment", text=text)
    return key.lower(), parse_value(value)


WAIT: Final = (
    argument(
        "--wait",
        choices=("first", "all"),
        default="first",
        help="until each file can be found (first), or until all models have read it and all is made anew (all)",
    ),
    argument("--no-wait", action="store_true", help="only put the files into the queue"),
)

ADD = Command(
    "add",
    _add,
    "store and index files and folders, and wait until done",
    argument("paths", nargs="*", metavar="PATH", help="files and folders; '-' is a text from standard input"),
    argument("--from", dest="list", metavar="FILE", help="paths, one a line; '-' is standard input"),
    argument(
        "-0", dest="nul", action="store_true", help="the paths of --from end with NUL, as of 'find -print0'"
    ),
    argument("--inbox", action="store_true", help="what lies in the folder of the setting 'inbox'"),
    argument("--title", metavar="T", help="of the text from standard input"),
    argument("--type", choices=get_args(TextType), help="what that text is (md)"),
    argument("--tag", action="append", default=[], metavar="T", help="a tag for each of them"),
    argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a value for each of them"),
    argument("--password-file", metavar="F", help="its first line opens locked PDFs"),
    argument(
        "--exclude",
        action="append",
        default=[],
        metavar="GLOB",
        help="what to skip in folders, as in .gitignore files, besides the setting 'ignore'",
    ),
    *WAIT,
)
REFRESH = Command("refresh", _refresh, "look at the originals again", FILTER, *WAIT)
RETRY = Command(
    "retry",
    _retry,
    "read failed files again",
    FILTER,
    argument(
        "--recognize",
        action="store_true",
        help="read words in the pictures of those pages whose text cannot be read",
    ),
    *WAIT,
)
