"""``get``: objects of one kind from several clusters, through the pipeline like any other read."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from k8sconsole.errors import NotFound
from k8sconsole.kit.text import find_nearest
from k8sconsole.model.cache_records import RowQuery
from k8sconsole.model.freshness import Freshness, merge_freshness
from k8sconsole.model.objects import Row
from k8sconsole.model.refs import ApiResource, ClusterName, Namespace, ObjectRef, ResourceName
from k8sconsole.model.tables import KindTable
from k8sconsole.model.tools import Face, ToolCall
from k8sconsole.runtime.services.api_resources import Catalogue
from k8sconsole.store.port import Store
from k8sconsole.tools.history.queries import not_found_as_of, parse_as_of
from k8sconsole.tools.pipeline.pipeline import Pipeline
from k8sconsole.tools.reading.rows import RowSource, RowsRequest, open_rows

TOOL = "k8s_list_resources"
NAMESPACES = ResourceName("namespaces")


class Asker(msgspec.Struct, frozen=True):
    """Who asks, through which face."""

    face: Face
    caller: str = "local"


class Asked(msgspec.Struct, frozen=True):
    """No namespaces means all. live: ask the clusters even where the cache could answer. as_of: a past time, as a person writes it."""

    kind: str
    name: str = ""
    namespaces: tuple[str, ...] = ()
    filter: str = ""
    live: bool = False
    as_of: str = ""


class Found(msgspec.Struct, frozen=True):
    """What ``get`` answers. objects: each row's object, masked. empty: the sentence for an empty table. as_of: the moment asked about, None
    for the present."""

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
    as_of: float | None = None


class Fetching:
    """now: the clock, seconds since the epoch."""

    def __init__(self, pipeline: Pipeline, catalogue: Catalogue, store: Store, now: Callable[[], float]) -> None:
        self._now = now
        self._pipeline = pipeline
        self._catalogue = catalogue
        self._store = store

    async def get(self, clusters: Sequence[ClusterName], asked: Asked, face: Face, caller: str) -> Found:
        """Raises FilterError, UsageError for an unknown kind or an impossible time, NotFound for an unknown object or namespace, and what
        the clusters raise."""
        as_of, _ = parse_as_of(asked.as_of, asked.live, "", self._now())
        resource = await self._catalogue.find(clusters[0], asked.kind)
        opened = [await self._open(cluster, resource, asked, as_of, Asker(face, caller)) for cluster in clusters]
        pairs = [pair for one in opened for pair in await one.bodies()]
        freshness = merge_freshness([one.freshness for one in opened])
        if not pairs:
            await self._explain_nothing(clusters[0], resource, asked, opened[0])
        return Found(
            resource=resource,
            table=opened[0].table,
            clusters=tuple(clusters),
            rows=[row for row, _ in pairs],
            objects=[msgspec.json.decode(body) for _, body in pairs],
            total=len(pairs),
            freshness=freshness,
            now=opened[0].now if as_of is not None else max(opened[0].now, freshness.observed_at or 0.0),
            several_namespaces=len(asked.namespaces) != 1,
            empty=empty_sentence(resource, asked.namespaces, asked.name, asked.filter),
            warnings=tuple(warning for one in opened for warning in one.warnings),
            as_of=as_of,
        )

    async def _open(self, cluster: ClusterName, resource: ApiResource, asked: Asked, as_of: float | None, asker: Asker) -> RowSource:
        namespaces = asked.namespaces if resource.namespaced else ()
        arguments = {
            "context": cluster,
            "kind": asked.kind,
            "namespace": list(namespaces) or "*",
            "filter": asked.filter,
            "live": asked.live,
            "as_of": asked.as_of,
        }
        async with self._pipeline.authorised(ToolCall(TOOL, arguments, asker.face, asker.caller)) as invocation:
            return await open_rows(
                invocation.context, RowsRequest(cluster, resource, namespaces, asked.name, asked.filter, asked.live, as_of)
            )

    async def _explain_nothing(self, cluster: ClusterName, resource: ApiResource, asked: Asked, opened: RowSource) -> None:
        """Nothing found is an answer, unless what was named does not exist."""
        as_of = opened.request.as_of
        if asked.name and as_of is not None and (len(asked.namespaces) == 1 or not resource.namespaced):
            ref = ObjectRef(cluster, resource.name, Namespace(asked.namespaces[0] if resource.namespaced else ""), asked.name)
            raise await not_found_as_of(opened.context, resource, ref, as_of)
        known = [row.name for row in await self._names(cluster, NAMESPACES, as_of=as_of)]
        wrong = next((one for one in asked.namespaces if known and one not in known), "") if resource.namespaced else ""
        if wrong:
            close = find_nearest(wrong, known)
            remedy = f"-n {close[0]}" if close else "k8sconsole get namespaces"
            raise NotFound(
                f"no namespace {wrong!r}", f"{cluster} has none of that name", remedy, {"parameter": "namespace", "nearest": close}
            )
        if asked.name:
            names = [row.name for row in await self._names(cluster, resource.name, asked.namespaces, as_of)]
            close = find_nearest(asked.name, names)
            remedy = f"k8sconsole get {resource.plural} {close[0]}" if close else f"k8sconsole get {resource.plural}"
            raise NotFound(empty_sentence(resource, asked.namespaces, asked.name, ""), f"on {cluster}", remedy, {"nearest": close})

    async def _names(
        self, cluster: ClusterName, resource: ResourceName, namespaces: Sequence[str] = (), as_of: float | None = None
    ) -> list[Row]:
        query = RowQuery(resource, (cluster,), tuple(Namespace(one) for one in namespaces), limit=5000, as_of=as_of)
        return (await self._store.objects.rows(query)).rows


def empty_sentence(resource: ApiResource, namespaces: Sequence[str], name: str, text: str) -> str:
    where = f" in {', '.join(namespaces)}" if namespaces and resource.namespaced else ""
    if name:
        return f"no {resource.singular or resource.kind.lower()} {name!r}{where}"
    return f"no {resource.plural}{where} match {text}" if text else f"no {resource.plural}{where}"
