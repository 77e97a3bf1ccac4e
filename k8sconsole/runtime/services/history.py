"""``history``, ``diff`` and the timeline: the past through the pipeline, like any other read."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.errors import UsageError
from k8sconsole.model.freshness import Freshness
from k8sconsole.model.history import ChangeQuery, TimelineItem
from k8sconsole.model.kind_names import choice_note, mention_choice
from k8sconsole.model.refs import ClusterName, Namespace, ObjectRef
from k8sconsole.model.tools import Face, ToolCall
from k8sconsole.runtime.services.api_resources import ApiResources

if TYPE_CHECKING:
    from k8sconsole.tools.history.diff import DiffPage
    from k8sconsole.tools.history.versions import ObjectHistory
    from k8sconsole.tools.pipeline.pipeline import Pipeline

VERSIONS, DIFF, TIMELINE = "history_list_versions", "history_diff", "history_timeline"


class VersionsRequest(msgspec.Struct, frozen=True):
    """since and until as a person writes them; empty means the beginning and now. No namespace means the context's own."""

    kind: str
    name: str
    namespace: str = ""
    since: str = ""
    until: str = ""


class DiffRequest(msgspec.Struct, frozen=True):
    """since and until as in ``VersionsRequest``. An empty kind, name, owner or field means all. No namespaces means each context's own, or
    all with everywhere."""

    since: str
    until: str = ""
    kind: str = ""
    name: str = ""
    namespaces: tuple[str, ...] = ()
    owner: str = ""
    field: str = ""
    everywhere: bool = False


class VersionsResult(msgspec.Struct, frozen=True):
    report: "ObjectHistory"
    freshness: Freshness
    warnings: tuple[str, ...] = ()


class DiffResult(msgspec.Struct, frozen=True):
    """namespaces: those that were compared; () for all."""

    report: "DiffPage"
    freshness: Freshness
    warnings: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()


class HistoryService:
    """The HistoryApi.

    pipeline: returns the pipeline, which is built by the first call. selected: the clusters shown now. events_of: (ref, kind) -> the events
    about an object.
    """

    def __init__(
        self,
        pipeline: "Callable[[], Pipeline]",
        api_resources: ApiResources,
        selected: Callable[[], Sequence[ClusterName]],
        face: Face,
        events_of: Callable[[ObjectRef, str], Awaitable[list[dict[str, Any]]]],
    ) -> None:
        self._pipeline = pipeline
        self._api_resources = api_resources
        self._selected = selected
        self._face = face
        self._events_of = events_of

    async def versions(self, request: VersionsRequest) -> VersionsResult:
        """Raises UsageError for an impossible time, an unknown kind, or several selected clusters; NotFound."""
        clusters = self._selected()
        if len(clusters) != 1:
            raise UsageError("history", f"one object is on one cluster, not on {len(clusters)}", f"--context {clusters[0]}")
        return await self._versions(clusters[0], request)

    async def diff(self, request: DiffRequest) -> DiffResult:
        """Raises UsageError for an impossible time or an unknown kind."""
        from k8sconsole.tools.history.diff import open_window, readable_kinds
        from k8sconsole.tools.history.queries import parse_span

        clusters = tuple(self._selected())
        request = msgspec.structs.replace(request, namespaces=await self._namespaces(clusters, request))
        call = ToolCall(DIFF, {"context": ",".join(clusters), **msgspec.structs.asdict(request)}, self._face)
        async with self._pipeline().authorised(call) as invocation:
            span = parse_span(request.since, request.until, "", invocation.context.now)
            kinds = await readable_kinds(invocation.context, invocation.spec, clusters, request.kind, request.namespaces)
            namespaces = tuple(Namespace(name) for name in request.namespaces)
            query = ChangeQuery(span.since, span.until, clusters, kinds, namespaces, request.name, request.owner, request.field)
            window, freshness, warnings = await open_window(invocation.context, query)
            report, _ = await window.page()
            return DiffResult(report, freshness, (*invocation.context.remarks, *warnings), request.namespaces)

    async def _namespaces(self, clusters: Sequence[ClusterName], request: DiffRequest) -> tuple[str, ...]:
        """The namespaces to compare, the contexts' own by default; () for all, and for a kind without namespaces."""
        if request.everywhere or (request.kind and not (await self._api_resources.find(clusters[0], request.kind)).namespaced):
            return ()
        own = self._pipeline().environment.default_namespace
        return request.namespaces or tuple(dict.fromkeys(own(cluster) for cluster in clusters))

    async def timeline(self, ref: ObjectRef) -> list[TimelineItem]:
        """The versions of the object, the last day's changes of what it owns, and the events about it. Raises what ``versions`` does."""
        from k8sconsole.runtime.services import timeline
        from k8sconsole.tools.history.diff import readable_kinds, timeline_entry
        from k8sconsole.tools.history.queries import history_of

        resource = await self._api_resources.find(ref.cluster, ref.resource)
        events = await self._events_of(ref, resource.kind)
        report = (await self._versions(ref.cluster, VersionsRequest(ref.resource, ref.name, ref.namespace))).report
        owner = f"{resource.kind}/{ref.name}"
        call = ToolCall(TIMELINE, {"context": ref.cluster, "owner": owner, "namespace": ref.namespace}, self._face)
        async with self._pipeline().authorised(call) as invocation:
            context = invocation.context
            namespaces = (ref.namespace,) if ref.namespace else ()
            kinds = await readable_kinds(context, invocation.spec, (ref.cluster,), "", namespaces)
            since = context.now - timeline.DAY
            query = ChangeQuery(since, context.now, (ref.cluster,), kinds, namespaces, owner=owner, limit=timeline.MOST_OWNED)
            store = history_of(context)
            owned = [await timeline_entry(store, version) for version in (await store.changes(query)).versions]
        return timeline.moments(report, owned, events, context.environment.clock_skew(ref.cluster))

    async def _versions(self, cluster: ClusterName, request: VersionsRequest) -> VersionsResult:
        from k8sconsole.tools.history.queries import parse_span
        from k8sconsole.tools.history.versions import ObjectHistoryQuery, read_object_history
        from k8sconsole.tools.object_lookup import object_namespace

        resource = await self._api_resources.find(cluster, request.kind)
        note = choice_note(request.kind, resource, await self._api_resources.rivals(cluster, request.kind))
        call = ToolCall(VERSIONS, {"context": cluster, **msgspec.structs.asdict(request)}, self._face)
        async with self._pipeline().authorised(call) as invocation:
            context = invocation.context
            span = parse_span(request.since, request.until, "", context.now)
            namespace = Namespace(object_namespace(context, cluster, resource, request.namespace))
            ref = ObjectRef(cluster, resource.name, namespace, request.name)
            with mention_choice((note,)):
                found = await read_object_history(context, ObjectHistoryQuery(resource, ref, span.since, span.until))
            return VersionsResult(found.history, found.freshness, (*((note,) if note else ()), *found.warnings))
