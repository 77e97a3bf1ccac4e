"""The ReplicaSets and pods of a workload, and the pods that use a claim."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from k8sconsole.model.describe.related import PODS, REPLICA_SETS, Related
from k8sconsole.model.describe.sections import JsonNode, Line, Section, make_section, make_unknown_section
from k8sconsole.model.objects import TableRow
from k8sconsole.model.tables import Health, format_cell, grade_row
from k8sconsole.model.tables.pods import PODS as POD_TABLE

_REVISION = "deployment.kubernetes.io/revision"
_MOST = 30
"""Pods of one list; the rest is counted."""


def describe_workload_pods(obj: JsonNode, related: Related, now: float) -> list[Section]:
    """The workload's own pods, those with trouble first."""
    pods = related.get(PODS)
    if pods is None:
        return make_unknown_section("Pods", PODS)
    return _describe_pods(_owned_by(pods, {str(obj.at("metadata", "uid"))}), now)


def describe_deployment_pods(obj: JsonNode, related: Related, now: float) -> list[Section]:
    """The Deployment's ReplicaSets, the newest first, and their pods."""
    sets, pods = related.get(REPLICA_SETS), related.get(PODS)
    if sets is None:
        return make_unknown_section("ReplicaSets", REPLICA_SETS)
    own = [JsonNode(each) for each in _owned_by(sets, {str(obj.at("metadata", "uid"))})]
    found = _describe_replica_sets(own, str(obj.at("metadata", "annotations")[_REVISION]))
    if pods is None:
        return [*found, *make_unknown_section("Pods", PODS)]
    return [*found, *_describe_pods(_owned_by(pods, {str(each.at("metadata", "uid")) for each in own}), now)]


def _owned_by(objects: Sequence[dict[str, Any]], owners: set[str]) -> list[dict[str, Any]]:
    """The objects that one of these uids controls."""
    return [
        each
        for each in objects
        if any(ref["controller"].value is True and str(ref["uid"]) in owners for ref in JsonNode(each).at("metadata", "ownerReferences"))
    ]


def _describe_replica_sets(sets: list[JsonNode], newest: str) -> list[Section]:
    sets.sort(key=_revision, reverse=True)
    lines = [
        Line(f"{each.at('metadata', 'name')}{' (new)' if _revision_text(each) == newest else ''}", _format_replicas(each))
        for each in sets
        if _revision_text(each) == newest or each.at("status", "replicas") or each.at("spec", "replicas")
    ]
    older = len(sets) - len(lines)
    lines += [Line("", f"and {older} without pods")] if older else []
    return make_section("ReplicaSets", lines or [Line("", "<none>")])


def _revision_text(replica_set: JsonNode) -> str:
    return str(replica_set.at("metadata", "annotations")[_REVISION])


def _revision(replica_set: JsonNode) -> int:
    text = _revision_text(replica_set)
    return int(text) if text.isdecimal() else 0


def _format_replicas(replica_set: JsonNode) -> str:
    wanted = replica_set.at("spec", "replicas").value
    status = replica_set["status"]
    counts = f"{status['replicas'] or 0}/{1 if wanted is None else wanted} created, {status['readyReplicas'] or 0} ready"
    images = [str(container["image"]) for container in replica_set.at("spec", "template", "spec", "containers")]
    return f"{counts}, revision {_revision_text(replica_set) or 'unknown'}, {', '.join(images)}"


def _describe_pods(pods: Sequence[dict[str, Any]], now: float) -> list[Section]:
    rows = [POD_TABLE.project(msgspec.json.encode(each)) for each in pods]
    rows.sort(key=lambda row: (grade_row(POD_TABLE, row.cells) in (Health.GOOD, Health.DONE), row.name))
    counts = Counter(_cell(row, "STATUS", now) or "Unknown" for row in rows)
    total = ", ".join(f"{count} {status}" for status, count in counts.most_common()) or "none"
    lines = [Line(row.name, _format_pod(row, now)) for row in rows[:_MOST]]
    lines += [Line("", f"and {len(rows) - _MOST} more")] if len(rows) > _MOST else []
    return make_section("Pods", [Line("Total", total), *lines])


def _cell(row: TableRow, column: str, now: float) -> str:
    at = POD_TABLE.index(column)
    return "" if at is None else format_cell(POD_TABLE.columns[at], row.cells[at], now)


def _format_pod(row: TableRow, now: float) -> str:
    ready, status, restarts, node, age = (_cell(row, column, now) for column in ("READY", "STATUS", "RESTARTS", "NODE", "AGE"))
    words = [f"{ready} ready", status, f"{restarts} restarts" if restarts not in ("", "0") else "", f"on {node}" if node else "", age]
    return "  ".join(word for word in words if word)


def describe_claim_users(obj: JsonNode, related: Related, now: float) -> list[Section]:
    """The pods whose volumes are the claim, as kubectl's ``Used By``."""
    pods = related.get(PODS)
    if pods is None:
        return make_unknown_section("Used by", PODS)
    claim = str(obj.at("metadata", "name"))
    users = [pod for pod in map(JsonNode, pods) if claim in _claims_of(pod)]
    lines = [Line(f"pod/{pod.at('metadata', 'name')}", str(pod.at("status", "phase"))) for pod in users]
    return make_section("Used by", lines or [Line("", "<none>")])


def _claims_of(pod: JsonNode) -> set[str]:
    """The names of the claims that a pod uses; an ephemeral volume's claim is named after the pod and the volume."""
    name = pod.at("metadata", "name")
    volumes = list(pod.at("spec", "volumes"))
    named = {str(each.at("persistentVolumeClaim", "claimName")) for each in volumes if each["persistentVolumeClaim"]}
    return named | {f"{name}-{each['name']}" for each in volumes if each["ephemeral"].value is not None}
