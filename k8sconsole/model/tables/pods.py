"""The table of Pods. No field holds the STATUS that kubectl prints; it is computed here by the rules of the API server's printer.

Source: printPod in kubernetes/pkg/printers/internalversion/printers.go.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from k8sconsole.model.objects import Cell
from k8sconsole.model.tables.columns import AGE, CONDITIONS, IMAGE, NAME, NODE, OWNER, READY, RESTARTS, STATUS, cpu, names, size, text
from k8sconsole.model.tables.kind import build_table_from, read_created_at, read_name
from k8sconsole.model.tables.pod_resources import PodResources, PodSpecAmounts, compute_pod_resources
from k8sconsole.model.tables.shape_decoder import Shape, decode
from k8sconsole.model.tables.shapes import Condition, Meta, is_condition_true, to_epoch_seconds


class _Waiting(Shape, frozen=True):
    reason: str = ""


class _Running(Shape, frozen=True):
    started_at: datetime | None = None


class _Terminated(Shape, frozen=True):
    exit_code: int = 0
    signal: int = 0
    reason: str = ""
    finished_at: datetime | None = None


class _State(Shape, frozen=True):
    waiting: _Waiting | None = None
    running: _Running | None = None
    terminated: _Terminated | None = None


class _ContainerStatus(Shape, frozen=True):
    name: str = ""
    ready: bool = False
    restart_count: int = 0
    started: bool | None = None
    state: _State = _State()
    last_state: _State = _State()


class _ReadinessGate(Shape, frozen=True):
    condition_type: str = ""


class _PodSpec(PodSpecAmounts, frozen=True):
    node_name: str = ""
    readiness_gates: list[_ReadinessGate] = []


class _PodIP(Shape, frozen=True):
    ip: str = ""


class _PodStatus(Shape, frozen=True):
    phase: str = ""
    reason: str = ""
    pod_ip: str = ""
    pod_ips: list[_PodIP] = []
    nominated_node_name: str = ""
    conditions: list[Condition] = []
    init_container_statuses: list[_ContainerStatus] = []
    container_statuses: list[_ContainerStatus] = []


class _Pod(Shape, frozen=True):
    metadata: Meta = Meta()
    spec: _PodSpec = _PodSpec()
    status: _PodStatus = _PodStatus()


class _PodSummary(msgspec.Struct, frozen=True, gc=False):
    """A pod and the summary of its containers' states. status: as kubectl prints it. last_restart: seconds since the epoch."""

    pod: _Pod
    status: str
    ready: int
    wanted: int
    restarts: int
    last_restart: float | None
    amounts: PodResources

    @property
    def metadata(self) -> Meta:
        return self.pod.metadata


class _Tally:
    """Counts over the container statuses of a pod."""

    def __init__(self, status: str) -> None:
        self.status = status
        self.ready = 0
        self.restarts = 0
        self.last: datetime | None = None

    def count(self, status: _ContainerStatus) -> None:
        self.restarts += status.restart_count
        ended = status.last_state.terminated
        if ended is not None and ended.finished_at is not None and (self.last is None or _before(self.last, ended.finished_at)):
            self.last = ended.finished_at


def _before(first: datetime, second: datetime) -> bool:
    return first.timestamp() < second.timestamp()


def read_pod(raw: bytes | msgspec.Raw) -> _PodSummary:
    pod = decode(raw, _Pod)
    spec, status = pod.spec, pod.status
    sidecars = {name for name, policy in {each.name: each.restart_policy for each in spec.init_containers}.items() if policy == "Always"}
    tally = _Tally(_initial_status(status))
    unfinished = _count_init_containers(tally, status.init_container_statuses, sidecars, len(spec.init_containers))
    if unfinished is None or is_condition_true(status.conditions, "Initialized"):
        counted = len(status.init_container_statuses) if unfinished is None else unfinished + 1
        _count_sidecar_restarts(tally, status.init_container_statuses[:counted], sidecars)
        _count_containers(tally, status)
    final = _final_status(pod, tally.status)
    amounts = compute_pod_resources(spec)
    wanted = len(spec.containers) + sum(container.restart_policy == "Always" for container in spec.init_containers)
    return _PodSummary(pod, final, tally.ready, wanted, tally.restarts, to_epoch_seconds(tally.last), amounts)


def _initial_status(status: _PodStatus) -> str:
    for condition in status.conditions:
        if condition.type == "PodScheduled" and condition.reason == "SchedulingGated":
            return "SchedulingGated"
    return status.reason or status.phase


def _count_init_containers(tally: _Tally, statuses: Sequence[_ContainerStatus], sidecars: set[str], wanted: int) -> int | None:
    """Counts init containers up to the first unfinished one. Returns its index, None when all are finished."""
    for position, status in enumerate(statuses):
        tally.count(status)
        ended = status.state.terminated
        if ended is not None and ended.exit_code == 0:
            continue
        if status.name in sidecars and status.started:
            tally.ready += status.ready
            continue
        tally.status = f"Init:{_init_status(status.state, position, wanted)}"
        return position
    return None


def _init_status(state: _State, position: int, wanted: int) -> str:
    if state.terminated is not None:
        return _termination_status(state.terminated)
    if state.waiting is not None and state.waiting.reason not in ("", "PodInitializing"):
        return state.waiting.reason
    return f"{position}/{wanted}"


def _termination_status(ended: _Terminated) -> str:
    if ended.reason:
        return ended.reason
    return f"Signal:{ended.signal}" if ended.signal else f"ExitCode:{ended.exit_code}"


def _count_sidecar_restarts(tally: _Tally, statuses: Sequence[_ContainerStatus], sidecars: set[str]) -> None:
    """Counts restarts again with sidecars only: in an initialized pod, those of other init containers do not count."""
    tally.restarts, tally.last = 0, None
    for status in statuses:
        if status.name in sidecars:
            tally.count(status)


def _count_containers(tally: _Tally, pod: _PodStatus) -> None:
    running, failure = False, ""
    for status in reversed(pod.container_statuses):
        tally.count(status)
        state = status.state
        if state.waiting is not None and state.waiting.reason:
            tally.status = state.waiting.reason
        elif state.terminated is not None:
            tally.status = _termination_status(state.terminated)
            failure = tally.status if state.terminated.exit_code else failure
        elif status.ready and state.running is not None:
            running = True
            tally.ready += 1
    if tally.status == "Completed":
        ready = any(condition.type == "Ready" and condition.status == "True" for condition in pod.conditions)
        tally.status = _completed_status(running, failure, ready)


def _completed_status(running: bool, failure: str, ready: bool) -> str:
    """The status of a pod with a completed container; the other containers decide."""
    if running and ready:
        return "Running"
    return failure or ("NotReady" if running else "Completed")


def _final_status(pod: _Pod, word: str) -> str:
    if pod.metadata.deletion_timestamp is None:
        return word
    if pod.status.reason == "NodeLost":
        return "Unknown"
    return word if pod.status.phase in ("Succeeded", "Failed") else "Terminating"


def _read_pod_ip(obj: _PodSummary) -> Cell:
    """The pod's first address. Where the two fields differ, the API server believes ``podIP``, which old kubelets write."""
    status = obj.pod.status
    return status.pod_ip or (status.pod_ips[0].ip if status.pod_ips else None) or None


def _format_gates(obj: _PodSummary) -> Cell:
    gates = obj.pod.spec.readiness_gates
    if not gates:
        return None
    return f"{sum(is_condition_true(obj.pod.status.conditions, gate.condition_type) for gate in gates)}/{len(gates)}"


def _format_conditions(obj: _PodSummary) -> Cell:
    """What keeps a running pod from being ready although all its containers are: the condition Ready, and readiness gates.

    READY counts containers, so it does not show a gate that is not met, nor that the pod's node is lost.
    """
    status = obj.pod.status
    if status.phase != "Running" or obj.ready < obj.wanted:
        return None
    found: dict[str, str] = {}
    for condition in status.conditions:
        found.setdefault(condition.type, condition.status)
    wanted = {"Ready": found.get("Ready", "True")}
    wanted |= {gate.condition_type: found.get(gate.condition_type, "missing") for gate in obj.pod.spec.readiness_gates}
    return ",".join([f"{kind}={state}" for kind, state in wanted.items() if state != "True"]) or None


def _read_owner(obj: _PodSummary) -> Cell:
    """The controller. For the ReplicaSet of a Deployment it is the Deployment, whose name the template hash follows."""
    owner, stamp = obj.metadata.owner, obj.metadata.labels.get("pod-template-hash", "")
    if stamp and owner.startswith("ReplicaSet/") and owner.endswith(f"-{stamp}"):
        return f"Deployment/{owner.removeprefix('ReplicaSet/').removesuffix(f'-{stamp}')}"
    return owner or None


def _format_images(obj: _PodSummary) -> Cell:
    return ",".join([container.image for container in obj.pod.spec.containers]) or None


PODS = build_table_from(
    "pods",
    read_pod,
    (
        (NAME, read_name),
        (READY, lambda obj: [obj.ready, obj.wanted]),
        (STATUS, lambda obj: obj.status or None),
        (RESTARTS, lambda obj: [obj.restarts, obj.last_restart]),
        (AGE, read_created_at),
        (names("IP", wish=15, wide=True), _read_pod_ip),
        (NODE, lambda obj: obj.pod.spec.node_name or None),
        (text("NOMINATED NODE", wide=True), lambda obj: obj.pod.status.nominated_node_name or None),
        (text("READINESS GATES", wide=True), _format_gates),
        (CONDITIONS, _format_conditions),
        (OWNER, _read_owner),
        (cpu("CPU/R"), lambda obj: obj.amounts.cpu_requested),
        (cpu("CPU/L"), lambda obj: obj.amounts.cpu_limit),
        (size("MEM/R"), lambda obj: obj.amounts.memory_requested),
        (size("MEM/L"), lambda obj: obj.amounts.memory_limit),
        (IMAGE, _format_images),
    ),
)
