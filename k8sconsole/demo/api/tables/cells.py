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
_ZERO_TIME = "0001-01-01T00:00:00"


def format_age(text: str | None, now: datetime) -> str:
    """An age; unknown for the zero time, which the server writes for a time that it does not know."""
    return UNKNOWN if is_zero_time(text) else format_duration((now - parse_timestamp(str(text))).total_seconds())


def is_zero_time(text: str | None) -> bool:
    return not text or text.startswith(_ZERO_TIME)


def find_first_condition(obj: Json, kind: str) -> Json:
    """The first condition of this type; {} without one."""
    return next((each for each in obj.get("status", {}).get("conditions") or () if each["type"] == kind), {})


def is_first_condition_true(obj: Json, kind: str) -> bool:
    return bool(find_first_condition(obj, kind).get("status") == "True")


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


def default_name(obj: Json, *marks: str) -> str:
    """The name, and whether an annotation makes the object the default of its kind."""
    annotations = obj["metadata"].get("annotations") or {}
    return object_name(obj) + (" (default)" if any(annotations.get(mark) == "true" for mark in marks) else "")


def join_values(values: Iterable[Any], empty: str = NONE) -> str:
    return ",".join(str(value) for value in values) or empty


def format_labels(labels: Mapping[str, str] | None) -> str:
    return join_values(sorted(f"{key}={value}" for key, value in (labels or {}).items()))


def format_selector(found: Json | None, empty: str = NONE) -> str:
    """Format a LabelSelector on one line, in the order of its keys; `empty` when it selects everything."""
    chosen = found or {}
    terms = [(key, f"{key}={value}") for key, value in (chosen.get("matchLabels") or {}).items()]
    terms += [(each["key"], _format_expression(each)) for each in chosen.get("matchExpressions") or ()]
    return join_values((text for _, text in sorted(terms, key=lambda term: term[0])), empty)


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
