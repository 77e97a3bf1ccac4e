"""What is told of every object: who it is, its conditions, its events; and the general form, spec and status as a tree."""

from collections.abc import Iterator
from typing import Any

from k8sconsole.kit.text import short_age
from k8sconsole.model.describe.sections import Line, Node, Section, ago, line, listed, mapping, scalar, section, stated
from k8sconsole.model.tables.custom import moment

_HIDDEN_ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"
_DEEPEST = 12
"""Levels of a tree; what lies deeper is put on one line."""


def identity(obj: Node, now: float) -> list[Section]:
    meta = obj["metadata"]
    annotations = {key: value.value for key, value in meta["annotations"].items() if key != _HIDDEN_ANNOTATION}
    lines = stated(
        [
            ("Name", meta["name"]),
            ("Namespace", meta["namespace"]),
            ("Kind", f"{obj['kind']} ({obj['apiVersion']})" if obj["kind"] else ""),
            ("Created", ago(meta["creationTimestamp"], now)),
            ("Deletion asked", ago(meta["deletionTimestamp"], now)),
            ("Grace period", f"{meta['deletionGracePeriodSeconds']}s" if meta["deletionGracePeriodSeconds"] else ""),
            ("Controlled by", controller(meta)),
        ]
    )
    lines += mapping("Labels", meta["labels"])
    lines += mapping("Annotations", Node(annotations))
    if meta["finalizers"]:
        lines += listed("Finalizers", meta["finalizers"].words())
    return section("", lines)


def controller(meta: Node) -> str:
    for owner in meta["ownerReferences"]:
        if owner["controller"].value is True:
            return f"{owner['kind']}/{owner['name']}"
    return ""


def conditions(obj: Node, now: float) -> list[Section]:
    lines = []
    for condition in obj.at("status", "conditions"):
        since = moment((condition["lastTransitionTime"] or condition["lastUpdateTime"]).value)
        told = [str(condition["status"]), str(condition["reason"]), "" if since is None else f"for {short_age(now - since)}"]
        lines.append(line(str(condition["type"]), "  ".join(word for word in told if word)))
        lines += stated([("", condition["message"])], 1)
    return section("Conditions", lines)


def events(found: list[dict[str, Any]], now: float) -> list[Section]:
    """Oldest first, as they were told."""
    told = sorted(((_last_seen(Node(event)) or 0.0, Node(event)) for event in found), key=lambda pair: pair[0])
    lines = [_event(at, event, now) for at, event in told]
    return section("Events", lines or [Line("", "<none>")])


def _last_seen(event: Node) -> float | None:
    for path in (("series", "lastObservedTime"), ("lastTimestamp",), ("deprecatedLastTimestamp",), ("eventTime",), ("firstTimestamp",)):
        at = moment(event.at(*path).value)
        if at is not None:
            return at
    return None


def _event(at: float, event: Node, now: float) -> Line:
    count = event.at("series", "count").value or event["count"].value or 1
    often = f" (x{count})" if isinstance(count, int) and count > 1 else ""
    age = short_age(now - at) if at else ""
    source = str(event.at("source", "component") or event["reportingComponent"] or event["reportingController"])
    message = str(event["message"] or event["note"]).strip()
    return Line(f"{event['type']} {event['reason']}", "  ".join(part for part in (f"{age}{often}", source, message) if part))


def tree(value: Any, indent: int = 0, label: str = "") -> Iterator[Line]:
    """A JSON value as indented lines: a mapping's keys are labels, a list's elements begin with a dash."""
    match value:
        case dict() if value and indent < _DEEPEST:
            if label:
                yield Line(label, "", indent)
            for key, item in value.items():
                yield from tree(item, indent + bool(label), str(key))
        case list() if value and indent < _DEEPEST and any(isinstance(item, dict | list) for item in value):
            yield Line(label, "", indent)
            for position, item in enumerate(value):
                yield from tree(item, indent + 1, f"- {position}")
        case list():
            yield Line(label, ", ".join(scalar(item) for item in value), indent)
        case _:
            yield Line(label, scalar(value), indent)


def remainder(obj: Node) -> list[Section]:
    """All that is neither metadata nor a condition, a section for each top-level field; loose values together."""
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
            found += section(title(key), tree(value) if value else ())
        else:
            loose += stated([(title(key), value)])
    return section("Values", loose) + found


def title(key: str) -> str:
    """``serviceAccountName`` → ``Service account name``."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in key)
    return words[:1].upper() + words[1:]
