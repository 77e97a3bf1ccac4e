"""PodDisruptionBudgets: how many voluntary disruptions are allowed now."""

from collections.abc import Iterable
from typing import ClassVar

from k8sconsole.demo.selectors import matches_selector
from k8sconsole.demo.world import conditions, pods
from k8sconsole.demo.world.amounts import scale_int_or_percent
from k8sconsole.demo.world.controller import BaseController, Json, Key, ObjectChange, Router, route_spec_change
from k8sconsole.demo.world.kinds import BUDGETS, PODS


class DisruptionBudgetController(BaseController):
    name: ClassVar[str] = "disruption"
    primary = BUDGETS

    def routes(self) -> dict[str, Router]:
        return {BUDGETS.key: route_spec_change, PODS.key: self._route_pod_change}

    def reconcile(self, key: Key) -> float | None:
        budget = self.context.find(BUDGETS, key)
        if budget is None:
            return None
        selector = budget["spec"].get("selector")
        chosen = [
            pod
            for pod in self.store.iterate(PODS, key[0])
            if matches_selector(selector, pod["metadata"].get("labels", {})) and pods.is_active(pod)
        ]
        status = compute_budget_status(budget, len(chosen), sum(map(pods.is_ready, chosen)))
        status["conditions"] = [dict(condition) for condition in budget.get("status", {}).get("conditions", ())]
        enough = status["disruptionsAllowed"] > 0
        reason = "SufficientPods" if enough else "InsufficientPods"
        condition = {
            "type": "DisruptionAllowed",
            "status": str(enough),
            "reason": reason,
            "message": "",
            "observedGeneration": status["observedGeneration"],
        }
        conditions.set_condition(status, condition, self.context.stamp)
        self.context.set_status(BUDGETS, budget, status)
        return None

    def _route_pod_change(self, change: ObjectChange) -> Iterable[Key]:
        if not change.deleted and change.previous and pods.is_ready(change.previous) == pods.is_ready(change.object):
            return
        labels = change.object["metadata"].get("labels", {})
        for budget in self.store.iterate(BUDGETS, change.namespace):
            if matches_selector(budget["spec"].get("selector"), labels):
                yield change.namespace, budget["metadata"]["name"]


def compute_budget_status(budget: Json, expected: int, healthy: int) -> Json:
    spec = budget["spec"]
    if "maxUnavailable" in spec:
        desired = expected - scale_int_or_percent(spec["maxUnavailable"], expected, up=False)
    else:
        desired = scale_int_or_percent(spec.get("minAvailable", 1), expected, up=True)
    return {
        "currentHealthy": healthy,
        "desiredHealthy": max(0, desired),
        "disruptionsAllowed": max(0, healthy - max(0, desired)),
        "expectedPods": expected,
        "observedGeneration": budget["metadata"].get("generation", 1),
    }
