"""An open MCP session with one attached server, and its failures as ConsoleErrors.

The SDK's client negotiates the protocol version. The client offers neither sampling nor elicitation, so a server can request neither a
model's answer nor a user's.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import mcp_types as types
import msgspec
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from k8sconsole import __version__
from k8sconsole.config.attached_servers import ATTACHED_VARIABLE, expand_variables
from k8sconsole.errors import ConsoleError, DeadlineExceeded, InvalidParams, ToolFailed, Unreachable
from k8sconsole.kit.text import strip_control
from k8sconsole.model.attached_servers import AttachedServerSettings
from k8sconsole.tools.context import Progress
from k8sconsole.tools.mcp_client.stdio_transport import StdioProcess, start_stdio_server
from k8sconsole.tools.mcp_client.tool_list_filter import FilteredTransport, ToolListFilter

HANDSHAKE_TIMEOUT = 60.0
"""Seconds from start to handshake. Long, because ``npx`` may have to download the server first."""
EVENT_STREAM_TIMEOUT = 300.0
"""Seconds that a stream of events may be silent."""
MOST_TOOLS = 500
HTTP_ERROR = 400
_MOST_PAGES = 20
_LOST_MESSAGES = ("Connection closed", "SSE stream", "Server returned an error response", "Session terminated")
"""How the SDK begins the errors that it makes itself where a connection is lost."""


class McpToolResult(msgspec.Struct, frozen=True):
    """The result of a tool call. data: the structured content, or None. text: all text content."""

    data: Any
    text: str
    failed: bool


class McpSession:
    """Usable from any task of its event loop until ``wait_ended`` returns. process: None for a server over HTTP. tool_filter: watches the
    incoming messages."""

    def __init__(self, server: AttachedServerSettings, client: Client, process: StdioProcess | None, tool_filter: ToolListFilter) -> None:
        self._server = server
        self._client = client
        self._process = process
        self._tool_filter = tool_filter

    async def wait_ended(self) -> str:
        """Return the reason once the server's process has ended. Never returns for a server over HTTP, whose end only a call notices."""
        if self._process is None:
            await asyncio.Event().wait()
            return ""
        await self._process.output_ended.wait()
        await self._process.wait_exited(1.0)  # the exit code arrives shortly after the end of the output
        return self._process.reason

    async def list_tools(self) -> tuple[list[types.Tool], list[str]]:
        """(at most MOST_TOOLS tools, those that do not conform to MCP as ``name: reason``). Raises Unavailable, and ToolFailed if the
        server refuses to list its tools."""
        found: list[types.Tool] = []
        self._tool_filter.rejected.clear()
        cursor = None
        with self._translate_errors():
            async with asyncio.timeout(self._server.timeout):
                for _ in range(_MOST_PAGES):
                    page = await self._client.list_tools(cursor=cursor, cache_mode="bypass")
                    found.extend(page.tools)
                    cursor = page.next_cursor
                    if not cursor or len(found) >= MOST_TOOLS:
                        break
        return found[:MOST_TOOLS], list(self._tool_filter.rejected)

    async def call(self, tool: str, arguments: dict[str, Any], progress: Progress | None = None) -> McpToolResult:
        """A failed tool is a result with ``failed``. Raises Unavailable if the server does not answer. An error is an answer too: raises
        InvalidParams if the server rejects the arguments, and ToolFailed for any other error and for a result that breaks the protocol."""
        with self._translate_errors():
            async with asyncio.timeout(self._server.timeout):
                result = await self._client.call_tool(tool, arguments, progress_callback=_progress_callback(progress))
        return McpToolResult(result.structured_content, _join_text(result.content), bool(result.is_error))

    @contextlib.contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError as cause:
            raise DeadlineExceeded(
                f"{self._server.name} did not answer", f"no reply within {self._server.timeout:g} s", "see the server's own log"
            ) from cause
        except MCPError as cause:
            raise self._protocol_error(cause) from cause
        except ConsoleError:
            raise
        except Exception as cause:  # the SDK raises various errors for an invalid answer
            raise ToolFailed(f"{self._server.name} sent an invalid answer", _error_line(cause), "see the server's own log") from cause

    def _protocol_error(self, cause: MCPError) -> ConsoleError:
        """The SDK reports a lost connection as an error of the server. Servers use its code -32000 for errors of their own."""
        if cause.message.startswith(_LOST_MESSAGES) and (self._process is None or self._process.output_ended.is_set()):
            if self._process is None:
                return Unreachable(f"{self._server.name} cannot be reached", _error_line(cause), "k8sconsole tools servers")
            again = "repeat the call in a moment; the server is being restarted"
            return Unreachable(f"{self._server.name} has ended", self._process.reason or cause.message, again)
        if cause.code == types.INVALID_PARAMS:
            return InvalidParams(f"{self._server.name} rejects these arguments", _error_line(cause), "k8sconsole tools show NAME")
        return ToolFailed(
            f"{self._server.name} answered with an error", _error_line(cause), "see the server's own log", {"server_code": cause.code}
        )


@asynccontextmanager
async def open_session(server: AttachedServerSettings, on_tools_changed: Callable[[], None]) -> AsyncIterator[McpSession]:
    """Start or reach the server and do the handshake. on_tools_changed: called when the server announces a change of its tools.

    Raises Unreachable if there is no session, ConfigurationError for an unset variable.
    """
    tool_filter = ToolListFilter()
    async with AsyncExitStack() as stack:
        process: StdioProcess | None = None
        statuses: deque[str] = deque(maxlen=1)
        if server.url:
            transport = await stack.enter_async_context(_http(server, statuses))
        else:
            env = {ATTACHED_VARIABLE: "1", **expand_variables(server.env, server.name)}
            started = start_stdio_server(server.name, (server.command, *server.args), env)
            process, streams = await stack.enter_async_context(started)
            transport = _Streams(streams)
        transport = FilteredTransport(transport, tool_filter.apply)
        client = await _connect_client(stack, server, transport, on_tools_changed, lambda cause: _connect_error(cause, process, statuses))
        tool_filter.version = lambda: client.protocol_version
        if client.protocol_version in MODERN_PROTOCOL_VERSIONS:
            listening = asyncio.create_task(_listen_for_changes(client, on_tools_changed))
            stack.callback(listening.cancel)
        yield McpSession(server, client, process, tool_filter)


def _progress_callback(listener: Progress | None) -> Any:
    if listener is None:
        return None

    async def callback(progress: float, total: float | None, message: str | None) -> None:
        await listener(progress, total, strip_control(message or ""))

    return callback


class _Streams:
    """The SDK's transport protocol over two streams. The caller opens and closes them."""

    def __init__(self, streams: Any) -> None:
        self._streams = streams

    async def __aenter__(self) -> Any:
        return self._streams

    async def __aexit__(self, *_: object) -> None:
        return None


@asynccontextmanager
async def _http(server: AttachedServerSettings, statuses: deque[str]) -> AsyncIterator[Any]:
    """statuses: receives the last HTTP error, because the SDK's exception does not include it."""
    import httpx2
    from mcp.client.streamable_http import streamable_http_client

    async def record_status(response: Any) -> None:
        if response.status_code >= HTTP_ERROR:
            statuses.append(f"HTTP {response.status_code} {response.reason_phrase}")

    timeout = httpx2.Timeout(server.timeout, read=EVENT_STREAM_TIMEOUT)
    headers = expand_variables(server.headers, server.name)
    async with httpx2.AsyncClient(headers=headers, timeout=timeout, event_hooks={"response": [record_status]}) as http:
        yield streamable_http_client(server.url, http_client=http)


async def _connect_client(
    stack: AsyncExitStack,
    server: AttachedServerSettings,
    transport: Any,
    on_tools_changed: Callable[[], None],
    describe: Callable[[BaseException], str],
) -> Client:
    async def handle_message(message: Any) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            on_tools_changed()

    client_info = types.Implementation(name="k8sconsole", version=__version__)
    client = Client(transport, client_info=client_info, message_handler=handle_message, cache=None)
    try:
        async with asyncio.timeout(HANDSHAKE_TIMEOUT):
            return await stack.enter_async_context(client)
    except TimeoutError as cause:
        raise Unreachable(
            f"{server.name} does not answer", f"no handshake within {HANDSHAKE_TIMEOUT:g} s", "see the server's own log"
        ) from cause
    except Exception as cause:
        raise Unreachable(f"{server.name} cannot be reached", describe(cause), "mcp_servers: in k8sconsole.yaml") from cause


def _connect_error(cause: BaseException, process: StdioProcess | None, statuses: deque[str]) -> str:
    """The process's exit reason or the HTTP status, if known, because they say more than the SDK's error."""
    if process is not None and process.returncode is not None:
        return process.reason
    return statuses[-1] if statuses else _error_line(cause)


async def _listen_for_changes(client: Client, on_tools_changed: Callable[[], None]) -> None:
    """Newer protocol versions send change notices only on request. Without support for it, the tools are refreshed at intervals."""
    with contextlib.suppress(Exception):
        async with client.listen(tools_list_changed=True) as events:
            async for _ in events:
                on_tools_changed()


def _join_text(content: Any) -> str:
    """All text blocks; for any other block, its type in brackets."""
    parts = []
    for block in content:
        if isinstance(block, types.TextContent):
            parts.append(block.text)
        elif isinstance(block, types.EmbeddedResource) and isinstance(block.resource, types.TextResourceContents):
            parts.append(block.resource.text)
        else:
            parts.append(f"[{block.type}]")
    return "\n".join(parts)


def _error_line(cause: BaseException) -> str:
    """The innermost error of a group, on one line, without terminal control characters."""
    while isinstance(cause, BaseExceptionGroup) and cause.exceptions:
        cause = cause.exceptions[0]
    text = strip_control(" ".join(str(cause).split()))[:300]
    return text or type(cause).__name__
