"""Starts a server as a client would, lists its tools and calls one. ``demo --check`` uses it."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec


class ProbeResult(msgspec.Struct, frozen=True):
    """tools: the names of the listed tools. answer: the structured content of the called one."""

    tools: tuple[str, ...]
    answer: dict[str, Any]


async def probe(command: str, arguments: Sequence[str], env: Mapping[str, str], tool: str) -> ProbeResult:
    """Raises what the SDK raises where the server breaks the protocol."""
    from mcp import Client, StdioServerParameters

    server = StdioServerParameters(command=command, args=list(arguments), env=dict(env))
    async with Client(server) as client:
        listed = await client.list_tools()
        result = await client.call_tool(tool, {})
        return ProbeResult(tuple(one.name for one in listed.tools), dict(result.structured_content or {}))
