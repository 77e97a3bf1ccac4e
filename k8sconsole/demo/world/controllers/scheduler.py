"""The scheduler: assigns a node to every pod without one, or reports in kube-scheduler's words why none fits."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, ClassVar

from k8sconsole.demo.podspecs import copy_topology_labels
from k8sconsole.demo.selectors import matches_selector
from k8sconsole.demo.world import conditions
from k8sconsole.demo.world.amounts import Amounts, parse_quantities, sum_requests
from k8sconsole.demo.world.controller import BaseController, ControllerContext, Json, Key, ObjectChange, Router, is_being_deleted
from k8sconsole.demo.world.controllers.volumes import find_claim_problem
from k8sconsole.demo.world.kinds import NODES, PODS

_RETRY = 300.0
_UNSCHEDULABLE = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


class Scheduler(BaseController):
    name: ClassVar[str] = "scheduler"
    primary = PODS

    def __init__(self, context: ControllerContext) -> None:
        super().__init__(context)
        self._waiting: set[Key] = set()

    def routes(self) -> dict[str, Router]:
        return {PODS.key: self._route_pod_change, NODES.key: self._route_node_change}

    def initial_keys(self) -> Iterable[Key]:
        return [key for key in self.store.list_keys(PODS) if b'"nodeName":' not in self.store.get_raw(PODS, *key)]

    def reconcile(self, key: Key) -> float | None:
        pod = self.context.find(PODS, key)
        if pod is None or pod["spec"].get("nodeName") or pod["spec"].get("schedulingGates") or is_being_deleted(pod):
            self._waiting.discard(key)
            return None
        nodes = list(self.store.iterate(NODES))
        claim_problem = find_claim_problem(self.context, pod)
        reason_counts = Counter({claim_problem: len(nodes)}) if claim_problem else Counter[str]()
        fitting = [] if claim_problem else [node for node in nodes if not self._count_refusals(pod, node, reason_counts)]
        if fitting:
            self._bind_pod(pod, min(fitting, key=self._node_load))
            self._waiting.discard(key)
            return None
        self._waiting.add(key)
        self._report_unschedulable(pod, len(nodes), reason_counts, claim_problem)
        return _RETRY

    def _route_pod_change(self, change: ObjectChange) -> Iterable[Key]:
        """Route new pods. A deleted pod may free resources, so it also routes the waiting pods."""
        if change.deleted:
            return (change.key, *sorted(self._waiting))
        same = change.previous.get("spec") == change.object["spec"]
        return () if same or change.object["spec"].get("nodeName") else (change.key,)

    def _route_node_change(self, change: ObjectChange) -> Iterable[Key]:
        if change.previous.get("spec") == change.object.get("spec") and not change.deleted:
            same = change.previous.get("status", {}).get("allocatable") == change.object.get("status", {}).get("allocatable")
            return () if same else sorted(self._waiting)
        return sorted(self._waiting)

    def _count_refusals(self, pod: Json, node: Json, reason_counts: Counter[str]) -> bool:
        """Add a node's reasons against the pod to `reason_counts`. Returns whether there are any."""
        reasons = find_node_mismatch(pod["spec"], node) or self._missing_resources(pod["spec"], node)
        reason_counts.update(reasons)
        return bool(reasons)

    def _missing_resources(self, spec: Json, node: Json) -> list[str]:
        allocatable, used = (
            parse_quantities(node.get("status", {}).get("allocatable")),
            self.context.placement.requested_on(node["metadata"]["name"]),
        )
        missing = [name for name, requested in sum_requests(spec).items() if used.get(name, 0) + requested > allocatable.get(name, 0)]
        return ["Too many pods" if name == "pods" else f"Insufficient {name}" for name in missing]

    def _node_load(self, node: Json) -> tuple[float, str]:
        """The used share of a node, then its name. The least loaded node is chosen."""
        name, allocatable = node["metadata"]["name"], parse_quantities(node["status"]["allocatable"])
        used: Amounts = self.context.placement.requested_on(name)
        shares = [used.get(resource, 0) / max(1, allocatable.get(resource, 1)) for resource in ("cpu", "memory", "pods")]
        return round(sum(shares), 6), name

    def _bind_pod(self, pod: Json, node: Json) -> None:
        meta, name, stamp = pod["metadata"], node["metadata"]["name"], self.context.stamp

        def bind(fresh: Json) -> None:
            fresh["spec"]["nodeName"] = name
            copy_topology_labels(fresh, node)
            conditions.set_condition(fresh.setdefault("status", {}), {"type": "PodScheduled", "status": "True"}, stamp)

        self.store.mutate(PODS, meta["namespace"], meta["name"], bind)
        message = f"Successfully assigned {meta['namespace']}/{meta['name']} to {name}"
        self.context.recorder.record_normal(pod, "Scheduled", message, "default-scheduler")

    def _report_unschedulable(self, pod: Json, count: int, reason_counts: Counter[str], claim_problem: str) -> None:
        message = format_failure(count, reason_counts, claim_problem)
        meta, stamp = pod["metadata"], self.context.stamp
        condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}

        def set_unscheduled(fresh: Json) -> None:
            conditions.set_condition(fresh.setdefault("status", {}), condition, stamp)

        self.store.mutate(PODS, meta["namespace"], meta["name"], set_unscheduled)
        self.context.recorder.record_warning(pod, "FailedScheduling", message, "default-scheduler")


def find_node_mismatch(spec: Json, node: Json) -> list[str]:
    """The reason against a node that does not depend on its pods: cordoned, tainted, or no match for selector and affinity."""
    if node.get("spec", {}).get("unschedulable") and not is_tolerated(_UNSCHEDULABLE, spec):
        return ["node(s) were unschedulable"]
    for taint in node.get("spec", {}).get("taints", ()):
        if taint["effect"] != "PreferNoSchedule" and not is_tolerated(taint, spec):
            return [f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value', '')}}}"]
    if not _matches_affinity(spec, node["metadata"]):
        return ["node(s) didn't match Pod's node affinity/selector"]
    return []


def format_failure(count: int, reason_counts: Counter[str], claim_problem: str) -> str:
    """Format kube-scheduler's message: the reasons sorted as text, then the preemption result."""
    if not count:
        return "no nodes available to schedule pods"
    if claim_problem:
        rest = f"preemption: 0/{count} nodes are available: {count} Preemption is not helpful for scheduling."
        return f"0/{count} nodes are available: {claim_problem}. {rest}"
    reasons = ", ".join(sorted(f"{number} {reason}" for reason, number in reason_counts.items()))
    helpful = min(
        count, max((number for reason, number in reason_counts.items() if reason.startswith(("Insufficient", "Too many"))), default=0)
    )
    outcome = [f"{count - helpful} Preemption is not helpful for scheduling"] if count - helpful else []
    outcome += [f"{helpful} No preemption victims found for incoming pod"] if helpful else []
    return f"0/{count} nodes are available: {reasons}. preemption: 0/{count} nodes are available: {', '.join(outcome)}."


def is_tolerated(taint: dict[str, Any], spec: Json) -> bool:
    return any(_tolerates(toleration, taint) for toleration in spec.get("tolerations", ()))


def _tolerates(toleration: Json, taint: dict[str, Any]) -> bool:
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return toleration.get("key") in (None, "", taint["key"])
    return bool(toleration.get("key") == taint["key"] and toleration.get("value", "") == taint.get("value", ""))


def _matches_affinity(spec: Json, node: Json) -> bool:
    labels = node.get("labels", {})
    if not spec.get("nodeSelector", {}).items() <= labels.items():
        return False
    affinity = spec.get("affinity", {}).get("nodeAffinity", {}).get("requiredDuringSchedulingIgnoredDuringExecution", {})
    terms = affinity.get("nodeSelectorTerms", ())
    return not terms or any(_matches_term(term, node) for term in terms)


def _matches_term(term: Json, node: Json) -> bool:
    by_field = all(node["name"] in field["values"] for field in term.get("matchFields", ()))
    return by_field and matches_selector({"matchExpressions": term.get("matchExpressions", ())}, node.get("labels", {}))
