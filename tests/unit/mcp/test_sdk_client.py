"""The server as the protocol's own SDK has it: its client starts it, and checks each answer against its models."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from assistant import Client as Lines

if sys.platform == "win32":  # the SDK's client brings pywin32 there
    pytest.skip("the SDK is installed elsewhere", allow_module_level=True)

import anyio
from mcp import Client, MCPError, StdioServerParameters, stdio_client

SERVER = Path(__file__).with_name("serving.py")
#: What another program gives the server of its environment is up to it; the SDK gives little.
ENVIRONMENT = ("PYTHONPATH", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")


def speak(client: Lines, mode: str, *talks: Callable[[Any], Awaitable[None]]) -> None:
    """Have the SDK start a server for each talk, all at once."""
    parameters = StdioServerParameters(
        command=sys.executable,
        args=[str(SERVER), str(client.library)],
        env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
    )

    async def one(talk: Callable[[Any], Awaitable[None]]) -> None:
        async with Client(stdio_client(parameters), mode=mode, read_timeout_seconds=60) as session:
            await talk(session)

    async def all_of_them() -> None:
        async with anyio.create_task_group() as group:
            for talk in talks:
                group.start_soon(one, talk)

    anyio.run(all_of_them)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_all_tools_answer(client: Lines, mode: str) -> None:
    client.allow("write")
    seen: list[str] = []

    async def talk(session: Any) -> None:
        listed = await session.list_tools()
        assert [tool.name for tool in listed.tools][:2] == ["search", "read"]
        found = await session.call_tool("search", {"query": "how do bees keep warm"})
        hit = found.structured_content["hits"][0]
        given: dict[str, dict[str, Any]] = {
            "read": {"document": hit["link"]},
            "outline": {"document": hit["document"]},
            "list": {"filter": "tag:animals"},
            "tags": {},
            "similar": {"document": hit["document"]},
            "add_note": {"text": "# Bees\n\nThey keep warm."},
        }
        assert {*given, "search", "page"} == {tool.name for tool in listed.tools}
        for name, arguments in given.items():
            result = await session.call_tool(name, arguments)
            assert not result.is_error, result
            seen.append(name)
        refused = await session.call_tool("page", {"document": hit["document"], "page": 4})
        assert refused.is_error
        assert refused.structured_content["error"]["code"] == "no-page"
        with pytest.raises(MCPError) as told:
            await session.call_tool("forget_everything", {})
        assert told.value.error.data["code"] == "no-tool"

    speak(client, mode, talk)
    assert len(seen) == 6


def test_two_clients_and_an_indexer_at_once(client: Lines, tmp_path: Path) -> None:
    answered: list[str] = []

    async def talk(session: Any) -> None:
        for number in range(8):
            found = await session.call_tool("search", {"query": f"warm {number}", "rerank": "off"})
            assert not found.is_error
            answered.append(found.structured_content["hits"][0]["title"])

    with client.kb() as kb:
        for number in range(40):
            (tmp_path / f"{number}.txt").write_text(
                f"Penguins {number} huddle to keep warm.", encoding="utf-8"
            )
        batch = kb.add([tmp_path / f"{number}.txt" for number in range(40)])
        kb.start_indexing()
        speak(client, "auto", talk, talk)
        assert {report.status for report in kb.follow(batch)} == {"indexed"}
        assert len(kb.asked()) == len(answered) == 16


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells which sockets a process has")
def test_no_network_socket_is_opened_and_stdout_has_the_protocol_only(client: Lines) -> None:
    opened: list[str] = []

    async def talk(session: Any) -> None:
        await session.call_tool("search", {"query": "bees"})
        for process in Path("/proc").glob("[0-9]*"):
            try:
                is_server = str(SERVER) in (process / "cmdline").read_text()
                links = [str(fd.readlink()) for fd in (process / "fd").iterdir()] if is_server else []
            except OSError:  # it has ended
                continue
            opened.extend(links)
        tables = [Path("/proc/net", name).read_text() for name in ("tcp", "tcp6", "udp", "udp6")]
        numbers = {link[8:-1] for link in opened if link.startswith("socket:[")}
        assert opened
        assert not [line for table in tables for line in table.splitlines() if numbers & {*line.split()}]

    speak(client, "auto", talk)
