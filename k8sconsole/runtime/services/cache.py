"""Reading the cache: rows, objects, descriptions, and what the cache says of itself. No method reaches a cluster."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.kit.clock import Clock
from k8sconsole.kit.yaml_text import format_yaml
from k8sconsole.model.cache_records import ClusterRecord, ResultTable, RowQuery, Rows, ScanState, StoreStatus, cached_freshness, covers
from k8sconsole.model.freshness import Freshness, merge_freshness
from k8sconsole.model.refs import ApiResource, ClusterName, Namespace, ObjectRef, ResourceName
from k8sconsole.store.port import Store

if TYPE_CHECKING:
    from k8sconsole.model.describe import RelatedQuery, Section

EVENTS = ResourceName("events")


class CacheService:
    """The CacheApi over a store.

    find_resource: (context, word) -> resource. record_tools: brings the catalogue table up to date; awaited before each SQL query.
    troubles(context): why its cached rows may be behind the cluster. clock_skew(context): seconds by which its server's clock is ahead.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        find_resource: Callable[[ClusterName, str], Awaitable[ApiResource]],
        record_tools: Callable[[], Awaitable[None]],
        troubles: Callable[[ClusterName], tuple[str, ...]] = lambda context: (),
        clock_skew: Callable[[ClusterName], float] = lambda context: 0.0,
    ) -> None:
        self._clock_skew = clock_skew
        self._troubles = troubles
        self._store = store
        self._clock = clock
        self._find_resource = find_resource
        self._record_tools = record_tools

    async def rows(self, query: RowQuery) -> Rows:
        return await self._store.objects.rows(query)

    async def freshness(self, clusters: Sequence[ClusterName], resource: ResourceName, namespaces: Sequence[Namespace] = ()) -> Freshness:
        states = {state.cluster: state for state in await self._store.metadata.scan_states() if state.resource == resource}
        return merge_freshness(
            [cached_freshness(states.get(cluster), cluster, namespaces, self._troubles(cluster)) for cluster in clusters]
        )

    async def body(self, ref: ObjectRef) -> dict[str, Any] | None:
        raw = await self._store.objects.body(ref)
        return None if raw is None else msgspec.json.decode(raw)

    async def describe(self, ref: ObjectRef) -> "list[Section]":
        from k8sconsole.model.describe import describe, list_related

        body = await self.body(ref)
        if body is None:
            return []
        resource = await self._find_resource(ref.cluster, ref.resource)
        missing: list[str] = []
        readable = await self._was_read(ref.cluster, EVENTS, (ref.namespace or Namespace("default"),), missing)
        events = await self.events_of(ref, resource.kind) if readable else None
        related = {query.resource: await self._related(ref.cluster, query, missing) for query in list_related(ref.resource, body)}
        server_now = self._clock.now() + self._clock_skew(ref.cluster)
        return await asyncio.to_thread(describe, resource, body, events, server_now, related, missing)

    async def _related(self, cluster: ClusterName, query: "RelatedQuery", missing: list[str]) -> list[dict[str, Any]] | None:
        """Other objects of a description; None where their kind or namespace was never read. missing: receives what they lack."""
        from k8sconsole.model.filters import parse_filter

        resource, namespaces = ResourceName(query.resource), (Namespace(query.namespace),) if query.namespace else ()
        if not await self._was_read(cluster, resource, namespaces, missing):
            return None
        expression = parse_filter(query.expression) if query.expression else None
        found = await self._store.objects.bodies(RowQuery(resource, (cluster,), namespaces, filter=expression))
        return [msgspec.json.decode(body) for _, body in found]

    async def _was_read(self, cluster: ClusterName, resource: ResourceName, namespaces: Sequence[Namespace], missing: list[str]) -> bool:
        """Whether the kind was read there. missing: receives what the cached objects lack."""
        states = await self._store.metadata.scan_states(cluster)
        state = next((state for state in states if state.resource == resource), None)
        freshness = cached_freshness(state, cluster, namespaces)
        if not covers(state, namespaces) or freshness.observed_at is None:
            return False
        missing += freshness.missing
        return True

    async def yaml(self, ref: ObjectRef) -> str:
        body = await self.body(ref)
        return "" if body is None else await asyncio.to_thread(format_yaml, body)

    async def scan_states(self) -> list[ScanState]:
        return await self._store.metadata.scan_states()

    async def status(self) -> StoreStatus:
        return await self._store.status()

    async def clusters(self) -> list[ClusterRecord]:
        return await self._store.metadata.clusters()

    async def query(self, sql: str, *, limit: int = 1000) -> ResultTable:
        await self._record_tools()
        return await self._store.query(sql, limit=limit)

    async def delete_expired(self) -> int:
        return await self._store.clean(self._clock.now())

    async def events_of(self, ref: ObjectRef, kind: str) -> list[dict[str, Any]]:
        """The events about one object. kind: the object's own, such as ``Pod``."""
        rows = await self._store.objects.rows(
            RowQuery(EVENTS, clusters=(ref.cluster,), namespaces=(ref.namespace or Namespace("default"),))
        )
        involved = f"{kind.lower()}/{ref.name}"
        bodies = [await self.body(row.ref) for row in rows.rows if involved in row.cells]
        return [body for body in bodies if body]
