"""Addresses that clients follow, and the word to them when what stands there changes; and when the list of tools is another.

The cache's own revisions are looked at, so it does not matter which process scans. Up to 2025-11-25 a client subscribes to one address
after the other; from 2026-07-28 on it opens one stream for many. https://modelcontextprotocol.io/specification/draft/server/resources
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import mcp_types as types
import msgspec
from mcp.server import ServerRequestContext
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ResourceUpdated, ToolsListChanged
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from k8sconsole.errors import ConsoleError
from k8sconsole.mcp_server.console import Console
from k8sconsole.mcp_server.resources import FOLLOWED, meant, refused
from k8sconsole.model.cache_records import RowQuery
from k8sconsole.model.events import Fact, RowsChanged, ToolsChanged
from k8sconsole.model.refs import ClusterName, Namespace
from k8sconsole.model.tools import ToolOutcome

log = logging.getLogger("k8sconsole.mcp")
Context = ServerRequestContext[Any, Any]
Reader = Callable[[Context, str], Awaitable[types.ReadResourceResult]]
INVALID_PARAMS = -32602
MOST = 256
"""Addresses that may be followed at a time."""
MOST_LISTING = 64
"""Sessions of the earlier era that are told of other tools, the latest ones."""
PAUSE = 1.0
"""Seconds between two looks, for what another process writes."""
SETTLE = 0.2
"""Seconds in which what changes together is told once."""


class Followed(msgspec.Struct):
    """query: the rows that stand behind an address. revision: up to where they were looked at."""

    query: RowQuery
    revision: int


@contextlib.contextmanager
def _in_its_own_words(uri: str) -> Iterator[None]:
    """A failure below, such as a cache that cannot be read, as the client is told of it."""
    try:
        yield
    except ConsoleError as problem:
        raise refused(ToolOutcome("", "", error=problem), uri, 0.0) from problem


class Subscriptions:
    """For one server. read: what answers for an address; whoever may not read may not follow."""

    def __init__(self, console: Console, read: Reader) -> None:
        self._console = console
        self._read = read
        self._bus = InMemorySubscriptionBus()
        self._streams = ListenHandler(self._bus, max_subscriptions=MOST)
        self._followed: dict[str, Followed] = {}
        self._followers: Counter[str] = Counter()
        self._sessions: dict[str, Any] = {}
        self._listing: list[Any] = []
        self._telling: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._unsubscribe = console.bus.subscribe(self._hear)

    def lists_tools(self, ctx: Context) -> None:
        """This session has asked for the tools, and is told when they are others; the later era asks for that by itself."""
        if ctx.protocol_version not in MODERN_PROTOCOL_VERSIONS and ctx.session not in self._listing:
            self._listing = [*self._listing, ctx.session][-MOST_LISTING:]

    async def subscribe(self, ctx: Context, params: types.SubscribeRequestParams) -> types.EmptyResult:
        """Raises MCPError for an address that cannot be read, or cannot be followed."""
        uri = str(params.uri)
        if uri not in self._sessions:
            with _in_its_own_words(uri):
                await self._follow(ctx, uri)
        self._sessions[uri] = ctx.session
        return types.EmptyResult()

    async def unsubscribe(self, ctx: Context, params: types.UnsubscribeRequestParams) -> types.EmptyResult:
        if self._sessions.pop(str(params.uri), None) is not None:
            self._leave(str(params.uri))
        return types.EmptyResult()

    async def listen(self, ctx: Context, params: types.SubscriptionsListenRequestParams) -> types.SubscriptionsListenResult:
        """What cannot be read or followed is not in the acknowledgement. Raises MCPError where the cache cannot be asked at all."""
        kept: list[str] = []
        try:
            for uri in params.notifications.resource_subscriptions or []:
                with _in_its_own_words(str(uri)), contextlib.suppress(MCPError):
                    await self._follow(ctx, str(uri))
                    kept.append(str(uri))
            tools = params.notifications.tools_list_changed
            wanted = types.SubscriptionFilter(resource_subscriptions=kept, tools_list_changed=tools)
            return await self._streams(ctx, params.model_copy(update={"notifications": wanted}))
        finally:
            for uri in kept:
                self._leave(uri)

    def close(self) -> None:
        self._unsubscribe()
        self._streams.close()
        if self._task is not None:
            self._task.cancel()

    async def _follow(self, ctx: Context, uri: str) -> None:
        if uri not in self._followed:
            if len(self._followed) >= MOST:
                raise MCPError(INVALID_PARAMS, f"{MOST} addresses are followed already", {"uri": uri[:200]})
            query = await self._query(ctx, uri)
            self._followed[uri] = Followed(query, (await self._console.rows(msgspec.structs.replace(query, limit=1))).revision)
        self._followers[uri] += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look(), name="subscriptions")

    async def _query(self, ctx: Context, uri: str) -> RowQuery:
        tool, arguments, _ = meant(uri)
        if tool not in FOLLOWED:
            raise MCPError(INVALID_PARAMS, f"{uri[:200]} cannot be followed: only tables, objects and histories can", {"uri": uri[:200]})
        await self._read(ctx, uri)
        cluster = ClusterName(arguments["context"])
        resource = await self._console.find_resource(cluster, arguments["kind"])
        spaces = (Namespace(arguments["namespace"]),) if "namespace" in arguments and resource.namespaced else ()
        return RowQuery(resource.name, (cluster,), spaces, arguments.get("name", ""))

    def _leave(self, uri: str) -> None:
        self._followers[uri] -= 1
        if self._followers[uri] <= 0:
            del self._followers[uri]
            self._followed.pop(uri, None)

    def _hear(self, fact: Fact) -> None:
        if isinstance(fact, RowsChanged):
            self._changed.set()
        if isinstance(fact, ToolsChanged):
            task = asyncio.get_running_loop().create_task(self._tell_tools(), name="tools changed")
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _tell_tools(self) -> None:
        await self._bus.publish(ToolsListChanged())
        for session in self._listing:
            with contextlib.suppress(Exception):  # a client that has gone need not be told
                await session.send_tool_list_changed()

    async def _look(self) -> None:
        while self._followed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PAUSE):
                    await self._changed.wait()
                    await asyncio.sleep(SETTLE)
            self._changed.clear()
            for uri, followed in tuple(self._followed.items()):
                try:
                    if await self._moved(followed):
                        await self._tell(uri)
                except ConsoleError as problem:  # a busy file: what changed is found at the next look
                    log.warning("an address could not be looked at: %s", problem, extra={"operation": "subscriptions"})

    async def _moved(self, followed: Followed) -> bool:
        query = followed.query
        read = await self._console.rows(msgspec.structs.replace(query, after_revision=followed.revision))
        followed.revision = read.revision
        return bool(read.rows) or any(not query.name or ref.name == query.name for ref in read.gone)

    async def _tell(self, uri: str) -> None:
        await self._bus.publish(ResourceUpdated(uri))
        session = self._sessions.get(uri)
        if session is not None:
            await session.send_resource_updated(uri)
