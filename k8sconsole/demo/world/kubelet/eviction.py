"""Eviction: a node under disk pressure evicts up to three pods."""

from collections.abc import Iterable
from typing import ClassVar

from k8sconsole.demo.world import conditions, pods
from k8sconsole.demo.world.controller import BaseController, Json, Key, ObjectChange, Router, find_controller_reference
from k8sconsole.demo.world.kinds import NODES, PODS
from k8sconsole.demo.world.seeds import seeded_fraction

_MAX_EVICTIONS = 3
_CRITICAL_CLASSES = ("system-node-critical", "system-cluster-critical")


class EvictionController(BaseController):
    name: ClassVar[str] = "eviction"
    primary = NODES

    def routes(self) -> dict[str, Router]:
        return {NODES.key: self._route_new_pressure}

    def initial_keys(self) -> Iterable[Key]:
        """None: a node that is already under pressure has evicted its pods."""
        return ()

    def reconcile(self, key: Key) -> float | None:
        node = self.context.find(NODES, key)
        if node is None or not conditions.is_true(node.get("status", {}), "DiskPressure"):
            return None
        host = key[1]
        self.context.recorder.record_warning(node, "EvictionThresholdMet", "Attempting to reclaim ephemeral-storage", "kubelet", host=host)
        hosted = (self.store.get_shared(PODS, *each) for each in self.context.placement.pods_on(host))
        worst = sorted(
            (pod for pod in hosted if _can_evict(pod)), key=lambda pod: seeded_fraction(self.context.seed, pod["metadata"]["uid"])
        )
        for pod in worst[:_MAX_EVICTIONS]:
            self._evict(pod, host)
        return None

    def _route_new_pressure(self, change: ObjectChange) -> Iterable[Key]:
        before, after = (conditions.is_true(each.get("status", {}), "DiskPressure") for each in (change.previous, change.object))
        return (change.key,) if after and not before and not change.deleted else ()

    def _evict(self, pod: Json, host: str) -> None:
        name = pod["spec"]["containers"][0]["name"]
        used = 6 + round(9 * seeded_fraction("disk", pod["metadata"]["uid"]))
        message = (
            "The node was low on resource: ephemeral-storage. Threshold quantity: 10Gi, available: 6Gi. "
            f"Container {name} was using {used}Gi, request is 0, has larger consumption of ephemeral-storage. "
        )
        status = {"phase": "Failed", "reason": "Evicted", "message": message, "startTime": pod["status"].get("startTime")}
        status["conditions"] = [
            {**each, "status": "False"} if "Ready" in each["type"] else each for each in pod["status"].get("conditions", ())
        ]
        self.context.set_status(PODS, pod, status)
        self.context.recorder.record_warning(pod, "Evicted", message, "kubelet", host=host)


def _can_evict(pod: Json) -> bool:
    """Whether a pod is ready, belongs to a ReplicaSet that replaces it, and is not critical."""
    owner = find_controller_reference(pod)
    by_replica_set = owner is not None and owner["kind"] == "ReplicaSet"
    return by_replica_set and pod["spec"].get("priorityClassName") not in _CRITICAL_CLASSES and pods.is_ready(pod)
