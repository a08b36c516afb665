"""The terminal, run within the process of the tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest
from fakes import FakeEmbedder, fake_parts

from desktop_kb import cli


class Terminal:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys
        self.parts = fake_parts(FakeEmbedder())

    def main(self, arguments: list[str]) -> int:
        """The exit code; what is printed stays to be read."""
        return cli.main(arguments, self.parts)

    def __call__(self, *arguments: str) -> tuple[int, list[Any], str]:
        """Exit code, the JSON objects on stdout, stderr."""
        command, *rest = arguments
        try:
            code = self.main(["--library", str(self.folder / "library"), command, "--json", *rest])
        except SystemExit as stopped:
            code = cast(int, stopped.code)
        out, error = self._capsys.readouterr()
        assert out.isascii()
        return code, [json.loads(line) for line in out.splitlines()], error

    def file(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text, encoding="utf-8", newline="")
        return str(self.folder / name)
