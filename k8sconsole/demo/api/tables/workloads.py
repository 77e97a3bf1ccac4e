"""Tables of deployments, sets, jobs, autoscalers, disruption budgets and controller revisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8sconsole.demo.api.tables.cells import (
    NONE,
    UNKNOWN,
    UNSET,
    container_cells,
    format_age,
    format_creation_age,
    format_duration,
    format_labels,
    format_selector,
    is_first_condition_true,
    object_name,
)
from k8sconsole.demo.api.tables.columns import TablePrinter, define_columns
from k8sconsole.demo.clock import parse_timestamp

if TYPE_CHECKING:
    from datetime import datetime

    from k8sconsole.demo.api.tables.columns import Cells

Json = dict[str, Any]
_WIDE = "Containers|Images|Selector"


def _template_cells(obj: Json) -> Cells:
    return list(container_cells(obj["spec"].get("template", {}).get("spec", {})))


def _wide_cells(obj: Json) -> Cells:
    return [*_template_cells(obj), format_selector(obj["spec"].get("selector"))]


def _deployment_cells(obj: Json, now: datetime) -> Cells:
    spec, state = obj["spec"], obj.get("status", {})
    ready = f"{state.get('readyReplicas', 0)}/{spec.get('replicas', 1)}"
    return [
        object_name(obj),
        ready,
        state.get("updatedReplicas", 0),
        state.get("availableReplicas", 0),
        format_creation_age(obj, now),
        *_template_cells(obj),
        format_selector(spec.get("selector"), ""),
    ]


def _replica_cells(obj: Json, now: datetime) -> Cells:
    state = obj.get("status", {})
    counts = [obj["spec"].get("replicas", 1), state.get("replicas", 0), state.get("readyReplicas", 0)]
    return [object_name(obj), *counts, format_creation_age(obj, now)]


def _replica_set_cells(obj: Json, now: datetime) -> Cells:
    return [*_replica_cells(obj, now), *_wide_cells(obj)]


def _replication_controller_cells(obj: Json, now: datetime) -> Cells:
    return [*_replica_cells(obj, now), *_template_cells(obj), format_labels(obj["spec"].get("selector"))]


def _stateful_set_cells(obj: Json, now: datetime) -> Cells:
    ready = f"{obj.get('status', {}).get('readyReplicas', 0)}/{obj['spec'].get('replicas', 1)}"
    return [object_name(obj), ready, format_creation_age(obj, now), *_template_cells(obj)]


def _daemon_set_cells(obj: Json, now: datetime) -> Cells:
    state = obj.get("status", {})
    fields = ("desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled", "numberAvailable")
    counts = [state.get(field, 0) for field in fields]
    nodes = format_labels(obj["spec"]["template"]["spec"].get("nodeSelector"))
    return [object_name(obj), *counts, nodes, format_creation_age(obj, now), *_wide_cells(obj)]


def _job_status(obj: Json) -> str:
    ended = [kind for kind in ("Complete", "Failed") if is_first_condition_true(obj, kind)]
    if ended or obj["metadata"].get("deletionTimestamp"):
        return ended[0] if ended else "Terminating"
    kinds = ("Suspended", "FailureTarget", "SuccessCriteriaMet")
    return next((kind for kind in kinds if is_first_condition_true(obj, kind)), "Running")


def _format_completions(obj: Json) -> str:
    spec, done = obj["spec"], obj.get("status", {}).get("succeeded", 0)
    if spec.get("completions") is not None:
        return f"{done}/{spec['completions']}"
    parallel = spec.get("parallelism", 1)
    return f"{done}/1 of {parallel}" if parallel > 1 else f"{done}/1"


def _job_cells(obj: Json, now: datetime) -> Cells:
    state = obj.get("status", {})
    duration = ""
    if state.get("startTime"):
        end = parse_timestamp(state["completionTime"]) if state.get("completionTime") else now
        duration = format_duration((end - parse_timestamp(state["startTime"])).total_seconds())
    return [object_name(obj), _job_status(obj), _format_completions(obj), duration, format_creation_age(obj, now), *_wide_cells(obj)]


def _cron_job_cells(obj: Json, now: datetime) -> Cells:
    spec, state = obj["spec"], obj.get("status", {})
    last = state.get("lastScheduleTime")
    inner = spec["jobTemplate"]["spec"]
    wide = [*container_cells(inner["template"]["spec"]), format_selector(inner.get("selector"))]
    suspended = "True" if spec.get("suspend") else "False"
    when = format_age(last, now) if last else NONE
    return [
        object_name(obj),
        spec["schedule"],
        NONE if spec.get("timeZone") is None else spec["timeZone"],
        suspended,
        len(state.get("active") or ()),
        when,
        format_creation_age(obj, now),
        *wide,
    ]


_METRIC_PARTS = {
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
}
_NIL = "<nil>"


def _format_metric(spec: Json, current: Json) -> str:
    """The current value and the target of one metric, as the real server's printer writes them, absent quantities included."""
    part = _METRIC_PARTS.get(spec["type"], "")
    if part not in spec:
        return "<unknown type>"
    target, reading = spec[part]["target"], (current.get(part) or {}).get("current")
    label = f"{spec[part].get('name', '')}: " if "Resource" in spec["type"] else ""
    observed: Json = reading or {}
    if part == "pods" or (label and target.get("averageValue") is not None):
        value = UNKNOWN if reading is None else observed.get("averageValue", _NIL)
        return f"{label}{value}/{target.get('averageValue', _NIL)}"
    if label:
        values = (observed.get("averageUtilization"), target.get("averageUtilization"))
        now, wanted = (text if share is None else f"{share}%" for share, text in zip(values, (UNKNOWN, "<auto>"), strict=True))
        return f"{label}{now}/{wanted}"
    if target.get("averageValue") is not None:
        return f"{observed.get('averageValue', UNKNOWN)}/{target['averageValue']} (avg)"
    return f"{UNKNOWN if reading is None else observed.get('value', _NIL)}/{target.get('value', _NIL)}"


def _autoscaler_cells(obj: Json, now: datetime) -> Cells:
    spec, state = obj["spec"], obj.get("status", {})
    target = spec["scaleTargetRef"]
    readings = state.get("currentMetrics") or []
    texts = [_format_metric(each, readings[at] if at < len(readings) else {}) for at, each in enumerate(spec.get("metrics") or [])]
    targets = ", ".join(texts[:2]) or NONE
    targets = f"{targets} + {len(texts) - 2} more..." if len(texts) > 2 else targets
    least = spec.get("minReplicas")
    bounds = [UNSET if least is None else str(least), spec.get("maxReplicas", 0)]
    return [
        object_name(obj),
        f"{target['kind']}/{target['name']}",
        targets,
        *bounds,
        state.get("currentReplicas", 0),
        format_creation_age(obj, now),
    ]


def _budget_cells(obj: Json, now: datetime) -> Cells:
    spec = obj["spec"]
    limits = [str(spec[field]) if spec.get(field) is not None else "N/A" for field in ("minAvailable", "maxUnavailable")]
    return [object_name(obj), *limits, obj.get("status", {}).get("disruptionsAllowed", 0), format_creation_age(obj, now)]


def _revision_cells(obj: Json, now: datetime) -> Cells:
    owner = next((each for each in obj["metadata"].get("ownerReferences") or () if each.get("controller")), None)
    name = NONE
    if owner:
        group = owner["apiVersion"].split("/")[0] if "/" in owner["apiVersion"] else ""
        name = f"{owner['kind'].lower()}.{group}/{owner['name']}" if group else f"{owner['kind'].lower()}/{owner['name']}"
    return [object_name(obj), name, obj.get("revision", 0), format_creation_age(obj, now)]


_COUNTS = "Desired|Current|Ready|Up-to-date|Available|Active|MaxPods|Replicas|Allowed Disruptions|Revision"
_REPLICAS = define_columns("Name|Desired|Current|Ready|Age", _WIDE, _COUNTS)

PRINTERS = {
    "apps/deployments": TablePrinter(
        define_columns("Name|Ready|Up-to-date|Available|Age", _WIDE, "Up-to-date|Available"), _deployment_cells
    ),
    "apps/replicasets": TablePrinter(_REPLICAS, _replica_set_cells),
    "/replicationcontrollers": TablePrinter(_REPLICAS, _replication_controller_cells),
    "apps/statefulsets": TablePrinter(define_columns("Name|Ready|Age", "Containers|Images"), _stateful_set_cells),
    "apps/daemonsets": TablePrinter(
        define_columns("Name|Desired|Current|Ready|Up-to-date|Available|Node Selector|Age", _WIDE, _COUNTS), _daemon_set_cells
    ),
    "apps/controllerrevisions": TablePrinter(define_columns("Name|Controller|Revision|Age", "", _COUNTS), _revision_cells),
    "batch/jobs": TablePrinter(define_columns("Name|Status|Completions|Duration|Age", _WIDE), _job_cells),
    "batch/cronjobs": TablePrinter(
        define_columns("Name|Schedule|Timezone|Suspend|Active|Last Schedule|Age", _WIDE, _COUNTS), _cron_job_cells
    ),
    "autoscaling/horizontalpodautoscalers": TablePrinter(
        define_columns("Name|Reference|Targets|MinPods|MaxPods|Replicas|Age", "", _COUNTS), _autoscaler_cells
    ),
    "policy/poddisruptionbudgets": TablePrinter(
        define_columns("Name|Min Available|Max Unavailable|Allowed Disruptions|Age", "", _COUNTS), _budget_cells
    ),
}
