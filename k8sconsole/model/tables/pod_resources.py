"""A pod's resource requests and limits, added up as the scheduler does.

https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from k8sconsole.model.quantities import parse_bytes, parse_cpu
from k8sconsole.model.tables.shape_decoder import decode
from k8sconsole.model.tables.shapes import Container, Resources


class PodResources(NamedTuple):
    """Millicores and bytes; None where no container states the amount."""

    cpu_requested: int | None
    cpu_limit: int | None
    memory_requested: int | None
    memory_limit: int | None


def compute_pod_resources(
    containers: Sequence[Container], init_containers: Sequence[Container], overhead: Mapping[str, str]
) -> PodResources:
    """The sum over containers and sidecars, or the amount of one init container where that is larger; plus the overhead."""
    if len(containers) == 1 and not init_containers and not overhead:
        return _read_resources(bytes(containers[0].resources))
    sidecars = [each for each in init_containers if each.restart_policy == "Always"]
    first = [each for each in init_containers if each.restart_policy != "Always"]
    running = zip(*_read_all([*containers, *sidecars]), strict=True)
    single = zip(*_read_all(first), strict=True)
    cpu, memory = _parse_amount(overhead, "cpu"), _parse_amount(overhead, "memory")
    return PodResources(*map(_combine, running, single, (cpu, cpu, memory, memory)))


def _read_all(containers: Iterable[Container]) -> list[PodResources]:
    return [_NOTHING, *(_read_resources(bytes(each.resources)) for each in containers)]


def _combine(running: Sequence[int | None], single: Sequence[int | None], overhead: int | None) -> int | None:
    stated = [amount for amount in running if amount is not None]
    single_stated = [amount for amount in single if amount is not None]
    return max([sum(stated), *single_stated]) + (overhead or 0) if stated or single_stated else None


_NOTHING = PodResources(None, None, None, None)


@lru_cache(maxsize=4096)
def _read_resources(resources: bytes) -> PodResources:
    """One container's resources, from their JSON. Cached, since a cluster's pods share few different ones."""
    stated = decode(resources, Resources)
    cpu, memory = ((_parse_amount(stated.requests, kind), _parse_amount(stated.limits, kind)) for kind in ("cpu", "memory"))
    return PodResources(*cpu, *memory)


def _parse_amount(amounts: Mapping[str, str], kind: str) -> int | None:
    if kind not in amounts:
        return None
    try:
        return parse_cpu(amounts[kind]) if kind == "cpu" else parse_bytes(amounts[kind])
    except ValueError:
        return None
