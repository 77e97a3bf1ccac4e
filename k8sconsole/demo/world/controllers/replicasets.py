"""ReplicaSets: keep the requested number of pods."""

from collections.abc import Iterable
from typing import ClassVar

from k8sconsole.demo.clock import seconds_since
from k8sconsole.demo.world import conditions, pods
from k8sconsole.demo.world.controller import BaseController, Json, Key, Router, is_being_deleted, route_spec_change, route_to_owner
from k8sconsole.demo.world.controllers.unsettled import find_unsettled
from k8sconsole.demo.world.kinds import PODS, REPLICA_SETS


class ReplicaSetController(BaseController):
    name: ClassVar[str] = "replicaset"
    primary = REPLICA_SETS

    def routes(self) -> dict[str, Router]:
        return {REPLICA_SETS.key: route_spec_change, PODS.key: route_to_owner("ReplicaSet")}

    def initial_keys(self) -> Iterable[Key]:
        return find_unsettled(self.store, REPLICA_SETS)

    def reconcile(self, key: Key) -> float | None:
        replica_set = self.context.find(REPLICA_SETS, key)
        if replica_set is None:
            return None
        refusal = "" if is_being_deleted(replica_set) else self._scale(replica_set)
        current_pods = self._active_pods(replica_set)
        self._write_status(replica_set, current_pods, refusal)
        minimum = replica_set["spec"].get("minReadySeconds", 0)
        waiting = minimum and any(pods.is_ready(pod) and not pods.is_available(pod, minimum, self.context.now) for pod in current_pods)
        # A refused pod is retried at the longest interval of the real controller's back-off.
        return 300.0 if refusal else float(minimum) if waiting else None

    def _active_pods(self, replica_set: Json) -> list[Json]:
        return [pod for pod in self.context.find_owned(replica_set, PODS) if pods.is_active(pod)]

    def _scale(self, replica_set: Json) -> str:
        """Create missing pods or delete surplus ones. Returns the message of a refused creation, or ""."""
        current_pods = self._active_pods(replica_set)
        missing = replica_set["spec"].get("replicas", 1) - len(current_pods)
        for pod in sorted(current_pods, key=self._deletion_rank)[: max(0, -missing)]:
            pods.delete_pod(self, replica_set, pod)
        for _ in range(max(0, missing)):
            if refusal := self._create_pod(replica_set):
                return refusal
        return ""

    def _create_pod(self, replica_set: Json) -> str:
        meta = replica_set["metadata"]
        name = pods.generate_name(meta["name"], self.context, meta["uid"])
        pod = pods.build_from_template(replica_set["spec"]["template"], replica_set, REPLICA_SETS, name)
        pod["metadata"]["generateName"] = meta["name"] + "-"
        return pods.create_pod(self, replica_set, pod)

    def _deletion_rank(self, pod: Json) -> tuple[bool, bool, bool, float, str]:
        """The sort key for deletion: pods without a node first, then pending ones, then unready ones, then the youngest."""
        age = seconds_since(pod["metadata"]["creationTimestamp"], self.context.now)
        return bool(pod["spec"].get("nodeName")), pods.pod_phase(pod) == "Running", pods.is_ready(pod), age, pod["metadata"]["name"]

    def _write_status(self, replica_set: Json, current_pods: list[Json], refusal: str) -> None:
        spec, now = replica_set["spec"], self.context.now
        labels = spec["template"].get("metadata", {}).get("labels", {}).items()
        status = {
            "replicas": len(current_pods),
            "fullyLabeledReplicas": sum(labels <= pod["metadata"].get("labels", {}).items() for pod in current_pods),
            "readyReplicas": sum(map(pods.is_ready, current_pods)),
            "availableReplicas": sum(pods.is_available(pod, spec.get("minReadySeconds", 0), now) for pod in current_pods),
            "observedGeneration": replica_set["metadata"].get("generation", 1),
        }
        status_fields = {name: value for name, value in status.items() if value or name in ("replicas", "observedGeneration")}
        if old := replica_set.get("status", {}).get("conditions"):
            status_fields["conditions"] = list(old)
        self._set_replica_failure(status_fields, refusal)
        self.context.set_status(REPLICA_SETS, replica_set, status_fields)

    def _set_replica_failure(self, status: Json, refusal: str) -> None:
        if refusal:
            failure = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": refusal}
            conditions.set_condition(status, failure, self.context.stamp)
        elif "conditions" in status:
            conditions.remove_condition(status, "ReplicaFailure")
        if not status.get("conditions", True):
            del status["conditions"]
