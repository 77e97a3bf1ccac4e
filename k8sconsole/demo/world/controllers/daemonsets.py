"""DaemonSets: one pod on every eligible node."""

from collections.abc import Iterable
from typing import ClassVar

from k8sconsole.demo.world import pods
from k8sconsole.demo.world.controller import (
    BaseController,
    Json,
    Key,
    ObjectChange,
    Router,
    is_being_deleted,
    route_spec_change,
    route_to_owner,
)
from k8sconsole.demo.world.controllers import revisions
from k8sconsole.demo.world.controllers.scheduler import find_node_mismatch
from k8sconsole.demo.world.kinds import DAEMON_SETS, NODES, PODS

_TOLERATED = (("not-ready", "NoExecute"), ("unreachable", "NoExecute"), *(
    (name, "NoSchedule") for name in ("disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")
))  # fmt: skip


class DaemonSetController(BaseController):
    name: ClassVar[str] = "daemonset"
    primary = DAEMON_SETS

    def routes(self) -> dict[str, Router]:
        return {DAEMON_SETS.key: route_spec_change, PODS.key: route_to_owner("DaemonSet"), NODES.key: self._route_node_change}

    def reconcile(self, key: Key) -> float | None:
        daemon = self.context.find(DAEMON_SETS, key)
        if daemon is None or is_being_deleted(daemon):
            return None
        update = revisions.ensure_revision(self.context, daemon, DAEMON_SETS)
        eligible = self._eligible_nodes(daemon)
        members = self._pods_by_node(daemon)
        for node, pod in members.items():
            if node not in eligible or pods.is_finished(pod):
                self._delete_pod(daemon, pod)
        for node in sorted(eligible - members.keys()):
            self._create_pod(daemon, node, update)
        self._replace_outdated(daemon, update, eligible)
        self._write_status(daemon, update, eligible)
        return None

    def _route_node_change(self, change: ObjectChange) -> Iterable[Key]:
        """Route node creations, deletions, and changes of spec or labels, to every DaemonSet."""
        before, after = change.previous, change.object
        same = before and not change.deleted and before.get("spec") == after.get("spec")
        if same and before["metadata"].get("labels") == after["metadata"].get("labels"):
            return ()
        return self.store.list_keys(DAEMON_SETS)

    def _eligible_nodes(self, daemon: Json) -> set[str]:
        spec = self._build_pod_spec(daemon)
        return {node["metadata"]["name"] for node in self.store.iterate(NODES) if not find_node_mismatch(spec, node)}

    def _build_pod_spec(self, daemon: Json) -> Json:
        spec = daemon["spec"]["template"]["spec"]
        added = [{"key": f"node.kubernetes.io/{name}", "operator": "Exists", "effect": effect} for name, effect in _TOLERATED]
        return {**spec, "tolerations": [*spec.get("tolerations", ()), *added]}

    def _pods_by_node(self, daemon: Json) -> dict[str, Json]:
        """The pods by target node, including unscheduled pods and pods being deleted."""
        return {_target_node(pod): pod for pod in self.context.find_owned(daemon, PODS)}

    def _create_pod(self, daemon: Json, node: str, update: Json) -> None:
        meta = daemon["metadata"]
        template = {**daemon["spec"]["template"], "spec": {**self._build_pod_spec(daemon), "affinity": _node_affinity(node)}}
        name = pods.generate_name(meta["name"], self.context, meta["uid"])
        pod = pods.build_from_template(template, daemon, DAEMON_SETS, name)
        pod["metadata"]["labels"] |= {
            revisions.POD_LABEL: _revision_hash(update),
            "pod-template-generation": str(meta.get("generation", 1)),
        }
        pod["metadata"]["generateName"] = meta["name"] + "-"
        pods.create_pod(self, daemon, pod)

    def _delete_pod(self, daemon: Json, pod: Json) -> None:
        if not is_being_deleted(pod):
            pods.delete_pod(self, daemon, pod)

    def _replace_outdated(self, daemon: Json, update: Json, eligible: set[str]) -> None:
        """Delete outdated pods, leaving at most `maxUnavailable` pods not ready."""
        strategy = daemon["spec"].get("updateStrategy", {})
        members = self._pods_by_node(daemon)
        outdated = [pod for _, pod in sorted(members.items()) if not _has_revision(pod, update) and not is_being_deleted(pod)]
        if strategy.get("type", "RollingUpdate") == "OnDelete" or not outdated:
            return
        max_unavailable = strategy.get("rollingUpdate", {}).get("maxUnavailable", 1)
        max_unavailable = (
            max(1, len(eligible) * int(max_unavailable.rstrip("%")) // 100) if isinstance(max_unavailable, str) else max_unavailable
        )
        down = [pod for pod in members.values() if not pods.is_ready(pod) or is_being_deleted(pod)]
        for pod in [pod for pod in outdated if not pods.is_ready(pod)] or outdated[: max(0, max_unavailable - len(down))]:
            self._delete_pod(daemon, pod)

    def _write_status(self, daemon: Json, update: Json, eligible: set[str]) -> None:
        members = {node: pod for node, pod in self._pods_by_node(daemon).items() if pods.is_active(pod)}
        ready = [pod for pod in members.values() if pods.is_ready(pod)]
        status = {
            "currentNumberScheduled": len(members.keys() & eligible),
            "desiredNumberScheduled": len(eligible),
            "numberMisscheduled": len(members.keys() - eligible),
            "numberReady": len(ready),
            "numberAvailable": len(ready),
            "numberUnavailable": len(eligible) - len(ready),
            "updatedNumberScheduled": sum(_has_revision(pod, update) for pod in members.values()),
            "observedGeneration": daemon["metadata"].get("generation", 1),
        }
        always = ("currentNumberScheduled", "desiredNumberScheduled", "numberMisscheduled", "numberReady", "observedGeneration")
        self.context.set_status(DAEMON_SETS, daemon, {name: value for name, value in status.items() if value or name in always})
        revisions.delete_oldest(self.context, daemon, {update["metadata"]["name"]})


def _has_revision(pod: Json, revision: Json) -> bool:
    return bool(pod["metadata"]["labels"].get(revisions.POD_LABEL) == _revision_hash(revision))


def _revision_hash(revision: Json) -> str:
    return str(revision["metadata"]["labels"][revisions.POD_LABEL])


def _node_affinity(node: str) -> Json:
    field = {"key": "metadata.name", "operator": "In", "values": [node]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchFields": [field]}]}}}


def _target_node(pod: Json) -> str:
    rule = pod["spec"].get("affinity", {}).get("nodeAffinity", {}).get("requiredDuringSchedulingIgnoredDuringExecution")
    return str(rule["nodeSelectorTerms"][0]["matchFields"][0]["values"][0] if rule else pod["spec"].get("nodeName", ""))
