"""Deaths are those of real processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from desktop_kb.gui.preview.crash_marker import Marker, state_of

_DIES = (
    "import os, sys; from pathlib import Path; from desktop_kb.gui.preview.crash_marker import Marker, state_of; "
    "m = Marker(Path(sys.argv[1])); m.name(state_of(Path(sys.argv[2]))); m.set(); os._exit(9)"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "drawing"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "a.pdf"
    made.write_bytes(b"%PDF-")
    return made


def _die(folder: Path, file: Path) -> None:
    command = [sys.executable, "-c", _DIES, str(folder), str(file)]
    assert subprocess.run(command, env=os.environ, check=False).returncode == 9


def test_two_deaths_count_and_one_does_not(folder: Path, file: Path) -> None:
    marker = Marker(folder)
    assert not marker.condemned(state_of(file))
    _die(folder, file)
    assert not marker.condemned(state_of(file))
    _die(folder, file)
    assert marker.condemned(state_of(file))
    time.sleep(0.01)
    file.write_bytes(b"%PDF-1.7 changed")
    assert not marker.condemned(state_of(file))


def test_after_a_pardon_one_death_more_is_enough(folder: Path, file: Path) -> None:
    marker = Marker(folder)
    for _ in range(3):
        _die(folder, file)
    marker.pardon(state_of(file))
    assert not marker.condemned(state_of(file))
    _die(folder, file)
    assert marker.condemned(state_of(file))


def test_a_program_that_draws_it_is_not_dead(folder: Path, file: Path) -> None:
    _die(folder, file)
    drawing, other = Marker(folder), Marker(folder)
    drawing.name(state_of(file))
    drawing.set()
    assert not other.condemned(state_of(file))
    drawing.lift()
    assert len(list(folder.iterdir())) == 1  # that of the dead one


def test_it_is_there_during_a_block_that_fails(folder: Path, file: Path) -> None:
    marker = Marker(folder)
    marker.name(state_of(file))

    def fail() -> None:
        with marker.during():
            assert len(list(folder.iterdir())) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(folder.iterdir()) == []
    marker.set()
    with marker.during():
        pass
    assert len(list(folder.iterdir())) == 1


def test_the_markers_of_an_earlier_version_are_forgotten(file: Path, own_home: Path) -> None:
    before = own_home / "data" / "previews"
    before.mkdir(parents=True)
    for pid in (1_000_001, 1_000_002, 1_000_003):
        (before / f"{state_of(file)}-{pid}-1").touch()
    assert not Marker().condemned(state_of(file))
    assert not before.exists()
