"""Changing one object: a dry run on the server, the fields that would differ, and a patch bound to the uid of the object that was shown.

A tool describes its change as a ``ChangePlan``. ``change_handlers`` makes the two handlers, prepare and run, from it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from k8sconsole.cluster.port import PatchType
from k8sconsole.errors import Conflict, InvalidParams, NotFound, argument_details
from k8sconsole.kit.masks import is_masked
from k8sconsole.kit.yaml_text import format_yaml
from k8sconsole.model.differences import Difference, find_differences, format_difference
from k8sconsole.model.history import Change
from k8sconsole.model.masking import mask_body
from k8sconsole.model.refs import Namespace, ObjectRef
from k8sconsole.model.whole_differences import format_whole
from k8sconsole.tools.changes.dangers import change_dangers
from k8sconsole.tools.changes.impact import owner_warnings
from k8sconsole.tools.changes.target import TargetObject
from k8sconsole.tools.context import ToolContext
from k8sconsole.tools.history.versions import changed_fields
from k8sconsole.tools.object_lookup import object_not_found
from k8sconsole.tools.results import Proposal, Reply
from k8sconsole.tools.spec import Handler, Preparation

MOST_LINES = 40
_BOOKKEEPING = ("metadata.resourceVersion", "metadata.generation", "metadata.managedFields", "metadata.uid", "metadata.creationTimestamp")


class Undo(msgspec.Struct, frozen=True):
    """The call that undoes a change, or the reason why there is none."""

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
    """body: the patch, a JSON value. force: with server-side apply, take over fields of other field managers."""

    body: Any
    kind: PatchType = PatchType.MERGE
    subresource: str = ""
    force: bool = False


class ChangePlan(msgspec.Struct, frozen=True):
    """before: the live object, masked, or None if it does not exist yet. consequences: sentences, the most serious first."""

    target: TargetObject
    edit: Edit
    undo: Undo
    before: dict[str, Any] | None
    consequences: tuple[str, ...] = ()


class ChangeResult(msgspec.Struct):
    """changed: the fields that differ, one per line. undo: the call that undoes the change. why: the reason if undo is null.
    objects: of several documents the result of each, in order; the other fields are then the first's."""

    kind: str
    namespace: str
    name: str
    resource_version: str
    changed: list[str]
    undo: dict[str, Any] | None = None
    why: str = ""
    objects: list[dict[str, Any]] = []


Planner = Callable[[Any, ToolContext], Awaitable[ChangePlan]]


async def fetch_live(context: ToolContext, target: TargetObject, subresource: str | None = None) -> dict[str, Any]:
    """The object as the cluster has it now: masked, with managedFields. Raises NotFound with the nearest names."""
    return _mask_response(target, await _fetch_raw(context, target, subresource))


async def fetch_unmasked(context: ToolContext, target: TargetObject) -> dict[str, Any]:
    """The object with its real values, only for sending them back to the server. Raises NotFound with the nearest names."""
    found: dict[str, Any] = msgspec.json.decode(await _fetch_raw(context, target))
    return found


async def _fetch_raw(context: ToolContext, target: TargetObject, subresource: str | None = None) -> bytes:
    cluster = await context.open_cluster(target.cluster)
    try:
        return await cluster.get(target.resource, target.namespace or None, target.name, subresource)
    except NotFound as cause:
        raise await object_not_found(context, target.cluster, target.resource, target.namespace, target.name) from cause


def change_handlers(planner: Planner, done: str) -> tuple[Preparation, Handler]:
    """The prepare and run handlers of a tool that changes one object. done: the participle for the reply, such as ``scaled``."""

    async def prepare(args: Any, context: ToolContext) -> Proposal:
        plan = await planner(args, context)
        after = await _send_patch(context, plan, dry_run=True)
        compared = await _state_to_compare(context, plan)
        shown = await asyncio.to_thread(_format_whole_change, plan, compared, after)
        consequences = (*plan.consequences, *(owner_warnings(plan.before) if plan.before else ()))
        dangers = await change_dangers(context, plan.target, plan.before and compared, after)
        return Proposal((plan.target.label,), consequences, shown, str(plan.undo), {"uid": uid_of(plan.before)}, dangers)

    async def handle(args: Any, context: ToolContext) -> Reply:
        plan = await planner(args, context)
        check_same_object(context, plan.target, plan.before)
        compared = await _state_to_compare(context, plan)
        after = await _send_patch(context, plan, dry_run=False)
        return change_reply(context, plan.target, done, _format_differences(compared, after), plan.undo, version_of(after))

    return prepare, handle


def change_reply(context: ToolContext, target: TargetObject, done: str, lines: list[str], undo: Undo, version: str) -> Reply:
    result = ChangeResult(str(target.resource.name), target.namespace, target.name, version, lines, undo.call, undo.why)
    text = "\n".join((f"{done} {target.label} in {target.cluster}", *lines, f"undo: {undo}"))
    return Reply(msgspec.to_builtins(result), text, context.live_freshness())


def check_same_object(context: ToolContext, target: TargetObject, before: dict[str, Any] | None) -> None:
    """Raises Conflict if the name means another object since the proposal."""
    shown = str(context.proposal.facts.get("uid", "")) if context.proposal else ""
    if context.proposal is not None and shown != uid_of(before):
        raise Conflict(f"{target.label} is another object now", "the object of the proposal was deleted", "the same call again")


def uid_of(obj: dict[str, Any] | None) -> str:
    return str(((obj or {}).get("metadata") or {}).get("uid", ""))


def version_of(obj: dict[str, Any]) -> str:
    return str((obj.get("metadata") or {}).get("resourceVersion", ""))


def refuse_masked_values(value: Any, parameter: str) -> None:
    """Raises InvalidParams if the value holds a masked string, which would overwrite the real one."""
    if any(is_masked(text) for text in collect_strings(value)):
        details = argument_details(parameter, "a masked value", expected="real values")
        raise InvalidParams(f"{parameter} holds a masked value", "it would overwrite the real one", "omit that field", details)


async def undo_from_history(context: ToolContext, target: TargetObject, before: dict[str, Any]) -> Undo:
    """The call that restores the old version, if the history has it."""
    if context.store is None:
        return Undo(why="there is no cache file, so the old version is not stored")
    ref = ObjectRef(target.cluster, target.resource.name, Namespace(target.namespace), target.name)
    stored = await context.store.history.object_as_of(ref, context.now)
    if stored is None or stored[0].change is Change.DELETED:
        return Undo(why="the history does not have its old version")
    if changed_fields(
        _comparable_bytes(msgspec.json.decode(stored[1])), _comparable_bytes(before), context.noise_filter(target.resource.name)
    ):
        return Undo(why="its latest state is not in the history yet")
    return Undo("k8s_undo_change", target.arguments(resource_version=stored[0].resource_version))


def _comparable_bytes(obj: dict[str, Any]) -> bytes:
    """The object as history stores it, without kind and apiVersion, which objects from a list lack."""
    meta = {key: value for key, value in obj.get("metadata", {}).items() if key != "managedFields"}
    rest = {key: value for key, value in obj.items() if key not in ("apiVersion", "kind", "status")}
    return msgspec.json.encode({**rest, "metadata": meta})


async def _state_to_compare(context: ToolContext, plan: ChangePlan) -> dict[str, Any]:
    """The state to compare with the server's answer: the object, or its subresource."""
    if plan.edit.subresource:
        return await fetch_live(context, plan.target, plan.edit.subresource)
    return plan.before or {}


async def _send_patch(context: ToolContext, plan: ChangePlan, *, dry_run: bool) -> dict[str, Any]:
    one, edit = plan.target, plan.edit
    raw = await (await context.open_cluster(one.cluster)).patch(
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
    """The patch with a uid check, so that the server refuses it for another object of the same name."""
    if not uid or edit.kind is PatchType.APPLY:
        return edit.body
    if edit.kind is PatchType.JSON:
        return [{"op": "test", "path": "/metadata/uid", "value": uid}, *edit.body]
    return {**edit.body, "metadata": {**(edit.body.get("metadata") or {}), "uid": uid}}


def _format_differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    found = [one for one in find_differences(before, after) if not _is_bookkeeping(one)]
    more = len(found) - MOST_LINES
    return [format_difference(one) for one in found[:MOST_LINES]] + ([f"… and {more} more fields"] if more > 0 else [])


def _format_whole_change(plan: ChangePlan, before: dict[str, Any], after: dict[str, Any]) -> str:
    """The whole change: a new object as a manifest, otherwise each field that differs at full length."""
    if plan.before is None:
        return manifest_yaml(after)
    found = [one for one in find_differences(before, after) if not _is_bookkeeping(one)]
    lines = [line for one in found for line in format_whole(one)]
    return "\n".join(lines) if lines else "the server accepts it; nothing would change"


def manifest_yaml(manifest: dict[str, Any]) -> str:
    """The manifest as YAML, without status and server fields."""
    fields = {key: value for key, value in manifest.items() if key != "status"}
    meta = manifest.get("metadata", {})
    fields["metadata"] = {
        key: value for key, value in meta.items() if key in ("name", "generateName", "namespace", "labels", "annotations")
    }
    return format_yaml(fields, sort_keys=False)


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
