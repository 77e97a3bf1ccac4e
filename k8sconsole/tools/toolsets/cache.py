"""The cache file: its content and age, SQL queries over it, and refreshing it."""

import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.errors import InvalidParams, NotFound, PolicyDenied, ServerError, StoreError, UsageError, argument_details
from k8sconsole.kit.text import find_nearest, format_age, strip_control
from k8sconsole.model.cache_records import ResultTable, ScanState
from k8sconsole.model.freshness import Freshness, Source, merge_freshness
from k8sconsole.model.refs import ClusterName
from k8sconsole.model.tools import Capabilities, Scope
from k8sconsole.store.port import Store
from k8sconsole.tools.context import Common, RefreshRequest, RefreshResult, ToolContext
from k8sconsole.tools.object_lookup import object_not_found
from k8sconsole.tools.output.token_budget import DEFAULT_TOKENS, MaxTokens, take_fitting
from k8sconsole.tools.parameters import Context, Form, Limit, OptionalName
from k8sconsole.tools.results import Reply
from k8sconsole.tools.spec import Handler, ToolSpec, reading_tool

TABLES = ("pods", "nodes", "services", "namespaces", "clusters", "cache_metadata", "tool_usage_stats", "audit")
"""The tables that the documentation names."""
_NO_TABLE = re.compile(r"no such table: (\S+)")


class CacheStatusInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    context: Context = ""


class CachedKind(msgspec.Struct):
    """age_seconds: time since the rows were last known to equal the cluster; null if they were never read. polled_every_seconds: for a kind
    that is watched in turns."""

    context: str
    kind: str
    status: str
    objects: int
    age_seconds: float | None
    watching: bool
    error: str = ""
    missing: list[str] = []
    polled_every_seconds: float = 0.0


class CacheContents(msgspec.Struct):
    """size in bytes."""

    path: str
    size: int
    objects: int
    kinds: list[CachedKind]
    note: str = ""


async def cache_status(args: CacheStatusInput, context: ToolContext) -> Reply:
    store = _require_store(context)
    cluster = ClusterName(args.context) if args.context else None
    cache, states = await store.status(), await store.metadata.scan_states(cluster)
    status = CacheContents(cache.path, cache.on_disk, cache.objects, [_cached_kind(state, context.now) for state in states], cache.note)
    freshness = (
        merge_freshness([context.freshness_of(state, state.cluster) for state in states])
        if states
        else Freshness(Source.CACHE, None, False, ("nothing is cached yet",))
    )
    lines = [f"{cache.objects} objects · {status.size / 1e6:.1f} MB · {cache.path}", *map(_format_kind, status.kinds)]
    return Reply(msgspec.to_builtins(status), "\n".join(lines), freshness)


def _cached_kind(state: ScanState, now: float) -> CachedKind:
    age = None if state.confirmed_at is None else round(max(0.0, now - state.confirmed_at), 1)
    counts = (state.status.value, state.record_count, age)
    troubles = (state.error, list(state.missing))
    return CachedKind(state.cluster, state.resource, *counts, state.watching, *troubles, state.poll_interval)


def _format_kind(kind: CachedKind) -> str:
    age = "never read" if kind.age_seconds is None else f"{format_age(kind.age_seconds)} old"
    trouble = f" · {kind.error}" if kind.error else ""
    polled = f" · polled every {kind.polled_every_seconds:.0f} s" if kind.polled_every_seconds else ""
    return f"{kind.context}  {kind.kind}  {kind.objects}  {age}{' · watching' if kind.watching else polled}{trouble}"


class CacheQueryInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    sql: Annotated[str, Meta(description="One SELECT, e.g. SELECT namespace, count(*) FROM pods GROUP BY 1", min_length=1)]
    limit: Limit = 200
    max_tokens: MaxTokens = DEFAULT_TOKENS


class QueryResult(msgspec.Struct):
    """truncated: whether rows were left out."""

    columns: list[str]
    rows: list[list[Any]]
    truncated: bool


async def cache_query(args: CacheQueryInput, context: ToolContext) -> Reply:
    store = _require_store(context)
    found = await _run_query(store, args.sql, args.limit)
    rows = take_fitting([[_json_cell(value) for value in row] for row in found.rows], args.max_tokens)
    table = QueryResult(list(found.columns), rows, found.truncated or len(rows) < len(found.rows))
    states = await store.metadata.scan_states()
    freshness = (
        merge_freshness([context.freshness_of(state, state.cluster) for state in states])
        if states
        else Freshness(Source.CACHE, None, False)
    )
    lines = [" | ".join(table.columns), *(" | ".join(strip_control(str(value)) for value in row) for row in rows)]
    warnings = ("rows were left out; narrow the query, or raise limit and max_tokens",) if table.truncated else ()
    return Reply(msgspec.to_builtins(table), "\n".join(lines), freshness, warnings=warnings)


async def _run_query(store: Store, sql: str, limit: int) -> ResultTable:
    try:
        found = await store.query(sql, limit=limit)
        if not found.columns:
            raise UsageError("no query", "the text contains no SQL statement", "SELECT count(*) FROM pods")
        return found
    except (UsageError, PolicyDenied) as problem:
        expected = f"one SELECT over {', '.join(TABLES)}"
        missing = _NO_TABLE.search(problem.detail)
        close = find_nearest(missing[1], TABLES) if missing else []
        problem.details.update(argument_details("sql", sql[:200], close, expected))
        raise


def _json_cell(value: Any) -> Any:
    return f"[{len(value)} bytes]" if isinstance(value, bytes) else value


class CacheRefreshInput(Common, kw_only=True):
    kind: Annotated[str, Meta(description="Default: every kind", extra={"form": Form.KIND})] = ""
    namespace: Annotated[str, Meta(description="* for all; with name: the context's own", extra={"form": Form.NAMESPACE_OR_ALL})] = "*"
    name: OptionalName = ""


class RefreshedKinds(msgspec.Struct):
    kinds: list[RefreshResult]


async def locate_refresh(args: CacheRefreshInput, context: ToolContext) -> CacheRefreshInput:
    """Fills in the namespace of a single object. Raises InvalidParams for parameters that contradict each other."""
    cluster, given = context.resolve_context(args.context), args.namespace not in ("", "*")
    resource = await context.find_resource(cluster, args.kind) if args.kind else None
    if args.name and resource is None:
        raise _contradiction("kind", args.kind, "name needs the kind of the object", "kind=pods")
    if given and resource is not None and not resource.namespaced:
        raise _contradiction("namespace", args.namespace, f"{resource.name} are not namespaced", "the same call without namespace")
    own = args.name and resource is not None and resource.namespaced and not given
    return msgspec.structs.replace(args, namespace=context.default_namespace(cluster) if own else args.namespace or "*")


def _contradiction(parameter: str, given: str, why: str, remedy: str) -> InvalidParams:
    details = argument_details(parameter, given, expected=remedy)
    return InvalidParams(f"cache_refresh: {parameter}", why, remedy, details)


async def cache_refresh(args: CacheRefreshInput, context: ToolContext) -> Reply:
    cluster = context.resolve_context(args.context)
    resource = await context.find_resource(cluster, args.kind) if args.kind else None
    _require_store(context)
    request = RefreshRequest(resource, args.namespace.replace("*", ""), args.name)
    await context.progress(0, None, f"reading {_describe_request(request)} of {cluster}")
    try:
        found = await context.environment.refresh(cluster, request)
    except NotFound as cause:
        if resource is None or not args.name:
            raise
        raise await object_not_found(context, cluster, resource, request.namespace, args.name) from cause
    missing = tuple(f"{cluster}: {one.kind}: {why}" for one in found for why in (*one.missing, *([one.error] if one.error else [])))
    failed = [one for one in found if one.error]
    if len(failed) == len(found):
        why = failed[0].error if failed else "the cluster served none of these kinds"
        raise ServerError(f"cannot refresh {_describe_request(request)} of {cluster}", why, "k8sconsole doctor")
    objects = sum(one.objects for one in found)
    count = f"{len(found) - len(failed)} of {len(found)}" if failed else f"{len(found)}"
    head = f"{_describe_request(request)} refreshed" if args.name else f"{count} kinds refreshed, {objects} objects"
    lines = [head, *(_format_refresh(one) for one in found if _has_changes(one))]
    return Reply(msgspec.to_builtins(RefreshedKinds(found)), strip_control("\n".join(lines)), context.live_freshness(missing))


def _describe_request(request: RefreshRequest) -> str:
    kind = request.resource.name if request.resource else "every kind"
    what = f"{kind} {request.name}" if request.name else kind
    return f"{what} in {request.namespace}" if request.namespace else what


def _has_changes(one: RefreshResult) -> bool:
    return bool(one.added or one.changed or one.deleted or one.error or one.missing)


def _format_refresh(one: RefreshResult) -> str:
    trouble = f" · {one.error}" if one.error else f" · without {', '.join(one.missing)}" if one.missing else ""
    return f"{one.kind}  {one.objects}: {one.added} new, {one.changed} changed, {one.deleted} deleted{trouble}"


def _require_store(context: ToolContext) -> Store:
    if context.store is None:
        raise StoreError("no cache", "this run has no cache file", "start without --no-cache, or use the k8s_ tools")
    return context.store


def _cache_tool(name: str, title: str, summary: str, shapes: tuple[type, type], handler: Handler, form: str, **more: Any) -> ToolSpec:
    """shapes: input and output. form: ``object`` or ``table``. more: as ToolSpec."""
    known: dict[str, Any] = {"service": "cache", "aliases": (), **more}
    capabilities = Capabilities(("cache",), ("read",), Scope.CLUSTER, form, cache_friendly=False)
    return reading_tool(name, title, summary, shapes, handler, capabilities, **known)


TOOLS: tuple[ToolSpec, ...] = (
    _cache_tool(
        "status",
        "Cache status",
        "What the local cache holds of each kind, how old it is, what is missing and why.",
        (CacheStatusInput, CacheContents),
        cache_status,
        "object",
    ),
    _cache_tool(
        "query",
        "Query the cache",
        f"One SQL SELECT over the cache: {', '.join(TABLES)}. Use it to count and join; to list, use the list tools.",
        (CacheQueryInput, QueryResult),
        cache_query,
        "table",
    ),
    _cache_tool(
        "refresh",
        "Refresh the cache",
        "Reads every kind, one kind, one namespace or one object from the cluster into the cache now. For one reply live=true is enough.",
        (CacheRefreshInput, RefreshedKinds),
        cache_refresh,
        "object",
        locate=locate_refresh,
    ),
)
