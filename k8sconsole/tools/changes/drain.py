"""Planning a drain: the pods to evict, the pods that stay, the pods that block it, and the disruption budgets it would exceed."""

from typing import Any

import msgspec

from k8sconsole.cluster.port import Cluster, Selectors
from k8sconsole.tools.changes.disruption_budgets import BUDGETS, budget_protects
from k8sconsole.tools.context import ToolContext

MIRROR = "kubernetes.io/config.mirror"


class DrainPlan(msgspec.Struct, frozen=True):
    """pods: (namespace, name, uid) to evict. staying: DaemonSet, mirror and finished pods, which a drain skips. blocking: reasons why the
    drain may not start. budget_warnings: a sentence for each budget that allows too few disruptions."""

    pods: tuple[tuple[str, str, str], ...]
    staying: tuple[str, ...]
    blocking: tuple[str, ...]
    budget_warnings: tuple[str, ...]


async def plan_drain(context: ToolContext, cluster: Cluster, node: str, *, force: bool, empty_dirs: bool) -> DrainPlan:
    """The plan, from pods read live: the cache could miss a new pod."""
    kind = await context.find_resource(cluster.name, "pods")
    pods: list[dict[str, Any]] = []
    async for page in cluster.pages(kind, selectors=Selectors(field=f"spec.nodeName={node}")):
        pods += [msgspec.json.decode(item) for item in page.items]
    moving = [pod for pod in pods if not _stays_on_node(pod)]
    blocking: list[str] = []
    for pod in moving:
        label = _object_label(pod)
        if not pod["metadata"].get("ownerReferences") and not force:
            blocking.append(f"{label}: it has no owner, so nothing recreates it (force=true evicts it)")
        elif not empty_dirs and any("emptyDir" in one for one in pod["spec"].get("volumes") or []):
            blocking.append(f"{label}: its emptyDir data would be lost (delete_emptydir_data=true allows that)")
    identities = tuple((pod["metadata"]["namespace"], pod["metadata"]["name"], pod["metadata"]["uid"]) for pod in moving)
    staying = tuple(_object_label(pod) for pod in pods if _stays_on_node(pod))
    return DrainPlan(identities, staying, tuple(blocking), tuple(await _budget_warnings(context, cluster, moving)))


async def _budget_warnings(context: ToolContext, cluster: Cluster, moving: list[dict[str, Any]]) -> list[str]:
    """A sentence for each budget that allows fewer disruptions than the drain needs."""
    kind = await context.find_resource(cluster.name, BUDGETS)
    warnings: list[str] = []
    async for page in cluster.pages(kind):
        for budget in (msgspec.json.decode(item) for item in page.items):
            needed = sum(budget_protects(budget, pod["metadata"]["namespace"], pod["metadata"].get("labels") or {}) for pod in moving)
            allowed = int((budget.get("status") or {}).get("disruptionsAllowed") or 0)
            if needed > allowed:
                warnings.append(f"PodDisruptionBudget {_object_label(budget)} allows {allowed} more disruptions, the drain needs {needed}")
    return warnings


def _stays_on_node(pod: dict[str, Any]) -> bool:
    owners = {one.get("kind") for one in pod["metadata"].get("ownerReferences") or []}
    finished = (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
    return "DaemonSet" in owners or MIRROR in (pod["metadata"].get("annotations") or {}) or finished


def _object_label(obj: dict[str, Any]) -> str:
    return f"{obj['metadata']['namespace']}/{obj['metadata']['name']}"
