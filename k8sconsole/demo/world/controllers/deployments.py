"""Deployments: revisions as ReplicaSets, moved from the old to the new one within the bounds of the strategy."""

from collections.abc import Iterable
from typing import ClassVar

from k8sconsole.demo.resources import ServedResource
from k8sconsole.demo.world import pods
from k8sconsole.demo.world.controller import BaseController, Json, Key, Router, being_deleted, reference, spec_changed, to_owner
from k8sconsole.demo.world.controllers.deployment_status import status_of
from k8sconsole.demo.world.controllers.rest import restless
from k8sconsole.demo.world.controllers.rolling import Step, recreate_steps, rolling_steps, scaling_steps
from k8sconsole.demo.world.kinds import DEPLOYMENTS, PODS, REPLICA_SETS
from k8sconsole.demo.world.seeds import template_hash

REVISION = "deployment.kubernetes.io/revision"
_NOT_COPIED = ("kubectl.kubernetes.io/last-applied-configuration", REVISION, "deprecated.deployment.rollback.to")


class DeploymentController(BaseController):
    name: ClassVar[str] = "deployment"
    primary = DEPLOYMENTS

    def watches(self) -> dict[str, Router]:
        return {DEPLOYMENTS.key: spec_changed, REPLICA_SETS.key: to_owner("Deployment")}

    def unsettled(self) -> Iterable[Key]:
        return restless(self.store, DEPLOYMENTS)

    def reconcile(self, key: Key) -> float | None:
        deployment = self.context.find(DEPLOYMENTS, key)
        if deployment is None or being_deleted(deployment):
            return None
        sets = self.context.owned(deployment, REPLICA_SETS)
        current = self._current(deployment, sets)
        if deployment["spec"].get("paused"):
            self._take(deployment, scaling_steps(deployment, sets))
        else:
            current = current or self._new_set(deployment, sets)
            self._mark_revision(deployment, current, sets)
            self._take(deployment, self._steps(deployment, current, [each for each in sets if each is not current]))
        return self._report(key)

    def _report(self, key: Key) -> float | None:
        deployment = self.store.get(DEPLOYMENTS, *key)
        sets = self.context.owned(deployment, REPLICA_SETS)
        current = self._current(deployment, sets)
        status, look_again = status_of(deployment, sets, current, self.context.now)
        self.context.set_status(DEPLOYMENTS, deployment, status)
        if current and status.get("updatedReplicas", 0) == status.get("replicas", 0):
            self._forget_oldest(deployment, [each for each in sets if each is not current])
        return look_again

    def _current(self, deployment: Json, sets: list[Json]) -> Json | None:
        """The ReplicaSet of the template as it stands, found by content, so that an undo finds the old one again."""
        wanted = template_hash(deployment["spec"]["template"])
        return next((each for each in sets if template_hash(each["spec"]["template"]) == wanted), None)

    def _new_set(self, deployment: Json, sets: list[Json]) -> Json:
        created = self.store.create(REPLICA_SETS, replica_set_for(deployment, _latest(sets) + 1))
        sets.append(created)
        return created

    def _mark_revision(self, deployment: Json, current: Json, sets: list[Json]) -> None:
        """The ReplicaSet in force carries the highest revision; a return to an old one takes a new number."""
        others = _latest([each for each in sets if each is not current])
        own = _revision(current)
        wanted = {REVISION: str(own if own > others else others + 1)} | _carried(deployment["metadata"])
        current["metadata"]["annotations"] = self._annotate(REPLICA_SETS, current, wanted)
        self._annotate(DEPLOYMENTS, deployment, {REVISION: wanted[REVISION]})

    def _annotate(self, resource: ServedResource, obj: Json, wanted: dict[str, str]) -> dict[str, str]:
        meta, have = obj["metadata"], obj["metadata"].get("annotations", {})
        if not wanted.items() <= have.items():
            self.store.mutate(resource, meta["namespace"], meta["name"], lambda fresh: fresh["metadata"].update(annotations=have | wanted))
        return {**have, **wanted}

    def _steps(self, deployment: Json, current: Json, old: list[Json]) -> list[Step]:
        if deployment["spec"].get("strategy", {}).get("type") == "Recreate":
            old_pods = [pod for each in old for pod in self.context.owned(each, PODS) if not pods.finished(pod)]
            return recreate_steps(deployment, current, old, bool(old_pods))
        return rolling_steps(deployment, current, old)

    def _take(self, deployment: Json, steps: list[Step]) -> None:
        for replica_set, wanted in steps:
            meta, before = replica_set["metadata"], replica_set["spec"].get("replicas", 0)
            self._resize(meta, wanted)
            direction = "up" if wanted > before else "down"
            said = f"Scaled {direction} replica set {meta['name']} from {before} to {wanted}"
            self.context.recorder.normal(deployment, "ScalingReplicaSet", said, "deployment-controller")

    def _resize(self, meta: Json, replicas: int) -> None:
        self.store.mutate(REPLICA_SETS, meta["namespace"], meta["name"], lambda fresh: fresh["spec"].update(replicas=replicas))

    def _forget_oldest(self, deployment: Json, old: list[Json]) -> None:
        """Keep no more empty revisions than the history limit says."""
        idle = [each for each in old if not each["spec"].get("replicas") and not each.get("status", {}).get("replicas")]
        surplus = len(idle) - deployment["spec"].get("revisionHistoryLimit", 10)
        for each in sorted(idle, key=_revision)[: max(0, surplus)]:
            self.store.delete(REPLICA_SETS, each["metadata"]["namespace"], each["metadata"]["name"])


def replica_set_for(deployment: Json, revision: int) -> Json:
    """The ReplicaSet of a deployment's template, still without replicas."""
    spec, meta = deployment["spec"], deployment["metadata"]
    digest = template_hash(spec["template"])
    template = _labelled(spec["template"], digest)
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{meta['name']}-{digest}",
            "namespace": meta["namespace"],
            "labels": template["metadata"]["labels"],
            "annotations": _carried(meta) | {REVISION: str(revision)},
            "ownerReferences": [reference(deployment, DEPLOYMENTS)],
        },
        "spec": {
            "replicas": 0,
            "minReadySeconds": spec.get("minReadySeconds", 0),
            "selector": {**spec["selector"], "matchLabels": spec["selector"].get("matchLabels", {}) | {"pod-template-hash": digest}},
            "template": template,
        },
        "status": {"replicas": 0},
    }


def _labelled(template: Json, digest: str) -> Json:
    meta = template.get("metadata", {})
    return {**template, "metadata": {**meta, "labels": {**meta.get("labels", {}), "pod-template-hash": digest}}}


def _carried(meta: Json) -> dict[str, str]:
    return {name: value for name, value in meta.get("annotations", {}).items() if name not in _NOT_COPIED}


def _revision(replica_set: Json) -> int:
    return int(replica_set["metadata"].get("annotations", {}).get(REVISION, 0))


def _latest(sets: list[Json]) -> int:
    return max(map(_revision, sets), default=0)
