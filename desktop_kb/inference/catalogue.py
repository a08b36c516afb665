"""Which models there are: what a model is, which are known, whether files are the published ones.

A `Model` is everything that decides which numbers come out of it; its files are pinned one by one
by SHA-256, configuration included: the configuration chooses the code that runs and the pooling
that is meant. `entries` are the models this program knows something about before they are here
(`resources/models.json`; what no source told is None there). Imports nothing heavy and never a
model's package.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from desktop_kb import paths
from desktop_kb.errors import ModelProblem
from desktop_kb.files import sha256

#: Part of every fingerprint: raised when this program pools or cuts windows differently.
ENCODING_VERSION: Final = 1

Task = Literal["embed", "rerank"]
#: How token vectors become the answer. Embedders: the mean of all tokens, the first ([CLS]), or the
#: last one. Rerankers: a classification head's one logit, or logit('yes') - logit('no') of the next token.
Pooling = Literal["mean", "cls", "last", "classifier", "yes-no"]

#: The scripts of a language, as Unicode character names begin.
_SCRIPTS: Final = {"en": "LATIN", "zh": "CJK"}


@dataclass(frozen=True, slots=True)
class Model:
    """A model as it is loaded.

    Attributes:
        id: its name, for people and for `models use`.
        revision: which publication of it.
        dimensions: length of a vector; 0 for a reranker.
        window_tokens: most tokens of one input, special tokens excluded; for a reranker of a pair,
            special ones included.
        pooling: how token vectors become the answer. 'mean' counts the special tokens in.
        files: SHA-256 of every file, by its path below the model's folder.
        scripts: the scripts whose letters the model was trained to read, as Unicode character
            names begin ('LATIN', 'CJK'); empty means every script its tokenizer knows.
        query_prompt: put before a query, never before a passage.
        passage_prompt: put before what is indexed.
        padding: where short inputs of a batch are filled up.
        instruction: what a 'yes-no' reranker is told to judge by.
        package: the Python package that carries it, its files under `model/` in it; '' for an installed one.
    """

    id: str
    task: Task
    revision: str
    dimensions: int
    window_tokens: int
    pooling: Pooling
    files: Mapping[str, str] = field(hash=False)
    scripts: tuple[str, ...] = ()
    query_prompt: str = ""
    passage_prompt: str = ""
    padding: Literal["right", "left"] = "right"
    instruction: str = ""
    package: str = ""

    @property
    def fingerprint(self) -> str:
        """Changes when the same text would get other numbers; 16 hexadecimal digits."""
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
        """The large files."""
        return sorted(name for name in self.files if name.endswith(".safetensors"))


def model_of(record: Mapping[str, Any]) -> Model:
    """A model from its JSON object."""
    return Model(**{**record, "scripts": tuple(record["scripts"])})


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a model that need not be here. None: no source at hand said it.

    `languages` holds '*' for many; `who` says for whom it is; `sources` names where each fact was read.
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
    """The catalogue, in the order it is shown in."""
    records = json.loads(paths.resource("models.json").read_text(encoding="utf-8"))
    return tuple(
        Entry(**{**r, "languages": tuple(r["languages"]) if r["languages"] else None}) for r in records
    )


def entry(name: str) -> Entry | None:
    """The entry with this id, or whose id ends in this name, whatever its letters' case."""
    wanted = name.lower()
    found = [e for e in entries() if wanted in (e.id.lower(), e.id.lower().rpartition("/")[2])]
    return found[0] if found else None


def scripts_of(languages: tuple[str, ...] | None) -> tuple[str, ...]:
    """The scripts of these languages; () where one is not known to use a script of its own."""
    scripts = [_SCRIPTS.get(language.partition("-")[0]) for language in languages or ()]
    return tuple(dict.fromkeys(s for s in scripts if s)) if scripts and all(scripts) else ()


def _embedded() -> Model:
    """all-MiniLM-L6-v2 (Apache-2.0). It reads English only, although its vocabulary holds a few
    hundred Chinese characters, kana, Cyrillic and Greek letters as single pieces: a tokenizer
    that 'knows' them proves nothing, hence `scripts`. The window is max_seq_length 256 less two."""
    known = entries()[0]
    return Model(
        id=known.id,
        task=known.task,
        revision=known.revision or "",
        dimensions=known.dimensions or 0,
        window_tokens=(known.context or 0) - 2,
        pooling="mean",
        files=known.files or {},
        scripts=scripts_of(known.languages),
        package=known.package or "",
    )


EMBEDDED: Final = _embedded()


def find(model: Model) -> Path | None:
    """The folder with the files of a model that a package carries, or None where it is not installed."""
    bundle = getattr(
        sys, "_MEIPASS", None
    )  # the frozen program's folder (PyInstaller, "Run-time Information")
    if bundle is not None:
        roots = [str(Path(bundle) / model.package)]
    else:
        # Finds a top-level package without running it.
        spec = importlib.util.find_spec(model.package)
        roots = list(spec.submodule_search_locations or ()) if spec is not None else []
    folders = (Path(root) / "model" for root in roots)
    return next((folder for folder in folders if folder.is_dir()), None)


def check_settings(model: Model, folder: Path) -> None:
    """Compare every file but the weights with the published ones (1 MB: milliseconds).

    Raises:
        ModelProblem: 'model-damaged', for the first file that differs or is not there.
    """
    for name in model.files:
        if not name.endswith(".safetensors"):
            _check(model, folder, name)


def check_weights(model: Model, folder: Path) -> None:
    """Compare the weights with the published ones (91 MB: 0.1 to 0.2 s).

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
