"""Formatters for table cells (after k8s.io/kubernetes/pkg/printers)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8sconsole.demo.clock import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

Json = dict[str, Any]
NONE = "<none>"
UNKNOWN = "<unknown>"
UNSET = "<unset>"
_OPERATORS = {"In": "in", "NotIn": "notin"}


def format_age(text: str | None, now: datetime) -> str:
    return format_duration((now - parse_timestamp(text)).total_seconds()) if text else UNKNOWN


def format_duration(seconds: float) -> str:
    """Format seconds as apimachinery's HumanDuration does: at most two units, coarser for longer durations."""
    whole = int(seconds)
    if whole < 0:
        return "<invalid>" if whole < -1 else "0s"
    if whole < 120:
        return f"{whole}s"
    minutes, hours = whole // 60, whole // 3600
    if minutes < 180:
        return _join_units(minutes, "m", whole % 60, "s") if minutes < 10 else f"{minutes}m"
    if hours < 48:
        return _join_units(hours, "h", minutes % 60, "m") if hours < 8 else f"{hours}h"
    return _format_days(hours)


def _format_days(hours: int) -> str:
    days = hours // 24
    if days < 8:
        return _join_units(days, "d", hours % 24, "h")
    if days < 730:
        return f"{days}d"
    return _join_units(days // 365, "y", days % 365, "d") if days < 8 * 365 else f"{days // 365}y"


def _join_units(major: int, unit: str, minor: int, small: str) -> str:
    return f"{major}{unit}{minor}{small}" if minor else f"{major}{unit}"


def format_creation_age(obj: Json, now: datetime) -> str:
    return format_age(obj["metadata"].get("creationTimestamp"), now)


def object_name(obj: Json) -> str:
    return str(obj["metadata"]["name"])


def join_values(values: Iterable[Any], empty: str = NONE) -> str:
    return ",".join(str(value) for value in values) or empty


def format_labels(labels: Mapping[str, str] | None) -> str:
    return join_values(f"{key}={value}" for key, value in sorted((labels or {}).items()))


def format_selector(found: Json | None) -> str:
    """Format a LabelSelector on one line; `<none>` when it selects everything."""
    if not found:
        return NONE
    terms = [f"{key}={value}" for key, value in sorted((found.get("matchLabels") or {}).items())]
    terms += [_format_expression(each) for each in found.get("matchExpressions") or ()]
    return join_values(terms)


def _format_expression(each: Json) -> str:
    key, operator = each["key"], each["operator"]
    if operator in _OPERATORS:
        return f"{key} {_OPERATORS[operator]} ({','.join(sorted(each.get('values') or ()))})"
    return key if operator == "Exists" else f"!{key}"


def container_cells(spec: Json) -> tuple[str, str]:
    """The names and the images of a pod spec's containers, each joined by commas."""
    found = spec.get("containers") or []
    return ",".join(each.get("name", "") for each in found), ",".join(each.get("image", "") for each in found)


def shorten_list(values: list[str], most: int) -> str:
    """Join the first `most` values, and say how many more there are."""
    text = ",".join(values[:most])
    return f"{text} + {len(values) - most} more..." if len(values) > most else text
