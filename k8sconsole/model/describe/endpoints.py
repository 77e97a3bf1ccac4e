"""The endpoints behind a Service and behind the backends of an Ingress, from their EndpointSlices."""

from collections.abc import Iterable, Sequence
from typing import Any

from k8sconsole.model.describe.related import SERVICES, SLICES, Related, list_backends
from k8sconsole.model.describe.sections import JsonNode, Line, Section, make_list_lines, make_section, make_unknown_section

_MOST = 20
"""Addresses on one line; the rest is counted."""


def describe_service_endpoints(obj: JsonNode, related: Related, now: float) -> list[Section]:
    """The addresses of each port, and those that get no traffic since their pods are not ready."""
    slices = related.get(SLICES)
    if slices is None:
        return make_unknown_section("Endpoints", SLICES)
    names = [str(port["name"]) for port in obj.at("spec", "ports")] or [""]
    lines = []
    for name in names:
        ready, waiting = _addresses(slices, name)
        lines += make_list_lines(name or "<unnamed>", [_join(ready)] if ready else [])
        lines += [Line("", f"not ready: {_join(waiting)}")] if waiting else []
    return make_section("Endpoints", lines)


def _addresses(slices: Iterable[dict[str, Any]], port: str) -> tuple[list[str], list[str]]:
    """The ready and the other addresses, with the number of the port of this name, sorted."""
    ready: set[str] = set()
    waiting: set[str] = set()
    for each in map(JsonNode, slices):
        numbers = [str(one["port"]) for one in each["ports"] if str(one["name"]) == port]
        for endpoint in each["endpoints"]:
            kept = waiting if endpoint["conditions"]["ready"].value is False else ready
            kept.update(_join_port(address, number) for address in endpoint["addresses"].words() for number in numbers)
    return sorted(ready), sorted(waiting)


def _join_port(address: str, port: str) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _join(addresses: Sequence[str]) -> str:
    rest = f" and {len(addresses) - _MOST} more" if len(addresses) > _MOST else ""
    return ", ".join(addresses[:_MOST]) + rest


def describe_ingress_endpoints(obj: JsonNode, related: Related, now: float) -> list[Section]:
    """The addresses behind each backend; a backend whose service or port does not exist says so."""
    slices, services = related.get(SLICES), related.get(SERVICES)
    if slices is None or services is None:
        return make_unknown_section("Backends", SLICES if slices is None else SERVICES)
    known = {str(JsonNode(each).at("metadata", "name")): JsonNode(each) for each in services}
    lines = [Line(f"{name}:{port}", _format_backend(known.get(name), name, port, slices)) for name, port in list_backends(obj)]
    return make_section("Backends", lines)


def _format_backend(service: JsonNode | None, name: str, port: str, slices: Sequence[dict[str, Any]]) -> str:
    if service is None:
        return f"service {name} not found"
    wanted = [each for each in service.at("spec", "ports") if port in (str(each["port"]), str(each["name"]))]
    if not wanted:
        return f"service {name} has no port {port}"
    own = [each for each in slices if str(JsonNode(each).at("metadata", "labels")["kubernetes.io/service-name"]) == name]
    ready, waiting = _addresses(own, str(wanted[0]["name"]))
    return "; ".join([_join(ready) or "<none>", *([f"not ready: {_join(waiting)}"] if waiting else [])])
