"""Usage of pods and nodes from the metrics API, as metrics-server last measured it."""

from collections.abc import Mapping

import msgspec

from k8sconsole.errors import ConsoleError, NotFound, ServerError, Unavailable, UsageError
from k8sconsole.model.freshness import Freshness
from k8sconsole.model.refs import ClusterName
from k8sconsole.model.resources import METRICS_GROUP
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.reading.resource_amounts import ResourceAmounts, amounts_by_container
from k8sconsole.tools.reading.rows import RowsRequest, open_rows


class MeasuredUsage(msgspec.Struct, frozen=True):
    """by: keyed by (namespace, name), then by container; a node has one entry with an empty key."""

    by: dict[tuple[str, str], dict[str, ResourceAmounts]]
    freshness: Freshness
    warnings: tuple[str, ...] = ()


async def read_usage(
    context: ToolContext, cluster: ClusterName, kind: str, namespaces: tuple[str, ...] = (), *, live: bool
) -> MeasuredUsage:
    """kind: pods or nodes. Raises NotFound if the cluster has no metrics API, Unavailable if that API does not answer."""
    try:
        resource = await context.find_resource(cluster, f"{kind}.metrics.k8s.io")
        opened = await open_rows(context, RowsRequest(cluster, resource, namespaces, live=live))
        found = {(str(row.namespace), row.name): amounts_by_container(msgspec.json.decode(body)) for row, body in await opened.bodies()}
    except (UsageError, NotFound, ServerError, Unavailable) as problem:
        silent = {group: why for group, why in context.environment.silent_groups(cluster).items() if group.startswith(f"{METRICS_GROUP}/")}
        if isinstance(problem, ServerError) or silent:
            raise metrics_silent(cluster, silent, problem) from problem
        if isinstance(problem, Unavailable):
            raise
        raise metrics_unavailable(cluster) from problem
    return MeasuredUsage(found, opened.freshness, opened.warnings)


def metrics_silent(cluster: ClusterName, silent: Mapping[str, str], problem: ConsoleError) -> Unavailable:
    """The error of a metrics API that is registered but does not answer. silent: why, by ``group/version``."""
    why = "; ".join(f"{group}: {reason}" for group, reason in silent.items()) or problem.detail or problem.title
    remedy = f"kubectl describe apiservice v1beta1.{METRICS_GROUP}; k8s_get_usage returns requests and limits without it"
    return Unavailable(f"the Metrics API of {cluster} does not answer", why, remedy, {"nearest": ["k8s_get_usage"]})


def metrics_unavailable(cluster: ClusterName) -> NotFound:
    remedy = "install metrics-server; k8s_get_usage returns requests and limits without it"
    return NotFound(
        f"Metrics API not available on {cluster}", "the cluster does not serve metrics.k8s.io", remedy, {"nearest": ["k8s_get_usage"]}
    )
