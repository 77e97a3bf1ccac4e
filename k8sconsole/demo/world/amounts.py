"""Kubernetes quantities as integers in thousandths of the unit, precise enough for CPU and large enough for memory."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import ceil, floor
from typing import Any

_SCALE = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_BINARY = {f"{letter}i": 1024.0**power for power, letter in enumerate("KMGTPE", start=1)}

Amounts = dict[str, int]
"""Resource name → thousandths of its unit: millicores, milli-bytes, 1000 per pod."""


@lru_cache(maxsize=4096)
def parse_quantity(quantity: str) -> int:
    """`250m` → 250, `2` → 2000, `1Ki` → 1024000. Raises ValueError for an invalid quantity."""
    text = quantity.strip()
    number = text.rstrip("numkKMGTPEi")
    unit = text[len(number) :]
    scale = _BINARY.get(unit) or _SCALE.get(unit)
    if scale is None:
        raise ValueError(f"not a quantity: {quantity!r}")
    return round(float(number) * scale * 1000)


def parse_quantities(quantities: Mapping[str, Any] | None) -> Amounts:
    return {name: parse_quantity(str(quantity)) for name, quantity in (quantities or {}).items()}


def sum_amounts(parts: Iterable[Amounts]) -> Amounts:
    """The sum per resource."""
    result: Amounts = {}
    for part in parts:
        for name, value in part.items():
            result[name] = result.get(name, 0) + value
    return result


def sum_requests(pod_spec: Mapping[str, Any]) -> Amounts:
    """The requests of a pod plus one pod, as the scheduler counts them."""
    requested = _sum_resources(pod_spec, "requests")
    return sum_amounts([requested, parse_quantities(pod_spec.get("overhead"))]) | {"pods": 1000}


def sum_limits(pod_spec: Mapping[str, Any]) -> Amounts:
    """The limits of a pod. The overhead counts only where there is a limit."""
    limited = _sum_resources(pod_spec, "limits")
    overhead = parse_quantities(pod_spec.get("overhead"))
    return {name: value + overhead.get(name, 0) for name, value in limited.items()}


def _sum_resources(pod_spec: Mapping[str, Any], field: str) -> Amounts:
    """What the containers and sidecars need together, or an init container beside the sidecars before it, if that is more.

    The pod's own resources replace the sum where it has them.
    """
    sidecars: Amounts = {}
    peaks: list[Amounts] = []
    for container in pod_spec.get("initContainers") or ():
        together = sum_amounts([sidecars, _read_amounts(container, field)])
        if container.get("restartPolicy") == "Always":
            sidecars = together
        else:
            peaks.append(together)
    total = sum_amounts([sidecars, *(_read_amounts(container, field) for container in pod_spec.get("containers") or ())])
    for peak in peaks:
        total |= {name: max(value, total.get(name, 0)) for name, value in peak.items()}
    return total | _read_amounts(pod_spec, field)


def _read_amounts(owner: Mapping[str, Any], field: str) -> Amounts:
    return parse_quantities((owner.get("resources") or {}).get(field))


def format_quantity(name: str, value: int) -> str:
    """The shortest common form: millicores for CPU, binary units for memory and storage, plain numbers for counts."""
    if name.rpartition(".")[2] in ("memory", "storage"):
        return _format_bytes(value // 1000)
    return str(value // 1000) if value % 1000 == 0 else f"{value}m"


def _format_bytes(count: int) -> str:
    for unit in ("Ti", "Gi", "Mi", "Ki"):
        size = int(_BINARY[unit])
        if count and count % size == 0:
            return f"{count // size}{unit}"
    return str(count)


def scale_int_or_percent(value: int | str, total: int, *, up: bool) -> int:
    """An IntOrString as a count: a number as it is, `25%` as that share of `total`, rounded up or down."""
    if isinstance(value, int):
        return value
    share = total * int(value.rstrip("%")) / 100
    return ceil(share) if up else floor(share)
