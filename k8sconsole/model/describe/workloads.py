"""Descriptions of Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs, CronJobs and HorizontalPodAutoscalers."""

from k8sconsole.model.describe.sections import JsonNode, Section, format_time_with_age, make_lines, make_section
from k8sconsole.model.describe.templates import describe_template
from k8sconsole.model.quantities import format_duration_short
from k8sconsole.model.tables.custom import parse_object_time
from k8sconsole.model.tables.scaling import Hpa, format_hpa_targets
from k8sconsole.model.tables.shape_decoder import convert_leniently
from k8sconsole.model.tables.shapes import Selector, selector_cell


def selector_line(node: JsonNode) -> str:
    return selector_cell(convert_leniently(node.value, Selector)) or ""


def describe_deployment(obj: JsonNode, now: float) -> list[Section]:
    spec, status = obj["spec"], obj["status"]
    counted = (
        ("updated", "updatedReplicas"),
        ("total", "replicas"),
        ("available", "availableReplicas"),
        ("unavailable", "unavailableReplicas"),
    )
    counts = ", ".join(f"{status[field] or 0} {word}" for word, field in counted)
    rolling = spec.at("strategy", "rollingUpdate")
    pairs = [
        ("Selector", selector_line(spec["selector"])),
        ("Replicas", f"{_count_or(spec['replicas'], 1)} desired, {counts}"),
        ("Strategy", spec.at("strategy", "type")),
        ("Rolling update", f"{rolling['maxUnavailable']} max unavailable, {rolling['maxSurge']} max surge" if rolling else ""),
        ("Minimum ready", f"{spec['minReadySeconds']}s" if spec["minReadySeconds"] else ""),
        ("Progress deadline", f"{spec['progressDeadlineSeconds']}s" if spec["progressDeadlineSeconds"] else ""),
        ("Paused", spec["paused"] or ""),
        ("Revision", obj.at("metadata", "annotations", "deployment.kubernetes.io/revision")),
    ]
    return make_section("Deployment", make_lines(pairs)) + describe_template(spec["template"])


def _count_or(node: JsonNode, otherwise: int) -> str:
    return str(otherwise) if node.value is None else str(node)


def describe_replica_set(obj: JsonNode, now: float) -> list[Section]:
    spec, status = obj["spec"], obj["status"]
    current, ready = _count_or(status["replicas"], 0), _count_or(status["readyReplicas"], 0)
    replicas = f"{current} current, {_count_or(spec['replicas'], 1)} desired, {ready} ready"
    pairs = [("Selector", selector_line(spec["selector"])), ("Replicas", replicas)]
    return make_section(str(obj["kind"] or "ReplicaSet"), make_lines(pairs)) + describe_template(spec["template"])


def describe_stateful_set(obj: JsonNode, now: float) -> list[Section]:
    spec, status = obj["spec"], obj["status"]
    ready = _count_or(status["readyReplicas"], 0)
    pairs = [
        ("Selector", selector_line(spec["selector"])),
        (
            "Replicas",
            f"{_count_or(spec['replicas'], 1)} desired, {_count_or(status['replicas'], 0)} total, {ready} ready",
        ),
        ("Service", spec["serviceName"]),
        ("Update strategy", spec.at("updateStrategy", "type")),
        ("Partition", spec.at("updateStrategy", "rollingUpdate", "partition")),
        ("Pod management", spec["podManagementPolicy"]),
        ("Revision", status["currentRevision"]),
        ("Next revision", status["updateRevision"] if str(status["updateRevision"]) != str(status["currentRevision"]) else ""),
    ]
    claims = [(str(claim.at("metadata", "name")), _format_claim(claim["spec"])) for claim in spec["volumeClaimTemplates"]]
    return (
        make_section("StatefulSet", make_lines(pairs))
        + describe_template(spec["template"])
        + make_section("Volume claim templates", make_lines(claims))
    )


def _format_claim(spec: JsonNode) -> str:
    size = spec.at("resources", "requests", "storage")
    return " ".join(part for part in (str(size), ",".join(spec["accessModes"].words()), str(spec["storageClassName"])) if part)


def describe_daemon_set(obj: JsonNode, now: float) -> list[Section]:
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
        ("Selector", selector_line(spec["selector"])),
        *((label, _count_or(status[field], 0)) for label, field in numbers),
        ("Update strategy", spec.at("updateStrategy", "type")),
    ]
    return make_section("DaemonSet", make_lines(pairs)) + describe_template(spec["template"])


def describe_job(obj: JsonNode, now: float) -> list[Section]:
    spec, status = obj["spec"], obj["status"]
    begin, end = parse_object_time(status["startTime"].value), parse_object_time(status["completionTime"].value)
    pods = ", ".join(f"{_count_or(status[field], 0)} {field}" for field in ("active", "ready", "succeeded", "failed"))
    pairs = [
        ("Selector", selector_line(spec["selector"])),
        ("Parallelism", spec["parallelism"]),
        ("Completions", spec["completions"]),
        ("Completion mode", spec["completionMode"]),
        ("Back-off limit", spec["backoffLimit"]),
        ("Deadline", f"{spec['activeDeadlineSeconds']}s" if spec["activeDeadlineSeconds"] else ""),
        ("Suspended", spec["suspend"] or ""),
        ("Started", format_time_with_age(status["startTime"], now)),
        ("Completed", format_time_with_age(status["completionTime"], now)),
        ("Duration", "" if begin is None else format_duration_short((now if end is None else end) - begin)),
        ("Pods", pods),
    ]
    return make_section("Job", make_lines(pairs)) + describe_template(spec["template"])


def describe_cron_job(obj: JsonNode, now: float) -> list[Section]:
    spec, status = obj["spec"], obj["status"]
    inner = spec.at("jobTemplate", "spec")
    pairs = [
        ("Schedule", spec["schedule"]),
        ("Time zone", spec["timeZone"]),
        ("Concurrency", spec["concurrencyPolicy"]),
        ("Suspended", spec["suspend"]),
        ("Starting deadline", f"{spec['startingDeadlineSeconds']}s" if spec["startingDeadlineSeconds"] else ""),
        (
            "Keeps",
            f"{_count_or(spec['successfulJobsHistoryLimit'], 3)} successful, {_count_or(spec['failedJobsHistoryLimit'], 1)} failed jobs",
        ),
        ("Last schedule", format_time_with_age(status["lastScheduleTime"], now)),
        ("Last success", format_time_with_age(status["lastSuccessfulTime"], now)),
        ("Active jobs", ", ".join(str(each["name"]) for each in status["active"])),
        ("Parallelism", inner["parallelism"]),
        ("Completions", inner["completions"]),
    ]
    return make_section("CronJob", make_lines(pairs)) + describe_template(inner["template"])


def describe_autoscaler(obj: JsonNode, now: float) -> list[Section]:
    spec, status = obj["spec"], obj["status"]
    pairs = [
        ("Scales", f"{spec.at('scaleTargetRef', 'kind')}/{spec.at('scaleTargetRef', 'name')}"),
        ("Metrics", format_hpa_targets(convert_leniently(obj.value, Hpa))),
        ("Replicas", f"{_count_or(status['currentReplicas'], 0)} current, {_count_or(status['desiredReplicas'], 0)} desired"),
        ("Bounds", f"{_count_or(spec['minReplicas'], 1)} to {spec['maxReplicas']}"),
        ("Last scaled", format_time_with_age(status["lastScaleTime"], now)),
        ("Behaviour", spec["behavior"]),
    ]
    return make_section("HorizontalPodAutoscaler", make_lines(pairs))
