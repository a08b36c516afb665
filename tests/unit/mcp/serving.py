"""`desktop-kb mcp` with fakes in place of the models: `python serving.py LIBRARY`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fakes import FakeEmbedder, fake_parts

from desktop_kb import cli
from desktop_kb.records import Floats


class Noisy(FakeEmbedder):
    """Prints, as a library may that is used for the first time; the client must see nothing of it."""

    def encode_query(self, text: str) -> Floats:
        sys.stdout.write("stray words\n")
        sys.stdout.flush()
        os.write(1, b"stray bytes\n")
        return super().encode_query(text)


if __name__ == "__main__":
    sys.exit(cli.main(["--library", sys.argv[1], "mcp"], fake_parts(Noisy())))
