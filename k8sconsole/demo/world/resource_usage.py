"""Usage profiles: the requests, limits and start times of each pod's containers. Each pod is decoded once per change."""

import weakref
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from k8sconsole.demo.clock import parse_timestamp
from k8sconsole.demo.world.amounts import parse_quantity
from k8sconsole.demo.world.behaviour import Behaviours, workload_name
from k8sconsole.demo.world.kinds import PODS
from k8sconsole.demo.world.seeds import seeded_fraction

if TYPE_CHECKING:
    from k8sconsole.demo.storage import ObjectStore

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ContainerUsageProfile:
    """The facts from which one container's usage is computed.

    - `cpu`, `memory`, `memory_limit`: the requests in millicores and milli-bytes, and the limit; None when not set.
    - `variation`: a seeded number in [0, 1) that makes it differ from its siblings.
    - `started_at`: Unix time, None while it does not run.
    - `seconds_to_limit`: the seconds until its memory reaches the limit and the kernel kills it; None when that does not happen.
    """

    name: str
    cpu: int | None
    memory: int | None
    memory_limit: int | None
    variation: float
    started_at: float | None
    seconds_to_limit: float | None


@dataclass(frozen=True, slots=True)
class PodUsageProfile:
    """One pod at one revision. `workload` is namespace/name of its workload."""

    version: int
    node: str
    workload: str
    running: bool
    containers: tuple[ContainerUsageProfile, ...]


class _Resources(msgspec.Struct, frozen=True):
    requests: dict[str, str] = {}
    limits: dict[str, str] = {}


class _Container(msgspec.Struct, frozen=True):
    name: str
    image: str = ""
    restartPolicy: str = ""
    resources: _Resources = _Resources()


class _Meta(msgspec.Struct, frozen=True):
    name: str
    namespace: str
    uid: str
    labels: dict[str, str] = {}
    ownerReferences: list[dict[str, str | bool]] = []


class _Spec(msgspec.Struct, frozen=True):
    nodeName: str = ""
    containers: list[_Container] = []
    initContainers: list[_Container] = []


class _Running(msgspec.Struct, frozen=True):
    startedAt: str | None = None


class _State(msgspec.Struct, frozen=True):
    running: _Running | None = None


class _ContainerStatus(msgspec.Struct, frozen=True):
    name: str
    state: _State = _State()


class _Status(msgspec.Struct, frozen=True):
    phase: str = "Pending"
    containerStatuses: list[_ContainerStatus] = []
    initContainerStatuses: list[_ContainerStatus] = []


class _Pod(msgspec.Struct, frozen=True):
    metadata: _Meta
    spec: _Spec
    status: _Status = _Status()


_DECODER = msgspec.json.Decoder(_Pod)


class UsageProfiles:
    """The profiles of all pods of a store, each cached until the pod changes or is deleted."""

    _known: "weakref.WeakKeyDictionary[ObjectStore, UsageProfiles]" = weakref.WeakKeyDictionary()

    def __init__(self) -> None:
        self._pods: dict[Key, PodUsageProfile] = {}

    @classmethod
    def profiles_of(cls, store: "ObjectStore", keys: Iterable[Key]) -> Iterator[tuple[Key, PodUsageProfile]]:
        """Yield the profile of each of these pods. Missing pods are skipped."""
        known = cls._known.setdefault(store, cls())._pods
        stored = store.bucket(PODS).objects
        if len(known) > 2 * len(stored):
            known.clear()
        for key in keys:
            if key in stored:
                found = known.get(key)
                if found is None or found.version != stored[key].version:
                    found = known[key] = _read_profile(stored[key].raw, stored[key].version, Behaviours.attached_to(store))
                yield key, found


def _read_profile(raw: bytes, version: int, behaviours: Behaviours) -> PodUsageProfile:
    pod = _DECODER.decode(raw)
    meta = {"name": pod.metadata.name, "labels": pod.metadata.labels, "ownerReferences": pod.metadata.ownerReferences}
    statuses = (*pod.status.containerStatuses, *pod.status.initContainerStatuses)
    workload, since = workload_name(meta), {each.name: _start_time(each) for each in statuses}
    sidecars = (each for each in pod.spec.initContainers if each.restartPolicy == "Always")
    running = (*pod.spec.containers, *sidecars)
    eaters = tuple(_container_profile(pod, each, workload, since.get(each.name), behaviours) for each in running)
    return PodUsageProfile(version, pod.spec.nodeName, f"{pod.metadata.namespace}/{workload}", pod.status.phase == "Running", eaters)


def _start_time(status: _ContainerStatus) -> float | None:
    started = status.state.running.startedAt if status.state.running else None
    return parse_timestamp(started).timestamp() if started else None


def _container_profile(
    pod: _Pod, container: _Container, workload: str, since: float | None, behaviours: Behaviours
) -> ContainerUsageProfile:
    behaviour = behaviours.find(pod.metadata.namespace, workload, container.name, container.image)
    requests, limit = container.resources.requests, _parse_amount(container.resources.limits, "memory")
    return ContainerUsageProfile(
        name=container.name,
        cpu=_parse_amount(requests, "cpu"),
        memory=_parse_amount(requests, "memory"),
        memory_limit=limit,
        variation=seeded_fraction(pod.metadata.uid, container.name),
        started_at=since,
        seconds_to_limit=behaviour.exits_after if behaviour.oom and limit is not None else None,
    )


def _parse_amount(quantities: dict[str, str], name: str) -> int | None:
    return parse_quantity(quantities[name]) if name in quantities else None
