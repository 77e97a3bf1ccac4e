"""An open session with one MCP server of somebody else's, and its failures in our words.

Both eras of the protocol, as the SDK's client finds them out. What the server asks of us in turn (a model's answer, a user's) is not
offered, so that it cannot ask.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import mcp_types as types
import msgspec
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from k8sconsole import __version__
from k8sconsole.config.attached_servers import ATTACHED_VARIABLE, expand_variables
from k8sconsole.errors import ConsoleError, DeadlineExceeded, InvalidParams, Unavailable, Unreachable
from k8sconsole.kit.text import strip_control
from k8sconsole.model.attached_servers import AttachedServerSettings
from k8sconsole.tools.context import Progress
from k8sconsole.tools.mcp_client.stdio_transport import StdioProcess, start_stdio_server

START_WITHIN = 60.0
"""Seconds from start to handshake: ``npx`` may have to download first."""
LISTENING = 300.0
"""Seconds a stream of events may be silent."""
MOST_TOOLS = 500
HTTP_REFUSAL = 400
_PAGES = 20


class McpToolResult(msgspec.Struct, frozen=True):
    """data: what is structured, else None. text: all text it holds."""

    data: Any
    text: str
    failed: bool


class McpSession:
    """Usable from any task of its loop until it ``ends``."""

    def __init__(self, server: AttachedServerSettings, client: Client, pipes: StdioProcess | None) -> None:
        self._server = server
        self._client = client
        self._pipes = pipes

    async def ends(self) -> str:
        """Returns with the reason when the server's process has ended; a server at an address is only found to be gone when it is asked."""
        if self._pipes is None:
            await asyncio.Event().wait()
            return ""
        await self._pipes.over.wait()
        await self._pipes.exits(1.0)  # its exit code comes a moment after the end of its output
        return self._pipes.reason

    async def tools(self) -> list[types.Tool]:
        """What it offers, at most MOST_TOOLS. Raises Unavailable."""
        found: list[types.Tool] = []
        cursor = None
        with self._told(self._server.timeout):
            async with asyncio.timeout(self._server.timeout):
                for _ in range(_PAGES):
                    page = await self._client.list_tools(cursor=cursor, cache_mode="bypass")
                    found.extend(page.tools)
                    cursor = page.next_cursor
                    if not cursor or len(found) >= MOST_TOOLS:
                        break
        return found[:MOST_TOOLS]

    async def call(self, tool: str, arguments: dict[str, Any], progress: Progress | None = None) -> McpToolResult:
        """A failed tool is a result with ``failed``. Raises Unavailable, and InvalidParams if the server rejects the arguments."""
        with self._told(self._server.timeout):
            async with asyncio.timeout(self._server.timeout):
                result = await self._client.call_tool(tool, arguments, progress_callback=_told_to(progress))
        return McpToolResult(result.structured_content, _text(result.content), bool(result.is_error))

    @contextlib.contextmanager
    def _told(self, seconds: float) -> Any:
        try:
            yield
        except TimeoutError as cause:
            raise DeadlineExceeded(f"{self._server.name} did not answer", f"no reply within {seconds:g} s", "its own log") from cause
        except MCPError as cause:
            raise self._problem(cause) from cause
        except ConsoleError:
            raise
        except Exception as cause:  # whatever the SDK makes of an answer that is none
            raise Unavailable(f"{self._server.name} gave no proper answer", _line(cause), "its own log") from cause

    def _problem(self, cause: MCPError) -> ConsoleError:
        if cause.code == types.CONNECTION_CLOSED:
            return Unreachable(
                f"{self._server.name} is gone",
                (self._pipes.reason if self._pipes else "") or cause.message,
                "it is started again; try in a moment",
            )
        if cause.code == types.INVALID_PARAMS:
            return InvalidParams(
                f"{self._server.name} does not take these arguments", _line(cause), "k8sconsole tools list, then tools show NAME"
            )
        return Unavailable(f"{self._server.name} refused", _line(cause), "its own log")


@asynccontextmanager
async def open_session(server: AttachedServerSettings, changed: Callable[[], None]) -> AsyncIterator[McpSession]:
    """changed: called when the server says that its tools are others now. Raises Unreachable or Unavailable where there is no session to be
    had, ConfigurationError for a variable that is not set."""
    async with AsyncExitStack() as stack:
        pipes: StdioProcess | None = None
        statuses: deque[str] = deque(maxlen=1)
        if server.url:
            transport = await stack.enter_async_context(_http(server, statuses))
        else:
            env = {ATTACHED_VARIABLE: "1", **expand_variables(server.env, server.name)}
            child = start_stdio_server(server.name, (server.command, *server.args), env)
            pipes, streams = await stack.enter_async_context(child)
            transport = _Streams(streams)
        client = await _shaken_hands(stack, server, transport, changed, lambda cause: _why(cause, pipes, statuses))
        if client.protocol_version in MODERN_PROTOCOL_VERSIONS:
            hearing = asyncio.create_task(_hear(client, changed))
            stack.callback(hearing.cancel)
        yield McpSession(server, client, pipes)


def _told_to(listener: Progress | None) -> Any:
    if listener is None:
        return None

    async def told(progress: float, total: float | None, message: str | None) -> None:
        await listener(progress, total, strip_control(message or ""))

    return told


class _Streams:
    """The SDK's transport protocol round two streams that somebody else opens and closes."""

    def __init__(self, streams: Any) -> None:
        self._streams = streams

    async def __aenter__(self) -> Any:
        return self._streams

    async def __aexit__(self, *_: object) -> None:
        return None


@asynccontextmanager
async def _http(server: AttachedServerSettings, statuses: deque[str]) -> AsyncIterator[Any]:
    """statuses: where the last refusal is noted, of which the SDK only says that there was one."""
    import httpx2
    from mcp.client.streamable_http import streamable_http_client

    async def note(response: Any) -> None:
        if response.status_code >= HTTP_REFUSAL:
            statuses.append(f"HTTP {response.status_code} {response.reason_phrase}")

    patience = httpx2.Timeout(server.timeout, read=LISTENING)
    headers = expand_variables(server.headers, server.name)
    async with httpx2.AsyncClient(headers=headers, timeout=patience, event_hooks={"response": [note]}) as http:
        yield streamable_http_client(server.url, http_client=http)


async def _shaken_hands(
    stack: AsyncExitStack, server: AttachedServerSettings, transport: Any, changed: Callable[[], None], why: Callable[[BaseException], str]
) -> Client:
    async def heard(message: Any) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            changed()

    us = types.Implementation(name="k8sconsole", version=__version__)
    client = Client(transport, client_info=us, message_handler=heard, cache=None)
    try:
        async with asyncio.timeout(START_WITHIN):
            return await stack.enter_async_context(client)
    except TimeoutError as cause:
        raise Unreachable(f"{server.name} does not answer", f"no handshake within {START_WITHIN:g} s", "its own log") from cause
    except Exception as cause:
        raise Unreachable(f"{server.name} cannot be reached", why(cause), "mcp_servers: in k8sconsole.yaml") from cause


def _why(cause: BaseException, pipes: StdioProcess | None, statuses: deque[str]) -> str:
    """What is known beyond the SDK's own word."""
    if pipes is not None and pipes.process.returncode is not None:
        return pipes.reason
    return statuses[-1] if statuses else _line(cause)


async def _hear(client: Client, changed: Callable[[], None]) -> None:
    """The later era tells nothing that was not asked for. A server that cannot is looked at from time to time."""
    with contextlib.suppress(Exception):
        async with client.listen(tools_list_changed=True) as events:
            async for _ in events:
                changed()


def _text(content: Any) -> str:
    """Text as it is; of anything else, what it is."""
    parts = []
    for block in content:
        if isinstance(block, types.TextContent):
            parts.append(block.text)
        elif isinstance(block, types.EmbeddedResource) and isinstance(block.resource, types.TextResourceContents):
            parts.append(block.resource.text)
        else:
            parts.append(f"[{block.type}]")
    return "\n".join(parts)


def _line(cause: BaseException) -> str:
    """The innermost of a group, on one line, without what could move a terminal."""
    while isinstance(cause, BaseExceptionGroup) and cause.exceptions:
        cause = cause.exceptions[0]
    told = strip_control(" ".join(str(cause).split()))[:300]
    return told or type(cause).__name__
