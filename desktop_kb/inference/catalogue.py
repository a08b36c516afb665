"""What a model is, which models are known, and whether a model's files are the published ones.

A `Model` holds everything that decides which vectors or scores it computes. Each of its files is pinned
by SHA-256, the configuration too, since that selects the code that runs and the pooling. `entries` are the
models that this program knows before they are installed (`resources/models.json`; None there means that no
source says it). Imports nothing heavy and never a model's package.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from desktop_kb import paths
from desktop_kb.errors import ModelProblem
from desktop_kb.files import sha256

#: Part of every fingerprint: raise it when this program pools or cuts windows differently.
ENCODING_VERSION: Final = 1

Task = Literal["embed", "rerank"]
#: How token vectors become the answer. Embedders: the mean of all tokens, the first ([CLS]), or the
#: last one. Rerankers: a classification head's one logit, or logit('yes') - logit('no') of the next token.
Pooling = Literal["mean", "cls", "last", "classifier", "yes-no"]

#: The scripts of a language, as Unicode character names begin.
_SCRIPTS: Final = {"en": "LATIN", "zh": "CJK"}
#: What catalogue and model cards write for many languages.
_MANY: Final = frozenset(("*", "multilingual", "mul"))


@dataclass(frozen=True, slots=True)
class Model:
    """A model as it is loaded.

    Attributes:
        id: its name, shown and used by `models use`.
        revision: the hub's commit, or what stands for it.
        dimensions: length of a vector; 0 for a reranker.
        window_tokens: limit for one input without special tokens; for a reranker, for a pair with them.
        pooling: how token vectors become the answer. 'mean' includes the special tokens.
        files: SHA-256 of every file, by its path below the model's folder.
        scripts: the scripts whose letters the model was trained to read, as Unicode character
            names begin ('LATIN', 'CJK'); empty means every script its tokenizer knows.
        languages: the languages that it reads ('en', 'zh'); empty means every one its tokenizer knows.
        query_prompt: prefix of queries only.
        passage_prompt: prefix of everything that is indexed.
        padding: the side on which the short inputs of a batch are padded.
        instruction: the task in a 'yes-no' reranker's prompt.
        package: the package that holds the files, in its folder `model` if it has one; '' for an installed
            model.
    """

    id: str
    task: Task
    revision: str
    dimensions: int
    window_tokens: int
    pooling: Pooling
    files: Mapping[str, str] = field(hash=False)
    scripts: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    query_prompt: str = ""
    passage_prompt: str = ""
    padding: Literal["right", "left"] = "right"
    instruction: str = ""
    package: str = ""

    @property
    def fingerprint(self) -> str:
        """Changes when the same text would get different vectors or scores; 16 hexadecimal digits."""
        facts: list[object] = [
            self.id,
            self.revision,
            sorted(self.files.items()),
            self.window_tokens,
            self.pooling,
            self.query_prompt,
            ENCODING_VERSION,
        ]
        facts += [fact for fact in (self.passage_prompt, self.instruction) if fact]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]

    @property
    def weights(self) -> list[str]:
        """The names of the files with the weights."""
        return sorted(name for name in self.files if name.endswith((".safetensors", ".bin")))

    @property
    def packed(self) -> str:
        """The name of the one file that holds weights and tokenizer (see `q4`); '' for a folder as published."""
        return next((name for name in self.files if name.endswith(".bin")), "")


def model_of(record: Mapping[str, Any]) -> Model:
    """A model from its JSON object. Manifests of earlier versions have no languages: those with scripts are
    of models of English or Chinese, the only ones whose scripts were known."""
    scripts = tuple(record["scripts"])
    by_script = [language for language, script in _SCRIPTS.items() if script in scripts]
    languages = tuple(record.get("languages", by_script))
    return Model(**{**record, "scripts": scripts, "languages": languages})


@dataclass(frozen=True, slots=True)
class Entry:
    """What the catalogue knows about a model, installed or not; None means that no source says it.

    `languages` is ('*',) for many; `who` says whom the model suits; `sources` names the source of each fact.
    """

    id: str
    task: Task
    who: str
    package: str | None
    revision: str | None
    languages: tuple[str, ...] | None
    dimensions: int | None
    context: int | None
    pooling: Pooling | None
    normalised: bool | None
    padding: Literal["right", "left"] | None
    query_prompt: str | None
    passage_prompt: str | None
    instruction: str | None
    size_bytes: int | None
    memory_bytes: int | None
    licence: str | None
    files: Mapping[str, str] | None = field(hash=False)
    sources: Mapping[str, str] = field(hash=False)


@functools.cache
def entries() -> tuple[Entry, ...]:
    """The catalogue, in the order in which it is shown."""
    records = json.loads(paths.resource("models.json").read_text(encoding="utf-8"))
    return tuple(
        Entry(**{**r, "languages": tuple(r["languages"]) if r["languages"] else None}) for r in records
    )


def entry(name: str) -> Entry | None:
    """The entry with this id, or whose id ends in '/' and this name; case does not matter."""
    wanted = name.lower()
    found = [e for e in entries() if wanted in (e.id.lower(), e.id.lower().rpartition("/")[2])]
    return found[0] if found else None


def read_by(languages: tuple[str, ...] | None) -> tuple[str, ...]:
    """`Model.languages` of a model with these in its entry or card: () for many, and if no source says them."""
    codes = tuple(dict.fromkeys(language.partition("-")[0] for language in languages or ()))
    return () if _MANY.intersection(codes) else codes


def scripts_of(languages: tuple[str, ...] | None) -> tuple[str, ...]:
    """The scripts of these languages; () if the script of one of them is not known."""
    scripts = [_SCRIPTS.get(language.partition("-")[0]) for language in languages or ()]
    return tuple(dict.fromkeys(s for s in scripts if s)) if scripts and all(scripts) else ()


def _embedded(name: str) -> Model:
    """A model that comes with the program, by its entry."""
    known = next(known for known in entries() if known.id == name)
    return Model(
        id=known.id,
        task=known.task,
        revision=known.revision or "",
        dimensions=known.dimensions or 0,
        window_tokens=(known.context or 0) - 2,
        pooling="mean",
        files=known.files or {},
        scripts=scripts_of(known.languages),
        languages=read_by(known.languages),
        query_prompt=known.query_prompt or "",
        passage_prompt=known.passage_prompt or "",
        package=known.package or "",
    )


#: It understands English only, although its vocabulary has a few hundred Chinese characters, kana, Cyrillic
#: and Greek letters: being in the vocabulary does not mean that a letter was trained on, hence `scripts`.
ENGLISH: Final = _embedded("all-MiniLM-L6-v2")
MULTILINGUAL: Final = _embedded("multilingual-e5-small-q4")
#: The models that come with the program, the fastest first.
EMBEDDED: Final = (ENGLISH, MULTILINGUAL)


def find(model: Model) -> Path | None:
    """The folder with the files of a model that comes in a package, or None if it is not installed."""
    folders = (folder for root in paths.package(model.package) for folder in (root / "model", root))
    return next((folder for folder in folders if folder.is_dir()), None)


def check_settings(model: Model, folder: Path) -> None:
    """Compare every file except the weights with its published hash (1 MB: milliseconds).

    Raises:
        ModelProblem: 'model-damaged' for the first file that differs or is missing.
    """
    for name in model.files:
        if name not in model.weights:
            _check(model, folder, name)


def check_weights(model: Model, folder: Path) -> None:
    """Compare the weights with their published hashes (90 MB: 0.1 to 0.2 s).

    Raises:
        ModelProblem: 'model-damaged'.
    """
    for name in model.weights:
        _check(model, folder, name)


def _check(model: Model, folder: Path, name: str) -> None:
    try:
        found = sha256(folder / name)
    except OSError as error:
        raise ModelProblem("model-damaged", name=name) from error
    if found != model.files[name]:
        raise ModelProblem("model-damaged", name=name)
