"""Search over the cached objects of every kind."""

from collections import Counter
from typing import Annotated

import msgspec
from msgspec import Meta

from k8sconsole.errors import StoreError
from k8sconsole.kit.text import strip_control
from k8sconsole.model.cache_records import RowQuery, ScanState
from k8sconsole.model.filters import Filter, Text
from k8sconsole.model.freshness import Freshness, Source, merge_freshness
from k8sconsole.model.objects import Row
from k8sconsole.model.refs import ClusterName, Namespace, ResourceName
from k8sconsole.model.tables import KindTable
from k8sconsole.model.tools import Capabilities, Scope
from k8sconsole.store.port import Store
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.history.diff import readable_kinds
from k8sconsole.tools.output.token_budget import DEFAULT_TOKENS, MaxTokens
from k8sconsole.tools.parameters import Cursor, Limit, Namespaces
from k8sconsole.tools.reading.item_pages import page_items
from k8sconsole.tools.reading.list_reply import select_namespaces
from k8sconsole.tools.results import Reply
from k8sconsole.tools.spec import ToolSpec, reading_tool

QUIET = frozenset(("events", "events.events.k8s.io", "leases.coordination.k8s.io", "pods.metrics.k8s.io", "nodes.metrics.k8s.io"))
"""Kinds that only repeat other objects' names. They are searched only if the caller names them."""


class SearchResourcesInput(Common, kw_only=True):
    text: Annotated[str, Meta(description="Part of a name, namespace, node or status", min_length=1)]
    kinds: Annotated[list[str], Meta(description="Default: all cached kinds")] = []
    namespace: Namespaces = "*"
    limit: Limit = 50
    cursor: Cursor = ""
    max_tokens: MaxTokens = DEFAULT_TOKENS


class SearchHit(msgspec.Struct):
    kind: str
    name: str
    namespace: str = ""
    status: str = ""


class SearchHits(msgspec.Struct):
    """counts: hits by kind, including those beyond ``limit``."""

    items: list[SearchHit]
    counts: dict[str, int]


async def search_resources(args: SearchResourcesInput, context: ToolContext) -> Reply:
    cluster = context.resolve_context(args.context)
    store = _require_store(context)
    kinds = {str((await context.find_resource(cluster, word, "kinds")).name) for word in args.kinds}
    namespaces = select_namespaces(args.namespace)
    readable = await readable_kinds(context, TOOLS[0], (cluster,), "", namespaces)
    states = [
        state for state in await store.metadata.scan_states(cluster)
        if (state.resource in kinds if kinds else state.resource not in QUIET) and (not readable or state.resource in readable)
    ]  # fmt: skip
    read = [state.resource for state in states if state.confirmed_at is not None]
    found = [row for kind in read for row in await _matching_rows(store, cluster, kind, args.text, namespaces)]
    found.sort(key=lambda row: (_match_rank(row, args.text), row.name, row.resource, row.namespace))
    counts = dict(Counter(str(row.resource) for row in found).most_common())
    tables = {kind: await store.metadata.table(cluster, kind) for kind in {row.resource for row in found}}
    hits = [_search_hit(tables[row.resource], row) for row in found]
    items, page, rest = page_items(hits, args.cursor, args.limit, args.max_tokens, counts)
    freshness = _merged_freshness(states, cluster, namespaces, context)
    head = f"{len(found)} hits" + (", the nearest first" if rest else "")
    lines = [" ".join(filter(None, (one.kind, f"{one.namespace}/{one.name}" if one.namespace else one.name, one.status))) for one in items]
    text = "\n".join((head, *map(strip_control, lines), *rest))
    return Reply(msgspec.to_builtins(SearchHits(items, counts)), text, freshness, page)


async def _matching_rows(store: Store, cluster: ClusterName, kind: ResourceName, text: str, namespaces: tuple[str, ...]) -> list[Row]:
    query = RowQuery(kind, (cluster,), tuple(map(Namespace, namespaces)), filter=Filter(text, Text(text)))
    return (await store.objects.rows(query)).rows


def _match_rank(row: Row, text: str) -> int:
    """Sort key: an exact name first, then a name that begins with the text, then one that contains it, then other matches."""
    name, query = row.name.casefold(), text.casefold()
    return 0 if name == query else 1 if name.startswith(query) else 2 if query in name else 3


def _search_hit(table: KindTable, row: Row) -> SearchHit:
    at = table.index("STATUS")
    status = row.cells[at] if at is not None and at < len(row.cells) else ""
    return SearchHit(str(row.resource), row.name, row.namespace, status if isinstance(status, str) else "")


def _require_store(context: ToolContext) -> Store:
    if context.store is None:
        raise StoreError("no cache to search", "this run has no cache file", "k8s_list_resources kind=…")
    return context.store


def _merged_freshness(states: list[ScanState], cluster: ClusterName, namespaces: tuple[str, ...], context: ToolContext) -> Freshness:
    if not states:
        reasons = (f"{cluster}: none of these kinds is cached yet", *context.environment.troubles(cluster))
        return Freshness(Source.CACHE, None, False, reasons)
    read = merge_freshness([context.freshness_of(one, cluster, namespaces) for one in states if one.confirmed_at is not None])
    unread = [reason for one in states if one.confirmed_at is None for reason in _unread_reasons(one)]
    missing = tuple(dict.fromkeys((*read.missing, *unread)))
    return msgspec.structs.replace(read, complete=not missing, missing=missing)


def _unread_reasons(state: ScanState) -> tuple[str, ...]:
    """Why a kind was never read; empty where its first list is still to come."""
    return state.missing or ((f"{state.resource}: {state.error}",) if state.error else ())


TOOLS: tuple[ToolSpec, ...] = (
    reading_tool(
        "search_resources",
        "Search all kinds",
        "Finds objects of every cached kind by part of their name. For one known kind use its list with a filter.",
        (SearchResourcesInput, SearchHits),
        search_resources,
        Capabilities(("*",), ("list",), Scope.NAMESPACE, "list"),
    ),
)
