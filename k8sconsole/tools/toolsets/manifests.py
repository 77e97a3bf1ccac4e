"""Any object from a manifest: created, applied, or patched."""

from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from k8sconsole.cluster.port import PatchType
from k8sconsole.errors import Conflict, InvalidParams, NotFound
from k8sconsole.model.tools import Capabilities, Risk, Scope
from k8sconsole.tools.changes.create import CreateResult, create_object, propose_create
from k8sconsole.tools.changes.edits import (
    ChangePlan,
    ChangeResult,
    Edit,
    TargetObject,
    Undo,
    change_handlers,
    fetch_live,
    refuse_masked_values,
    resolve_target,
    undo_from_history,
)
from k8sconsole.tools.changes.manifest import parse_manifest
from k8sconsole.tools.context import Common, ToolContext
from k8sconsole.tools.results import Proposal, Reply
from k8sconsole.tools.spec import ToolSpec, change

Manifest = Annotated[dict[str, Any] | str, Meta(description="One object, as JSON or as YAML text")]
_PATCHES = {"merge": PatchType.MERGE, "strategic": PatchType.STRATEGIC, "json": PatchType.JSON}


class _ManifestInput(Common, kw_only=True):
    """kind, name and namespace are the manifest's own: policy judges what will really be written."""

    manifest: Manifest
    namespace: Annotated[str, Meta(description="Where the manifest names none")] = ""

    @property
    def kind(self) -> str:
        document = parse_manifest(self.manifest)
        group = document["apiVersion"].rpartition("/")[0]
        return f"{document['kind']}.{group}" if group else str(document["kind"])

    @property
    def name(self) -> str:
        return str(parse_manifest(self.manifest)["metadata"].get("name") or "")


class CreateResourceInput(_ManifestInput, kw_only=True):
    pass


class ApplyResourceInput(_ManifestInput, kw_only=True):
    force: Annotated[bool, Meta(description="Take over fields that others own")] = False


class PatchForm(StrEnum):
    MERGE = "merge"
    STRATEGIC = "strategic"
    JSON = "json"


class PatchResourceInput(Common, kw_only=True):
    kind: Annotated[str, Meta(description="Any kind or CRD", min_length=1)]
    name: Annotated[str, Meta(min_length=1)]
    patch: Annotated[dict[str, Any] | list[dict[str, Any]], Meta(description="An object; for json a list of operations")]
    form: Annotated[PatchForm, Meta(description="How lists merge")] = PatchForm.MERGE
    namespace: Annotated[str, Meta(description="Default: the context's own")] = ""


async def prepare_create(asked: CreateResourceInput, context: ToolContext) -> Proposal:
    one, manifest = await _placed(asked, context)
    hurts = ("values of a Secret are sent as given",) if one.resource.name == "secrets" else ()
    return await propose_create(context, one, manifest, hurts)


async def create_resource(asked: CreateResourceInput, context: ToolContext) -> Reply:
    one, manifest = await _placed(asked, context)
    return await create_object(context, one, manifest)


async def plan_apply(asked: ApplyResourceInput, context: ToolContext) -> ChangePlan:
    one, manifest = await _placed(asked, context)
    if not one.name:
        raise InvalidParams(
            "manifest",
            "apply needs metadata.name",
            "metadata.name",
            {"parameter": "manifest", "given": "no name", "expected": "metadata.name"},
        )
    edit = Edit(manifest, PatchType.APPLY, force=asked.force)
    try:
        before = await fetch_live(context, one)
    except NotFound:
        return ChangePlan(one, edit, Undo("k8s_delete_resource", one.arguments()), None, ("creates it: there is none of that name yet",))
    hurts = ("takes over fields that others own",) if asked.force else ()
    return ChangePlan(one, edit, await undo_from_history(context, one, before), before, hurts)


async def plan_patch(asked: PatchResourceInput, context: ToolContext) -> ChangePlan:
    if isinstance(asked.patch, list) is not (asked.form is PatchForm.JSON):
        wanted = "a list of operations" if asked.form is PatchForm.JSON else "an object"
        details = {"parameter": "patch", "given": type(asked.patch).__name__, "expected": wanted, "nearest": ["form=json", "form=merge"]}
        raise InvalidParams("patch", f"{wanted} was expected for form={asked.form}", "form", details)
    refuse_masked_values(asked.patch, "patch")
    one = await resolve_target(asked, context)
    before = await fetch_live(context, one)
    return ChangePlan(one, Edit(asked.patch, _PATCHES[asked.form]), await undo_from_history(context, one, before), before)


async def locate(asked: Any, context: ToolContext) -> Any:
    """With the manifest's own namespace, so that policy judges where it will be written. Raises InvalidParams where two are named, and
    UsageError for a kind that the cluster does not have."""
    await context.resource(context.context(asked.context), asked.kind, "manifest")
    own = str(parse_manifest(asked.manifest)["metadata"].get("namespace") or "")
    if own and asked.namespace and own != asked.namespace:
        details = {"parameter": "namespace", "given": asked.namespace, "expected": own, "nearest": [own]}
        raise InvalidParams("namespace", f"the manifest says {own!r}", f"namespace={own}", details)
    return msgspec.structs.replace(asked, namespace=own or asked.namespace)


async def _placed(asked: _ManifestInput, context: ToolContext) -> tuple[TargetObject, dict[str, Any]]:
    """The object and its manifest with its namespace filled in."""
    manifest = parse_manifest(asked.manifest)
    refuse_masked_values(manifest, "manifest")
    one = await resolve_target(asked, context)
    meta = {**manifest["metadata"], **({"namespace": one.namespace} if one.namespace else {})}
    return one, {**manifest, "metadata": meta}


def _told_owners(planner_prepare: Any) -> Any:
    """The server's conflict with the names of those who own the fields, and the way to take them over."""

    async def told(asked: ApplyResourceInput, context: ToolContext) -> Any:
        try:
            return await planner_prepare(asked, context)
        except Conflict as cause:
            causes = [str(one.get("message", "")) + f" ({one.get('field', '')})" for one in cause.details.get("causes") or []]
            if not causes:
                raise
            details = {"parameter": "force", "given": asked.force, "conflicts": causes, "nearest": ["force=true"]}
            raise Conflict(
                f"others own fields of {asked.kind} {asked.name}", "; ".join(causes), "force=true, or leave those fields out", details
            ) from cause

    return told


_prepare_apply, _apply = (_told_owners(half) for half in change_handlers(plan_apply, "applied"))
_prepare_patch, _patch = change_handlers(plan_patch, "patched")


def _able(verb: str) -> Capabilities:
    return Capabilities(("*",), (verb,), Scope.NAMESPACE, "object", cache_friendly=False)


TOOLS: tuple[ToolSpec, ...] = (
    change(
        "create_resource",
        "Create an object",
        "Creates one object of any kind. Fails where one of that name exists.",
        (CreateResourceInput, CreateResult),
        (prepare_create, create_resource),
        _able("create"),
        Risk.DESTRUCTIVE,
        locate=locate,
        idempotent=False,
    ),
    change(
        "apply_resource",
        "Apply a manifest",
        "Server-side apply of one object: creates it, or changes the fields that the manifest names.",
        (ApplyResourceInput, ChangeResult),
        (_prepare_apply, _apply),
        _able("patch"),
        Risk.DESTRUCTIVE,
        locate=locate,
    ),
    change(
        "patch_resource",
        "Patch an object",
        "Changes fields of one object. For replicas, images, labels their own tools are safer.",
        (PatchResourceInput, ChangeResult),
        (_prepare_patch, _patch),
        _able("patch"),
        Risk.DESTRUCTIVE,
        idempotent=False,
    ),
)
