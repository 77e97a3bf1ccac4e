"""A cluster whose requests all pass its circuit breaker.

The breaker sits here, at the cluster, because a tool may answer from the cache without any request.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Any, cast

from k8sconsole.cluster.port import Cluster
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.pipeline.circuit_breaker import CircuitBreaker

_REQUESTS = frozenset(
    ["version", "identity", "discover", "get", "get_path", "create", "replace", "patch", "delete", "evict", "execute", "forward", "can_i"],
)
_STREAMS = frozenset({"watch", "logs"})
_LISTS = frozenset({"pages"})


class GuardedCluster:
    """Implements ``cluster.port.Cluster`` for one call. Attributes that are not requests pass through unchanged."""

    def __init__(self, cluster: Cluster, breaker: CircuitBreaker, context: ToolContext) -> None:
        self._cluster = cluster
        self._breaker = breaker
        self._context = context

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._cluster, name)
        if name in _REQUESTS:
            return partial(self._request, attribute)
        if name in _LISTS:
            return partial(self._pages, attribute)
        return partial(self._stream, attribute) if name in _STREAMS else attribute

    async def _request(self, send: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> Any:
        with self._breaker.guard_request(self._context.call.request_id, self._context.deadline_at):
            return await send(*args, **kwargs)

    async def _pages(self, send: Callable[..., Any], *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        """Each page is one request."""
        async with aclosing(send(*args, **kwargs)) as pages:
            page = await self._next_page(pages)
            while page is not None:
                yield page
                page = await self._next_page(pages)

    async def _next_page(self, pages: Any) -> Any:
        with self._breaker.guard_request(self._context.call.request_id, self._context.deadline_at):
            return await anext(pages, None)

    async def _stream(self, send: Callable[..., Any], *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        """Only the first item is guarded: a stream that has begun is not ended by failures of other requests."""
        async with aclosing(send(*args, **kwargs)) as items:
            with self._breaker.guard_request(self._context.call.request_id, self._context.deadline_at, long_running=True):
                first = await anext(items, None)
            if first is None:
                return
            yield first
            async for item in items:
                yield item


def guard_cluster(cluster: Cluster, breaker: CircuitBreaker, context: ToolContext) -> Cluster:
    return cast("Cluster", GuardedCluster(cluster, breaker, context))
