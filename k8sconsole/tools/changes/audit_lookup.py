"""What a request of the audit changed: the one object that its arguments named, in whatever form, and whether it made it."""

from typing import Any

import msgspec

from k8sconsole.errors import InvalidParams
from k8sconsole.model.cache_records import AuditEntry
from k8sconsole.tools.changes.manifest import parse_manifest
from k8sconsole.tools.context import ToolContext

MOST_AUDIT = 5_000
_NODES = ("k8s_cordon_node", "k8s_uncordon_node", "k8s_drain_node")
KIND_OF = {
    **dict.fromkeys(_NODES, "nodes"),
    **dict.fromkeys(("k8s_delete_pod", "k8s_run_pod"), "pods"),
    "k8s_suspend_cronjob": "cronjobs.batch",
    "k8s_trigger_cronjob": "jobs.batch",
    "k8s_create_deployment": "deployments.apps",
}
"""Of tools that do not say it in their arguments."""
CREATING_TOOLS = frozenset({"k8s_run_pod", "k8s_create_deployment", "k8s_create_resource", "k8s_trigger_cronjob"})
"""Tools that never change what was there before."""
APPLY = "k8s_apply_resource"
"""The tool that may have made its object, or changed it."""


class RequestRecord(msgspec.Struct, frozen=True):
    """began, ended: seconds since the epoch. making: it never changed what was there before. context and namespace are empty for the
    usual ones."""

    tool: str
    began: float
    ended: float
    making: bool
    context: str
    kind: str
    namespace: str
    name: str


async def find_request(context: ToolContext, request_id: str) -> RequestRecord:
    """Raises InvalidParams for a request that the audit does not know, that came to nothing, or that changed no single object."""
    rows = await context.store.audit.entries(MOST_AUDIT) if context.store is not None else []
    by_phase = {row.phase: row for row in rows if row.request_id == request_id}
    if "started" not in by_phase:
        raise cannot_undo("request_id", request_id, f"not among the last {MOST_AUDIT} rows of the audit")
    entry = by_phase["started"]
    ended = by_phase.get("completed", entry)
    if ended.phase == "completed" and ended.outcome != "ok":
        raise cannot_undo("request_id", request_id, f"it came to nothing: {ended.outcome}")
    found = _request_record(entry, ended.at)
    if not found.kind or not found.name:
        raise cannot_undo("request_id", request_id, f"{entry.tool} changed no single object that its arguments name")
    return found


def cannot_undo(parameter: str, given: str, why: str) -> InvalidParams:
    details = {"parameter": parameter, "given": given, "expected": "a change that history holds", "nearest": []}
    return InvalidParams(f"{parameter}={given!r}" if given else f"{parameter} is missing", why, "history_list_versions", details)


def _request_record(entry: AuditEntry, ended: float) -> RequestRecord:
    given = entry.arguments
    kind, name, namespace = _identify_manifest(given.get("manifest"))
    named = given.get("job") if entry.tool == "k8s_trigger_cronjob" else given.get("name")
    return RequestRecord(
        entry.tool,
        entry.at,
        ended,
        entry.tool in CREATING_TOOLS,
        str(given.get("context") or ""),
        str(given.get("kind") or KIND_OF.get(entry.tool, "") or kind),
        str(given.get("namespace") or namespace),
        str(named or name),
    )


def _identify_manifest(manifest: Any) -> tuple[str, str, str]:
    """Kind, name and namespace; the audit keeps manifests as they were given, masked, which may leave no YAML."""
    if not isinstance(manifest, dict | str):
        return "", "", ""
    try:
        document = parse_manifest(manifest)
    except InvalidParams:
        return "", "", ""
    group, meta = str(document["apiVersion"]).rpartition("/")[0], document["metadata"]
    kind = f"{document['kind']}.{group}" if group else str(document["kind"])
    return kind, str(meta.get("name") or ""), str(meta.get("namespace") or "")
