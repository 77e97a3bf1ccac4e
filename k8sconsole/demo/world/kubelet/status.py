"""Computes a pod's next status: init containers in turn, then all containers, then phase and conditions."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from k8sconsole.demo.clock import format_timestamp, parse_timestamp
from k8sconsole.demo.podspecs import qos_class
from k8sconsole.demo.world import conditions
from k8sconsole.demo.world.behaviour import Behaviours, split_image
from k8sconsole.demo.world.kubelet.containers import ContainerPlan, advance_container, waiting_status
from k8sconsole.demo.world.kubelet.images import ImagePull, full_image_name
from k8sconsole.demo.world.kubelet.plans import build_init_plans, build_plans
from k8sconsole.demo.world.seeds import hex_digest

Json = dict[str, Any]


@dataclass
class PodTransition:
    """A pod's next status, when it changes next, and the events to record: (container, field, type, reason, message)."""

    status: Json
    due: datetime | None = None
    events: list[tuple[str, str, str, str, str]] = field(default_factory=list)


def advance_pod(pod: Json, behaviours: Behaviours, now: datetime, find_pull: Callable[[str, str], ImagePull]) -> PodTransition:
    """Advance a pod to its state at `now`. `find_pull` returns the image pull of a pod uid and container name."""
    state = _PodAdvance(pod, now, find_pull)
    listed, first = build_plans(pod, behaviours), build_init_plans(pod, behaviours)
    sidecars = {plan.name for plan in first if plan.sidecar}
    initialised = state.initialise(first)
    state.run(listed if initialised else [], waiting=[] if initialised else listed)
    status = state.result.status
    status["phase"] = _compute_phase(status, listed, sidecars, initialised)
    if status["phase"] in ("Succeeded", "Failed"):
        _stop_sidecars(status, sidecars, now)
    status["qosClass"] = status.get("qosClass") or qos_class(pod["spec"])
    _set_conditions(status, _find_open_gates(pod["spec"], status), sidecars, initialised, now)
    return state.result


class _PodAdvance:
    """One advance of a pod: its previous status, the time, and the transition so far."""

    def __init__(self, pod: Json, now: datetime, find_pull: Callable[[str, str], ImagePull]) -> None:
        before = pod.get("status", {})
        conditions_before = [dict(condition) for condition in before.get("conditions", ())]
        self.result = PodTransition(
            {**before, "startTime": before.get("startTime") or format_timestamp(now), "conditions": conditions_before}
        )
        self._uid = pod["metadata"]["uid"]
        self._now = now
        self._find_pull = find_pull
        self._since = parse_timestamp(self.result.status["startTime"])
        self._waiting = "PodInitializing" if pod["spec"].get("initContainers") else "ContainerCreating"
        self._was_initialised = conditions.is_true(before, "Initialized")

    def initialise(self, listed: list[ContainerPlan]) -> bool:
        """Advance the init containers in turn. Returns whether all have succeeded, and all sidecars have once started."""
        statuses, done = [], True
        known = self.result.status.get("initContainerStatuses", ())
        for plan in listed:
            status = self._advance_container(plan, known, "initContainers") if done else waiting_status(plan, waiting="PodInitializing")
            if plan.sidecar:
                done = done and (self._was_initialised or status["started"])
                running = status["state"].get("running")
                self._since = parse_timestamp(running["startedAt"]) if running and not self._was_initialised else self._since
                statuses.append(status)
                continue
            ended = status["state"].get("terminated")
            done = ended is not None and ended["exitCode"] == 0
            self._since = parse_timestamp(ended["finishedAt"]) if ended else self._since
            statuses.append({**status, "ready": done})
        if statuses:
            self.result.status["initContainerStatuses"] = statuses
        return done

    def run(self, listed: list[ContainerPlan], *, waiting: list[ContainerPlan]) -> None:
        """Advance the main containers, or let them wait for the init containers."""
        known = self.result.status.get("containerStatuses", ())
        moved = [self._advance_container(plan, known, "containers") for plan in listed]
        self.result.status["containerStatuses"] = moved + [waiting_status(plan, waiting="PodInitializing") for plan in waiting]

    def _advance_container(self, plan: ContainerPlan, known: Iterable[Json], kind: str) -> Json:
        status = next((each for each in known if each["name"] == plan.name), None) or waiting_status(plan, waiting=self._waiting)
        transition = advance_container({**status, "image": plan.image}, plan, self._since, self._now, self._find_pull(self._uid, plan.name))
        _set_ids(transition.status, plan, self._uid)
        self.result.events += [(plan.name, f"spec.{kind}{{{plan.name}}}", *event) for event in transition.events]
        if transition.due is not None:
            self.result.due = min(transition.due, self.result.due or transition.due)
        return transition.status


def _set_ids(status: Json, plan: ContainerPlan, uid: str) -> None:
    """Set the container id and image digest of a running container."""
    if "running" in status["state"]:
        status["containerID"] = f"containerd://{hex_digest(64, uid, plan.name, status['restartCount'])}"
        repository, _ = split_image(plan.image)
        status["imageID"] = f"{full_image_name(repository)}@sha256:{hex_digest(64, plan.image)}"


def _compute_phase(status: Json, listed: list[ContainerPlan], sidecars: set[str], initialised: bool) -> str:
    states = [each["state"] for each in status["containerStatuses"]]
    if not initialised:
        first = (each for each in status.get("initContainerStatuses", ()) if each["name"] not in sidecars)
        failed = (each["state"].get("terminated") for each in first)
        fails = any(ended and ended["exitCode"] for ended in failed) and listed[0].restart == "Never"
        return "Failed" if fails else "Pending"
    if all("terminated" in state for state in states) and listed[0].restart != "Always":
        return "Failed" if any(state["terminated"]["exitCode"] for state in states) else "Succeeded"
    started = all("waiting" not in each["state"] or each.get("lastState") for each in status["containerStatuses"])
    return "Running" if started else "Pending"


def _stop_sidecars(status: Json, sidecars: set[str], now: datetime) -> None:
    """Stop the sidecars of a pod whose containers have ended."""
    for each in status.get("initContainerStatuses", ()):
        if each["name"] in sidecars and "running" in each["state"]:
            started = each["state"]["running"]["startedAt"]
            ended = {"exitCode": 0, "reason": "Completed", "startedAt": started, "finishedAt": format_timestamp(now)}
            each |= {"ready": False, "started": False, "state": {"terminated": ended}}


def _find_open_gates(spec: Json, status: Json) -> list[str]:
    """The readiness gates that are not met, in the kubelet's words."""
    found = {each["type"]: each["status"] for each in status["conditions"]}
    gates = (gate["conditionType"] for gate in spec.get("readinessGates") or ())
    return [
        f'the status of pod readiness gate "{gate}" is not "True", but {found[gate]}'
        if gate in found
        else f'corresponding condition of pod readiness gate "{gate}" does not exist.'
        for gate in gates
        if found.get(gate) != "True"
    ]


def _set_conditions(status: Json, gates: list[str], sidecars: set[str], initialised: bool, now: datetime) -> None:
    beside = [each for each in status.get("initContainerStatuses", ()) if each["name"] in sidecars]
    unready = [each["name"] for each in (*beside, *status["containerStatuses"]) if not each["ready"]]
    finished = status["phase"] in ("Succeeded", "Failed")
    why: Json = {}
    if status["phase"] == "Succeeded":
        why = {"reason": "PodCompleted"}
    elif unready:
        why = {"reason": "ContainersNotReady", "message": f"containers with unready status: [{' '.join(unready)}]"}
    held = why if unready or not gates else {"reason": "ReadinessGatesNotReady", "message": ", ".join(gates)}
    waiting = [each["name"] for each in status.get("initContainerStatuses", ()) if not each["ready"]]
    uninitialised = (
        {}
        if initialised
        else {"reason": "ContainersNotInitialized", "message": f"containers with incomplete status: [{' '.join(waiting)}]"}
    )
    listed_conditions: tuple[tuple[str, bool, Json], ...] = (
        ("PodReadyToStartContainers", not finished, {}),
        ("Initialized", initialised, uninitialised),
        ("Ready", not unready and not gates, held),
        ("ContainersReady", not unready, why),
    )
    for type_, holds, reason in listed_conditions:
        conditions.set_condition(status, {"type": type_, "status": str(holds), **reason}, format_timestamp(now))
    # A kubelet lists its own conditions before the scheduler's.
    status["conditions"].sort(key=lambda condition: condition["type"] == "PodScheduled")
