"""Deleting one object of any kind: exactly the one that was shown in the question."""

from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.errors import NotFound
from k8sconsole.kit.masks import is_masked
from k8sconsole.model.masking import mask_body
from k8sconsole.model.refs import ApiResource, ClusterName
from k8sconsole.model.tools import Capabilities, Risk, Scope
from k8sconsole.tools.changes.disruption_budgets import budgets_broken_by_deleting
from k8sconsole.tools.changes.edits import TargetObject, Undo, collect_strings, undo_from_history
from k8sconsole.tools.changes.impact import deletion_impact
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.object_lookup import namespace_of, not_found
from k8sconsole.tools.policy import NAMED_WHEN_DELETED
from k8sconsole.tools.results import Proposal, Reply
from k8sconsole.tools.spec import ToolSpec


class Propagation(StrEnum):
    BACKGROUND = "Background"
    FOREGROUND = "Foreground"
    ORPHAN = "Orphan"


class DeleteResourceInput(Common, kw_only=True):
    kind: Annotated[str, Meta(description="Any kind or CRD", min_length=1)]
    name: Annotated[str, Meta(min_length=1)]
    namespace: Annotated[str, Meta(description="Default: the context's own")] = ""
    propagation: Annotated[Propagation, Meta(description="What becomes of what it owns")] = Propagation.BACKGROUND
    grace_seconds: Annotated[int, Meta(ge=-1, description="0 kills at once, -1 leaves it to the object")] = -1


class DeletePodInput(Common, kw_only=True):
    name: Annotated[str, Meta(description="The pod", min_length=1)]
    namespace: Annotated[str, Meta(description="Default: the context's own")] = ""
    grace_seconds: Annotated[int, Meta(ge=-1, description="0 kills at once, -1 leaves it to the pod")] = -1

    @property
    def kind(self) -> str:
        return "pods"

    @property
    def propagation(self) -> Propagation:
        return Propagation.BACKGROUND


class DeleteResult(msgspec.Struct):
    """uid: of the very object that was deleted. gone: false while finalizers or a grace period hold it. undo is null, why says why."""

    kind: str
    namespace: str
    name: str
    uid: str
    gone: bool
    undo: dict[str, Any] | None = None
    why: str = ""


async def prepare(args: DeleteResourceInput | DeletePodInput, context: ToolContext) -> Proposal:
    """Looks at the living object, and lets the server try the deletion. Raises NotFound with the nearest names."""
    name, resource, namespace = await _locate(args, context)
    cluster = await context.cluster(name)
    try:
        raw = await cluster.get(resource, namespace or None, args.name)
    except NotFound as cause:
        raise await not_found(context, name, resource, namespace, args.name) from cause
    obj = msgspec.json.decode(mask_body(resource.name, raw))
    uid = str(obj.get("metadata", {}).get("uid", ""))
    await _send_delete(args, context, uid, dry_run=True)
    consequences = await deletion_impact(context, name, resource, obj)
    if args.grace_seconds == 0:
        consequences = ("its processes are killed without a chance to finish", *consequences)
    if args.propagation is not Propagation.ORPHAN:
        consequences = (*await budgets_broken_by_deleting(context, name, resource, obj), *consequences)
    else:
        consequences = ("what it owns stays behind without an owner", *consequences)
    label = f"{resource.kind} {namespace}/{args.name}" if namespace else f"{resource.kind} {args.name}"
    shown = f"the server would delete {label} (uid {uid}, created {obj.get('metadata', {}).get('creationTimestamp', 'unknown')})"
    undo = await _undo_of(context, TargetObject(name, resource, namespace, args.name), obj)
    return Proposal((label,), consequences, shown, str(undo), {"uid": uid, "undo": undo})


async def delete_resource(args: DeleteResourceInput | DeletePodInput, context: ToolContext) -> Reply:
    """Raises Conflict when the name has come to mean another object since it was looked at."""
    name, resource, namespace = await _locate(args, context)
    uid = str(context.proposal.facts.get("uid", "")) if context.proposal else ""
    answer = msgspec.json.decode(await _send_delete(args, context, uid, dry_run=False))
    gone = answer.get("kind") == "Status" or "deletionTimestamp" not in answer.get("metadata", {})
    undo: Undo = context.proposal.facts["undo"] if context.proposal else Undo(why="its old version was not looked at")
    deleted = DeleteResult(resource.name, namespace, args.name, uid, gone, undo.call, undo.why)
    label = f"{namespace}/{args.name}" if namespace else args.name
    text = f"{'deleted' if gone else 'deletion begun of'} {resource.kind} {label} in {name}"
    return Reply(msgspec.to_builtins(deleted), text, context.live())


async def _send_delete(args: DeleteResourceInput | DeletePodInput, context: ToolContext, uid: str, *, dry_run: bool) -> bytes:
    name, resource, namespace = await _locate(args, context)
    cluster = await context.cluster(name)
    return await cluster.delete(
        resource,
        namespace or None,
        args.name,
        propagation=args.propagation.value,
        grace_seconds=None if args.grace_seconds < 0 else args.grace_seconds,
        uid=uid,
        dry_run=dry_run,
    )


async def _undo_of(context: ToolContext, one: TargetObject, obj: dict[str, Any]) -> Undo:
    """A new object like the old one, where that means the same; never what a controller will create again, nor what held others."""
    if obj.get("metadata", {}).get("ownerReferences"):
        return Undo(why="what owns it creates it again")
    if one.resource.name in NAMED_WHEN_DELETED:
        return Undo(why="what was in it is gone with it")
    if any(is_masked(text) for text in collect_strings(obj)):
        return Undo(why="part of it is masked and was never kept")
    return await undo_from_history(context, one, obj)


async def _locate(args: DeleteResourceInput | DeletePodInput, context: ToolContext) -> tuple[ClusterName, ApiResource, str]:
    name = context.context(args.context)
    resource = await context.resource(name, args.kind)
    return name, resource, namespace_of(context, name, resource, args.namespace)


TOOLS: tuple[ToolSpec, ...] = (
    ToolSpec(
        name="k8s_delete_resource",
        title="Delete an object",
        summary="Deletes one object of any kind, and by default what it owns. Owners and history tell whether there is a way back.",
        input=DeleteResourceInput,
        output=DeleteResult,
        risk=Risk.DESTRUCTIVE,
        capabilities=Capabilities(("*",), ("delete",), Scope.NAMESPACE, "object", cache_friendly=False),
        toolset="write",
        handler=delete_resource,
        aliases=("delete_resource",),
        prepare=prepare,
    ),
    ToolSpec(
        name="k8s_delete_pod",
        title="Delete a pod",
        summary="Deletes one pod; what owns it starts another.",
        input=DeletePodInput,
        output=DeleteResult,
        risk=Risk.DESTRUCTIVE,
        capabilities=Capabilities(("pods",), ("delete",), Scope.NAMESPACE, "object", cache_friendly=False),
        toolset="write",
        handler=delete_resource,
        aliases=("delete_pod",),
        kind="pods",
        prepare=prepare,
    ),
)
