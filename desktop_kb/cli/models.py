"""The models there are: list, install, import, use, remove."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Final

from desktop_kb.cli import printing
from desktop_kb.cli.command import Command, argument, existing
from desktop_kb.cli.output import emit
from desktop_kb.cli.progress import Bar
from desktop_kb.cli.speech import tell, tr, words_of
from desktop_kb.kb import KnowledgeBase, import_model, install_model, overview, remove_model
from desktop_kb.records import Finding, ModelUse
from desktop_kb.settings import load_for

_READERS: Final = ("both", "english", "multilingual")


def _list_models(options: argparse.Namespace) -> int:
    chosen = load_for(options.library)
    for record in overview(chosen):
        emit(asdict(record), printing.model_line(record), options.json)
    return 0


def _install_model(options: argparse.Namespace) -> int:
    with Bar() as bar:
        found = install_model(
            options.id, load_for(options.library), revision=options.revision, progress=bar.bytes
        )
    return _print_model(found, options)


def _import_model(options: argparse.Namespace) -> int:
    with Bar() as bar:
        found = import_model(Path(options.source), like=options.like, progress=bar.bytes)
    return _print_model(found, options)


def _print_model(id: str, options: argparse.Namespace) -> int:
    record = next(record for record in overview() if record.id == id)
    emit(asdict(record), printing.model_line(record), options.json)
    if not options.json:
        tell(tr("'desktop-kb models use {id}' has the library use it.", id=id))
    return 0


def _use_model(options: argparse.Namespace) -> int:
    with existing(options) as kb:
        use = kb.models.use(options.id)
        return _built(kb, use, Finding("in-use", {"model": use.id}), options)


def _built(kb: KnowledgeBase, use: ModelUse, done: Finding, options: argparse.Namespace) -> int:
    """Say what a change of models costs, and wait until it is made."""
    if use.documents and not options.json:
        tell(words_of(use.price))
    if use.documents and not options.later:
        with Bar() as bar:
            for read, documents in kb.follow_model():
                bar.count(read, documents)
    emit(asdict(use), words_of(done), options.json)
    return 0


def _read_by(options: argparse.Namespace) -> int:
    with existing(options) as kb:
        use = kb.models.read_by(options.readers)
        readers = [one.id for one in kb.models.readers()]
        return _built(kb, use, Finding("read-by", {"models": readers}), options)


def _remove_model(options: argparse.Namespace) -> int:
    id = remove_model(options.id, do=options.yes)
    emit({"id": id}, f"{tr('removed') if options.yes else tr('would remove')}  {id}", options.json)
    if not options.yes:
        tell(tr("Nothing is removed yet; add --yes to delete this model's files."))
    return 0


_LATER: Final = argument("--later", action="store_true", help="do not wait until the library is read anew")

MODELS = Command(
    "models",
    _list_models,
    "the models there are; install, import and choose them",
    commands=(
        Command("list", _list_models, "what is installed and what can be"),
        Command(
            "install",
            _install_model,
            "fetch a model from the hub; the one command that uses the network",
            argument("id", metavar="ID", help="such as BAAI/bge-m3"),
            argument("--revision", metavar="R", help="a commit of it; the newest otherwise"),
        ),
        Command(
            "import",
            _import_model,
            "install a model from a folder or a zip file",
            argument("source", metavar="FOLDER_OR_ZIP"),
            argument("--like", metavar="ID", help="which model of the catalogue it is"),
        ),
        Command(
            "use",
            _use_model,
            "have the library use an installed model; 'late-interaction' for no reranker",
            argument("id", metavar="ID"),
            _LATER,
        ),
        Command(
            "readers",
            _read_by,
            "which of the two embedding models read the library",
            argument("readers", choices=_READERS),
            _LATER,
        ),
        Command(
            "remove",
            _remove_model,
            "delete an installed model's files",
            argument("id", metavar="ID"),
            argument("--yes", action="store_true", help="do it; without, it is only said"),
        ),
    ),
)
