"""A pod's resource requests and limits, added up as the scheduler of Kubernetes 1.36 does.

Source of the rules: PodRequests and PodLimits in k8s.io/component-helpers/resource. Amounts are counted in thousandths, as the API server
rounds them.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from math import ceil
from typing import NamedTuple

import msgspec

from k8sconsole.model.quantities import parse_quantity
from k8sconsole.model.tables.shape_decoder import Shape, decode
from k8sconsole.model.tables.shapes import Condition, Container, Resources

Amounts = dict[str, int]
"""Thousandths by resource, such as 1500 of cpu for one and a half cores."""

_NOTHING_STATED = msgspec.Raw(b"{}")


class PodSpecAmounts(Shape, frozen=True):
    """The fields of a pod's spec that state resources. resources: those of the pod as a whole."""

    containers: list[Container] = []
    init_containers: list[Container] = []
    overhead: dict[str, str] = {}
    resources: msgspec.Raw = _NOTHING_STATED


class ContainerStatusAmounts(Shape, frozen=True):
    """resources: what the kubelet has set; absent on nodes that do not say. allocated_resources: requests that the node has granted."""

    name: str = ""
    resources: msgspec.Raw | None = None
    allocated_resources: dict[str, str] = {}


class PodStatusAmounts(Shape, frozen=True):
    """The fields of a pod's status that matter while its containers are resized."""

    conditions: list[Condition] = []
    container_statuses: list[ContainerStatusAmounts] = []
    init_container_statuses: list[ContainerStatusAmounts] = []


class PodResources(NamedTuple):
    """Millicores and bytes; None where nothing states the amount."""

    cpu_requested: int | None
    cpu_limit: int | None
    memory_requested: int | None
    memory_limit: int | None


class _Stated(NamedTuple):
    requests: Amounts
    limits: Amounts


def compute_pod_resources(spec: PodSpecAmounts) -> PodResources:
    """The CPU and memory that a pod requests and is limited to."""
    if len(spec.containers) == 1 and not spec.init_containers and not spec.overhead and bytes(spec.resources) == b"{}":
        return _read_single(bytes(spec.containers[0].resources))
    return _build_resources(sum_requests(spec), sum_limits(spec))


@lru_cache(maxsize=4096)
def _read_single(resources: bytes) -> PodResources:
    return _build_resources(*_read_stated(resources))


def _build_resources(requests: Amounts, limits: Amounts) -> PodResources:
    memory = [None if (amount := each.get("memory")) is None else -(-amount // 1000) for each in (requests, limits)]
    return PodResources(requests.get("cpu"), limits.get("cpu"), *memory)


def sum_requests(spec: PodSpecAmounts) -> Amounts:
    """What a pod requests of each resource: by its containers, or for the whole pod where it says so; and the overhead."""
    total = _aggregate(spec, lambda stated: stated.requests) | _read_pod_level(spec).requests
    _add(total, parse_amounts(spec.overhead))
    return total


def sum_limits(spec: PodSpecAmounts) -> Amounts:
    """As ``sum_requests``; the overhead adds only to a limit that is not zero."""
    total = _aggregate(spec, lambda stated: stated.limits) | _read_pod_level(spec).limits
    _add(total, {name: amount for name, amount in parse_amounts(spec.overhead).items() if total.get(name)})
    return total


def apply_resizes(spec: PodSpecAmounts, status: PodStatusAmounts) -> PodSpecAmounts:
    """The spec with the amounts that count while containers are resized: the larger of the wanted and the granted, and the granted
    alone where the node cannot fit the wanted."""
    impossible = next((each.reason == "Infeasible" for each in status.conditions if each.type == "PodResizePending"), False)
    granted = {each.name: each for each in (*status.container_statuses, *status.init_container_statuses) if each.resources is not None}

    def resize(container: Container) -> Container:
        found = granted.get(container.name)
        if found is None or found.resources is None:
            return container
        wanted = _Stated({}, {}) if impossible else _read_stated(bytes(container.resources))
        actual = _read_stated(bytes(found.resources))
        requests: Amounts = dict(wanted.requests)
        _raise_to(requests, actual.requests)
        _raise_to(requests, parse_amounts(found.allocated_resources))
        limits: Amounts = dict(wanted.limits)
        _raise_to(limits, actual.limits)
        return msgspec.structs.replace(container, resources=_encode_stated(requests, limits))

    first = [resize(each) if each.restart_policy == "Always" else each for each in spec.init_containers]
    return msgspec.structs.replace(spec, containers=[resize(each) for each in spec.containers], init_containers=first)


def _encode_stated(requests: Amounts, limits: Amounts) -> msgspec.Raw:
    sides = {"requests": requests, "limits": limits}
    return msgspec.Raw(msgspec.json.encode({side: {name: f"{amount}m" for name, amount in each.items()} for side, each in sides.items()}))


def sum_amounts(parts: Iterable[Amounts]) -> Amounts:
    total: Amounts = {}
    for part in parts:
        _add(total, part)
    return total


def _aggregate(spec: PodSpecAmounts, side: Callable[[_Stated], Amounts]) -> Amounts:
    """The containers and sidecars together, or what an init container and the sidecars before it need, where that is more."""
    total = sum_amounts(side(_read_stated(bytes(each.resources))) for each in spec.containers)
    sidecars: Amounts = {}
    peak: Amounts = {}
    for container in spec.init_containers:
        stated = side(_read_stated(bytes(container.resources)))
        if container.restart_policy == "Always":
            _add(total, stated)
            _add(sidecars, stated)
            _raise_to(peak, sidecars)
        else:
            _raise_to(peak, sum_amounts((stated, sidecars)))
    _raise_to(total, peak)
    return total


def _add(total: Amounts, part: Amounts) -> None:
    for name, amount in part.items():
        total[name] = total.get(name, 0) + amount


def _raise_to(total: Amounts, part: Amounts) -> None:
    for name, amount in part.items():
        total[name] = max(total.get(name, amount), amount)


def _read_pod_level(spec: PodSpecAmounts) -> _Stated:
    """The amounts for the whole pod; only CPU, memory and huge pages can be stated so."""
    return _Stated(*({name: side[name] for name in side if _is_pod_level(name)} for side in _read_stated(bytes(spec.resources))))


def _is_pod_level(resource: str) -> bool:
    return resource in ("cpu", "memory") or resource.startswith("hugepages-")


@lru_cache(maxsize=4096)
def _read_stated(resources: bytes) -> _Stated:
    """The amounts of one container, from its JSON. Cached, since a cluster's pods share few different ones."""
    stated = decode(resources, Resources)
    return _Stated(parse_amounts(stated.requests), parse_amounts(stated.limits))


def parse_amounts(stated: Mapping[str, str]) -> Amounts:
    """A resource list of Kubernetes, without what is no quantity."""
    found = {}
    for name, text in stated.items():
        try:
            found[name] = ceil(parse_quantity(str(text)) * 1000)
        except ValueError:
            continue
    return found
