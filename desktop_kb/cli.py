"""The terminal commands over KnowledgeBase. A stable contract: scripts depend on it.

With `--json` stdout holds one ASCII JSON object a line and nothing else; progress, messages and
errors go to stderr. Exit 0: all well; 1: something failed and is named; 2: wrong usage.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from desktop_kb import __version__, diagnostics, paths, terminal
from desktop_kb.choice import import_model, install_model, overview, remove_model
from desktop_kb.chunking import STRATEGIES
from desktop_kb.errors import Problem, UsageProblem, reason_of
from desktop_kb.kb import (
    QUESTIONS,
    Batch,
    KnowledgeBase,
    Parts,
    chunk_file,
    inspect_file,
    mend,
    restore_backup,
)
from desktop_kb.records import Chunk, Document, FileReport, Finding, SearchOptions, Value
from desktop_kb.search.query import parse_value
from desktop_kb.sentences import Told, say
from desktop_kb.settings import Settings, load
from desktop_kb.store import Backup


class _Parser(argparse.ArgumentParser):
    """Says what is wrong as JSON where JSON was asked for."""

    json = False

    def error(self, message: str) -> NoReturn:
        if self.json:
            _print_problem(UsageProblem("usage", reason=message), as_json=True)
        else:
            self.print_usage(sys.stderr)
            terminal.say(f"{self.prog}: {message}")
        raise SystemExit(2)


def main(arguments: Sequence[str] | None = None, parts: Parts | None = None) -> int:
    """Run one command and return its exit code; `parts` as `KnowledgeBase` takes them."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # the window's own program on Windows has neither
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    parser = _parser()
    given = list(sys.argv[1:] if arguments is None else arguments)
    _Parser.json = "--json" in (given[: given.index("--")] if "--" in given else given)
    terminal.speak("en" if _Parser.json else None)
    options = parser.parse_args(given)
    if options.command is None:
        if not _has_display():
            parser.print_help()
            return 0
        options = parser.parse_args([*given, "gui"])
    options.parts = parts
    diagnostics.set_up(options.verbose)
    try:
        return int(options.run(options))
    except Problem as problem:
        _print_problem(problem, as_json=options.json)
        return problem.exit_code
    except BrokenPipeError:  # the reader of our output has gone, as `head` does
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        terminal.say("Stopped. What is done is kept; the rest goes on at the next start.")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="desktop-kb", description="A library of your PDFs and notes that answers, offline.")
    parser.add_argument("--version", action="version", version=f"desktop-kb {__version__}")
    parser.add_argument("--library", metavar="DIR", help="the library's folder (default: your own)")
    parser.add_argument("--verbose", action="store_true", help="print the log")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def command(name: str, run: Any, help: str) -> argparse.ArgumentParser:
        return _command(commands, name, run, help)

    add = command("add", _add, "store and index files and folders, and wait until done")
    add.add_argument("paths", nargs="+", metavar="PATH")
    add.add_argument("--tag", action="append", default=[], metavar="T")
    add.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    add.add_argument("--password-file", metavar="F", help="its first line opens locked PDFs")
    search = command("search", _search, "answer a question")
    search.add_argument("query", nargs="*", metavar="QUERY")
    search.add_argument("--batch", metavar="FILE", help="one query a line; - is standard input")
    search.add_argument("--limit", type=_count, default=10, metavar="N")
    search.add_argument("--mode", choices=("hybrid", "words", "vectors"), default="hybrid")
    search.add_argument("--rerank", default="auto", metavar="auto|off|MODEL")
    search.add_argument("--rerank-seconds", type=_seconds, metavar="S")
    search.add_argument("--filter", action="append", default=[], metavar="EXPR", help="such as year>=2020")
    search.add_argument("--unit", choices=("passage", "sentence"), default="passage")
    search.add_argument("--per-document", type=_count, metavar="N", help="at most N hits of a document")
    search.add_argument("--merge", action="store_true", help="join passages that follow each other")
    chunks = command("chunks", _chunks, "show how a file would be cut; stores nothing")
    chunks.add_argument("file", metavar="FILE")
    chunks.add_argument("--strategy", choices=STRATEGIES, default="semantic")
    inspect = command(
        "inspect", _inspect, "show a file's passages and the curve they are cut by; stores nothing"
    )
    inspect.add_argument("file", metavar="FILE")
    inspect.add_argument("--strategy", choices=STRATEGIES, default="semantic")
    evaluate = command(
        "evaluate", _evaluate, "measure how well the library answers, every stage against the next"
    )
    evaluate.add_argument(
        "file",
        nargs="?",
        metavar="FILE",
        help="your questions, an object a line: question, answer_in (a file of the library) and, if you like, "
        "contains (words of the answer) and filters (a list); without FILE they are made",
    )
    evaluate.add_argument("--questions", type=_count, default=QUESTIONS, metavar="N", help="how many to make")
    for name, run, help in (
        ("list", _list, "the documents of the library"),
        ("refresh", _refresh, "look at the originals again"),
        ("retry", _retry, "read failed files again"),
    ):
        command(name, run, help).add_argument("filter", nargs="?", metavar="FILTER", help="such as tag:cars")
    command("status", _status, "counts, sizes, model, queue")
    remove = command("remove", _remove, "move documents to the library's trash; originals stay")
    remove.add_argument("targets", nargs="+", metavar="ID|PATH|KEY:VALUE")
    remove.add_argument("--yes", action="store_true", help="do it; without, it is only said")
    backup = command("backup", _backup, "the whole library into one file; indexing may go on")
    backup.add_argument("file", metavar="FILE")
    restore = command(
        "restore", _restore, "a library from a backup, into a new place; or documents from the trash"
    )
    restore.add_argument("file", nargs="?", metavar="FILE")
    restore.add_argument("--trash", action="store_true", help="index again what lies in the trash")
    export = command("export", _export, "files, texts and metadata as plain files into a new folder")
    export.add_argument("folder", metavar="DIR")
    gui = command("gui", _gui, "the window; with --screenshot, draw it to a PNG and end")
    gui.add_argument("paths", nargs="*", metavar="PATH", help="files and folders to add")
    gui.add_argument("--screenshot", metavar="FILE")
    gui.add_argument("--query", default="", metavar="Q")
    gui.add_argument("--view", choices=("search", "library", "inspect", "settings"), default="search")
    gui.add_argument("--theme", choices=("light", "dark"), default="light")
    gui.add_argument("--language", choices=("en", "zh"), default="en")
    doctor = command("doctor", _doctor, "check that the library is whole")
    doctor.add_argument("--repair", action="store_true", help="make again what is derived")
    _add_models(command("models", _list_models, "the models there are; install, import and choose them"))
    return parser


def _command(commands: Any, name: str, run: Any, help: str, json: Any = False) -> argparse.ArgumentParser:
    """A command with its `--json`, which is `json` where it is not given."""
    sub: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)
    sub.add_argument(
        "--json", action="store_true", default=json, help="machine-readable output, one object a line"
    )
    sub.set_defaults(run=run)
    return sub


def _add_models(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_list_models)
    commands = parser.add_subparsers(dest="action", metavar="list|install|import|use|remove")

    def command(name: str, run: Any, help: str) -> argparse.ArgumentParser:
        # Only where it is given: a default would undo 'models --json list'.
        return _command(commands, name, run, help, json=argparse.SUPPRESS)

    command("list", _list_models, "what is installed and what can be")
    install = command(
        "install", _install_model, "fetch a model from the hub; the one command that uses the network"
    )
    install.add_argument("id", metavar="ID", help="such as BAAI/bge-m3")
    install.add_argument("--revision", metavar="R", help="a commit of it; the newest otherwise")
    imported = command("import", _import_model, "install a model from a folder or a zip file")
    imported.add_argument("source", metavar="FOLDER_OR_ZIP")
    imported.add_argument("--like", metavar="ID", help="which model of the catalogue it is")
    use = command(
        "use", _use_model, "have the library use an installed model; 'late-interaction' for no reranker"
    )
    use.add_argument("id", metavar="ID")
    use.add_argument("--later", action="store_true", help="do not wait until the library is read anew")
    remove = command("remove", _remove_model, "delete an installed model's files")
    remove.add_argument("id", metavar="ID")
    remove.add_argument("--yes", action="store_true", help="do it; without, it is only said")


# --- the commands ----------------------------------------------------------------------------


def _add(options: argparse.Namespace) -> int:
    password = None
    if options.password_file:
        try:
            lines = Path(options.password_file).read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageProblem("usage", reason="password-file", cause=reason_of(error)) from error
        password = lines[0] if lines else ""
    with KnowledgeBase(options.library, parts=options.parts) as kb:
        batch = kb.add(
            options.paths, tags=options.tag, metadata=dict(map(_assignment, options.set)), password=password
        )
        return _follow(kb, batch, options)


def _refresh(options: argparse.Namespace) -> int:
    with _existing(options) as kb:
        return _follow(kb, kb.refresh(_filters(options)), options)


def _retry(options: argparse.Namespace) -> int:
    with _existing(options) as kb:
        return _follow(kb, kb.retry(_filters(options)), options)


def _follow(kb: KnowledgeBase, batch: Batch, options: argparse.Namespace) -> int:
    """Print the reports of a batch as they come; 1 if a file failed."""
    failed = 0
    with terminal.Progress(kb, len(batch.jobs)) as progress:
        for report in kb.follow(batch):
            failed += report.status == "failed"
            with progress.aside():
                _emit(_with_error(report), terminal.report_line(report), options.json)
    if not options.json and not batch.jobs and not batch.reports:
        terminal.say("There is nothing to do.")
    if batch.jobs:
        status = kb.status()
        if status.notice:
            terminal.say(terminal.words_of(status.notice))
        if line := terminal.coverage_line(status):
            terminal.say(line)
    return 1 if failed else 0


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
    )
    with _existing(options) as kb:
        for query in _queries(options.batch) if options.batch else (" ".join(options.query),):
            result = kb.search(query, asked)
            _emit(result.as_json(), None, options.json)
            if not options.json:
                terminal.print_result(kb, result)
    return 0


def _queries(batch: str) -> Iterator[str]:
    """One query a line, split at line feeds only; a line feed at the end begins no other query."""
    try:
        data = sys.stdin.buffer.read() if batch == "-" else Path(batch).read_bytes()
    except OSError as error:
        raise UsageProblem("usage", reason="queries", cause=reason_of(error)) from error
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    yield from (line.decode("utf-8", "replace") for line in lines)


def _chunks(options: argparse.Namespace) -> int:
    path = Path(options.file).absolute()
    extracted, chunks = chunk_file(path, options.strategy, parts=options.parts)
    rows = [_chunk_record(chunk) for chunk in chunks]
    record = {"path": str(path), "text_length": len(extracted.text), "chunks": rows}
    _emit(record, None, options.json)
    if not options.json:
        terminal.print_chunks(chunks)
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
    _emit(record, None, options.json)
    if not options.json:
        terminal.print_inspection(inspection)
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    with _existing(options) as kb, terminal.Bar() as bar:
        evaluation = kb.evaluate(options.file, most=options.questions, progress=bar.show)
    _emit(asdict(evaluation), None, options.json)
    if not options.json:
        terminal.print_evaluation(evaluation)
    return 0


def _list(options: argparse.Namespace) -> int:
    with _existing(options) as kb:
        for document in kb.documents(_filters(options)):
            record = _with_error(document)
            del record["places"]
            _emit(record, terminal.document_line(document), options.json)
    return 0


def _status(options: argparse.Namespace) -> int:
    with _existing(options) as kb:
        status = kb.status()
        record = asdict(status)
        record |= {"notice": None, "notice_code": None, "notice_details": {}}
        if notice := status.notice:
            record |= {"notice": say(notice), "notice_code": notice.code, "notice_details": notice.details}
        _emit(record, terminal.status_lines(status), options.json)
    return 0


def _remove(options: argparse.Namespace) -> int:
    with _existing(options) as kb:
        documents = kb.find(options.targets)
        if options.yes:
            kb.remove([document.document for document in documents])
        for document in documents:
            line = f"{'removed' if options.yes else 'would remove'}  {document.path}"
            _emit({"document": document.document, "path": document.path}, line, options.json)
        if documents and not options.yes:
            terminal.say("Nothing is removed yet; add --yes to move this to the library's trash.")
    return 0


def _backup(options: argparse.Namespace) -> int:
    with _existing(options) as kb:
        return _saved(kb.backup(options.file), "saved", options.json)


def _restore(options: argparse.Namespace) -> int:
    if bool(options.file) == options.trash:
        raise UsageProblem("usage", reason="restore-what")
    if not options.trash:
        return _saved(restore_backup(options.file, options.library), "restored", options.json)
    with _existing(options) as kb:
        return _follow(kb, kb.restore_trash(), options)


def _saved(backup: Backup, done: str, as_json: bool) -> int:
    """What is in a backup; 1 if a file of the library is not, as it is gone or damaged."""
    held = f"{backup.documents} documents, {backup.files} copies of files, {backup.notes} files of notes"
    _emit(asdict(backup), f"{done}  {backup.path}  ({held})", as_json)
    for name in backup.missing:
        terminal.say(f"{name} is not in it: the library has lost it. 'doctor' says more.")
    for name in backup.left_out:
        terminal.say(f"{name} is not in it: it is a link to a folder, or cannot be read.")
    return 1 if backup.missing or backup.left_out else 0


def _export(options: argparse.Namespace) -> int:
    with _existing(options) as kb:
        for exported in kb.export(options.folder):
            _emit(asdict(exported), f"{exported.status:<8}  {exported.file or exported.path}", options.json)
            if exported.status == "as-read":
                terminal.say(f"{exported.path} is gone: {exported.file} is what was read of it.")
            elif exported.status == "left-out":
                terminal.say(f"{exported.path} is not exported: it is a link to a folder, or cannot be read.")
    return 0


def _doctor(options: argparse.Namespace) -> int:
    lost = mend(options.library) if options.repair else []
    if lost:
        terminal.say(terminal.words_of(Finding("mended", {"findings": [asdict(one) for one in lost]})))
    with _existing(options) as kb:
        checks = kb.doctor(repair=options.repair)
    ok = all(check.ok for check in checks)
    record: dict[str, Any] = {
        "ok": ok,
        "checks": [{"name": check.name, "ok": check.ok, **_told(check)} for check in checks],
    }
    if lost:
        record["lost"] = [_told(one) for one in lost]
    _emit(record, "\n".join(map(terminal.check_line, checks)), options.json)
    return 0 if ok else 1


def _list_models(options: argparse.Namespace) -> int:
    chosen = _settings(options)
    for record in overview(chosen.embedder, chosen.reranker):
        _emit(asdict(record), terminal.model_line(record), options.json)
    return 0


def _install_model(options: argparse.Namespace) -> int:
    with terminal.Bar() as bar:
        found = install_model(options.id, _settings(options), revision=options.revision, progress=bar.bytes)
    return _print_model(found, options)


def _import_model(options: argparse.Namespace) -> int:
    with terminal.Bar() as bar:
        found = import_model(Path(options.source), like=options.like, progress=bar.bytes)
    return _print_model(found, options)


def _print_model(id: str, options: argparse.Namespace) -> int:
    record = next(record for record in overview() if record.id == id)
    _emit(asdict(record), terminal.model_line(record), options.json)
    if not options.json:
        terminal.say(f"'desktop-kb models use {id}' has the library use it.")
    return 0


def _use_model(options: argparse.Namespace) -> int:
    with _existing(options) as kb:
        use = kb.models.use(options.id)
        if use.documents and not options.json:
            terminal.say(terminal.use_line(use))
        if use.documents and not options.later:
            with terminal.Bar() as bar:
                for done, documents in kb.follow_model():
                    bar.count(done, documents)
        _emit(asdict(use), f"{use.id} is in use", options.json)
    return 0


def _remove_model(options: argparse.Namespace) -> int:
    id = remove_model(options.id, do=options.yes)
    _emit({"id": id}, f"{'removed' if options.yes else 'would remove'}  {id}", options.json)
    if not options.yes:
        terminal.say("Nothing is removed yet; add --yes to delete this model's files.")
    return 0


def _settings(options: argparse.Namespace) -> Settings:
    """The person's and the library's settings; the library itself need not be there."""
    return load(paths.config_dir() / "settings.json", paths.library(options.library).settings)


def _gui(options: argparse.Namespace) -> int:
    if options.screenshot:
        # Without a display Qt draws into memory; it is to be said before Qt is loaded.
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    elif not _has_display():
        raise UsageProblem("usage", reason="no-display")
    # An import of Qt takes half a second that no terminal command should pay.
    application = importlib.import_module("desktop_kb.gui.application")
    if not options.screenshot:
        files = [Path(path).absolute() for path in options.paths]
        return int(application.run(options.library, files, parts=options.parts))
    return int(
        application.screenshot(
            Path(options.screenshot),
            options.library,
            query=options.query,
            view=options.view,
            dark=options.theme == "dark",
            language=options.language,
            parts=options.parts,
        )
    )


def _has_display() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


# --- parts -----------------------------------------------------------------------------------


def _chunk_record(chunk: Chunk) -> dict[str, Any]:
    return {
        "start": chunk.start,
        "end": chunk.end,
        "page": chunk.page,
        "heading": list(chunk.heading),
        "tokens": chunk.tokens,
    }


def _with_error(row: FileReport | Document) -> dict[str, Any]:
    """A row with what was in the way as a sentence, before its code and details."""
    fields = asdict(row)
    code, details = fields.pop("error_code"), fields.pop("error_details")
    return {
        **fields,
        "error": say(row.error) if row.error else None,
        "error_code": code,
        "error_details": details,
    }


def _told(told: Told) -> dict[str, Any]:
    """Something that was found, for scripts and for people."""
    return {"code": told.code, "details": told.details, "message": say(told)}


def _existing(options: argparse.Namespace) -> KnowledgeBase:
    """The library that is there; a folder that was named and holds none is a mistake, the person's
    own library may be new."""
    return KnowledgeBase(options.library, create=not options.library, parts=options.parts)


def _emit(record: dict[str, Any], line: str | None, as_json: bool) -> None:
    if as_json:
        print(json.dumps(record), flush=True)
    elif line is not None:
        print(line, flush=True)


def _print_problem(problem: Problem, *, as_json: bool) -> None:
    if as_json:
        error = {
            "code": problem.code,
            "message": say(problem),
            "path": problem.path,
            "details": problem.details,
        }
        print(json.dumps({"error": error}), file=sys.stderr)
    else:
        said = terminal.words_of(problem)
        terminal.say(f"{problem.path}: {said}" if problem.path else said)


def _filters(options: argparse.Namespace) -> tuple[str, ...]:
    return (options.filter,) if options.filter else ()


def _assignment(text: str) -> tuple[str, Value]:
    key, equals, value = text.partition("=")
    if not equals or not key.replace("-", "_").isidentifier() or not value:
        raise UsageProblem("usage", reason="no-assignment", text=text)
    return key.lower(), parse_value(value)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of seconds")
    return seconds
