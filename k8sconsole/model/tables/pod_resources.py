"""What a pod asks for and may use, as the scheduler reckons it."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from k8sconsole.model.quantities import parse_bytes, parse_cpu
from k8sconsole.model.tables.decoding import decode
from k8sconsole.model.tables.shapes import Container, Resources


class PodResources(NamedTuple):
    """Millicores and bytes; None for what nobody stated."""

    cpu_requested: int | None
    cpu_limit: int | None
    memory_requested: int | None
    memory_limit: int | None


def compute_pod_resources(
    containers: Sequence[Container], init_containers: Sequence[Container], overhead: Mapping[str, str]
) -> PodResources:
    """Containers and sidecars together, or one init container where it needs more, and the overhead."""
    if len(containers) == 1 and not init_containers and not overhead:
        return _stated(bytes(containers[0].resources))
    sidecars = [each for each in init_containers if each.restart_policy == "Always"]
    first = [each for each in init_containers if each.restart_policy != "Always"]
    together = zip(*_all_stated([*containers, *sidecars]), strict=True)
    single = zip(*_all_stated(first), strict=True)
    cpu, memory = _reckoned(overhead, "cpu"), _reckoned(overhead, "memory")
    return PodResources(*map(_needed, together, single, (cpu, cpu, memory, memory)))


def _all_stated(containers: Iterable[Container]) -> list[PodResources]:
    return [_NOTHING, *(_stated(bytes(each.resources)) for each in containers)]


def _needed(together: Sequence[int | None], single: Sequence[int | None], overhead: int | None) -> int | None:
    stated = [amount for amount in together if amount is not None]
    alone = [amount for amount in single if amount is not None]
    return max([sum(stated), *alone]) + (overhead or 0) if stated or alone else None


_NOTHING = PodResources(None, None, None, None)


@lru_cache(maxsize=4096)
def _stated(resources: bytes) -> PodResources:
    """One container's, of the JSON as it stands: the same few amounts stand in all pods of a cluster."""
    stated = decode(resources, Resources)
    cpu, memory = ((_reckoned(stated.requests, kind), _reckoned(stated.limits, kind)) for kind in ("cpu", "memory"))
    return PodResources(*cpu, *memory)


def _reckoned(amounts: Mapping[str, str], kind: str) -> int | None:
    if kind not in amounts:
        return None
    try:
        return parse_cpu(amounts[kind]) if kind == "cpu" else parse_bytes(amounts[kind])
    except ValueError:
        return None
