"""The connections to one API server.

aiohttp opens connections on demand, up to a limit, and closes those that were idle for a while. But it reuses the one that was idle
longest, so a trickle of requests keeps all connections of a load peak open. This pool detects the end of a peak, and then the transport
closes one surplus connection with each request.
"""

import asyncio
import socket
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
from aiohttp import AddrInfoType

from k8sconsole.cluster.live.proxy import is_socks

# Larger reads, fewer of them: a page of 500 pods is 3 MB.
_READ_SIZE = 1 << 20


class ConnectionPool:
    """least, most: connections; most 0 means no limit. keep_alive: seconds. Belongs to the loop on which it was created."""

    def __init__(self, *, least: int, most: int, keep_alive: float) -> None:
        self.created = self.reused = 0
        self._least = least
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._requests: set[_PendingRequest] = set()
        self._peak = _Peak(keep_alive)
        self._limits: dict[str, Any] = {"limit": most, "limit_per_host": most, "keepalive_timeout": keep_alive}
        self._direct = self._create_session(aiohttp.TCPConnector(socket_factory=self._create_socket, **self._limits))
        self._through_socks: dict[str, aiohttp.ClientSession] = {}

    def session(self, proxy: str | None) -> aiohttp.ClientSession:
        """Returns the session for requests through this proxy, or for direct ones. An HTTP proxy is named again with each request."""
        if proxy is None or not is_socks(proxy):
            return self._direct
        if proxy not in self._through_socks:
            from k8sconsole.cluster.live.socks import SocksConnector  # few kubeconfigs need it

            self._through_socks[proxy] = self._create_session(SocksConnector(proxy, self._track_socket, **self._limits))
        return self._through_socks[proxy]

    @property
    def size(self) -> int:
        """Open connections."""
        return sum(each.fileno() >= 0 for each in self._sockets)

    @property
    def waiting(self) -> int:
        """Requests that wait for a connection."""
        return sum(request.waits for request in self._requests)

    @property
    def in_use(self) -> int:
        return len(self._requests) - self.waiting

    @contextmanager
    def track_request(self) -> Iterator["_PendingRequest"]:
        """Counts a request until its response is read. Pass the yielded object to aiohttp as ``trace_request_ctx``."""
        request = _PendingRequest()
        self._requests.add(request)
        try:
            yield request
        finally:
            self._requests.discard(request)

    @property
    def has_surplus(self) -> bool:
        """Whether more connections are open than were recently used at the same time."""
        return self.size > max(self._least, self._peak.recent(self._now()), self.in_use)

    async def close(self) -> None:
        for session in (self._direct, *self._through_socks.values()):
            await session.close()

    def _create_session(self, connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
        # No cookies, no environment, no netrc: only what an Access holds is sent.
        return aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), read_bufsize=_READ_SIZE, trace_configs=[self._trace_config()]
        )

    def _trace_config(self) -> aiohttp.TraceConfig:
        trace: aiohttp.TraceConfig = aiohttp.TraceConfig()
        trace.on_connection_queued_start.append(self._on_queued)
        trace.on_connection_queued_end.append(self._on_dequeued)
        trace.on_connection_create_start.append(self._on_connecting)
        trace.on_connection_create_end.append(self._on_created)
        trace.on_connection_reuseconn.append(self._on_reused)
        return trace

    async def _on_queued(self, session: Any, context: Any, params: Any) -> None:
        context.trace_request_ctx.waits = True

    async def _on_dequeued(self, session: Any, context: Any, params: Any) -> None:
        context.trace_request_ctx.waits = False

    async def _on_connecting(self, session: Any, context: Any, params: Any) -> None:
        self._peak.add(self.in_use, self._now())

    async def _on_created(self, session: Any, context: Any, params: Any) -> None:
        self.created += 1

    async def _on_reused(self, session: Any, context: Any, params: Any) -> None:
        self.reused += 1
        self._peak.add(self.in_use, self._now())

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _create_socket(self, address: AddrInfoType) -> socket.socket:
        created = socket.socket(*address[:3])
        self._track_socket(created)
        return created

    def _track_socket(self, created: socket.socket) -> None:
        """Counts it. TCP keep-alive detects a dead peer of a silent stream (a followed log) within a minute and a half."""
        self._sockets.add(created)
        created.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 6)):
            if hasattr(socket, name):
                created.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


class _PendingRequest:
    """waits: whether it waits for a connection."""

    waits = False


class _Peak:
    """The largest number added within the last one to two spans. span: seconds."""

    def __init__(self, span: float) -> None:
        self._span = span
        self._began = float("-inf")
        self._previous = self._current = 0

    def add(self, number: int, at: float) -> None:
        self._start_span_if_due(at)
        self._current = max(self._current, number)

    def recent(self, at: float) -> int:
        self._start_span_if_due(at)
        return max(self._previous, self._current)

    def _start_span_if_due(self, at: float) -> None:
        if at - self._began >= self._span:
            self._previous = self._current if at - self._began < 2 * self._span else 0
            self._current, self._began = 0, at
