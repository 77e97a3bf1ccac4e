"""Deployments: one ReplicaSet per revision, scaled from the old ones to the new one within the strategy's bounds."""

from collections.abc import Iterable
from typing import ClassVar

from k8sconsole.demo.resources import ServedResource
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
from k8sconsole.demo.world.controllers.deployment_status import compute_status
from k8sconsole.demo.world.controllers.rolling import Step, recreate_steps, rolling_steps, scaling_steps
from k8sconsole.demo.world.controllers.unsettled import find_unsettled
from k8sconsole.demo.world.kinds import DEPLOYMENTS, PODS, REPLICA_SETS
from k8sconsole.demo.world.seeds import hash_template

REVISION = "deployment.kubernetes.io/revision"
_NOT_COPIED = ("kubectl.kubernetes.io/last-applied-configuration", REVISION, "deprecated.deployment.rollback.to")


class DeploymentController(BaseController):
    name: ClassVar[str] = "deployment"
    primary = DEPLOYMENTS

    def routes(self) -> dict[str, Router]:
        return {DEPLOYMENTS.key: route_spec_change, REPLICA_SETS.key: route_to_owner("Deployment")}

    def initial_keys(self) -> Iterable[Key]:
        return find_unsettled(self.store, DEPLOYMENTS)

    def reconcile(self, key: Key) -> float | None:
        deployment = self.context.find(DEPLOYMENTS, key)
        if deployment is None or is_being_deleted(deployment):
            return None
        sets = self.context.find_owned(deployment, REPLICA_SETS)
        current = self._find_current(deployment, sets)
        if deployment["spec"].get("paused"):
            self._take_steps(deployment, scaling_steps(deployment, sets))
        else:
            current = current or self._create_replica_set(deployment, sets)
            self._mark_revision(deployment, current, sets)
            self._take_steps(deployment, self._next_steps(deployment, current, [each for each in sets if each is not current]))
        return self._write_status(key)

    def _write_status(self, key: Key) -> float | None:
        deployment = self.store.get(DEPLOYMENTS, *key)
        sets = self.context.find_owned(deployment, REPLICA_SETS)
        current = self._find_current(deployment, sets)
        status, recheck_after = compute_status(deployment, sets, current, self.context.now)
        self.context.set_status(DEPLOYMENTS, deployment, status)
        if current and status.get("updatedReplicas", 0) == status.get("replicas", 0):
            self._delete_oldest(deployment, [each for each in sets if each is not current])
        return recheck_after

    def _find_current(self, deployment: Json, sets: list[Json]) -> Json | None:
        """The ReplicaSet with the current template, found by content, so that an undo reuses the old one."""
        desired = hash_template(deployment["spec"]["template"])
        return next((each for each in sets if hash_template(each["spec"]["template"]) == desired), None)

    def _create_replica_set(self, deployment: Json, sets: list[Json]) -> Json:
        created = self.store.create(REPLICA_SETS, build_replica_set(deployment, _highest_revision(sets) + 1))
        sets.append(created)
        return created

    def _mark_revision(self, deployment: Json, current: Json, sets: list[Json]) -> None:
        """Give the current ReplicaSet the highest revision number. An older one that is current again gets a new number."""
        others = _highest_revision([each for each in sets if each is not current])
        own = _revision_number(current)
        desired = {REVISION: str(own if own > others else others + 1)} | _copied_annotations(deployment["metadata"])
        current["metadata"]["annotations"] = self._annotate(REPLICA_SETS, current, desired)
        self._annotate(DEPLOYMENTS, deployment, {REVISION: desired[REVISION]})

    def _annotate(self, resource: ServedResource, obj: Json, desired: dict[str, str]) -> dict[str, str]:
        meta, existing = obj["metadata"], obj["metadata"].get("annotations", {})
        if not desired.items() <= existing.items():
            self.store.mutate(
                resource, meta["namespace"], meta["name"], lambda fresh: fresh["metadata"].update(annotations=existing | desired)
            )
        return {**existing, **desired}

    def _next_steps(self, deployment: Json, current: Json, old: list[Json]) -> list[Step]:
        if deployment["spec"].get("strategy", {}).get("type") == "Recreate":
            old_pods = [pod for each in old for pod in self.context.find_owned(each, PODS) if not pods.is_finished(pod)]
            return recreate_steps(deployment, current, old, bool(old_pods))
        return rolling_steps(deployment, current, old)

    def _take_steps(self, deployment: Json, steps: list[Step]) -> None:
        for replica_set, desired in steps:
            meta, before = replica_set["metadata"], replica_set["spec"].get("replicas", 0)
            self._resize(meta, desired)
            direction = "up" if desired > before else "down"
            message = f"Scaled {direction} replica set {meta['name']} from {before} to {desired}"
            self.context.recorder.record_normal(deployment, "ScalingReplicaSet", message, "deployment-controller")

    def _resize(self, meta: Json, replicas: int) -> None:
        self.store.mutate(REPLICA_SETS, meta["namespace"], meta["name"], lambda fresh: fresh["spec"].update(replicas=replicas))

    def _delete_oldest(self, deployment: Json, old: list[Json]) -> None:
        """Delete the oldest empty ReplicaSets beyond the history limit."""
        idle = [each for each in old if not each["spec"].get("replicas") and not each.get("status", {}).get("replicas")]
        surplus = len(idle) - deployment["spec"].get("revisionHistoryLimit", 10)
        for each in sorted(idle, key=_revision_number)[: max(0, surplus)]:
            self.store.delete(REPLICA_SETS, each["metadata"]["namespace"], each["metadata"]["name"])


def build_replica_set(deployment: Json, revision: int) -> Json:
    """The ReplicaSet of a deployment's template, with zero replicas."""
    spec, meta = deployment["spec"], deployment["metadata"]
    pod_hash = hash_template(spec["template"])
    template = _add_hash_label(spec["template"], pod_hash)
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{meta['name']}-{pod_hash}",
            "namespace": meta["namespace"],
            "labels": template["metadata"]["labels"],
            "annotations": _copied_annotations(meta) | {REVISION: str(revision)},
            "ownerReferences": [owner_reference(deployment, DEPLOYMENTS)],
        },
        "spec": {
            "replicas": 0,
            "minReadySeconds": spec.get("minReadySeconds", 0),
            "selector": {**spec["selector"], "matchLabels": spec["selector"].get("matchLabels", {}) | {"pod-template-hash": pod_hash}},
            "template": template,
        },
        "status": {"replicas": 0},
    }


def _add_hash_label(template: Json, pod_hash: str) -> Json:
    meta = template.get("metadata", {})
    return {**template, "metadata": {**meta, "labels": {**meta.get("labels", {}), "pod-template-hash": pod_hash}}}


def _copied_annotations(meta: Json) -> dict[str, str]:
    return {name: value for name, value in meta.get("annotations", {}).items() if name not in _NOT_COPIED}


def _revision_number(replica_set: Json) -> int:
    return int(replica_set["metadata"].get("annotations", {}).get(REVISION, 0))


def _highest_revision(sets: list[Json]) -> int:
    return max(map(_revision_number, sets), default=0)
