"""A cluster whose every request goes through its circuit. It stands where a cluster is asked, since only there it is known that one
is: what the cache answers, or falls back to, never comes by."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Any, cast

from k8sconsole.cluster.port import Cluster
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.pipeline.circuit_breaker import Circuit

_REQUESTS = frozenset(
    ["version", "identity", "discover", "get", "get_path", "create", "replace", "patch", "delete", "evict", "execute", "forward", "can_i"],
)
_LASTING = frozenset({"watch", "logs"})
_LISTS = frozenset({"pages"})


class GuardedCluster:
    """Implements ``cluster.port.Cluster`` for one call. What is no request goes by untouched."""

    def __init__(self, cluster: Cluster, circuit: Circuit, context: ToolContext) -> None:
        self._cluster = cluster
        self._circuit = circuit
        self._context = context

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._cluster, name)
        if name in _REQUESTS:
            return partial(self._request, found)
        if name in _LISTS:
            return partial(self._pages, found)
        return partial(self._lasting, found) if name in _LASTING else found

    async def _request(self, ask: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> Any:
        with self._circuit.asked(self._context.call.request_id, self._context.until):
            return await ask(*args, **kwargs)

    async def _pages(self, ask: Callable[..., Any], *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        """Each page is a request of its own."""
        async with aclosing(ask(*args, **kwargs)) as pages:
            page = await self._next(pages)
            while page is not None:
                yield page
                page = await self._next(pages)

    async def _next(self, pages: Any) -> Any:
        with self._circuit.asked(self._context.call.request_id, self._context.until):
            return await anext(pages, None)

    async def _lasting(self, ask: Callable[..., Any], *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        """Once it has begun, nothing that becomes of others ends it."""
        async with aclosing(ask(*args, **kwargs)) as items:
            with self._circuit.asked(self._context.call.request_id, self._context.until, lasting=True):
                first = await anext(items, None)
            if first is None:
                return
            yield first
            async for item in items:
                yield item


def guarded(cluster: Cluster, circuit: Circuit, context: ToolContext) -> Cluster:
    return cast("Cluster", GuardedCluster(cluster, circuit, context))
