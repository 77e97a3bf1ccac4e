"""Changing one object: tried by the server first, shown as the fields that would differ, and made only on the object that was shown.

A tool says what it means as a ``ChangePlan``; preparing and performing it are the same for all of them.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from k8sconsole.cluster.port import PatchType
from k8sconsole.errors import Conflict, InvalidParams, NotFound
from k8sconsole.kit.masks import is_masked
from k8sconsole.model.differences import Difference, find_differences, format_difference
from k8sconsole.model.history import Change
from k8sconsole.model.masking import mask_body
from k8sconsole.model.refs import ApiResource, ClusterName, Namespace, ObjectRef
from k8sconsole.tools.changes.field_owners import owner_warnings
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.history.versions import changed_fields
from k8sconsole.tools.object_lookup import namespace_of, not_found
from k8sconsole.tools.results import Proposal, Reply
from k8sconsole.tools.spec import Handler, Preparation

MOST_LINES = 40
_BOOKKEEPING = ("metadata.resourceVersion", "metadata.generation", "metadata.managedFields", "metadata.uid", "metadata.creationTimestamp")


class TargetObject(msgspec.Struct, frozen=True):
    """The one object a change is about."""

    cluster: ClusterName
    resource: ApiResource
    namespace: str
    name: str

    @property
    def label(self) -> str:
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.resource.kind} {place}"

    def arguments(self, **more: Any) -> dict[str, Any]:
        """As a call about it names it, for tools of any kind."""
        return {"kind": str(self.resource.name), **self.place(), **more}

    def place(self, **more: Any) -> dict[str, Any]:
        """As a call about it names it, for tools of its kind alone."""
        return {"name": self.name, **({"namespace": self.namespace} if self.namespace else {}), "context": str(self.cluster), **more}


class Undo(msgspec.Struct, frozen=True):
    """The call that takes a change back, or why there is none."""

    tool: str = ""
    arguments: dict[str, Any] = {}
    why: str = ""

    @property
    def call(self) -> dict[str, Any] | None:
        return {"tool": self.tool, "arguments": self.arguments} if self.tool else None

    def __str__(self) -> str:
        words = " ".join(f"{key}={value}" for key, value in self.arguments.items() if key != "context")
        return f"{self.tool} {words}" if self.tool else f"none: {self.why}"


class Edit(msgspec.Struct, frozen=True):
    """body: the patch, a JSON value. force: take over fields of others, with server-side apply."""

    body: Any
    kind: PatchType = PatchType.MERGE
    subresource: str = ""
    force: bool = False


class ChangePlan(msgspec.Struct, frozen=True):
    """before: the object as it lives, masked, or None where there is none yet. consequences: the most serious first."""

    target: TargetObject
    edit: Edit
    undo: Undo
    before: dict[str, Any] | None
    consequences: tuple[str, ...] = ()


class ChangeResult(msgspec.Struct):
    """changed: the fields that differ, one a line. undo: the call that takes it back; where it is null, why says why."""

    kind: str
    namespace: str
    name: str
    resource_version: str
    changed: list[str]
    undo: dict[str, Any] | None = None
    why: str = ""


Planner = Callable[[Any, ToolContext], Awaitable[ChangePlan]]


async def resolve_target(args: Any, context: ToolContext, kind: str = "") -> TargetObject:
    """From the parameters context, kind, namespace and name."""
    cluster = context.context(args.context)
    resource = await context.resource(cluster, kind or args.kind)
    return TargetObject(cluster, resource, namespace_of(context, cluster, resource, getattr(args, "namespace", "")), args.name)


async def fetch_live(context: ToolContext, target: TargetObject, subresource: str | None = None) -> dict[str, Any]:
    """The object as the cluster has it now, masked, managedFields kept. Raises NotFound with the nearest names."""
    cluster = await context.cluster(target.cluster)
    try:
        raw = await cluster.get(target.resource, target.namespace or None, target.name, subresource)
    except NotFound as cause:
        raise await not_found(context, target.cluster, target.resource, target.namespace, target.name) from cause
    return _mask_response(target, raw)


def change_handlers(planned: Planner, done: str) -> tuple[Preparation, Handler]:
    """Both halves of a tool that changes one object. done: what has been done, as in ``scaled``."""

    async def prepare(args: Any, context: ToolContext) -> Proposal:
        plan = await planned(args, context)
        after = await _send_patch(context, plan, dry_run=True)
        lines = _format_differences(await _state_to_compare(context, plan), after)
        consequences = (*plan.consequences, *(owner_warnings(plan.before) if plan.before else ()))
        shown = "\n".join(lines) if lines else "accepted by the server; nothing would change"
        return Proposal((plan.target.label,), consequences, shown, str(plan.undo), {"uid": uid_of(plan.before)})

    async def handle(args: Any, context: ToolContext) -> Reply:
        plan = await planned(args, context)
        check_same_object(context, plan.target, plan.before)
        compared = await _state_to_compare(context, plan)
        after = await _send_patch(context, plan, dry_run=False)
        return change_reply(context, plan.target, done, _format_differences(compared, after), plan.undo, version_of(after))

    return prepare, handle


def change_reply(context: ToolContext, target: TargetObject, done: str, lines: list[str], undo: Undo, version: str) -> Reply:
    told = ChangeResult(str(target.resource.name), target.namespace, target.name, version, lines, undo.call, undo.why)
    text = "\n".join((f"{done} {target.label} in {target.cluster}", *lines, f"undo: {undo}"))
    return Reply(msgspec.to_builtins(told), text, context.live())


def check_same_object(context: ToolContext, target: TargetObject, before: dict[str, Any] | None) -> None:
    """Raises Conflict when the name has come to mean another object since it was shown."""
    shown = str(context.proposal.facts.get("uid", "")) if context.proposal else ""
    if context.proposal is not None and shown != uid_of(before):
        raise Conflict(f"{target.label} is another object now", "the one that was shown has gone", "look at it again, and repeat the call")


def uid_of(obj: dict[str, Any] | None) -> str:
    return str(((obj or {}).get("metadata") or {}).get("uid", ""))


def version_of(obj: dict[str, Any]) -> str:
    return str((obj.get("metadata") or {}).get("resourceVersion", ""))


def refuse_masked_values(value: Any, parameter: str) -> None:
    """Raises InvalidParams where a value is what masking left of another: written back, it would destroy the real one."""
    if any(is_masked(text) for text in collect_strings(value)):
        details = {"parameter": parameter, "given": "a masked value", "expected": "real values", "nearest": []}
        raise InvalidParams(f"{parameter} holds a masked value", "it would overwrite the real one", "leave that field out", details)


async def undo_from_history(context: ToolContext, target: TargetObject, before: dict[str, Any]) -> Undo:
    """The old version brought back, where history holds it."""
    if context.store is None:
        return Undo(why="there is no cache file, so the old version was not kept")
    ref = ObjectRef(target.cluster, target.resource.name, Namespace(target.namespace), target.name)
    kept = await context.store.history.object_as_of(ref, context.now)
    if kept is None or kept[0].change is Change.DELETED:
        return Undo(why="history does not hold its old version")
    if changed_fields(_comparable_bytes(msgspec.json.decode(kept[1])), _comparable_bytes(before), context.noise(target.resource.name)):
        return Undo(why="its latest state is not in the history yet")
    return Undo("k8s_undo_change", target.arguments(resource_version=kept[0].resource_version))


def _comparable_bytes(obj: dict[str, Any]) -> bytes:
    """As history keeps it; an object from a list does not say its kind."""
    meta = {key: value for key, value in obj.get("metadata", {}).items() if key != "managedFields"}
    rest = {key: value for key, value in obj.items() if key not in ("apiVersion", "kind", "status")}
    return msgspec.json.encode({**rest, "metadata": meta})


async def _state_to_compare(context: ToolContext, plan: ChangePlan) -> dict[str, Any]:
    """What the server's answer is held against: the object, or the part of it that a subresource shows."""
    if plan.edit.subresource:
        return await fetch_live(context, plan.target, plan.edit.subresource)
    return plan.before or {}


async def _send_patch(context: ToolContext, plan: ChangePlan, *, dry_run: bool) -> dict[str, Any]:
    one, edit = plan.target, plan.edit
    raw = await (await context.cluster(one.cluster)).patch(
        one.resource,
        one.namespace or None,
        one.name,
        msgspec.json.encode(_with_uid_check(edit, uid_of(plan.before))),
        edit.kind,
        subresource=edit.subresource or None,
        force=edit.force,
        dry_run=dry_run,
    )
    return _mask_response(one, raw)


def _with_uid_check(edit: Edit, uid: str) -> Any:
    """The patch, refused by the server when the object is not the one that was looked at."""
    if not uid or edit.kind is PatchType.APPLY:
        return edit.body
    if edit.kind is PatchType.JSON:
        return [{"op": "test", "path": "/metadata/uid", "value": uid}, *edit.body]
    return {**edit.body, "metadata": {**(edit.body.get("metadata") or {}), "uid": uid}}


def _format_differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    found = [one for one in find_differences(before, after) if not _is_bookkeeping(one)]
    more = len(found) - MOST_LINES
    return [format_difference(one) for one in found[:MOST_LINES]] + ([f"… and {more} more fields"] if more > 0 else [])


def _is_bookkeeping(one: Difference) -> bool:
    return one.path.startswith((*_BOOKKEEPING, "status"))


def _mask_response(target: TargetObject, raw: bytes) -> dict[str, Any]:
    managed = (msgspec.json.decode(raw).get("metadata") or {}).get("managedFields")
    found: dict[str, Any] = msgspec.json.decode(mask_body(target.resource.name, raw))
    if managed:
        found["metadata"]["managedFields"] = managed
    return found


def collect_strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in collect_strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in collect_strings(item)]
    return [value] if isinstance(value, str) else []
