"""``history`` and ``diff``: the past in full, through the pipeline like any other read."""

from collections.abc import Sequence
from typing import Any

import msgspec

from k8sconsole.errors import UsageError
from k8sconsole.model.freshness import Freshness
from k8sconsole.model.history import ChangeQuery, TimelineItem
from k8sconsole.model.refs import ClusterName, Namespace, ObjectRef
from k8sconsole.model.tools import Face, ToolCall
from k8sconsole.runtime.services import timeline
from k8sconsole.runtime.services.api_resources import Catalogue
from k8sconsole.tools.history.diff import DiffPage, open_window, readable_kinds, timeline_entry
from k8sconsole.tools.history.queries import history_of, parse_span
from k8sconsole.tools.history.versions import ObjectHistory, ObjectHistoryQuery, read_object_history
from k8sconsole.tools.object_lookup import object_namespace
from k8sconsole.tools.pipeline.pipeline import Pipeline

LIFE, CHANGES, TIMELINE = "history_list_versions", "history_diff", "history_timeline"


class LifeWanted(msgspec.Struct, frozen=True):
    """since and until as a person writes them, empty for the beginning and now. No namespace means the context's own."""

    kind: str
    name: str
    namespace: str = ""
    since: str = ""
    until: str = ""


class ChangesWanted(msgspec.Struct, frozen=True):
    """As ``LifeWanted``, of many objects. Empty means all."""

    since: str
    until: str = ""
    kind: str = ""
    name: str = ""
    namespaces: tuple[str, ...] = ()
    owner: str = ""
    field: str = ""


class Remembered(msgspec.Struct, frozen=True):
    """What history told, with how well it knows."""

    told: ObjectHistory | DiffPage
    freshness: Freshness
    warnings: tuple[str, ...] = ()


class Remembering:
    def __init__(self, pipeline: Pipeline, catalogue: Catalogue) -> None:
        self._pipeline = pipeline
        self._catalogue = catalogue

    async def life(self, clusters: Sequence[ClusterName], wanted: LifeWanted, face: Face) -> Remembered:
        """Raises UsageError for a time that cannot be, an unknown kind, or more than one cluster; NotFound."""
        if len(clusters) != 1:
            raise UsageError("history", f"one object is on one cluster, not on {len(clusters)}", f"--context {clusters[0]}")
        resource = await self._catalogue.find(clusters[0], wanted.kind)
        call = ToolCall(LIFE, {"context": clusters[0], **msgspec.structs.asdict(wanted)}, face)
        async with self._pipeline.authorised(call) as invocation:
            context = invocation.context
            span = parse_span(wanted.since, wanted.until, "", context.now)
            namespace = Namespace(object_namespace(context, clusters[0], resource, wanted.namespace))
            ref = ObjectRef(clusters[0], resource.name, namespace, wanted.name)
            found = await read_object_history(context, ObjectHistoryQuery(resource, ref, span.since, span.until))
            return Remembered(found.history, found.freshness, found.warnings)

    async def timeline(self, ref: ObjectRef, events: list[dict[str, Any]], face: Face) -> list[TimelineItem]:
        """Its own life, what happened in the last day to what it owns, and these events about it. Raises what ``life`` does."""
        told = (await self.life((ref.cluster,), LifeWanted(ref.resource, ref.name, ref.namespace), face)).told
        resource = await self._catalogue.find(ref.cluster, ref.resource)
        owner = f"{resource.kind}/{ref.name}"
        call = ToolCall(TIMELINE, {"context": ref.cluster, "owner": owner, "namespace": ref.namespace}, face)
        async with self._pipeline.authorised(call) as invocation:
            context = invocation.context
            spaces = (ref.namespace,) if ref.namespace else ()
            kinds = await readable_kinds(context, invocation.spec, (ref.cluster,), "", spaces)
            since = context.now - timeline.DAY
            query = ChangeQuery(since, context.now, (ref.cluster,), kinds, spaces, owner=owner, limit=timeline.MOST_OWNED)
            store = history_of(context)
            owned = [await timeline_entry(store, version) for version in (await store.changes(query)).versions]
        return timeline.moments(told, owned, events)

    async def changes(self, clusters: Sequence[ClusterName], wanted: ChangesWanted, face: Face) -> Remembered:
        """Over all these clusters. Raises UsageError for a time that cannot be, or an unknown kind."""
        call = ToolCall(CHANGES, {"context": ",".join(clusters), **msgspec.structs.asdict(wanted)}, face)
        async with self._pipeline.authorised(call) as invocation:
            span = parse_span(wanted.since, wanted.until, "", invocation.context.now)
            kinds = await readable_kinds(invocation.context, invocation.spec, clusters, wanted.kind, wanted.namespaces)
            namespaces = tuple(Namespace(one) for one in wanted.namespaces)
            query = ChangeQuery(span.since, span.until, tuple(clusters), kinds, namespaces, wanted.name, wanted.owner, wanted.field)
            window, freshness, warnings = await open_window(invocation.context, query)
            told, _ = await window.page()
            return Remembered(told, freshness, warnings)
