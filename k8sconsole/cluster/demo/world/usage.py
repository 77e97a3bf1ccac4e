"""What pods and nodes use, as metrics-server would report it: smooth over time and in proportion to what is requested."""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.cluster.demo.world.amounts import thousandths
from k8sconsole.cluster.demo.world.behaviour import Behaviours, workload_of
from k8sconsole.cluster.demo.world.clock import moment, stamp
from k8sconsole.cluster.demo.world.kinds import NODES, PODS
from k8sconsole.cluster.demo.world.seeds import fraction

if TYPE_CHECKING:
    from k8sconsole.cluster.demo.storage import ObjectStore

Json = dict[str, Any]
# What a container without requests is taken to ask for: 20 millicores, 64 MiB.
_MODEST = (20, 64 * 2**20 * 1000)
# The system's own share of a node: 180 millicores, 900 MiB.
_SYSTEM = (180, 900 * 2**20)
_SHORT_WAVE, _LONG_WAVE = 540.0, 3100.0


@dataclass(frozen=True, slots=True)
class Used:
    """CPU in millicores, memory in bytes."""

    cpu: float
    memory: float


class _Resources(msgspec.Struct, frozen=True):
    requests: dict[str, str] = {}
    limits: dict[str, str] = {}


class _Container(msgspec.Struct, frozen=True):
    name: str
    image: str = ""
    resources: _Resources = _Resources()


class _Owner(msgspec.Struct, frozen=True):
    kind: str
    name: str
    controller: bool = False


class _Meta(msgspec.Struct, frozen=True):
    name: str
    namespace: str
    uid: str
    creationTimestamp: str
    labels: dict[str, str] = {}
    ownerReferences: list[_Owner] = []


class _Spec(msgspec.Struct, frozen=True):
    nodeName: str = ""
    containers: list[_Container] = []


class _Running(msgspec.Struct, frozen=True):
    startedAt: str


class _State(msgspec.Struct, frozen=True):
    running: _Running | None = None


class _ContainerStatus(msgspec.Struct, frozen=True):
    name: str
    state: _State = _State()


class _Status(msgspec.Struct, frozen=True):
    phase: str = "Pending"
    containerStatuses: list[_ContainerStatus] = []


class _Pod(msgspec.Struct, frozen=True):
    metadata: _Meta
    spec: _Spec
    status: _Status = _Status()


_DECODER = msgspec.json.Decoder(_Pod)


def pod_metrics(store: "ObjectStore", namespace: str | None, now: datetime) -> list[Json]:
    """PodMetrics (metrics.k8s.io/v1beta1) of every running pod, sorted by key."""
    behaviours = Behaviours.within(store)
    return [_pod_object(pod, list(_containers(pod, behaviours, now)), now) for pod in _running(store, namespace)]


def node_metrics(store: "ObjectStore", now: datetime) -> list[Json]:
    """NodeMetrics (metrics.k8s.io/v1beta1) of every node: its pods and its own system."""
    behaviours = Behaviours.within(store)
    cpu: defaultdict[str, float] = defaultdict(lambda: _SYSTEM[0])
    memory: defaultdict[str, float] = defaultdict(lambda: _SYSTEM[1])
    for pod in _running(store, None):
        for _, used in _containers(pod, behaviours, now):
            cpu[pod.spec.nodeName] += used.cpu
            memory[pod.spec.nodeName] += used.memory
    return [_node_object(store.get(NODES, *key), Used(cpu[key[1]], memory[key[1]]), now) for key in store.names(NODES)]


def sums(store: "ObjectStore", pods: list[Json], name: str, now: datetime) -> tuple[int, int]:
    """What these pods use and request of `cpu` or `memory`, in thousandths of the unit; for an autoscaler."""
    behaviours, used, asked = Behaviours.within(store), 0.0, 0
    for each in pods:
        pod = msgspec.convert(each, _Pod)
        asked += sum(thousandths(container.resources.requests.get(name, "0")) for container in pod.spec.containers)
        used += sum(one.cpu if name == "cpu" else one.memory * 1000 for _, one in _containers(pod, behaviours, now))
    return round(used), asked


def spelled(name: str, value: int) -> str:
    """An average as an autoscaler's status shows it; `value` in thousandths."""
    return f"{value}m" if name == "cpu" else str(value // 1000)


def _running(store: "ObjectStore", namespace: str | None) -> Iterator[_Pod]:
    for key in store.names(PODS, namespace):
        pod = _DECODER.decode(store.raw(PODS, *key))
        if pod.status.phase == "Running":
            yield pod


def _containers(pod: _Pod, behaviours: Behaviours, now: datetime) -> Iterator[tuple[str, Used]]:
    started = {each.name: each.state.running.startedAt for each in pod.status.containerStatuses if each.state.running}
    workload = workload_of(msgspec.to_builtins(pod.metadata)) if started else ""
    for container in pod.spec.containers:
        if container.name in started:
            age = (now - moment(started[container.name])).total_seconds()
            yield container.name, _reading(pod, container, workload, behaviours, now, age)


def _reading(pod: _Pod, container: _Container, workload: str, behaviours: Behaviours, now: datetime, age: float) -> Used:
    wants = container.resources.requests
    cpu = thousandths(wants["cpu"]) if "cpu" in wants else _MODEST[0]
    memory = (thousandths(wants["memory"]) if "memory" in wants else _MODEST[1]) / 1000
    behaviour = behaviours.of(pod.metadata.namespace, workload, container.name, container.image)
    own = fraction(pod.metadata.uid, container.name)
    load = _load(f"{pod.metadata.namespace}/{workload}", own, now)
    filled = memory * (0.55 + 0.25 * own + 0.1 * _wave(now, _LONG_WAVE, own))
    if behaviour.oom and behaviour.exits_after and "memory" in container.resources.limits:
        # Grows until the kernel ends it.
        filled = thousandths(container.resources.limits["memory"]) / 1000 * min(0.99, 0.2 + 0.8 * age / behaviour.exits_after)
    return Used(cpu * load, filled)


def _load(workload: str, own: float, now: datetime) -> float:
    """The share of its request a container uses: pods of one workload rise and fall together, each a little differently."""
    phase = fraction(workload)
    shared = 0.28 * _wave(now, _LONG_WAVE, phase) + 0.1 * _wave(now, _SHORT_WAVE, phase)
    return max(0.02, 0.35 + 0.25 * fraction(workload, "level") + shared + 0.08 * _wave(now, _SHORT_WAVE / 3, own))


def _wave(now: datetime, period: float, phase: float) -> float:
    return math.sin(2 * math.pi * (now.timestamp() / period + phase))


def _usage(used: Used) -> dict[str, str]:
    return {"cpu": f"{round(used.cpu * 1_000_000)}n", "memory": f"{round(used.memory / 1024)}Ki"}


def _pod_object(pod: _Pod, containers: list[tuple[str, Used]], now: datetime) -> Json:
    meta = {"name": pod.metadata.name, "namespace": pod.metadata.namespace, "creationTimestamp": stamp(now), "labels": pod.metadata.labels}
    listed = [{"name": name, "usage": _usage(used)} for name, used in containers]
    return {
        "kind": "PodMetrics",
        "apiVersion": "metrics.k8s.io/v1beta1",
        "metadata": meta,
        "timestamp": stamp(now),
        "window": "15s",
        "containers": listed,
    }


def _node_object(node: Json, used: Used, now: datetime) -> Json:
    meta = {"name": node["metadata"]["name"], "creationTimestamp": stamp(now), "labels": node["metadata"].get("labels", {})}
    kind = {"kind": "NodeMetrics", "apiVersion": "metrics.k8s.io/v1beta1"}
    return {**kind, "metadata": meta, "timestamp": stamp(now), "window": "10s", "usage": _usage(used)}
