"""The pods of a workload, for tools that want a pod and are given the name of its workload."""

from typing import Any

import msgspec

from k8sconsole.model.cache_records import RowQuery
from k8sconsole.model.filters import parse_filter, quote
from k8sconsole.model.kind_words import split_object
from k8sconsole.model.objects import Row
from k8sconsole.model.refs import ClusterName, Namespace, ResourceName
from k8sconsole.model.tables import grade_row
from k8sconsole.model.tables.health import Health
from k8sconsole.tools.context import ToolContext

PODS = ResourceName("pods")
_SHOWN = 5
_WORST_FIRST = (Health.BAD, Health.WARN, Health.GOING, Health.MOVING)


async def locate_sick_pod(args: Any, context: ToolContext) -> Any:
    """The input with a pod in place of its workload, the pod with the most serious state; a remark says so."""
    return await _locate_pod(args, context, worst=True)


async def locate_ready_pod(args: Any, context: ToolContext) -> Any:
    """The input with a pod in place of its workload, a ready one if there is one; a remark says so."""
    return await _locate_pod(args, context, worst=False)


async def _locate_pod(args: Any, context: ToolContext, *, worst: bool) -> Any:
    """Without a cache, and where the name is of a pod or of nothing, the input is unchanged."""
    cluster = context.resolve_context(args.context)
    namespace = args.namespace or context.default_namespace(cluster)
    kind, name = split_object(args.name)
    if not name:
        kind, name = "", args.name
    if context.store is None or (not kind and await _rows(context, cluster, namespace, name=name)):
        return args
    owner = f"{(await context.find_resource(cluster, kind, 'name')).kind}/{name}" if kind else name
    found = await _rows(context, cluster, namespace, owner=owner)
    if not found:
        return msgspec.structs.replace(args, name=name)
    table = context.table(cluster, await context.find_resource(cluster, "pods"))
    rank = {health: at for at, health in enumerate(_WORST_FIRST)}
    found.sort(key=lambda row: rank.get(grade_row(table, row.cells), len(rank)) * (1 if worst else -1))
    chosen, others = found[0].name, [row.name for row in found[1:]]
    more = f", one of {len(found)}; the others are {', '.join(others[:_SHOWN])}" + (", …" if len(others) > _SHOWN else "")
    context.remarks[f"{args.name} is a workload; this is its pod {chosen}{more if others else ''}"] = None
    return msgspec.structs.replace(args, name=chosen)


async def _rows(context: ToolContext, cluster: ClusterName, namespace: str, *, name: str = "", owner: str = "") -> list[Row]:
    assert context.store is not None
    wanted = parse_filter(f"owner={quote(owner)}") if owner else None
    query = RowQuery(PODS, (cluster,), (Namespace(namespace),), name, filter=wanted)
    return (await context.store.objects.rows(query)).rows
