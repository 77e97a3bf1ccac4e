"""Taking a change back: the object as history holds it, written over what it is now, or created again."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.errors import Conflict, InvalidParams, NotFound
from k8sconsole.kit.times import exact
from k8sconsole.model.history import Change, Version
from k8sconsole.model.masking import mask_object
from k8sconsole.model.reading import AuditEntry
from k8sconsole.model.refs import Namespace, ObjectRef
from k8sconsole.model.tools import Capabilities, Risk, Scope
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.creating import create, creation
from k8sconsole.tools.edits import Altered, Meant, altered, meant, same_object, uid_of, undo_by_history, version_of
from k8sconsole.tools.passage import Proposal, Reply
from k8sconsole.tools.past import history, never_seen
from k8sconsole.tools.restoring import recreated, restored, told_lines
from k8sconsole.tools.spec import ToolSpec

MOST_AUDIT = 5_000
_NODES = ("k8s_cordon_node", "k8s_uncordon_node", "k8s_drain_node")
_CRON = ("k8s_trigger_cronjob", "k8s_suspend_cronjob")
KIND_OF = {**dict.fromkeys(_NODES, "nodes"), **dict.fromkeys(_CRON, "cronjobs.batch"), "k8s_delete_pod": "pods"}


class UndoChange(Common, kw_only=True):
    request_id: Annotated[str, Meta(description="Of the change, as the audit has it; or name the object and its version")] = ""
    kind: str = ""
    name: str = ""
    namespace: Annotated[str, Meta(description="Default: the context's own")] = ""
    resource_version: Annotated[str, Meta(description="The version to bring back")] = ""


async def locate(asked: UndoChange, context: ToolContext) -> UndoChange:
    """The object and the version that a request's change began from, so that policy judges the very object."""
    if not asked.request_id:
        return _complete(asked)
    entry = await _audited(context, asked.request_id)
    given = entry.arguments
    manifest = given.get("manifest") if isinstance(given.get("manifest"), dict) else {}
    meta = manifest.get("metadata") or {} if manifest else {}
    found = msgspec.structs.replace(
        asked,
        context=str(given.get("context") or asked.context),
        kind=str(given.get("kind") or KIND_OF.get(entry.tool, "") or (manifest or {}).get("kind") or ""),
        name=str(given.get("name") or meta.get("name") or ""),
        namespace=str(given.get("namespace") or meta.get("namespace") or ""),
    )
    if not found.kind or not found.name:
        raise _unclear("request_id", asked.request_id, f"{entry.tool} changed no single object that history could hold")
    version = await _before(context, await meant(found, context), entry.at)
    return msgspec.structs.replace(found, resource_version=version.resource_version)


async def prepare(asked: UndoChange, context: ToolContext) -> Proposal:
    one = await meant(asked, context)
    version, old = await _version(context, one, asked.resource_version)
    live = await _live(context, one)
    if live is None:
        return await creation(context, one, recreated(one, old), ("is created again: a new object with a new uid, and an empty status",))
    wanted, changes = restored(one, live, old)
    cluster = await context.cluster(one.cluster)
    await cluster.replace(one.resource, one.namespace or None, one.name, msgspec.json.encode(wanted), dry_run=True)
    shown = "\n".join(told_lines(changes)) or "it is as it was: nothing would change"
    undo = await undo_by_history(context, one, _masked_live(one, live))
    hurts = (f"writes the version of {exact(version.observed_at)} over what it is now",)
    return Proposal((one.label,), hurts, shown, str(undo), {"uid": uid_of(live), "version": version_of(live)})


async def undo_change(asked: UndoChange, context: ToolContext) -> Reply:
    """Raises Conflict when the object has changed since it was shown."""
    one = await meant(asked, context)
    _, old = await _version(context, one, asked.resource_version)
    live = await _live(context, one)
    same_object(context, one, live)
    if live is None:
        made = await create(context, one, recreated(one, old), "created again")
        told = Altered(
            str(one.resource.name), one.namespace, one.name, version_of(made.data["object"]), ["created again"], made.data["undo"]
        )
        return msgspec.structs.replace(made, data=msgspec.to_builtins(told))
    wanted, changes = restored(one, live, old)
    undo = await undo_by_history(context, one, _masked_live(one, live))
    cluster = await context.cluster(one.cluster)
    raw = await cluster.replace(one.resource, one.namespace or None, one.name, msgspec.json.encode(wanted))
    return altered(context, one, "restored", told_lines(changes), undo, version_of(msgspec.json.decode(raw)))


async def _live(context: ToolContext, one: Meant) -> dict[str, Any] | None:
    """Not masked: most of it goes back to the server as it is."""
    try:
        raw = await (await context.cluster(one.cluster)).get(one.resource, one.namespace or None, one.name)
    except NotFound:
        return None
    found: dict[str, Any] = msgspec.json.decode(raw)
    if found.get("metadata", {}).get("deletionTimestamp"):
        raise Conflict(f"{one.label} is still going", "it waits for its finalizers or its grace period", "try again when it is gone")
    return found


def _masked_live(one: Meant, live: dict[str, Any]) -> dict[str, Any]:
    return mask_object(one.resource.name, live)


async def _version(context: ToolContext, one: Meant, wanted: str) -> tuple[Version, dict[str, Any]]:
    ref = _ref(one)
    versions = (await history(context).life(ref)).versions
    for version, body in reversed(versions):
        if version.resource_version == wanted and version.change is not Change.DELETED:
            return version, msgspec.json.decode(body)
    if not versions:
        raise await never_seen(context, one.resource, ref)
    known = [version.resource_version for version, _ in versions if version.change is not Change.DELETED][-10:]
    details = {"parameter": "resource_version", "given": wanted, "nearest": known}
    raise NotFound(f"history holds no version {wanted!r} of {one.label}", f"it holds {', '.join(known)}", "history_list_versions", details)


async def _before(context: ToolContext, one: Meant, at: float) -> Version:
    """The version current when the call began. Raises NotFound where there was none."""
    kept = await history(context).object_as_of(_ref(one), at)
    if kept is None or kept[0].change is Change.DELETED:
        details = {"parameter": "request_id", "given": exact(at), "nearest": []}
        why = "history has no version from before it; what was created is undone by deleting it"
        raise NotFound(f"{one.label} cannot be brought back to {exact(at)}", why, "k8s_delete_resource", details)
    return kept[0]


async def _audited(context: ToolContext, request_id: str) -> AuditEntry:
    rows = await context.store.audit(MOST_AUDIT) if context.store is not None else []
    for row in rows:
        if row.request_id == request_id and row.phase == "started":
            return row
    raise _unclear("request_id", request_id, f"not among the last {MOST_AUDIT} rows of the audit")


def _complete(asked: UndoChange) -> UndoChange:
    for parameter in ("kind", "name", "resource_version"):
        if not getattr(asked, parameter):
            raise _unclear(parameter, "", "without request_id, kind, name and resource_version say what to bring back")
    return asked


def _unclear(parameter: str, given: str, why: str) -> InvalidParams:
    details = {"parameter": parameter, "given": given, "expected": "a change that history holds", "nearest": []}
    return InvalidParams(f"{parameter}={given!r}" if given else f"{parameter} is missing", why, "history_list_versions", details)


def _ref(one: Meant) -> ObjectRef:
    return ObjectRef(one.cluster, one.resource.name, Namespace(one.namespace), one.name)


TOOLS: tuple[ToolSpec, ...] = (
    ToolSpec(
        name="k8s_undo_change",
        title="Undo a change",
        summary="Brings an object back to a version that history holds, or as it was before a request. Masked values cannot return.",
        input=UndoChange,
        output=Altered,
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
