"""Label and field selectors, parsed into tests that are applied to each object."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from k8sconsole.demo import status

if TYPE_CHECKING:
    from k8sconsole.demo.resources import ServedResource

Json = dict[str, Any]
LabelTest = Callable[[Mapping[str, str]], bool]
FieldTest = Callable[[Json], bool]

_SET = re.compile(r"^\s*(?P<key>[^\s,!=()<>]+)\s+(?P<op>in|notin)\s*\((?P<values>[^()]*)\)\s*$")
_PAIR = re.compile(r"^\s*(?P<key>[^\s,!=()<>]+)\s*(?P<op>==|=|!=|>|<)\s*(?P<value>[^\s,!=()<>]*)\s*$")
_TRAILING = re.compile(r"^\s*[^\s,!=()<>]+\s*(?:==|=|!=)\s*[^\s,!=()<>]*\s*(?P<rest>[=!<>].*)$")
_BARE = re.compile(r"^\s*(?P<not>!?)\s*(?P<key>[^\s,!=()<>]+)\s*$")

_EVERYWHERE = ("metadata.name", "metadata.namespace")
_INVOLVED = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
_FIELDS: dict[str, tuple[str, ...]] = {
    "/pods": (
        *("spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork"),
        *("status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName"),
    ),
    "/events": (*(f"involvedObject.{each}" for each in _INVOLVED), "reason", "reportingComponent", "source", "type"),
    "/secrets": ("type",),
    "/nodes": ("spec.unschedulable",),
    "/namespaces": ("status.phase",),
    "/services": ("spec.clusterIP", "spec.type"),
    "/replicationcontrollers": ("status.replicas",),
    "apps/replicasets": ("status.replicas",),
    "batch/jobs": ("status.successful",),
    "certificates.k8s.io/certificatesigningrequests": ("spec.signerName",),
}


def split_terms(text: str) -> list[str]:
    """Split a selector at the commas outside brackets."""
    return [term for term in re.split(r",(?![^(]*\))", text) if term.strip()]


def parse_labels(text: str) -> list[LabelTest]:
    """One test per requirement of a label selector. Raises a 400 status for an invalid selector."""
    return [_parse_label_term(term) for term in split_terms(text)]


def _parse_label_term(term: str) -> LabelTest:
    if found := _SET.match(term):
        values = {value.strip() for value in found["values"].split(",")}
        return _membership_test(found["key"], values, inside=found["op"] == "in")
    if found := _PAIR.match(term):
        return _comparison_test(found["key"], found["op"], found["value"])
    if found := _BARE.match(term):
        key, present = found["key"], not found["not"]
        return lambda labels: (key in labels) is present
    if found := _TRAILING.match(term):
        raise status.bad_request(f"found '{found['rest'][0]}', expected: ',' or 'end of string'")
    raise status.bad_request(f"unable to parse requirement: found \"{term.strip()}\", expected: '!', identifier, or 'end of string'")


def _membership_test(key: str, values: set[str], *, inside: bool) -> LabelTest:
    if inside:
        return lambda labels: labels.get(key) in values
    return lambda labels: labels.get(key) not in values


def _comparison_test(key: str, op: str, value: str) -> LabelTest:
    if op in ("=", "=="):
        return lambda labels: labels.get(key) == value
    if op == "!=":
        return lambda labels: labels.get(key) != value
    if not value.lstrip("-").isdigit():
        raise status.bad_request(f"for 'Gt', 'Lt' operators, the value must be an integer: \"{value}\"")
    return lambda labels: _compare_integer(labels.get(key), op, int(value))


def _compare_integer(found: str | None, op: str, bound: int) -> bool:
    if found is None or not found.lstrip("-").isdigit():
        return False
    return int(found) > bound if op == ">" else int(found) < bound


def matches_selector(selector: Json | None, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector (matchLabels, matchExpressions) matches. An empty one matches everything, None nothing."""
    if selector is None:
        return False
    if not (selector.get("matchLabels") or {}).items() <= labels.items():
        return False
    return all(_matches_expression(each, labels) for each in selector.get("matchExpressions") or ())


def _matches_expression(each: Json, labels: Mapping[str, str]) -> bool:
    key, operator, values = each["key"], each["operator"], each.get("values") or ()
    if operator in ("Exists", "DoesNotExist"):
        return (key in labels) is (operator == "Exists")
    return (labels.get(key) in values) is (operator == "In")


def parse_fields(text: str, resource: ServedResource, selectable: tuple[str, ...] = ()) -> list[FieldTest]:
    """One test per requirement of a field selector. Raises a 400 status for a field the kind does not support."""
    known = (*_EVERYWHERE, *_FIELDS.get(resource.key, ()), *selectable)
    return [_parse_field_term(term, resource, known) for term in split_terms(text)]


def _parse_field_term(term: str, resource: ServedResource, known: tuple[str, ...]) -> FieldTest:
    found = re.match(r"^([^!=]+)(!=|==|=)(.*)$", term.strip())
    if not found:
        raise status.bad_request(f"invalid selector: '{term}'; can't understand '{term}'")
    path, op, value = found.groups()
    core_path = "involvedObject." + path.removeprefix("regarding.") if resource.group == "events.k8s.io" else path
    path = core_path if core_path in known else path
    if path not in known:
        raise status.bad_request(_unknown_field(resource, path))
    equal = op != "!="
    return lambda obj: (field_text(obj, path) == value) is equal


def _unknown_field(resource: ServedResource, path: str) -> str:
    if resource.group and resource.key not in _FIELDS:
        return f'"{path}" is not a known field selector: only "metadata.name", "metadata.namespace"'
    return f"field label not supported: {path}"


def field_text(obj: Json, path: str) -> str:
    """The text of a field as field selectors compare it; "" when it is absent."""
    if path == "source" and isinstance(obj.get("source"), dict):
        return str(obj["source"].get("component", ""))
    value: Any = obj
    for part in path.lstrip(".").split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if path in ("spec.unschedulable", "spec.hostNetwork"):
        return "true" if value else "false"
    if value is None:
        return "0" if path in ("status.replicas", "status.successful") else ""
    return str(value).lower() if isinstance(value, bool) else str(value)
