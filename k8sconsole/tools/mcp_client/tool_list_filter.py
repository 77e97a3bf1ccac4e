"""Leaves a tool that does not conform to MCP out of a server's list, for which the SDK would reject the whole list."""

from collections.abc import Callable
from typing import Any

import mcp_types as types
from mcp_types import methods
from pydantic import ValidationError

from k8sconsole.kit.text import strip_control

_LIST = "tools/list"
_LONGEST = 64


class ToolListFilter:
    """Looks at a session's incoming messages. rejected: the tools left out of the last list, as ``name: reason``.

    version: returns the protocol version of the session, which the handshake decides.
    """

    def __init__(self) -> None:
        self.version: Callable[[], str] = lambda: ""
        self.rejected: list[str] = []

    def apply(self, item: Any) -> Any:
        message = getattr(item, "message", None)
        listed = message.result.get("tools") if isinstance(message, types.JSONRPCResponse) else None
        if isinstance(message, types.JSONRPCResponse) and isinstance(listed, list):
            message.result["tools"] = [tool for tool in listed if self._conforms(message.result, tool)]
        return item

    def _conforms(self, result: dict[str, Any], tool: Any) -> bool:
        try:
            methods.parse_server_result(_LIST, self.version(), {**result, "tools": [tool]})
        except ValidationError as cause:
            self.rejected.append(f"{_name(tool)}: {_reason(cause)}")
            return False
        except (KeyError, ValueError):
            return True  # a version without a schema here
        return True


class FilteredTransport:
    """A transport of the SDK whose incoming messages pass a filter."""

    def __init__(self, transport: Any, apply: Callable[[Any], Any]) -> None:
        self._transport = transport
        self._apply = apply

    async def __aenter__(self) -> Any:
        incoming, outgoing = await self._transport.__aenter__()
        return _FilteredStream(incoming, self._apply), outgoing

    async def __aexit__(self, *error: Any) -> Any:
        return await self._transport.__aexit__(*error)


class _FilteredStream:
    def __init__(self, stream: Any, apply: Callable[[Any], Any]) -> None:
        self._stream = stream
        self._apply = apply

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    async def __aenter__(self) -> Any:
        await self._stream.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> Any:
        return await self._stream.__aexit__(*error)

    def __aiter__(self) -> Any:
        return self

    async def __anext__(self) -> Any:
        return self._apply(await anext(self._stream))


def _name(tool: Any) -> str:
    name = tool.get("name") if isinstance(tool, dict) else None
    return strip_control(name)[:_LONGEST] if isinstance(name, str) and name else "a tool without a name"


def _reason(cause: ValidationError) -> str:
    found = cause.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in found["loc"] if part not in ("tools", 0))
    return strip_control(f"{where}: {found['msg']}")[:200]
