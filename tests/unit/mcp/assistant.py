"""A client that speaks to a server in lines, within the process of the tests."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from desktop_kb.kb import KnowledgeBase, Parts
from desktop_kb.mcp.protocol import Server
from desktop_kb.mcp.wire import Wire
from desktop_kb.settings import save


class Client:
    """Sends lines to a server of its own, and has what it answers."""

    def __init__(self, library: Path, parts: Parts) -> None:
        self.library, self.parts = library, parts

    def lines(self, lines: Iterable[bytes]) -> list[dict[str, Any]]:
        """What is answered to these lines, all sent at once."""
        out = io.BytesIO()
        Server(Wire(io.BytesIO(b"".join(lines)), out), self.library, self.parts).serve()
        return [json.loads(line) for line in out.getvalue().splitlines()]

    def ask(self, *messages: Any) -> list[dict[str, Any]]:
        """What is answered to these messages, after a handshake whose answer is left out."""
        about = {"name": "penguin", "version": "1"}
        hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": about}
        first = {"jsonrpc": "2.0", "id": "hello", "method": "initialize", "params": hello}
        return self.lines(json.dumps(message).encode() + b"\n" for message in (first, *messages))[1:]

    def call(self, tool: str, **given: Any) -> dict[str, Any]:
        """The result of a call."""
        (answer,) = self.ask(request("tools/call", {"name": tool, "arguments": given}))
        result: dict[str, Any] = answer["result"]
        return result

    def record(self, tool: str, **given: Any) -> dict[str, Any]:
        """The structured answer to a call that succeeds."""
        result = self.call(tool, **given)
        assert result["isError"] is False, result
        record: dict[str, Any] = result["structuredContent"]
        return record

    def code(self, tool: str, **given: Any) -> str:
        """The code of a call's failure."""
        result = self.call(tool, **given)
        assert result["isError"] is True, result
        assert result["content"][0]["text"]
        return str(result["structuredContent"]["error"]["code"])

    def allow(self, what: str) -> None:
        save(self.library / "settings.json", {"mcp": what})

    def kb(self) -> KnowledgeBase:
        return KnowledgeBase(self.library, parts=self.parts)


def request(method: str, params: Any = None, id: Any = 1) -> dict[str, Any]:
    message = {"jsonrpc": "2.0", "id": id, "method": method}
    return message if params is None else {**message, "params": params}
