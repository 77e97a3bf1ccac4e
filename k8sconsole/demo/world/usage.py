"""CPU and memory usage of pods and nodes, as metrics-server reports it: smooth over time, proportional to requests."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from k8sconsole.demo.clock import format_timestamp
from k8sconsole.demo.world.kinds import NODES, PODS
from k8sconsole.demo.world.resource_usage import ContainerUsageProfile, PodUsageProfile, UsageProfiles
from k8sconsole.demo.world.seeds import seeded_fraction

if TYPE_CHECKING:
    from k8sconsole.demo.storage import ObjectStore

Json = dict[str, Any]
Key = tuple[str, str]
# The requests assumed for a container without requests: 20 millicores, 64 MiB (in milli-bytes).
_DEFAULT_REQUESTS = (20, 64 * 2**20 * 1000)
# What the system of a node uses: 180 millicores, 900 MiB (in bytes).
_SYSTEM = (180, 900 * 2**20)
_SHORT_WAVE, _LONG_WAVE = 540.0, 3100.0


@dataclass(frozen=True, slots=True)
class ResourceUsage:
    """CPU in millicores, memory in bytes."""

    cpu: float
    memory: float


def list_pod_metrics(store: "ObjectStore", namespace: str | None, now: datetime) -> list[Json]:
    """PodMetrics (metrics.k8s.io/v1beta1) of every running pod, sorted by key."""
    objects = store.bucket(PODS).objects
    running = ((key, pod) for key, pod in UsageProfiles.profiles_of(store, store.list_keys(PODS, namespace)) if pod.running)
    return [_build_pod_metrics(key, objects[key].labels, _container_usages(pod, now.timestamp()), now) for key, pod in running]


def list_node_metrics(store: "ObjectStore", now: datetime) -> list[Json]:
    """NodeMetrics (metrics.k8s.io/v1beta1) of every node: its pods plus its system. With 50 000 pods this takes 0.1 s."""
    cpu: defaultdict[str, float] = defaultdict(lambda: _SYSTEM[0])
    memory: defaultdict[str, float] = defaultdict(lambda: _SYSTEM[1])
    at = now.timestamp()
    for _, pod in UsageProfiles.profiles_of(store, store.list_keys(PODS)):
        for _, used in _container_usages(pod, at) if pod.running else ():
            cpu[pod.node] += used.cpu
            memory[pod.node] += used.memory
    return [
        _build_node_metrics(store.get_shared(NODES, *key), ResourceUsage(cpu[key[1]], memory[key[1]]), now)
        for key in store.list_keys(NODES)
    ]


def sum_usage(store: "ObjectStore", pods: Iterable[Key], name: str, now: datetime) -> tuple[int, int]:
    """The usage and requests of these pods for `cpu` or `memory`, in thousandths of the unit, for an autoscaler."""
    used, requested = 0.0, 0
    for _, pod in UsageProfiles.profiles_of(store, pods):
        requested += sum((profile.cpu if name == "cpu" else profile.memory) or 0 for profile in pod.containers)
        used += sum(reading.cpu if name == "cpu" else reading.memory * 1000 for _, reading in _container_usages(pod, now.timestamp()))
    return round(used), requested


def format_average(name: str, value: int) -> str:
    """Format an average for an autoscaler's status; `value` is in thousandths of the unit."""
    return f"{value}m" if name == "cpu" else str(value // 1000)


def _container_usages(pod: PodUsageProfile, at: float) -> Iterator[tuple[str, ResourceUsage]]:
    return (
        (profile.name, _usage_at(profile, pod.workload, at, at - profile.started_at))
        for profile in pod.containers
        if profile.started_at is not None
    )


def _usage_at(profile: ContainerUsageProfile, workload: str, at: float, age: float) -> ResourceUsage:
    cpu = _DEFAULT_REQUESTS[0] if profile.cpu is None else profile.cpu
    memory = (_DEFAULT_REQUESTS[1] if profile.memory is None else profile.memory) / 1000
    # The pods of a workload follow one curve, with a small variation each.
    load = max(0.02, _workload_load(workload, at) + 0.08 * _wave(at, _SHORT_WAVE / 3, profile.variation))
    if profile.seconds_to_limit and profile.memory_limit is not None:
        # Memory grows to the limit, then the kernel kills the container.
        return ResourceUsage(cpu * load, profile.memory_limit / 1000 * min(0.99, 0.2 + 0.8 * age / profile.seconds_to_limit))
    return ResourceUsage(cpu * load, memory * (0.55 + 0.25 * profile.variation + 0.1 * _wave(at, _LONG_WAVE, profile.variation)))


@lru_cache(maxsize=8192)
def _workload_load(workload: str, at: float) -> float:
    """The fraction of its requests that a workload uses at a time."""
    phase = seeded_fraction(workload)
    return 0.35 + 0.25 * seeded_fraction(workload, "level") + 0.28 * _wave(at, _LONG_WAVE, phase) + 0.1 * _wave(at, _SHORT_WAVE, phase)


def _wave(at: float, period: float, phase: float) -> float:
    return math.sin(2 * math.pi * (at / period + phase))


def _usage_fields(used: ResourceUsage) -> dict[str, str]:
    return {"cpu": f"{round(used.cpu * 1_000_000)}n", "memory": f"{round(used.memory / 1024)}Ki"}


def _build_pod_metrics(key: Key, labels: dict[str, str], containers: Iterator[tuple[str, ResourceUsage]], now: datetime) -> Json:
    return {
        "kind": "PodMetrics",
        "apiVersion": "metrics.k8s.io/v1beta1",
        "metadata": {"name": key[1], "namespace": key[0], "creationTimestamp": format_timestamp(now), "labels": labels},
        "timestamp": format_timestamp(now),
        "window": "15s",
        "containers": [{"name": name, "usage": _usage_fields(used)} for name, used in containers],
    }


def _build_node_metrics(node: Json, used: ResourceUsage, now: datetime) -> Json:
    meta = {"name": node["metadata"]["name"], "creationTimestamp": format_timestamp(now), "labels": node["metadata"].get("labels", {})}
    kind = {"kind": "NodeMetrics", "apiVersion": "metrics.k8s.io/v1beta1"}
    return {**kind, "metadata": meta, "timestamp": format_timestamp(now), "window": "10s", "usage": _usage_fields(used)}
