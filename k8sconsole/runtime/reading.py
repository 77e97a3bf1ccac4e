"""Reading for the faces: rows, objects, descriptions, each with how old it is. The cache answers; the cluster where the cache cannot."""

from collections.abc import Sequence
from typing import Any

import msgspec

from k8sconsole.kit.clock import Clock
from k8sconsole.model.describe import Section, describe
from k8sconsole.model.filters import parse
from k8sconsole.model.freshness import Freshness, Source, oldest
from k8sconsole.model.objects import Row
from k8sconsole.model.reading import RowQuery, Rows, ScanState, ScanStatus
from k8sconsole.model.refs import ApiResource, ClusterName, Namespace, ObjectRef, ResourceName
from k8sconsole.model.tables import KindTable
from k8sconsole.runtime.catalogue import Catalogue
from k8sconsole.store.port import Store

EVENTS = ResourceName("events")


class Found(msgspec.Struct, frozen=True):
    """What ``get`` answers. objects: each row's object, masked. empty: the sentence for an empty table."""

    resource: ApiResource
    table: KindTable
    clusters: tuple[ClusterName, ...]
    rows: list[Row]
    objects: list[dict[str, Any]]
    total: int
    freshness: Freshness
    now: float
    several_namespaces: bool
    empty: str
    warnings: tuple[str, ...] = ()


class Reading:
    def __init__(self, store: Store, catalogue: Catalogue, clock: Clock) -> None:
        self._store = store
        self._catalogue = catalogue
        self._clock = clock

    async def rows(self, query: RowQuery) -> Rows:
        return await self._store.rows(query)

    async def freshness(self, clusters: Sequence[ClusterName], resource: ResourceName) -> Freshness:
        """Of the cached rows of one kind: as old as the cluster that was confirmed longest ago."""
        states = {state.cluster: state for state in await self._store.scan_states() if state.resource == resource}
        return oldest([freshness_of(states.get(cluster), cluster) for cluster in clusters])

    async def covered(self, cluster: ClusterName, resource: ResourceName) -> bool:
        """Whether the cache has ever held all of this kind."""
        states = [state for state in await self._store.scan_states(cluster) if state.resource == resource]
        return bool(states) and states[0].confirmed_at is not None

    async def body(self, ref: ObjectRef) -> dict[str, Any] | None:
        raw = await self._store.body(ref)
        return None if raw is None else msgspec.json.decode(raw)

    async def describe(self, ref: ObjectRef) -> list[Section]:
        """Empty when the cache does not know the object."""
        found = await self.body(ref)
        if found is None:
            return []
        return describe(ref.resource, found, await self._events_of(ref, str(found.get("kind", ""))), self._clock.now())

    async def yaml(self, ref: ObjectRef) -> str:
        """The object as the cache has it: masked, without managedFields. Empty when unknown."""
        found = await self.body(ref)
        if found is None:
            return ""
        import asyncio

        return await asyncio.to_thread(_yaml, found)

    async def cached(
        self, resource: ApiResource, clusters: tuple[ClusterName, ...], namespaces: tuple[Namespace, ...], name: str, text: str
    ) -> Found:
        """Rows and objects out of the cache. Raises FilterError."""
        query = RowQuery(resource.name, clusters=clusters, namespaces=namespaces, name=name, filter=parse(text) if text else None)
        pairs = await self._store.bodies(query)
        return Found(
            resource=resource,
            table=self._catalogue.table(clusters[0], resource),
            clusters=clusters,
            rows=[row for row, _ in pairs],
            objects=[msgspec.json.decode(body) for _, body in pairs],
            total=len(pairs),
            freshness=await self.freshness(clusters, resource.name),
            now=self._clock.now(),
            several_namespaces=len(namespaces) != 1,
            empty=empty_sentence(resource, namespaces, name, text),
        )

    async def _events_of(self, ref: ObjectRef, kind: str) -> list[dict[str, Any]]:
        rows = await self._store.rows(RowQuery(EVENTS, clusters=(ref.cluster,), namespaces=(ref.namespace or Namespace("default"),)))
        about = f"{kind.lower()}/{ref.name}"
        found = [await self.body(row.ref) for row in rows.rows if about in row.cells]
        return [one for one in found if one]


def freshness_of(state: ScanState | None, cluster: ClusterName) -> Freshness:
    if state is None:
        return Freshness(Source.CACHE, None, False, (f"{cluster}: not read yet",))
    failed = (f"{cluster}: {state.error}",) if state.status is ScanStatus.FAILED and state.error else ()
    missing = tuple(dict.fromkeys((*state.missing, *failed)))
    return Freshness(Source.CACHE, state.confirmed_at, not missing and state.confirmed_at is not None, missing)


def empty_sentence(resource: ApiResource, namespaces: Sequence[str], name: str, text: str) -> str:
    where = f" in {', '.join(namespaces)}" if namespaces and resource.namespaced else ""
    if name:
        return f"no {resource.singular or resource.kind.lower()} {name!r}{where}"
    return f"no {resource.plural}{where} match {text}" if text else f"no {resource.plural}{where}"


def _yaml(value: dict[str, Any]) -> str:
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(value, Dumper=dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=10_000)
    return text
