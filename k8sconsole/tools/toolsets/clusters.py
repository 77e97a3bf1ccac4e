"""The contexts of the kubeconfig, and an overview of one cluster."""

import msgspec

from k8sconsole.errors import ConsoleError, Unavailable
from k8sconsole.model.cache_records import ClusterRecord
from k8sconsole.model.clusters import describe_clock_skew
from k8sconsole.model.freshness import Freshness, Source, merge_freshness
from k8sconsole.model.refs import ClusterName, ResourceName
from k8sconsole.model.tools import Capabilities, Scope
from k8sconsole.tools.context import Common, ToolContext, silent_group_reasons
from k8sconsole.tools.parameters import Live
from k8sconsole.tools.reading.rows import RowsRequest, open_rows
from k8sconsole.tools.results import Reply
from k8sconsole.tools.spec import ToolSpec, reading_tool

COUNTED = ("nodes", "namespaces", "pods", "services", "deployments.apps", "statefulsets.apps", "daemonsets.apps", "jobs.batch")


class GetClusterInfoInput(Common, kw_only=True):
    live: Live = False


class ClusterInfo(msgspec.Struct):
    """counts: objects by kind, for the kinds that were read. answers: whether the API server answered the last request.

    clock_skew_seconds: by how much the server's clock is ahead of this machine's; 0 while the difference is too small to tell.
    """

    context: str
    server: str
    version: str
    answers: bool
    counts: dict[str, int]
    clock_skew_seconds: float = 0.0


async def get_cluster_info(args: GetClusterInfoInput, context: ToolContext) -> Reply:
    name = context.resolve_context(args.context)
    record = await _cluster_record(context, name)
    if record is not None and not args.live:
        counts = await _cached_counts(context, name)
        return _cluster_reply(
            context,
            ClusterInfo(name, record.api_server, record.version, not context.environment.is_lost(name), counts),
            await _counts_freshness(context, name, record),
        )
    try:
        cluster = await context.open_cluster(name)
        version = await cluster.version()
    except Unavailable as problem:
        if record is None:
            raise
        info = ClusterInfo(name, record.api_server, record.version, False, await _cached_counts(context, name))
        return _cluster_reply(context, info, await _counts_freshness(context, name, record), (f"{name} does not answer: {problem}",))
    counts, missing = await _count_kinds(context, name, live=args.live)
    return _cluster_reply(context, ClusterInfo(name, cluster.server, version.git_version, True, counts), context.live_freshness(missing))


def _cluster_reply(context: ToolContext, info: ClusterInfo, freshness: Freshness, warnings: tuple[str, ...] = ()) -> Reply:
    skew = context.environment.clock_skew(ClusterName(info.context))
    info = msgspec.structs.replace(info, clock_skew_seconds=round(skew, 1))
    clock = describe_clock_skew(skew)
    warnings = (*warnings, *([clock] if clock else []))
    counts = ", ".join(f"{count} {kind}" for kind, count in info.counts.items())
    state = "" if info.answers else " · does not answer"
    text = f"{info.context} · {info.server} · Kubernetes {info.version or 'version unknown'}{state}\n{counts}".rstrip()
    return Reply(msgspec.to_builtins(info), text, freshness, warnings=warnings)


async def _cluster_record(context: ToolContext, name: ClusterName) -> ClusterRecord | None:
    if context.store is None:
        return None
    return next((one for one in await context.store.metadata.clusters() if one.name == name), None)


async def _counts_freshness(context: ToolContext, name: ClusterName, record: ClusterRecord) -> Freshness:
    """The freshness of the oldest kind that was counted."""
    kinds = [await context.cache_freshness(name, ResourceName(kind)) for kind in COUNTED]
    seen = [each for each in kinds if each.observed_at is not None]
    read = merge_freshness(seen) if seen else Freshness(Source.CACHE, record.seen_at, False, (f"{name}: no object is cached yet",))
    unread = (reason for each in kinds if each.observed_at is None for reason in each.missing)
    missing = tuple(dict.fromkeys((*read.missing, *unread, *silent_group_reasons(context.environment.silent_groups(name)))))
    return msgspec.structs.replace(read, complete=not missing, missing=missing)


async def _cached_counts(context: ToolContext, name: ClusterName) -> dict[str, int]:
    if context.store is None:
        return {}
    counts = await context.store.objects.counts(name)
    return {kind: counts[ResourceName(kind)] for kind in COUNTED if ResourceName(kind) in counts}


async def _count_kinds(context: ToolContext, name: ClusterName, *, live: bool) -> tuple[dict[str, int], tuple[str, ...]]:
    """Counts by kind, and a sentence for each kind that cannot be read."""
    counts: dict[str, int] = {}
    missing: list[str] = []
    for kind in COUNTED:
        try:
            resource = await context.find_resource(name, kind)
            opened = await open_rows(context, RowsRequest(name, resource, live=live))
            counts[kind] = (await opened.page(1)).total
        except ConsoleError as problem:
            missing.append(f"{name}: {kind}: {problem.title}")
    return counts, tuple(missing)


class ListContextsInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    pass


class ContextItem(msgspec.Struct):
    """selected: used when a call names no context. problem: why the context cannot be used."""

    name: str
    cluster: str
    server: str
    namespace: str
    selected: bool
    problem: str = ""


class ContextList(msgspec.Struct):
    items: list[ContextItem]


async def list_contexts(args: ListContextsInput, context: ToolContext) -> Reply:
    """Raises the kubeconfig's problem if that leaves no context."""
    chosen = set(context.environment.selected())
    infos = context.environment.contexts()
    problem = context.environment.contexts_problem()
    if problem is not None and not infos:
        raise problem
    items = [
        ContextItem(
            one.name, one.cluster, one.server, one.namespace or "default", one.name in chosen or (one.current and not chosen), one.problem
        )
        for one in infos
    ]
    lines = [f"{'*' if one.selected else ' '} {one.name}  {one.server}{'  ' + one.problem if one.problem else ''}" for one in items]
    text = f"{len(items)} contexts\n" + "\n".join(lines)
    missing = (f"kubeconfig: {problem}",) if problem is not None else ()
    return Reply(msgspec.to_builtins(ContextList(items)), text, context.live_freshness(missing))


TOOLS: tuple[ToolSpec, ...] = (
    reading_tool(
        "get_cluster_info",
        "Cluster overview",
        "Server address, version and object counts of a cluster. A good first call.",
        (GetClusterInfoInput, ClusterInfo),
        get_cluster_info,
        Capabilities(("clusters",), ("get",), Scope.CLUSTER, "object"),
    ),
    reading_tool(
        "list_contexts",
        "List contexts",
        "The kubeconfig contexts that the parameter context accepts. Connects to no cluster and shows no credential.",
        (ListContextsInput, ContextList),
        list_contexts,
        Capabilities(("contexts",), ("list",), Scope.CLUSTER, "list", cache_friendly=False),
    ),
)
