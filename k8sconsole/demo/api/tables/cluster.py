"""Tables of nodes, namespaces, events, quotas, leases, priority classes, API services and metrics."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from k8sconsole.demo.api.tables.cells import NONE, UNKNOWN, format_age, format_creation_age, is_zero_time, object_name
from k8sconsole.demo.api.tables.columns import TablePrinter, define_columns
from k8sconsole.demo.world.amounts import format_quantity, parse_quantities, sum_amounts

if TYPE_CHECKING:
    from datetime import datetime

    from k8sconsole.demo.api.tables.columns import Cells

Json = dict[str, Any]
_ROLE = "node-role.kubernetes.io/"


def _node_status(obj: Json) -> str:
    ready = {each["type"]: each.get("status") for each in obj.get("status", {}).get("conditions") or ()}.get("Ready")
    words = ["Unknown" if ready is None else "Ready" if ready == "True" else "NotReady"]
    if obj.get("spec", {}).get("unschedulable"):
        words.append("SchedulingDisabled")
    return ",".join(words)


def _node_roles(obj: Json) -> str:
    labels = obj["metadata"].get("labels") or {}
    found = {key.removeprefix(_ROLE) for key in labels if key.startswith(_ROLE)}
    found |= {value for key, value in labels.items() if key == "kubernetes.io/role" and value}
    return ",".join(sorted(found - {""})) or NONE


def _node_address(obj: Json, kind: str) -> str:
    found = obj.get("status", {}).get("addresses") or ()
    return next((each["address"] for each in found if each["type"] == kind), NONE)


def _node_cells(obj: Json, now: datetime) -> Cells:
    info = obj.get("status", {}).get("nodeInfo") or {}
    wide = [info.get(field) or UNKNOWN for field in ("osImage", "kernelVersion", "containerRuntimeVersion")]
    wide[1] += f" ({info['architecture']})" if info.get("architecture") else ""
    version = info.get("kubeletVersion", "")
    addresses = [_node_address(obj, "InternalIP"), _node_address(obj, "ExternalIP")]
    return [object_name(obj), _node_status(obj), _node_roles(obj), format_creation_age(obj, now), version, *addresses, *wide]


def _namespace_cells(obj: Json, now: datetime) -> Cells:
    return [object_name(obj), obj.get("status", {}).get("phase", ""), format_creation_age(obj, now)]


def _event_times(obj: Json, now: datetime) -> tuple[str, str, int]:
    """First seen, last seen and count, from the event's timestamps, its series or its eventTime."""
    start = obj.get("eventTime") if is_zero_time(obj.get("firstTimestamp")) else obj["firstTimestamp"]
    first = format_age(start, now)
    last = first if is_zero_time(obj.get("lastTimestamp")) else format_age(obj["lastTimestamp"], now)
    series, count = obj.get("series"), obj.get("count") or 1
    if series:
        last, count = format_age(series.get("lastObservedTime"), now), series.get("count", 0)
    return first, last, count


def _event_cells(obj: Json, now: datetime) -> Cells:
    first, last, count = _event_times(obj, now)
    about = obj.get("involvedObject") or {}
    target = f"{about.get('kind', '').lower()}/{about['name']}" if about.get("name") else about.get("kind", "").lower()
    source = obj.get("source") or {}
    component = source.get("component") or obj.get("reportingComponent", "")
    host = source.get("host") or obj.get("reportingInstance")
    main = [obj.get("type", ""), obj.get("reason", ""), target, (obj.get("message") or "").strip()]
    wide = [about.get("fieldPath", ""), f"{component}, {host}" if host else component, first, count, object_name(obj)]
    return [last, *main[:3], wide[0], wide[1], main[3], *wide[2:]]


def _quota_cells(obj: Json, now: datetime) -> Cells:
    state = obj.get("status", {})
    hard, used = state.get("hard") or {}, state.get("used") or {}
    listed = {key: f"{key}: {used.get(key, '0')}/{hard[key]}" for key in sorted(hard)}
    limits = ", ".join(text for key, text in listed.items() if key.startswith("limits."))
    requests = ", ".join(text for key, text in listed.items() if not key.startswith("limits."))
    return [object_name(obj), requests, limits, format_creation_age(obj, now)]


def _lease_cells(obj: Json, now: datetime) -> Cells:
    return [object_name(obj), obj.get("spec", {}).get("holderIdentity", ""), format_creation_age(obj, now)]


def _priority_class_cells(obj: Json, now: datetime) -> Cells:
    policy = obj.get("preemptionPolicy", "PreemptLowerPriority")
    return [object_name(obj), obj.get("value", 0), bool(obj.get("globalDefault")), format_creation_age(obj, now), policy]


def _runtime_class_cells(obj: Json, now: datetime) -> Cells:
    return [object_name(obj), obj.get("handler", ""), format_creation_age(obj, now)]


def _api_service_cells(obj: Json, now: datetime) -> Cells:
    service = obj["spec"].get("service")
    found: Json = next((each for each in obj.get("status", {}).get("conditions") or () if each["type"] == "Available"), {})
    reason = "" if found.get("status") == "True" or not found.get("reason") else f" ({found['reason']})"
    place = f"{service['namespace']}/{service['name']}" if service else "Local"
    return [object_name(obj), place, f"{found.get('status', 'Unknown')}{reason}", format_creation_age(obj, now)]


def _usage_cells(obj: Json, _now: datetime) -> Cells:
    readings = [obj] if "usage" in obj else obj.get("containers") or []
    used = sum_amounts(parse_quantities(each.get("usage")) for each in readings)
    return [object_name(obj), *(format_quantity(name, used.get(name, 0)) for name in ("cpu", "memory")), obj.get("window", "")]


_EVENT_WIDE = {"Subobject", "Source", "First Seen", "Count", "Name"}
_EVENT = tuple(
    replace(column, priority=1) if column.name in _EVENT_WIDE else column
    for column in define_columns("Last Seen|Type|Reason|Object|Subobject|Source|Message|First Seen|Count|Name", "", "Count")
)

PRINTERS = {
    "/events": TablePrinter(_EVENT, _event_cells),
    "/nodes": TablePrinter(
        define_columns("Name|Status|Roles|Age|Version", "Internal-IP|External-IP|OS-Image|Kernel-Version|Container-Runtime"), _node_cells
    ),
    "/namespaces": TablePrinter(define_columns("Name|Status|Age"), _namespace_cells),
    "/resourcequotas": TablePrinter(define_columns("Name|Request|Limit|Age"), _quota_cells),
    "coordination.k8s.io/leases": TablePrinter(define_columns("Name|Holder|Age"), _lease_cells),
    "scheduling.k8s.io/priorityclasses": TablePrinter(
        define_columns("Name|Value|Global-Default|Age|PreemptionPolicy", "", "Value"), _priority_class_cells
    ),
    "node.k8s.io/runtimeclasses": TablePrinter(define_columns("Name|Handler|Age"), _runtime_class_cells),
    "apiregistration.k8s.io/apiservices": TablePrinter(define_columns("Name|Service|Available|Age"), _api_service_cells),
    "metrics.k8s.io/nodes": TablePrinter(define_columns("Name|cpu|memory|Window"), _usage_cells),
    "metrics.k8s.io/pods": TablePrinter(define_columns("Name|cpu|memory|Window"), _usage_cells),
}
