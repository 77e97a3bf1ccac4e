"""Odd workloads: what makes pods, what scales them and what protects them."""

from typing import Any

from tests.oracle.dice import Dice
from tests.oracle.pod_samples import make_template

Json = dict[str, Any]


def make_deployment(dice: Dice) -> Json:
    return _workload(dice, "Deployment", "updatedReplicas", "availableReplicas", "readyReplicas", "replicas")


def make_replica_set(dice: Dice) -> Json:
    return _workload(dice, "ReplicaSet", "availableReplicas", "readyReplicas", "replicas", "fullyLabeledReplicas")


def make_stateful_set(dice: Dice) -> Json:
    return _workload(dice, "StatefulSet", "readyReplicas", "replicas", "currentReplicas")


def make_daemon_set(dice: Dice) -> Json:
    counts = ("desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled", "numberAvailable")
    found = _workload(dice, "DaemonSet", *counts)
    (found["spec"] or {}).pop("replicas", None)
    return found


def _workload(dice: Dice, kind: str, *counts: str) -> Json:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": dice.meta(),
        "spec": dice.sparse({"replicas": dice.count(), "selector": dice.selector(), "template": make_template(dice)}),
        "status": dice.sparse({field: dice.count() for field in counts}),
    }


def make_replication_controller(dice: Dice) -> Json:
    found = _workload(dice, "ReplicationController", "readyReplicas", "replicas")
    spec = dice.sparse(found["spec"] | {"selector": dice.labels()})
    return found | {"apiVersion": "v1", "spec": spec}


def make_revision(dice: Dice) -> Json:
    return {"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": dice.meta(), "revision": dice.count()}


def make_job(dice: Dice) -> Json:
    conditions = dice.conditions("Complete", "Failed", "Suspended", "FailureTarget", "SuccessCriteriaMet")
    status = {"succeeded": dice.count(), "failed": dice.count(), "active": dice.count(), "conditions": conditions}
    times = {"startTime": dice.time(), "completionTime": dice.time() if dice.flag() else None}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": dice.meta(),
        "spec": _job_spec(dice),
        "status": dice.sparse(status | times),
    }


def _job_spec(dice: Dice) -> Json:
    fields = {
        "completions": dice.pick(None, 0, 1, 5),
        "parallelism": dice.pick(None, 0, 1, 4),
        "completionMode": dice.pick("Indexed", "NonIndexed"),
        "suspend": dice.flag(),
        "selector": dice.selector(),
        "template": make_template(dice),
    }
    return dice.sparse(fields)


def make_cron_job(dice: Dice) -> Json:
    spec = {
        "schedule": dice.pick("*/5 * * * *", "@daily", "0 3 * * 1-5"),
        "timeZone": dice.pick("Europe/Berlin", "Etc/UTC", ""),
        "suspend": dice.flag(),
        "jobTemplate": dice.sparse({"spec": _job_spec(dice)}),
    }
    status = {"active": dice.many(lambda: {"kind": "Job", "name": dice.name()}), "lastScheduleTime": dice.time()}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": dice.meta(), "spec": dice.sparse(spec), "status": dice.sparse(status)}


def make_budget(dice: Dice) -> Json:
    spec = {"minAvailable": dice.pick("50%", 1, 0), "maxUnavailable": dice.pick("10%", 2), "selector": dice.selector()}
    status = {"disruptionsAllowed": dice.count(), "currentHealthy": dice.count()}
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": dice.meta(),
        "spec": dice.sparse(spec),
        "status": dice.sparse(status),
    }


def make_autoscaler(dice: Dice) -> Json:
    metrics = dice.many(lambda: _metric(dice), most=4)
    observed = [_observed(dice, each["type"]) for each in metrics if dice.chance(0.8)]
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": dice.pick("Deployment", "StatefulSet"), "name": dice.name()},
        "minReplicas": dice.pick(0, 1, 3),
        "maxReplicas": dice.count(),
        "metrics": metrics,
    }
    status = {"currentReplicas": dice.count(), "desiredReplicas": dice.count(), "currentMetrics": observed}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": dice.meta(),
        "spec": dice.sparse(spec),
        "status": dice.sparse(status),
    }


_FIELDS = {"Resource": "resource", "ContainerResource": "containerResource", "Pods": "pods", "Object": "object", "External": "external"}


def _metric(dice: Dice) -> Json:
    kind = dice.choice(tuple(_FIELDS))
    by_value = {"type": "AverageValue", "averageValue": dice.quantity()}
    targets = [by_value]
    if "Resource" in kind:
        targets.append(dice.pick({"type": "Utilization", "averageUtilization": dice.count()}, {"type": "Utilization"}))
    elif kind != "Pods":
        targets.append({"type": "Value", "value": dice.quantity()})
    return {"type": kind, _FIELDS[kind]: _source(dice, kind) | {"target": dice.choice(targets)}}


def _source(dice: Dice, kind: str) -> Json:
    if "Resource" in kind:
        return {"name": dice.pick("cpu", "memory"), "container": dice.name()}
    return {"metric": {"name": "requests_per_second"}, "describedObject": {"kind": "Service", "name": "main"}}


def _observed(dice: Dice, wanted: str) -> Json:
    """The current value of a metric; rarely of another type, as the controller writes while the spec changes."""
    kind = wanted if dice.chance(0.95) else dice.choice(tuple(_FIELDS))
    current = {"averageValue": dice.quantity(), "averageUtilization": dice.count(), "value": dice.quantity()}
    shown = {key: value for key, value in current.items() if dice.chance(0.7)}
    return {"type": kind, _FIELDS[kind]: _source(dice, kind) | {"current": shown}} if dice.chance(0.9) else {"type": ""}
