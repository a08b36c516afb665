from __future__ import annotations

from pathlib import Path

import pytest

from desktop_kb.extract import code
from desktop_kb.reading import read


@pytest.mark.parametrize(
    ("source", "names"),
    [
        (
            "import os\n\nclass Ferry(Boat):\n    def load(self): ...\n\nasync def leave(at: int) -> None:\n    pass\n",
            ["Ferry", "leave"],
        ),
        ("export default function load(x) {}\nconst a = 1\nexport class Boat {}\n", ["load", "Boat"]),
        ("package main\n\nfunc Load() {}\ntype Boat struct {\n", ["Load", "Boat"]),
        ("pub(crate) fn load<T>(x: T) {}\nimpl Boat for Ferry {\n", ["load<T>", "Boat"]),
        ("public final class Ferry {\n  int load() {}\n}\n", ["Ferry"]),
        ("[server]\nport = 1\n\n[[boats]] # many\n", ["server", "boats"]),
        ("CREATE TABLE IF NOT EXISTS boats (\n  id int\n);\n", ["boats"]),
        ("a: 1\nb:\n  - c\n", []),
    ],
)
def test_what_a_file_defines_is_a_heading(source: str, names: list[str]) -> None:
    for text in (source, source.replace("\n", "\r\n")):
        found = code.read(text.encode(), Path("a.py"))
        assert [h.title for h in found.layout.headings] == names
        assert read(found.text, found.layout.edits) == source
