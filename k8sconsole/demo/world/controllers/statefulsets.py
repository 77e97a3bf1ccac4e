"""StatefulSets: pods with stable names and volumes, created in order, replaced and removed from the highest ordinal."""

from typing import ClassVar

from k8sconsole.demo.world import pods
from k8sconsole.demo.world.controller import (
    BaseController,
    Json,
    Key,
    Router,
    is_being_deleted,
    owner_reference,
    route_spec_change,
    route_to_owner,
)
from k8sconsole.demo.world.controllers import revisions
from k8sconsole.demo.world.kinds import CLAIMS, PODS, STATEFUL_SETS


class StatefulSetController(BaseController):
    name: ClassVar[str] = "statefulset"
    primary = STATEFUL_SETS

    def routes(self) -> dict[str, Router]:
        return {STATEFUL_SETS.key: route_spec_change, PODS.key: route_to_owner("StatefulSet")}

    def reconcile(self, key: Key) -> float | None:
        stateful = self.context.find(STATEFUL_SETS, key)
        if stateful is None or is_being_deleted(stateful):
            return None
        update = revisions.ensure_revision(self.context, stateful, STATEFUL_SETS)
        settled = self._scale(stateful, update)
        if settled:
            self._replace_outdated(stateful, update)
        self._write_status(stateful, update)
        return None

    def _pods_by_ordinal(self, stateful: Json) -> dict[int, Json]:
        return {pod_ordinal(pod): pod for pod in self.context.find_owned(stateful, PODS)}

    def _scale(self, stateful: Json, update: Json) -> bool:
        """Create, replace or delete the next pod in order. Returns whether exactly the desired pods exist and are ready."""
        members, desired = self._pods_by_ordinal(stateful), stateful["spec"].get("replicas", 1)
        parallel = stateful["spec"].get("podManagementPolicy") == "Parallel"
        for number in range(desired):
            pod = members.get(number)
            if pod is None:
                self._create_pod(stateful, number, update)
            elif pods.is_finished(pod) and not is_being_deleted(pod):
                pods.delete_pod(self, stateful, pod)
            if not parallel and (pod is None or not pods.is_ready(pod) or is_being_deleted(pod)):
                return False
        surplus = [pod for number, pod in sorted(members.items(), reverse=True) if number >= desired]
        for pod in surplus if parallel else surplus[:1]:
            if not is_being_deleted(pod):
                pods.delete_pod(self, stateful, pod)
        return not surplus and all(number in members and pods.is_ready(members[number]) for number in range(desired))

    def _replace_outdated(self, stateful: Json, update: Json) -> None:
        """Delete the outdated pod with the highest ordinal. The next one follows when the set is ready again."""
        strategy = stateful["spec"].get("updateStrategy", {})
        if strategy.get("type", "RollingUpdate") == "OnDelete":
            return
        first = strategy.get("rollingUpdate", {}).get("partition", 0)
        desired = update["metadata"]["name"]
        for number, pod in sorted(self._pods_by_ordinal(stateful).items(), reverse=True):
            if number >= first and pod["metadata"]["labels"].get(revisions.POD_LABEL) != desired:
                pods.delete_pod(self, stateful, pod)
                return

    def _create_pod(self, stateful: Json, number: int, update: Json) -> None:
        meta = stateful["metadata"]
        name = f"{meta['name']}-{number}"
        claims = {
            template["metadata"]["name"]: self._ensure_claim(stateful, template, name)
            for template in stateful["spec"].get("volumeClaimTemplates", ())
        }
        pod = pods.build_from_template(stateful["spec"]["template"], stateful, STATEFUL_SETS, name)
        pod["metadata"]["labels"] |= {
            revisions.POD_LABEL: update["metadata"]["name"],
            "statefulset.kubernetes.io/pod-name": name,
            "apps.kubernetes.io/pod-index": str(number),
        }
        volumes = [{"name": volume, "persistentVolumeClaim": {"claimName": claim}} for volume, claim in claims.items()]
        pod["spec"] |= {"hostname": name, "subdomain": stateful["spec"].get("serviceName", "")}
        pod["spec"]["volumes"] = [*pod["spec"].get("volumes", ()), *volumes]
        pods.create_pod(self, stateful, pod)

    def _ensure_claim(self, stateful: Json, template: Json, pod_name: str) -> str:
        """Create a pod's claim if it does not exist, and return its name. It outlives the pod, so that a new pod finds its data."""
        name, namespace = f"{template['metadata']['name']}-{pod_name}", stateful["metadata"]["namespace"]
        if not self.store.has(CLAIMS, namespace, name):
            labels = stateful["spec"]["selector"].get("matchLabels", {})
            meta = {"name": name, "namespace": namespace, "labels": labels}
            claim = {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": meta,
                "spec": template["spec"],
                "status": {"phase": "Pending"},
            }
            if stateful["spec"].get("persistentVolumeClaimRetentionPolicy", {}).get("whenDeleted") == "Delete":
                meta["ownerReferences"] = [owner_reference(stateful, STATEFUL_SETS)]
            self.store.create(CLAIMS, claim)
            self.context.recorder.record_normal(
                stateful, "SuccessfulCreate", f"create Claim {name} Pod {pod_name} in StatefulSet {stateful['metadata']['name']} success",
                "statefulset-controller",
            )  # fmt: skip
        return name

    def _write_status(self, stateful: Json, update: Json) -> None:
        before, members = stateful.get("status", {}), list(self._pods_by_ordinal(stateful).values())
        name, minimum = update["metadata"]["name"], stateful["spec"].get("minReadySeconds", 0)
        updated = [pod for pod in members if pod["metadata"]["labels"].get(revisions.POD_LABEL) == name]
        done = len(updated) == len(members) == stateful["spec"].get("replicas", 1) and all(map(pods.is_ready, members))
        current = name if done else before.get("currentRevision", name)
        of_current = [pod for pod in members if pod["metadata"]["labels"].get(revisions.POD_LABEL) == current]
        status = {
            "observedGeneration": stateful["metadata"].get("generation", 1),
            "replicas": len(members),
            "readyReplicas": sum(map(pods.is_ready, members)),
            "availableReplicas": sum(pods.is_available(pod, minimum, self.context.now) for pod in members),
            "currentReplicas": len(of_current),
            "updatedReplicas": len(updated),
            "currentRevision": current,
            "updateRevision": name,
            "collisionCount": 0,
        }
        self.context.set_status(STATEFUL_SETS, stateful, status)
        revisions.delete_oldest(self.context, stateful, {name, current})


def pod_ordinal(pod: Json) -> int:
    return int(pod["metadata"]["name"].rpartition("-")[2])
