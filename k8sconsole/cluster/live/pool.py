"""Connections to one API server. aiohttp makes them when they are needed, up to a bound, and closes what was not used for a while; but it
hands out the one that has rested longest, so that a trickle of requests keeps alive whatever a rush has opened. Here the end of the rush is
seen, and one request after the other takes its connection with it.
"""

import asyncio
import socket
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
from aiohttp import AddrInfoType

# Larger reads, fewer of them: a page of 500 pods is 3 MB.
_READ_AT_ONCE = 1 << 20


class Pool:
    """least, most: connections; most 0 means any number. keep_alive: seconds. Belongs to the loop it was made on."""

    def __init__(self, *, least: int, most: int, keep_alive: float) -> None:
        self.made = self.reused = 0
        self._least = least
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._asked: set[_Request] = set()
        self._peak = _Peak(keep_alive)
        connector = aiohttp.TCPConnector(limit=most, limit_per_host=most, keepalive_timeout=keep_alive, socket_factory=self._socket)
        # Without cookies, environment or netrc: what is sent is what an Access says.
        self.session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), read_bufsize=_READ_AT_ONCE, trace_configs=[self._traced()]
        )

    @property
    def size(self) -> int:
        """Connections that stand open."""
        return sum(one.fileno() >= 0 for one in self._sockets)

    @property
    def waiting(self) -> int:
        """Requests that wait for a connection."""
        return sum(one.waits for one in self._asked)

    @property
    def in_use(self) -> int:
        return len(self._asked) - self.waiting

    @contextmanager
    def asking(self) -> Iterator["_Request"]:
        """Around one request, until its answer is read; to be handed on as ``trace_request_ctx``."""
        request = _Request()
        self._asked.add(request)
        try:
            yield request
        finally:
            self._asked.discard(request)

    @property
    def has_to_spare(self) -> bool:
        """Whether more stand open than were needed at the same time lately."""
        return self.size > max(self._least, self._peak.lately(self._now()), self.in_use)

    async def close(self) -> None:
        await self.session.close()

    def _traced(self) -> aiohttp.TraceConfig:
        trace: aiohttp.TraceConfig = aiohttp.TraceConfig()
        trace.on_connection_queued_start.append(self._waits)
        trace.on_connection_queued_end.append(self._waits_no_more)
        trace.on_connection_create_start.append(self._takes)
        trace.on_connection_create_end.append(self._has_made)
        trace.on_connection_reuseconn.append(self._has_reused)
        return trace

    async def _waits(self, session: Any, context: Any, what: Any) -> None:
        context.trace_request_ctx.waits = True

    async def _waits_no_more(self, session: Any, context: Any, what: Any) -> None:
        context.trace_request_ctx.waits = False

    async def _takes(self, session: Any, context: Any, what: Any) -> None:
        self._peak.note(self.in_use, self._now())

    async def _has_made(self, session: Any, context: Any, what: Any) -> None:
        self.made += 1

    async def _has_reused(self, session: Any, context: Any, what: Any) -> None:
        self.reused += 1
        self._peak.note(self.in_use, self._now())

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _socket(self, address: AddrInfoType) -> socket.socket:
        """TCP's own probes find a dead peer behind a silent stream (a followed log) within a minute and a half."""
        made = socket.socket(*address[:3])
        self._sockets.add(made)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 6)):
            if hasattr(socket, name):
                made.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        return made


class _Request:
    """One on its way. waits: for a connection."""

    waits = False


class _Peak:
    """The largest number noted within the last one to two spans of so many seconds."""

    def __init__(self, span: float) -> None:
        self._span = span
        self._began = float("-inf")
        self._before = self._most = 0

    def note(self, number: int, at: float) -> None:
        self._turn(at)
        self._most = max(self._most, number)

    def lately(self, at: float) -> int:
        self._turn(at)
        return max(self._before, self._most)

    def _turn(self, at: float) -> None:
        if at - self._began >= self._span:
            self._before = self._most if at - self._began < 2 * self._span else 0
            self._most, self._began = 0, at
