"""Reading the cache for the faces: rows, objects, descriptions, and what the cache says of itself."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.kit.clock import Clock
from k8sconsole.kit.text import format_yaml
from k8sconsole.model.cache_records import ClusterRecord, ResultTable, RowQuery, Rows, ScanState, StoreStatus, ToolUsage, cached_freshness
from k8sconsole.model.freshness import Freshness, merge_freshness
from k8sconsole.model.indicators import RECORDED_FACTS, Indicator, compute_indicators
from k8sconsole.model.refs import ApiResource, ClusterName, Namespace, ObjectRef, ResourceName
from k8sconsole.store.port import Store

if TYPE_CHECKING:
    from k8sconsole.model.describe import Section

EVENTS = ResourceName("events")
LOOKED_BACK = 86_400.0
"""Seconds of kept facts that the indicators speak of."""
Lookup = Callable[[ClusterName, str], Awaitable[ApiResource]]


class CacheReader:
    """What the cache answers, and nothing else: no method of this class reaches a cluster."""

    def __init__(self, store: Store, clock: Clock, lookup: Lookup) -> None:
        self._store = store
        self._lookup = lookup
        self.clock = clock

    async def rows(self, query: RowQuery) -> Rows:
        return await self._store.objects.rows(query)

    async def freshness(self, clusters: Sequence[ClusterName], resource: ResourceName) -> Freshness:
        """Of the cached rows of one kind: as old as the cluster that was confirmed longest ago."""
        states = {state.cluster: state for state in await self._store.metadata.scan_states() if state.resource == resource}
        return merge_freshness([cached_freshness(states.get(cluster), cluster) for cluster in clusters])

    async def body(self, ref: ObjectRef) -> dict[str, Any] | None:
        raw = await self._store.objects.body(ref)
        return None if raw is None else msgspec.json.decode(raw)

    async def describe(self, ref: ObjectRef) -> "list[Section]":
        """Empty when the cache does not know the object."""
        from k8sconsole.model.describe import describe

        found = await self.body(ref)
        if found is None:
            return []
        resource = await self._lookup(ref.cluster, ref.resource)
        events = await self._events_of(ref, resource.kind)
        return await asyncio.to_thread(describe, resource, found, events, self.clock.now())

    async def yaml(self, ref: ObjectRef) -> str:
        """The object as the cache has it: masked, without managedFields. Empty when unknown."""
        found = await self.body(ref)
        return "" if found is None else await asyncio.to_thread(format_yaml, found)

    async def scan_states(self) -> list[ScanState]:
        return await self._store.metadata.scan_states()

    async def tool_usage(self) -> list[ToolUsage]:
        return await self._store.audit.tool_usage()

    async def store_status(self) -> StoreStatus:
        return await self._store.status()

    async def indicators(self, seconds: float = LOOKED_BACK) -> list[Indicator]:
        """How well the program does, by the facts kept in the last ``seconds``."""
        now = self.clock.now()
        facts = {name: await self._store.audit.figures(name, now - seconds) for name in RECORDED_FACTS}
        return compute_indicators(facts, now - seconds, now)

    async def kept_metrics(self, seconds: float = LOOKED_BACK) -> str:
        """What the calls of all processes on this cache came to in the last ``seconds``, in Prometheus's text form."""
        from k8sconsole.runtime.metrics.prometheus import kept_metrics

        return await kept_metrics(self._store, self.clock.now() - seconds)

    async def known_clusters(self) -> list[ClusterRecord]:
        return await self._store.metadata.clusters()

    async def query(self, sql: str, *, limit: int = 1000) -> ResultTable:
        return await self._store.query(sql, limit=limit)

    async def clean_cache(self) -> int:
        return await self._store.clean(self.clock.now())

    async def _events_of(self, ref: ObjectRef, kind: str) -> list[dict[str, Any]]:
        rows = await self._store.objects.rows(
            RowQuery(EVENTS, clusters=(ref.cluster,), namespaces=(ref.namespace or Namespace("default"),))
        )
        about = f"{kind.lower()}/{ref.name}"
        found = [await self.body(row.ref) for row in rows.rows if about in row.cells]
        return [one for one in found if one]
