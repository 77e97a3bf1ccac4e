"""Subscriptions: the notification when the content of a followed address changes, and when the list of tools changes.

Changes are found by the cache's revisions, so it does not matter which process scans. Up to protocol 2025-11-25 a client subscribes to one
address after another; from 2026-07-28 on it opens one stream for many.
https://modelcontextprotocol.io/specification/draft/server/resources
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any

import mcp_types as types
import msgspec
from mcp.server import ServerRequestContext
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ResourceUpdated, ToolsListChanged
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from k8sconsole.errors import ConsoleError
from k8sconsole.mcp_server.resources import SUBSCRIBABLE, parse_address, to_mcp_error
from k8sconsole.model.cache_records import RowQuery
from k8sconsole.model.events import ClusterState, ConnectionState, Fact, RowsChanged, ToolsChanged
from k8sconsole.model.refs import ClusterName, Namespace
from k8sconsole.model.tools import ToolOutcome
from k8sconsole.runtime.api import ConsoleApi

log = logging.getLogger("k8sconsole.mcp")
Context = ServerRequestContext[Any, Any]
Reader = Callable[[Context, str], Awaitable[types.ReadResourceResult]]
INVALID_PARAMS = -32602
MOST_ADDRESSES = 256
"""Addresses that may be subscribed to at a time."""
MOST_SESSIONS = 64
"""Sessions of the earlier era that are notified of changed tools, the latest ones."""
POLL_INTERVAL = 1.0
"""Seconds between two checks for changes that another process wrote."""
COALESCE = 0.2
"""Seconds in which several changes become one notification."""


class SubscribedRows(msgspec.Struct):
    """query: the rows behind an address. revision: the newest revision that was checked."""

    query: RowQuery
    revision: int


@contextlib.contextmanager
def _translated_errors(uri: str) -> Iterator[None]:
    """Turns a ConsoleError, such as an unreadable cache, into an MCPError."""
    try:
        yield
    except ConsoleError as problem:
        raise to_mcp_error(ToolOutcome("", "", error=problem), uri, 0.0) from problem


class Subscriptions:
    """The subscriptions of one server. read: reads an address; a client that may not read it may not subscribe to it."""

    def __init__(self, console: ConsoleApi, read: Reader) -> None:
        self._console = console
        self._read = read
        self._bus = InMemorySubscriptionBus()
        self._streams = ListenHandler(self._bus, max_subscriptions=MOST_ADDRESSES)
        self._followed: dict[str, SubscribedRows] = {}
        self._subscriber_counts: Counter[str] = Counter()
        self._sessions: dict[str, Any] = {}
        self._tool_list_sessions: list[Any] = []
        self._notifications: set[asyncio.Task[None]] = set()
        self._connections: dict[ClusterName, ConnectionState] = {}
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._unsubscribe = console.events.subscribe(self._handle_fact)

    def add_tool_list_reader(self, ctx: Context) -> None:
        """Notifies this session when the tools change. A client of the later era subscribes to that itself."""
        if ctx.protocol_version not in MODERN_PROTOCOL_VERSIONS and ctx.session not in self._tool_list_sessions:
            self._tool_list_sessions = [*self._tool_list_sessions, ctx.session][-MOST_SESSIONS:]

    async def subscribe(self, ctx: Context, params: types.SubscribeRequestParams) -> types.EmptyResult:
        """Raises MCPError for an address that cannot be read or subscribed to."""
        uri = str(params.uri)
        if uri not in self._sessions:
            with _translated_errors(uri):
                await self._follow(ctx, uri)
        self._sessions[uri] = ctx.session
        return types.EmptyResult()

    async def unsubscribe(self, ctx: Context, params: types.UnsubscribeRequestParams) -> types.EmptyResult:
        if self._sessions.pop(str(params.uri), None) is not None:
            self._release(str(params.uri))
        return types.EmptyResult()

    async def listen(self, ctx: Context, params: types.SubscriptionsListenRequestParams) -> types.SubscriptionsListenResult:
        """An address that cannot be read or subscribed to is missing in the acknowledgement. Raises MCPError where the cache
        cannot be read."""
        accepted: list[str] = []
        try:
            for uri in params.notifications.resource_subscriptions or []:
                with _translated_errors(str(uri)), contextlib.suppress(MCPError):
                    await self._follow(ctx, str(uri))
                    accepted.append(str(uri))
            tools = params.notifications.tools_list_changed
            granted = types.SubscriptionFilter(resource_subscriptions=accepted, tools_list_changed=tools)
            return await self._streams(ctx, params.model_copy(update={"notifications": granted}))
        finally:
            for uri in accepted:
                self._release(uri)

    def close(self) -> None:
        self._unsubscribe()
        self._streams.close()
        if self._task is not None:
            self._task.cancel()

    async def _follow(self, ctx: Context, uri: str) -> None:
        if uri not in self._followed:
            if len(self._followed) >= MOST_ADDRESSES:
                raise MCPError(
                    INVALID_PARAMS, f"{MOST_ADDRESSES} addresses are already subscribed to (try: unsubscribe from one)", {"uri": uri[:200]}
                )
            query = await self._query(ctx, uri)
            self._followed[uri] = SubscribedRows(query, (await self._console.cache.rows(msgspec.structs.replace(query, limit=1))).revision)
        self._subscriber_counts[uri] += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._poll(), name="subscriptions")

    async def _query(self, ctx: Context, uri: str) -> RowQuery:
        tool, arguments, _ = parse_address(uri)
        if tool not in SUBSCRIBABLE:
            raise MCPError(
                INVALID_PARAMS, f"{uri[:200]} cannot be subscribed to: only tables, objects and histories can", {"uri": uri[:200]}
            )
        await self._read(ctx, uri)
        cluster = ClusterName(arguments["context"])
        resource = await self._console.clusters.find_resource(cluster, arguments["kind"])
        spaces = (Namespace(arguments["namespace"]),) if "namespace" in arguments and resource.namespaced else ()
        return RowQuery(resource.name, (cluster,), spaces, arguments.get("name", ""))

    def _release(self, uri: str) -> None:
        self._subscriber_counts[uri] -= 1
        if self._subscriber_counts[uri] <= 0:
            del self._subscriber_counts[uri]
            self._followed.pop(uri, None)

    def _handle_fact(self, fact: Fact) -> None:
        if isinstance(fact, RowsChanged):
            self._changed.set()
        if isinstance(fact, ClusterState) and self._connections.get(fact.cluster, fact.connection) is not fact.connection:
            self._start(self._notify_cluster(fact.cluster))
        if isinstance(fact, ClusterState):
            self._connections[fact.cluster] = fact.connection
        if isinstance(fact, ToolsChanged):
            self._start(self._notify_tools_changed())

    def _start(self, notification: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(notification, name="notification")
        self._notifications.add(task)
        task.add_done_callback(self._notifications.discard)

    async def _notify_cluster(self, cluster: ClusterName) -> None:
        """The freshness of every address of this cluster has changed: it is lost, or answers again."""
        for uri, followed in tuple(self._followed.items()):
            if cluster in followed.query.clusters:
                await self._notify(uri)

    async def _notify_tools_changed(self) -> None:
        await self._bus.publish(ToolsListChanged())
        for session in self._tool_list_sessions:
            with contextlib.suppress(Exception):  # the client is gone
                await session.send_tool_list_changed()

    async def _poll(self) -> None:
        while self._followed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_INTERVAL):
                    await self._changed.wait()
                    await asyncio.sleep(COALESCE)
            self._changed.clear()
            for uri, followed in tuple(self._followed.items()):
                try:
                    if await self._check_changed(followed):
                        await self._notify(uri)
                except ConsoleError as problem:  # a busy file: the next check finds the change
                    log.warning("a subscribed address could not be checked: %s", problem, extra={"operation": "subscriptions"})

    async def _check_changed(self, followed: SubscribedRows) -> bool:
        query = followed.query
        read = await self._console.cache.rows(msgspec.structs.replace(query, after_revision=followed.revision))
        followed.revision = read.revision
        return bool(read.rows) or any(not query.name or ref.name == query.name for ref in read.gone)

    async def _notify(self, uri: str) -> None:
        await self._bus.publish(ResourceUpdated(uri))
        session = self._sessions.get(uri)
        if session is not None:
            await session.send_resource_updated(uri)
