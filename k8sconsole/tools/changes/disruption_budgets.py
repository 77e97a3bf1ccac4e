"""PodDisruptionBudgets: which pods a budget protects, and whether a change would break it. The server checks budgets only for evictions,
not for deletions and scaling, so an approval of those warns about them.

https://kubernetes.io/docs/concepts/workloads/pods/disruptions/
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from k8sconsole.errors import ConsoleError
from k8sconsole.model.refs import ApiResource, ClusterName
from k8sconsole.model.selectors import matches_labels, selector_of
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.reading.rows import RowsRequest, open_rows

BUDGETS = "poddisruptionbudgets.policy"
_READY = ("readyReplicas", "numberReady", "ready")


def budget_protects(budget: dict[str, Any], namespace: str, labels: Mapping[str, str]) -> bool:
    """Whether the budget protects pods with these labels in this namespace."""
    selector = budget["spec"].get("selector")
    if budget["metadata"]["namespace"] != namespace or selector is None:
        return False
    return matches_labels(selector_of(selector), labels)


async def budgets_broken_by_deleting(
    context: ToolContext, cluster: ClusterName, resource: ApiResource, obj: dict[str, Any]
) -> tuple[str, ...]:
    """A sentence for each budget that the deletion of a ready pod, or of a workload with its ready pods, would break."""
    meta, status = obj["metadata"], obj.get("status") or {}
    if resource.name == "pods":
        ready = any(one.get("type") == "Ready" and one.get("status") == "True" for one in status.get("conditions") or [])
        labels, lost = meta.get("labels") or {}, int(ready)
    else:
        labels, lost = _template_labels(obj), _ready_pods(status)
    return (
        tuple([_describe_break(one, lost) for one in await _budgets_protecting(context, cluster, meta, labels) if _is_broken(one, lost)])
        if lost
        else ()
    )


async def budgets_broken_by_scaling(context: ToolContext, cluster: ClusterName, obj: dict[str, Any], replicas: int) -> tuple[str, ...]:
    """A sentence for each budget that the scaling would break. Pods that are not ready are deleted first. A budget in percent or with
    maxUnavailable is left out, since it requires fewer pods at the smaller scale."""
    lost = _ready_pods(obj.get("status") or {}) - replicas
    if lost <= 0:
        return ()
    found = await _budgets_protecting(context, cluster, obj["metadata"], _template_labels(obj))
    fixed = [one for one in found if isinstance(one["spec"].get("minAvailable"), int)]
    return tuple(_describe_break(one, lost) for one in fixed if _is_broken(one, lost))


async def _budgets_protecting(
    context: ToolContext, cluster: ClusterName, meta: Mapping[str, Any], labels: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The budgets that protect pods with these labels, read live, since their status changes often. Empty if they cannot be read."""
    namespace = str(meta.get("namespace") or "")
    if not labels or not namespace:
        return []
    try:
        kind = await context.find_resource(cluster, BUDGETS)
        opened = await open_rows(context, RowsRequest(cluster, kind, (namespace,), live=True))
        budgets = [msgspec.json.decode(body) for _, body in await opened.bodies()]
    except ConsoleError:
        return []
    return [one for one in budgets if budget_protects(one, namespace, labels)]


def _is_broken(budget: dict[str, Any], lost: int) -> bool:
    status = budget.get("status") or {}
    return int(status.get("currentHealthy") or 0) - lost < int(status.get("desiredHealthy") or 0)


def _describe_break(budget: dict[str, Any], lost: int) -> str:
    status, meta = budget.get("status") or {}, budget["metadata"]
    healthy, wanted = int(status.get("currentHealthy") or 0), int(status.get("desiredHealthy") or 0)
    left = f"has {healthy} healthy pods and needs {wanted}: this leaves {max(0, healthy - lost)}"
    return f"breaks PodDisruptionBudget {meta['namespace']}/{meta['name']}, which {left}; the server checks it only for evictions"


def _template_labels(obj: dict[str, Any]) -> dict[str, str]:
    template = (obj.get("spec") or {}).get("template") or {}
    return (template.get("metadata") or {}).get("labels") or {} if isinstance(template, dict) else {}


def _ready_pods(status: Mapping[str, Any]) -> int:
    return next((int(status[key]) for key in _READY if isinstance(status.get(key), int)), 0)
