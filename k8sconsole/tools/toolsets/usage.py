"""CPU and memory: usage, requests, limits and capacity, by pod, node, namespace or workload."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.errors import ConsoleError, NotFound
from k8sconsole.kit.text import strip_control
from k8sconsole.model.freshness import merge_freshness
from k8sconsole.model.objects import Row
from k8sconsole.model.quantities import format_bytes_short, format_cpu
from k8sconsole.model.refs import ClusterName
from k8sconsole.model.tables import KindTable
from k8sconsole.model.tools import Capabilities, Scope
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.output.token_budget import DEFAULT_TOKENS, MaxTokens
from k8sconsole.tools.parameters import Cursor, Limit, Live, Namespaces
from k8sconsole.tools.reading.item_pages import page_items
from k8sconsole.tools.reading.list_reply import select_namespaces
from k8sconsole.tools.reading.metrics_server import MeasuredUsage, read_usage
from k8sconsole.tools.reading.resource_amounts import ResourceAmounts, parse_amounts, sum_amounts
from k8sconsole.tools.reading.rows import RowsRequest, open_rows
from k8sconsole.tools.results import Reply
from k8sconsole.tools.spec import ToolSpec, reading_tool

NOT_FINISHED = "phase!=Succeeded and phase!=Failed"


class UsageOrder(StrEnum):
    CPU = "cpu"
    MEMORY = "memory"


class TopNodesInput(Common, kw_only=True):
    sort: Annotated[UsageOrder, Meta(description="Most first")] = UsageOrder.CPU
    live: Live = False
    limit: Limit = 50
    cursor: Cursor = ""
    max_tokens: MaxTokens = DEFAULT_TOKENS


class TopPodsInput(TopNodesInput, kw_only=True):
    namespace: Namespaces = "*"
    containers: Annotated[bool, Meta(description="One line per container")] = False


class MeasuredUse(msgspec.Struct, omit_defaults=True):
    """cpu in millicores, memory in bytes."""

    name: str
    cpu: int
    memory: int
    namespace: str = ""
    container: str = ""
    cpu_percent: float | None = None
    memory_percent: float | None = None


class MeasuredUses(msgspec.Struct):
    items: list[MeasuredUse]


async def top_pods(args: TopPodsInput, context: ToolContext) -> Reply:
    cluster = context.resolve_context(args.context)
    found = await read_usage(context, cluster, "pods", select_namespaces(args.namespace), live=args.live)
    uses = [use for (namespace, name), parts in found.by.items() for use in _pod_use(namespace, name, parts, by_container=args.containers)]
    return _top_reply(uses, args, found)


def _pod_use(namespace: str, name: str, parts: dict[str, ResourceAmounts], *, by_container: bool) -> list[MeasuredUse]:
    if by_container:
        return [MeasuredUse(name, part.cpu, part.memory, namespace, container) for container, part in parts.items()]
    whole = sum_amounts(parts.values())
    return [MeasuredUse(name, whole.cpu, whole.memory, namespace)]


async def top_nodes(args: TopNodesInput, context: ToolContext) -> Reply:
    cluster = context.resolve_context(args.context)
    found = await read_usage(context, cluster, "nodes", live=args.live)
    capacities, _ = await _read_allocatable(context, cluster, live=args.live)
    uses = []
    for (_, name), parts in found.by.items():
        used, capacity = sum_amounts(parts.values()), capacities.get(name, ResourceAmounts())
        uses.append(
            MeasuredUse(name, used.cpu, used.memory, "", "", _percent(used.cpu, capacity.cpu), _percent(used.memory, capacity.memory))
        )
    return _top_reply(uses, args, found)


def _top_reply(uses: list[MeasuredUse], args: TopNodesInput, found: MeasuredUsage) -> Reply:
    uses.sort(key=lambda use: (-getattr(use, args.sort.value), use.namespace, use.name, use.container))
    shown, page, rest = page_items(uses, args.cursor, args.limit, args.max_tokens)
    head = f"{len(uses)} measured" + (f", the top {len(shown)} by {args.sort.value}" if rest and not args.cursor else "")
    text = "\n".join((head, *(strip_control(_format_use(use)) for use in shown), *rest))
    return Reply(msgspec.to_builtins(MeasuredUses(shown)), text, found.freshness, page, found.warnings)


def _format_use(use: MeasuredUse) -> str:
    name = "/".join(filter(None, (use.namespace, use.name, use.container)))
    shares = "" if use.cpu_percent is None else f"  {use.cpu_percent:.0f}% of its cpu, {use.memory_percent or 0:.0f}% of its memory"
    return f"{name}  {format_cpu(use.cpu)}  {format_bytes_short(use.memory)}{shares}"


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


class UsageGroup(StrEnum):
    NODE = "node"
    NAMESPACE = "namespace"
    WORKLOAD = "workload"


class GetUsageInput(Common, kw_only=True):
    by: Annotated[UsageGroup, Meta(description="Sums per")] = UsageGroup.NODE
    namespace: Namespaces = "*"
    live: Live = False
    limit: Limit = 1_000
    cursor: Cursor = ""
    max_tokens: MaxTokens = DEFAULT_TOKENS


class GroupUsage(msgspec.Struct, omit_defaults=True):
    """cpu in millicores, memory in bytes. use: null without metrics. capacity: allocatable amounts of a node."""

    name: str
    pods: int
    requests: ResourceAmounts
    limits: ResourceAmounts
    use: ResourceAmounts | None = None
    capacity: ResourceAmounts | None = None


class GroupUsages(msgspec.Struct):
    items: list[GroupUsage]


async def get_usage(args: GetUsageInput, context: ToolContext) -> Reply:
    cluster = context.resolve_context(args.context)
    pods, namespaces = await context.find_resource(cluster, "pods"), select_namespaces(args.namespace)
    opened = await open_rows(context, RowsRequest(cluster, pods, namespaces, filter=NOT_FINISHED, live=args.live))
    rows = (await opened.page()).rows
    ages = [opened.freshness]
    used, notes = await _read_pod_usage(context, cluster, args)
    ages += [used.freshness] if used else []
    capacities: dict[str, ResourceAmounts] = {}
    if args.by is UsageGroup.NODE:
        capacities, age = await _read_allocatable(context, cluster, live=args.live)
        ages.append(age)
    found = _sum_by_group(rows, _group_of(opened.table, args.by), opened.table, used)
    for name in capacities.keys() - {usage.name for usage in found} if not namespaces else ():
        found.append(GroupUsage(name, 0, ResourceAmounts(), ResourceAmounts(), ResourceAmounts() if used else None))
    groups = [msgspec.structs.replace(usage, capacity=capacities.get(usage.name)) for usage in found]
    groups.sort(key=lambda usage: (-usage.requests.cpu, usage.name))
    shown, page, rest = page_items(groups, args.cursor, args.limit, args.max_tokens)
    head = f"{len(groups)} by {args.by.value}: use / requests / limits"
    text = "\n".join((head, *(strip_control(_format_usage(usage)) for usage in shown), *rest))
    return Reply(msgspec.to_builtins(GroupUsages(shown)), text, merge_freshness(ages), page, (*opened.warnings, *notes))


async def _read_pod_usage(context: ToolContext, cluster: ClusterName, args: GetUsageInput) -> tuple[MeasuredUsage | None, tuple[str, ...]]:
    """Requests and limits are returned without metrics too. Missing metrics become a warning."""
    try:
        return await read_usage(context, cluster, "pods", select_namespaces(args.namespace), live=args.live), ()
    except NotFound as problem:
        return None, (f"{problem.title}: {problem.detail}",)
    except ConsoleError as problem:
        return None, (f"without usage: {problem}",)


def _group_of(table: KindTable, by: UsageGroup) -> Callable[[Row], str]:
    node = table.index("NODE")
    match by:
        case UsageGroup.NODE:
            return lambda row: str(row.cells[node] or "not scheduled") if node is not None else ""
        case UsageGroup.NAMESPACE:
            return lambda row: row.namespace
    return lambda row: f"{row.namespace}/{_workload_of(row)}"


def _workload_of(row: Row) -> str:
    """The pod's owner. For a ReplicaSet of a Deployment it is the Deployment: the name without the pod-template hash."""
    kind, _, name = row.owner.partition("/")
    hashed = row.labels.get("pod-template-hash", "")
    if hashed and kind.lower() == "replicaset" and name.endswith(f"-{hashed}"):
        return f"Deployment/{name.removesuffix(f'-{hashed}')}"
    return row.owner or f"Pod/{row.name}"


def _sum_by_group(rows: Iterable[Row], name_of: Callable[[Row], str], table: KindTable, used: MeasuredUsage | None) -> list[GroupUsage]:
    found: dict[str, GroupUsage] = {}
    args, most = (table.index("CPU/R"), table.index("MEM/R")), (table.index("CPU/L"), table.index("MEM/L"))
    for row in rows:
        name = name_of(row)
        before = found.get(name) or GroupUsage(name, 0, ResourceAmounts(), ResourceAmounts(), ResourceAmounts() if used else None)
        use = sum_amounts(used.by.get((row.namespace, row.name), {}).values()) if used else None
        found[name] = GroupUsage(
            name, before.pods + 1, before.requests.plus(_cell_amounts(row, args)), before.limits.plus(_cell_amounts(row, most)),
            before.use.plus(use) if before.use is not None and use is not None else None,
        )  # fmt: skip
    return list(found.values())


def _cell_amounts(row: Row, places: tuple[int | None, int | None]) -> ResourceAmounts:
    cpu, memory = (_whole_number(row.cells[place]) if place is not None and place < len(row.cells) else 0 for place in places)
    return ResourceAmounts(cpu, memory)


def _whole_number(cell: Any) -> int:
    return int(cell) if isinstance(cell, int | float) else 0


async def _read_allocatable(context: ToolContext, cluster: ClusterName, *, live: bool) -> tuple[dict[str, ResourceAmounts], Any]:
    opened = await open_rows(context, RowsRequest(cluster, await context.find_resource(cluster, "nodes"), live=live))
    found = {}
    for row, body in await opened.bodies():
        found[row.name] = parse_amounts((msgspec.json.decode(body).get("status") or {}).get("allocatable") or {})
    return found, opened.freshness


def _format_usage(usage: GroupUsage) -> str:
    use = "–" if usage.use is None else _format_amounts(usage.use)
    capacity = "" if usage.capacity is None else f"  of {_format_amounts(usage.capacity)}"
    return f"{usage.name}  {usage.pods} pods  {use} / {_format_amounts(usage.requests)} / {_format_amounts(usage.limits)}{capacity}"


def _format_amounts(amount: ResourceAmounts) -> str:
    return f"{format_cpu(amount.cpu)} {format_bytes_short(amount.memory)}"


def _metrics_capabilities(kind: str) -> Capabilities:
    return Capabilities((kind, f"{kind}.metrics.k8s.io"), ("list",), Scope.CLUSTER, "table")


TOOLS: tuple[ToolSpec, ...] = (
    reading_tool(
        "top_pods",
        "Top pods",
        "Pods by CPU or memory usage.",
        (TopPodsInput, MeasuredUses),
        top_pods,
        _metrics_capabilities("pods"),
        kind="pods",
    ),
    reading_tool(
        "top_nodes",
        "Top nodes",
        "Nodes by CPU or memory usage, and its share of the capacity.",
        (TopNodesInput, MeasuredUses),
        top_nodes,
        _metrics_capabilities("nodes"),
        kind="nodes",
    ),
    reading_tool(
        "get_usage",
        "Usage, requests, limits",
        "Usage against requests, limits and capacity, by node, namespace or workload. Use it to find waste or overcommitment.",
        (GetUsageInput, GroupUsages),
        get_usage,
        Capabilities(("pods", "nodes"), ("list",), Scope.CLUSTER, "table"),
    ),
)
