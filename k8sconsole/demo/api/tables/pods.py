"""Tables of pods and pod templates. The status column of a pod shows more than its phase."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8sconsole.demo.api.tables.cells import NONE, format_age, format_creation_age, format_labels
from k8sconsole.demo.api.tables.columns import TablePrinter, define_columns
from k8sconsole.demo.clock import parse_timestamp

if TYPE_CHECKING:
    from datetime import datetime

    from k8sconsole.demo.api.tables.columns import Cells

Json = dict[str, Any]


def _sidecar_names(spec: Json) -> set[str]:
    return {each["name"] for each in spec.get("initContainers") or () if each.get("restartPolicy") == "Always"}


def _init_container_reason(statuses: list[Json], sidecars: set[str], total: int) -> str:
    """`Init:…` while an init container has not finished, else ""."""
    for position, each in enumerate(statuses):
        state = each.get("state") or {}
        ended, waiting = state.get("terminated"), state.get("waiting")
        if ended and ended.get("exitCode") == 0:
            continue
        if each["name"] in sidecars and each.get("started"):
            continue
        if ended:
            return f"Init:{ended.get('reason') or _exit_reason(ended)}"
        if waiting and waiting.get("reason") and waiting["reason"] != "PodInitializing":
            return f"Init:{waiting['reason']}"
        return f"Init:{position}/{total}"
    return ""


def _exit_reason(ended: Json) -> str:
    return f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"


def _container_reason(statuses: list[Json], reason: str) -> str:
    running = False
    for each in reversed(statuses):
        state = each.get("state") or {}
        ended, waiting = state.get("terminated"), state.get("waiting")
        if waiting and waiting.get("reason"):
            reason = waiting["reason"]
        elif ended:
            reason = ended.get("reason") or _exit_reason(ended)
        elif each.get("ready") and state.get("running"):
            running = True
    return reason if not (reason == "Completed" and running) else "Running"


def _find_condition(pod: Json, kind: str) -> Json:
    return next((each for each in pod.get("status", {}).get("conditions") or () if each["type"] == kind), {})


def pod_reason(pod: Json) -> str:
    """The text of the status column: the phase, or a more specific reason."""
    state, meta = pod.get("status", {}), pod["metadata"]
    reason = state.get("reason") or state.get("phase") or "Unknown"
    if _find_condition(pod, "PodScheduled").get("reason") == "SchedulingGated":
        reason = "SchedulingGated"
    inits = state.get("initContainerStatuses") or []
    sidecars = _sidecar_names(pod["spec"])
    starting = _init_container_reason(inits, sidecars, len(pod["spec"].get("initContainers") or ()))
    if starting and _find_condition(pod, "Initialized").get("status") != "True":
        reason = starting
    else:
        reason = _container_reason(state.get("containerStatuses") or [], reason)
        if reason == "Running" and _find_condition(pod, "Ready").get("status") != "True" and state.get("reason") is None:
            reason = "Running" if not _was_completed(pod) else "NotReady"
    if meta.get("deletionTimestamp"):
        if state.get("reason") == "NodeLost":
            return "Unknown"
        if state.get("phase") not in ("Succeeded", "Failed"):
            return "Terminating"
    return reason


def _was_completed(pod: Json) -> bool:
    found = pod.get("status", {}).get("containerStatuses") or ()
    return any((each.get("state") or {}).get("terminated", {}).get("reason") == "Completed" for each in found)


def _format_restarts(pod: Json, now: datetime) -> str:
    state = pod.get("status", {})
    sidecars = _sidecar_names(pod["spec"])
    counted = list(state.get("containerStatuses") or ())
    inits = list(state.get("initContainerStatuses") or ())
    if _init_container_reason(inits, sidecars, len(inits)) and _find_condition(pod, "Initialized").get("status") != "True":
        counted = inits
    else:
        counted += [each for each in inits if each["name"] in sidecars]
    total = sum(each.get("restartCount", 0) for each in counted)
    ended = [(each.get("lastState") or {}).get("terminated", {}).get("finishedAt") for each in counted]
    last = max((text for text in ended if text), key=parse_timestamp, default=None)
    return f"{total} ({format_age(last, now)} ago)" if total and last else str(total)


def _format_ready(pod: Json) -> str:
    sidecars = _sidecar_names(pod["spec"])
    state = pod.get("status", {})
    statuses = [*(state.get("containerStatuses") or ())]
    statuses += [each for each in state.get("initContainerStatuses") or () if each["name"] in sidecars]
    ready = sum(1 for each in statuses if each.get("ready") and ("running" in (each.get("state") or {}) or each["name"] in sidecars))
    return f"{ready}/{len(pod['spec'].get('containers') or ()) + len(sidecars)}"


def _format_readiness_gates(pod: Json) -> str:
    gates = pod["spec"].get("readinessGates") or []
    passed = sum(1 for gate in gates if _find_condition(pod, gate["conditionType"]).get("status") == "True")
    return f"{passed}/{len(gates)}" if gates else NONE


def _pod_cells(pod: Json, now: datetime) -> Cells:
    spec, state = pod["spec"], pod.get("status", {})
    ips = state.get("podIPs") or []
    address = ips[0]["ip"] if ips else state.get("podIP") or NONE
    wide = [address, spec.get("nodeName") or NONE, state.get("nominatedNodeName") or NONE, _format_readiness_gates(pod)]
    return [pod["metadata"]["name"], _format_ready(pod), pod_reason(pod), _format_restarts(pod, now), format_creation_age(pod, now), *wide]


def _pod_template_cells(obj: Json, _now: datetime) -> Cells:
    found = obj["template"]["spec"].get("containers") or []
    names, images = ",".join(each["name"] for each in found), ",".join(each.get("image", "") for each in found)
    return [obj["metadata"]["name"], names, images, format_labels(obj["template"].get("metadata", {}).get("labels"))]


PRINTERS = {
    "/pods": TablePrinter(define_columns("Name|Ready|Status|Restarts|Age", "IP|Node|Nominated Node|Readiness Gates"), _pod_cells),
    "/podtemplates": TablePrinter(define_columns("Name|Containers|Images|Pod Labels"), _pod_template_cells),
}
