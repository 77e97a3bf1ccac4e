"""A client's view of a server: start it as a client would, list its tools, call one. For ``demo --check`` and for whoever doubts."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec


class Probed(msgspec.Struct, frozen=True):
    """tools: their names. answer: the structured content of the one that was called."""

    tools: tuple[str, ...]
    answer: dict[str, Any]


async def probe(command: str, arguments: Sequence[str], env: Mapping[str, str], tool: str) -> Probed:
    """Raises whatever the SDK raises when the server does not answer as the protocol says."""
    from mcp import Client, StdioServerParameters

    server = StdioServerParameters(command=command, args=list(arguments), env=dict(env))
    async with Client(server) as client:
        listed = await client.list_tools()
        result = await client.call_tool(tool, {})
        return Probed(tuple(one.name for one in listed.tools), dict(result.structured_content or {}))
