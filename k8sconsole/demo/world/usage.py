"""What pods and nodes use, as metrics-server would report it: smooth over time and in proportion to what is requested."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from k8sconsole.demo.clock import stamp
from k8sconsole.demo.world.kinds import NODES, PODS
from k8sconsole.demo.world.resource_usage import ContainerUsageProfile, PodUsageProfile, UsageProfiles
from k8sconsole.demo.world.seeds import fraction

if TYPE_CHECKING:
    from k8sconsole.demo.storage import ObjectStore

Json = dict[str, Any]
Key = tuple[str, str]
# What a container without requests is taken to ask for: 20 millicores, 64 MiB.
_MODEST = (20, 64 * 2**20 * 1000)
# The system's own share of a node: 180 millicores, 900 MiB.
_SYSTEM = (180, 900 * 2**20)
_SHORT_WAVE, _LONG_WAVE = 540.0, 3100.0


@dataclass(frozen=True, slots=True)
class ResourceUsage:
    """CPU in millicores, memory in bytes."""

    cpu: float
    memory: float


def pod_metrics(store: "ObjectStore", namespace: str | None, now: datetime) -> list[Json]:
    """PodMetrics (metrics.k8s.io/v1beta1) of every running pod, sorted by key."""
    objects = store.bucket(PODS).objects
    running = ((key, pod) for key, pod in UsageProfiles.of(store, store.names(PODS, namespace)) if pod.running)
    return [_pod_object(key, objects[key].labels, _containers(pod, now.timestamp()), now) for key, pod in running]


def node_metrics(store: "ObjectStore", now: datetime) -> list[Json]:
    """NodeMetrics (metrics.k8s.io/v1beta1) of every node: its pods and its own system. At 50 000 pods it takes a tenth of a second."""
    cpu: defaultdict[str, float] = defaultdict(lambda: _SYSTEM[0])
    memory: defaultdict[str, float] = defaultdict(lambda: _SYSTEM[1])
    at = now.timestamp()
    for _, pod in UsageProfiles.of(store, store.names(PODS)):
        for _, used in _containers(pod, at) if pod.running else ():
            cpu[pod.node] += used.cpu
            memory[pod.node] += used.memory
    return [_node_object(store.view(NODES, *key), ResourceUsage(cpu[key[1]], memory[key[1]]), now) for key in store.names(NODES)]


def sums(store: "ObjectStore", pods: Iterable[Key], name: str, now: datetime) -> tuple[int, int]:
    """What these pods use and request of `cpu` or `memory`, in thousandths of the unit; for an autoscaler."""
    used, asked = 0.0, 0
    for _, pod in UsageProfiles.of(store, pods):
        asked += sum((eater.cpu if name == "cpu" else eater.memory) or 0 for eater in pod.eaters)
        used += sum(one.cpu if name == "cpu" else one.memory * 1000 for _, one in _containers(pod, now.timestamp()))
    return round(used), asked


def spelled(name: str, value: int) -> str:
    """An average as an autoscaler's status shows it; `value` in thousandths."""
    return f"{value}m" if name == "cpu" else str(value // 1000)


def _containers(pod: PodUsageProfile, at: float) -> Iterator[tuple[str, ResourceUsage]]:
    return ((eater.name, _reading(eater, pod.workload, at, at - eater.since)) for eater in pod.eaters if eater.since is not None)


def _reading(eater: ContainerUsageProfile, workload: str, at: float, age: float) -> ResourceUsage:
    cpu = _MODEST[0] if eater.cpu is None else eater.cpu
    memory = (_MODEST[1] if eater.memory is None else eater.memory) / 1000
    # Pods of one workload rise and fall together, each a little differently.
    load = max(0.02, _load(workload, at) + 0.08 * _wave(at, _SHORT_WAVE / 3, eater.own))
    if eater.fills_in and eater.limit is not None:
        # Grows until the kernel ends it.
        return ResourceUsage(cpu * load, eater.limit / 1000 * min(0.99, 0.2 + 0.8 * age / eater.fills_in))
    return ResourceUsage(cpu * load, memory * (0.55 + 0.25 * eater.own + 0.1 * _wave(at, _LONG_WAVE, eater.own)))


@lru_cache(maxsize=8192)
def _load(workload: str, at: float) -> float:
    """The share of their requests that a workload's containers use."""
    phase = fraction(workload)
    return 0.35 + 0.25 * fraction(workload, "level") + 0.28 * _wave(at, _LONG_WAVE, phase) + 0.1 * _wave(at, _SHORT_WAVE, phase)


def _wave(at: float, period: float, phase: float) -> float:
    return math.sin(2 * math.pi * (at / period + phase))


def _usage(used: ResourceUsage) -> dict[str, str]:
    return {"cpu": f"{round(used.cpu * 1_000_000)}n", "memory": f"{round(used.memory / 1024)}Ki"}


def _pod_object(key: Key, labels: dict[str, str], containers: Iterator[tuple[str, ResourceUsage]], now: datetime) -> Json:
    return {
        "kind": "PodMetrics",
        "apiVersion": "metrics.k8s.io/v1beta1",
        "metadata": {"name": key[1], "namespace": key[0], "creationTimestamp": stamp(now), "labels": labels},
        "timestamp": stamp(now),
        "window": "15s",
        "containers": [{"name": name, "usage": _usage(used)} for name, used in containers],
    }


def _node_object(node: Json, used: ResourceUsage, now: datetime) -> Json:
    meta = {"name": node["metadata"]["name"], "creationTimestamp": stamp(now), "labels": node["metadata"].get("labels", {})}
    kind = {"kind": "NodeMetrics", "apiVersion": "metrics.k8s.io/v1beta1"}
    return {**kind, "metadata": meta, "timestamp": stamp(now), "window": "10s", "usage": _usage(used)}
