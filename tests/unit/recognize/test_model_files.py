"""Where the models lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_kb import paths
from desktop_kb.errors import Problem
from desktop_kb.recognize import is_available
from desktop_kb.recognize.model_files import DETECTOR, READER, model_file


def test_both_must_be_aboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "package", lambda _name: [tmp_path])
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / DETECTOR).touch()
    assert model_file(DETECTOR) == tmp_path / "models" / DETECTOR
    with pytest.raises(Problem) as found:
        model_file(READER)
    assert (found.value.code, found.value.details["name"]) == ("recognition-missing", READER)
    assert not is_available()
