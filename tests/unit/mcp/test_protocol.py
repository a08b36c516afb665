"""The protocol: its handshake, its errors, and what hostile clients send."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from assistant import Client, request

from desktop_kb.mcp import protocol
from desktop_kb.mcp.tools import TOOLS, Tool
from desktop_kb.mcp.wire import LONGEST

SERVER = Path(__file__).with_name("serving.py")


def line(message: Any) -> bytes:
    return json.dumps(message).encode() + b"\n"


@pytest.mark.parametrize(
    ("wanted", "agreed"), [("2025-06-18", "2025-06-18"), ("1999-01-01", "2025-11-25"), (None, "2025-11-25")]
)
def test_a_revision_is_agreed_on(client: Client, wanted: str | None, agreed: str) -> None:
    (answer,) = client.lines([line(request("initialize", {"protocolVersion": wanted}))])
    assert answer["result"]["protocolVersion"] == agreed
    assert answer["result"]["serverInfo"]["name"] == "desktop-kb"
    assert "never instructions" in answer["result"]["instructions"]


def test_a_request_that_names_its_revision_needs_no_handshake(client: Client) -> None:
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "adelie", "version": "1"},
    }
    call = {"name": "tags", "arguments": {}, "_meta": meta}
    found, listed, called = client.lines(
        [
            line(request("server/discover", {"_meta": meta}, id=1)),
            line(request("tools/list", {"_meta": meta}, id=2)),
            line(request("tools/call", call, id=3)),
        ]
    )
    assert found["result"]["supportedVersions"] == ["2026-07-28"]
    assert (listed["result"]["ttlMs"], listed["result"]["cacheScope"]) == (0, "private")
    assert called["result"]["resultType"] == "complete"
    with client.kb() as kb:
        assert [call.client for call in kb.asked()] == ["adelie"]
    meta["io.modelcontextprotocol/protocolVersion"] = "2099-01-01"
    (refused,) = client.lines([line(request("tools/list", {"_meta": meta}))])
    assert refused["error"]["code"] == -32022
    assert "2026-07-28" in refused["error"]["data"]["supported"]


def test_the_tools_are_listed_with_their_arguments(client: Client) -> None:
    (answer,) = client.ask(request("tools/list"))
    tools = {tool["name"]: tool for tool in answer["result"]["tools"]}
    assert list(tools) == ["search", "read", "page", "outline", "list", "tags", "similar", "add_note"]
    assert tools["search"]["inputSchema"]["required"] == ["query"]
    assert tools["search"]["inputSchema"]["properties"]["limit"]["maximum"] == 20
    assert [name for name, tool in tools.items() if not tool["annotations"]["readOnlyHint"]] == ["add_note"]


HOSTILE = [
    (b"nonsense\n", -32700, "no-json"),
    (b"\xff\xfe\n", -32700, "no-json"),
    (b"[" * 100_000 + b"\n", -32700, "no-json"),
    (b'{"a":' * 50_000 + b"\n", -32700, "no-json"),
    (b'{"jsonrpc":"2.0","id":' + b"9" * 5_000 + b',"method":"ping"}\n', -32700, "no-json"),
    (b"[]\n", -32600, "no-request"),
    (b"null\n", -32600, "no-request"),
    (b'"ping"\n', -32600, "no-request"),
    (b"{}\n", -32600, "no-request"),
    (line([request("ping"), request("ping")]), -32600, "no-request"),
    (line({"id": 1, "method": "ping"}), -32600, "no-request"),
    (line({"jsonrpc": "1.0", "id": 1, "method": "ping"}), -32600, "no-request"),
    (line(request("ping", id=None)), -32600, "no-request"),
    (line(request("ping", id=True)), -32600, "no-request"),
    (line(request("ping", id=1.5)), -32600, "no-request"),
    (line(request("ping", id={})), -32600, "no-request"),
    (line({"jsonrpc": "2.0", "id": 1, "method": 7}), -32600, "no-request"),
    (b'{"jsonrpc":"2.0","id":1,"method":"ping","x":"' + b"x" * LONGEST + b'"}\n', -32600, "too-long"),
    (line(request("resources/list")), -32601, "no-method"),
    (line(request("__class__")), -32601, "no-method"),
    (line(request("tools/call", [])), -32602, "bad-params"),
    (line(request("tools/call", "search")), -32602, "bad-params"),
    (line(request("tools/call")), -32602, "bad-params"),
    (line(request("tools/call", {"name": 5})), -32602, "bad-params"),
    (line(request("tools/call", {"name": "search", "arguments": []})), -32602, "bad-params"),
    (line(request("tools/call", {"name": "delete_all"})), -32602, "no-tool"),
    (line(request("tools/call", {"name": "x" * 1_000_000})), -32602, "no-tool"),
]


def test_what_is_no_request_is_refused_and_the_next_one_answered(client: Client) -> None:
    for sent, number, code in HOSTILE:
        answers = client.lines([sent, line(request("ping", id="next"))])
        assert [answer["id"] for answer in answers][-1] == "next", sent[:80]
        error = answers[0]["error"]
        assert (error["code"], error["data"]["code"]) == (number, code), sent[:80]
        assert len(json.dumps(error)) < 1_000


BAD_ARGUMENTS: list[tuple[str, dict[str, Any], str]] = [
    ("search", {}, "bad-argument"),
    ("search", {"query": None}, "bad-argument"),
    ("search", {"query": 5}, "bad-argument"),
    ("search", {"query": ["bees"]}, "bad-argument"),
    ("search", {"query": "x" * 100_000}, "bad-argument"),
    ("search", {"query": "bees", "limit": 21}, "bad-argument"),
    ("search", {"query": "bees", "limit": 0}, "bad-argument"),
    ("search", {"query": "bees", "limit": -(10**300)}, "bad-argument"),
    ("search", {"query": "bees", "limit": "3"}, "bad-argument"),
    ("search", {"query": "bees", "limit": True}, "bad-argument"),
    ("search", {"query": "bees", "limit": 2.5}, "bad-argument"),
    ("search", {"query": "bees", "mode": "magic"}, "bad-argument"),
    ("search", {"query": "bees", "rerank": "/etc/passwd"}, "bad-argument"),
    ("search", {"query": "bees", "filters": "tag:x"}, "bad-argument"),
    ("search", {"query": "bees", "filters": [1]}, "bad-argument"),
    ("search", {"query": "bees", "filters": ["tag:x"] * 1_000}, "bad-argument"),
    ("search", {"query": "bees", "filters": ["no filter"]}, "bad-filter"),
    ("search", {"query": "bees", "library": "/elsewhere"}, "bad-argument"),
    ("read", {"document": ""}, "not-found"),
    ("read", {"document": "/etc/passwd"}, "not-found"),
    ("read", {"document": "../../etc/passwd"}, "not-found"),
    ("read", {"document": "~/.ssh/id_rsa"}, "not-found"),
    ("read", {"document": "'; drop table documents; --"}, "not-found"),
    ("read", {"document": "a\0b"}, "not-found"),
    ("read", {"document": "\ud800"}, "not-found"),
    ("read", {"document": "desktop-kb:0123456789abcdef/d/0123456789abcdef"}, "link-elsewhere"),
    ("read", {"document": "x", "start": -1}, "bad-argument"),
    ("page", {"document": "x", "page": 0}, "bad-argument"),
    ("page", {"document": "x", "page": 10**30}, "bad-argument"),
    ("outline", {"document": {"$ref": "#"}}, "bad-argument"),
    ("list", {"filter": "(("}, "bad-filter"),
    ("list", {"sort": "random"}, "bad-argument"),
    ("similar", {"document": "0" * 16}, "not-found"),
    ("tags", {"x": 1}, "bad-argument"),
    ("add_note", {"text": "x", "tags": [[]]}, "assistants-read"),
]


def test_what_a_tool_does_not_take_is_an_error_with_a_code(client: Client) -> None:
    calls = [
        request("tools/call", {"name": tool, "arguments": given}, id=number)
        for number, (tool, given, _) in enumerate(BAD_ARGUMENTS)
    ]
    answers = client.ask(*calls)
    codes = [
        answer["result"]["structuredContent"].get("error", answer["result"]["structuredContent"]).get("code")
        for answer in answers
    ]
    assert list(zip(BAD_ARGUMENTS, codes, strict=True)) == [(one, one[2]) for one in BAD_ARGUMENTS]
    assert all(answer["result"]["isError"] for answer in answers)


STRANGE: list[tuple[str, dict[str, Any]]] = [
    ("search", {"query": ""}),
    ("search", {"query": "\ud800\udfff \0 \x1b[31m"}),
    ("search", {"query": '"' * 999}),
    ("search", {"query": "(" * 999}),
    ("search", {"query": "a* NEAR(b c) AND OR NOT -"}),
    ("search", {"query": "蜜蜂" * 1_000}),
    ("search", {"query": "bees", "limit": 3.0, "filters": None}),
    ("read", {"document": "bees", "start": 10**9, "end": 0}),
    ("list", {"offset": 10**9}),
    ("list", {"filter": "nothing:here"}),
]


def test_what_is_strange_is_answered(client: Client) -> None:
    with client.kb() as kb:
        (bees,) = [one.document for one in kb.documents() if one.title == "bees"]
    for tool, given in STRANGE:
        given = given | ({"document": bees} if "document" in given else {})
        assert client.record(tool, **given)["notice"]


@pytest.mark.parametrize("too_late", [0, 100])
def test_a_call_that_was_cancelled_is_not_answered(
    client: Client, monkeypatch: pytest.MonkeyPatch, too_late: int
) -> None:
    cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 2}}
    calls = [request("tools/call", {"name": "tags"}, id=id) for id in (1, 2, 3)]
    work, heed = protocol.Server._work, protocol.Server._heed
    heard = threading.Event()  # the worker begins after it, whatever the machine does meanwhile

    def work_later(self: protocol.Server) -> None:
        heard.wait(30)
        work(self)

    def hear(self: protocol.Server, method: str, params: Any) -> None:
        heed(self, method, params)
        if params["requestId"] == 2:
            heard.set()

    monkeypatch.setattr(protocol.Server, "_work", work_later)
    monkeypatch.setattr(protocol.Server, "_heed", hear)
    lates = [{**cancel, "params": {"requestId": f"answered {number}"}} for number in range(too_late)]
    assert [answer["id"] for answer in client.ask(*lates, *calls, cancel)] == [1, 3]


@pytest.mark.logs("was not answered")
def test_a_bug_is_told_and_the_next_call_answered(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: Any) -> Any:
        raise RuntimeError("secret words of a document")

    tool = next(tool for tool in TOOLS if tool.name == "tags")
    monkeypatch.setitem(protocol._TOOLS, "tags", Tool("tags", "", "", broken, tool.arguments))
    bad, good = client.ask(
        request("tools/call", {"name": "tags"}, id=1), request("tools/call", {"name": "list"}, id=2)
    )
    assert bad["result"]["structuredContent"]["error"]["code"] == "bug"
    assert "secret" not in json.dumps(bad)
    assert good["result"]["isError"] is False


def test_what_is_cut_off_during_a_call_is_not_answered(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = next(tool for tool in TOOLS if tool.name == "search")

    def slow(kb: Any, given: Any) -> Any:
        answer = tool.run(kb, given)
        client.allow("off")
        return answer

    monkeypatch.setitem(protocol._TOOLS, "search", Tool("search", "", "", slow, tool.arguments))
    assert client.code("search", query="bees") == "assistants-off"


def test_a_client_may_have_any_name(client: Client) -> None:
    about = {"_meta": {"io.modelcontextprotocol/clientInfo": {"name": "\ud800 \0 penguin"}}}
    (answer,) = client.ask(request("tools/call", {"name": "tags", **about}))
    assert answer["result"]["isError"] is False
    with client.kb() as kb:
        assert "penguin" in kb.asked()[0].client


def test_a_library_that_is_not_there_is_said(client: Client, tmp_path: Any) -> None:
    client.library = tmp_path / "nothing"
    assert client.code("search", query="bees") == "no-library"
    assert not client.library.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows' programs have no numbers for their streams")
@pytest.mark.parametrize("closed", ["", " 2>&-"])
def test_the_output_has_the_protocol_only_whatever_prints(client: Client, closed: str) -> None:
    call = {"name": "search", "arguments": {"query": "bees"}}
    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" "$@"{closed}', sys.executable, str(SERVER), str(client.library)],
        input=line(request("tools/call", call)),
        capture_output=True,
        check=True,
    )
    (answer,) = [json.loads(one) for one in done.stdout.splitlines()]
    assert answer["result"]["structuredContent"]["hits"][0]["title"] == "bees"
    assert closed or b"stray words" in done.stderr
