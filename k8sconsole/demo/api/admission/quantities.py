"""Quantities in their canonical form, as the real server stores them (after apimachinery's pkg/api/resource)."""

from __future__ import annotations

import re
from decimal import ROUND_UP, Context, Decimal
from typing import TYPE_CHECKING, Any

from k8sconsole.demo import status

if TYPE_CHECKING:
    from k8sconsole.demo.resources import ServedResource

Json = dict[str, Any]
_FORM = re.compile(r"(?P<sign>[+-]?)(?P<whole>\d*)(?:\.(?P<part>\d*))?(?:[eE](?P<exponent>[+-]?\d{1,3})|(?P<unit>[numkMGTPE]|[KMGTPE]i)?)")
_MISFIT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
_EXPONENTS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_UNITS = {exponent: unit for unit, exponent in _EXPONENTS.items()}
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_LARGEST = Decimal(2**63 - 1)
_EXACT = Context(prec=80, rounding=ROUND_UP)
_LISTS = frozenset(
    {
        *("requests", "limits", "capacity", "allocatable", "overhead", "hard", "used"),
        *("default", "defaultRequest", "max", "min", "maxLimitRequestRatio", "allocatedResources"),
    }
)
"""Fields that hold a ResourceList: names of resources with quantities, kept to thousandths."""
_SINGLE = frozenset({"averageValue", "sizeLimit", "divisor"})
_HAVE_QUANTITIES = frozenset(
    {
        *("/pods", "/podtemplates", "/replicationcontrollers", "/nodes", "/persistentvolumes", "/persistentvolumeclaims"),
        *("/resourcequotas", "/limitranges", "apps/deployments", "apps/replicasets", "apps/statefulsets", "apps/daemonsets"),
        *("batch/jobs", "batch/cronjobs", "autoscaling/horizontalpodautoscalers", "storage.k8s.io/csistoragecapacities"),
    }
)


def keep_quantities(resource: ServedResource, obj: Json) -> None:
    """Write every quantity of an object in its canonical form, in place. Raises a 400 status for what is no quantity."""
    if resource.key not in _HAVE_QUANTITIES or resource.custom:
        return
    single = _SINGLE | ({"value"} if resource.key.startswith("autoscaling/") else set())
    single |= {"capacity", "maximumVolumeSize"} if resource.key.startswith("storage.k8s.io/") else set()
    try:
        for field in obj.keys() - {"metadata", "apiVersion", "kind"}:
            _keep_below(obj, field, single)
    except ValueError as error:
        kind = resource.kind
        raise status.bad_request(f'{kind} in version "{resource.version}" cannot be handled as a {kind}: {error}') from error


def _keep_below(parent: Json, field: str, single: frozenset[str]) -> None:
    value = parent[field]
    if isinstance(value, dict):
        if field in _LISTS and all(not isinstance(each, (dict, list)) for each in value.values()):
            parent[field] = {name: keep_quantity(each) for name, each in value.items() if each is not None}
            return
        for inner in value:
            _keep_below(value, inner, single)
    elif isinstance(value, list):
        for each in value:
            for inner in each if isinstance(each, dict) else ():
                _keep_below(each, inner, single)
    elif field in single and value is not None:
        parent[field] = keep_quantity(value, finest=9)


def keep_quantity(given: object, *, finest: int = 3) -> str:
    """The canonical form of a quantity. `finest`: the decimal places that are kept, rounded away from zero."""
    text = str(given).strip()
    found = _FORM.fullmatch(text)
    if found is None or not (found["whole"] or found["part"]):
        raise ValueError(_MISFIT)
    unit = found["unit"] or ""
    binary = unit.endswith("i")
    exponent = int(found["exponent"] or 0) or _EXPONENTS.get(unit, 0)
    if _is_canonical(found, exponent, finest):
        return text
    value = Decimal(f"{found['whole'] or 0}.{found['part'] or 0}")
    value = _EXACT.multiply(value, Decimal(1024) ** _BINARY.index(unit) if binary else Decimal(10) ** exponent)
    value = value.quantize(Decimal(10) ** -finest, context=_EXACT)
    if not value:
        return "0"
    sign = "-" if found["sign"] == "-" else ""
    value = min(value, _LARGEST) if binary else value
    if binary and value >= 1024 and value == value.to_integral_value():
        return f"{sign}{_format_binary(int(value))}"
    return f"{sign}{_format_decimal(value, exponential=found['exponent'] is not None)}"


def _is_canonical(found: re.Match[str], exponent: int, finest: int) -> bool:
    """Whether the server's parser keeps the text as it is, by a test of its own that is quicker than exact."""
    whole, part = found["whole"].lstrip("0") or "0", found["part"] or ""
    if (found["unit"] or "").endswith("i"):
        return not part and bool(int(whole) & 7) and len(whole) + int(_BINARY.index(found["unit"]) * 3) <= 14
    digits, scale = whole + part, exponent - len(part)
    return digits[0] != "0" and not digits.endswith("000") and scale % 3 == 0 and scale >= -finest and len(digits) <= 18


def _format_binary(value: int) -> str:
    power = 0
    while power < len(_BINARY) - 1 and value % 1024 == 0:
        value, power = value // 1024, power + 1
    return f"{value}{_BINARY[power]}"


def _format_decimal(value: Decimal, *, exponential: bool) -> str:
    exponent = 18
    while value.scaleb(-exponent) != value.scaleb(-exponent).to_integral_value():
        exponent -= 3
    unit = (f"e{exponent}" if exponent else "") if exponential else _UNITS[exponent]
    return f"{int(value.scaleb(-exponent))}{unit}"
