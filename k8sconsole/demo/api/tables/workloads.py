"""Tables of what runs pods: deployments, sets, jobs, autoscalers, disruption budgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8sconsole.demo.api.tables.cells import NONE, UNKNOWN, UNSET, age, containers, created, duration, moment, pairs, selector
from k8sconsole.demo.api.tables.columns import TablePrinter, columns

if TYPE_CHECKING:
    from datetime import datetime

    from k8sconsole.demo.api.tables.columns import Cells

Json = dict[str, Any]
_WIDE = "Containers|Images|Selector"


def _name(obj: Json) -> str:
    return str(obj["metadata"]["name"])


def _template(obj: Json) -> Cells:
    return list(containers(obj["spec"].get("template", {}).get("spec", {})))


def _wide(obj: Json) -> Cells:
    return [*_template(obj), selector(obj["spec"].get("selector"))]


def _deployment(obj: Json, now: datetime) -> Cells:
    spec, state = obj["spec"], obj.get("status", {})
    ready = f"{state.get('readyReplicas', 0)}/{spec.get('replicas', 1)}"
    return [_name(obj), ready, state.get("updatedReplicas", 0), state.get("availableReplicas", 0), created(obj, now), *_wide(obj)]


def _replicas(obj: Json, now: datetime) -> Cells:
    spec, state = obj["spec"], obj.get("status", {})
    return [_name(obj), spec.get("replicas", 1), state.get("replicas", 0), state.get("readyReplicas", 0), created(obj, now), *_wide(obj)]


def _controller(obj: Json, now: datetime) -> Cells:
    spec, state = obj["spec"], obj.get("status", {})
    wide = [*_template(obj), pairs(spec.get("selector"))]
    return [_name(obj), spec.get("replicas", 1), state.get("replicas", 0), state.get("readyReplicas", 0), created(obj, now), *wide]


def _stateful(obj: Json, now: datetime) -> Cells:
    ready = f"{obj.get('status', {}).get('readyReplicas', 0)}/{obj['spec'].get('replicas', 1)}"
    return [_name(obj), ready, created(obj, now), *_template(obj)]


def _daemon(obj: Json, now: datetime) -> Cells:
    state = obj.get("status", {})
    fields = ("desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled", "numberAvailable")
    counts = [state.get(field, 0) for field in fields]
    nodes = pairs(obj["spec"]["template"]["spec"].get("nodeSelector"))
    return [_name(obj), *counts, nodes, created(obj, now), *_wide(obj)]


def _job_status(obj: Json) -> str:
    true = {each["type"] for each in obj.get("status", {}).get("conditions") or () if each.get("status") == "True"}
    for kind, word in (("Complete", "Complete"), ("Failed", "Failed")):
        if kind in true:
            return word
    if obj["metadata"].get("deletionTimestamp"):
        return "Terminating"
    if "Suspended" in true:
        return "Suspended"
    return "FailureTarget" if "FailureTarget" in true else "SuccessCriteriaMet" if "SuccessCriteriaMet" in true else "Running"


def _completions(obj: Json) -> str:
    spec, done = obj["spec"], obj.get("status", {}).get("succeeded", 0)
    if spec.get("completions") is not None:
        return f"{done}/{spec['completions']}"
    parallel = spec.get("parallelism", 1)
    return f"{done}/1 of {parallel}" if parallel > 1 else f"{done}/1"


def _job(obj: Json, now: datetime) -> Cells:
    state = obj.get("status", {})
    lasted = ""
    if state.get("startTime"):
        end = moment(state["completionTime"]) if state.get("completionTime") else now
        lasted = duration((end - moment(state["startTime"])).total_seconds())
    return [_name(obj), _job_status(obj), _completions(obj), lasted, created(obj, now), *_wide(obj)]


def _cron_job(obj: Json, now: datetime) -> Cells:
    spec, state = obj["spec"], obj.get("status", {})
    last = state.get("lastScheduleTime")
    inner = spec["jobTemplate"]["spec"]
    wide = [*containers(inner["template"]["spec"]), selector(inner.get("selector"))]
    suspended = "True" if spec.get("suspend") else "False"
    when = age(last, now) if last else NONE
    return [
        _name(obj),
        spec["schedule"],
        spec.get("timeZone") or NONE,
        suspended,
        len(state.get("active") or ()),
        when,
        created(obj, now),
        *wide,
    ]


def _metric(spec: Json, current: Json | None) -> str:
    source = spec["type"][0].lower() + spec["type"][1:]
    body, reading = spec[source], (current or {}).get(source, {})
    target, value = body["target"], reading.get("current", {})
    label = f"{body['name']}: " if "resource" in source.lower() and "name" in body else ""
    if target.get("averageUtilization") is not None:
        now = value.get("averageUtilization")
        return f"{label}{UNKNOWN if now is None else f'{now}%'}/{target['averageUtilization']}%"
    if target.get("averageValue") is not None:
        return (
            f"{label}{value.get('averageValue', UNKNOWN)}/{target['averageValue']} (avg)"
            if source != "resource"
            else (f"{label}{value.get('averageValue', UNKNOWN)}/{target['averageValue']}")
        )
    return f"{label}{value.get('value', UNKNOWN)}/{target.get('value')}"


def _autoscaler(obj: Json, now: datetime) -> Cells:
    spec, state = obj["spec"], obj.get("status", {})
    target = spec["scaleTargetRef"]
    readings = state.get("currentMetrics") or []
    texts = [_metric(each, readings[at] if at < len(readings) else None) for at, each in enumerate(spec.get("metrics") or [])]
    shown = ", ".join(texts[:2]) or NONE
    shown = f"{shown} + {len(texts) - 2} more..." if len(texts) > 2 else shown
    least = spec.get("minReplicas")
    bounds = [UNSET if least is None else str(least), spec.get("maxReplicas", 0)]
    return [_name(obj), f"{target['kind']}/{target['name']}", shown, *bounds, state.get("currentReplicas", 0), created(obj, now)]


def _budget(obj: Json, now: datetime) -> Cells:
    spec = obj["spec"]
    limits = [str(spec[field]) if spec.get(field) is not None else "N/A" for field in ("minAvailable", "maxUnavailable")]
    return [_name(obj), *limits, obj.get("status", {}).get("disruptionsAllowed", 0), created(obj, now)]


def _revision(obj: Json, now: datetime) -> Cells:
    owner = next((each for each in obj["metadata"].get("ownerReferences") or () if each.get("controller")), None)
    name = NONE
    if owner:
        group = owner["apiVersion"].split("/")[0] if "/" in owner["apiVersion"] else ""
        name = f"{owner['kind'].lower()}.{group}/{owner['name']}" if group else f"{owner['kind'].lower()}/{owner['name']}"
    return [_name(obj), name, obj.get("revision", 0), created(obj, now)]


_COUNTS = "Desired|Current|Ready|Up-to-date|Available|Active|MaxPods|Replicas|Allowed Disruptions|Revision"
_REPLICAS = columns("Name|Desired|Current|Ready|Age", _WIDE, _COUNTS)

PRINTERS = {
    "apps/deployments": TablePrinter(columns("Name|Ready|Up-to-date|Available|Age", _WIDE, "Up-to-date|Available"), _deployment),
    "apps/replicasets": TablePrinter(_REPLICAS, _replicas),
    "/replicationcontrollers": TablePrinter(_REPLICAS, _controller),
    "apps/statefulsets": TablePrinter(columns("Name|Ready|Age", "Containers|Images"), _stateful),
    "apps/daemonsets": TablePrinter(columns("Name|Desired|Current|Ready|Up-to-date|Available|Node Selector|Age", _WIDE, _COUNTS), _daemon),
    "apps/controllerrevisions": TablePrinter(columns("Name|Controller|Revision|Age", "", _COUNTS), _revision),
    "batch/jobs": TablePrinter(columns("Name|Status|Completions|Duration|Age", _WIDE), _job),
    "batch/cronjobs": TablePrinter(columns("Name|Schedule|Timezone|Suspend|Active|Last Schedule|Age", _WIDE, _COUNTS), _cron_job),
    "autoscaling/horizontalpodautoscalers": TablePrinter(
        columns("Name|Reference|Targets|MinPods|MaxPods|Replicas|Age", "", _COUNTS), _autoscaler
    ),
    "policy/poddisruptionbudgets": TablePrinter(
        columns("Name|Min Available|Max Unavailable|Allowed Disruptions|Age", "", _COUNTS), _budget
    ),
}
