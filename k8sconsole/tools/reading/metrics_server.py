"""Usage of pods and nodes from the metrics API, as metrics-server last measured it."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from k8sconsole.errors import NotFound, UsageError
from k8sconsole.model.freshness import Freshness
from k8sconsole.model.quantities import parse_bytes, parse_cpu
from k8sconsole.model.refs import ClusterName
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.reading.rows import RowsRequest, open_rows


class ResourceAmounts(msgspec.Struct, frozen=True):
    """cpu in millicores, memory in bytes."""

    cpu: int = 0
    memory: int = 0

    def plus(self, other: "ResourceAmounts") -> "ResourceAmounts":
        return ResourceAmounts(self.cpu + other.cpu, self.memory + other.memory)


class MeasuredUsage(msgspec.Struct, frozen=True):
    """by: keyed by (namespace, name), then by container; a node has one entry with an empty key."""

    by: dict[tuple[str, str], dict[str, ResourceAmounts]]
    freshness: Freshness
    warnings: tuple[str, ...] = ()


def parse_amounts(usage: Mapping[str, Any]) -> ResourceAmounts:
    """The amounts of a usage or a capacity. A value that cannot be parsed counts as 0."""
    return ResourceAmounts(_read_quantity(parse_cpu, usage.get("cpu")), _read_quantity(parse_bytes, usage.get("memory")))


def _read_quantity(reader: Any, text: object) -> int:
    try:
        return int(reader(str(text))) if text is not None else 0
    except ValueError:
        return 0


def sum_amounts(parts: Iterable[ResourceAmounts]) -> ResourceAmounts:
    total = ResourceAmounts()
    for part in parts:
        total = total.plus(part)
    return total


async def read_usage(
    context: ToolContext, cluster: ClusterName, kind: str, namespaces: tuple[str, ...] = (), *, live: bool
) -> MeasuredUsage:
    """kind: pods or nodes. Raises NotFound if the cluster has no metrics API."""
    try:
        resource = await context.find_resource(cluster, f"{kind}.metrics.k8s.io")
        opened = await open_rows(context, RowsRequest(cluster, resource, namespaces, live=live))
        found = {(str(row.namespace), row.name): _usage_by_container(msgspec.json.decode(body)) for row, body in await opened.bodies()}
    except (UsageError, NotFound) as problem:
        raise metrics_unavailable(cluster) from problem
    return MeasuredUsage(found, opened.freshness, opened.warnings)


def metrics_unavailable(cluster: ClusterName) -> NotFound:
    remedy = "install metrics-server; k8s_get_usage returns requests and limits without it"
    return NotFound(
        f"Metrics API not available on {cluster}", "the cluster does not serve metrics.k8s.io", remedy, {"nearest": ["k8s_get_usage"]}
    )


def _usage_by_container(body: dict[str, Any]) -> dict[str, ResourceAmounts]:
    if "containers" in body:
        return {str(one.get("name", "")): parse_amounts(one.get("usage") or {}) for one in body["containers"] or []}
    return {"": parse_amounts(body.get("usage") or {})}
