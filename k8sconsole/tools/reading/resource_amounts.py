"""Amounts of CPU and memory, and the usage that the Metrics API reports as such amounts."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from k8sconsole.model.quantities import parse_bytes, parse_cpu


class ResourceAmounts(msgspec.Struct, frozen=True):
    """cpu in millicores, memory in bytes."""

    cpu: int = 0
    memory: int = 0

    def plus(self, other: "ResourceAmounts") -> "ResourceAmounts":
        return ResourceAmounts(self.cpu + other.cpu, self.memory + other.memory)


def parse_amounts(usage: Mapping[str, Any]) -> ResourceAmounts:
    """The amounts of a usage or a capacity. A value that cannot be parsed counts as 0."""
    return ResourceAmounts(_read_quantity(parse_cpu, usage.get("cpu")), _read_quantity(parse_bytes, usage.get("memory")))


def _read_quantity(reader: Any, text: object) -> int:
    try:
        return int(reader(str(text))) if text is not None else 0
    except ValueError:
        return 0


def sum_amounts(parts: Iterable[ResourceAmounts]) -> ResourceAmounts:
    total = ResourceAmounts()
    for part in parts:
        total = total.plus(part)
    return total


def amounts_by_container(body: Mapping[str, Any]) -> dict[str, ResourceAmounts]:
    """The usage in a PodMetrics, by container, or in a NodeMetrics, under an empty key."""
    if "containers" in body:
        return {str(one.get("name", "")): parse_amounts(one.get("usage") or {}) for one in body["containers"] or []}
    return {"": parse_amounts(body.get("usage") or {})}
