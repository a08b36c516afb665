from __future__ import annotations

from pathlib import Path

import every_kind

from desktop_kb.extract import Extractor
from desktop_kb.formats import format_of


def test_each_is_read_in_the_child(tmp_path: Path) -> None:
    """With its limits and its sandbox."""
    every_kind.write(tmp_path)
    extractor = Extractor()
    try:
        for name, said in every_kind.SAID.items():
            assert format_of(tmp_path / name) is not None
            part = every_kind.part_of(name)
            assert part in (*extractor.extract(tmp_path / name).parts, "")
            assert said in extractor.extract(tmp_path / name, part=part).text
    finally:
        extractor.close()
