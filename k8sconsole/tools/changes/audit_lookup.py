"""Finding a request in the audit: the object that its arguments name, and whether the call created it."""

from typing import Any

import msgspec

from k8sconsole.errors import InvalidParams, argument_details
from k8sconsole.model.cache_records import AuditEntry
from k8sconsole.tools.changes.create import parse_manifest
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
"""The kind of the tools whose arguments do not name one."""
CREATING_TOOLS = frozenset({"k8s_run_pod", "k8s_create_deployment", "k8s_create_resource", "k8s_trigger_cronjob"})
"""Tools that only create objects and never change an existing one."""
APPLY = "k8s_apply_resource"
"""The tool that creates its object or changes it."""


class RequestRecord(msgspec.Struct, frozen=True):
    """began, ended: seconds since the epoch. creates: whether the tool only creates objects. context, namespace: empty for the defaults."""

    tool: str
    began: float
    ended: float
    creates: bool
    context: str
    kind: str
    namespace: str
    name: str


async def find_request(context: ToolContext, request_id: str) -> RequestRecord:
    """Raises InvalidParams for a request that is not in the audit, that did not succeed, or whose arguments name no single object."""
    rows = await context.store.audit.entries(MOST_AUDIT) if context.store is not None else []
    by_phase = {row.phase: row for row in rows if row.request_id == request_id}
    if "started" not in by_phase:
        raise cannot_undo("request_id", request_id, f"it is not among the last {MOST_AUDIT} rows of the audit")
    entry = by_phase["started"]
    ended = by_phase.get("completed", entry)
    if ended.phase == "completed" and ended.outcome != "ok":
        raise cannot_undo("request_id", request_id, f"the call did not succeed: {ended.outcome}")
    found = _request_record(msgspec.structs.replace(entry, arguments=ended.arguments), ended.at)
    if not found.kind or not found.name:
        raise cannot_undo("request_id", request_id, f"the arguments of {entry.tool} name no single object")
    return found


def cannot_undo(parameter: str, given: str, why: str) -> InvalidParams:
    details = argument_details(parameter, given, expected="a change in the history")
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
    """Kind, name and namespace of a manifest; empty if it cannot be parsed. The audit masks manifests, which can break their YAML."""
    if not isinstance(manifest, dict | str):
        return "", "", ""
    try:
        document = parse_manifest(manifest)
    except InvalidParams:
        return "", "", ""
    (group, _, version), meta = str(document["apiVersion"]).rpartition("/"), document["metadata"]
    kind = f"{document['kind']}.{group or f'{version}.'}"
    return kind, str(meta.get("name") or ""), str(meta.get("namespace") or "")
