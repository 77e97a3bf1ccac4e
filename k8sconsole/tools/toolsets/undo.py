"""Taking a change back: the object as history holds it, written over what it is now, or created again; what a request made is deleted."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.errors import Conflict, NotFound
from k8sconsole.kit.times import format_exact_time
from k8sconsole.model.history import Change, Version
from k8sconsole.model.masking import mask_object
from k8sconsole.model.refs import Namespace, ObjectRef
from k8sconsole.model.tools import Capabilities, Risk, Scope
from k8sconsole.tools.changes.audit_lookup import APPLY, RequestRecord, cannot_undo, find_request
from k8sconsole.tools.changes.create import create_object, propose_create
from k8sconsole.tools.changes.edits import (
    ChangeResult,
    TargetObject,
    change_reply,
    check_same_object,
    resolve_target,
    uid_of,
    undo_from_history,
    version_of,
)
from k8sconsole.tools.changes.restore import format_changes, recreation_manifest, restore_version
from k8sconsole.tools.changes.undo_create import propose_undo_create, undo_create
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.history.queries import history_of, not_in_history
from k8sconsole.tools.results import Proposal, Reply
from k8sconsole.tools.spec import ToolSpec


class UndoChangeInput(Common, kw_only=True):
    request_id: Annotated[str, Meta(description="Of the change, as the audit has it; or name the object and its version")] = ""
    kind: str = ""
    name: str = ""
    namespace: Annotated[str, Meta(description="Default: the context's own")] = ""
    resource_version: Annotated[str, Meta(description="The version to bring back")] = ""


async def locate(args: UndoChangeInput, context: ToolContext) -> UndoChangeInput:
    """The object and the version that a request's change began from, so that policy judges the very object."""
    if not args.request_id:
        return _require_version(args)
    request = await find_request(context, args.request_id)
    found = msgspec.structs.replace(
        args, context=request.context or args.context, kind=request.kind, name=request.name, namespace=request.namespace
    )
    version = await _version_before(context, await resolve_target(found, context), request)
    return msgspec.structs.replace(found, resource_version=version.resource_version if version else "")


async def prepare(args: UndoChangeInput, context: ToolContext) -> Proposal:
    target = await resolve_target(args, context)
    live = await _fetch_unmasked(context, target)
    if not args.resource_version:
        return await propose_undo_create(
            context, TOOLS[0], target, _require_live(target, live), await find_request(context, args.request_id)
        )
    version, old = await _find_version(context, target, args.resource_version)
    if live is None:
        return await propose_create(
            context, target, recreation_manifest(target, old), ("is created again: a new object with a new uid, and an empty status",)
        )
    wanted, changes = restore_version(target, live, old)
    cluster = await context.cluster(target.cluster)
    await cluster.replace(target.resource, target.namespace or None, target.name, msgspec.json.encode(wanted), dry_run=True)
    shown = "\n".join(format_changes(changes)) or "it is as it was: nothing would change"
    undo = await undo_from_history(context, target, _masked(target, live))
    consequences = (f"writes the version of {format_exact_time(version.observed_at)} over what it is now",)
    return Proposal((target.label,), consequences, shown, str(undo), {"uid": uid_of(live), "version": version_of(live)})


async def undo_change(args: UndoChangeInput, context: ToolContext) -> Reply:
    """Raises Conflict when the object has changed since it was shown."""
    target = await resolve_target(args, context)
    live = await _fetch_unmasked(context, target)
    check_same_object(context, target, live)
    if not args.resource_version:
        return await undo_create(context, target, _require_live(target, live))
    _, old = await _find_version(context, target, args.resource_version)
    if live is None:
        made = await create_object(context, target, recreation_manifest(target, old), "created again")
        told = ChangeResult(
            str(target.resource.name), target.namespace, target.name, version_of(made.data["object"]), ["created again"], made.data["undo"]
        )
        return msgspec.structs.replace(made, data=msgspec.to_builtins(told))
    wanted, changes = restore_version(target, live, old)
    undo = await undo_from_history(context, target, _masked(target, live))
    cluster = await context.cluster(target.cluster)
    raw = await cluster.replace(target.resource, target.namespace or None, target.name, msgspec.json.encode(wanted))
    return change_reply(context, target, "restored", format_changes(changes), undo, version_of(msgspec.json.decode(raw)))


def _require_live(target: TargetObject, live: dict[str, Any] | None) -> dict[str, Any]:
    if live is None:
        raise NotFound(f"{target.label} is gone already", "what the request made is not there any more", "history_list_versions")
    return live


async def _fetch_unmasked(context: ToolContext, target: TargetObject) -> dict[str, Any] | None:
    """Not masked: most of it goes back to the server as it is."""
    try:
        raw = await (await context.cluster(target.cluster)).get(target.resource, target.namespace or None, target.name)
    except NotFound:
        return None
    found: dict[str, Any] = msgspec.json.decode(raw)
    if found.get("metadata", {}).get("deletionTimestamp"):
        raise Conflict(f"{target.label} is still going", "it waits for its finalizers or its grace period", "try again when it is gone")
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
    details = {"parameter": "resource_version", "given": wanted, "nearest": known}
    raise NotFound(
        f"history holds no version {wanted!r} of {target.label}", f"it holds {', '.join(known)}", "history_list_versions", details
    )


async def _version_before(context: ToolContext, target: TargetObject, request: RequestRecord) -> Version | None:
    """The version current when the call began; None where the call made the object, or may have. Raises NotFound where nobody knows."""
    if request.making:
        return None
    kept = await history_of(context).object_as_of(_object_ref(target), request.began)
    if kept is not None and kept[0].change is not Change.DELETED:
        return kept[0]
    if request.tool == APPLY:
        return None  # it may have made the object: whether it did is told by when that was born
    details = {
        "parameter": "request_id",
        "given": format_exact_time(request.began),
        "expected": "a change of what history had seen",
        "nearest": [],
    }
    why = "history has no version from before it; what was created is undone by deleting it"
    raise NotFound(f"{target.label} cannot be brought back to {format_exact_time(request.began)}", why, "k8s_delete_resource", details)


def _require_version(args: UndoChangeInput) -> UndoChangeInput:
    for parameter in ("kind", "name", "resource_version"):
        if not getattr(args, parameter):
            raise cannot_undo(parameter, "", "without request_id, kind, name and resource_version say what to bring back")
    return args


def _object_ref(target: TargetObject) -> ObjectRef:
    return ObjectRef(target.cluster, target.resource.name, Namespace(target.namespace), target.name)


TOOLS: tuple[ToolSpec, ...] = (
    ToolSpec(
        name="k8s_undo_change",
        title="Undo a change",
        summary="Brings an object back to a version that history holds, or as it was before a request; deletes what a request made. "
        "Masked values cannot return.",
        input=UndoChangeInput,
        output=ChangeResult,
        risk=Risk.DESTRUCTIVE,
        capabilities=Capabilities(("*",), ("update",), Scope.NAMESPACE, "object", cache_friendly=False),
        toolset="write",
        handler=undo_change,
        aliases=("undo_change",),
        idempotent=False,
        prepare=prepare,
        locate=locate,
    ),
)
