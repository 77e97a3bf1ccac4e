"""A node's pods with what they request, and the totals beside what the node can give; and a namespace's quotas and limits."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from k8sconsole.kit.text import format_age
from k8sconsole.model.describe.configuration import make_quota_lines
from k8sconsole.model.describe.related import LEASES, LIMITS, PODS, QUOTAS, Related
from k8sconsole.model.describe.sections import (
    JsonNode,
    Line,
    Section,
    format_time_with_age,
    make_lines,
    make_section,
    make_unknown_section,
)
from k8sconsole.model.quantities import format_amount
from k8sconsole.model.tables.custom import parse_object_time
from k8sconsole.model.tables.pod_resources import (
    Amounts,
    PodSpecAmounts,
    PodStatusAmounts,
    apply_resizes,
    parse_amounts,
    sum_amounts,
    sum_limits,
    sum_requests,
)
from k8sconsole.model.tables.shape_decoder import decode

_STANDARD = ("cpu", "memory", "ephemeral-storage")


def describe_node_pods(obj: JsonNode, related: Related, now: float) -> list[Section]:
    """The node's lease, its pods that are not finished, and what they request and are limited to together."""
    status = obj["status"]
    stated = (status["allocatable"] or status["capacity"]).value
    allocatable = parse_amounts(stated) if isinstance(stated, dict) else {}
    pods = related.get(PODS)
    if pods is None:
        return [*_describe_lease(related, now), *make_unknown_section("Pods", PODS)]
    amounts = [_pod_amounts(pod) for pod in pods]
    lines = [_make_pod_line(JsonNode(pod), *_pod_amounts(pod, resizes=True), allocatable, now) for pod in pods]
    requests, limits = (sum_amounts(side) for side in zip(*amounts, strict=True)) if amounts else ({}, {})
    return [
        *_describe_lease(related, now),
        *make_section(f"Pods ({len(pods)} not finished)", sorted(lines, key=lambda line: line.label)),
        *make_section("Allocated resources", [_make_total_line(name, requests, limits, allocatable) for name in _list_totals(allocatable)]),
    ]


def _describe_lease(related: Related, now: float) -> list[Section]:
    spec = JsonNode(next(iter(related.get(LEASES) or ()), None))["spec"]
    return make_section(
        "Lease", make_lines([("Holder", spec["holderIdentity"]), ("Renewed", format_time_with_age(spec["renewTime"], now))])
    )


def _pod_amounts(pod: dict[str, Any], *, resizes: bool = False) -> tuple[Amounts, Amounts]:
    """A pod's requests and limits. resizes: whether they count what its node has granted; kubectl's totals do not."""
    spec = decode(msgspec.json.encode(pod.get("spec")), PodSpecAmounts)
    if resizes:
        spec = apply_resizes(spec, decode(msgspec.json.encode(pod.get("status")), PodStatusAmounts))
    return sum_requests(spec), sum_limits(spec)


def _make_pod_line(pod: JsonNode, requests: Amounts, limits: Amounts, allocatable: Amounts, now: float) -> Line:
    created = parse_object_time(pod.at("metadata", "creationTimestamp").value)
    parts = [_format_sides(name, requests, limits, allocatable) for name in ("cpu", "memory")]
    age = "" if created is None else format_age(now - created)
    return Line(f"{pod.at('metadata', 'namespace')}/{pod.at('metadata', 'name')}", "  ".join([*parts, *([age] if age else [])]))


def _format_sides(name: str, requests: Amounts, limits: Amounts, allocatable: Amounts) -> str:
    limit = f"limit {_format_share(name, limits, allocatable)}" if limits.get(name) else "no limit"
    return f"{name} {_format_share(name, requests, allocatable)}, {limit}"


def _format_share(name: str, amounts: Amounts, allocatable: Amounts) -> str:
    """An amount and its share of the node in whole percent, rounded down as kubectl rounds it: ``250m (6%)``."""
    amount = amounts.get(name, 0)
    part, whole = (-(-each // (1 if name == "cpu" else 1000)) for each in (amount, allocatable.get(name, 0)))
    return f"{format_amount(name, amount)} ({int(part / whole * 100) if whole else 0}%)"


def _list_totals(allocatable: Amounts) -> list[str]:
    """CPU, memory and ephemeral storage; then huge pages and what else the node has, apart from the number of pods."""
    others = [name for name in allocatable if name not in (*_STANDARD, "pods")]
    return [*_STANDARD, *sorted(others, key=lambda name: (not name.startswith("hugepages-"), name))]


def _make_total_line(name: str, requests: Amounts, limits: Amounts, allocatable: Amounts) -> Line:
    requested, limited = (_format_share(name, side, allocatable) for side in (requests, limits))
    return Line(name, f"{requested} requested, {limited} limits")


def describe_namespace_quotas(obj: JsonNode, related: Related, now: float) -> list[Section]:
    """The use of each quota, and the limit ranges."""
    quotas, ranges = related.get(QUOTAS), related.get(LIMITS)
    found = make_unknown_section("Resource quotas", QUOTAS) if quotas is None else _describe_quotas(quotas)
    return [*found, *(make_unknown_section("Limit ranges", LIMITS) if ranges is None else _describe_ranges(ranges))]


def _describe_quotas(quotas: Sequence[dict[str, Any]]) -> list[Section]:
    lines: list[Line] = []
    for quota in map(JsonNode, quotas):
        lines.append(Line(str(quota.at("metadata", "name"))))
        lines += [msgspec.structs.replace(line, indent=1) for line in make_quota_lines(quota)]
    return make_section("Resource quotas", lines or [Line("", "<none>")])


def _describe_ranges(ranges: Sequence[dict[str, Any]]) -> list[Section]:
    lines = [
        Line(f"{each.at('metadata', 'name')} {limit['type']}", _format_range(limit.value))
        for each in map(JsonNode, ranges)
        for limit in each.at("spec", "limits")
    ]
    return make_section("Limit ranges", lines or [Line("", "<none>")])


def _format_range(limit: Mapping[str, Any]) -> str:
    node = JsonNode(limit)
    words = {"min": "at least", "max": "at most", "default": "limit", "defaultRequest": "request", "maxLimitRequestRatio": "ratio at most"}
    sides = [(word, ", ".join(f"{name} {amount}" for name, amount in node[field].items())) for field, word in words.items()]
    return "; ".join(f"{word} {amounts}" for word, amounts in sides if amounts)
