"""Undoing a change: restore or recreate an object from history, or delete an object that a request created."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.errors import Conflict, NotFound, argument_details
from k8sconsole.kit.times import format_exact_time
from k8sconsole.model.history import Change, Version
from k8sconsole.model.masking import mask_object
from k8sconsole.model.refs import Namespace, ObjectRef
from k8sconsole.model.tools import Capabilities, Risk, Scope
from k8sconsole.model.whole_differences import format_whole
from k8sconsole.tools.changes.audit_lookup import APPLY, RequestRecord, cannot_undo, find_request
from k8sconsole.tools.changes.create import create_object, propose_create
from k8sconsole.tools.changes.dangers import change_dangers
from k8sconsole.tools.changes.edits import (
    ChangeResult,
    change_reply,
    check_same_object,
    fetch_unmasked,
    uid_of,
    undo_from_history,
    version_of,
)
from k8sconsole.tools.changes.restore import format_changes, recreation_manifest, restore_version
from k8sconsole.tools.changes.target import TargetObject, resolve_target
from k8sconsole.tools.changes.undo_create import propose_undo_create, undo_create
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.history.queries import history_of, not_in_history
from k8sconsole.tools.parameters import OptionalKind, OptionalName, OwnNamespace
from k8sconsole.tools.results import Proposal, Reply
from k8sconsole.tools.spec import ToolSpec, changing_tool


class UndoChangeInput(Common, kw_only=True):
    request_id: Annotated[str, Meta(description="The request_id of the change in the audit; or name the object and a version")] = ""
    kind: OptionalKind = ""
    name: OptionalName = ""
    namespace: OwnNamespace = ""
    resource_version: Annotated[str, Meta(description="The version to restore")] = ""


async def locate_undo(args: UndoChangeInput, context: ToolContext) -> UndoChangeInput:
    """Fills in the object of a request and the version before it, so that policy judges that object."""
    if not args.request_id:
        return _require_version(args)
    request = await find_request(context, args.request_id)
    found = msgspec.structs.replace(
        args, context=request.context or args.context, kind=request.kind, name=request.name, namespace=request.namespace
    )
    version = await _version_before(context, await resolve_target(found, context), request)
    return msgspec.structs.replace(found, resource_version=version.resource_version if version else "")


async def prepare_undo(args: UndoChangeInput, context: ToolContext) -> Proposal:
    target = await resolve_target(args, context)
    live = await _find_unmasked(context, target)
    if not args.resource_version:
        return await propose_undo_create(
            context, TOOLS[0], target, _require_live(target, live), await find_request(context, args.request_id)
        )
    version, old = await _find_version(context, target, args.resource_version)
    if live is None:
        return await propose_create(
            context, target, recreation_manifest(target, old), ("is recreated: a new object with a new uid and an empty status",)
        )
    wanted, changes = restore_version(target, live, old)
    cluster = await context.open_cluster(target.cluster)
    await cluster.replace(target.resource, target.namespace or None, target.name, msgspec.json.encode(wanted), dry_run=True)
    dangers = await change_dangers(context, target, _masked(target, live), _masked(target, wanted))
    shown = (
        "\n".join(line for one in changes for line in format_whole(one)) or "the object already equals that version; nothing would change"
    )
    undo = await undo_from_history(context, target, _masked(target, live))
    consequences = (f"overwrites the present state with the version of {format_exact_time(version.observed_at)}",)
    return Proposal((target.label,), consequences, shown, str(undo), {"uid": uid_of(live), "version": version_of(live)}, dangers)


async def undo_change(args: UndoChangeInput, context: ToolContext) -> Reply:
    """Raises Conflict if the object changed since the dry run."""
    target = await resolve_target(args, context)
    live = await _find_unmasked(context, target)
    check_same_object(context, target, live)
    if not args.resource_version:
        return await undo_create(context, target, _require_live(target, live))
    _, old = await _find_version(context, target, args.resource_version)
    if live is None:
        created = await create_object(context, target, recreation_manifest(target, old), "recreated")
        result = ChangeResult(
            str(target.resource.name),
            target.namespace,
            target.name,
            version_of(created.data["object"]),
            ["recreated"],
            created.data["undo"],
        )
        return msgspec.structs.replace(created, data=msgspec.to_builtins(result))
    wanted, changes = restore_version(target, live, old)
    undo = await undo_from_history(context, target, _masked(target, live))
    cluster = await context.open_cluster(target.cluster)
    raw = await cluster.replace(target.resource, target.namespace or None, target.name, msgspec.json.encode(wanted))
    return change_reply(context, target, "restored", format_changes(changes), undo, version_of(msgspec.json.decode(raw)))


def _require_live(target: TargetObject, live: dict[str, Any] | None) -> dict[str, Any]:
    if live is None:
        raise NotFound(
            f"{target.label} is already deleted", "the object that the request created no longer exists", "history_list_versions"
        )
    return live


async def _find_unmasked(context: ToolContext, target: TargetObject) -> dict[str, Any] | None:
    """The object, unmasked, since most of it is sent back unchanged. None if it does not exist. Raises Conflict while it is terminating."""
    try:
        found = await fetch_unmasked(context, target)
    except NotFound:
        return None
    if found.get("metadata", {}).get("deletionTimestamp"):
        raise Conflict(
            f"{target.label} is terminating", "it waits for its finalizers or its grace period", "the same call once it is deleted"
        )
    return found


def _masked(target: TargetObject, live: dict[str, Any]) -> dict[str, Any]:
    return mask_object(target.resource.name, live)


async def _find_version(context: ToolContext, target: TargetObject, wanted: str) -> tuple[Version, dict[str, Any]]:
    ref = _object_ref(target)
    versions = (await history_of(context).versions(ref)).versions
    for version, body in reversed(versions):
        if version.resource_version == wanted and version.change is not Change.DELETED:
            return version, msgspec.json.decode(body)
    if not versions:
        raise await not_in_history(context, target.resource, ref)
    known = [version.resource_version for version, _ in versions if version.change is not Change.DELETED][-10:]
    details = argument_details("resource_version", wanted, known)
    raise NotFound(
        f"no version {wanted!r} of {target.label} in the history", f"the history has {', '.join(known)}", "history_list_versions", details
    )


async def _version_before(context: ToolContext, target: TargetObject, request: RequestRecord) -> Version | None:
    """The version just before the call. None if the call created the object, or may have. Raises NotFound if the history has none."""
    if request.creates:
        return None
    found = await history_of(context).object_as_of(_object_ref(target), request.began)
    if found is not None and found[0].change is not Change.DELETED:
        return found[0]
    if request.tool == APPLY:
        return None  # apply may have created the object: its creation time decides later
    details = argument_details("request_id", format_exact_time(request.began), expected="a change to an object in the history")
    why = "the history has no version before it; to undo a creation, delete the object"
    raise NotFound(f"{target.label} cannot be restored to {format_exact_time(request.began)}", why, "k8s_delete_resource", details)


def _require_version(args: UndoChangeInput) -> UndoChangeInput:
    for parameter in ("kind", "name", "resource_version"):
        if not getattr(args, parameter):
            raise cannot_undo(parameter, "", "without request_id, the parameters kind, name and resource_version are required")
    return args


def _object_ref(target: TargetObject) -> ObjectRef:
    return ObjectRef(target.cluster, target.resource.name, Namespace(target.namespace), target.name)


TOOLS: tuple[ToolSpec, ...] = (
    changing_tool(
        "undo_change",
        "Undo a change",
        "Restores an object to a version in the history or to its state before a request, or deletes what a request created. "
        "Masked values cannot be restored.",
        (UndoChangeInput, ChangeResult),
        (prepare_undo, undo_change),
        Capabilities(("*",), ("update",), Scope.NAMESPACE, "object", cache_friendly=False),
        Risk.DESTRUCTIVE,
        idempotent=False,
        locate=locate_undo,
    ),
)
