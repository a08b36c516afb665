"""The server for assistants, which is a command too."""

from __future__ import annotations

import argparse
import importlib
import sys

from desktop_kb.cli.command import Command
from desktop_kb.cli.speech import tell, tr


def _mcp(options: argparse.Namespace) -> int:
    if sys.stdin is not None and sys.stdin.isatty():
        tell(
            tr(
                "Assistants start this themselves and speak with it; README has how to set it up. Ctrl+C ends it."
            )
        )
    server = importlib.import_module("desktop_kb.mcp")
    return int(server.run(options.library, options.parts))


MCP = Command(
    "mcp", _mcp, "a server for assistants (Model Context Protocol) on this program's input and output"
)
