"""Importing models: the right ones answer as their model cards say, the wrong ones are refused."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import shutil
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asked import Tiny, answers_of
from numpy.testing import assert_allclose

from desktop_kb import paths
from desktop_kb.errors import ModelProblem, Problem
from desktop_kb.inference import catalogue, checkpoint, installed
from desktop_kb.inference.catalogue import EMBEDDED, ENGLISH
from desktop_kb.inference.installed import Installed, find, import_model
from desktop_kb.sentences import parts

EMBEDDERS = ["bge-small-zh-v1.5", "multilingual-e5-small", "bge-m3", "Qwen3-Embedding-0.6B"]
RERANKERS = ["Qwen3-Reranker-0.6B", "ms-marco-MiniLM-L6-v2", "bge-reranker-v2-m3"]


@pytest.fixture(scope="module")
def imported(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Installed]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESKTOP_KB_HOME", str(tmp_path_factory.mktemp("home")))
        yield {name: import_model(tiny.root / name) for name in tiny.answers}


@pytest.fixture(scope="module")
def answers(imported: dict[str, Installed]) -> dict[str, Any]:
    """What this program makes of the same texts."""
    asked = [
        [{**dataclasses.asdict(found.model), "files": dict(found.model.files)}, str(found.folder)]
        for found in imported.values()
    ]
    return dict(zip(imported, answers_of("sessions.py", json.dumps(asked)), strict=True))


# --- what they answer ------------------------------------------------------------------------


@pytest.mark.parametrize("name", EMBEDDERS)
def test_an_embedder_answers_as_its_model_card_says(name: str, tiny: Tiny, answers: dict[str, Any]) -> None:
    expected, found = tiny.answers[name], answers[name]
    assert_allclose(found["query"], expected["query"], atol=1e-4)
    for passages in expected["passages"].values():  # padded left, padded right
        assert_allclose(found["passages"], passages, atol=1e-4)
    assert_allclose(found["alone"], expected["alone"], atol=1e-4)
    assert np.std(expected["alone"], axis=0).max() > 0.05  # else anything would pass


@pytest.mark.parametrize("name", RERANKERS)
def test_a_reranker_answers_as_its_model_card_says(name: str, tiny: Tiny, answers: dict[str, Any]) -> None:
    expected, found = tiny.answers[name]["scores"], answers[name]
    assert_allclose(found["scores"], expected, atol=1e-4)
    assert_allclose(found["alone"], expected, atol=1e-4)
    assert np.std(expected) > 0.01


def test_a_sentence_of_a_model_that_pools_one_token_is_read_by_itself(answers: dict[str, Any]) -> None:
    assert_allclose(answers["bge-m3"]["sentences"], answers["bge-m3"]["passages"], atol=1e-5)


def test_a_sentence_of_a_model_that_pools_the_mean_knows_its_window(answers: dict[str, Any]) -> None:
    found = answers["multilingual-e5-small"]
    sums = np.array(found["sentences"])
    assert np.linalg.norm(sums, axis=1).min() > 2  # sums over tokens, not of unit length
    unit = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    assert not np.allclose(unit, found["passages"], atol=1e-2)


# --- what they are ---------------------------------------------------------------------------


def test_what_is_known_of_a_model_by_name_and_by_its_files(imported: dict[str, Installed]) -> None:
    models = {name: found.model for name, found in imported.items()}
    facts = {name: (model.task, model.pooling, model.dimensions, model.window_tokens, model.padding)
             for name, model in models.items()}  # fmt: skip
    assert facts == {
        "bge-small-zh-v1.5": ("embed", "cls", 32, 510, "right"),
        "multilingual-e5-small": ("embed", "mean", 32, 501, "right"),
        "bge-m3": ("embed", "cls", 32, 510, "right"),
        "Qwen3-Embedding-0.6B": ("embed", "last", 32, 510, "left"),
        "Qwen3-Reranker-0.6B": ("rerank", "yes-no", 0, 8192, "left"),
        "ms-marco-MiniLM-L6-v2": ("rerank", "classifier", 0, 512, "right"),
        "bge-reranker-v2-m3": ("rerank", "classifier", 0, 512, "right"),
    }
    assert models["bge-small-zh-v1.5"].query_prompt == "为这个句子生成表示以用于检索相关文章："
    assert models["bge-small-zh-v1.5"].scripts == ("CJK",)
    assert {name: model.languages for name, model in models.items() if model.languages} == {
        "bge-small-zh-v1.5": ("zh",),
        "ms-marco-MiniLM-L6-v2": ("en",),
    }
    assert models["multilingual-e5-small"].passage_prompt == "passage: "
    assert models["Qwen3-Reranker-0.6B"].instruction.startswith("Given a web search query")
    # Too small to be the published one: it keeps its folder's name.
    assert models["bge-small-zh-v1.5"].id == "bge-small-zh-v1.5"
    assert len({model.fingerprint for model in models.values()}) == len(models)


def test_what_is_imported_is_found_again(tiny: Tiny) -> None:
    found = import_model(tiny.root / "bge-m3")
    assert find("bge-m3") == find("BGE-M3") == found
    assert find("bge") is None
    assert [other.model.id for other in installed.installed()] == [
        *(model.id for model in EMBEDDED),
        "bge-m3",
    ]
    assert import_model(tiny.root / "bge-m3") == found
    assert not [path for path in paths.models_dir().iterdir() if path.name.startswith(".")]
    catalogue.check_settings(found.model, found.folder)
    catalogue.check_weights(found.model, found.folder)
    removed("bge-m3")
    assert find("bge-m3") is None
    assert list(paths.models_dir().iterdir()) == []


def test_another_model_of_the_same_name_stands_beside_the_first(tiny: Tiny, copy: Path) -> None:
    first = import_model(tiny.root / "bge-m3")
    (copy / "special_tokens_map.json").write_text("{}")
    second = import_model(copy)
    assert second.model.id.startswith("bge-m3@")
    assert second.model.fingerprint != first.model.fingerprint
    assert len(installed.installed()) == len(EMBEDDED) + 2


def test_the_embedded_model_is_not_imported_twice(model_folder: Path) -> None:
    assert import_model(model_folder).model == ENGLISH
    assert list(paths.models_dir().iterdir()) == []


def test_a_folder_whose_name_says_nothing(tiny: Tiny, tmp_path: Path) -> None:
    shutil.copytree(tiny.root / "bge-small-zh-v1.5", tmp_path / "download")
    assert import_model(tmp_path / "download").model.query_prompt == ""
    told = import_model(tmp_path / "download", like="bge-large-zh-v1.5")
    assert told.model.id == "download"  # the same files: it is here already
    removed("download")
    assert import_model(tmp_path / "download", like="bge-small-zh-v1.5").model.query_prompt != ""
    with pytest.raises(ModelProblem, match="nonsense"):
        import_model(tmp_path / "download", like="nonsense")


def test_the_hubs_cache_and_a_zip_file_are_folders_too(tiny: Tiny, tmp_path: Path) -> None:
    cache = tmp_path / "models--BAAI--bge-m3"
    shutil.copytree(tiny.root / "bge-m3", cache / "snapshots" / ("5" * 40))
    found = import_model(cache)
    assert found.model.revision == "5" * 40
    removed(found.model.id)
    archive = shutil.make_archive(str(tmp_path / "bge-m3"), "zip", tiny.root, "bge-m3")
    assert import_model(Path(archive)).model.id == "bge-m3"


def test_the_card_says_the_language(tiny: Tiny, tmp_path: Path) -> None:
    for number, (language, scripts, languages) in enumerate(
        [
            ("en", ("LATIN",), ("en",)),
            ("[zh]", ("CJK",), ("zh",)),
            ("\n- en\n- zh", ("LATIN", "CJK"), ("en", "zh")),
            ("de", (), ("de",)),
            ("multilingual", (), ()),
        ]
    ):
        folder = tmp_path / f"m{number}"
        shutil.copytree(tiny.root / "bge-m3", folder)
        (folder / "README.md").write_text(f"---\nlicense: mit\nlanguage: {language}\n---\n# It\n")
        model = import_model(folder).model
        assert (model.scripts, model.languages) == (scripts, languages)
        removed(f"m{number}")


# --- what is refused -------------------------------------------------------------------------


@pytest.fixture
def copy(tiny: Tiny, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny.root / "bge-m3", tmp_path / "bge-m3"))


def removed(name: str) -> None:
    found = find(name)
    assert found is not None
    installed.remove(found)


def refused(source: Path) -> str:
    """The sentence; nothing may be installed after it."""
    with pytest.raises(Problem) as caught:
        import_model(source)
    assert list(paths.models_dir().iterdir()) == []
    return f"{caught.value.code}: {parts(caught.value)[0]}"


def test_what_is_missing_is_named(copy: Path, tmp_path: Path) -> None:
    (copy / "tokenizer.json").unlink()
    assert refused(copy) == "model-incomplete: The model lacks tokenizer.json"
    (copy / "model.safetensors").unlink()
    assert refused(copy) == "model-incomplete: The model lacks model.safetensors"
    (copy / "config.json").unlink()
    assert refused(copy) == "model-incomplete: The model lacks config.json"
    assert "no folder and no zip file" in refused(tmp_path / "nowhere")


def test_a_pickle_is_refused_in_a_folder_and_in_a_zip_file(copy: Path, tmp_path: Path) -> None:
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    assert refused(copy).startswith("model-pickle")
    archive = shutil.make_archive(str(tmp_path / "zipped"), "zip", copy)
    assert "pytorch_model.bin" in refused(Path(archive))


def test_a_pickle_beside_safetensors_is_left_behind(copy: Path) -> None:
    (copy / "pytorch_model.bin").write_bytes(b"\x80\x04N.")
    (copy / "modeling_own.py").write_text("raise SystemExit")
    names = {path.name for path in import_model(copy).folder.iterdir()}
    assert not names & {"pytorch_model.bin", "modeling_own.py"}


@pytest.mark.parametrize("kept", [0, 4, 100, -1])
def test_weights_that_are_cut_short(copy: Path, kept: int) -> None:
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:kept])
    assert refused(copy) == "model-truncated: The file model.safetensors of the model is cut short or damaged"


def test_weights_that_were_never_fetched(copy: Path) -> None:
    (copy / "model.safetensors").write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 91\n"
    )
    assert "git-lfs pointer" in refused(copy)


def test_settings_that_are_damaged(copy: Path) -> None:
    (copy / "config.json").write_text('{"model_type": ')
    assert "config.json of the model is cut short" in refused(copy)
    (copy / "config.json").write_text("[]")
    assert "config.json of the model is cut short" in refused(copy)


def test_a_file_that_is_not_the_published_one(copy: Path, model_folder: Path, tmp_path: Path) -> None:
    (copy / "SHA256SUMS").write_text(f"{'0' * 64}  model.safetensors\n")
    assert refused(copy) == "model-damaged: The model file model.safetensors is not the published one"
    (copy / "SHA256SUMS").unlink()
    notes = copy / ".cache/huggingface/download/model.safetensors.metadata"
    notes.parent.mkdir(parents=True)
    notes.write_text(f"{'a' * 40}\n{'1' * 64}\n1700000000.0\n")
    assert refused(copy).startswith("model-damaged")
    shutil.rmtree(copy / ".cache")
    # The catalogue knows what the files of the embedded model are.
    changed = tmp_path / "somewhere"
    shutil.copytree(model_folder, changed)
    weights = bytearray((changed / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (changed / "model.safetensors").write_bytes(weights)
    assert refused(changed).startswith("model-damaged")


@pytest.mark.parametrize(
    "name", ["../evil.json", "/evil.json", "a/../../evil.json", "..\\evil.json", "C:evil.json"]
)
def test_a_zip_file_that_writes_elsewhere(copy: Path, tmp_path: Path, name: str) -> None:
    archive = Path(shutil.make_archive(str(tmp_path / "zipped"), "zip", copy))
    with zipfile.ZipFile(archive, "a") as zipped:
        zipped.writestr(name, "{}")
    assert "leads out of its folder" in refused(archive)
    assert not list(tmp_path.parent.rglob("evil.json"))


def test_a_zip_file_with_a_link_or_none_at_all(copy: Path, tmp_path: Path) -> None:
    archive = Path(shutil.make_archive(str(tmp_path / "zipped"), "zip", copy))
    whole = archive.read_bytes()
    link = zipfile.ZipInfo("vocab.txt")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(archive, "a") as zipped:
        zipped.writestr(link, "/etc/passwd")
    assert "is a link" in refused(archive)
    archive.write_bytes(whole[: len(whole) // 2])
    assert refused(archive).startswith("model-archive")


def test_a_full_disk_is_said_before_anything_is_copied(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(copy)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=2**20))
    assert refused(copy).startswith("no-room")


def edited(folder: Path, name: str, **changes: object) -> None:
    path = folder / name
    record = {**json.loads(path.read_text("utf-8")), **changes} if path.exists() else changes
    path.write_text(json.dumps(record), encoding="utf-8")


def test_code_of_its_own_is_never_run(copy: Path) -> None:
    edited(copy, "config.json", auto_map={"AutoModel": "modeling_own.Own"})
    assert refused(copy).startswith("model-code")


def test_a_module_of_anybody_elses_is_never_imported(copy: Path) -> None:
    modules = json.loads((copy / "modules.json").read_text())
    modules[0]["type"] = "evil.Transformer"
    (copy / "modules.json").write_text(json.dumps(modules))
    assert refused(copy).startswith("model-code")


_NONSENSE: tuple[object, ...] = (
    None,
    True,
    -1,
    0,
    1e308,
    10**30,
    "x",
    "",
    [],
    {},
    [[]],
    {"a": []},
    ["x"],
    "../../x",
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value of a JSON text, its own first."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _places(inner, (*path, key))


@pytest.mark.parametrize("name", ["bge-m3", "Qwen3-Reranker-0.6B"])
def test_settings_that_make_no_sense_are_a_sentence(tiny: Tiny, tmp_path: Path, name: str) -> None:
    copy = Path(shutil.copytree(tiny.root / name, tmp_path / name))
    tried = 0
    for file in sorted(copy.rglob("*.json")):
        whole = file.read_bytes()
        if len(whole) > 10_000:  # the tokenizer's: read by the child
            continue
        for place in list(_places(json.loads(whole))):
            for nonsense in _NONSENSE:
                changed = json.loads(whole)
                inner = changed
                for key in place[:-1]:
                    inner = inner[key]
                if place:
                    inner[place[-1]] = nonsense
                file.write_text(json.dumps(changed if place else nonsense), encoding="utf-8")
                tried += 1
                try:
                    found = checkpoint.inspect(copy, name)
                except ModelProblem:
                    continue
                model = found.model
                assert type(model.query_prompt) is type(model.passage_prompt) is type(model.id) is str
                assert 0 <= model.dimensions < 2**16
                assert model.window_tokens > 0
                assert all((copy / part).is_file() and ".." not in part for part in found.names)
        file.write_bytes(whole)
    assert tried > 300


@pytest.mark.skipif(os.name != "posix", reason="makes a pipe")
def test_a_pipe_in_place_of_settings_is_not_waited_for(copy: Path) -> None:
    (copy / "config.json").unlink()
    os.mkfifo(copy / "config.json")
    assert refused(copy).startswith("model-truncated")


def test_a_damaged_archive_ends_in_a_sentence(copy: Path, tmp_path: Path) -> None:
    archive = Path(shutil.make_archive(str(tmp_path / "bge-m3"), "zip", copy))
    whole = archive.read_bytes()
    chance = random.Random(1)
    directory = whole.index(b"PK\1\2")
    ends: set[str] = set()
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 1, 3))):
            data[chance.randrange(directory, len(data))] = chance.choice((0, 0xFF, chance.randrange(256)))
        archive.write_bytes(data)
        try:
            installed.remove(import_model(archive))
            ends.add("imported")
        except Problem as problem:
            ends.add(problem.code)
        assert list(paths.models_dir().iterdir()) == []
    assert "model-archive" in ends


@pytest.mark.skipif(os.name != "posix", reason="rights are another thing there")
def test_what_is_installed_is_the_persons_own(copy: Path, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        archive = Path(shutil.make_archive(str(tmp_path / "zipped"), "zip", copy))
        folder = import_model(archive).folder
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert stat.S_IMODE((folder / "1_Pooling").stat().st_mode) == 0o700


def test_a_name_that_would_hide_it(copy: Path) -> None:
    assert find(import_model(copy.rename(copy.with_name("..hidden"))).model.id) is not None


def test_what_cannot_be_computed_here_is_refused_not_guessed(tiny: Tiny, copy: Path, tmp_path: Path) -> None:
    edited(copy, "1_Pooling/config.json", pooling_mode_max_tokens=True)
    assert "pools by cls, pooling_mode_max_tokens" in refused(copy)
    modules = json.loads((copy / "modules.json").read_text())
    modules[2]["type"] = "sentence_transformers.models.Dense"
    (copy / "modules.json").write_text(json.dumps(modules))
    assert "'Dense'" in refused(copy)
    (copy / "modules.json").unlink()
    plain = copy.rename(tmp_path / "plain")
    assert "1_Pooling/config.json" in refused(plain)
    sorts = Path(shutil.copytree(tiny.root / "ms-marco-MiniLM-L6-v2", tmp_path / "nli"))
    edited(sorts, "config.json", id2label={"0": "no", "1": "yes", "2": "perhaps"})
    assert "3 classes" in refused(sorts)


def test_the_newer_way_to_write_a_pooling(copy: Path) -> None:
    (copy / "1_Pooling/config.json").write_text(
        json.dumps({"embedding_dimension": 32, "pooling_mode": "lasttoken"})
    )
    assert import_model(copy).model.pooling == "last"


def test_a_scratch_folder_of_a_dead_process_goes(copy: Path) -> None:
    dead = paths.models_dir() / ".incoming-999999999-aa"
    dead.mkdir()
    import_model(copy)
    assert not dead.exists()


@pytest.mark.logs("description cannot be read")
def test_a_damaged_description_hides_one_model_only(copy: Path) -> None:
    found = import_model(copy)
    (found.folder / "desktop-kb.json").write_text("{")
    assert [other.model for other in installed.installed()] == list(EMBEDDED)
