"""A server for assistants: the library over the Model Context Protocol, on this program's own input and output.

The program that has the assistant starts `desktop-kb mcp` and speaks JSON-RPC with it, one message a line
(https://modelcontextprotocol.io/specification). No network is involved. `wire` has the lines, `protocol` the methods,
`tools` what an assistant can call, `arguments` what may be given to it, `answers` how an answer is kept within limits
and its quotations are marked.

The protocol's own SDK is not part of the program: it brings two web servers, OAuth and pydantic, 14 packages and 7 MB,
of which input and output alone would be used. The tests speak to this server with the SDK's client.
"""

from desktop_kb.mcp.protocol import run

__all__ = ["run"]
