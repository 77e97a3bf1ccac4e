"""Deployments and their kin, Jobs and CronJobs: how many, how they are replaced, of what they are made."""

from k8sconsole.model.describe.sections import Node, Section, ago, section, stated
from k8sconsole.model.describe.templates import template
from k8sconsole.model.quantities import short_duration
from k8sconsole.model.tables.custom import moment
from k8sconsole.model.tables.decoding import repaired
from k8sconsole.model.tables.scaling import Hpa, targets
from k8sconsole.model.tables.shapes import Selector, selector_text


def selector(node: Node) -> str:
    return selector_text(repaired(node.value, Selector)) or ""


def deployment(obj: Node, now: float) -> list[Section]:
    spec, status = obj["spec"], obj["status"]
    counted = (
        ("updated", "updatedReplicas"),
        ("total", "replicas"),
        ("available", "availableReplicas"),
        ("unavailable", "unavailableReplicas"),
    )
    told = ", ".join(f"{status[field] or 0} {word}" for word, field in counted)
    rolling = spec.at("strategy", "rollingUpdate")
    pairs = [
        ("Selector", selector(spec["selector"])),
        ("Replicas", f"{_or(spec['replicas'], 1)} desired, {told}"),
        ("Strategy", spec.at("strategy", "type")),
        ("Rolling update", f"{rolling['maxUnavailable']} max unavailable, {rolling['maxSurge']} max surge" if rolling else ""),
        ("Minimum ready", f"{spec['minReadySeconds']}s" if spec["minReadySeconds"] else ""),
        ("Progress deadline", f"{spec['progressDeadlineSeconds']}s" if spec["progressDeadlineSeconds"] else ""),
        ("Paused", spec["paused"] or ""),
        ("Revision", obj.at("metadata", "annotations", "deployment.kubernetes.io/revision")),
    ]
    return section("Deployment", stated(pairs)) + template(spec["template"])


def _or(node: Node, otherwise: int) -> str:
    return str(otherwise) if node.value is None else str(node)


def replica_set(obj: Node, now: float) -> list[Section]:
    spec, status = obj["spec"], obj["status"]
    told = f"{_or(status['replicas'], 0)} current, {_or(spec['replicas'], 1)} desired, {_or(status['readyReplicas'], 0)} ready"
    pairs = [("Selector", selector(spec["selector"])), ("Replicas", told)]
    return section(str(obj["kind"] or "ReplicaSet"), stated(pairs)) + template(spec["template"])


def stateful_set(obj: Node, now: float) -> list[Section]:
    spec, status = obj["spec"], obj["status"]
    pairs = [
        ("Selector", selector(spec["selector"])),
        ("Replicas", f"{_or(spec['replicas'], 1)} desired, {_or(status['replicas'], 0)} total, {_or(status['readyReplicas'], 0)} ready"),
        ("Service", spec["serviceName"]),
        ("Update strategy", spec.at("updateStrategy", "type")),
        ("Partition", spec.at("updateStrategy", "rollingUpdate", "partition")),
        ("Pod management", spec["podManagementPolicy"]),
        ("Revision", status["currentRevision"]),
        ("Next revision", status["updateRevision"] if str(status["updateRevision"]) != str(status["currentRevision"]) else ""),
    ]
    claims = [(str(claim.at("metadata", "name")), _claim(claim["spec"])) for claim in spec["volumeClaimTemplates"]]
    return section("StatefulSet", stated(pairs)) + template(spec["template"]) + section("Volume claim templates", stated(claims))


def _claim(spec: Node) -> str:
    size = spec.at("resources", "requests", "storage")
    return " ".join(part for part in (str(size), ",".join(spec["accessModes"].words()), str(spec["storageClassName"])) if part)


def daemon_set(obj: Node, now: float) -> list[Section]:
    spec, status = obj["spec"], obj["status"]
    numbers = (
        ("Desired", "desiredNumberScheduled"),
        ("Current", "currentNumberScheduled"),
        ("Up to date", "updatedNumberScheduled"),
        ("Ready", "numberReady"),
        ("Available", "numberAvailable"),
        ("Misscheduled", "numberMisscheduled"),
    )
    pairs = [
        ("Selector", selector(spec["selector"])),
        *((label, _or(status[field], 0)) for label, field in numbers),
        ("Update strategy", spec.at("updateStrategy", "type")),
    ]
    return section("DaemonSet", stated(pairs)) + template(spec["template"])


def job(obj: Node, now: float) -> list[Section]:
    spec, status = obj["spec"], obj["status"]
    begin, end = moment(status["startTime"].value), moment(status["completionTime"].value)
    pods = ", ".join(f"{_or(status[field], 0)} {field}" for field in ("active", "ready", "succeeded", "failed"))
    pairs = [
        ("Selector", selector(spec["selector"])),
        ("Parallelism", spec["parallelism"]),
        ("Completions", spec["completions"]),
        ("Completion mode", spec["completionMode"]),
        ("Back-off limit", spec["backoffLimit"]),
        ("Deadline", f"{spec['activeDeadlineSeconds']}s" if spec["activeDeadlineSeconds"] else ""),
        ("Suspended", spec["suspend"] or ""),
        ("Started", ago(status["startTime"], now)),
        ("Completed", ago(status["completionTime"], now)),
        ("Duration", "" if begin is None else short_duration((now if end is None else end) - begin)),
        ("Pods", pods),
    ]
    return section("Job", stated(pairs)) + template(spec["template"])


def cron_job(obj: Node, now: float) -> list[Section]:
    spec, status = obj["spec"], obj["status"]
    inner = spec.at("jobTemplate", "spec")
    pairs = [
        ("Schedule", spec["schedule"]),
        ("Time zone", spec["timeZone"]),
        ("Concurrency", spec["concurrencyPolicy"]),
        ("Suspended", spec["suspend"]),
        ("Starting deadline", f"{spec['startingDeadlineSeconds']}s" if spec["startingDeadlineSeconds"] else ""),
        ("Keeps", f"{_or(spec['successfulJobsHistoryLimit'], 3)} successful, {_or(spec['failedJobsHistoryLimit'], 1)} failed jobs"),
        ("Last schedule", ago(status["lastScheduleTime"], now)),
        ("Last success", ago(status["lastSuccessfulTime"], now)),
        ("Active jobs", ", ".join(str(each["name"]) for each in status["active"])),
        ("Parallelism", inner["parallelism"]),
        ("Completions", inner["completions"]),
    ]
    return section("CronJob", stated(pairs)) + template(inner["template"])


def autoscaler(obj: Node, now: float) -> list[Section]:
    spec, status = obj["spec"], obj["status"]
    pairs = [
        ("Scales", f"{spec.at('scaleTargetRef', 'kind')}/{spec.at('scaleTargetRef', 'name')}"),
        ("Metrics", targets(repaired(obj.value, Hpa))),
        ("Replicas", f"{_or(status['currentReplicas'], 0)} current, {_or(status['desiredReplicas'], 0)} desired"),
        ("Bounds", f"{_or(spec['minReplicas'], 1)} to {spec['maxReplicas']}"),
        ("Last scaled", ago(status["lastScaleTime"], now)),
        ("Behaviour", spec["behavior"]),
    ]
    return section("HorizontalPodAutoscaler", stated(pairs))
