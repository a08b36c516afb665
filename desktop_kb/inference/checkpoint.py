"""A folder with a model's files -> the `Model`, or a problem that says what is wrong with it.

Hides the layouts in which models are published (transformers, sentence-transformers, the hub's cache) and
where each keeps its settings. Reads JSON and the headers of safetensors files, never a pickle; loads no
model and runs no code that comes with one.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from desktop_kb.errors import ModelProblem
from desktop_kb.files import regular, sha256
from desktop_kb.inference import catalogue
from desktop_kb.inference.catalogue import Entry, Model, Pooling

#: Longer windows add no useful context to a sentence, and the cost of attention grows quadratically.
_WINDOW_TOKENS: Final = 512
#: The context length in the model cards of the yes/no rerankers.
_YES_NO_TOKENS: Final = 8192
#: The largest published embedders have this many; sqlite-vec allows at most this many bits in a column.
_MOST_DIMENSIONS: Final = 2**13
_INSTRUCTION: Final = "Given a web search query, retrieve relevant passages that answer the query"
_PICKLES: Final = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".h5", ".msgpack")
_SETTINGS: Final = (".json", ".txt", ".model", ".jinja")
#: Families whose positions start after the padding position: 514 positions hold 512 tokens.
_SHIFTED: Final = ("roberta", "xlm-roberta", "camembert", "mpnet")
_DECODERS: Final = ("qwen", "llama", "gemma", "mistral", "phi")
_HEX64: Final = re.compile(r"[0-9a-f]{64}")
_POINTER: Final = b"version https://git-lfs"
#: Limit for a settings file or a list of weights; the largest seen is 1 MB. A longer one is cut off, which
#: makes it invalid JSON.
_JSON_LIMIT: Final = 16 * 2**20


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What `inspect` found: the model, its files' hashes still missing, and the names of its files."""

    model: Model
    names: tuple[str, ...]


def root_of(folder: Path) -> Path:
    """The folder of the model itself: `folder`, its only subfolder with a model, or the hub cache's snapshot."""
    for snapshots in (folder / "snapshots", folder):
        if (snapshots / "config.json").is_file():
            return snapshots
        if snapshots.is_dir():
            inner = [path for path in sorted(snapshots.iterdir()) if _holds_model(path)]
            if len(inner) == 1:
                return inner[0]
    return folder


def _holds_model(folder: Path) -> bool:
    """It is a model's folder; folders of a model's modules have a config.json too, but no other mark."""
    marks = ("tokenizer.json", "modules.json", "model.safetensors", "pytorch_model.bin")
    return (folder / "config.json").is_file() and any((folder / mark).is_file() for mark in marks)


def inspect(folder: Path, name: str, others: Sequence[str] = ()) -> Checkpoint:
    """Recognise the model in `folder`.

    Args:
        name: the model's id or the original folder's name; used to find its catalogue entry.
        others: names of files that came with it but were not unpacked (an archive's pickles).

    Raises:
        ModelProblem: it cannot be used; the reason says why.
    """
    with readable_settings():
        return _inspect(folder, name, others)


@contextlib.contextmanager
def readable_settings() -> Iterator[None]:
    """Turn the errors of unexpected values in a stranger's JSON into a problem: they are no bug of ours.

    Raises:
        ModelProblem: 'model-unknown'.
    """
    try:
        yield
    except (TypeError, AttributeError, LookupError, ValueError, OverflowError) as error:
        raise ModelProblem("model-unknown", reason="odd-settings") from error


def _inspect(folder: Path, name: str, others: Sequence[str]) -> Checkpoint:
    config = _json(folder, "config.json")
    weights = _weights(folder, others)
    for file in weights:
        _check_weights(folder, file)
    if not (folder / "tokenizer.json").is_file():
        raise ModelProblem("model-incomplete", reason="file", name="tokenizer.json")
    if "auto_map" in config:
        raise ModelProblem("model-code", name="auto_map", file="config.json")
    modules = _modules(folder)
    known = _known(folder, name)
    pooling = _pooling(folder, config, modules, known)
    names = {path.name for path in folder.iterdir() if path.is_file() and path.suffix in _SETTINGS}
    names -= {"model.safetensors.index.json", "desktop-kb.json"} if len(weights) == 1 else {"desktop-kb.json"}
    names |= {
        f"{path}/config.json" for path, _ in modules if path and (folder / path / "config.json").is_file()
    }
    return Checkpoint(_model(folder, name, config, pooling, known), (*sorted(names), *weights))


def wanted(name: str) -> bool:
    """Whether a file with this name can be part of a model or describe it."""
    return name.endswith((*_SETTINGS, ".safetensors", "README.md", "SHA256SUMS", ".metadata"))


def describes(name: str) -> bool:
    """Whether a file with this name holds a model's settings or is its model card."""
    return name.endswith(_SETTINGS) or name == "README.md"


def published_hashes(folder: Path) -> dict[str, str]:
    """The published SHA-256 of files by name, as far as the folder has them: from an installed model's
    manifest, a SHA256SUMS file, the hub client's .metadata files, or the link targets in its cache."""
    found: dict[str, str] = {}
    sums = folder / "SHA256SUMS"
    if sums.is_file():
        for line in sums.read_text(encoding="utf-8", errors="replace").splitlines():
            digest, _, name = line.partition(" ")
            if _HEX64.fullmatch(digest.lower()):
                found[name.strip().lstrip("*").removeprefix("./")] = digest.lower()
    notes = folder / ".cache" / "huggingface" / "download"
    for note in notes.rglob("*.metadata"):
        lines = note.read_text(encoding="utf-8", errors="replace").splitlines()
        if len(lines) > 1 and _HEX64.fullmatch(lines[1]):
            found[note.relative_to(notes).as_posix().removesuffix(".metadata")] = lines[1]
    for path in folder.iterdir():
        if path.is_symlink() and _HEX64.fullmatch(path.resolve().name):
            found[path.name] = path.resolve().name
    own = folder / "desktop-kb.json"
    if own.is_file():
        found |= _json(folder, "desktop-kb.json").get("model", {}).get("files", {})
    return found


# --- parts ---------------------------------------------------------------------------------------


def _json(folder: Path, name: str) -> dict[str, Any]:
    try:
        with open(folder / name, encoding="utf-8", opener=regular) as file:
            read = json.loads(file.read(_JSON_LIMIT))
    except FileNotFoundError as error:
        raise ModelProblem("model-incomplete", reason="file", name=name) from error
    except (OSError, ValueError, RecursionError) as error:
        raise ModelProblem("model-truncated", name=name) from error
    if not isinstance(read, dict):
        raise ModelProblem("model-truncated", name=name)
    return read


def _optional(folder: Path, name: str) -> dict[str, Any]:
    return _json(folder, name) if (folder / name).is_file() else {}


def _weights(folder: Path, others: Sequence[str]) -> list[str]:
    """The safetensors files that together hold the weights."""
    index = _optional(folder, "model.safetensors.index.json")
    if (folder / "model.safetensors").is_file():
        return ["model.safetensors"]
    names = sorted({str(name) for name in index.get("weight_map", {}).values()})
    for name in names:
        if Path(name).name != name or not (folder / name).is_file():
            raise ModelProblem("model-incomplete", reason="file", name=name)
    if names:
        return names
    there = [*others, *(path.name for path in sorted(folder.iterdir()) if path.is_file())]
    pickle = next((name for name in there if name.endswith(_PICKLES)), None)
    if pickle is not None:
        raise ModelProblem("model-pickle", name=pickle.rpartition("/")[2])
    raise ModelProblem("model-incomplete", reason="file", name="model.safetensors")


def _check_weights(folder: Path, name: str) -> None:
    """Check that the file is as long as its header says (safetensors' README, 'Format')."""
    size = (folder / name).stat().st_size
    with (folder / name).open("rb") as file:
        start = file.read(8)
        if (start + file.read(16)).startswith(_POINTER):
            raise ModelProblem("model-incomplete", reason="pointer", name=name)
        length = int.from_bytes(start, "little")
        if len(start) < 8 or length > min(size - 8, _JSON_LIMIT):
            raise ModelProblem("model-truncated", name=name)
        file.seek(8)
        try:
            header = json.loads(file.read(length))
            ends = [t["data_offsets"][1] for key, t in header.items() if key != "__metadata__"]
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise ModelProblem("model-truncated", name=name) from error
    if not ends or 8 + length + max(ends) != size:
        raise ModelProblem("model-truncated", name=name)


def _modules(folder: Path) -> list[tuple[str, str]]:
    """(path, kind) of sentence-transformers' modules, in order; [] for a plain transformer."""
    if not (folder / "modules.json").is_file():
        return []
    try:
        rows = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
        modules = [(str(row["path"]), str(row["type"]).rpartition(".")[2]) for row in rows]
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise ModelProblem("model-truncated", name="modules.json") from error
    for row in rows:
        if not str(row["type"]).startswith("sentence_transformers."):  # the loader would import that class
            raise ModelProblem("model-code", name=str(row["type"]), file="modules.json")
    for path, kind in modules:
        if Path(path).name != path:
            raise ModelProblem("model-unknown", reason="part-elsewhere", name=path)
        if kind not in ("Transformer", "Pooling", "Normalize", "LogitScore"):
            raise ModelProblem("model-unknown", reason="odd-layer", name=kind)
        if kind == "Transformer" and path:
            raise ModelProblem("model-unknown", reason="transformer-elsewhere", name=path)
    return modules


def _known(folder: Path, name: str) -> Entry | None:
    """The catalogue entry with the same configuration hash, else with the same name."""
    for entry in catalogue.entries():
        if entry.files and sha256(folder / "config.json") == entry.files.get("config.json"):
            return entry
    return catalogue.entry(name) or catalogue.entry(re.split(r"--|[/\\]", name)[-1])


def _pooling(
    folder: Path, config: dict[str, Any], modules: Sequence[tuple[str, str]], known: Entry | None
) -> Pooling:
    """How the model's token vectors become the answer; raises rather than guesses."""
    kinds = dict((kind, path) for path, kind in modules)
    architecture = str((config.get("architectures") or [""])[0])
    family = str(config.get("model_type", ""))
    if "LogitScore" in kinds:
        return "yes-no"
    if "Pooling" in kinds:
        return _pooling_mode(_json(folder, f"{kinds['Pooling']}/config.json"))
    if architecture.endswith("ForSequenceClassification"):
        labels = len(config.get("id2label") or "12")
        if labels != 1:
            raise ModelProblem("model-unknown", reason="classes", count=labels)
        if family.startswith(_DECODERS):
            raise ModelProblem("model-unknown", reason="no-template")
        return "classifier"
    if known is not None and known.pooling is not None:
        return known.pooling
    if architecture == "Qwen3ForCausalLM":
        return "yes-no"
    raise ModelProblem("model-unknown", reason="no-pooling", name=architecture or family)


def _pooling_mode(pooling: dict[str, Any]) -> Pooling:
    """The mode in a Pooling module's config: sentence-transformers before 6 writes a flag for each mode,
    later versions write the modes' names."""
    modes = pooling.get("pooling_mode")
    if modes is None:
        modes = [key for key, on in pooling.items() if key.startswith("pooling_mode_") and on is True]
    elif isinstance(modes, str):
        modes = [modes]
    names = {
        "pooling_mode_cls_token": "cls",
        "pooling_mode_mean_tokens": "mean",
        "pooling_mode_lasttoken": "last",
        "lasttoken": "last",
    }
    found = [names.get(mode, mode) for mode in modes]
    if not found:
        raise ModelProblem("model-unknown", reason="pools-nothing")
    if found not in (["cls"], ["mean"], ["last"]):
        raise ModelProblem("model-unknown", reason="odd-pooling", modes=[str(mode) for mode in found])
    chosen: Pooling = found[0]
    return chosen


def _model(folder: Path, name: str, config: dict[str, Any], pooling: Pooling, known: Entry | None) -> Model:
    embeds = pooling in ("mean", "cls", "last")
    prompts = _optional(folder, "config_sentence_transformers.json").get("prompts") or {}
    query, passage = prompts.get("query", ""), prompts.get("passage", prompts.get("document", ""))
    padding = _optional(folder, "tokenizer_config.json").get("padding_side")
    dimensions = int(config.get("hidden_size") or config.get("dim") or 0)
    languages = _languages(folder)
    if known is not None:
        query = query if known.query_prompt is None else known.query_prompt
        passage = passage if known.passage_prompt is None else known.passage_prompt
        padding = known.padding or padding
        languages = known.languages or languages
    room = _context(folder, config, pooling, known)
    if not (type(query) is type(passage) is str and (not embeds or 0 < dimensions <= _MOST_DIMENSIONS)):
        raise ValueError("a prompt that is no text, or a vector without a length")
    same = known is not None and known.dimensions in (None, dimensions) and known.task == _task(embeds)
    return Model(
        id=known.id if known is not None and same else re.split(r"[/\\]", name)[-1].replace("--", "/"),
        task=_task(embeds),
        revision="",
        dimensions=dimensions if embeds else 0,
        # Minus two special tokens and the prompt, which has at most one token per character.
        window_tokens=max(8, room - 2 - len(passage)) if embeds else room,
        pooling=pooling,
        files={},
        scripts=catalogue.scripts_of(languages),
        languages=catalogue.read_by(languages),
        query_prompt=query,
        passage_prompt=passage,
        padding="left" if pooling == "yes-no" or padding == "left" else "right",
        instruction=((known.instruction if known else None) or _INSTRUCTION) if pooling == "yes-no" else "",
    )


def _task(embeds: bool) -> catalogue.Task:
    return "embed" if embeds else "rerank"


def _context(folder: Path, config: dict[str, Any], pooling: Pooling, known: Entry | None) -> int:
    """The limit for one input in tokens, special tokens included."""
    positions = config.get("max_position_embeddings")
    if isinstance(positions, int) and config.get("model_type") in _SHIFTED:
        positions -= 2
    limits = [
        positions,
        _optional(folder, "sentence_bert_config.json").get("max_seq_length"),
        _optional(folder, "tokenizer_config.json").get("model_max_length"),
        known.context if known else None,
        _YES_NO_TOKENS if pooling == "yes-no" else _WINDOW_TOKENS,
    ]
    return min(limit for limit in limits if isinstance(limit, int) and limit > 0)


def _languages(folder: Path) -> tuple[str, ...] | None:
    """The `language:` of the model card's front matter: one word, a list in brackets, or a list of lines."""
    card = folder / "README.md"
    if not card.is_file():
        return None
    head = re.match(r"---\n(.*?)\n---\n", card.read_text(encoding="utf-8", errors="replace"), re.DOTALL)
    found = re.search(r"^languages?:(.*(?:\n *- .*)*)", head[1], re.MULTILINE) if head else None
    return tuple(re.findall(r"[a-z]{2,}", found[1])) if found else None
