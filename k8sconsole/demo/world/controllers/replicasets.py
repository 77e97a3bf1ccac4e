"""ReplicaSets: as many pods as asked for."""

from collections.abc import Iterable
from typing import ClassVar

from k8sconsole.demo.clock import seconds_since
from k8sconsole.demo.world import conditions, pods
from k8sconsole.demo.world.controller import BaseController, Json, Key, Router, being_deleted, spec_changed, to_owner
from k8sconsole.demo.world.controllers.rest import restless
from k8sconsole.demo.world.kinds import PODS, REPLICA_SETS


class ReplicaSetController(BaseController):
    name: ClassVar[str] = "replicaset"
    primary = REPLICA_SETS

    def watches(self) -> dict[str, Router]:
        return {REPLICA_SETS.key: spec_changed, PODS.key: to_owner("ReplicaSet")}

    def unsettled(self) -> Iterable[Key]:
        return restless(self.store, REPLICA_SETS)

    def reconcile(self, key: Key) -> float | None:
        replica_set = self.context.find(REPLICA_SETS, key)
        if replica_set is None:
            return None
        refusal = "" if being_deleted(replica_set) else self._fill(replica_set)
        living = self._living(replica_set)
        self._write_status(replica_set, living, refusal)
        minimum = replica_set["spec"].get("minReadySeconds", 0)
        waiting = minimum and any(pods.ready(pod) and not pods.available(pod, minimum, self.context.now) for pod in living)
        # A refused pod is tried again, as seldom as the real controller's back-off ends up trying.
        return 300.0 if refusal else float(minimum) if waiting else None

    def _living(self, replica_set: Json) -> list[Json]:
        return [pod for pod in self.context.owned(replica_set, PODS) if pods.active(pod)]

    def _fill(self, replica_set: Json) -> str:
        """Create what is missing or delete what is too much. Returns why a creation was refused, if one was."""
        living = self._living(replica_set)
        missing = replica_set["spec"].get("replicas", 1) - len(living)
        for pod in sorted(living, key=self._least_missed)[: max(0, -missing)]:
            pods.remove(self, replica_set, pod)
        for _ in range(max(0, missing)):
            if refusal := self._create(replica_set):
                return refusal
        return ""

    def _create(self, replica_set: Json) -> str:
        meta = replica_set["metadata"]
        name = pods.name_under(meta["name"], self.context, meta["uid"])
        pod = pods.from_template(replica_set["spec"]["template"], replica_set, REPLICA_SETS, name)
        pod["metadata"]["generateName"] = meta["name"] + "-"
        return pods.create(self, replica_set, pod)

    def _least_missed(self, pod: Json) -> tuple[bool, bool, bool, float, str]:
        """Pods without a node go first, then those that wait, then the unready, then the youngest."""
        age = seconds_since(pod["metadata"]["creationTimestamp"], self.context.now)
        return bool(pod["spec"].get("nodeName")), pods.phase(pod) == "Running", pods.ready(pod), age, pod["metadata"]["name"]

    def _write_status(self, replica_set: Json, living: list[Json], refusal: str) -> None:
        spec, now = replica_set["spec"], self.context.now
        labels = spec["template"].get("metadata", {}).get("labels", {}).items()
        status = {
            "replicas": len(living),
            "fullyLabeledReplicas": sum(labels <= pod["metadata"].get("labels", {}).items() for pod in living),
            "readyReplicas": sum(map(pods.ready, living)),
            "availableReplicas": sum(pods.available(pod, spec.get("minReadySeconds", 0), now) for pod in living),
            "observedGeneration": replica_set["metadata"].get("generation", 1),
        }
        kept = {name: value for name, value in status.items() if value or name in ("replicas", "observedGeneration")}
        if old := replica_set.get("status", {}).get("conditions"):
            kept["conditions"] = list(old)
        self._note_refusal(kept, refusal)
        self.context.set_status(REPLICA_SETS, replica_set, kept)

    def _note_refusal(self, status: Json, refusal: str) -> None:
        if refusal:
            failure = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": refusal}
            conditions.put(status, failure, self.context.stamp)
        elif "conditions" in status:
            conditions.drop(status, "ReplicaFailure")
        if not status.get("conditions", True):
            del status["conditions"]
