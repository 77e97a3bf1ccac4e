"""HorizontalPodAutoscalers: scale replicas within their bounds by the usage of CPU and memory."""

from datetime import timedelta
from math import ceil
from typing import ClassVar

from k8sconsole.demo.clock import parse_timestamp
from k8sconsole.demo.resources import ServedResource
from k8sconsole.demo.selectors import matches_selector
from k8sconsole.demo.world import conditions, pods, usage
from k8sconsole.demo.world.controller import BaseController, Json, Key, is_being_deleted, object_key
from k8sconsole.demo.world.kinds import AUTOSCALERS, DEPLOYMENTS, PODS, STATEFUL_SETS

_PERIOD = 15.0
_TOLERANCE = 0.1
_SCALE_DOWN_STABILISATION = timedelta(minutes=5)
_COMPONENT = "horizontal-pod-autoscaler"
_TARGETS = {"Deployment": DEPLOYMENTS, "StatefulSet": STATEFUL_SETS}


class AutoscalerController(BaseController):
    name: ClassVar[str] = "autoscaler"
    primary = AUTOSCALERS

    def reconcile(self, key: Key) -> float | None:
        scaler = self.context.find(AUTOSCALERS, key)
        if scaler is None or is_being_deleted(scaler):
            return None
        target = scaler["spec"]["scaleTargetRef"]
        resource = _TARGETS.get(target["kind"])
        scaled = self.context.find(resource, (key[0], target["name"])) if resource else None
        if scaled is None or resource is None:
            self._report_missing_target(scaler, target)
        else:
            self._scale(scaler, scaled, resource)
        return _PERIOD

    def _report_missing_target(self, scaler: Json, target: Json) -> None:
        message = (
            f'the HPA controller was unable to get the target\'s current scale: {target["kind"].lower()}s "{target["name"]}" not found'
        )
        self._write_status(scaler, scaler.get("status", {}), [("AbleToScale", "False", "FailedGetScale", message)])
        self.context.recorder.record_warning(scaler, "FailedGetScale", message, _COMPONENT)

    def _scale(self, scaler: Json, scaled: Json, resource: ServedResource) -> None:
        spec, replicas = scaler["spec"], scaled["spec"].get("replicas", 1)
        readings = self._compute_metrics(scaler, scaled)
        low, high = spec.get("minReplicas", 1), spec["maxReplicas"]
        recommended = max((recommendation for _, recommendation in readings), default=replicas) if replicas else 0
        desired = min(high, max(low, recommended)) if replicas else 0
        status = {**scaler.get("status", {}), "currentReplicas": replicas, "currentMetrics": [reading for reading, _ in readings]}
        if desired != replicas and self._may_rescale(scaler, desired - replicas):
            self._rescale(scaler, scaled, resource, desired)
            status |= {"lastScaleTime": self.context.stamp}
        else:
            desired = replicas if desired != replicas else desired
        limited = (
            ("True", "TooManyReplicas", "more") if recommended > high else ("True", "TooFewReplicas", "less") if recommended < low else None
        )
        self._write_status(scaler, status | {"desiredReplicas": desired}, _build_conditions(bool(readings), limited))

    def _compute_metrics(self, scaler: Json, scaled: Json) -> list[tuple[Json, int]]:
        """Each metric in the form of the status, with the replicas it asks for."""
        namespace, selector = scaled["metadata"]["namespace"], scaled["spec"].get("selector")
        chosen = [
            pod
            for pod in self.store.iterate(PODS, namespace)
            if matches_selector(selector, pod["metadata"].get("labels", {})) and pods.is_ready(pod)
        ]
        metrics = [metric["resource"] for metric in scaler["spec"].get("metrics", ()) if metric["type"] == "Resource"]
        return [self._compute_metric(metric, chosen) for metric in metrics if chosen]

    def _compute_metric(self, metric: Json, chosen: list[Json]) -> tuple[Json, int]:
        name, target = metric["name"], metric["target"]["averageUtilization"]
        used, requested = usage.sum_usage(self.store, map(object_key, chosen), name, self.context.now)
        utilisation = round(100 * used / requested) if requested else 0
        current = {"averageUtilization": utilisation, "averageValue": usage.format_average(name, used // len(chosen))}
        ratio = utilisation / target
        recommendation = len(chosen) if abs(ratio - 1) <= _TOLERANCE else ceil(len(chosen) * ratio)
        return {"type": "Resource", "resource": {"name": name, "current": current}}, recommendation

    def _may_rescale(self, scaler: Json, difference: int) -> bool:
        """Scaling up is allowed at once, scaling down only after the stabilisation window."""
        last = scaler.get("status", {}).get("lastScaleTime")
        return difference > 0 or last is None or parse_timestamp(last) + _SCALE_DOWN_STABILISATION <= self.context.now

    def _rescale(self, scaler: Json, scaled: Json, resource: ServedResource, desired: int) -> None:
        meta, grows = scaled["metadata"], desired > scaled["spec"].get("replicas", 1)
        self.store.mutate(resource, meta["namespace"], meta["name"], lambda fresh: fresh["spec"].update(replicas=desired))
        why = "cpu resource utilization (percentage of request) above target" if grows else "All metrics below target"
        self.context.recorder.record_normal(scaler, "SuccessfulRescale", f"New size: {desired}; reason: {why}", _COMPONENT)

    def _write_status(self, scaler: Json, status: Json, updates: list[tuple[str, str, str, str]]) -> None:
        status = {**status, "conditions": [dict(condition) for condition in status.get("conditions", ())]}
        for condition in updates:
            conditions.set_condition(status, dict(zip(("type", "status", "reason", "message"), condition, strict=True)), self.context.stamp)
        self.context.set_status(AUTOSCALERS, scaler, status)


def _build_conditions(measured: bool, limited: tuple[str, str, str] | None) -> list[tuple[str, str, str, str]]:
    able = ("AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size")
    active = (
        "ScalingActive",
        "True",
        "ValidMetricFound",
        "the HPA was able to successfully calculate a replica count from cpu resource utilization",
    )
    inactive = ("ScalingActive", "False", "FailedGetResourceMetric", "no metrics returned from resource metrics API")
    if limited:
        bound = "maximum" if limited[2] == "more" else "minimum"
        within = ("ScalingLimited", limited[0], limited[1], f"the desired replica count is {limited[2]} than the {bound} replica count")
    else:
        within = ("ScalingLimited", "False", "DesiredWithinRange", "the desired count is within the acceptable range")
    return [able, active if measured else inactive, within]
