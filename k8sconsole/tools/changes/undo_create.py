"""Taking back that an object was made: it is deleted, if it is still the one, and if policy is no stricter about deleting than about the
call."""

from typing import TYPE_CHECKING, Any

import msgspec

from k8sconsole.errors import Conflict, PolicyDenied
from k8sconsole.kit.times import format_exact_time
from k8sconsole.model.masking import mask_object
from k8sconsole.model.policy import Action
from k8sconsole.model.tables.custom import parse_object_time
from k8sconsole.tools.changes.audit_lookup import RequestRecord
from k8sconsole.tools.changes.disruption_budgets import budgets_broken_by_deleting
from k8sconsole.tools.changes.edits import TargetObject, change_reply, uid_of, undo_from_history
from k8sconsole.tools.changes.impact import deletion_impact
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.policy import decide
from k8sconsole.tools.results import Proposal, Reply, Target

if TYPE_CHECKING:
    from k8sconsole.tools.spec import ToolSpec

SKEW = 60.0
"""Seconds by which a cluster's clock may differ from ours."""
LITTLE_SKEW = 2.0
"""Where the time is all that tells an object which the request made from one that it changed."""
_STRICTNESS = (Action.ALLOW, Action.ASK, Action.TYPE_NAME, Action.DENY)


async def propose_undo_create(
    context: ToolContext, tool: "ToolSpec", one: TargetObject, live: dict[str, Any], request: RequestRecord
) -> Proposal:
    """Raises Conflict where the name has come to mean another object, PolicyDenied, and what the server says to the deletion."""
    _check_created_by_request(one, live, request)
    _check_delete_policy(context, tool, one)
    await _send_delete(context, one, uid_of(live), dry_run=True)
    masked = mask_object(one.resource.name, live)
    consequences = (
        f"deletes what {request.tool} made at {format_exact_time(request.began)}",
        *await budgets_broken_by_deleting(context, one.cluster, one.resource, masked),
        *await deletion_impact(context, one.cluster, one.resource, masked),
    )
    shown = f"the server would delete {one.label} (uid {uid_of(live)})"
    undo = await undo_from_history(context, one, masked)
    return Proposal((one.label,), consequences, shown, str(undo), {"uid": uid_of(live)})


async def undo_create(context: ToolContext, one: TargetObject, live: dict[str, Any]) -> Reply:
    undo = await undo_from_history(context, one, mask_object(one.resource.name, live))
    await _send_delete(context, one, uid_of(live), dry_run=False)
    return change_reply(context, one, "deleted again", ["deleted again"], undo, "")


def _check_created_by_request(one: TargetObject, live: dict[str, Any], request: RequestRecord) -> None:
    born = parse_object_time(live["metadata"].get("creationTimestamp"))
    skew = SKEW if request.making else LITTLE_SKEW
    if born is None or not request.began - skew <= born <= request.ended + skew:
        when = live["metadata"].get("creationTimestamp")
        raise Conflict(f"{one.label} is another object now", f"it was made at {when}, not by that request", "k8s_delete_resource")


def _check_delete_policy(context: ToolContext, tool: "ToolSpec", one: TargetObject) -> None:
    """A rule about deleting counts here too, and one that only lets objects be written does not let them be deleted."""
    policy, call = context.environment.policy(), context.call
    target = Target(one.cluster, resource=one.resource, namespaces=(one.namespace,) if one.namespace else (), name=one.name)
    able = msgspec.structs.replace(tool.capabilities, operation_types=("delete",))
    deleting = msgspec.structs.replace(tool, capabilities=able, aliases=(*tool.aliases, "k8s_delete_resource", "delete_resource"))
    asked, wanted = decide(policy, tool, call, target), decide(policy, deleting, call, target)
    if _STRICTNESS.index(wanted.action) > _STRICTNESS.index(asked.action) or wanted.action is Action.DENY:
        details = {"tool": tool.name, "reason": wanted.reason}
        raise PolicyDenied(f"{one.label} is not deleted by an undo", f"deleting it: {wanted.reason}", "k8s_delete_resource", details)


async def _send_delete(context: ToolContext, one: TargetObject, uid: str, *, dry_run: bool) -> None:
    cluster = await context.cluster(one.cluster)
    await cluster.delete(
        one.resource, one.namespace or None, one.name, propagation="Background", grace_seconds=None, uid=uid, dry_run=dry_run
    )
