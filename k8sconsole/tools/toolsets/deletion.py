"""Deleting one object of any kind: only the object, by uid, that the approval showed."""

from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.kit.masks import is_masked
from k8sconsole.model.tools import Capabilities, Risk, Scope
from k8sconsole.tools.changes.disruption_budgets import budgets_broken_by_deleting
from k8sconsole.tools.changes.edits import Undo, collect_strings, fetch_live, uid_of, undo_from_history
from k8sconsole.tools.changes.impact import count_deleted, deletion_impact
from k8sconsole.tools.changes.target import TargetObject, resolve_target
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.parameters import Kind, ObjectName, OwnNamespace, PodName
from k8sconsole.tools.policy import DELETED_BY_NAME
from k8sconsole.tools.results import Proposal, Reply
from k8sconsole.tools.spec import ToolSpec, changing_tool


class Propagation(StrEnum):
    BACKGROUND = "Background"
    FOREGROUND = "Foreground"
    ORPHAN = "Orphan"


class DeleteResourceInput(Common, kw_only=True):
    kind: Kind
    name: ObjectName
    namespace: OwnNamespace = ""
    propagation: Annotated[Propagation, Meta(description="What happens to the objects it owns")] = Propagation.BACKGROUND
    grace_seconds: Annotated[int, Meta(ge=-1, description="0 kills at once; -1: the object's own period")] = -1


class DeletePodInput(Common, kw_only=True):
    name: PodName
    namespace: OwnNamespace = ""
    grace_seconds: Annotated[int, Meta(ge=-1, description="0 kills at once; -1: the pod's own period")] = -1

    @property
    def kind(self) -> str:
        return "pods"

    @property
    def propagation(self) -> Propagation:
        return Propagation.BACKGROUND


class DeleteResult(msgspec.Struct):
    """uid: of the deleted object. gone: false while finalizers or a grace period delay the deletion. why: the reason if undo is null."""

    kind: str
    namespace: str
    name: str
    uid: str
    gone: bool
    undo: dict[str, Any] | None = None
    why: str = ""


async def prepare_delete(args: DeleteResourceInput | DeletePodInput, context: ToolContext) -> Proposal:
    """Reads the object live and has the server dry-run the deletion. Raises NotFound with the nearest names."""
    target = await resolve_target(args, context)
    obj = await fetch_live(context, target)
    await _send_delete(args, context, target, uid_of(obj), dry_run=True)
    consequences = await deletion_impact(context, target.cluster, target.resource, obj)
    if args.grace_seconds == 0:
        consequences = ("its processes are killed without a grace period", *consequences)
    if args.propagation is not Propagation.ORPHAN:
        consequences = (*await budgets_broken_by_deleting(context, target.cluster, target.resource, obj), *consequences)
    else:
        consequences = ("the objects it owns stay, without an owner", *consequences)
    created = obj["metadata"].get("creationTimestamp", "unknown")
    shown = f"the server would delete {target.label} (uid {uid_of(obj)}, created {created})"
    undo = await _undo_of(context, target, obj)
    count = await count_deleted(context, target.cluster, target.resource, target.name)
    return Proposal((target.label,), consequences, shown, str(undo), {"uid": uid_of(obj), "undo": undo}, count=count)


async def delete_resource(args: DeleteResourceInput | DeletePodInput, context: ToolContext) -> Reply:
    """Deletes the object by uid. Raises Conflict if the name means another object since the dry run."""
    target = await resolve_target(args, context)
    uid = str(context.proposal.facts.get("uid", "")) if context.proposal else ""
    answer = msgspec.json.decode(await _send_delete(args, context, target, uid, dry_run=False))
    gone = answer.get("kind") == "Status" or "deletionTimestamp" not in answer.get("metadata", {})
    undo: Undo = context.proposal.facts["undo"] if context.proposal else Undo(why="its old version was not read")
    result = DeleteResult(target.resource.name, target.namespace, target.name, uid, gone, undo.call, undo.why)
    text = f"{'deleted' if gone else 'started to delete'} {target.label} in {target.cluster}"
    return Reply(msgspec.to_builtins(result), text, context.live_freshness())


async def _send_delete(
    args: DeleteResourceInput | DeletePodInput, context: ToolContext, target: TargetObject, uid: str, *, dry_run: bool
) -> bytes:
    cluster = await context.open_cluster(target.cluster)
    return await cluster.delete(
        target.resource,
        target.namespace or None,
        target.name,
        propagation=args.propagation.value,
        grace_seconds=None if args.grace_seconds < 0 else args.grace_seconds,
        uid=uid,
        dry_run=dry_run,
    )


async def _undo_of(context: ToolContext, target: TargetObject, obj: dict[str, Any]) -> Undo:
    """Recreating the object, where that restores it. Not offered for what a controller recreates, nor for what contained other objects."""
    if obj.get("metadata", {}).get("ownerReferences"):
        return Undo(why="its owner recreates it")
    if target.resource.name in DELETED_BY_NAME:
        return Undo(why="its contents were deleted with it")
    if any(is_masked(text) for text in collect_strings(obj)):
        return Undo(why="part of it is masked, and the real values are not stored")
    return await undo_from_history(context, target, obj)


def _capabilities(kind: str) -> Capabilities:
    return Capabilities((kind,), ("delete",), Scope.NAMESPACE, "object", cache_friendly=False)


TOOLS: tuple[ToolSpec, ...] = (
    changing_tool(
        "delete_resource",
        "Delete an object",
        "Deletes one object of any kind and, by default, the objects it owns. The dry run says whether it can be undone.",
        (DeleteResourceInput, DeleteResult),
        (prepare_delete, delete_resource),
        _capabilities("*"),
        Risk.DESTRUCTIVE,
    ),
    changing_tool(
        "delete_pod",
        "Delete a pod",
        "Deletes one pod. Its owner, if it has one, starts another.",
        (DeletePodInput, DeleteResult),
        (prepare_delete, delete_resource),
        _capabilities("pods"),
        Risk.DESTRUCTIVE,
        kind="pods",
    ),
)
