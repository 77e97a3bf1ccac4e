"""Tables of pods and pod templates. The status column of a pod shows more than its phase."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8sconsole.demo.api.tables.cells import NONE, format_age, format_creation_age, format_labels, is_first_condition_true, is_zero_time
from k8sconsole.demo.api.tables.columns import TablePrinter, define_columns
from k8sconsole.demo.clock import parse_timestamp

if TYPE_CHECKING:
    from datetime import datetime

    from k8sconsole.demo.api.tables.columns import Cells

Json = dict[str, Any]


class _PodTally:
    """A pod's status column, and what its container statuses add up to."""

    def __init__(self, pod: Json) -> None:
        state = pod.get("status", {})
        gated = any(each["type"] == "PodScheduled" and each.get("reason") == "SchedulingGated" for each in state.get("conditions") or ())
        self.reason: str = "SchedulingGated" if gated else state.get("reason") or state.get("phase") or ""
        self.ready = 0
        self.restarts = 0
        self.last_restart = ""

    def count_restarts(self, each: Json) -> None:
        self.restarts += each.get("restartCount", 0)
        finished = ((each.get("lastState") or {}).get("terminated") or {}).get("finishedAt") or ""
        if not is_zero_time(finished) and (not self.last_restart or parse_timestamp(finished) > parse_timestamp(self.last_restart)):
            self.last_restart = finished


def _sidecar_names(spec: Json) -> set[str]:
    policies = {each["name"]: each.get("restartPolicy") for each in spec.get("initContainers") or ()}
    return {name for name, policy in policies.items() if policy == "Always"}


def _tally_pod(pod: Json) -> _PodTally:
    """Follow the printer of the real server: init containers first, then the containers of an initialized pod."""
    tally, state, sidecars = _PodTally(pod), pod.get("status", {}), _sidecar_names(pod["spec"])
    statuses = state.get("initContainerStatuses") or []
    counted = _tally_init_containers(tally, statuses, sidecars, len(pod["spec"].get("initContainers") or ()))
    if counted == 0 or is_first_condition_true(pod, "Initialized"):
        tally.restarts, tally.last_restart = 0, ""
        for each in statuses[: counted or None]:
            if each["name"] in sidecars:
                tally.count_restarts(each)
        _tally_containers(tally, pod)
    return tally


def _tally_init_containers(tally: _PodTally, statuses: list[Json], sidecars: set[str], total: int) -> int:
    """Count up to the first unfinished init container. Returns how many were counted until it, 0 when all have finished."""
    for position, each in enumerate(statuses):
        tally.count_restarts(each)
        state = each.get("state") or {}
        ended, waiting = state.get("terminated"), state.get("waiting")
        if ended and not ended.get("exitCode"):
            continue
        if each["name"] in sidecars and each.get("started"):
            tally.ready += bool(each.get("ready"))
            continue
        if ended:
            tally.reason = f"Init:{_exit_reason(ended)}"
        elif waiting and waiting.get("reason", "") not in ("", "PodInitializing"):
            tally.reason = f"Init:{waiting['reason']}"
        else:
            tally.reason = f"Init:{position}/{total}"
        return position + 1
    return 0


def _exit_reason(ended: Json) -> str:
    return str(ended.get("reason") or (f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"))


def _tally_containers(tally: _PodTally, pod: Json) -> None:
    running, failure = False, ""
    for each in reversed(pod.get("status", {}).get("containerStatuses") or ()):
        tally.count_restarts(each)
        state = each.get("state") or {}
        if (state.get("waiting") or {}).get("reason"):
            tally.reason = state["waiting"]["reason"]
        elif state.get("terminated") is not None:
            tally.reason = _exit_reason(state["terminated"])
            failure = tally.reason if state["terminated"].get("exitCode") else failure
        elif each.get("ready") and state.get("running") is not None:
            running, tally.ready = True, tally.ready + 1
    if tally.reason == "Completed":
        ready = any(each["type"] == "Ready" and each.get("status") == "True" for each in pod["status"].get("conditions") or ())
        tally.reason = "Running" if running and ready else failure or ("NotReady" if running else "Completed")


def _final_reason(pod: Json, reason: str) -> str:
    """The text of the status column. reason: the phase, or a more specific word."""
    if not pod["metadata"].get("deletionTimestamp"):
        return reason
    state = pod.get("status", {})
    if state.get("reason") == "NodeLost":
        return "Unknown"
    return reason if state.get("phase") in ("Succeeded", "Failed") else "Terminating"


def _format_readiness_gates(pod: Json) -> str:
    gates = pod["spec"].get("readinessGates") or []
    passed = sum(is_first_condition_true(pod, gate["conditionType"]) for gate in gates)
    return f"{passed}/{len(gates)}" if gates else NONE


def _pod_cells(pod: Json, now: datetime) -> Cells:
    spec, state, tally = pod["spec"], pod.get("status", {}), _tally_pod(pod)
    ips = state.get("podIPs") or [{}]
    address = state.get("podIP") or ips[0].get("ip") or NONE
    wide = [address, spec.get("nodeName") or NONE, state.get("nominatedNodeName") or NONE, _format_readiness_gates(pod)]
    sidecars = sum(each.get("restartPolicy") == "Always" for each in spec.get("initContainers") or ())
    ready = f"{tally.ready}/{len(spec.get('containers') or ()) + sidecars}"
    last = f" ({format_age(tally.last_restart, now)} ago)" if tally.restarts and tally.last_restart else ""
    reason = _final_reason(pod, tally.reason)
    return [pod["metadata"]["name"], ready, reason, f"{tally.restarts}{last}", format_creation_age(pod, now), *wide]


def _pod_template_cells(obj: Json, _now: datetime) -> Cells:
    found = obj["template"]["spec"].get("containers") or []
    names, images = ",".join(each["name"] for each in found), ",".join(each.get("image", "") for each in found)
    return [obj["metadata"]["name"], names, images, format_labels(obj["template"].get("metadata", {}).get("labels"))]


PRINTERS = {
    "/pods": TablePrinter(define_columns("Name|Ready|Status|Restarts|Age", "IP|Node|Nominated Node|Readiness Gates"), _pod_cells),
    "/podtemplates": TablePrinter(define_columns("Name|Containers|Images|Pod Labels"), _pod_template_cells),
}
