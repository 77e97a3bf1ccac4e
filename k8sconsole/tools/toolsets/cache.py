"""The cache itself: what it holds, how old that is, and questions to it in SQL."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.errors import StoreError
from k8sconsole.kit.text import plain, short_age
from k8sconsole.model.freshness import Freshness, Source, oldest
from k8sconsole.model.reading import ScanState
from k8sconsole.model.refs import ClusterName
from k8sconsole.model.tools import Capabilities, Risk, Scope
from k8sconsole.store.port import Store
from k8sconsole.tools.budget import DEFAULT_TOKENS, allowed, json_tokens
from k8sconsole.tools.context import ToolContext, cached_freshness
from k8sconsole.tools.passage import Reply
from k8sconsole.tools.spec import ToolSpec


class CacheStatus(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    context: Annotated[str, Meta(description="Only this cluster")] = ""


class Kind(msgspec.Struct):
    """age_seconds: since the rows were last known to equal the cluster; null when they were never read."""

    context: str
    kind: str
    status: str
    objects: int
    age_seconds: float | None
    watching: bool
    error: str = ""
    missing: list[str] = []


class Status(msgspec.Struct):
    """size in bytes."""

    path: str
    size: int
    objects: int
    kinds: list[Kind]
    note: str = ""


async def cache_status(asked: CacheStatus, context: ToolContext) -> Reply:
    store = _store(context)
    cluster = ClusterName(asked.context) if asked.context else None
    told, states = await store.status(), await store.scan_states(cluster)
    status = Status(told.path, told.on_disk, told.objects, [_kind(state, context.now) for state in states], told.note)
    freshness = (
        oldest([cached_freshness(state, state.cluster) for state in states])
        if states
        else Freshness(Source.CACHE, None, False, ("nothing was read yet",))
    )
    lines = [f"{told.objects} objects · {status.size / 1e6:.1f} MB · {told.path}", *map(_line, status.kinds)]
    return Reply(msgspec.to_builtins(status), "\n".join(lines), freshness)


def _kind(state: ScanState, now: float) -> Kind:
    age = None if state.confirmed_at is None else round(max(0.0, now - state.confirmed_at), 1)
    return Kind(
        state.cluster, state.resource, state.status.value, state.record_count, age, state.watching, state.error, list(state.missing)
    )


def _line(kind: Kind) -> str:
    age = "never read" if kind.age_seconds is None else f"{short_age(kind.age_seconds)} old"
    trouble = f" · {kind.error}" if kind.error else ""
    return f"{kind.context}  {kind.kind}  {kind.objects}  {age}{' · watching' if kind.watching else ''}{trouble}"


class CacheQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    sql: Annotated[str, Meta(description="One SELECT, e.g. SELECT namespace, count(*) FROM pods GROUP BY 1", min_length=1)]
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 200
    max_tokens: int = DEFAULT_TOKENS


class Table(msgspec.Struct):
    """truncated: there are more rows than these."""

    columns: list[str]
    rows: list[list[Any]]
    truncated: bool


async def cache_query(asked: CacheQuery, context: ToolContext) -> Reply:
    store = _store(context)
    found = await store.query(asked.sql, limit=asked.limit)
    rows = _fitting([[_cell(value) for value in row] for row in found.rows], asked.max_tokens)
    table = Table(list(found.columns), rows, found.truncated or len(rows) < len(found.rows))
    states = await store.scan_states()
    freshness = oldest([cached_freshness(state, state.cluster) for state in states]) if states else Freshness(Source.CACHE, None, False)
    lines = [" | ".join(table.columns), *(" | ".join(plain(str(value)) for value in row) for row in rows)]
    warnings = ("there are more rows; narrow the query or raise limit and max_tokens",) if table.truncated else ()
    return Reply(msgspec.to_builtins(table), "\n".join(lines), freshness, warnings=warnings)


def _cell(value: Any) -> Any:
    return f"[{len(value)} bytes]" if isinstance(value, bytes) else value


def _fitting(rows: list[list[Any]], max_tokens: int) -> list[list[Any]]:
    room = allowed(max_tokens) * 9 // 10
    kept: list[list[Any]] = []
    for row in rows:
        room -= json_tokens(row) + 1
        if room < 0 and kept:
            break
        kept.append(row)
    return kept


def _store(context: ToolContext) -> Store:
    if context.store is None:
        raise StoreError("there is no cache", "this run works without a cache file", "start without --no-cache, or use the k8s_ tools")
    return context.store


TOOLS: tuple[ToolSpec, ...] = (
    ToolSpec(
        name="cache_status",
        title="Cache status",
        summary="What the local cache holds of each kind, how old it is, what is missing and why.",
        input=CacheStatus,
        output=Status,
        risk=Risk.READ,
        capabilities=Capabilities(("cache",), ("read",), Scope.CLUSTER, "object", cache_friendly=False),
        toolset="core",
        handler=cache_status,
    ),
    ToolSpec(
        name="cache_query",
        title="Query the cache",
        summary="SQL over the cache, SELECT only: pods, nodes, services, namespaces, clusters, cache_metadata, tool_usage_stats, audit. "
        "For counting and joining; for listing use the list tools.",
        input=CacheQuery,
        output=Table,
        risk=Risk.READ,
        capabilities=Capabilities(("cache",), ("read",), Scope.CLUSTER, "table", cache_friendly=False),
        toolset="core",
        handler=cache_query,
    ),
)
