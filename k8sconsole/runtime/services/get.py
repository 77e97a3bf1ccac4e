"""``get``: objects of one kind from several clusters, through the pipeline like any other read."""

from collections.abc import Sequence
from typing import Any

import msgspec

from k8sconsole.errors import ConsoleError, Forbidden, NotFound, ServerError, Unavailable
from k8sconsole.kit.text import find_nearest
from k8sconsole.model.cache_records import RowQuery
from k8sconsole.model.freshness import Freshness, merge_freshness
from k8sconsole.model.kind_names import choice_note, mention_choice
from k8sconsole.model.objects import Row
from k8sconsole.model.refs import ApiResource, ClusterName, Namespace, ObjectRef, ResourceName
from k8sconsole.model.tables import KindTable
from k8sconsole.model.tools import Face, ToolCall
from k8sconsole.runtime.services.api_resources import ApiResources
from k8sconsole.store.port import Store
from k8sconsole.tools.history.queries import not_found_as_of, parse_as_of
from k8sconsole.tools.pipeline.middleware.retry import retry_read
from k8sconsole.tools.pipeline.pipeline import Pipeline
from k8sconsole.tools.reading.rows import RowSource, RowsRequest, open_rows

TOOL = "k8s_list_resources"
NAMESPACES = ResourceName("namespaces")


class GetRequest(msgspec.Struct, frozen=True):
    """kind: any word a person uses for it. No namespaces means each context's own, or all with everywhere. live: read the clusters even
    where the cache could answer. as_of: a past time as a person writes it, empty for now."""

    kind: str
    name: str = ""
    namespaces: tuple[str, ...] = ()
    filter: str = ""
    live: bool = False
    as_of: str = ""
    everywhere: bool = False


class GetResult(msgspec.Struct, frozen=True):
    """objects: the masked body of each row. empty: the sentence to show for no rows. now: seconds since the epoch, or
    ``as_of``, the past time that was read; None for the present. clock_skews: seconds by which the servers' clocks are ahead: the ages of
    their objects count from ``now`` and these."""

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
    clock_skews: dict[ClusterName, float] = {}

    def server_now(self, cluster: ClusterName) -> float:
        """``now`` by the clock of that cluster's server."""
        return self.now + self.clock_skews.get(cluster, 0.0)


class ObjectGetter:
    """Reads objects through the pipeline."""

    def __init__(self, pipeline: Pipeline, api_resources: ApiResources, store: Store) -> None:
        self._pipeline = pipeline
        self._api_resources = api_resources
        self._store = store

    async def get(self, clusters: Sequence[ClusterName], request: GetRequest, face: Face) -> GetResult:
        """Raises FilterError, UsageError for an unknown kind or an impossible time, NotFound for an unknown object or namespace, and what
        the clusters raise."""
        as_of, _ = parse_as_of(request.as_of, request.live, "", self._pipeline.environment.clock.now())
        resource = await self._api_resources.find(clusters[0], request.kind)
        note = choice_note(request.kind, resource, await self._api_resources.rivals(clusters[0], request.kind))
        opened, unread = await self._open_each(clusters, resource, request, as_of, face)
        read = [await each.objects() for each in opened]
        pairs = [pair for each in read for pair in zip(each.rows, each.bodies, strict=True)]
        freshness = merge_freshness([each.freshness for each in opened])
        missing = (*freshness.missing, *unread)
        freshness = msgspec.structs.replace(freshness, complete=freshness.complete and not unread, missing=missing)
        spaces = {each.request.namespaces for each in opened}
        several = len(spaces) > 1 or any(len(namespaces) != 1 for namespaces in spaces)
        if not pairs and not unread:
            with mention_choice((note,)):
                await self._explain_empty(clusters[0], resource, request, opened[0])
        return GetResult(
            resource=resource,
            table=opened[0].table,
            clusters=tuple(clusters),
            rows=[row for row, _ in pairs],
            objects=[msgspec.json.decode(body) for _, body in pairs],
            total=len(pairs),
            freshness=freshness,
            now=as_of if as_of is not None else max(opened[0].context.now, freshness.observed_at or 0.0),
            clock_skews={cluster: self._pipeline.environment.clock_skew(cluster) for cluster in clusters},
            several_namespaces=several,
            empty=_explain_scope(empty_sentence(resource, opened[0].request.namespaces, request.name, request.filter), request, opened[0]),
            warnings=tuple(
                dict.fromkeys(
                    (
                        *((note,) if note else ()),
                        *(warning for source, rows in zip(opened, read, strict=True) for warning in (*source.warnings, *rows.warnings)),
                    )
                )
            ),
            as_of=as_of,
        )

    async def _open_each(
        self, clusters: Sequence[ClusterName], resource: ApiResource, request: GetRequest, as_of: float | None, face: Face
    ) -> tuple[list[RowSource], list[str]]:
        """The rows of each cluster, and why others cannot be read. Raises the first of these reasons where no cluster can be read."""
        opened: list[RowSource] = []
        problems: list[ConsoleError] = []
        unread: list[str] = []
        for cluster in clusters:
            try:
                opened.append(await self._open(cluster, resource, request, as_of, face))
            except (Unavailable, Forbidden, ServerError) as problem:
                problems.append(problem)
                unread.append(f"{cluster}: {problem}")
        if not opened:
            raise problems[0]
        return opened, unread

    async def _open(self, cluster: ClusterName, resource: ApiResource, request: GetRequest, as_of: float | None, face: Face) -> RowSource:
        namespaces = self._namespaces(cluster, resource, request)
        arguments = {
            "context": cluster,
            "kind": str(resource.name),
            "namespace": list(namespaces) or "*",
            "filter": request.filter,
            "live": request.live,
            "as_of": request.as_of,
        }
        async with self._pipeline.authorised(ToolCall(TOOL, arguments, face)) as invocation:
            query = RowsRequest(cluster, resource, namespaces, request.name, request.filter, request.live, as_of)
            clock = self._pipeline.environment.clock
            return await retry_read(clock, invocation.context, lambda: open_rows(invocation.context, query))

    def _namespaces(self, cluster: ClusterName, resource: ApiResource, request: GetRequest) -> tuple[str, ...]:
        """The namespaces to read on this cluster; () for all."""
        if not resource.namespaced or request.everywhere:
            return ()
        return request.namespaces or (self._pipeline.environment.default_namespace(cluster),)

    async def _explain_empty(self, cluster: ClusterName, resource: ApiResource, request: GetRequest, opened: RowSource) -> None:
        """Raises NotFound where a namespace or a name does not exist; otherwise no rows is the answer."""
        as_of, namespaces = opened.request.as_of, opened.request.namespaces
        if request.name and as_of is not None and (len(namespaces) == 1 or not resource.namespaced):
            ref = ObjectRef(cluster, resource.name, Namespace(namespaces[0] if namespaces else ""), request.name)
            raise await not_found_as_of(opened.context, resource, ref, as_of)
        existing = await self._names(cluster, NAMESPACES, as_of=as_of)
        unknown = next((name for name in namespaces if existing and name not in existing), "")
        if unknown:
            raise _unknown_namespace(cluster, unknown, existing)
        if request.name:
            raise await self._name_not_found(cluster, resource, request.name, opened)

    async def _name_not_found(self, cluster: ClusterName, resource: ApiResource, name: str, opened: RowSource) -> NotFound:
        """The error for a name that none of the namespaces has: where else it is, else the names most like it."""
        namespaces, as_of = opened.request.namespaces, opened.request.as_of
        elsewhere = [row.namespace for row in await self._rows(cluster, resource.name, as_of, name=name) if row.namespace not in namespaces]
        close = find_nearest(name, await self._names(cluster, resource.name, namespaces, as_of))
        place = f" -n {namespaces[0]}" if namespaces else ""
        remedy = f"k8sconsole get {resource.plural}{f' {close[0]}' if close else ''}{place}"
        if elsewhere:
            remedy = f"-n {elsewhere[0]}"
        why = f"it exists in {', '.join(elsewhere[:5])} on {cluster}" if elsewhere else f"on {cluster}"
        return NotFound(empty_sentence(resource, namespaces, name, ""), why, remedy, {"nearest": close, "namespaces": elsewhere[:5]})

    async def _names(
        self, cluster: ClusterName, resource: ResourceName, namespaces: Sequence[str] = (), as_of: float | None = None
    ) -> list[str]:
        return [row.name for row in await self._rows(cluster, resource, as_of, namespaces)]

    async def _rows(
        self, cluster: ClusterName, resource: ResourceName, as_of: float | None, namespaces: Sequence[str] = (), name: str = ""
    ) -> list[Row]:
        query = RowQuery(resource, (cluster,), tuple(Namespace(one) for one in namespaces), name, limit=5000, as_of=as_of)
        return (await self._store.objects.rows(query)).rows


def _explain_scope(sentence: str, request: GetRequest, opened: RowSource) -> str:
    """The sentence, with the remedy where the namespace was the context's and not the person's choice."""
    return sentence if request.namespaces or not opened.request.namespaces else f"{sentence}, the context's own namespace (try: -A for all)"


def _unknown_namespace(cluster: ClusterName, name: str, existing: list[str]) -> NotFound:
    close = find_nearest(name, existing)
    remedy = f"-n {close[0]}" if close else "k8sconsole get namespaces"
    return NotFound(f"no namespace {name!r}", f"{cluster} has none of that name", remedy, {"parameter": "namespace", "nearest": close})


def empty_sentence(resource: ApiResource, namespaces: Sequence[str], name: str, expression: str) -> str:
    """Such as ``no pods in shop match status=Failed``. expression: the filter."""
    where = f" in {', '.join(namespaces)}" if namespaces and resource.namespaced else ""
    if name:
        return f"no {resource.singular or resource.kind.lower()} {name!r}{where}"
    return f"no {resource.plural}{where} match {expression}" if expression else f"no {resource.plural}{where}"
