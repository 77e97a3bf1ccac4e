"""Sections of every object: identity, conditions, events; and the general form, which shows spec and status as a tree."""

from collections.abc import Iterator
from typing import Any

from k8sconsole.kit.text import format_age
from k8sconsole.model.describe.sections import (
    JsonNode,
    Line,
    Section,
    format_scalar,
    format_time_with_age,
    make_line,
    make_lines,
    make_list_lines,
    make_mapping_lines,
    make_section,
)
from k8sconsole.model.tables.custom import parse_object_time

_HIDDEN_ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"
_DEEPEST = 12
"""Maximum levels of a tree; deeper values are written on one line."""


def describe_identity(obj: JsonNode, now: float) -> list[Section]:
    meta = obj["metadata"]
    annotations = {key: value.value for key, value in meta["annotations"].items() if key != _HIDDEN_ANNOTATION}
    lines = make_lines(
        [
            ("Name", meta["name"]),
            ("Namespace", meta["namespace"]),
            ("Kind", f"{obj['kind']} ({obj['apiVersion']})" if obj["kind"] else ""),
            ("Created", format_time_with_age(meta["creationTimestamp"], now)),
            ("Deletion requested", format_time_with_age(meta["deletionTimestamp"], now)),
            ("Grace period", f"{meta['deletionGracePeriodSeconds']}s" if meta["deletionGracePeriodSeconds"] else ""),
            ("Controlled by", format_controller(meta)),
        ]
    )
    lines += make_mapping_lines("Labels", meta["labels"])
    lines += make_mapping_lines("Annotations", JsonNode(annotations))
    if meta["finalizers"]:
        lines += make_list_lines("Finalizers", meta["finalizers"].words())
    return make_section("", lines)


def format_controller(meta: JsonNode) -> str:
    for owner in meta["ownerReferences"]:
        if owner["controller"].value is True:
            return f"{owner['kind']}/{owner['name']}"
    return ""


def describe_conditions(obj: JsonNode, now: float) -> list[Section]:
    lines = []
    for condition in obj.at("status", "conditions"):
        since = parse_object_time((condition["lastTransitionTime"] or condition["lastUpdateTime"]).value)
        words = [str(condition["status"]), str(condition["reason"]), "" if since is None else f"for {format_age(now - since)}"]
        lines.append(make_line(str(condition["type"]), "  ".join(word for word in words if word)))
        lines += make_lines([("", condition["message"])], 1)
    return make_section("Conditions", lines)


def describe_events(found: list[dict[str, Any]], now: float) -> list[Section]:
    """The events about an object, oldest first."""
    dated = sorted(((_last_seen(JsonNode(event)) or 0.0, JsonNode(event)) for event in found), key=lambda pair: pair[0])
    lines = [_make_event_line(at, event, now) for at, event in dated]
    return make_section("Events", lines or [Line("", "<none>")])


def _last_seen(event: JsonNode) -> float | None:
    for path in (("series", "lastObservedTime"), ("lastTimestamp",), ("deprecatedLastTimestamp",), ("eventTime",), ("firstTimestamp",)):
        at = parse_object_time(event.at(*path).value)
        if at is not None:
            return at
    return None


def _make_event_line(at: float, event: JsonNode, now: float) -> Line:
    count = event.at("series", "count").value or event["count"].value or 1
    often = f" (x{count})" if isinstance(count, int) and count > 1 else ""
    age = format_age(now - at) if at else ""
    source = str(event.at("source", "component") or event["reportingComponent"] or event["reportingController"])
    message = str(event["message"] or event["note"]).strip()
    return Line(f"{event['type']} {event['reason']}", "  ".join(part for part in (f"{age}{often}", source, message) if part))


def tree_lines(value: Any, indent: int = 0, label: str = "") -> Iterator[Line]:
    """A JSON value as indented lines. Keys of mappings are labels; elements of lists begin with a dash."""
    match value:
        case dict() if value and indent < _DEEPEST:
            if label:
                yield Line(label, "", indent)
            for key, item in value.items():
                yield from tree_lines(item, indent + bool(label), str(key))
        case list() if value and indent < _DEEPEST and any(isinstance(item, dict | list) for item in value):
            yield Line(label, "", indent)
            for position, item in enumerate(value):
                yield from tree_lines(item, indent + 1, f"- {position}")
        case list():
            yield Line(label, ", ".join(format_scalar(item) for item in value), indent)
        case _:
            yield Line(label, format_scalar(value), indent)


def describe_fields(obj: JsonNode) -> list[Section]:
    """All fields except metadata and conditions: one section per top-level field, and one for top-level values."""
    skipped = ("apiVersion", "kind", "metadata")
    loose: list[Line] = []
    found: list[Section] = []
    for key, node in obj.items():
        if key in skipped:
            continue
        value = node.value
        if key == "status" and isinstance(value, dict):
            value = {inner: item for inner, item in value.items() if inner != "conditions"}
        if isinstance(value, dict | list):
            found += make_section(format_title(key), tree_lines(value) if value else ())
        else:
            loose += make_lines([(format_title(key), value)])
    return make_section("Values", loose) + found


def format_title(key: str) -> str:
    """``serviceAccountName`` → ``Service account name``."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in key)
    return words[:1].upper() + words[1:]
