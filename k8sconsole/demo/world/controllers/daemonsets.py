"""DaemonSets: one pod on every node that will have it."""

from collections.abc import Iterable
from typing import ClassVar

from k8sconsole.demo.world import pods
from k8sconsole.demo.world.controller import BaseController, Json, Key, ObjectChange, Router, being_deleted, spec_changed, to_owner
from k8sconsole.demo.world.controllers import revisions
from k8sconsole.demo.world.controllers.scheduler import static_refusal
from k8sconsole.demo.world.kinds import DAEMON_SETS, NODES, PODS

_TOLERATED = (("not-ready", "NoExecute"), ("unreachable", "NoExecute"), *(
    (name, "NoSchedule") for name in ("disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")
))  # fmt: skip


class DaemonSetController(BaseController):
    name: ClassVar[str] = "daemonset"
    primary = DAEMON_SETS

    def watches(self) -> dict[str, Router]:
        return {DAEMON_SETS.key: spec_changed, PODS.key: to_owner("DaemonSet"), NODES.key: self._node_changed}

    def reconcile(self, key: Key) -> float | None:
        daemon = self.context.find(DAEMON_SETS, key)
        if daemon is None or being_deleted(daemon):
            return None
        update = revisions.current(self.context, daemon, DAEMON_SETS)
        eligible = self._eligible(daemon)
        members = self._members(daemon)
        for node, pod in members.items():
            if node not in eligible or pods.finished(pod):
                self._remove(daemon, pod)
        for node in sorted(eligible - members.keys()):
            self._create(daemon, node, update)
        self._replace_some(daemon, update, eligible)
        self._write_status(daemon, update, eligible)
        return None

    def _node_changed(self, change: ObjectChange) -> Iterable[Key]:
        """Only a node that came, went, or changed its labels or taints matters."""
        before, after = change.previous, change.object
        same = before and not change.gone and before.get("spec") == after.get("spec")
        if same and before["metadata"].get("labels") == after["metadata"].get("labels"):
            return ()
        return self.store.names(DAEMON_SETS)

    def _eligible(self, daemon: Json) -> set[str]:
        spec = self._pod_spec(daemon)
        return {node["metadata"]["name"] for node in self.store.iterate(NODES) if not static_refusal(spec, node)}

    def _pod_spec(self, daemon: Json) -> Json:
        spec = daemon["spec"]["template"]["spec"]
        own = [{"key": f"node.kubernetes.io/{name}", "operator": "Exists", "effect": effect} for name, effect in _TOLERATED]
        return {**spec, "tolerations": [*spec.get("tolerations", ()), *own]}

    def _members(self, daemon: Json) -> dict[str, Json]:
        """Pods by the node they are meant for, whether or not they have been placed; those that are leaving included."""
        return {_target(pod): pod for pod in self.context.owned(daemon, PODS)}

    def _create(self, daemon: Json, node: str, update: Json) -> None:
        meta = daemon["metadata"]
        template = {**daemon["spec"]["template"], "spec": {**self._pod_spec(daemon), "affinity": _pinned(node)}}
        name = pods.name_under(meta["name"], self.context, meta["uid"])
        pod = pods.from_template(template, daemon, DAEMON_SETS, name)
        pod["metadata"]["labels"] |= {
            revisions.POD_LABEL: _hash_of(update),
            "pod-template-generation": str(meta.get("generation", 1)),
        }
        pod["metadata"]["generateName"] = meta["name"] + "-"
        pods.create(self, daemon, pod)

    def _remove(self, daemon: Json, pod: Json) -> None:
        if not being_deleted(pod):
            pods.remove(self, daemon, pod)

    def _replace_some(self, daemon: Json, update: Json, eligible: set[str]) -> None:
        """A rolling update keeps all but `maxUnavailable` pods serving."""
        strategy = daemon["spec"].get("updateStrategy", {})
        members = self._members(daemon)
        outdated = [pod for _, pod in sorted(members.items()) if not _is_of(pod, update) and not being_deleted(pod)]
        if strategy.get("type", "RollingUpdate") == "OnDelete" or not outdated:
            return
        most = strategy.get("rollingUpdate", {}).get("maxUnavailable", 1)
        most = max(1, len(eligible) * int(most.rstrip("%")) // 100) if isinstance(most, str) else most
        down = [pod for pod in members.values() if not pods.ready(pod) or being_deleted(pod)]
        for pod in [pod for pod in outdated if not pods.ready(pod)] or outdated[: max(0, most - len(down))]:
            self._remove(daemon, pod)

    def _write_status(self, daemon: Json, update: Json, eligible: set[str]) -> None:
        members = {node: pod for node, pod in self._members(daemon).items() if pods.active(pod)}
        serving = [pod for pod in members.values() if pods.ready(pod)]
        status = {
            "currentNumberScheduled": len(members.keys() & eligible),
            "desiredNumberScheduled": len(eligible),
            "numberMisscheduled": len(members.keys() - eligible),
            "numberReady": len(serving),
            "numberAvailable": len(serving),
            "numberUnavailable": len(eligible) - len(serving),
            "updatedNumberScheduled": sum(_is_of(pod, update) for pod in members.values()),
            "observedGeneration": daemon["metadata"].get("generation", 1),
        }
        always = ("currentNumberScheduled", "desiredNumberScheduled", "numberMisscheduled", "numberReady", "observedGeneration")
        self.context.set_status(DAEMON_SETS, daemon, {name: value for name, value in status.items() if value or name in always})
        revisions.forget_oldest(self.context, daemon, {update["metadata"]["name"]})


def _is_of(pod: Json, revision: Json) -> bool:
    return bool(pod["metadata"]["labels"].get(revisions.POD_LABEL) == _hash_of(revision))


def _hash_of(revision: Json) -> str:
    return str(revision["metadata"]["labels"][revisions.POD_LABEL])


def _pinned(node: str) -> Json:
    field = {"key": "metadata.name", "operator": "In", "values": [node]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchFields": [field]}]}}}


def _target(pod: Json) -> str:
    rule = pod["spec"].get("affinity", {}).get("nodeAffinity", {}).get("requiredDuringSchedulingIgnoredDuringExecution")
    return str(rule["nodeSelectorTerms"][0]["matchFields"][0]["values"][0] if rule else pod["spec"].get("nodeName", ""))
