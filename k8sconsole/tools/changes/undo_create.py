"""Undoing a creation: the object is deleted if it is still the created one, and if policy is no stricter about deletion than about the
undo itself."""

from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.errors import Conflict, PolicyDenied
from k8sconsole.kit.times import format_exact_time
from k8sconsole.model.masking import mask_object
from k8sconsole.model.policy import Action
from k8sconsole.model.tables.custom import parse_object_time
from k8sconsole.tools.changes.audit_lookup import RequestRecord
from k8sconsole.tools.changes.disruption_budgets import budgets_broken_by_deleting
from k8sconsole.tools.changes.edits import change_reply, uid_of, undo_from_history
from k8sconsole.tools.changes.impact import deletion_impact
from k8sconsole.tools.changes.target import TargetObject
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.policy import decide
from k8sconsole.tools.results import Proposal, Reply, Target

if TYPE_CHECKING:
    from k8sconsole.tools.spec import ToolSpec

CREATE_SKEW = 60.0
"""Seconds by which a cluster's clock may differ from the local one."""
APPLY_SKEW = 2.0
"""Seconds allowed for apply, where only the creation time distinguishes a created object from a changed one."""
_STRICTNESS = (Action.ALLOW, Action.ASK, Action.TYPE_NAME, Action.DENY)


async def propose_undo_create(
    context: ToolContext, tool: "ToolSpec", target: TargetObject, live: dict[str, Any], request: RequestRecord
) -> Proposal:
    """Dry-runs the deletion. Raises Conflict if the name means another object now, PolicyDenied, and the errors of the deletion."""
    _check_created_by_request(target, live, request)
    _check_delete_policy(context, tool, target)
    await _send_delete(context, target, uid_of(live), dry_run=True)
    masked = mask_object(target.resource.name, live)
    consequences = (
        f"deletes what {request.tool} created at {format_exact_time(request.began)}",
        *await budgets_broken_by_deleting(context, target.cluster, target.resource, masked),
        *await deletion_impact(context, target.cluster, target.resource, masked),
    )
    shown = f"the server would delete {target.label} (uid {uid_of(live)})"
    undo = await undo_from_history(context, target, masked)
    return Proposal((target.label,), consequences, shown, str(undo), {"uid": uid_of(live)})


async def undo_create(context: ToolContext, target: TargetObject, live: dict[str, Any]) -> Reply:
    undo = await undo_from_history(context, target, mask_object(target.resource.name, live))
    await _send_delete(context, target, uid_of(live), dry_run=False)
    return change_reply(context, target, "deleted", ["deleted"], undo, "")


def _check_created_by_request(target: TargetObject, live: dict[str, Any], request: RequestRecord) -> None:
    created_at = parse_object_time(live["metadata"].get("creationTimestamp"))
    skew = CREATE_SKEW if request.creates else APPLY_SKEW
    if created_at is None or not request.began - skew <= created_at <= request.ended + skew:
        why = f"it was created at {live['metadata'].get('creationTimestamp')}, not by that request"
        raise Conflict(f"{target.label} is another object now", why, "k8s_delete_resource")


def _check_delete_policy(context: ToolContext, tool: "ToolSpec", target: TargetObject) -> None:
    """Raises PolicyDenied if policy is stricter about deleting the object than about the undo tool."""
    policy, call = context.environment.policy(), context.call
    namespaces = (target.namespace,) if target.namespace else ()
    judged = Target(target.cluster, resource=target.resource, namespaces=namespaces, name=target.name)
    capabilities = msgspec.structs.replace(tool.capabilities, operation_types=("delete",))
    deletion = msgspec.structs.replace(tool, capabilities=capabilities, aliases=(*tool.aliases, "k8s_delete_resource", "delete_resource"))
    decision, needed = decide(policy, tool, call, judged), decide(policy, deletion, call, judged)
    if _STRICTNESS.index(needed.action) > _STRICTNESS.index(decision.action) or needed.action is Action.DENY:
        details = {"tool": tool.name, "reason": needed.reason}
        raise PolicyDenied(f"an undo may not delete {target.label}", f"deleting it: {needed.reason}", "k8s_delete_resource", details)


async def _send_delete(context: ToolContext, target: TargetObject, uid: str, *, dry_run: bool) -> None:
    cluster = await context.open_cluster(target.cluster)
    await cluster.delete(
        target.resource, target.namespace or None, target.name, propagation="Background", grace_seconds=None, uid=uid, dry_run=dry_run
    )
